"""Route choice of Kong 3.9.3 in its two flavors: `traditional_compatible` (default) and `traditional`."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Literal

from seccfg.record import Record
from seccfg_kong.kongnode.config import Configuration, RouteEntity

__all__ = ["Flavor", "Match", "Router"]

Flavor = Literal["traditional_compatible", "traditional"]


class Match(Record):
    """A route that was chosen: the path of it that matched, how far a prefix or regex went, and its captures."""

    route: RouteEntity
    prefix: bytes
    named: tuple[tuple[str, bytes], ...]
    unnamed: tuple[bytes, ...]


class _Candidate:
    """One path of one route (or a route without paths)."""

    def __init__(self, route: RouteEntity, path: str | None, flavor: Flavor) -> None:
        self.route, self.path, self.flavor = route, path, flavor
        self.is_regex = path is not None and path.startswith("~")
        self._prefix = b"" if path is None or self.is_regex else path.encode()

    @cached_property
    def _raw_regex(self) -> re.Pattern[bytes]:
        return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", str(self.path)[1:]).encode())

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        text = re.sub(r"\(\?<(?![=!])", "(?P<", str(self.path)[1:])
        # The anchor goes before the whole text: of alternatives without a group it binds the first alone.
        return re.compile(re.sub(r"((?:[^\\\[$]|\\.|\[(?:[^\\\]]|\\.)*\])*)\$", r"\1\\Z", f"^{text}", flags=re.DOTALL))

    def match(self, path: bytes) -> Match | None:
        if self.path is None:
            return Match(self.route, b"", (), ())
        if not self.is_regex:
            return Match(self.route, self._prefix, (), ()) if path.startswith(self._prefix) else None
        if self.flavor == "traditional":
            found = self._raw_regex.match(path)
            return None if found is None else _matched(self.route, found)
        try:
            text = path.decode()
        except UnicodeDecodeError:
            return None
        in_text = self._regex.search(text)
        if in_text is None:
            return None
        return Match(
            self.route, in_text.group().encode(),
            tuple((n, v.encode()) for n, v in in_text.groupdict().items() if v is not None),
            tuple(v.encode() for v in in_text.groups() if v is not None),
        )  # fmt: skip


def _matched(route: RouteEntity, found: re.Match[bytes] | re.Match[str]) -> Match:
    def raw(value: bytes | str | None) -> bytes:
        return b"" if value is None else value if isinstance(value, bytes) else value.encode()

    named = tuple((name, raw(value)) for name, value in found.groupdict().items())
    return Match(route, raw(found.group()), named, tuple(raw(value) for value in found.groups()))


class Router:
    """The routes of a configuration, ranked."""

    def __init__(self, configuration: Configuration, flavor: Flavor = "traditional_compatible") -> None:
        self._flavor = flavor
        candidates = [
            _Candidate(route, path, flavor)
            for route in configuration.routes
            if not route.service or configuration.services[route.service].enabled
            for path in (route.paths or (None,))
        ]
        rank: Callable[[_Candidate], tuple[int, ...]] = _traditional_rank if flavor == "traditional" else _compatible_rank
        self._candidates = sorted(candidates, key=rank, reverse=True)

    def choose(self, method: str, host: str, path: bytes, headers: Mapping[str, Sequence[str]]) -> Match | None:
        """The route of a request: *host* as sent, *path* normalised, *headers* by lower-case name."""
        for candidate in self._candidates:
            route = candidate.route
            if route.methods and method not in route.methods:
                continue
            if route.hosts and not any(_host_fits(wanted, host) for wanted in route.hosts):
                continue
            if not all(_header_fits(values, headers.get(name, ())) for name, values in route.headers):
                continue
            found = candidate.match(path)
            if found is not None:
                return found
        return None


def _host_fits(wanted: str, host: str) -> bool:
    name, _, port = host.partition(":")
    bare, _, wanted_port = wanted.partition(":")
    if wanted_port and port != wanted_port:
        return False
    if bare.startswith("*"):
        return name.endswith(bare[1:]) and len(name) > len(bare) - 1
    if bare.endswith("*"):
        return name.startswith(bare[:-1]) and len(name) > len(bare) - 1
    return name == bare


def _header_fits(wanted: Sequence[str], given: Sequence[str]) -> bool:
    for value in given:
        lower = value.lower()
        for pattern in wanted:
            if pattern.startswith("~*"):
                if re.search(pattern[2:], lower) is not None:
                    return True
            elif lower == pattern.lower():
                return True
    return False


def _kinds(route: RouteEntity) -> int:
    return sum(map(bool, (route.methods, route.hosts, route.headers, route.paths)))


def _compatible_rank(candidate: _Candidate) -> tuple[int, ...]:
    """One 64-bit number whose fields run into each other (kong/router/transform.lua), then the larger id."""
    route = candidate.route
    plain_hosts = bool(route.hosts) and not any("*" in host for host in route.hosts)
    length = 0 if candidate.path is None or candidate.is_regex else len(candidate.path)
    low = (_kinds(route) << 29) | (min(len(route.headers), 255) << 20) | (route.regex_priority << 19) | length
    signed = (low + 2**31) % 2**32 - 2**31
    number = (plain_hosts << 60) | (candidate.is_regex << 51) | (signed & 0xFFFFFFFFFFFFFFFF)
    return number, uuid.UUID(route.id).int


def _traditional_rank(candidate: _Candidate) -> tuple[int, ...]:
    route = candidate.route
    plain_hosts = bool(route.hosts) and not any("*" in host for host in route.hosts)
    length = 0 if candidate.path is None or candidate.is_regex else len(candidate.path)
    priority = route.regex_priority if candidate.is_regex else 0
    return _kinds(route), plain_hosts, len(route.headers), candidate.is_regex, priority, length, -route.created_at
