# METADATA
# title: Kong's opa plugin
# description: Set opa_path to /v1/data/shipments/authz/adapters/kong/result and include_body_in_opa_input to true.
package shipments.authz.adapters.kong

import data.shipments.authz as service

sent := input.request.http

canonical := {
	"method": sent.method,
	"target": concat("", [sent.path, query]),
	"scheme": sent.scheme,
	"peer": input.client_ip,
	"headers": {lower(name): listed(value) | some name, value in sent.headers},
	"body": {"length": bytes(text), "chunked": false, "text": text, "utf8": true},
	"certificate": "",
	"verified": {},
	"resource": {},
}

# Kong hands the query over taken apart.
default query := ""

query := concat("", ["?", urlquery.encode_object(sent.querystring)]) if count(sent.querystring) > 0

listed(value) := [value] if is_string(value)

listed(value) := value if is_array(value)

default text := ""

text := sent.body

bytes(value) := count(hex.encode(value)) / 2

decision := answer if {
	answer := service.result with input as canonical
}

default result := {"allow": false, "status": 500}

# METADATA
# entrypoint: true
result := {"allow": true} if decision.allow == true

result := {
	"allow": false,
	"status": decision.status,
	"headers": decision.headers,
	"message": decision.error,
} if {
	decision.allow == false
}
