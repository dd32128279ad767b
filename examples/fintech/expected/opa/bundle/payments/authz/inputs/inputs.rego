# What parameters and bodies have to be, a rule for each.
package payments.authz.inputs

import data.payments.authz.runtime.body
import data.payments.authz.runtime.parameters
import data.payments.authz.runtime.types
import data.payments.authz.schemas

query_before_1 if parameters.given("query", "before") == 0

query_before_1 if {
	text := parameters.text("query", "before")
	value := types.from_text(text, "string")
	schemas.schema_1(value) == true
}

query_limit_2 if parameters.given("query", "limit") == 0

query_limit_2 if {
	text := parameters.text("query", "limit")
	value := types.from_text(text, "integer")
	schemas.schema_2(value) == true
}

query_limit_3 if parameters.given("query", "limit") == 0

query_limit_3 if {
	text := parameters.text("query", "limit")
	value := types.from_text(text, "integer")
	schemas.schema_3(value) == true
}

query_state_4 if parameters.given("query", "state") == 0

query_state_4 if {
	text := parameters.text("query", "state")
	value := types.from_text(text, "string")
	schemas.schema_4(value) == true
}

path_payment_id_5 if {
	text := parameters.text("path", "payment_id")
	value := types.from_text(text, "string")
	schemas.schema_5(value) == true
}

body_1 if schemas.schema_6(body.value) == true

body_2 if schemas.schema_12(body.value) == true
