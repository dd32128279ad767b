"""Routes as rules see them: what a method says, with its path's keys and the defaults merged in (design: "Grants")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seccfg.findings import SpecPath
from seccfg.record import Record

if TYPE_CHECKING:
    from seccfg.spec.loader import Allow, AuthChoice, Defaults, Parameter, RouteKeys, Spec

__all__ = ["METHODS", "WRITING", "RouteView", "routes"]

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
WRITING = frozenset({"post", "put", "patch", "delete"})


class RouteView(Record):
    """
    One method on one path, `at` its place. `method` is the key, in lower case.

    `levels` are the maps that speak of it, defaults first; what a level says replaces or adds to the ones before. The
    places end in `_at`: where the value that counts was written.
    """

    method: str
    template: str
    at: SpecPath
    public: bool
    auth: tuple[AuthChoice, ...]
    allow: Allow | None
    allow_at: SpecPath
    require: tuple[str, ...]
    rate_limits: tuple[str, ...]
    levels: tuple[tuple[SpecPath, RouteKeys], ...]

    @property
    def methods_used(self) -> tuple[str, ...]:
        """Names of the auth methods it looks at."""
        return tuple(name for choice in self.auth for name in ((choice,) if isinstance(choice, str) else choice.all))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of its path."""
        parts = (part for part in self.template.split("/") if part[:1] == "{")
        return tuple(part.strip("{}+") for part in parts)

    def parameter(self, name: str) -> Parameter | None:
        """What `params` says of a parameter of its path."""
        declared = [keys.params[name] for _, keys in self.levels if keys.params and name in keys.params]
        return declared[-1] if declared else None


_read: list[tuple[Spec, tuple[RouteView, ...]]] = []
"""The routes of the Spec that was asked for last: most rules walk the same ones."""


def routes(spec: Spec) -> tuple[RouteView, ...]:
    """Every route of *spec*, in the order they are written."""
    if not _read or _read[0][0] is not spec:
        _read[:] = [(spec, tuple(_views(spec)))]
    return _read[0][1]


def _views(spec: Spec) -> Iterator[RouteView]:
    defaults = spec.defaults
    for template, item in spec.routes.items():
        for method in METHODS:
            route = getattr(item, method)
            if route is not None:
                path: SpecPath = ("routes", template)
                yield _view(defaults, method, template, ((path, item), ((*path, method), route)))


def _view(
    defaults: Defaults | None, method: str, template: str, levels: tuple[tuple[SpecPath, RouteKeys], ...]
) -> RouteView:
    public = False
    auth: tuple[AuthChoice, ...] = ()
    allow: Allow | None = None
    allow_at: SpecPath = ()
    require: dict[str, None] = {}
    limits: dict[str, None] = {}
    if defaults is not None:
        auth = defaults.auth or ()
        allow, allow_at = defaults.allow, ("defaults", "allow")
        require = dict.fromkeys(defaults.require or ())
        limits = dict.fromkeys(defaults.rate_limits or ())
    for at, keys in levels:
        if keys.public is not None:
            public = keys.public
        if keys.auth is not None:
            auth = keys.auth
        if keys.allow is not None:
            allow, allow_at = keys.allow, (*at, "allow")
        require |= dict.fromkeys(keys.require or ())
        limits |= dict.fromkeys(keys.rate_limits or ())
    for _, keys in levels:
        if keys.without is not None:
            for name in keys.without.require or ():
                require.pop(name, None)
            for name in keys.without.rate_limits or ():
                limits.pop(name, None)
    return RouteView(
        method, template, levels[-1][0], public, auth, None if public else allow, allow_at, tuple(require), tuple(limits), levels
    )
