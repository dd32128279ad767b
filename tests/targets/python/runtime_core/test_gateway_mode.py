"""Behind a gateway: only what it left open is judged, for requests from it only."""

from __future__ import annotations

from typing import Any

import pytest

from seccfg_runtime.runtime.interface import GuardSettings, PolicyError
from seccfg_runtime.runtime.model import (
    AddressRule,
    Attribute,
    Authorize,
    Condition,
    Forward,
    FromApplication,
    FromClaims,
    Grant,
    Param,
    Validate,
)

OWNER = Attribute("resource", "owner", "string", FromApplication(), trust="application")
LEVEL = Attribute("principal", "level", "integer", FromClaims())
OWNS = Condition(
    "owns",
    lambda p, r, q: "owner" in r and r["owner"] == p.get("subject"),
    lambda p, r, q: "owner" in r and r["owner"] != p.get("subject"),
    frozenset({"resource.owner"}),
)
LOCKED = Condition(
    "locked",
    lambda p, r, q: r.get("owner") == "locked",
    lambda p, r, q: r.get("owner") not in (None, "locked"),
    frozenset({"resource.owner"}),
)
HIGH = Condition("high", lambda p, r, q: p.get("level") in (2, 3), lambda p, r, q: False, frozenset({"principal.level"}))
IDENTITY = (("X-User", "subject"), ("X-Level", "level"), ("X-Roles", "roles"))
GATEWAY = "10.0.0.1"


def world(kit: Any, **changes: Any) -> Any:
    forward = Forward("main", "http://127.0.0.1:1", strip=("authorization", "x-user", "x-level", "x-roles"), identity=IDENTITY)
    allow = Authorize((Grant(conditions=(OWNS,)), Grant(conditions=(HIGH,))), (), (LOCKED,))
    route = kit.route(forward=forward, **{"authorize": allow, **changes})
    policy = kit.policy(route, attributes=(OWNER, LEVEL), trusted_proxies=("10.0.0.0/8",))
    return kit.world(policy, GuardSettings(behind_gateway=True))


def ask(made: Any, left: str | None, *headers: tuple[str, str], owner: object = None, peer: str = GATEWAY, **more: Any) -> str:
    made.server.attributes = {} if owner is None else {"owner": owner}
    sent = [*headers, *([] if left is None else [("X-Authz-Open", left)])]
    found: str = made.refused("/notes", *sent, peer=peer, **more)
    return found


ANN = ("X-User", "ann")


@pytest.mark.parametrize(
    "left, owner, expected",
    [
        ("", None, "pass"),
        ("owns", "ann", "pass"),
        ("owns", "bob", "403 forbidden"),
        ("owns", None, "403 forbidden"),
        ("locked", "ann", "pass"),
        ("locked", "locked", "403 forbidden"),
        ("locked", None, "403 forbidden"),
        ("owns, locked", "ann", "pass"),
        ("owns,locked", "bob", "403 forbidden"),
        ("nonsense", "ann", "403 forbidden"),
        ("owns,nonsense", "ann", "403 forbidden"),
        ("OWNS", "ann", "403 forbidden"),
        (None, "ann", "403 forbidden"),
        (",", None, "pass"),
    ],
)
def test_conditions_left_open_are_judged_here(kit: Any, left: str | None, owner: object, expected: str) -> None:
    """All of them must hold, a forbidden one must be FALSE; a missing list refuses."""
    assert ask(world(kit), left, ANN, owner=owner) == expected


def test_requests_come_from_the_gateway_only(kit: Any) -> None:
    """Whatever headers others send."""
    assert ask(world(kit), "", ANN, peer="198.51.100.1") == "403 address"
    with pytest.raises(PolicyError):
        kit.world(kit.policy(kit.public()), GuardSettings(behind_gateway=True))


def test_two_lists_are_none(kit: Any) -> None:
    """And the underscore spelling is not the header."""
    made = world(kit)
    assert ask(made, "", ("X-Authz-Open", "")) == "403 forbidden"
    assert ask(made, None, ("x_authz_open", "")) == "403 forbidden"


def test_the_principal_is_the_one_the_gateway_names(kit: Any) -> None:
    """With attributes of their type; a name given twice or not at all is nobody."""
    made = world(kit)
    made.server.attributes = {"owner": "ann"}
    outcome = made.passed("/notes", ANN, ("X-Level", "3"), ("X-Roles", "a b"), ("X-Authz-Open", "owns,high"), peer=GATEWAY)
    assert (outcome.principal.subject, outcome.principal.roles, dict(outcome.principal.attributes)) == (
        "ann",
        {"a", "b"},
        {"level": 3},
    )
    assert kit.header(outcome.headers, "x-user") == ["ann"]
    assert ask(made, "high", ANN, ("X-Level", "1")) == "403 forbidden"
    assert ask(made, "high", ANN, ("X-Level", "high")) == "403 forbidden"
    assert ask(made, "owns", owner="ann") == "403 forbidden"
    assert ask(made, "owns", ANN, ANN, owner="ann") == "403 forbidden"


def test_the_first_step_addresses_and_input_are_judged_too(kit: Any) -> None:
    """Steps 1, 4 and 14; hosts, plain http, credentials and limits are the gateway's."""
    rule = AddressRule("office", ("198.51.100.0/24",))
    control = Validate((Param("query", "n", "integer"),), closed_query=True)
    made = world(kit, network=(rule,), validate=control, authorize=None)
    client = ("X-Forwarded-For", "198.51.100.7")
    assert ask(made, "", client) == "pass"
    assert ask(made, "", client, host="internal", scheme="http") == "pass"
    assert ask(made, "", ("X-Forwarded-For", "203.0.113.7")) == "403 address"
    assert ask(made, "", client, ("X-HTTP-Method-Override", "DELETE")) == "400 malformed"
    made.server.attributes = {}
    assert made.refused("/notes?n=x", client, ("X-Authz-Open", ""), peer=GATEWAY) == "400 invalid_input"
    assert made.refused("/other", ("X-Authz-Open", ""), client, peer=GATEWAY) == "404 no_route"
    assert made.refused("//", ("X-Authz-Open", ""), client, peer=GATEWAY) == "400 malformed"


def test_a_public_route_needs_the_gateways_word_too(kit: Any) -> None:
    """A request that did not come through its decision is refused."""
    made = kit.world(kit.policy(kit.public(), trusted_proxies=("10.0.0.0/8",)), GuardSettings(behind_gateway=True))
    assert ask(made, "") == "pass"
    assert ask(made, None) == "403 forbidden"
    assert ask(made, "owns") == "403 forbidden"


def test_without_the_mode_the_header_means_nothing(kit: Any) -> None:
    """It is removed, and an empty one is set: everything was decided here."""
    made = kit.world(kit.policy())
    assert made.refused("/notes", ("X-Authz-Open", "")) == "401 no_credential"
    headers = made.passed("/notes", ("X-Authz-Open", "owns"), bearer=kit.token()).headers
    assert kit.header(headers, "x-authz-open") == [""]
