"""Checks of what a request may hold, how many there may be, and what happens when that cannot be counted."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.findings import SpecPath
from seccfg.ir.policy import BodyLimit, ParamSegment, RestSegment, Route, Validate
from seccfg.report.checks.facts import Facts, Thresholds, authenticates, counts_requests, every, key_paths, parsed
from seccfg.report.model import Judged

_WRITING = frozenset({"POST", "PUT", "PATCH"})


def _route_paths(facts: Facts, *keys: str) -> tuple[SpecPath, ...]:
    return tuple(dict.fromkeys(path for route in facts.policy.routes for path in key_paths(route, *keys)))


def body_limit(facts: Facts, wanted: Thresholds) -> Judged:
    wrong: list[SpecPath] = [
        (*route.at, "body") for route in facts.policy.routes
        if route.one(BodyLimit).max_bytes > wanted.bytes("at_most")
    ]  # fmt: skip
    at = ("body", "max")
    return every(wrong, (at,), f"bodies of at most {wanted.text('at_most')}", f"bodies above {wanted.text('at_most')}",
                 (("body",), *_route_paths(facts, "body")))  # fmt: skip


def inputs_typed(facts: Facts, _: Thresholds) -> Judged:
    wrong: list[SpecPath] = []
    right: list[SpecPath] = []
    for route in facts.policy.routes:
        validate = route.one(Validate)
        known = {param.name for param in validate.params if param.place == "path"}
        named = {segment.name for segment in route.path if isinstance(segment, (ParamSegment, RestSegment))}
        if named - known:
            wrong.append((*route.at, "params"))
        if route.method in _WRITING and not route.public:
            (right if validate.body_schema else wrong).append((*route.at, "body"))
    covers = (("body",), *_route_paths(facts, "body", "params", "query", "header_params"))
    return every(wrong, tuple(right) or (("routes",),), "parameters and written bodies have schemas",
                 "parameters of paths, or bodies that are written, have no schema", covers)  # fmt: skip


def bodies_closed(facts: Facts, _: Thresholds) -> Judged:
    wrong: list[SpecPath] = []
    right: list[SpecPath] = []
    for route in facts.policy.routes:
        schema = route.one(Validate).body_schema
        if route.method in _WRITING and not route.public:
            closed = bool(schema) and not any(_open(part) for part in _objects(parsed(schema)))
            (right if closed else wrong).append((*route.at, "body"))
    if not wrong and not right:
        return Judged("nothing", "no route takes a body")
    return every(wrong, tuple(right), "members no schema names are refused", "bodies may hold members nobody declared",
                 (("body",), *_route_paths(facts, "body")))  # fmt: skip


def _objects(schema: object) -> Iterator[dict[str, object]]:
    """The schemas of objects in *schema*, itself included."""
    if isinstance(schema, list):
        for item in schema:
            yield from _objects(item)
    if isinstance(schema, dict):
        if "properties" in schema or schema.get("type") == "object":
            yield schema
        for key, value in schema.items():
            if key in ("properties", "$defs") and isinstance(value, dict):
                yield from _objects(list(value.values()))
            elif key in ("items", "allOf", "anyOf", "oneOf", "additionalProperties", "then", "else"):
                yield from _objects(value)


def _open(schema: dict[str, object]) -> bool:
    return schema.get("additionalProperties", True) is True and schema.get("unevaluatedProperties", True) is not False


def screens(facts: Facts, _: Thresholds) -> Judged:
    at = ("screen",)
    names = sorted({name for route in facts.policy.routes for name in route.one(Validate).screens})
    if not names:
        return Judged("fails", "no pattern of attacks is refused", (at,), (at,))
    return Judged("holds", f"refused: {', '.join(names)}", (at,), (at,))


def rate_limited(facts: Facts, _: Thresholds) -> Judged:
    wrong: list[SpecPath] = [
        tuple(route.at) for route in facts.policy.routes
        if not any(counts_requests(limit) for limit in route.limits()) and not _excused(facts, route)
    ]  # fmt: skip
    used = {limit.name for route in facts.policy.routes for limit in route.limits() if counts_requests(limit)}
    right = tuple(("rate_limits", name) for name in sorted(used))
    covers = (*right, *_route_paths(facts, "rate_limits"))
    return every(wrong, right, f"limits: {', '.join(sorted(used))}", "routes without a limit of requests", covers)


def _excused(facts: Facts, route: Route) -> bool:
    """A public route without classified data that takes the default limits away and says why, with `without`."""
    item = facts.spec.routes[str(route.at[1])]
    levels = (item, getattr(item, str(route.at[2])))
    without = any(level.without is not None and level.without.rate_limits for level in levels)
    return route.public and without and not facts.data_of(route)


def lockout(facts: Facts, wanted: Thresholds) -> Judged:
    asked = [route for route in facts.policy.routes if authenticates(route)]
    if not asked:
        return Judged("nothing", "nothing is authenticated")
    wrong: list[SpecPath] = [tuple(route.at) for route in asked if not _locks_out(route, wanted)]
    used = {limit.name for route in asked for limit in route.limits() if limit.count == "auth.failed"}
    right = tuple(("rate_limits", name) for name in sorted(used))
    covers = (*right, *_route_paths(facts, "rate_limits"))
    said = f"{wanted.text('attempts')} refused credentials in {wanted.text('window')}"
    return every(wrong, right, f"at most {said}", f"no limit of {said} or stricter", covers)


def _locks_out(route: Route, wanted: Thresholds) -> bool:
    return any(
        limit.count == "auth.failed"
        and limit.limit <= wanted.number("attempts")
        and limit.window_s >= wanted.seconds("window")
        for limit in route.limits()
    )


def fail_closed(facts: Facts, _: Thresholds) -> Judged:
    used = {limit.name: limit for route in facts.policy.routes for limit in route.limits()}
    wrong: list[SpecPath] = [
        ("rate_limits", name, "on_store_failure") for name, limit in sorted(used.items())
        if limit.on_store_failure != "refuse"
    ]  # fmt: skip
    right = tuple(("rate_limits", name) for name in sorted(used))
    covers = (*(path for name in sorted(used) for path in [("rate_limits", name, "on_store_failure")]),)
    return every(wrong, right, "what cannot be checked is refused", "limits that go on without their store", covers)
