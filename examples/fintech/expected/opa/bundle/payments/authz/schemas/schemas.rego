# The schemas of the spec, a function for each: true for what fits, false for anything else.
package payments.authz.schemas

import data.payments.authz.runtime.formats
import data.payments.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	is_string(value)
	formats.fits("date", value) == true
}

default schema_2(_) := false

schema_2(value) if {
	types.whole(value) == true
	value <= 100
	value >= 1
}

default schema_3(_) := false

schema_3(value) if {
	types.whole(value) == true
	value <= 500
	value >= 1
}

default schema_4(_) := false

schema_4(value) if {
	is_string(value)
	some wanted in ["held", "released", "refused"]
	value == wanted
}

default schema_5(_) := false

schema_5(value) if {
	is_string(value)
	formats.fits("uuid", value) == true
}

default schema_6(_) := false

schema_6(value) if {
	is_object(value)
	every name, item in value {
		schema_6_additional(name, item)
	}
	schema_6_member_1(value)
	schema_6_member_2(value)
	schema_6_member_3(value)
	schema_6_member_4(value)
	count(object.keys(value) & {"amount", "currency", "to"}) == 3
}

default schema_7(_) := false

schema_6_additional(name, _) if {
	name in {"amount", "currency", "text", "to"}
}

schema_6_additional(_, item) if schema_7(item) == true

default schema_8(_) := false

schema_8(value) if {
	types.whole(value) == true
	value <= 10000000
	value >= 1
}

schema_6_member_1(value) if {
	count(object.keys(value) & {"amount"}) == 0
}

schema_6_member_1(value) if schema_8(value.amount) == true

default schema_9(_) := false

schema_9(value) if {
	some wanted in ["EUR", "CHF"]
	value == wanted
}

schema_6_member_2(value) if {
	count(object.keys(value) & {"currency"}) == 0
}

schema_6_member_2(value) if schema_9(value.currency) == true

default schema_10(_) := false

schema_10(value) if {
	is_string(value)
	count(value) <= 140
}

schema_6_member_3(value) if {
	count(object.keys(value) & {"text"}) == 0
}

schema_6_member_3(value) if schema_10(value.text) == true

default schema_11(_) := false

schema_11(value) if {
	is_string(value)
	regex.match(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\z`, value) == true
}

schema_6_member_4(value) if {
	count(object.keys(value) & {"to"}) == 0
}

schema_6_member_4(value) if schema_11(value.to) == true

default schema_12(_) := false

schema_12(value) if {
	is_object(value)
	every name, item in value {
		schema_12_additional(name, item)
	}
	schema_12_member_1(value)
	count(object.keys(value) & {"amount"}) == 1
}

schema_12_additional(name, _) if {
	name in {"amount"}
}

schema_12_additional(_, item) if schema_7(item) == true

schema_12_member_1(value) if {
	count(object.keys(value) & {"amount"}) == 0
}

schema_12_member_1(value) if schema_8(value.amount) == true
