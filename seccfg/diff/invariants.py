"""
The spec's `invariants:`, proven: nobody who may not does reach the routes, whatever a request carries.

`never`, `only` and `always` are asked of the policy; `no_new_access` compares it with the same spec of a git revision. What
breaks one is shown with a request the reference lets pass. Where the analysis cannot tell, the invariant is not proven, and
that is said; it does not count as kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from seccfg.diff.model import Difference
from seccfg.diff.reach import Group, Reach, Reached
from seccfg.findings import SeccfgError, SpecPath
from seccfg.ir.policy import Policy, Route
from seccfg.ir.request import Judgement, Request
from seccfg.record import Record
from seccfg.spec import loader
from seccfg.spec.patterns import route_pattern

__all__ = ["Proven", "Since", "group_of", "invariant_text", "proven"]

Since = Callable[[str], Difference]
"""The difference between the spec of a git revision and this one."""


class Proven(Record):
    """
    One invariant and what came of it.

    `kept` and not `decided`: nothing was found that breaks it, and it is not proven.
    """

    at: SpecPath
    text: str
    kept: bool
    decided: bool
    routes: int
    """Routes it speaks of."""
    broken_by: str = ""
    """In words: who reaches what."""
    request: Request | None = None
    judgement: Judgement | None = None


def proven(spec: loader.Spec, policy: Policy, since: Since | None = None) -> Iterator[Proven]:
    """Every invariant of *spec*, in the order written. *since* left out: `no_new_access` is not decided."""
    reach = Reach(policy)
    base = (spec.service.base_path or "").rstrip("/")
    for number, invariant in enumerate(spec.invariants or ()):
        pattern = route_pattern(invariant.reaches)
        routes = [r for r in policy.routes if pattern.matches(r.method, r.template.removeprefix(base) or "/")]
        at: SpecPath = ("invariants", number)
        text = invariant_text(invariant)
        if invariant.no_new_access is not None:
            yield _since(invariant.no_new_access, since, at, text, {route.id for route in routes})
        else:
            yield _asked(_breaking(reach, spec, invariant, routes), at, text, len(routes))


def _breaking(
    reach: Reach, spec: loader.Spec, invariant: loader.Invariant, routes: Iterable[Route]
) -> Iterator[Reached]:
    for route in routes:
        if invariant.never == "anonymous":
            found = reach.anonymous(route)
            if found is not None:
                yield found
        elif isinstance(invariant.never, loader.Who):
            yield from reach.inside(route, group_of(spec, invariant.never))
        elif invariant.only is not None:
            yield from reach.outside(route, group_of(spec, invariant.only))
        else:
            for name in invariant.always or ():
                yield from reach.outside(route, Group(conditions=(name,)))


def _asked(breaking: Iterator[Reached], at: SpecPath, text: str, routes: int) -> Proven:
    open_ = None
    for found in breaking:
        if not found.decided or found.asked is None:
            open_ = open_ or found
            continue
        words = f"{found.who} reaches {found.route.id}" if found.method else f"anyone reaches {found.route.id}"
        return Proven(at, text, False, True, routes, words, found.asked.request, found.judgement)
    if open_ is not None:
        words = f"whether {open_.who} reaches {open_.route.id} is not decided: no request was found that shows it"
        return Proven(at, text, True, False, routes, words)
    return Proven(at, text, True, True, routes)


def _since(revision: str, since: Since | None, at: SpecPath, text: str, routes: set[str]) -> Proven:
    if since is None:
        return Proven(at, text, True, False, len(routes), "the spec is not in a git repository")
    try:
        found = since(revision)
    except SeccfgError as error:
        return Proven(at, text, True, False, len(routes), f"it cannot be compared with {revision}: {error}")
    for change in found.access:
        if change.direction == "widens" and (not change.routes or routes & set(change.routes)):
            shown = change.witness
            return Proven(
                at, text, False, True, len(routes), change.sentence, None if shown is None else shown.asked.request
            )
    return Proven(at, text, True, True, len(routes))


def group_of(spec: loader.Spec, who: loader.Who) -> Group:
    """*who* as a group: permissions become the roles that have them."""
    roles = spec.roles or {}
    sets: list[tuple[str, ...]] = [_with_heirs(spec, who.roles)] if who.roles else []
    for permission in who.permissions or ():
        having = [role for role, item in roles.items() if permission in (item.permissions or ())]
        sets.append(_with_heirs(spec, having))
    return Group(tuple(who.auth or ()), tuple(who.clients or ()), tuple(sets), tuple(who.scopes or ()))


def _with_heirs(spec: loader.Spec, wanted: Iterable[str]) -> tuple[str, ...]:
    """The roles that are one of *wanted* or inherit one."""
    found = set(wanted)
    grew = True
    while grew:
        more = {role for role, item in (spec.roles or {}).items() if set(item.inherits or ()) & found} - found
        found |= more
        grew = bool(more)
    return tuple(sorted(found))


def invariant_text(invariant: loader.Invariant) -> str:
    """As a sentence."""
    if invariant.only is not None:
        return f"only {_who_text(invariant.only)} reaches {invariant.reaches}"
    if invariant.always is not None:
        return f"{', '.join(invariant.always)} holds for whoever reaches {invariant.reaches}"
    if invariant.no_new_access is not None:
        return f"no access to {invariant.reaches} that {invariant.no_new_access} does not give"
    never = invariant.never
    return f"{never if isinstance(never, str) else _who_text(never) if never is not None else ''} never reaches {invariant.reaches}"


def _who_text(who: loader.Who) -> str:
    parts = (
        ("auth", who.auth), ("clients", who.clients), ("roles", who.roles), ("permissions", who.permissions),
        ("scopes", who.scopes),
    )  # fmt: skip
    return ", ".join(f"{word} {'/'.join(names)}" for word, names in parts if names)
