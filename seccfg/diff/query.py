"""`who can DELETE /orders/**` and `what can viewer do`: the access of one policy in sentences, each with a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seccfg.analyse.concrete import Asked
from seccfg.diff.access import Finding, Routes
from seccfg.diff.pairing import Paired
from seccfg.diff.replay import Replay
from seccfg.findings import InputError
from seccfg.ir.policy import Authenticate, IntrospectVerifier, JwtVerifier, KeyVerifier, Policy, Route, Verifier
from seccfg.record import Record, replace
from seccfg.spec.patterns import RoutePattern, route_pattern

__all__ = ["Access", "Question", "answer", "question"]

_USAGE = (
    "ask `who can METHOD PATH` (`*` for any method) or `what can WHO do`, WHO being a role, a client, an auth method or "
    "`anonymous`"
)


class Access(Record):
    """One thing somebody may do. `asked` None: analysis says so, and no request was found that shows it."""

    route: str
    sentence: str
    asked: Asked | None
    decided: bool


class Question(Record):
    """`pattern`: who can reach those routes; None: what `who` can do."""

    pattern: RoutePattern | None
    who: str = ""


def question(text: str) -> Question:
    """
    Read `who can METHOD PATH` or `what can WHO do`; a question mark and the case of the other words mean nothing.

    Raises:
        InputError: it is neither.
    """
    words = text.strip().rstrip("?").split()
    lower = [word.lower() for word in words]
    if lower[:2] == ["who", "can"] and len(words) in (3, 4) and words[-1].startswith("/"):
        return Question(route_pattern(f"{words[2] if len(words) == 4 else '*'} {words[-1]}"))
    if lower[:2] == ["what", "can"] and lower[-1:] == ["do"] and len(words) == 4:
        return Question(None, words[2])
    raise InputError(_USAGE)


def answer(policy: Policy, asked: Question, base_path: str = "") -> tuple[Access, ...]:
    """
    What *policy* says to *asked*, route by route; nothing: nobody, or nothing.

    Raises:
        InputError: no route matches the pattern, or nothing has the name.
    """
    if asked.pattern is None:
        narrowed = _as(policy, asked.who)
        return tuple(_opened(narrowed, narrowed.routes, {}))
    routes = [r for r in policy.routes if asked.pattern.matches(r.method, r.template.removeprefix(base_path) or "/")]
    if not routes:
        raise InputError("no route matches that pattern")
    return tuple(_opened(policy, routes, dict(policy.roles)))


def _opened(policy: Policy, routes: Sequence[Route], roles: Mapping[str, tuple[str, ...]]) -> Iterator[Access]:
    """What a version with *routes* opens to one without."""
    opened = Routes(policy, policy)
    replay = Replay(policy, policy, opened.places, [route.path for route in routes])
    for route in routes:
        for finding in opened.findings(Paired(route.method, route.path, None, route)):
            shown = _shown(replay, finding, route)
            fact = replace(finding.fact, who=f"{finding.fact.who}{_heirs(finding.fact.who, roles)}")
            sentence = fact.sentence(route.id).replace(" may now ", " may ", 1)
            decided = finding.decided and (shown is not None or replay.asks_elsewhere(finding))
            yield Access(route.id, sentence, shown, decided)


def _shown(replay: Replay, finding: Finding, route: Route) -> Asked | None:
    """A request of *finding* that passes."""
    pair = Paired(route.method, route.path, route, route)
    for situation in finding.situations:
        for asked in replay.requests(
            "widens", pair, finding.alternative, situation, record=finding.record, address=finding.address
        ):
            if replay.decide(asked)[1].allowed:
                return asked
    return None


def _heirs(who: str, roles: Mapping[str, tuple[str, ...]]) -> str:
    """The roles that may as well, as they inherit the one *who* names."""
    role = who.split("`")[1] if who.startswith("`") and who.count("`") == 2 else ""
    ranked = sorted(roles.items(), key=lambda entry: (len(entry[1]), entry[0]))
    others = [f"`{other}`" for other, gives in ranked if role and other != role and role in gives]
    return f" (and so {', '.join(others)})" if others else ""


def _as(policy: Policy, who: str) -> Policy:
    """*policy* as it is for *who* alone: only their credentials, and only the routes that take one of those or none."""
    roles, methods = dict(policy.roles), {verifier.name for verifier in policy.verifiers}
    through = {v.name for v in policy.verifiers if isinstance(v, (JwtVerifier, IntrospectVerifier)) and who in dict(v.clients)}
    verifiers = policy.verifiers
    if who == "anonymous":
        mine: set[str] = set()
    elif who in roles:
        mine = {v.name for v in policy.verifiers if who in v.asserts}
        verifiers = tuple(_with_role(v, who) for v in policy.verifiers)
    elif who in methods:
        mine = {who}
    elif through:
        mine = through
        verifiers = tuple(_with_client(v, who) for v in policy.verifiers)
    else:
        known = ", ".join(sorted({*roles, *methods, "anonymous"}))
        raise InputError(f"nobody is called `{who}` here; known are {known} and the clients of the spec")
    routes = (_with_methods(route, mine) for route in policy.routes)
    return replace(policy, verifiers=verifiers, routes=tuple(route for route in routes if route is not None))


def _with_methods(route: Route, mine: set[str]) -> Route | None:
    """*route* for those whom one of these auth methods says who they are; None where it takes none of them."""
    if route.public:
        return route
    asked = route.one(Authenticate)
    kept = tuple(names for names in asked.alternatives if names[0] in mine)
    if not kept:  # a route without alternatives would be a public one
        return None
    return replace(route, controls=tuple(replace(asked, alternatives=kept) if c is asked else c for c in route.controls))


def _with_role(verifier: Verifier, role: str) -> Verifier:
    """Credentials of *verifier* that carry that role and no other."""
    asserts = tuple(name for name in verifier.asserts if name == role)
    if isinstance(verifier, KeyVerifier):
        records = tuple(record for record in verifier.records if role in record.roles)
        return replace(verifier, asserts=asserts, records=records)
    return replace(verifier, asserts=asserts)


def _with_client(verifier: Verifier, client: str) -> Verifier:
    if isinstance(verifier, (JwtVerifier, IntrospectVerifier)):
        return replace(verifier, clients=tuple(entry for entry in verifier.clients if entry[0] == client))
    return verifier
