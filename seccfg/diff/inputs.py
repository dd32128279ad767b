"""What two versions of a route take as input."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.diff.controls import Change, both, sets
from seccfg.diff.model import Strength
from seccfg.diff.schemas import strength_of, together
from seccfg.ir.policy import BodyLimit, Param, RequestTarget, Route, Validate

__all__ = ["validation"]


def validation(old: Route, new: Route) -> Iterator[Change]:
    """Parameters, bodies, screens and upgrades."""
    yield from _target(old.one(RequestTarget), new.one(RequestTarget))
    yield from _body(old.one(BodyLimit), new.one(BodyLimit))
    before, after = old.one(Validate), new.one(Validate)
    yield from _parameters(before, after, _renamed(old, new))
    if before.closed_query != after.closed_query:
        told = both(lambda v: "refused" if v.closed_query else "allowed", before, after)
        yield Change("validation", "undeclared query parameters", *told, "stronger" if after.closed_query else "weaker")
    if before.body_schema != after.body_schema:
        strength = strength_of(before.body_schema, after.body_schema)
        yield Change("validation", "body schema", before.body_schema, after.body_schema, strength)
    if before.body_required != after.body_required:
        told = both(lambda v: "yes" if v.body_required else "no", before, after)
        yield Change("validation", "body required", *told, "stronger" if after.body_required else "weaker")
    if before.json_depth != after.json_depth:
        strength = "weaker" if after.json_depth > before.json_depth else "stronger"
        yield Change("validation", "JSON depth", str(before.json_depth), str(after.json_depth), strength)
    yield from sets("validation", "screens", before.screens, after.screens, "stronger")


def _target(old: RequestTarget, new: RequestTarget) -> Iterator[Change]:
    if old.websocket != new.websocket:
        told = both(lambda t: "allowed" if t.websocket else "refused", old, new)
        yield Change("validation", "websocket upgrades", *told, "weaker" if new.websocket else "stronger")


def _body(old: BodyLimit, new: BodyLimit) -> Iterator[Change]:
    if old.max_bytes != new.max_bytes:
        strength: Strength = "weaker" if new.max_bytes > old.max_bytes else "stronger"
        yield Change("validation", "largest body in bytes", str(old.max_bytes), str(new.max_bytes), strength)
    yield from sets("validation", "media types", old.content_types, new.content_types, "weaker")


def _renamed(old: Route, new: Route) -> dict[str, str]:
    """Path parameters that changed their names."""
    return {
        getattr(a, "name", ""): getattr(b, "name", "")
        for a, b in zip(old.path, new.path, strict=True)
        if getattr(a, "name", "") != getattr(b, "name", "")
    }


def _parameters(old: Validate, new: Validate, names: dict[str, str]) -> Iterator[Change]:
    before = {(p.place, names.get(p.name, p.name) if p.place == "path" else p.name): p for p in old.params}
    after = {(p.place, p.name): p for p in new.params}
    for place, name in sorted(before.keys() | after.keys()):
        was, is_ = before.get((place, name)), after.get((place, name))
        told = both(lambda p: "" if p is None else _told(p), was, is_)
        if was is None or is_ is None:
            yield Change("validation", f"{place} parameter {name}", *told, _one_sided(was, old, new))
        elif (was.type, was.schema, was.required) != (is_.type, is_.schema, is_.required):
            yield Change("validation", f"{place} parameter {name}", *told, together(_strengths(was, is_)))


def _one_sided(was: Param | None, old: Validate, new: Validate) -> Strength:
    """A declaration that came or went: of a query that is closed it lets a name in, else it judges what was free."""
    came = was is None
    if was is not None and was.place == "query" and new.closed_query:
        return "stronger"
    if came and old.closed_query and new.closed_query and not any(p.place == "query" and p.required for p in new.params):
        return "weaker"
    return "stronger" if came else "weaker"


def _strengths(old: Param, new: Param) -> Iterator[Strength]:
    if old.required != new.required:
        yield "stronger" if new.required else "weaker"
    if old.type != new.type:
        yield "changed"
    elif old.schema != new.schema:
        yield strength_of(old.schema, new.schema)


def _told(param: Param) -> str:
    return f"{param.schema}{', required' if param.required else ''}"
