# METADATA
# title: Envoy's external authorization (opa-envoy, ext_authz v3)
# description: Set the plugin's path to payments/authz/adapters/envoy/result.
package payments.authz.adapters.envoy

import data.payments.authz as service

sent := input.attributes.request.http

canonical := {
	"method": sent.method,
	"target": sent.path,
	"scheme": sent.scheme,
	"peer": input.attributes.source.address.socketAddress.address,
	"headers": object.union(
		{name: [value] |
			some name, value in sent.headers
			startswith(name, ":") == false
		},
		{"host": [sent.host]},
	),
	"body": body,
	"certificate": certificate,
	"verified": verified,
	"resource": {},
}

default text := ""

text := sent.body

default certificate := ""

certificate := urlquery.decode(input.attributes.source.certificate)

# Payloads Envoy's jwt_authn filter verified, under the name of the auth method (`payload_in_metadata`).
default verified := {}

verified := input.attributes.metadataContext.filterMetadata["envoy.filters.http.jwt_authn"]

default truncated := false

truncated if input.truncated_body == true

# A body Envoy cut off is longer than any limit.
body := {"length": 9007199254740991, "chunked": false, "text": "", "utf8": false} if truncated == true

body := {"length": length, "chunked": false, "text": text, "utf8": true} if truncated == false

default length := 0

length := to_number(sent.headers["content-length"]) if {
	regex.match(`^[0-9]{1,15}$`, sent.headers["content-length"]) == true
}

length := bytes(text) if {
	object.get(sent.headers, ["content-length"], "") == ""
	text != ""
}

bytes(value) := count(hex.encode(value)) / 2

decision := answer if {
	answer := service.result with input as canonical
}

default result := {"allowed": false, "http_status": 500}

# METADATA
# entrypoint: true
result := {
	"allowed": true,
	"headers": decision.upstream.set,
	"request_headers_to_remove": decision.upstream.remove,
	"response_headers_to_add": decision.headers,
} if {
	decision.allow == true
}

result := {
	"allowed": false,
	"http_status": decision.status,
	"headers": object.union(decision.headers, {"content-type": "application/problem+json"}),
	"body": json.marshal(decision.error),
} if {
	decision.allow == false
}
