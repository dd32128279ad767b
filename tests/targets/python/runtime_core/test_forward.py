"""Step 15 and the way back: what the upstream receives, and how its answer is completed."""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any

import pytest

from seccfg_runtime.runtime.model import (
    Attribute,
    Audit,
    Authenticate,
    Errors,
    Forward,
    FromClaims,
    FromHeader,
    Hsts,
    ResponseHeaders,
)

IDENTITY = (
    ("X-User", "subject"),
    ("X-Roles", "roles"),
    ("X-Scopes", "scopes"),
    ("X-Method", "method"),
    ("X-Client", "client"),
    ("X-Tenant", "tenant"),
)


def world(kit: Any, *identity: tuple[str, str], kind: Any = "string", listed: bool = False, **forward: Any) -> Any:
    made = Forward(
        "main", "http://127.0.0.1:1", strip=("authorization", "x-api-key", "x-user"), identity=identity or IDENTITY, **forward
    )
    users = kit.users(attributes=(("tenant", ("org",)),))
    tenant = Attribute("principal", "tenant", kind, FromClaims(), list_of=listed)
    region = Attribute("resource", "region", "string", FromHeader("x-region"), trust="proxy")
    routes = (kit.route(forward=made), kit.public(template="/open", forward=made))
    return kit.world(
        kit.policy(*routes, verifiers=(users, kit.partners()), attributes=(tenant, region), trusted_proxies=("10.0.0.0/8",))
    )


def test_verified_values_replace_what_the_client_claims(kit: Any) -> None:
    """Lists joined by spaces; on public routes nothing is claimed by anybody."""
    made = world(kit)
    claimed = [(name, "root") for name in ("X-User", "x-roles", "X_User", "x_tenant", "X-TENANT", "x-Client", "x_user")]
    headers = made.passed("/notes", *claimed, bearer=kit.token(org="acme", scope="b a")).headers
    found = {name: value for name, value in headers if name.startswith(b"x-") and b"forwarded" not in name}
    found.pop(b"x-request-id")
    assert found == {
        b"x-user": b"ann",
        b"x-roles": b"editor viewer",
        b"x-scopes": b"a b",
        b"x-method": b"users",
        b"x-tenant": b"acme",
        b"x-authz-open": b"",
    }
    assert not [pair for pair in made.passed("/open", *claimed).headers if pair[1] == b"root"]


@pytest.mark.parametrize(
    "kind, listed, value, sent",
    [
        ("string", False, "a b", "a b"),
        ("string", False, "", ""),
        ("integer", False, 5.0, "5"),
        ("boolean", False, True, "true"),
        ("number", False, 1.5, "1.5"),
        ("string", True, ["a", "b"], "a b"),
        ("string", True, [], ""),
        ("string", False, 5, None),
        ("integer", False, "5", None),
        ("string", True, ["a", 1], None),
        ("string", False, "caf\u00e9", "caf\u00e9"),
        ("string", False, "a\r\nX-Admin: 1", "403"),
        ("string", False, "\u4e2d", "403"),
        ("string", False, " a", "403"),
        ("string", False, "a ", "403"),
        ("string", False, "a\x7f", "403"),
        ("string", False, "a\x85", "403"),
        ("string", True, ["a", "b "], "403"),
        ("string", False, "a\n", "403"),
    ],
)
def test_values_in_headers(kit: Any, kind: str, listed: bool, value: object, sent: str | None) -> None:
    """Control and non-Latin-1 characters and spaces at the ends are 403; what is missing or of another type is not sent."""
    made = world(kit, ("X-Tenant", "tenant"), kind=kind, listed=listed)
    good = kit.token(org=value)
    for _ in range(2):
        if sent == "403":
            assert made.refused(bearer=good) == "403 forbidden"
        else:
            assert kit.header(made.passed(bearer=good).headers, "x-tenant") == ([] if sent is None else [sent])


def test_subjects_that_cannot_be_sent(kit: Any) -> None:
    """The subject too."""
    assert world(kit).refused(bearer=kit.token(sub="a\nb")) == "403 forbidden"


