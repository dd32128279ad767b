# What parameters and bodies have to be, a rule for each.
package watchlist.authz.inputs

import data.watchlist.authz.runtime.body
import data.watchlist.authz.runtime.parameters
import data.watchlist.authz.runtime.types
import data.watchlist.authz.schemas

query_limit_1 if parameters.given("query", "limit") == 0

query_limit_1 if {
	text := parameters.text("query", "limit")
	value := types.from_text(text, "integer")
	schemas.schema_1(value) == true
}

query_search_2 if parameters.given("query", "search") == 0

query_search_2 if {
	text := parameters.text("query", "search")
	value := types.from_text(text, "string")
	schemas.schema_2(value) == true
}

body_1 if schemas.schema_3(body.value) == true
