# What parameters and bodies have to be, a rule for each.
package records.authz.inputs

import data.records.authz.runtime.body
import data.records.authz.runtime.parameters
import data.records.authz.runtime.types
import data.records.authz.schemas

query_chart_1 if {
	text := parameters.text("query", "chart")
	value := types.from_text(text, "string")
	schemas.schema_1(value) == true
}

query_limit_2 if parameters.given("query", "limit") == 0

query_limit_2 if {
	text := parameters.text("query", "limit")
	value := types.from_text(text, "integer")
	schemas.schema_2(value) == true
}

path_chart_id_3 if {
	text := parameters.text("path", "chart_id")
	value := types.from_text(text, "string")
	schemas.schema_1(value) == true
}

body_1 if schemas.schema_3(body.value) == true

body_2 if schemas.schema_8(body.value) == true
