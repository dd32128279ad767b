"""Checks of credentials, clients, sessions and revocation."""

from __future__ import annotations

from seccfg.expr import ast
from seccfg.findings import SpecPath
from seccfg.ir.policy import Authorize, JwtVerifier, QueryPlace, Revocation, Route
from seccfg.report.checks.facts import Facts, Thresholds, every, key_paths, key_verifiers
from seccfg.report.model import Judged
from seccfg.spec import loader
from seccfg.spec.scalars import duration_s

_FACTORS = frozenset({"acr", "amr"})


def _auth_paths(facts: Facts) -> tuple[SpecPath, ...]:
    return tuple(("auth", verifier.name) for verifier in facts.policy.verifiers)


def subject_known(facts: Facts, _: Thresholds) -> Judged:
    if not facts.policy.verifiers:
        return Judged("nothing", "nothing is authenticated")
    paths = _auth_paths(facts)
    return Judged("holds", "a credential without a subject is refused", paths, paths)


def no_credential_in_url(facts: Facts, _: Thresholds) -> Judged:
    wrong: list[SpecPath] = [
        ("auth", verifier.name, "in")
        for verifier in facts.policy.verifiers
        if any(isinstance(place, QueryPlace) for place in getattr(verifier, "places", ()))
    ]
    paths = _auth_paths(facts)
    return every(wrong, paths, "no credential is taken from the URL", "credentials stand in the URL", paths)


def secrets_referenced(facts: Facts, _: Thresholds) -> Judged:
    paths = (*_auth_paths(facts), *(("clients", name) for name in facts.spec.clients or ()))
    return Judged("holds", "secrets are names of variables or files, API keys are kept as SHA-256", paths)


def key_rotation(facts: Facts, wanted: Thresholds) -> Judged:
    used = {verifier.name for verifier in key_verifiers(facts.policy)}
    if not used:
        return Judged("nothing", "no API keys")
    wrong: list[SpecPath] = []
    for name in sorted(used):
        method = (facts.spec.auth or {})[name]
        rotation = method.rotation if isinstance(method, loader.ApiKey) else None
        if rotation is None or duration_s(rotation.max_age) > wanted.seconds("at_most"):
            wrong.append(("auth", name, "rotation"))
    right = tuple(("auth", name, "rotation") for name in sorted(used))
    return every(wrong, right, f"keys are replaced within {wanted.text('at_most')}",
                 f"keys may be older than {wanted.text('at_most')}", right)  # fmt: skip


def machine_clients_owned(facts: Facts, _: Thresholds) -> Judged:
    machines = {
        name: client
        for name, client in (facts.spec.clients or {}).items()
        if isinstance(client, loader.ClientCredentials)
    }
    if not machines:
        return Judged("nothing", "no clients that are machines")
    wrong: list[SpecPath] = [("clients", name) for name, client in machines.items() if not client.owner]
    right = tuple(("clients", name, "owner") for name in machines)
    return every(wrong, right, f"{len(machines)} with owners", "clients without an owner", right)


def _uses_tokens(facts: Facts) -> bool:
    return any(isinstance(verifier, JwtVerifier) for verifier in facts.policy.verifiers)


def token_lifetime(facts: Facts, wanted: Thresholds) -> Judged:
    if not _uses_tokens(facts):
        return Judged("nothing", "no tokens")
    wrong: list[SpecPath] = []
    right: list[SpecPath] = []
    for verifier in facts.policy.verifiers:
        if isinstance(verifier, JwtVerifier):
            at = ("auth", verifier.name, "max_token_age")
            good = verifier.max_age_s is not None and verifier.max_age_s <= wanted.seconds("at_most")
            (right if good else wrong).append(at)
    return every(wrong, tuple(right), f"tokens older than {wanted.text('at_most')} are refused",
                 f"tokens may be older than {wanted.text('at_most')}", (*wrong, *right))  # fmt: skip


def session_idle(facts: Facts, wanted: Thresholds) -> Judged:
    sessions = facts.spec.sessions
    if sessions is None or (sessions.access_ttl is None and sessions.cookie is None):
        return Judged("nothing", "no sessions")
    at = ("sessions", "access_ttl")
    if sessions.access_ttl is None or duration_s(sessions.access_ttl) > wanted.seconds("at_most"):
        return Judged("fails", f"sessions last longer than {wanted.text('at_most')}", (at,), (at,))
    return Judged("holds", f"sessions last {sessions.access_ttl}", (at,), (at,))


def revocation(facts: Facts, wanted: Thresholds) -> Judged:
    if not _uses_tokens(facts):
        return Judged("nothing", "no tokens")
    at = ("sessions", "revocation")
    found = [route.first(Revocation) for route in facts.policy.routes if not route.public]
    if not any(found):
        return Judged("fails", "tokens cannot be taken back before they expire", (at,), (at,))
    late = [one for one in found if one is not None and one.staleness_s > wanted.seconds("within")]
    if late:
        return Judged("fails", f"a token counts for {late[0].staleness_s} seconds more", ((*at, "staleness"),), (at,))
    return Judged("holds", f"tokens can be taken back within {wanted.text('within')}", (at,), (at,))


def second_factor(facts: Facts, wanted: Thresholds) -> Judged:
    routes = [route for route in facts.routes(wanted.text("data")) if not route.public]
    if not routes:
        return Judged("nothing", "no route handles such data")
    factors = {
        attribute.name
        for verifier in facts.policy.verifiers
        for attribute in getattr(verifier, "attributes", ())
        if attribute.path[-1:] and attribute.path[-1] in _FACTORS
    }
    wrong = [route for route in routes if not _asks_for(facts, route, factors)]
    covers = (("conditions",), *(path for route in routes for path in key_paths(route, "allow", "require")))
    places: list[SpecPath] = [tuple(route.at) for route in wrong]
    right = tuple(tuple(route.at) for route in routes)
    return every(places, right, "asked for by a condition over `acr` or `amr`",
                 "no condition over `acr` or `amr` asks for a second factor", covers)  # fmt: skip


def _asks_for(facts: Facts, route: Route, factors: set[str]) -> bool:
    """Whether each way in reads one of the attributes *factors*."""
    authorize = route.first(Authorize)
    if authorize is None:
        return False
    wanted = {("principal", name) for name in factors}
    reading = {c.id for c in facts.policy.conditions if wanted & ast.attributes(c.expr)}
    if reading & set(authorize.require):
        return True
    return bool(authorize.allow) and all(reading & set(grant.conditions) for grant in authorize.allow)

