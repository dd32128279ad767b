"""The table: order of the steps, every answer, events, statuses."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import (
    DEFAULT_STATUS,
    STEPS,
    AddressRule,
    BodyLimit,
    ByAddress,
    ByPrincipal,
    ClientAddress,
    Errors,
    Forward,
    IdentityHeader,
    Param,
    RateLimit,
    Revocation,
    Validate,
)
from seccfg.ir.request import Surroundings
from seccfg.record import replace
from seccfg.semantics import State, compile_policy, decide, judge
from seccfg.semantics.decide import STEP_CHECKS

JSON = ("Content-Type", "application/json")
OFFICE = ClientAddress((AddressRule("office", (), ()),), ())


def limit(name, key):
    return RateLimit(name, "fixed-window", 1, 60, 1, key, "request", (), "shared", "refuse")


def everything(kit):
    """A policy whose one route asks for something in every step, and a closed one beside it."""
    forward = Forward("main", "http://127.0.0.1:9000", True, 30, (), (), (), (IdentityHeader("x-user", "subject"),), "strip")
    return kit.policy(
        kit.route(
            "POST", cors=kit.web, limits=(limit("ip", ByAddress()), limit("me", ByPrincipal())), body=BodyLimit(4,
            ("application/json",)),
            revocation=Revocation(("jti",), (), False, 5), forbid=("guest",), forward=forward,
            validate=Validate((Param("query", "n", "integer", '{"type":"integer"}', True),), False, "", False, 3, ()),
        ),
        kit.route("POST", "/office", address=OFFICE),
        conditions={"guest": 'principal.subject == "guest"'},
    )  # fmt: skip


def violating(kit, *steps):
    """A request that breaks the rule of each of *steps*, and the state it needs."""
    broken = set(steps)
    claims = {"jti": "revoked" if "revocation" in broken else "good"}
    if "authorize" in broken:
        claims["sub"] = "guest"
    if "forward" in broken:
        claims["sub"] = "\u20ac"
    headers = [("X-Method-Override", "GET")] if "request_target" in broken else []
    credential = ("Authorization", "Bearer x") if "authenticate" in broken else kit.bearer(**claims)
    target = "/nowhere" if "route" in broken else "/office" if "address" in broken else "/orders"
    if "validate" not in broken:
        target += "?n=1"
    state = State(Surroundings(denied=("revoked",)))
    if "address_limits" in broken:
        state.windows[(("ip", "198.51.100.7", ""), kit.now // 60)] = 1
    if "principal_limits" in broken:
        for subject in ("alice", "guest", "\u20ac"):
            state.windows[(("me", f"jwt:https://id.example.com/\x1f{subject}", ""), kit.now // 60)] = 1
    request = kit.request(
        "PATCH" if "method" in broken else "POST", target, *headers, credential, JSON,
        body=b"[[1]]" if "body" in broken else b"[1]", scheme="http" if "plain_http" in broken else "https",
        host="evil.example" if "host" in broken else kit.host,
    )  # fmt: skip
    return request, state


REFUSING = tuple(step for step in STEPS if step not in ("preflight", "address"))
EXPECTED = {
    "request_target": (400, "malformed", "input.rejected"), "host": (404, "wrong_host", "authz.denied"),
    "plain_http": (403, "plain_http", "authz.denied"), "address": (403, "address", "authz.denied"),
    "route": (404, "no_route", "input.rejected"), "method": (405, "method", "input.rejected"),
    "body": (413, "body_too_large", "input.rejected"), "address_limits": (429, "rate_limited", "rate.limited"),
    "authenticate": (401, "invalid_token", "auth.failed"), "revocation": (401, "revoked", "token.revoked"),
    "principal_limits": (429, "rate_limited", "rate.limited"), "authorize": (403, "forbidden", "authz.denied"),
    "validate": (400, "invalid_input", "input.rejected"), "forward": (403, "forbidden", "authz.denied"),
}  # fmt: skip


def test_every_step_has_a_check():
    """The table of design section 2, whole."""
    assert tuple(STEP_CHECKS) == STEPS


def test_the_policy_allows_what_breaks_nothing(kit):
    """Not a step refuses: pass, event `access.allowed`."""
    decision = decide(everything(kit), *violating(kit))
    assert (decision.outcome, decision.status, decision.reason, decision.step, decision.events) == (
        "pass", 200, "pass", "forward", ("access.allowed",),
    )  # fmt: skip


@pytest.mark.parametrize("step", EXPECTED)
def test_each_step_refuses_with_its_status_and_event(kit, step):
    """Status, reason and event by step."""
    decision = decide(everything(kit), *violating(kit, step))
    assert (decision.step, decision.status, decision.reason, *decision.events) == (step, *EXPECTED[step])
    assert (decision.outcome, decision.upstream, decision.forwarded) == ("refuse", "", ())


@pytest.mark.parametrize("first, second", [
    (a, b) for n, a in enumerate(STEPS) for b in STEPS[n + 1 :]
    if "preflight" not in (a, b) and not {"address", "route"} <= {a, b} and not {"authorize", "forward"} <= {a, b}
    and not ("address" in (a, b) and {a, b} & {"method", "body", "address_limits", "revocation", "principal_limits", "authorize",
                                               "validate", "forward"})
])  # fmt: skip
def test_the_first_step_that_refuses_decides(kit, first, second):
    """Of two violations the earlier step's is answered, whichever two."""
    assert decide(everything(kit), *violating(kit, first, second)).step == first


