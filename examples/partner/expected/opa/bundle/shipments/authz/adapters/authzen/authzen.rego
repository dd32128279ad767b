# METADATA
# title: OpenID AuthZEN Authorization API 1.0
# description: >-
#   Answers evaluations about a principal somebody else authenticated: authorization alone, no other step. The subject's
#   type is the auth method, `action.name` the HTTP method, `resource.id` the path. Whoever may ask is trusted with
#   the subject's properties; `context.ip` is the client's address, and what is not given is missing.
package shipments.authz.adapters.authzen

import data.shipments.authz.runtime.authenticate
import data.shipments.authz.runtime.authorize
import data.shipments.authz.runtime.message
import data.shipments.authz.runtime.routing
import data.shipments.authz.runtime.tokens
import data.shipments.authz_data as policy

properties := object.get(input.subject, "properties", {})

canonical := {
	"method": input.action.name,
	"target": input.resource.id,
	"scheme": "https",
	"peer": object.get(object.get(input, "context", {}), ["ip"], ""),
	"headers": {},
	"body": {"length": 0, "chunked": false, "text": "", "utf8": true},
	"certificate": "",
	"verified": {},
	"resource": object.get(input.resource, "properties", {}),
}

principal := {
	"id": concat(":", [input.subject.type, input.subject.id]),
	"method": input.subject.type,
	"subject": input.subject.id,
	"roles": tokens.closure(object.get(properties, ["roles"], []), policy.methods[input.subject.type].asserts),
	"scopes": sort({scope | some scope in object.get(properties, ["scopes"], [])}),
	"client": object.get(properties, ["client"], ""),
	"attributes": {name: properties[name] |
		some name, attribute in policy.attributes.principal
		attribute.source == "claims"
		properties[name] != null
	},
	"claims": null,
}

default decision := false

decision if {
	listed
	authorized
}

# The path is well formed and the subject's method one of the route's.
listed if {
	message.shaped with input as canonical
	message.target_ok with input as canonical
	authenticate.public with input as canonical
}

listed if {
	message.shaped with input as canonical
	message.target_ok with input as canonical
	some alternative in authenticate.auth.alternatives with input as canonical
	alternative[0] == input.subject.type
}

authorized if {
	authorize.ok == true with input as canonical with data.shipments.authz.runtime.authenticate.principal as principal
}

# METADATA
# entrypoint: true
result := {"decision": decision, "context": {"route": route}}

default route := ""

route := id if {
	id := routing.route.id with input as canonical
}
