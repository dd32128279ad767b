"""What checks look at, and small questions several of them ask."""

from __future__ import annotations

import json
from collections.abc import Iterator

from seccfg.findings import SpecPath
from seccfg.ir.policy import Audit, Authenticate, KeyVerifier, Policy, RateLimit, Route
from seccfg.record import Record
from seccfg.report.model import Judged
from seccfg.spec import loader
from seccfg.spec.rules.effective import routes_of
from seccfg.spec.scalars import duration_s, size_bytes

__all__ = ["Facts", "Thresholds", "every", "facts_of", "key_paths", "whole_days"]

_INHERITED = frozenset({"auth", "allow", "require", "forbid", "rate_limits", "network", "cors", "audit", "upstream"})


class Facts(Record):
    """A spec, its Policy, the classes of data of each route (by id), and today (ISO date)."""

    spec: loader.Spec
    policy: Policy
    data: tuple[tuple[str, tuple[str, ...]], ...]
    today: str

    def data_of(self, route: Route) -> tuple[str, ...]:
        """Classes of data *route* handles: its own, else those of the service."""
        return dict(self.data).get(route.id, ())

    def handles(self, name: str) -> bool:
        """Whether anything here handles data of the class *name*."""
        return name in (self.spec.service.data or ()) or any(name in classes for _, classes in self.data)

    def routes(self, data: str = "") -> tuple[Route, ...]:
        """The routes, or those that handle data of the class *data*."""
        return tuple(route for route in self.policy.routes if not data or data in self.data_of(route))


def facts_of(spec: loader.Spec, policy: Policy, today: str) -> Facts:
    """The facts of a spec and its Policy."""
    own = {}
    for route in routes_of(spec):
        said = [*(route.item.data or ()), *(route.route.data or ())]
        own[tuple(route.at)] = tuple(dict.fromkeys(said)) or tuple(spec.service.data or ())
    data = tuple((route.id, () if route.public and not _own(route, own, spec) else own.get(tuple(route.at), ()))
                 for route in policy.routes)  # fmt: skip
    return Facts(spec, policy, data, today)


def _own(route: Route, own: dict[SpecPath, tuple[str, ...]], spec: loader.Spec) -> bool:
    """Whether a public route names data itself: the service's classes are not those of its health check."""
    return own.get(tuple(route.at), ()) != tuple(spec.service.data or ())


class Thresholds:
    """The `params` of a need, typed."""

    __slots__ = ("_values",)

    def __init__(self, values: tuple[tuple[str, object], ...]) -> None:
        self._values = dict(values)

    def text(self, name: str, default: str = "") -> str:
        return str(self._values.get(name, default))

    def seconds(self, name: str) -> int:
        return duration_s(self.text(name))

    def bytes(self, name: str) -> int:
        return size_bytes(self.text(name))

    def number(self, name: str) -> int:
        return int(self.text(name))

    def names(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name, ())
        return tuple(map(str, value)) if isinstance(value, (list, tuple)) else (str(value),)


def every(wrong: list[SpecPath], right: tuple[SpecPath, ...], good: str, bad: str, covers: tuple[SpecPath, ...]) -> Judged:
    """Fails with the places of *wrong* when there are any, else holds."""
    if wrong:
        return Judged("fails", bad, tuple(wrong), covers)
    return Judged("holds", good, right, covers)


def key_paths(route: Route, *keys: str) -> Iterator[SpecPath]:
    """Where the keys of a route may stand: on the method, on the path, among the defaults."""
    for key in keys:
        yield (*route.at, key)
        yield (*route.at[:-1], key)
        if key in _INHERITED:
            yield "defaults", key


def whole_days(earlier: str, later: str) -> int:
    """Days from one ISO date to another."""
    import datetime

    return (datetime.date.fromisoformat(later) - datetime.date.fromisoformat(earlier)).days


def counts_requests(limit: RateLimit) -> bool:
    return limit.count == "request"


def audits(policy: Policy, route: Route) -> Audit:
    return route.first(Audit) or policy.edge.audit


def authenticates(route: Route) -> bool:
    return bool(route.one(Authenticate).alternatives)


def key_verifiers(policy: Policy) -> tuple[KeyVerifier, ...]:
    return tuple(v for v in policy.verifiers if isinstance(v, KeyVerifier))


def parsed(text: str) -> object:
    """The value of a canonical JSON text; None for none."""
    value: object = json.loads(text) if text else None
    return value
