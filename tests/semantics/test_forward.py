"""Step 15: what the upstream receives."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import Forward, IdentityHeader
from seccfg.record import replace
from seccfg.semantics import decide

FIELDS = ("subject", "roles", "scopes", "method", "client", "department", "level", "tags", "tenant")
SET = tuple(IdentityHeader(f"x-{field}", field) for field in FIELDS)
FORWARD = Forward("main", "http://127.0.0.1:9000", True, 30, (), (), (), SET, "strip")


def forwarded(kit, **claims):
    decision = decide(kit.policy(kit.route(forward=FORWARD)), kit.request("GET", "/orders", kit.bearer(**claims)))
    return dict(decision.forwarded) if decision.allowed else (decision.status, decision.reason, decision.step)


def test_verified_values_are_set(kit):
    """The verified values set: a list joined by spaces."""
    claims = {"roles": ["editor"], "scope": "b a", "azp": "orders-web", "dept": "sales", "realm": {"level": 5.0},
        "tags": ["q", "p"]}
    assert forwarded(kit, **claims) == {
        "x-subject": "alice", "x-roles": "editor viewer", "x-scopes": "a b", "x-method": "users", "x-client": "web",
        "x-department": "sales", "x-level": "5", "x-tags": "q p",
    }  # fmt: skip


def test_what_is_missing_or_of_another_type_is_not_sent(kit):
    """Only verified values are set; an empty list is sent empty."""
    assert forwarded(kit, dept=5, realm={"level": "5"}, tags=["a", 1]) == {
        "x-subject": "alice", "x-roles": "", "x-scopes": "", "x-method": "users",
    }  # fmt: skip


def test_what_the_client_sends_never_arrives(kit):
    """Every name in `forward.identity` is removed from what the client sent."""
    policy = kit.policy(kit.route(forward=FORWARD))
    request = kit.request("GET", "/orders", kit.bearer(), ("X-Tenant", "evil"), ("x_tenant", "evil"), ("X-Subject", "root"))
    assert dict(decide(policy, request).forwarded) == {"x-subject": "alice", "x-roles": "", "x-scopes": "", "x-method": "users"}


@pytest.mark.parametrize("subject", ["a\nb", "a\x1fb", "a\x7fb", "a\x85b", "a\u20acb", "\u4e2d", " a", "a ", "\t"])
def test_values_no_header_can_carry_are_403(kit, subject):
    """A value with control or non-Latin-1 characters: 403; so is one a receiver would trim."""
    assert forwarded(kit, sub=subject) == (403, "forbidden", "forward")


@pytest.mark.parametrize("subject", ["a b", "\xe4", "a,b", "a;b=c", "\xff"])
def test_latin_1_is_sent(kit, subject):
    """Latin-1 text is carried as it is."""
    assert forwarded(kit, sub=subject)["x-subject"] == subject


def test_values_of_types(kit):
    """Booleans, numbers and times have one form each."""
    policy = kit.policy(kit.route(forward=replace(FORWARD, set=(IdentityHeader("x-v", "level"),))))
    for kind, value, text in (("boolean", True, "true"), ("number", 1.5, "1.5"), ("timestamp", 1.0, "1"), ("duration", -60, "-60")):
        attrs = tuple(replace(a, type=kind) if a.name == "level" else a for a in policy.attrs)
        decision = decide(replace(policy, attrs=attrs), kit.request("GET", "/orders", kit.bearer(realm={"level": value})))
        assert dict(decision.forwarded) == {"x-v": text}


def test_keys_and_certificates_forward_too(kit):
    """However the principal was authenticated."""
    policy = kit.policy(kit.route(auth=(("partner",), ("mesh",)), forward=FORWARD))
    key = decide(policy, kit.request("GET", "/orders", ("X-API-Key", "k1.secret")))
    assert dict(key.forwarded) == {"x-subject": "partner k1", "x-roles": "viewer", "x-scopes": "read", "x-method": "partner"}
    certificate = kit.authority.issue("spiffe://example.com/ns/acme/sa/x")
    mesh = dict(decide(policy, kit.request(certificate=certificate)).forwarded)
    assert (mesh["x-subject"], mesh["x-tenant"]) == ("spiffe://example.com/ns/acme/sa/x", "acme")


def test_the_route_s_upstream(kit):
    """On to the route's upstream."""
    policy = kit.policy(kit.route(), kit.route("POST", forward=replace(FORWARD, upstream="batch")))
    assert decide(policy, kit.request("GET", "/orders", kit.bearer())).upstream == "main"
    assert decide(policy, kit.request("POST", "/orders", kit.bearer())).upstream == "batch"
    assert decide(policy, kit.request()).upstream == ""
