# What parameters and bodies have to be, a rule for each.
package guide.authz.inputs

import data.guide.authz.runtime.parameters
import data.guide.authz.runtime.types
import data.guide.authz.schemas

path_document_id_1 if {
	text := parameters.text("path", "document_id")
	value := types.from_text(text, "integer")
	schemas.schema_1(value) == true
}
