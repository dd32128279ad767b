# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package workspaces.authz_conds

import data.workspaces.authz.runtime.attributes
import data.workspaces.authz.runtime.types

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
