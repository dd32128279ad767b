"""The spec's own `tests:`, and `explain` for one request, on the reference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from seccfg.analyse.credentials import Persona, add_header, present, present_as, san_of, token
from seccfg.analyse.exchange import KeyRing, exchange
from seccfg.analyse.requests import NOW_S, RequestMaker
from seccfg.findings import InputError, Span, SpecPath
from seccfg.ir.policy import (
    Authenticate,
    Bearer,
    BodyLimit,
    CertVerifier,
    CookiePlace,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    Policy,
    Route,
    SourceMap,
)
from seccfg.ir.request import Judgement, Request
from seccfg.record import Record, replace
from seccfg.resolve.values import canonical_json
from seccfg.semantics.decide import judge
from seccfg.semantics.state import State
from seccfg.spec import loader

__all__ = ["Outcome", "Who", "ask", "explain_request", "run"]

_RECORD = "verify-test"


class Outcome(Record):
    """One test or invariant and how it came out. `judgement` is the request's, or the counterexample's; None without one."""

    kind: Literal["test", "invariant"]
    name: str
    passed: bool
    expected: str
    actual: str
    request: str
    judgement: Judgement | None
    at: SpecPath
    span: Span


class Who(Record):
    """Who makes a request, in the words of a spec."""

    auth: str = ""
    """Empty: nobody."""
    subject: str = "alice"
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    client: str = ""
    claims: Mapping[str, object] = {}


def run(spec: loader.Spec, policy: Policy, places: SourceMap) -> tuple[Outcome, ...]:
    """Every test, in the order written."""
    ring = exchange(policy, NOW_S)
    return tuple(_test(spec, ring, test, ("tests", n), places) for n, test in enumerate(spec.tests or ()))


def explain_request(policy: Policy, method: str, path: str, who: Mapping[str, str]) -> Judgement:
    """
    What the reference decides for `METHOD path` by *who*.

    Args:
        who: `auth`, `roles`, `scopes`, `client`, `subject` (lists with commas) and `claim.NAME` (JSON, else text).
    Raises:
        InputError: an unknown key, method or client.
    """
    listed = {"roles", "scopes"}
    known = {"auth", "subject", "client", *listed}
    claims: dict[str, object] = {}
    for key, text in who.items():
        if key.startswith("claim."):
            claims[key.removeprefix("claim.")] = _json_or_text(text)
        elif key not in known:
            raise InputError(f"`--as {key}=…` is not understood; keys are {', '.join(sorted(known))} and claim.NAME")
    values = {key: tuple(part for part in who.get(key, "").split(",") if part) for key in listed}
    auth = who.get("auth", "")
    ring = exchange(policy, NOW_S)
    if not auth and who:
        auth = _default_auth(ring.decide, method, path)
    chosen = Who(auth, who.get("subject", "alice"), values["roles"], values["scopes"], who.get("client", ""), claims)
    return ask(ring, method.upper(), path, chosen)


def _default_auth(policy: Policy, method: str, path: str) -> str:
    """The first method of the route that can carry roles and claims."""
    route = _route(policy, method.upper(), path)
    names = [a[0] for a in route.one(Authenticate).alternatives] if route is not None else []
    names += [v.name for v in policy.verifiers]
    jwt = [name for name in names if isinstance(policy.verifier(name), JwtVerifier)]
    found = next(iter(jwt or names), "")
    if not found:
        raise InputError("no route of this spec authenticates anybody, so `--as` has nothing to say")
    return found


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def ask(
    ring: KeyRing,
    method: str,
    path: str,
    who: Who,
    *,
    headers: Mapping[str, str] | None = None,
    body: object = None,
    has_body: bool = False,
    address: str = "",
) -> Judgement:
    """The reference's answer to a request as parity.md P28 has it: https, an admitted address, 2026-01-05T12:00:00Z."""
    known = {verifier.name for verifier in ring.decide.verifiers}
    if who.auth and who.auth not in known:
        raise InputError(f"no route uses an auth method `{who.auth}`; those used: {', '.join(sorted(known)) or 'none'}")
    maker = RequestMaker(ring)
    route = _route(ring.decide, method, path)
    lines: list[tuple[str, str]] = [("Host", ring.decide.hosts[0]), *(headers or {}).items()]
    data = b""
    if has_body:
        data = json.dumps(body).encode()
        if not any(name.lower() == "content-type" for name, _ in lines):
            kinds = route.one(BodyLimit).content_types if route is not None else ("application/json",)
            lines.append(("Content-Type", kinds[0]))
    request = Request(method, path, tuple(lines), data, False, "https", address or maker.address(route))
    policy = ring.decide
    if who.auth:
        policy, request = _with_credential(ring, route, request, who)
    return judge(policy, request, State())


