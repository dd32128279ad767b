# The schemas of the spec, a function for each: true for what fits, false for anything else.
package shipments.authz.schemas

import data.shipments.authz.runtime.formats
import data.shipments.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	types.whole(value) == true
	value <= 100
	value >= 1
}

default schema_2(_) := false

schema_2(value) if {
	is_string(value)
	formats.fits("date", value) == true
}

default schema_3(_) := false

schema_3(value) if {
	is_string(value)
	formats.fits("uuid", value) == true
}

default schema_4(_) := false

schema_4(value) if {
	is_object(value)
	every name, item in value {
		schema_4_additional(name, item)
	}
	schema_4_member_1(value)
	schema_4_member_2(value)
	count(object.keys(value) & {"parcels", "to"}) == 2
}

default schema_5(_) := false

schema_4_additional(name, _) if {
	name in {"parcels", "to"}
}

schema_4_additional(_, item) if schema_5(item) == true

default schema_6(_) := false

schema_6(value) if {
	is_array(value)
	every item in value {
		schema_7(item) == true
	}
	count(value) <= 50
	count(value) >= 1
}

default schema_7(_) := false

schema_7(value) if {
	is_object(value)
	every name, item in value {
		schema_7_additional(name, item)
	}
	schema_7_member_1(value)
	count(object.keys(value) & {"grams"}) == 1
}

schema_7_additional(name, _) if {
	name in {"grams"}
}

schema_7_additional(_, item) if schema_5(item) == true

default schema_8(_) := false

schema_8(value) if {
	types.whole(value) == true
	value <= 70000
	value >= 1
}

schema_7_member_1(value) if {
	count(object.keys(value) & {"grams"}) == 0
}

schema_7_member_1(value) if schema_8(value.grams) == true

schema_4_member_1(value) if {
	count(object.keys(value) & {"parcels"}) == 0
}

schema_4_member_1(value) if schema_6(value.parcels) == true

default schema_9(_) := false

schema_9(value) if {
	is_string(value)
	count(value) <= 200
	count(value) >= 5
}

schema_4_member_2(value) if {
	count(object.keys(value) & {"to"}) == 0
}

schema_4_member_2(value) if schema_9(value.to) == true
