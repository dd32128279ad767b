# What parameters and bodies have to be, a rule for each.
package tictactoe.authz.inputs

import data.tictactoe.authz.runtime.body
import data.tictactoe.authz.runtime.parameters
import data.tictactoe.authz.runtime.types
import data.tictactoe.authz.schemas

path_column_1 if {
	text := parameters.text("path", "column")
	value := types.from_text(text, "integer")
	schemas.schema_1(value) == true
}

path_row_2 if {
	text := parameters.text("path", "row")
	value := types.from_text(text, "integer")
	schemas.schema_1(value) == true
}

header_progressurl_3 if parameters.given("header", "progressurl") == 0

header_progressurl_3 if {
	text := parameters.text("header", "progressurl")
	value := types.from_text(text, "string")
	schemas.schema_2(value) == true
}

body_1 if schemas.schema_3(body.value) == true
