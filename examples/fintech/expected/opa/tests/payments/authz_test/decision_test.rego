# For each route: nobody, and each role alone where roles alone decide. `opa test bundle tests` runs it.
package payments.authz_test

import data.payments.authz as service
import data.payments.authz.runtime.authenticate
import data.payments.authz.runtime.authorize
import data.payments.authz_data as policy
import data.payments.authz_test_data as grid

request(method, target) := {
	"method": method,
	"target": target,
	"scheme": "https",
	"peer": "198.51.100.7",
	"headers": {"host": ["payments.example.com"]},
	"body": {"length": 0, "chunked": false, "text": "", "utf8": true},
}

principal(method, role) := {
	"id": "test",
	"method": method,
	"subject": "test",
	"roles": policy.roles[role],
	"scopes": [],
	"client": "",
	"attributes": {},
	"claims": null,
}

test_nobody_is_let_in if {
	every case in grid.nobody {
		service.allow == false with input as request(case.method, case.target)
		authenticate.reason == "no_credential" with input as request(case.method, case.target)
	}
}

test_roles_decide if {
	every case in grid.roles {
		as_wanted(case)
	}
}

as_wanted(case) if {
	authorize.ok == case.allowed with input as request(case.method, case.target)
		with data.payments.authz.runtime.authenticate.principal as principal(case.auth, case.role)
}

test_what_no_route_declares_is_refused if {
	decision := service.result with input as request("GET", "/no-such-path-anywhere/x/y/z")
	decision.allow == false
	decision.reason in {"no_route", "method", "no_credential", "plain_http", "address"}
}

test_a_malformed_target_is_refused if {
	decision := service.result with input as request("GET", "/a//b")
	decision.reason == "malformed"
}

test_an_input_of_another_shape_is_refused if {
	decision := service.result with input as {"method": "GET"}
	decision.allow == false
	decision.reason == "internal"
}
