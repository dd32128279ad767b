"""Route patterns of invariants: `DELETE /orders/**`, on spec paths without the base path."""

from __future__ import annotations

from seccfg.record import Record

__all__ = ["RoutePattern", "route_pattern"]


class RoutePattern(Record):
    """`method` empty: any. `*` is one segment, a last `**` the path itself and everything below."""

    method: str
    segments: tuple[str, ...]

    def matches(self, method: str, template: str) -> bool:
        """Whether the route *method* *template* (as written under `routes`) is meant."""
        return self.method in ("", method) and _match(self.segments, tuple(template.split("/")[1:]))


def route_pattern(text: str) -> RoutePattern:
    """Read a pattern the spec's own checks let through."""
    method, _, path = text.partition(" ")
    return RoutePattern("" if method == "*" else method.upper(), tuple(path.split("/")[1:]))


def _match(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    if pattern and pattern[-1] == "**":
        prefix = pattern[:-1]
        parts = () if path == ("",) else path
        return len(parts) >= len(prefix) and all(_one(a, b) for a, b in zip(prefix, parts, strict=False))
    return len(pattern) == len(path) and all(_one(a, b) for a, b in zip(pattern, path, strict=True))


def _one(wanted: str, segment: str) -> bool:
    return wanted in ("*", segment)
