"""Which widenings the new version accepts, and which count for a pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from seccfg.diff.model import Acceptance, AccessChange, Difference
from seccfg.findings import InputError
from seccfg.record import replace
from seccfg.spec import loader
from seccfg.spec.patterns import RoutePattern, route_pattern

__all__ = ["accepting", "counting", "fail_pattern", "means_some"]

_NAMED: Final = re.compile(r"`([^`]+)`")


def accepting(found: Difference, spec: loader.Spec) -> Difference:
    """
    *found* with what the new version says of its changes: who answers for them, and which widenings `accept:` lets be;
    sentences are compared as they stand.
    """
    found = replace(found, access=tuple(replace(change, owner=_owner(change.sentence, spec)) for change in found.access))
    known = {a.widening: Acceptance(a.reason, a.owner, a.expires) for a in spec.accept or () if a.widening is not None}
    if not known:
        return found
    access = (replace(c, accepted=known.get(c.sentence)) if c.direction == "widens" else c for c in found.access)
    return replace(found, access=tuple(access))


def _owner(sentence: str, spec: loader.Spec) -> str:
    """Of the first role or client a sentence names, else of the service."""
    for name in _NAMED.findall(sentence):
        for entries in (spec.roles, spec.clients):
            entry = (entries or {}).get(name)
            if entry is not None and entry.owner:
                return str(entry.owner)
    return spec.service.owner or ""


def fail_pattern(text: str) -> RoutePattern | None:
    """
    `widens` or `widens:[METHOD ]PATTERN`; None: every route counts.

    Raises:
        InputError: it is neither.
    """
    word, mark, pattern = text.partition(":")
    if word != "widens" or (mark and "/" not in pattern):
        raise InputError("`--fail-on` takes `widens`, or `widens:` and a pattern of routes, as in `widens:DELETE /orders/**`")
    if not mark:
        return None
    return route_pattern(pattern if not pattern.startswith("/") else f"* {pattern}")


def means_some(pattern: RoutePattern, routes: Iterable[str]) -> bool:
    """Whether *pattern* means one of *routes*, `GET /orders/{id}` each; one that means none would never fail."""
    return any(pattern.matches(*route.split(" ", 1)) for route in routes)


def counting(found: Difference, pattern: RoutePattern | None, today: str) -> tuple[AccessChange, ...]:
    """The widenings on routes *pattern* means that nobody accepts on *today* (ISO date); service-wide ones always count."""
    return tuple(
        change for change in found.access
        if change.direction == "widens" and (change.accepted is None or change.accepted.expires < today)
        and (pattern is None or not change.routes or any(_meant(pattern, change.routes, found.base_path)))
    )  # fmt: skip


def _meant(pattern: RoutePattern, routes: Sequence[str], base_path: str) -> Iterable[bool]:
    for route in routes:
        method, _, template = route.partition(" ")
        yield pattern.matches(method, template.removeprefix(base_path) or "/")
