"""Boundary requests stand on both sides of every line a Policy draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from seccfg import api
from seccfg.analyse.exchange import KeyRing, exchange
from seccfg.analyse.requests import NOW_S
from seccfg.ir.policy import Authenticate, Authorize, JwtVerifier, KeyVerifier, Policy
from seccfg.ir.request import Decision
from seccfg.record import replace
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.verify.boundary.limits import LARGEST_COUNTED, admitted_at_once
from seccfg.verify.boundary.plan import Plan, plan

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CASES = sorted(path.parent.name for path in EXAMPLES.glob("*/seccfg.yaml"))
_made: dict[str, tuple[Policy, KeyRing, Plan]] = {}


def made(case: str) -> tuple[Policy, KeyRing, Plan]:
    """Policy, exchanged keys and plan of an example; made once."""
    if case not in _made:
        policy = api.policy(api.load(str(EXAMPLES / case / "seccfg.yaml")))
        ring = exchange(policy, NOW_S)
        _made[case] = (policy, ring, plan(ring))
    return _made[case]


def decisions(ring: KeyRing, planned: Plan) -> dict[str, tuple[Decision, ...]]:
    found = {}
    for scenario in planned.scenarios:
        state = State(scenario.surroundings)
        found[scenario.id] = tuple(decide(ring.decide, request, state) for request in scenario.requests)
    return found


@pytest.mark.parametrize("case", CASES)
def test_every_route_is_reached_and_refused(case: str) -> None:
    """For each route some request passes; for each that is not public some are refused for want of a credential."""
    _, ring, planned = made(case)
    assert planned.unreached == ()
    decided = decisions(ring, planned)
    for route in ring.decide.routes:
        answers = [d for ident, ds in decided.items() if ident.startswith(route.id) for d in ds]
        assert any(d.allowed for d in answers), route.id
        if not route.public:
            assert any(d.reason == "no_credential" for d in answers), route.id


@pytest.mark.parametrize("case", CASES)
def test_allowed_ways_are_allowed(case: str) -> None:
    """Whoever the search takes for allowed is allowed by the reference."""
    _, ring, planned = made(case)
    decided = decisions(ring, planned)
    ways = [ident for ident in decided if ident.endswith("allowed way")]
    assert ways or all(r.public for r in ring.decide.routes)
    assert [ident for ident in ways if not decided[ident][0].allowed] == []


def test_each_atom_of_a_condition_decides_once_for_and_once_against() -> None:
    """Both halves of each MC/DC pair come out as they are called, and a missing attribute never allows."""
    _, ring, planned = made("guide")
    decided = decisions(ring, planned)
    (way,) = [i for i in decided if i.startswith("GET /departments/") and i.endswith("allowed way")]
    assert decided[way][0].allowed  # the half of both pairs that is allowed is this very request
    for atom in (1, 2):
        (against,) = [i for i in decided if f"department-and-clearance: atom {atom} decides against" in i]
        assert decided[against][0].reason == "forbidden"
    missing = [i for i in decided if "department-and-clearance: principal." in i and i.endswith("missing")]
    assert len(missing) == 2
    assert all(decided[ident][0].reason == "forbidden" for ident in missing)


def test_a_limit_is_met_at_its_number() -> None:
    """Requests up to the limit pass, the next is refused with the seconds to wait, the next window starts anew."""
    _, ring, planned = made("guide")
    (name,) = [s.id for s in planned.scenarios if s.id.startswith("limit per-ip: 100, one more")]
    answers = decisions(ring, planned)[name]
    assert all(d.allowed for d in answers[:100])
    assert [d.status for d in answers[100:]] == [429, 429, 429, 200]
    assert dict(answers[100].headers)["retry-after"] == "900"


@pytest.mark.parametrize("case", CASES)
def test_every_limit_is_exhausted_or_named(case: str) -> None:
    """No limit is left out silently."""
    _, ring, planned = made(case)
    limits = {limit for route in ring.decide.routes for limit in route.limits()}
    for limit in limits:
        asked = any(s.id.startswith(f"limit {limit.name}:") for s in planned.scenarios)
        assert asked or limit.name in planned.uncounted
        assert (limit.name in planned.uncounted) == (admitted_at_once(limit) > LARGEST_COUNTED)


@pytest.mark.parametrize("case", CASES)
def test_scenarios_have_names_of_their_own(case: str) -> None:
    """A report names a request, and the name finds it."""
    _, _, planned = made(case)
    assert len({scenario.id for scenario in planned.scenarios}) == len(planned.scenarios)


@pytest.mark.parametrize("case", CASES)
def test_exchange_changes_key_material_only(case: str) -> None:
    """kid, algorithm, roles, scopes and times stay; with the old material put back the Policy is the one it was."""
    policy, ring, _ = made(case)
    assert replace(ring.decide, verifiers=policy.verifiers) == policy
    for old, new in zip(policy.verifiers, ring.decide.verifiers, strict=True):
        if isinstance(old, JwtVerifier) and isinstance(new, JwtVerifier):
            assert [(k.kid, k.alg, k.kty, k.use) for k in old.jwks.keys] == [
                (k.kid, k.alg, k.kty, k.use) for k in new.jwks.keys
            ]
            assert not {k.json for k in old.jwks.keys} & {k.json for k in new.jwks.keys}
        if isinstance(old, KeyVerifier) and isinstance(new, KeyVerifier):
            assert [replace(r, sha256="") for r in old.records] == [replace(r, sha256="") for r in new.records]
            assert not {r.sha256 for r in old.records} & {r.sha256 for r in new.records}


def test_taking_a_grant_away_is_noticed() -> None:
    """Were a target to lose any one grant, require, forbid or limit, some boundary request would be decided otherwise."""
    _, ring, planned = made("orders")
    before = decisions(ring, planned)
    for route in ring.decide.routes:
        authorize = route.first(Authorize)
        first = ring.decide.verifier(route.one(Authenticate).alternatives[0][0]) if authorize is not None else None
        if authorize is None or not isinstance(first, JwtVerifier):
            continue
        # the one forbid of this spec reads the department, which only some methods carry
        for changed in (
            *(
                replace(authorize, allow=tuple(g for g in authorize.allow if g is not grant))
                for grant in authorize.allow
            ),
            *((replace(authorize, require=()),) if authorize.require else ()),
            *((replace(authorize, forbid=()),) if "department" in {a.name for a in first.attributes} else ()),
        ):
            controls = tuple(changed if control is authorize else control for control in route.controls)
            routes = tuple(replace(route, controls=controls) if r is route else r for r in ring.decide.routes)
            weaker = replace(ring.decide, routes=routes)
            own = [s for s in planned.scenarios if s.id.startswith(route.id) and len(s.requests) == 1]
            assert any(decide(weaker, s.requests[0], State(s.surroundings)) != before[s.id][0] for s in own), (
                f"{route.id}: {authorize} -> {changed}"
            )
