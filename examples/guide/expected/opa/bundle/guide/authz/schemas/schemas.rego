# The schemas of the spec, a function for each: true for what fits, false for anything else.
package guide.authz.schemas

default schema_1(_) := false

schema_1(value) if {
	is_number(value)
	value == floor(value)
	value >= 1
}
