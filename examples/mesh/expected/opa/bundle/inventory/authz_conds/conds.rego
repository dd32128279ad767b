# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package inventory.authz_conds

import data.inventory.authz.runtime.attributes
import data.inventory.authz.runtime.types

# by-checkout, holds: principal.service in ["checkout", "returns"]
c_by_checkout_holds if {
	principal_service := types.text(attributes.principal.service)
	principal_service in {"checkout", "returns"}
}

# by-checkout, fails: principal.service in ["checkout", "returns"]
c_by_checkout_fails if {
	principal_service := types.text(attributes.principal.service)
	principal_service != "checkout"
	principal_service != "returns"
}
