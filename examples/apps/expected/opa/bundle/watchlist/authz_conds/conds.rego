# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package watchlist.authz_conds

import data.watchlist.authz.runtime.attributes
import data.watchlist.authz.runtime.types

# own-list, holds: principal.subject == resource.viewer
c_own_list_holds if {
	principal_subject := types.text(attributes.principal.subject)
	resource_viewer := types.text(attributes.resource.viewer)
	principal_subject == resource_viewer
}

# own-list, fails: principal.subject == resource.viewer
c_own_list_fails if {
	principal_subject := types.text(attributes.principal.subject)
	resource_viewer := types.text(attributes.resource.viewer)
	principal_subject != resource_viewer
}
