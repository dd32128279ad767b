# What parameters and bodies have to be, a rule for each.
package orders.authz.inputs

import data.orders.authz.runtime.body
import data.orders.authz.runtime.parameters
import data.orders.authz.runtime.types
import data.orders.authz.schemas

path_order_id_1 if {
	text := parameters.text("path", "order_id")
	value := types.from_text(text, "string")
	schemas.schema_1(value) == true
}

header_x_trace_2 if parameters.given("header", "x-trace") == 0

header_x_trace_2 if {
	text := parameters.text("header", "x-trace")
	value := types.from_text(text, "string")
	schemas.schema_2(value) == true
}

query_limit_3 if parameters.given("query", "limit") == 0

query_limit_3 if {
	text := parameters.text("query", "limit")
	value := types.from_text(text, "integer")
	schemas.schema_3(value) == true
}

query_status_4 if parameters.given("query", "status") == 0

query_status_4 if {
	text := parameters.text("query", "status")
	value := types.from_text(text, "string")
	schemas.schema_4(value) == true
}

body_1 if schemas.schema_5(body.value) == true
