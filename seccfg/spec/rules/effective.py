"""What holds for each route once defaults and the keys of its path are merged in, as far as checks need to know it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seccfg.record import Record

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.spec.loader import Allow, AuthChoice, Defaults, PathItem, Route, RouteKeys, Spec

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


class Effective(Record):
    """One method on one path. `at` is its spec path; the lists hold defaults and the keys of the path too."""

    at: SpecPath
    template: str
    item: PathItem
    route: Route
    public: bool
    auth: tuple[AuthChoice, ...]
    allow: Allow | None
    allow_at: SpecPath
    rate_limits: tuple[str, ...]
    require: tuple[str, ...]
    forbid: tuple[str, ...]
    resource: frozenset[str]
    """Names of the constants it states."""


def routes_of(spec: Spec) -> Iterator[Effective]:
    """Every route of *spec* in the order written."""
    defaults = spec.defaults
    for template, item in spec.routes.items():
        for method, route in methods_of(item):
            yield _merged(("routes", template, method), template, defaults, item, route)


def methods_of(item: PathItem) -> Iterator[tuple[str, Route]]:
    """The methods a path declares, by their key."""
    for method in METHODS:
        route: Route | None = getattr(item, method)
        if route is not None:
            yield method, route


def names_in(auth: tuple[AuthChoice, ...]) -> tuple[str, ...]:
    """Every method named by `auth`, those inside `all` too."""
    return tuple(name for choice in auth for name in ((choice,) if isinstance(choice, str) else choice.all))


def _merged(at: SpecPath, template: str, defaults: Defaults | None, item: PathItem, route: Route) -> Effective:
    public = route.public if route.public is not None else bool(item.public)
    levels: tuple[tuple[SpecPath, Defaults | RouteKeys | None], ...] = (
        (at, route),
        (at[:2], item),
        (("defaults",), defaults),
    )
    allow, allow_at = None, at
    auth: tuple[AuthChoice, ...] | None = None
    for where, level in levels:
        if level is not None:
            if allow is None and level.allow is not None:
                allow, allow_at = level.allow, (*where, "allow")
            if auth is None:
                auth = level.auth
    return Effective(
        at, template, item, route, public, auth or (), allow, allow_at,
        _added("rate_limits", defaults, item, route), _added("require", defaults, item, route),
        _added("forbid", defaults, item, route), frozenset((*(item.resource or ()), *(route.resource or ()))),
    )  # fmt: skip


def _added(key: str, defaults: Defaults | None, item: RouteKeys, route: RouteKeys) -> tuple[str, ...]:
    names: tuple[str, ...] = (getattr(defaults, key) or ()) if defaults is not None else ()
    for level in (item, route):
        own: tuple[str, ...] | None = getattr(level, key)
        if own is not None:
            names = tuple(dict.fromkeys((*names, *own)))
    for level in (item, route):
        if level.without is not None:
            taken = frozenset(getattr(level.without, key) or ())
            names = tuple(name for name in names if name not in taken)
    return names
