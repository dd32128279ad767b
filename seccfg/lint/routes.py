"""Routes as rules see them: what holds for each method once its path's keys and the defaults are merged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from seccfg.spec.rules.effective import METHODS, Effective, routes_of

if TYPE_CHECKING:
    from seccfg.spec.loader import Grant, Parameter, Spec

__all__ = ["METHODS", "WRITING", "Effective", "grants_of", "label", "parameter", "parameters", "routes"]

WRITING: Final = frozenset({"post", "put", "patch", "delete"})

_read: list[tuple[Spec, tuple[Effective, ...]]] = []
"""The routes of the Spec that was asked for last: most rules walk the same ones."""


def routes(spec: Spec) -> tuple[Effective, ...]:
    """Every route of *spec*, in the order they are written."""
    if not _read or _read[0][0] is not spec:
        _read[:] = [(spec, tuple(routes_of(spec)))]
    return _read[0][1]


def label(route: Effective) -> str:
    """How messages name it: "GET `/orders`"."""
    return f"{str(route.at[-1]).upper()} `{route.template}`"


def parameters(route: Effective) -> tuple[str, ...]:
    """Names of the parameters of its path."""
    return tuple(part.strip("{}+") for part in route.template.split("/") if part[:1] == "{")


def parameter(route: Effective, name: str) -> Parameter | None:
    """What `params` says of a parameter of its path; the method's word counts before the path's."""
    for level in (route.route, route.item):
        if level.params and name in level.params:
            return level.params[name]
    return None


def grants_of(route: Effective) -> tuple[Grant, ...]:
    """The grants a route has; none for `authenticated`."""
    return route.allow if isinstance(route.allow, tuple) else ()
