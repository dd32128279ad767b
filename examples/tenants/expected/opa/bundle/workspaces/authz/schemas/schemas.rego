# The schemas of the spec, a function for each: true for what fits, false for anything else.
package workspaces.authz.schemas

import data.workspaces.authz.runtime.formats
import data.workspaces.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	types.whole(value) == true
	value <= 100
	value >= 1
}

default schema_2(_) := false

schema_2(value) if {
	is_string(value)
	formats.fits("uuid", value) == true
}

default schema_3(_) := false

schema_3(value) if {
	is_object(value)
	every name, item in value {
		schema_3_additional(name, item)
	}
	schema_3_member_1(value)
	schema_3_member_2(value)
	schema_3_member_3(value)
	count(object.keys(value) & {"text", "title"}) == 2
}

default schema_4(_) := false

schema_3_additional(name, _) if {
	name in {"tags", "text", "title"}
}

schema_3_additional(_, item) if schema_4(item) == true

default schema_5(_) := false

schema_5(value) if {
	is_array(value)
	every item in value {
		schema_6(item) == true
	}
	count(value) <= 20
}

default schema_6(_) := false

schema_6(value) if {
	is_string(value)
	count(value) <= 40
}

schema_3_member_1(value) if {
	count(object.keys(value) & {"tags"}) == 0
}

schema_3_member_1(value) if schema_5(value.tags) == true

default schema_7(_) := false

schema_7(value) if {
	is_string(value)
	count(value) <= 200000
}

schema_3_member_2(value) if {
	count(object.keys(value) & {"text"}) == 0
}

schema_3_member_2(value) if schema_7(value.text) == true

default schema_8(_) := false

schema_8(value) if {
	is_string(value)
	count(value) <= 200
	count(value) >= 1
}

schema_3_member_3(value) if {
	count(object.keys(value) & {"title"}) == 0
}

schema_3_member_3(value) if schema_8(value.title) == true
