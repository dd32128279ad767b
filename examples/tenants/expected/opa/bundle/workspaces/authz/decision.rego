# METADATA
# title: The decision
# description: The first step that refuses decides; what no route declares is refused.
package workspaces.authz

import data.workspaces.authz.runtime.authenticate
import data.workspaces.authz.runtime.authorize
import data.workspaces.authz.runtime.edge
import data.workspaces.authz.runtime.forward
import data.workspaces.authz.runtime.message
import data.workspaces.authz.runtime.origins
import data.workspaces.authz.runtime.revocation
import data.workspaces.authz.runtime.routing
import data.workspaces.authz.runtime.validate
import data.workspaces.authz_data as policy

default allow := false

# METADATA
# entrypoint: true
allow if outcome.reason == "pass"

# METADATA
# entrypoint: true
result := {
	"allow": allow,
	"status": status,
	"reason": outcome.reason,
	"step": outcome.step,
	"event": event,
	"route": route_id,
	"headers": headers,
	"remove_headers": policy.answers[routing.settings.answer].remove,
	"upstream": upstream,
	"error": error,
	"errors": policy.errors,
}

# Every step says yes before the last line is reached: none of these is ever undefined.
outcome := {"step": "request_target", "reason": "internal"} if message.shaped == false

else := {"step": "request_target", "reason": "malformed"} if edge.target_ok == false

else := {"step": "host", "reason": "malformed"} if edge.host_known == false

else := {"step": "host", "reason": "wrong_host"} if edge.host_ok == false

else := {"step": "plain_http", "reason": "plain_http"} if edge.scheme_ok == false

else := {"step": "address", "reason": "internal"} if edge.peer_known == false

else := {"step": "address", "reason": "malformed"} if edge.client_known == false

else := {"step": "address", "reason": "address"} if edge.address_ok == false

else := {"step": "route", "reason": "no_route"} if routing.matched == false

else := {"step": "preflight", "reason": "preflight"} if routing.preflight == true

else := {"step": "method", "reason": "method"} if routing.declared == false

else := {"step": "body", "reason": edge.body_reason} if edge.body_ok == false

else := {"step": "authenticate", "reason": authenticate.reason} if authenticate.ok == false

else := {"step": "revocation", "reason": revocation.reason} if revocation.ok == false

else := {"step": "authorize", "reason": authorize.reason} if authorize.ok == false

else := {"step": "validate", "reason": "invalid_input"} if validate.ok == false

else := {"step": "forward", "reason": "forbidden"} if forward.ok == false

else := {"step": "forward", "reason": "pass"} if {
	message.shaped == true
	edge.target_ok == true
	edge.host_ok == true
	edge.scheme_ok == true
	edge.address_ok == true
	routing.declared == true
	edge.body_ok == true
	authenticate.ok == true
	revocation.ok == true
	authorize.ok == true
	validate.ok == true
	forward.ok == true
}

else := {"step": "request_target", "reason": "internal"}

status := 200 if outcome.reason == "pass"

else := 308 if location != ""

else := policy.statuses[outcome.reason]

default location := ""

location := edge.location if outcome.reason == "plain_http"

default route_id := ""

route_id := routing.route.id

event := "access.allowed" if outcome.reason == "pass"

else := "check.failed" if outcome.reason in {"internal", "unavailable"}

else := policy.events[outcome.step]

default upstream := null

upstream := forward.upstream if outcome.reason == "pass"

default error := null

error := {
	"type": "about:blank",
	"title": policy.titles[outcome.reason],
	"status": status,
	"reason": outcome.reason,
} if {
	outcome.reason != "pass"
	outcome.reason != "preflight"
}

# --- headers of the answer

headers := object.union_n([
	policy.answers[routing.settings.answer].set,
	strict_transport,
	own,
	cross_origin,
])

default strict_transport := {}

strict_transport := {"strict-transport-security": policy.answers[routing.settings.answer].hsts} if {
	message.tls == true
	policy.answers[routing.settings.answer].hsts != ""
}

# Steps after the route has been matched carry the CORS headers of its profile.
default cross_origin := {}

cross_origin := object.union({"vary": "Origin"}, origins.preflight_headers) if outcome.reason == "preflight"

cross_origin := object.union({"vary": "Origin"}, origins.response) if {
	matched_steps[outcome.step] == true
	outcome.reason != "preflight"
	routing.route.cors != ""
}

matched_steps := {step: true |
	some step in ["body", "authenticate", "revocation", "authorize", "validate", "forward"]
}

default own := {}

own := {"location": location} if location != ""

own := {"allow": routing.template.allow} if outcome.reason == "method"

own := {"www-authenticate": concat("", [authenticate.auth.challenge, challenge_error])} if {
	authenticate.auth.challenge != ""
	is_string(challenge_error)
}

challenge_error := `, error="insufficient_scope"` if {
	outcome.reason == "insufficient_scope"
	status == 403
}

challenge_error := `, error="invalid_token"` if {
	outcome.reason in {"several_credentials", "invalid_token", "invalid_key", "invalid_certificate", "revoked"}
	status == 401
}

challenge_error := "" if {
	outcome.reason == "no_credential"
	status == 401
}
