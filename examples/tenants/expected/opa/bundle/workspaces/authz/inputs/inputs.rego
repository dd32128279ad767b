# What parameters and bodies have to be, a rule for each.
package workspaces.authz.inputs

import data.workspaces.authz.runtime.body
import data.workspaces.authz.runtime.parameters
import data.workspaces.authz.runtime.types
import data.workspaces.authz.schemas

query_limit_1 if parameters.given("query", "limit") == 0

query_limit_1 if {
	text := parameters.text("query", "limit")
	value := types.from_text(text, "integer")
	schemas.schema_1(value) == true
}

path_member_id_2 if {
	text := parameters.text("path", "member_id")
	value := types.from_text(text, "string")
	schemas.schema_2(value) == true
}

body_1 if schemas.schema_3(body.value) == true
