"""Which credentials a request carries, and which of them say who asks: alternatives, `all:`, clients by name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from seccfg import api
from seccfg.analyse.credentials import Persona, present_as
from seccfg.analyse.requests import NOW_S, RequestMaker
from seccfg.analyse.twins import twins
from seccfg.diff.model import Difference
from seccfg.ir.policy import CertVerifier, KeyVerifier, Policy
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from tests.diff.conftest import BASE, Versions, replaced

BOTH = "auth: [{all: [users, robots]}], allow: authenticated"


def policies(versions: Versions, after: str) -> tuple[Policy, Policy]:
    """The base spec and *after* as policies."""
    return tuple(api.policy(api.load(versions.write(*named))) for named in (("old", BASE), ("new", after)))  # type: ignore[return-value]


def outcomes(old: Policy, new: Policy, route_id: str) -> Iterator[tuple[str, bool, bool]]:
    """
    What both versions answer to requests for one route with the credentials of every subset of the auth methods, tokens
    with every subset of the roles and keys of every record: (who, passes before, passes now).
    """
    both = twins(old, new, NOW_S)
    route = next(route for route in new.routes if route.id == route_id)
    maker = RequestMaker(both.new, NOW_S)
    choices: list[list[Persona | None]] = []
    for verifier in both.new.decide.verifiers:
        if isinstance(verifier, KeyVerifier):
            some = [Persona(verifier.name, record=record.id) for record in verifier.records]
        elif isinstance(verifier, CertVerifier):
            some = [Persona(verifier.name, attributes=(("team", "red"),))]
        else:
            roles = [r for n in range(len(verifier.asserts) + 1) for r in itertools.combinations(verifier.asserts, n)]
            some = [Persona(verifier.name, roles=held) for held in roles]
        choices.append([None, *some])
    for chosen in itertools.product(*choices):
        request = maker.bare(route)
        for persona in chosen:
            if persona is not None:
                request = present_as(both.new, request, persona)
        before, after = (decide(ring.decide, request, State()) for ring in (both.old, both.new))
        yield " + ".join(p.describe() for p in chosen if p is not None) or "nobody", before.allowed, after.allowed


def directions(old: Policy, new: Policy, route_id: str) -> set[str]:
    """`widens` where some request passes now and did not, `narrows` where one passed and does not."""
    found = {("widens" if now else "narrows") for _, was, now in outcomes(old, new, route_id) if was != now}
    assert any(was for _, was, _ in outcomes(old, new, route_id))
    return found


def test_one_credential_of_two_is_enough(versions: Versions) -> None:
    """Who presented both still passes with both: what is no longer asked for is not looked at. Nothing is closed."""
    after = replaced(BASE, {BOTH: "auth: [users], allow: authenticated"})
    assert directions(*policies(versions, after), "GET /v1/both") == {"widens"}
    found = versions.compare(BASE, after)
    assert found.verdict == "WIDENS"
    assert [change.sentence for change in found.access] == ["anyone authenticated may now GET /v1/both"]
    assert versions.compare(after, BASE).verdict == "NARROWS"


def test_another_credential_says_who_asks(edited: Callable[..., Difference], versions: Versions) -> None:
    """Turning `all:` round makes another the principal: a key without the role does not pass beside a token with it."""
    same = "get: {auth: [{all: [users, robots]}], allow: [{roles: [reader]}]}"
    turned = "get: {auth: [{all: [robots, users]}], allow: [{roles: [reader]}]}"
    old = replaced(BASE, {f"get: {{{BOTH}}}": same})
    new = replaced(BASE, {f"get: {{{BOTH}}}": turned})
    found = versions.compare(old, new)
    assert found.verdict == "BOTH"
    for change in found.access:
        assert change.witness is not None, change.sentence
        assert len(change.witness.asked.personas) == 2
        assert change.witness.new.allowed == (change.direction == "widens")
        assert change.witness.old.allowed == (change.direction == "narrows")
    assert versions.compare(old, old.replace("# ", "#  ")).verdict == "EQUIVALENT"


def test_a_second_credential_is_asked_for(versions: Versions) -> None:
    """Where a token was enough, a certificate that now comes first says who asks: some pass that did not, and others not."""
    old = replaced(BASE, {f"get: {{{BOTH}}}": "get: {auth: [users], allow: [{roles: [reader, robot]}]}"})
    new = replaced(BASE, {f"get: {{{BOTH}}}": "get: {auth: [{all: [mesh, users]}], allow: [{roles: [reader, robot]}]}"})
    before, after = (api.policy(api.load(versions.write(name, text))) for name, text in (("old", old), ("new", new)))
    assert directions(before, after, "GET /v1/both") == {"widens", "narrows"}
    found = versions.compare(old, new)
    assert found.verdict == "BOTH"
    assert all(change.witness is not None for change in found.access)


def test_the_client_by_its_name(versions: Versions) -> None:
    """`principal.client` is the name the spec gives a client id; a condition on it is compared by the id tokens carry."""
    condition = "  office-hours: request.hour >= 7 && request.hour < 19\n"
    ours = {condition: condition + '  ours: principal.client == "app"\n', "if: [own-team, office-hours]": "if: [ours]"}
    old = replaced(BASE, ours)
    same = replaced(old, {'ours: principal.client == "app"': 'ours: has(principal.client) && principal.client.startsWith("ap")'})
    assert versions.compare(old, same).verdict in ("EQUIVALENT", "NON-AUTHZ")
    wider = replaced(old, {'ours: principal.client == "app"': "ours: has(principal.subject)"})
    found = versions.compare(old, wider)
    assert found.verdict == "WIDENS"
    assert found.access[0].witness is not None
    narrower = versions.compare(wider, old)
    assert narrower.verdict == "NARROWS"
    assert narrower.access[0].witness is not None


def test_what_is_said_does_not_depend_on_the_order_of_hashes(root: Path) -> None:
    """Two processes whose sets are ordered differently say the same of two examples, byte for byte."""
    import subprocess
    import sys

    script = (
        "from seccfg import api\nfrom seccfg.cli.render.difference_json import as_json\n"
        f"print(as_json(api.diff({str(root / 'examples/minimal/seccfg.yaml')!r}, {str(root / 'examples/guide/seccfg.yaml')!r})))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
