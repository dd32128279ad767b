"""Made-up specs and edits of them: whatever is said is true, and what is not said does not happen."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from seccfg import api
from seccfg.analyse.exchange import Authority, KeyRing, SigningKey, key_of_kind
from seccfg.analyse.requests import NOW_S, RequestMaker
from seccfg.analyse.twins import twins
from seccfg.analyse.ways import WayFinder
from seccfg.diff.model import Difference
from seccfg.diff.semantic import compare
from seccfg.findings import SeccfgError
from seccfg.ir.policy import CertVerifier, JwtVerifier, Policy
from seccfg.record import replace
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.random_specs import random_spec
from seccfg.targetapi.spec_text import spec_text
from seccfg.verify.boundary.access import AccessBoundaries
from seccfg.verify.boundary.scenario import Scenario

ACCESS = {
    "forbidden",
    "insufficient_scope",
    "no_credential",
    "invalid_token",
    "invalid_key",
    "invalid_certificate",
    "address",
    "no_route",
    "method",
    "wrong_host",
    "csrf",
    "revoked",
}
"""Refusals that are about access; the others are what limits and validation are for."""
UNTOUCHED = {"title", "tests", "invariants", "waivers", "targets", "accept", "environments", "compliance"}
SEEDS = range(12)


def nodes(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], object]]:
    """(path, value) of everything in a spec that decides something."""
    if isinstance(value, dict):
        for key, below in value.items():
            if path or key not in UNTOUCHED:
                yield (*path, key), below
                yield from nodes(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield (*path, number), below
            yield from nodes(below, (*path, number))


def edited(data: dict[str, object], r: random.Random) -> dict[str, object]:
    """A copy with one thing deleted, doubled, moved by one, turned round, or exchanged for another of its kind."""
    changed = copy.deepcopy(data)
    every = list(nodes(changed))
    path, value = r.choice(every)
    parent: object = changed
    for step in path[:-1]:
        parent = parent[step]  # type: ignore[index]
    last = path[-1]
    alike = [other for place, other in every if place[-1] == last and len(place) == len(path) and other != value]
    kind = r.randrange(5)
    if kind == 0:
        del parent[last]  # type: ignore[attr-defined]
    elif kind == 1 and isinstance(value, int) and not isinstance(value, bool):
        parent[last] = value + r.choice((-1, 1))  # type: ignore[index]
    elif kind == 2 and path[0] == "conditions" and isinstance(value, str):
        texts = (value.replace("&&", "||"), value.replace(">=", ">"), value.replace("==", "!="), f"!({value})")
        parent[last] = r.choice(texts)  # type: ignore[index]
    elif kind == 3 and isinstance(value, bool):
        parent[last] = not value  # type: ignore[index]
    elif alike:
        parent[last] = copy.deepcopy(r.choice(alike))  # type: ignore[index]
    return changed


class Written:
    """Specs on disk, as policies."""

    def __init__(self, folder: Path, files: tuple[tuple[str, bytes], ...]) -> None:
        self._folder = folder
        (folder / "seccfg.toml").write_text("")
        for name, content in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    def policy(self, data: dict[str, object]) -> Policy | None:
        """None where the spec does not load."""
        path = self._folder / "seccfg.yaml"
        path.write_bytes(spec_text(data))
        try:
            return api.policy(api.load(str(path)))
        except SeccfgError:
            return None


@pytest.fixture(params=SEEDS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Policy, Policy]:
    """A made-up spec and an edit of it that loads."""
    spec = random_spec(request.param)
    written = Written(tmp_path, spec.files)
    old = written.policy(spec.data)
    assert old is not None
    r = random.Random(request.param)
    for _ in range(60):
        new = written.policy(edited(spec.data, r))
        if new is not None and compare(old, new).verdict not in ("EQUIVALENT", "NON-AUTHZ"):
            return old, new
    pytest.skip("no edit of this spec changes access")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spec_is_equivalent_to_itself(seed: int, tmp_path: Path) -> None:
    """Read twice, resolved twice: not a word, whatever the spec uses of the language."""
    spec = random_spec(seed)
    written = Written(tmp_path, spec.files)
    old, new = written.policy(spec.data), written.policy(copy.deepcopy(spec.data))
    assert old is not None
    assert new is not None
    assert compare(old, new) == Difference("EQUIVALENT")


def test_every_witness_is_one(pair: tuple[Policy, Policy]) -> None:
    """A witness passes in one version and not in the other, in the direction its sentence says; and back again."""
    for old, new in (pair, pair[::-1]):
        for change in compare(old, new).access:
            if change.witness is not None:
                assert change.witness.new.allowed == (change.direction == "widens")
                assert change.witness.old.allowed == (change.direction == "narrows")
            assert change.sentence


def test_there_and_back(pair: tuple[Policy, Policy]) -> None:
    """What one direction opens, the other closes."""
    turned = {"WIDENS": "NARROWS", "NARROWS": "WIDENS", "BOTH": "BOTH"}
    assert compare(*pair[::-1]).verdict == turned[compare(*pair).verdict]


def test_no_request_differs_unannounced(pair: tuple[Policy, Policy]) -> None:
    """Of all boundary requests of both versions, none is decided differently in a direction the verdict denies."""
    old, new = pair
    verdict = compare(old, new).verdict
    both = twins(old, new, NOW_S)
    for ring in (both.old, both.new):
        for scenario in access_scenarios(complete(ring)):
            request, state = scenario.requests[0], scenario.surroundings
            before, after = (decide(side.decide, request, State(state)) for side in (both.old, both.new))
            if before.allowed == after.allowed:
                continue
            refusal = before if after.allowed else after
            if refusal.reason in ACCESS:
                assert verdict in ("BOTH", "WIDENS" if after.allowed else "NARROWS"), scenario.id


def complete(ring: KeyRing) -> KeyRing:
    """*ring* with the strangers boundary requests also come from."""
    foreign, strangers = {}, {}
    for verifier in ring.decide.verifiers:
        if isinstance(verifier, JwtVerifier):
            first = ring.signers[verifier.name][0]
            foreign[verifier.name] = SigningKey(first.kid, first.alg, key_of_kind(first.alg, -1))
        elif isinstance(verifier, CertVerifier):
            strangers[verifier.name] = Authority("a stranger", NOW_S)
    return replace(ring, foreign=foreign, strangers=strangers)


def access_scenarios(ring: KeyRing) -> Iterator[Scenario]:
    """Single requests about who may do what; several credentials at once are beside the question."""
    maker = RequestMaker(ring, NOW_S)
    boundaries = AccessBoundaries(maker, WayFinder(maker))
    for route in ring.decide.routes:
        for scenario in boundaries.route(route):
            if len(scenario.requests) == 1 and "a credential of" not in scenario.id and "token" not in scenario.id:
                yield scenario