@pytest.mark.parametrize("first, second", [("authenticate", "address_limits"), ("route", "request_target"),
    ("validate", "authorize")])
def test_the_policy_says_the_order(kit, first, second):
    """`decide` runs the steps in the policy's order."""
    policy = everything(kit)
    order = tuple(s for s in STEPS if s != first)
    at = order.index(second)
    moved = replace(policy, order=(*order[:at], first, *order[at:]))
    assert decide(policy, *violating(kit, first, second)).step == second
    assert decide(moved, *violating(kit, first, second)).step == first


def test_an_order_holds_every_step(kit):
    """An order that leaves a step out could only open something."""
    policy = everything(kit)
    for order in (STEPS[:-2], (*STEPS, "authorize"), ()):
        with pytest.raises(ValueError, match="order"):
            compile_policy(replace(policy, order=order))


def test_statuses_are_remapped_by_reason(kit):
    """`errors.status` by reason; a preflight is always 204, a redirect always 308."""
    reasons = sorted(DEFAULT_STATUS)
    errors = Errors("problem+json", "hidden", "X-Request-Id", tuple((reason, 499) for reason in reasons))
    policy = kit.policy(kit.route(errors=errors, cors=kit.web))
    assert decide(policy, kit.request()).status == 499
    assert decide(policy, kit.request("GET", "/nowhere")).status == 499
    assert decide(policy, kit.request(host="evil.example")).status == 499
    assert decide(policy, kit.request(scheme="http")).status == 308
    assert decide(policy, kit.request("POST", "/orders", scheme="http")).status == 499
    asks = (("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "GET"))
    assert decide(policy, kit.request("OPTIONS", "/orders", *asks)).status == 204


def test_a_check_that_cannot_be_carried_out_is_never_a_pass(kit):
    """Any step: 503, event `check.failed`, at the first check that needs the store."""
    for order, step in ((STEPS, "address_limits"), ((*STEPS[:8], *STEPS[9:14], STEPS[8], STEPS[14]), "revocation")):
        policy = replace(everything(kit), order=order)
        decision = decide(policy, violating(kit)[0], State(Surroundings(store="down")))
        assert (decision.status, decision.step, decision.events) == (503, step, ("check.failed",))


def test_without_a_state_every_call_starts_anew(kit):
    """A State carries the counters from one decision to the next; without one there are none."""
    policy = kit.policy(kit.route(auth=(), limits=(limit("ip", ByAddress()),)))
    assert [decide(policy, kit.request()).status for _ in range(3)] == [200] * 3
    state = State()
    assert [decide(policy, kit.request(), state).status for _ in range(3)] == [200, 429, 429]


def test_judge_decides_like_decide(kit):
    """The explanation changes nothing; it names step, route, principal and spec position."""
    policy = everything(kit)
    for step in EXPECTED:
        judged = judge(policy, *violating(kit, step))
        assert judged.decision == decide(policy, *violating(kit, step))
        assert judged.explanation.message.startswith(f"step {STEPS.index(step) + 1}: ")
    passed = judge(policy, *violating(kit)).explanation
    assert (passed.route, passed.principal, passed.message) == (
        "POST /orders", "jwt:https://id.example.com/\x1falice", "no step refuses",
    )  # fmt: skip


def test_an_explanation_shows_no_credential(kit):
    """Never a credential."""
    token = kit.token()
    for change in (token[:-3], token + "x", token):
        request = kit.request("GET", "/orders", ("Authorization", f"Bearer {change}"))
        assert token[:20] not in repr(judge(kit.policy(kit.route()), request).explanation)
