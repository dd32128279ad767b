# The schemas of the spec, a function for each: true for what fits, false for anything else.
package tictactoe.authz.schemas

import data.tictactoe.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	types.whole(value) == true
	value <= 3
	value >= 1
}

default schema_2(_) := false

schema_2(value) if {
	is_string(value)
	count(value) <= 2048
}

default schema_3(_) := false

schema_3(value) if {
	is_string(value)
	some wanted in [".", "X", "O"]
	value == wanted
}
