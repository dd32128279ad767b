# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package payments.authz_conds

import data.payments.authz.runtime.attributes
import data.payments.authz.runtime.types

# own-account, holds: principal.customer == resource.customer
c_own_account_holds if {
	principal_customer := types.text(attributes.principal.customer)
	resource_customer := types.text(attributes.resource.customer)
	principal_customer == resource_customer
}

# own-account, fails: principal.customer == resource.customer
c_own_account_fails if {
	principal_customer := types.text(attributes.principal.customer)
	resource_customer := types.text(attributes.resource.customer)
	principal_customer != resource_customer
}

# within-desk-limit, holds: resource.amount <= principal.desk_limit
c_within_desk_limit_holds if {
	resource_amount := types.integer(attributes.resource.amount)
	principal_desk_limit := types.integer(attributes.principal.desk_limit)
	resource_amount <= principal_desk_limit
}

# within-desk-limit, fails: resource.amount <= principal.desk_limit
c_within_desk_limit_fails if {
	resource_amount := types.integer(attributes.resource.amount)
	principal_desk_limit := types.integer(attributes.principal.desk_limit)
	resource_amount > principal_desk_limit
}
