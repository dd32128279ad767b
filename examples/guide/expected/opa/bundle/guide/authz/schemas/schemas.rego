# The schemas of the spec, a function for each: true for what fits, false for anything else.
package guide.authz.schemas

import data.guide.authz.runtime.types

default schema_1(_) := false

schema_1(value) if {
	types.whole(value) == true
	value >= 1
}
