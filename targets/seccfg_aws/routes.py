"""Routes as API Gateway's resources: which it can hold, and how it writes their paths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, assert_never

from seccfg.ir import policy as ir

__all__ = ["resource_paths", "unroutable"]

_LITERAL: Final = re.compile(r"[A-Za-z0-9_.,:-]+")
_RESERVED: Final = ("ping", "sping")


def unroutable(routes: Sequence[ir.Route]) -> dict[str, str]:
    """Route id -> why API Gateway has no such resource."""
    found: dict[str, str] = {}
    children: dict[tuple[str, ...], set[str]] = {}
    for route in routes:
        for at, segment in enumerate(route.path):
            if not isinstance(segment, ir.LiteralSegment):
                kind = "rest" if isinstance(segment, ir.RestSegment) else "parameter"
                children.setdefault(_shape(route.path[:at]), set()).add(kind)
    for route in routes:
        why = _unroutable(route.path, children)
        if why:
            found[route.id] = why
    return found


def _unroutable(path: tuple[ir.Segment, ...], children: dict[tuple[str, ...], set[str]]) -> str:
    for at, segment in enumerate(path):
        if isinstance(segment, ir.LiteralSegment):
            if not _LITERAL.fullmatch(segment.text):
                return f"a path segment is made of letters, digits and _ . , : - only, and {segment.text} is not"
            if at == 0 and segment.text in _RESERVED:
                return f"/{segment.text} is kept by AWS on custom domain names"
        elif isinstance(segment, ir.RestSegment) and len(children[_shape(path[:at])]) > 1:
            return "a resource has one variable child, and another route has a parameter there"
    return ""


def _shape(path: Sequence[ir.Segment]) -> tuple[str, ...]:
    return tuple(segment.text if isinstance(segment, ir.LiteralSegment) else "{}" for segment in path)


def resource_paths(routes: Sequence[ir.Route]) -> dict[str, tuple[str, ...]]:
    """Route id -> the segments of its resource: of parameters at one place, the first route's name counts for all."""
    names: dict[tuple[str, ...], str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for route in routes:
        segments: list[str] = []
        for at, segment in enumerate(route.path):
            match segment:
                case ir.LiteralSegment(text):
                    segments.append(text)
                case ir.ParamSegment(name):
                    segments.append(f"{{{names.setdefault(_shape(route.path[: at + 1]), name)}}}")
                case ir.RestSegment(name):
                    segments.append(f"{{{names.setdefault(_shape(route.path[: at + 1]), name)}+}}")
                case _:
                    assert_never(segment)
        found[route.id] = tuple(segments)
    return found
