# What parameters and bodies have to be, a rule for each.
package shipments.authz.inputs

import data.shipments.authz.runtime.body
import data.shipments.authz.runtime.parameters
import data.shipments.authz.runtime.types
import data.shipments.authz.schemas

query_limit_1 if parameters.given("query", "limit") == 0

query_limit_1 if {
	text := parameters.text("query", "limit")
	value := types.from_text(text, "integer")
	schemas.schema_1(value) == true
}

query_since_2 if parameters.given("query", "since") == 0

query_since_2 if {
	text := parameters.text("query", "since")
	value := types.from_text(text, "string")
	schemas.schema_2(value) == true
}

path_shipment_id_3 if {
	text := parameters.text("path", "shipment_id")
	value := types.from_text(text, "string")
	schemas.schema_3(value) == true
}

body_1 if schemas.schema_4(body.value) == true
