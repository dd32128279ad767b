# The schemas of the spec, a function for each: true for what fits, false for anything else.
package records.authz.schemas

import data.records.authz.runtime.formats
import data.records.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	is_string(value)
	formats.fits("uuid", value) == true
}

default schema_2(_) := false

schema_2(value) if {
	types.whole(value) == true
	value <= 200
	value >= 1
}

default schema_3(_) := false

schema_3(value) if {
	is_object(value)
	every name, item in value {
		schema_3_additional(name, item)
	}
	schema_3_member_1(value)
	schema_3_member_2(value)
	count(object.keys(value) & {"findings"}) == 1
}

default schema_4(_) := false

schema_3_additional(name, _) if {
	name in {"codes", "findings"}
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
	regex.match(`^[A-Z][0-9]{2}(\.[0-9]{1,2})?\z`, value) == true
}

schema_3_member_1(value) if {
	count(object.keys(value) & {"codes"}) == 0
}

schema_3_member_1(value) if schema_5(value.codes) == true

default schema_7(_) := false

schema_7(value) if {
	is_string(value)
	count(value) <= 20000
}

schema_3_member_2(value) if {
	count(object.keys(value) & {"findings"}) == 0
}

schema_3_member_2(value) if schema_7(value.findings) == true

default schema_8(_) := false

schema_8(value) if {
	is_object(value)
	every name, item in value {
		schema_8_additional(name, item)
	}
	schema_8_member_1(value)
	schema_8_member_2(value)
	schema_8_member_3(value)
	count(object.keys(value) & {"pulse", "taken"}) == 2
}

schema_8_additional(name, _) if {
	name in {"pulse", "taken", "temperature"}
}

schema_8_additional(_, item) if schema_4(item) == true

default schema_9(_) := false

schema_9(value) if {
	types.whole(value) == true
	value <= 300
	value >= 20
}

schema_8_member_1(value) if {
	count(object.keys(value) & {"pulse"}) == 0
}

schema_8_member_1(value) if schema_9(value.pulse) == true

default schema_10(_) := false

schema_10(value) if {
	is_string(value)
	formats.fits("date-time", value) == true
}

schema_8_member_2(value) if {
	count(object.keys(value) & {"taken"}) == 0
}

schema_8_member_2(value) if schema_10(value.taken) == true

default schema_11(_) := false

schema_11(value) if {
	is_number(value)
	value <= 45
	value >= 25
}

schema_8_member_3(value) if {
	count(object.keys(value) & {"temperature"}) == 0
}

schema_8_member_3(value) if schema_11(value.temperature) == true
