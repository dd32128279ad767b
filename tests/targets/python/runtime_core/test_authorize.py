"""Step 13: grants, `require`, `forbid`; attributes as conditions see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seccfg_runtime.runtime.interface import PolicyError
from seccfg_runtime.runtime.model import (
    Attribute,
    Authenticate,
    Authorize,
    Condition,
    FromApplication,
    FromBody,
    FromClaims,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    Grant,
)
from seccfg_runtime.runtime.values import INVALID

Values = Mapping[str, object]
Seen = list[tuple[Values, Values, Values]]


def condition(name: str, value: bool | None, *reads: str, seen: Seen | None = None) -> Condition:
    """A condition that is TRUE, FALSE or (None) an error, and notes what it was given."""

    def form(wanted: bool) -> Any:
        def judge(principal: Values, resource: Values, request: Values) -> bool:
            if seen is not None:
                seen.append((principal, resource, request))
            return value is wanted

        return judge

    return Condition(name, form(True), form(False), frozenset(reads))


YES, NO, ERR = condition("yes", True), condition("no", False), condition("err", None)


@pytest.mark.parametrize(
    "allow, require, forbid, expected",
    [
        ((Grant(),), (), (), "pass"),
        ((), (), (), "403 forbidden"),
        ((Grant(conditions=(YES,)),), (), (), "pass"),
        ((Grant(conditions=(NO,)),), (), (), "403 forbidden"),
        ((Grant(conditions=(ERR,)),), (), (), "403 forbidden"),
        ((Grant(conditions=(YES, ERR)),), (), (), "403 forbidden"),
        ((Grant(conditions=(ERR,)), Grant(conditions=(YES,))), (), (), "pass"),
        ((Grant(),), (YES,), (), "pass"),
        ((Grant(),), (NO,), (), "403 forbidden"),
        ((Grant(),), (ERR,), (), "403 forbidden"),
        ((Grant(),), (), (NO,), "pass"),
        ((Grant(),), (), (YES,), "403 forbidden"),
        ((Grant(),), (), (ERR,), "403 forbidden"),
        ((Grant(),), (YES,), (NO, YES), "403 forbidden"),
        ((Grant(scopes=frozenset({"x"})),), (), (), "403 insufficient_scope"),
        ((Grant(scopes=frozenset({"x"}), conditions=(NO,)),), (), (), "403 forbidden"),
        ((Grant(scopes=frozenset({"x"})), Grant(conditions=(NO,))), (), (), "403 insufficient_scope"),
        ((Grant(scopes=frozenset({"x"})),), (NO,), (), "403 forbidden"),
    ],
)
def test_a_grant_must_hold_and_nothing_forbid(kit: Any, allow: Any, require: Any, forbid: Any, expected: str) -> None:
    """An error allows nothing; scopes alone missing is said so."""
    made = kit.world(kit.policy(kit.route(authorize=Authorize(allow, require, forbid))))
    assert made.refused(bearer=kit.token()) == expected


@pytest.mark.parametrize(
    "grant, claims, expected",
    [
        (Grant(methods=frozenset({"users"})), {}, "pass"),
        (Grant(methods=frozenset({"partners"})), {}, "403 forbidden"),
        (Grant(clients=frozenset({"web"})), {"azp": "notes-web"}, "pass"),
        (Grant(clients=frozenset({"web"})), {"client_id": "notes-web"}, "pass"),
        (Grant(clients=frozenset({"web"})), {"azp": "x", "client_id": "notes-web"}, "403 forbidden"),
        (Grant(clients=frozenset({"web"})), {}, "403 forbidden"),
        (Grant(clients=frozenset({"notes-web"})), {"azp": "notes-web"}, "403 forbidden"),
        (Grant(role_sets=(frozenset({"viewer"}),)), {"roles": ["editor"]}, "pass"),
        (Grant(role_sets=(frozenset({"admin"}),)), {"roles": ["editor"]}, "403 forbidden"),
        (Grant(role_sets=(frozenset({"admin", "editor"}), frozenset({"viewer"}))), {"roles": ["editor"]}, "pass"),
        (Grant(role_sets=(frozenset({"editor"}), frozenset({"admin"}))), {"roles": ["editor"]}, "403 forbidden"),
        (Grant(scopes=frozenset({"a", "b"})), {"scope": "a b c"}, "pass"),
        (Grant(scopes=frozenset({"a", "b"})), {"scope": "a"}, "403 insufficient_scope"),
        (Grant(scopes=frozenset({"a"}), role_sets=(frozenset({"admin"}),)), {"scope": ""}, "403 forbidden"),
    ],
)
def test_the_keys_of_a_grant_are_anded(kit: Any, grant: Grant, claims: dict[str, object], expected: str) -> None:
    """Methods, clients, roles, scopes."""
    users = kit.users(clients=(("web", "notes-web"),))
    made = kit.world(kit.policy(kit.route(authorize=Authorize((grant,))), verifiers=(users,)))
    sent = kit.token(**claims)
    assert [made.refused(bearer=sent) for _ in range(3)] == [expected] * 3


def test_missing_scopes_are_named_in_the_challenge(kit: Any) -> None:
    """403 with `error="insufficient_scope"`."""
    made = kit.world(kit.policy(kit.route(authorize=Authorize((Grant(scopes=frozenset({"x"})),)))))
    answer = made.answer(bearer=kit.token())
    assert kit.header(answer.headers, "www-authenticate") == ['Bearer realm="notes", error="insufficient_scope"']


def test_a_route_without_grants_allows_nobody(kit: Any) -> None:
    """Neither public nor saying who may: default deny."""
    assert kit.world(kit.policy(kit.route(authorize=None))).refused(bearer=kit.token()) == "403 forbidden"


def test_public_routes_look_at_nothing(kit: Any) -> None:
    """No credential is judged, no forbid asked, no identity forwarded."""
    forbid = Authorize((), (), (YES,))
    made = kit.world(kit.policy(kit.public(authorize=forbid)))
    outcome = made.passed(bearer="junk")
    assert outcome.principal is None


def test_only_true_itself_counts(kit: Any) -> None:
    """A condition function that returns something truthy does not allow."""
    odd = Condition("odd", lambda p, r, q: 1, lambda p, r, q: "x", frozenset())  # type: ignore[arg-type, return-value]
    for authorize in (Authorize((Grant(conditions=(odd,)),)), Authorize((Grant(),), (odd,)), Authorize((Grant(),), (), (odd,))):
        assert kit.world(kit.policy(kit.route(authorize=authorize))).refused(bearer=kit.token()) == "403 forbidden"


def test_what_was_decided_for_one_principal_or_route_holds_for_no_other(kit: Any) -> None:
    """Remembered results are kept with the credential and the route."""
    admin = Authorize((Grant(role_sets=(frozenset({"admin"}),)),))
    made = kit.world(kit.policy(kit.route(), kit.route(template="/admin", authorize=admin)))
    boss, clerk = kit.token(roles=["admin"]), kit.token(sub="bob", roles=["editor"])
    for _ in range(2):
        assert [made.refused("/notes", bearer=sent) for sent in (boss, clerk)] == ["pass", "pass"]
        assert [made.refused("/admin", bearer=sent) for sent in (boss, clerk)] == ["pass", "403 forbidden"]


# -------------------------------------------------------------------------------------------------------- attributes
def read(kit: Any, attribute: Attribute, *args: Any, method: str = "POST", users: Any = None, **kwargs: Any) -> object:
    """What a condition is given for *attribute* of one request; "missing" when there is none."""
    seen: Seen = []
    asks = condition("asks", True, f"{attribute.side}.{attribute.name}", seen=seen)
    route = kit.route(method, "/notes/{id}", authorize=Authorize((Grant(conditions=(asks,)),)))
    verifiers = (users or kit.users(),)
    made = kit.world(kit.policy(route, attributes=(attribute,), verifiers=verifiers, trusted_proxies=("10.0.0.0/8",)))
    made.server.attributes = kwargs.pop("application", {})
    target = args[0] if args else "/notes/5"
    outcome = made.ask(target, *args[1:], method=method, bearer=kwargs.pop("bearer", kit.token()), **kwargs)
    assert seen, outcome
    side = {"principal": 0, "resource": 1, "request": 2}[attribute.side]
    return seen[0][side].get(attribute.name, "missing")


def test_texts_become_values_of_their_type(kit: Any) -> None:
    """Exactly; anything else is there and an error."""
    cases: list[tuple[Any, str, object]] = [
        ("string", "a b", "a b"),
        ("string", "", ""),
        ("integer", "-5", -5),
        ("integer", "05", INVALID),
        ("integer", "9007199254740992", INVALID),
        ("integer", "9007199254740991", 2**53 - 1),
        ("integer", "+5", INVALID),
        ("integer", "5.0", INVALID),
        ("integer", " 5", 5),
        ("integer", "", INVALID),
        ("number", "1.50", 1.5),
        ("number", "1e3", INVALID),
        ("boolean", "true", True),
        ("boolean", "True", INVALID),
        ("boolean", "1", INVALID),
        ("timestamp", "2026-01-05T12:00:00Z", kit.now),
        ("timestamp", "2026-01-05T13:00:00+01:00", kit.now),
        ("timestamp", "2026-01-05T12:00:00.000Z", kit.now),
        ("timestamp", "2026-01-05T12:00:00", INVALID),
        ("timestamp", "2026-02-30T12:00:00Z", INVALID),
        ("timestamp", "2026-01-05T12:00:60Z", INVALID),
        ("timestamp", "2026-01-05t12:00:00z", INVALID),
        ("timestamp", "2026-01-05T12:00:00.5Z", INVALID),
        ("duration", "5s", INVALID),
        ("string", "a,b", INVALID),
        ("string", "\u00e9", INVALID),
    ]
    for kind, text, expected in cases:
        attribute = Attribute("resource", "a", kind, FromHeader("X-A"), trust="caller")
        assert read(kit, attribute, "/notes/5", ("X-A", text)) == expected, (kind, text)


def test_headers_given_twice_or_not_at_all(kit: Any) -> None:
    """Twice is an error, none is missing; a list has no text form."""
    attribute = Attribute("resource", "a", "string", FromHeader("x-a"), trust="caller")
    assert read(kit, attribute, "/notes/5", ("X-A", "1"), ("x-a", "1")) is INVALID
    assert read(kit, attribute) == "missing"
    listed = Attribute("resource", "a", "string", FromHeader("x-a"), list_of=True, trust="caller")
    assert read(kit, listed, "/notes/5", ("X-A", "1")) is INVALID


def test_proxy_attributes_come_from_proxies_only(kit: Any) -> None:
    """From others they are missing."""
    attribute = Attribute("resource", "a", "string", FromHeader("x-a"), trust="proxy")
    assert read(kit, attribute, "/notes/5", ("X-A", "1"), peer="10.0.0.1") == "1"
    assert read(kit, attribute, "/notes/5", ("X-A", "1")) == "missing"


@pytest.mark.parametrize(
    "query, expected",
    [("a=1", 1), ("a=%31", 1), ("b=1", "missing"), ("a=1&a=1", INVALID), ("a=%ff", INVALID), ("a", INVALID), ("a=+1", INVALID)],
)
def test_query_attributes(kit: Any, query: str, expected: object) -> None:
    """Decoded once; `+` is `+`; twice is an error."""
    assert read(kit, Attribute("resource", "a", "integer", FromQuery("a"), trust="caller"), f"/notes/5?{query}") == expected


def test_path_attributes(kit: Any) -> None:
    """The decoded segment."""
    assert read(kit, Attribute("resource", "a", "integer", FromPath("id"))) == 5
    assert read(kit, Attribute("resource", "a", "string", FromPath("id")), "/notes/%C3%A9") == "é"
    assert read(kit, Attribute("resource", "a", "string", FromPath("id")), "/notes/%EF%BF%BD") is INVALID


@pytest.mark.parametrize(
    "body, expected",
    [
        (b'{"o": {"a": 5}}', 5),
        (b'{"o": {"a": "5"}}', "5"),
        (b'{"o": {"a": [1, {}]}}', [1, {}]),
        (b'{"o": {"a": null}}', "missing"),
        (b'{"o": 1}', "missing"),
        (b"[1]", "missing"),
        (b"{", INVALID),
        (b'{"o": {"a": 5}, "o": {"a": 6}}', INVALID),
        (None, "missing"),
        (b"[" * 40 + b"]" * 40, INVALID),
    ],
)
def test_body_attributes(kit: Any, body: bytes | None, expected: object) -> None:
    """As the JSON says, for the condition to judge; of a body that is no JSON every attribute is an error."""
    assert read(kit, Attribute("resource", "a", "integer", FromBody(("o", "a")), trust="caller"), body=body) == expected


@pytest.mark.parametrize("value, expected", [("ann", "ann"), (None, "missing"), (5, 5)])
def test_application_attributes(kit: Any, value: object, expected: object) -> None:
    """What the application says, null is missing."""
    attribute = Attribute("resource", "owner", "string", FromApplication(), trust="application")
    assert read(kit, attribute, application={"owner": value, "other": 1}) == expected
    assert read(kit, attribute, application={}) == "missing"


def test_clocks_and_built_ins(kit: Any) -> None:
    """Whole seconds, UTC; nothing undeclared."""
    assert read(kit, Attribute("request", "h", "integer", FromClock("hour_utc"))) == 12
    assert read(kit, Attribute("request", "d", "integer", FromClock("weekday_utc"))) == 1
    assert read(kit, Attribute("request", "u", "integer", FromClock("unix_s"))) == kit.now
    seen: Seen = []
    reads = ["request.method", "request.path", "request.host", "request.ip", "request.time", "principal.roles", "principal.client"]
    asks = condition("asks", True, *reads, seen=seen)
    made = kit.world(kit.policy(kit.route(authorize=Authorize((Grant(conditions=(asks,)),)))))
    made.now = kit.now + 0.7
    made.passed("/notes?x=1", bearer=kit.token(), host="NOTES.example.com:1", peer="::ffff:198.51.100.7")
    principal, _, request = seen[0]
    assert request == {"method": "GET", "path": "/notes", "host": "notes.example.com", "ip": "198.51.100.7", "time": kit.now}
    assert principal["roles"] == ["editor", "viewer"]
    assert "client" not in principal


def test_principal_attributes_are_handed_on_as_they_are(kit: Any) -> None:
    """Of whatever JSON type; null is missing."""
    attribute = Attribute("principal", "level", "integer", FromClaims())
    users = kit.users(attributes=(("level", ("level",)),))
    for value, expected in ((5, 5), ("5", "5"), (None, "missing"), ([5], [5]), (True, True)):
        assert read(kit, attribute, users=users, bearer=kit.token(level=value)) == expected


def test_undeclared_attributes_do_not_start(kit: Any) -> None:
    """A condition that reads what nothing provides is a mistake in the policy."""
    for name in ("resource.x", "request.x", "principal.x", "nonsense.x"):
        asks = condition("asks", True, name)
        with pytest.raises(PolicyError, match=r"x|nonsense"):
            kit.world(kit.policy(kit.route(authorize=Authorize((Grant(conditions=(asks,)),)))))


def test_the_application_is_asked_with_what_it_needs(kit: Any) -> None:
    """Route, parameters, principal, and which attributes; only after authentication."""
    owner = Attribute("resource", "owner", "string", FromApplication(), trust="application")
    asks = condition("asks", True, "resource.owner")
    route = kit.route(template="/notes/{id}", authorize=Authorize((Grant(conditions=(asks,)),)))
    made = kit.world(kit.policy(route, attributes=(owner,)))
    assert made.refused("/notes/a%20b") == "401 no_credential"
    assert made.server.asked == []
    made.passed("/notes/a%20b", bearer=kit.token())
    asked = made.server.asked[0]
    assert (asked.method, asked.path, asked.template, dict(asked.params)) == ("GET", "/notes/a%20b", "/notes/{id}", {"id": "a b"})
    assert (asked.principal.subject, asked.names) == ("ann", {"owner"})


def test_unknown_methods_do_not_start(kit: Any) -> None:
    """A route that names one is a mistake in the policy."""
    with pytest.raises((PolicyError, KeyError)):
        kit.world(kit.policy(kit.route(authenticate=Authenticate((("nobody",),)))))
