# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package shipments.authz_conds

import data.shipments.authz.runtime.attributes
import data.shipments.authz.runtime.types

# own-shipments, holds: principal.partner == resource.partner
c_own_shipments_holds if {
	principal_partner := types.text(attributes.principal.partner)
	resource_partner := types.text(attributes.resource.partner)
	principal_partner == resource_partner
}

# own-shipments, fails: principal.partner == resource.partner
c_own_shipments_fails if {
	principal_partner := types.text(attributes.principal.partner)
	resource_partner := types.text(attributes.resource.partner)
	principal_partner != resource_partner
}
