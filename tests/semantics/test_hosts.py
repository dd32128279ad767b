"""What only an effective Policy says of the host a target runs on: each where it differs from the reference."""

from __future__ import annotations

import json

from seccfg.ir.policy import ByAddress, Host, Jwk, Jwks, RateLimit
from seccfg.record import replace
from seccfg.semantics import State, decide

ASKS = ("Access-Control-Request-Method", "GET")


def on(policy, **host):
    return replace(policy, host=Host(**host))


def test_a_bare_preflight(kit):
    """Its own status, `Access-Control-*` and nothing else; other answers keep theirs."""
    policy = on(kit.policy(kit.route(cors=kit.web)), bare_preflight=200)
    decision = decide(policy, kit.request("OPTIONS", "/orders", ("Origin", "https://app.example.com"), ASKS))
    assert (decision.outcome, decision.status) == ("preflight", 200)
    assert {name.startswith("access-control-") for name in kit.headers(decision)} == {True}
    refused = decide(policy, kit.request("OPTIONS", "/orders", ("Origin", "https://evil.example"), ASKS))
    assert (refused.status, kit.headers(refused)) == (200, {})
    assert kit.headers(decide(policy, kit.request("GET", "/orders")))["vary"] == "Origin"


def test_origins_in_any_case(kit):
    """What was sent is what is allowed; a host that does not match stays out, and so do two lines."""
    policy = on(kit.policy(kit.route(cors=kit.web)), any_case_origins=True)

    def allowed(*origins):
        sent = (("Origin", origin) for origin in origins)
        return kit.headers(decide(policy, kit.request("GET", "/orders", *sent))).get("access-control-allow-origin")

    assert allowed("HTTPS://App.Example.Com") == "HTTPS://App.Example.Com"
    assert allowed("HTTPS://App.Example.Com.Evil.Example") is None
    assert allowed("https://app.example.com", "https://app.example.com") is None
    assert "access-control-allow-origin" not in kit.headers(
        decide(replace(policy, host=Host()), kit.request("GET", "/orders", ("Origin", "HTTPS://App.Example.Com")))
    )


def test_refused_requests_that_count(kit):
    """Whoever goes on asking stays refused; the reference admits the next once the first is old enough."""
    limit = RateLimit("some", "sliding-window", 2, 60, 2, ByAddress(), "request", (), "shared", "refuse")
    policy = kit.policy(kit.route(auth=(), limits=(limit,)))

    def statuses(host):
        state, request = State(), kit.request()
        made = replace(policy, host=host)
        return [decide(made, replace(request, now_s=t), state).status for t in (0, 0, 30, 60, 61, 95)]

    assert statuses(Host()) == [200, 200, 429, 200, 200, 429]
    assert statuses(Host(counts_refused=("some",))) == [200, 200, 429, 200, 429, 429]
    assert statuses(Host(counts_refused=("another",))) == statuses(Host())


def test_any_key_of_the_issuer(kit):
    """The key that signed may be another than the one `kid` names, of the set all the same; `kid` still names one."""
    signer = replace(kit.signers["stranger"], kid="users-2")
    added = Jwk("users-2", "RSA", "", "", json.dumps({**signer.key.as_dict(private=False), "kid": "users-2"}))
    made = kit.policy(kit.route())
    keys = Jwks("", "", (kit.public("users"), added), 600, 3600)
    policy = replace(made, verifiers=tuple(replace(v, jwks=keys) if v.name == "users" else v for v in made.verifiers))
    crossed = kit.request("GET", "/orders", ("Authorization", f"Bearer {kit.token(signer=signer, header={'kid': 'users-1'})}"))
    unknown = kit.request("GET", "/orders", ("Authorization", f"Bearer {kit.token(signer=signer, header={'kid': 'users-3'})}"))
    assert decide(policy, crossed).status == 401
    assert decide(on(policy, any_key=True), crossed).status == 200
    assert decide(on(policy, any_key=True), unknown).status == 401
    assert decide(on(made, any_key=True), crossed).status == 401


def test_a_path_that_may_be_decoded_matches_nothing(kit):
    """Malformed in the reference's order, unknown where the route comes first."""
    policy = on(kit.policy(kit.route("GET", "/orders/{order_id}", auth=())), plain_paths=True)
    request = kit.request("GET", "/orders/a%20b")
    assert decide(policy, request).status == 400
    first = ("route", "method", *(step for step in policy.order if step not in ("route", "method")))
    assert decide(replace(policy, order=first), request).status == 404
    assert decide(replace(policy, order=first), kit.request("GET", "/orders/ab")).status == 200