def _route(policy: Policy, method: str, path: str) -> Route | None:
    """The route a request is looked up under, whatever would refuse it."""
    found = judge(policy, Request(method, path, (("Host", policy.hosts[0]),)), State()).explanation.route
    return next((route for route in policy.routes if route.id == found), None)


def _with_credential(ring: KeyRing, route: Route | None, request: Request, who: Who) -> tuple[Policy, Request]:
    policy = ring.decide
    verifier = policy.verifier(who.auth)
    match verifier:
        case JwtVerifier():
            clients = dict(verifier.clients)
            if who.client and who.client not in clients:
                raise InputError(f"`{who.client}` is no client whose tokens are those of `{who.auth}`")
            persona = Persona(who.auth, who.subject, who.roles, who.scopes, clients.get(who.client, ""))
            made = token(ring, persona, request.now_s, claims=dict(who.claims))
            request = present(request, verifier.places[0], made)
        case KeyVerifier():
            text = f"{_RECORD}.secret"
            record = KeyRecord(
                _RECORD,
                _sha256(text),
                who.subject,
                who.roles,
                who.scopes,
                tuple((name, canonical_json(value)) for name, value in sorted(who.claims.items())),
                None,
                None,
                (),
            )
            changed = replace(verifier, records=(*verifier.records, record))
            policy = replace(policy, verifiers=tuple(changed if v.name == who.auth else v for v in policy.verifiers))
            request = present(request, verifier.places[0], text)
        case CertVerifier():
            pem = ring.authorities[who.auth].issue(san_of(verifier, who.claims))
            request = replace(request, certificate=pem)
        case _:
            raise InputError(f"`{who.auth}` asks its issuer about tokens, which no test can do")
    if route is not None:
        for alternative in route.one(Authenticate).alternatives:
            if alternative[0] == who.auth:
                for other in alternative[1:]:
                    request = present_as(ring, request, _plain(policy, other))
                break
        control = route.one(Authenticate)
        if control.csrf_header and any(
            isinstance(p, CookiePlace) for p in getattr(verifier, "places", (Bearer(),))[:1]
        ):
            request = add_header(request, control.csrf_header, "test")
    return policy, request


def _plain(policy: Policy, name: str) -> Persona:
    verifier = policy.verifier(name)
    if isinstance(verifier, KeyVerifier):
        return Persona(name, record=verifier.records[0].id if verifier.records else "")
    return Persona(name)


def _sha256(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _test(spec: loader.Spec, ring: KeyRing, test: loader.SpecTest, at: SpecPath, places: SourceMap) -> Outcome:
    del spec
    asked, principal = test.request, test.as_
    who = Who()
    if principal is not None:
        who = Who(
            principal.auth,
            principal.subject or "alice",
            principal.roles or (),
            principal.scopes or (),
            principal.client or "",
            principal.claims or {},
        )
    judgement = ask(
        ring,
        asked.method,
        asked.path,
        who,
        headers=asked.headers,
        body=asked.body,
        has_body=asked.body is not None,
        address=asked.address or "",
    )
    expected, passed = _judge_expectation(test.expect, judgement)
    return Outcome(
        "test",
        test.name,
        passed,
        expected,
        _said(judgement),
        f"{asked.method} {asked.path}",
        judgement,
        at,
        places.span(at),
    )


def _judge_expectation(expect: Literal["allow", "refuse"] | loader.Expected, judgement: Judgement) -> tuple[str, bool]:
    decision = judgement.decision
    if isinstance(expect, str):
        return expect, decision.allowed if expect == "allow" else decision.outcome == "refuse"
    words, holds = [], True
    if expect.status is not None:
        words.append(f"status {expect.status}")
        holds = holds and decision.status == expect.status
    if expect.reason is not None:
        words.append(f"reason {expect.reason}")
        holds = holds and decision.reason == expect.reason
    return ", ".join(words), holds


def _said(judgement: Judgement) -> str:
    decision = judgement.decision
    if decision.allowed:
        return "allowed"
    return f"{decision.status} {decision.reason}"