def test_hop_by_hop_headers_and_forwarded_ones_are_set_anew(kit: Any) -> None:
    """Those `Connection` names included; everything else is unchanged and in order."""
    sent = [
        ("Connection", "keep-alive, X-Secret"),
        ("X-Secret", "1"),
        ("Keep-Alive", "5"),
        ("TE", "trailers"),
        ("Proxy-Authorization", "x"),
        ("X-Forwarded-For", "1.2.3.4"),
        ("X-Forwarded-Host", "evil"),
        ("X-Forwarded-Whatever", "evil"),
        ("x_forwarded_for", "evil"),
        ("Forwarded", "for=evil"),
        ("X-Real-IP", "evil"),
        ("X-Authz-Open", "owns-order"),
        ("x_authz_open", ""),
        ("X-Request-Id", "evil"),
        ("Accept", "a"),
        ("X-Other", "1"),
        ("accept", "b"),
        ("X_Other", "2"),
    ]
    outcome = world(kit).passed("/open?b=1&a=%20", *sent)
    assert outcome.target == b"/open?b=1&a=%20"
    left = [(name.decode(), value.decode()) for name, value in outcome.headers]
    assert left[:5] == [("host", "notes.example.com"), ("Accept", "a"), ("X-Other", "1"), ("accept", "b"), ("X_Other", "2")]
    assert left[5:] == [
        ("x-forwarded-for", "198.51.100.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "notes.example.com"),
        ("x-request-id", outcome.id),
        ("x-authz-open", ""),
    ]


def test_connection_cannot_remove_what_must_stay(kit: Any) -> None:
    """Naming Host or our own headers takes nothing away."""
    outcome = world(kit).passed("/notes", ("Connection", "host, x-user, x-forwarded-for"), bearer=kit.token())
    for name in ("host", "x-user", "x-forwarded-for"):
        assert kit.header(outcome.headers, name) != []


def test_proxy_headers_pass_from_proxies_only(kit: Any) -> None:
    """From others they are removed, under either spelling, where the route reads them."""
    from seccfg_runtime.runtime.model import Authorize, Condition, Grant

    asks = Condition("asks", lambda p, r, q: True, lambda p, r, q: False, frozenset({"resource.region"}))
    region = Attribute("resource", "region", "string", FromHeader("X-Region"), trust="proxy")
    made = kit.world(
        kit.policy(
            kit.route(authorize=Authorize((Grant(conditions=(asks,)),))),
            kit.public(template="/open"),
            attributes=(region,),
            trusted_proxies=("10.0.0.0/8",),
        )
    )
    sent = (("X-Region", "eu"), ("x_region", "us"))
    assert kit.header(made.passed("/notes", *sent, bearer=kit.token(), peer="10.0.0.1").headers, "x-region") == ["eu"]
    for path, bearer in (("/notes", kit.token()), ("/open", None)):
        headers = made.passed(path, *sent, bearer=bearer).headers
        assert (kit.header(headers, "x-region"), kit.header(headers, "x_region")) == ([], [])


def test_credentials_are_stripped(kit: Any) -> None:
    """Every place of every method, listed on the route or not."""
    headers = world(kit).passed("/open", ("Authorization", "Basic x"), ("X-API-Key", "y"), ("x_api_key", "y")).headers
    assert not {name.lower() for name, _ in headers} & {b"authorization", b"x-api-key", b"x_api_key"}


# ------------------------------------------------------------------------------------------------------------- answers
SET = ResponseHeaders(
    (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")), ("Server", "X-Powered-By"), Hsts(60, True, True)
)


def dressed(kit: Any, **errors: Any) -> Any:
    return kit.world(
        kit.policy(kit.public(headers=SET, errors=Errors(**errors)), kit.route(template="/p", headers=SET, errors=Errors(**errors)))
    )


def test_answers_of_the_upstream_are_completed(kit: Any) -> None:
    """Set headers replace, removed ones go, the rest stays."""
    outcome = dressed(kit, correlation_header="X-Trace-Id").passed()
    sent = [
        (b"Cache-Control", b"public"),
        (b"SERVER", b"x"),
        (b"x-powered-by", b"y"),
        (b"Content-Type", b"text/plain"),
        (b"X-Trace-Id", b"z"),
        (b"Strict-Transport-Security", b"x"),
    ]
    assert outcome.response_headers(sent) == [
        (b"Content-Type", b"text/plain"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"strict-transport-security", b"max-age=60; includeSubDomains; preload"),
        (b"x-trace-id", outcome.id.encode()),
    ]


def test_refusals_have_one_shape(kit: Any) -> None:
    """Problem details that say nothing more than the reason."""
    answer = dressed(kit).answer("/p", bearer="junk.token.here")
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "reason": "invalid_token",
        "id": answer.id,
    }
    assert kit.header(answer.headers, "content-type") == ["application/problem+json"]
    assert kit.header(answer.headers, "cache-control") == ["no-store"]
    assert kit.header(answer.headers, "x-request-id") == [answer.id]
    assert kit.header(answer.headers, "x-content-type-options") == ["nosniff"]
    plain = dressed(kit, format="json", details="shown").answer("/p", bearer="junk")
    assert json.loads(plain.body)["detail"] == "the credential is no signed token"
    assert kit.header(plain.headers, "content-type") == ["application/json"]


def test_statuses_may_be_remapped(kit: Any) -> None:
    """A 401 that becomes 403 has no challenge."""
    made = dressed(kit, status=(("invalid_token", 403), ("internal", 599)))
    answer = made.answer("/p", bearer="junk")
    assert (answer.status, kit.header(answer.headers, "www-authenticate")) == (403, [])
    assert made.answer("/p").status == 401
    from seccfg_runtime.runtime.interface import PolicyError

    for status in (200, 302, 600):
        with pytest.raises(PolicyError):
            dressed(kit, status=(("forbidden", status),))


def test_upstream_errors_are_hidden(kit: Any) -> None:
    """5xx bodies are replaced where details are hidden; other answers go through."""
    hidden, shown = dressed(kit).passed(), dressed(kit, details="shown").passed()
    answer = hidden.hidden_error(500)
    assert answer is not None
    assert (answer.status, json.loads(answer.body)["reason"]) == (500, "internal")
    assert [hidden.hidden_error(status) for status in (200, 404, 499)] == [None] * 3
    assert shown.hidden_error(500) is None
    assert [hidden.unreachable().status, hidden.unreachable(504).status, hidden.failed().status] == [502, 504, 500]


def test_ids_are_unique(kit: Any) -> None:
    """Each request has its own, in every answer and towards the upstream."""
    made = dressed(kit)
    assert len({made.passed().id for _ in range(500)} | {made.answer("/p").id for _ in range(500)}) == 1000


def test_realm_is_quoted(kit: Any) -> None:
    """No name can end the quoted string."""
    made = kit.world(kit.policy(kit.route(), name='a"b\\'))
    assert kit.header(made.answer().headers, "www-authenticate") == ['Bearer realm="a\\"b\\\\"']


def test_a_route_tells_of_passes_when_asked_to(kit: Any) -> None:
    """`access.allowed`, and `key.used` for keys."""
    told = Audit(("access.allowed", "key.used"))
    both = Authenticate((("users",), ("partners",)))
    made = kit.world(kit.policy(kit.route(audit=told, authenticate=both)))
    made.passed(bearer=kit.token())
    made.passed(key=kit.secret)
    assert made.log.events() == ["access.allowed/pass", "access.allowed/pass", "key.used/pass"]


@pytest.mark.parametrize(
    "name, value", [("X-A", "a\r\nX-B: 1"), ("X-A", "\u4e2d"), ("X A", "1"), ("", "1"), ("X-A\n", "1"), ("X-A", "\x00")]
)
def test_headers_no_answer_can_carry_do_not_start(kit: Any, name: str, value: str) -> None:
    """A policy cannot break out of a header line."""
    from seccfg_runtime.runtime.interface import PolicyError

    with pytest.raises(PolicyError):
        kit.world(kit.policy(kit.public(headers=ResponseHeaders(((name, value),)))))
    with pytest.raises(PolicyError):
        kit.world(kit.policy(kit.public(errors=Errors(correlation_header=f"{name}\r"))))


def test_a_request_that_passed_leaves_nothing_to_collect(kit: Any) -> None:
    """Without a reference cycle it is gone as soon as its server lets go of it."""
    passed = kit.world(kit.policy()).passed(bearer=kit.token())
    gone = weakref.ref(passed)
    gc.disable()
    try:
        del passed
        assert gone() is None
    finally:
        gc.enable()


def test_each_token_sends_its_own_attributes(kit: Any) -> None:
    """Though another token of the same subject and roles was seen before, with others or none."""
    declared = Attribute("principal", "tenant", "string", FromClaims())
    sends = Forward("main", "http://127.0.0.1:1", identity=(("X-User", "subject"), ("X-Tenant", "tenant")))
    methods = (kit.users(attributes=(("tenant", ("tenant",)),)),)
    made = kit.world(kit.policy(kit.route(forward=sends), verifiers=methods, attributes=(declared,)))
    for claims in ({"tenant": "a"}, {}, {"tenant": "b"}, {"jti": "1"}, {"tenant": "a", "jti": "2"}):
        passed = made.passed(bearer=kit.token(**claims))
        tenant = {name: value for name, value in claims.items() if name == "tenant"}
        assert kit.header(passed.headers, "x-tenant") == [*tenant.values()]
        assert dict(passed.principal.attributes) == tenant
