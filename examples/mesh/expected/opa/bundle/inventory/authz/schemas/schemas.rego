# The schemas of the spec, a function for each: true for what fits, false for anything else.
package inventory.authz.schemas

import data.inventory.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	is_string(value)
	regex.match(`^(?:[A-Z0-9]{4,12})\z`, value) == true
}

default schema_2(_) := false

schema_2(value) if {
	is_object(value)
	every name, item in value {
		schema_2_additional(name, item)
	}
	schema_2_member_1(value)
	schema_2_member_2(value)
	count(object.keys(value) & {"article", "counted"}) == 2
}

default schema_3(_) := false

schema_2_additional(name, _) if {
	name in {"article", "counted"}
}

schema_2_additional(_, item) if schema_3(item) == true

default schema_4(_) := false

schema_4(value) if {
	is_string(value)
	regex.match(`^[A-Z0-9]{4,12}\z`, value) == true
}

schema_2_member_1(value) if {
	count(object.keys(value) & {"article"}) == 0
}

schema_2_member_1(value) if schema_4(value.article) == true

default schema_5(_) := false

schema_5(value) if {
	types.whole(value) == true
	value <= 1000000
	value >= 0
}

schema_2_member_2(value) if {
	count(object.keys(value) & {"counted"}) == 0
}

schema_2_member_2(value) if schema_5(value.counted) == true

default schema_6(_) := false

schema_6(value) if {
	is_object(value)
	every name, item in value {
		schema_6_additional(name, item)
	}
	schema_6_member_1(value)
	schema_6_member_2(value)
	count(object.keys(value) & {"article", "pieces"}) == 2
}

schema_6_additional(name, _) if {
	name in {"article", "pieces"}
}

schema_6_additional(_, item) if schema_3(item) == true

schema_6_member_1(value) if {
	count(object.keys(value) & {"article"}) == 0
}

schema_6_member_1(value) if schema_4(value.article) == true

default schema_7(_) := false

schema_7(value) if {
	types.whole(value) == true
	value <= 100
	value >= 1
}

schema_6_member_2(value) if {
	count(object.keys(value) & {"pieces"}) == 0
}

schema_6_member_2(value) if schema_7(value.pieces) == true
