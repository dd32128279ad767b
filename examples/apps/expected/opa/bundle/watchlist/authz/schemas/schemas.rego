# The schemas of the spec, a function for each: true for what fits, false for anything else.
package watchlist.authz.schemas

import data.watchlist.authz.runtime.formats
import data.watchlist.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	types.whole(value) == true
	value <= 50
	value >= 1
}

default schema_2(_) := false

schema_2(value) if {
	is_string(value)
	count(value) <= 80
}

default schema_3(_) := false

schema_3(value) if {
	is_object(value)
	every name, item in value {
		schema_3_additional(name, item)
	}
	schema_3_member_1(value)
	count(object.keys(value) & {"titles"}) == 1
}

default schema_4(_) := false

schema_3_additional(name, _) if {
	name in {"titles"}
}

schema_3_additional(_, item) if schema_4(item) == true

default schema_5(_) := false

schema_5(value) if {
	is_array(value)
	every item in value {
		schema_6(item) == true
	}
	count(value) <= 200
}

default schema_6(_) := false

schema_6(value) if {
	is_string(value)
	formats.fits("uuid", value) == true
}

schema_3_member_1(value) if {
	count(object.keys(value) & {"titles"}) == 0
}

schema_3_member_1(value) if schema_5(value.titles) == true
