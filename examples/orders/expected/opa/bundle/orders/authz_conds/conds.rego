# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package orders.authz_conds

import data.orders.authz.runtime.attributes
import data.orders.authz.runtime.types

# office-hours, holds: request.hour >= 7 && request.hour < 19
c_office_hours_holds if {
	request_hour := types.integer(attributes.request.hour)
	request_hour >= 7
	request_hour < 19
}

# office-hours, fails: request.hour >= 7 && request.hour < 19
c_office_hours_fails if {
	request_hour := types.integer(attributes.request.hour)
	request_hour < 7
}

c_office_hours_fails if {
	request_hour := types.integer(attributes.request.hour)
	request_hour >= 19
}

# own-tenant, holds: principal.tenant == resource.tenant
c_own_tenant_holds if {
	principal_tenant := types.text(attributes.principal.tenant)
	resource_tenant := types.text(attributes.resource.tenant)
	principal_tenant == resource_tenant
}

# own-tenant, fails: principal.tenant == resource.tenant
c_own_tenant_fails if {
	principal_tenant := types.text(attributes.principal.tenant)
	resource_tenant := types.text(attributes.resource.tenant)
	principal_tenant != resource_tenant
}

# owns-order, holds: principal.subject == resource.owner
c_owns_order_holds if {
	principal_subject := types.text(attributes.principal.subject)
	resource_owner := types.text(attributes.resource.owner)
	principal_subject == resource_owner
}

# owns-order, fails: principal.subject == resource.owner
c_owns_order_fails if {
	principal_subject := types.text(attributes.principal.subject)
	resource_owner := types.text(attributes.resource.owner)
	principal_subject != resource_owner
}

# same-department, holds: principal.department == resource.department && principal.clearance_level >= resource.required_level
c_same_department_holds if {
	principal_department := types.text(attributes.principal.department)
	resource_department := types.text(attributes.resource.department)
	principal_department == resource_department
	principal_clearance_level := types.integer(attributes.principal.clearance_level)
	principal_clearance_level >= 2
}

# same-department, fails: principal.department == resource.department && principal.clearance_level >= resource.required_level
c_same_department_fails if {
	principal_department := types.text(attributes.principal.department)
	resource_department := types.text(attributes.resource.department)
	principal_department != resource_department
}

c_same_department_fails if {
	principal_clearance_level := types.integer(attributes.principal.clearance_level)
	principal_clearance_level < 2
}

# small-order, holds: resource.amount <= 10000
c_small_order_holds if {
	resource_amount := types.integer(attributes.resource.amount)
	resource_amount <= 10000
}

# small-order, fails: resource.amount <= 10000
c_small_order_fails if {
	resource_amount := types.integer(attributes.resource.amount)
	resource_amount > 10000
}

# suspended, holds: has(principal.department) && principal.department == "suspended"
c_suspended_holds if {
	types.present(attributes.principal, "department") == true
	principal_department := types.text(attributes.principal.department)
	principal_department == "suspended"
}

# suspended, fails: has(principal.department) && principal.department == "suspended"
c_suspended_fails if types.present(attributes.principal, "department") == false

c_suspended_fails if {
	principal_department := types.text(attributes.principal.department)
	principal_department != "suspended"
}
