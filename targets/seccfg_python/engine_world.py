"""The world an emitted package is put in: clock, counters, revocations, keys, application and audit log, all made up."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from seccfg.ir.policy import Event
from seccfg.ir.request import Request, Surroundings
from seccfg.targetapi.emitted import EmittedPackage
from seccfg.targetapi.observe import EngineFailed

__all__ = ["World"]

_EVENTS = frozenset(get_args(Event))


class World:
    """
    Everything a deployment asks its surroundings for, as one scenario says it is.

    Counters, revocations and key freshness are the package's own code; what it is told, and when it is told that nothing
    can be read, is decided here.
    """

    def __init__(self) -> None:
        self._surroundings = Surroundings()
        self._now_s = 0
        self._lines: list[str] = []
        self._interface: Any = None
        self._stores: Any = None
        self._limits: Any = None
        self._revocations: Any = None
        self._stale_after_s = 0
        self._events: dict[str, frozenset[str]] = {}
        self._edge_events: frozenset[str] = frozenset()

    def deploy(self, package: EmittedPackage, policy: Any, environment: Mapping[str, str]) -> Any:
        """The package's Deployment of *policy* in this world."""
        self._interface = package.module("runtime.interface")
        self._stores = package.module("runtime.stores")
        settings = package.module("runtime.settings").read_settings(policy, environment)
        keys = self._key_sources(package, policy)
        self.reset(Surroundings())
        self._events = {route.id: frozenset(route.audit.events) for route in policy.routes}
        self._edge_events = frozenset(policy.edge.audit.events)
        return package.module("runtime.deployment").Deployment(
            _telling_all(policy), settings=settings, limits=_Limits(self), revocations=_Revocations(self), keys=keys,
            audit=_Log(self._lines), clock=lambda: self._now_s,
        )  # fmt: skip

    def reset(self, surroundings: Surroundings) -> None:
        """Nothing counted, and what *surroundings* say was revoked."""
        self._surroundings = surroundings
        self._limits = self._stores.MemoryLimits()
        self._revocations = self._stores.MemoryRevocations()
        for ident in surroundings.denied:
            self._revocations.deny(ident)
        for principal, version in surroundings.versions:
            self._revocations.require_version(principal, version)
        for principal, seconds in surroundings.not_before:
            self._revocations.not_before(principal, seconds)

    def begin(self, request: Request) -> None:
        """The time of one request; what was told before it is forgotten."""
        self._now_s = request.now_s
        self._lines.clear()

    def told(self) -> tuple[str, tuple[Event, ...]]:
        """Reason of the last refusal since `begin`, and the events the package itself would have told of."""
        reason = ""
        events: list[Event] = []
        for line in self._lines:
            entry = json.loads(line)
            if entry["event"] not in _EVENTS:
                raise EngineFailed(f"unknown audit event {entry['event']!r}")
            if entry["event"] in self._events.get(entry.get("route", ""), self._edge_events):
                events.append(entry["event"])
            reason = entry["reason"]
        return ("" if reason == "pass" else reason), tuple(events)

    def resource(self, request: Any) -> Mapping[str, object]:  # noqa: ARG002 - the same for every resource
        """What the application behind would answer."""
        return {name: json.loads(value) for name, value in self._surroundings.application}

    def limits(self) -> Any:
        """The counters, or the package's own word for a store that cannot be reached."""
        self._reach()
        return self._limits

    def revocations(self) -> Any:
        """What was revoked, or the package's own word for a store that cannot be reached."""
        self._reach()
        return self._revocations

    def monotonic(self) -> float:
        """The clock of key freshness: far past every set's end when keys are stale."""
        return float(self._stale_after_s + 1) if self._surroundings.keys == "stale" else 0.0

    def _reach(self) -> None:
        if self._surroundings.store == "down":
            raise self._interface.StoreUnavailable("down")

    def _key_sources(self, package: EmittedPackage, policy: Any) -> dict[str, _Keys]:
        """The package's own key sources, read from nowhere but the package."""
        model, jwks = package.module("runtime.model"), package.module("runtime.jwks")
        found: dict[str, _Keys] = {}
        for verifier in policy.verifiers:
            if isinstance(verifier, model.JwtVerifier):
                keys = verifier.keys
                self._stale_after_s = max(self._stale_after_s, keys.max_stale_s)
                found[verifier.name] = _Keys(jwks.KeySource(
                    verifier.name, algorithms=verifier.algorithms, embedded=keys.document.encode(),
                    read=_out_of_reach if keys.url else None, refresh_s=keys.refresh_s, max_stale_s=keys.max_stale_s,
                    monotonic=self.monotonic,
                ))  # fmt: skip
        return found


def _telling_all(policy: Any) -> Any:
    """
    The policy with every event told of: an answer to HEAD has no body, and its reason stands in the event alone.
    """
    every = tuple(sorted(_EVENTS))

    def told(part: Any) -> Any:
        return dataclasses.replace(part, audit=dataclasses.replace(part.audit, events=every))

    return dataclasses.replace(policy, edge=told(policy.edge), routes=tuple(map(told, policy.routes)))


def _out_of_reach() -> bytes:
    raise OSError("no network here")


class _Keys:
    """A key source nobody refreshes."""

    def __init__(self, source: Any) -> None:
        self.key = source.key


class _Log:
    """Takes audit lines."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, line: str) -> bool:
        self._lines.append(line)
        return True


class _Limits:
    local = True

    def __init__(self, world: World) -> None:
        self._world = world

    def charge(self, charges: Sequence[Any], now: float) -> Any:
        return self._world.limits().charge(charges, now)

    async def charge_async(self, charges: Sequence[Any], now: float) -> Any:
        return self.charge(charges, now)

    def add(self, charges: Sequence[Any], now: float) -> None:
        self._world.limits().add(charges, now)

    async def add_async(self, charges: Sequence[Any], now: float) -> None:
        self.add(charges, now)


class _Revocations:
    local = True

    def __init__(self, world: World) -> None:
        self._world = world

    def look_up(self, queries: Sequence[Any]) -> Sequence[Any]:
        found: Sequence[Any] = self._world.revocations().look_up(queries)
        return found

    async def look_up_async(self, queries: Sequence[Any]) -> Sequence[Any]:
        return self.look_up(queries)
