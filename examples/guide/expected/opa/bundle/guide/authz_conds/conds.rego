# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package guide.authz_conds

import data.guide.authz.runtime.attributes
import data.guide.authz.runtime.types

# department-and-clearance, holds: principal.department == resource.department && principal.clearance_level >= resource.required_level
c_department_and_clearance_holds if {
	principal_department := types.text(attributes.principal.department)
	resource_department := types.text(attributes.resource.department)
	principal_department == resource_department
	principal_clearance_level := types.integer(attributes.principal.clearance_level)
	principal_clearance_level >= 3
}

# department-and-clearance, fails: principal.department == resource.department && principal.clearance_level >= resource.required_level
c_department_and_clearance_fails if {
	principal_department := types.text(attributes.principal.department)
	resource_department := types.text(attributes.resource.department)
	principal_department != resource_department
}

c_department_and_clearance_fails if {
	principal_clearance_level := types.integer(attributes.principal.clearance_level)
	principal_clearance_level < 3
}
