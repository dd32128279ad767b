# The schemas of the spec, a function for each: true for what fits, false for anything else.
package orders.authz.schemas

import data.orders.authz.runtime.formats
import data.orders.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	is_string(value)
	formats.fits("uuid", value) == true
}

default schema_2(_) := false

schema_2(value) if {
	is_string(value)
	count(value) <= 64
}

default schema_3(_) := false

schema_3(value) if {
	types.whole(value) == true
	value <= 100
	value >= 1
}

default schema_4(_) := false

schema_4(value) if {
	is_string(value)
	some wanted in ["open", "paid", "void"]
	value == wanted
}

default schema_5(_) := false

schema_5(value) if {
	is_object(value)
	every name, item in value {
		schema_5_additional(name, item)
	}
	schema_5_member_1(value)
	count(object.keys(value) & {"order"}) == 1
}

default schema_6(_) := false

schema_5_additional(name, _) if {
	name in {"order"}
}

schema_5_additional(_, item) if schema_6(item) == true

default schema_7(_) := false

schema_7(value) if {
	is_object(value)
	every name, item in value {
		schema_7_additional(name, item)
	}
	schema_7_member_1(value)
	schema_7_member_2(value)
	schema_7_member_3(value)
	schema_7_member_4(value)
	schema_7_member_5(value)
	count(object.keys(value) & {"amount", "lines", "reference"}) == 3
}

schema_7_additional(name, _) if {
	name in {"amount", "currency", "deliver_on", "lines", "reference"}
}

schema_7_additional(_, item) if schema_6(item) == true

default schema_8(_) := false

schema_8(value) if {
	types.whole(value) == true
	value <= 1000000
	value >= 1
}

schema_7_member_1(value) if {
	count(object.keys(value) & {"amount"}) == 0
}

schema_7_member_1(value) if schema_8(value.amount) == true

default schema_9(_) := false

schema_9(value) if {
	some wanted in ["EUR", "NOK", "USD"]
	value == wanted
}

schema_7_member_2(value) if {
	count(object.keys(value) & {"currency"}) == 0
}

schema_7_member_2(value) if schema_9(value.currency) == true

default schema_10(_) := false

schema_10(value) if {
	is_string(value)
	formats.fits("date", value) == true
}

schema_7_member_3(value) if {
	count(object.keys(value) & {"deliver_on"}) == 0
}

schema_7_member_3(value) if schema_10(value.deliver_on) == true

default schema_11(_) := false

schema_11(value) if {
	is_array(value)
	every item in value {
		schema_12(item) == true
	}
	count(value) <= 100
	count(value) >= 1
}

default schema_12(_) := false

schema_12(value) if {
	is_object(value)
	every name, item in value {
		schema_12_additional(name, item)
	}
	schema_12_member_1(value)
	schema_12_member_2(value)
	schema_12_member_3(value)
	count(object.keys(value) & {"article", "quantity"}) == 2
}

schema_12_additional(name, _) if {
	name in {"article", "note", "quantity"}
}

schema_12_additional(_, item) if schema_6(item) == true

schema_12_member_1(value) if {
	count(object.keys(value) & {"article"}) == 0
}

schema_12_member_1(value) if schema_1(value.article) == true

default schema_13(_) := false

schema_13(value) if {
	is_string(value)
	count(value) <= 200
}

schema_12_member_2(value) if {
	count(object.keys(value) & {"note"}) == 0
}

schema_12_member_2(value) if schema_13(value.note) == true

default schema_14(_) := false

schema_14(value) if {
	types.whole(value) == true
	value <= 999
	value >= 1
}

schema_12_member_3(value) if {
	count(object.keys(value) & {"quantity"}) == 0
}

schema_12_member_3(value) if schema_14(value.quantity) == true

schema_7_member_4(value) if {
	count(object.keys(value) & {"lines"}) == 0
}

schema_7_member_4(value) if schema_11(value.lines) == true

default schema_15(_) := false

schema_15(value) if {
	is_string(value)
	count(value) <= 64
	count(value) >= 1
	regex.match(`^[A-Za-z0-9._-]+\z`, value) == true
}

schema_7_member_5(value) if {
	count(object.keys(value) & {"reference"}) == 0
}

schema_7_member_5(value) if schema_15(value.reference) == true

schema_5_member_1(value) if {
	count(object.keys(value) & {"order"}) == 0
}

schema_5_member_1(value) if schema_7(value.order) == true
