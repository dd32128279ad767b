# What parameters and bodies have to be, a rule for each.
package inventory.authz.inputs

import data.inventory.authz.runtime.body
import data.inventory.authz.runtime.parameters
import data.inventory.authz.runtime.types
import data.inventory.authz.schemas

path_article_1 if {
	text := parameters.text("path", "article")
	value := types.from_text(text, "string")
	schemas.schema_1(value) == true
}

body_1 if schemas.schema_2(body.value) == true

body_2 if schemas.schema_6(body.value) == true
