# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package records.authz_conds

import data.records.authz.runtime.attributes
import data.records.authz.runtime.types

# on-shift, holds: request.hour >= 5 && request.hour < 23
c_on_shift_holds if {
	request_hour := types.integer(attributes.request.hour)
	request_hour >= 5
	request_hour < 23
}

# on-shift, fails: request.hour >= 5 && request.hour < 23
c_on_shift_fails if {
	request_hour := types.integer(attributes.request.hour)
	request_hour < 5
}

c_on_shift_fails if {
	request_hour := types.integer(attributes.request.hour)
	request_hour >= 23
}

# own-department, holds: principal.department == resource.department
c_own_department_holds if {
	principal_department := types.text(attributes.principal.department)
	resource_department := types.text(attributes.resource.department)
	principal_department == resource_department
}

# own-department, fails: principal.department == resource.department
c_own_department_fails if {
	principal_department := types.text(attributes.principal.department)
	resource_department := types.text(attributes.resource.department)
	principal_department != resource_department
}

# treats, holds: principal.subject == resource.treated_by
c_treats_holds if {
	principal_subject := types.text(attributes.principal.subject)
	resource_treated_by := types.text(attributes.resource.treated_by)
	principal_subject == resource_treated_by
}

# treats, fails: principal.subject == resource.treated_by
c_treats_fails if {
	principal_subject := types.text(attributes.principal.subject)
	resource_treated_by := types.text(attributes.resource.treated_by)
	principal_subject != resource_treated_by
}
