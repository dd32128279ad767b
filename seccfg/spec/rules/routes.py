"""Routes: who may call them, what they take away, and the patterns and tests that speak of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seccfg.spec.problems import Problem, Slip, label, shown
from seccfg.spec.rules.effective import METHODS, Effective, methods_of
from seccfg.spec.rules.paths import PathTree

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.spec.loader import RouteKeys, Spec

_ADDING = ("rate_limits", "forbid", "require")
_PARAMETER = r"\{([^{}+]+)\+?\}"


def problems(spec: Spec, routes: list[Effective]) -> Iterator[Problem]:
    """Everything wrong with the routes and with what speaks of them."""
    yield from _same_templates(spec)
    for template, item in spec.routes.items():
        yield from _level(spec, template, item, ("routes", template))
        for method, route in methods_of(item):
            yield from _level(spec, template, route, ("routes", template, method))
    for effective in routes:
        yield from _access(spec, effective)
        yield from _taken_away(spec, effective)
        if spec.defaults is None or spec.defaults.upstream is None:
            yield from _upstream(spec, effective)
    yield from _patterns_and_tests(spec)


def parameters_of(template: str) -> list[str]:
    """Names of the parameters of a path template."""
    return re.findall(_PARAMETER, template) if "{" in template else []


def _same_templates(spec: Spec) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for template in spec.routes:
        plain = re.sub(r"\{[^{}+]+(\+?)\}", r"{\1}", template) if "{" in template else template
        first = seen.setdefault(plain, template)
        if first != template:
            message = f"{shown(template)} differs from {shown(first)} in parameter names only"
            yield Problem(
                "INPUT101", ("routes", template), message, key=True, related=((("routes", first), "declared here"),)
            )


# ----------------------------------------------------------------------------------------------- one level of a route
def _level(spec: Spec, template: str, level: RouteKeys, at: SpecPath) -> Iterator[Problem]:
    if level.params is not None:
        known = parameters_of(template)
        for name in level.params:
            if name not in known:
                message = f"the path has no parameter {shown(name)}"
                yield Problem("INPUT102", (*at, "params", name), message, key=True, slip=Slip(name, known))
    if level.websocket and at[-1] in METHODS and at[-1] != "get":
        yield Problem("INPUT103", (*at, "websocket"), "only a GET request can be upgraded")
    if level.resource is not None:
        yield from _constants(spec, level, at)


def _constants(spec: Spec, level: RouteKeys, at: SpecPath) -> Iterator[Problem]:
    declared = (spec.attributes.resource if spec.attributes is not None else None) or {}
    for name, value in (level.resource or {}).items():
        where = (*at, "resource", name)
        about: tuple[SpecPath, ...] = (("attributes", "resource", name),)
        attribute = declared.get(name)
        if attribute is None:
            message = f"unknown resource attribute {shown(name)}"
            yield Problem("REF010", where, message, key=True, about=about, slip=Slip(name, declared))
        elif attribute.from_ != "route":
            yield Problem(
                "AUTHZ106", where, f"{shown(name)} is not `from: route`, so no route states it", key=True, about=about
            )
        elif not _is_of(value, attribute.type):
            yield Problem("AUTHZ107", where, f"{shown(name)} must be of type `{attribute.type}`", about=about)


def _is_of(value: object, type_: object) -> bool:
    if isinstance(value, bool):
        return type_ == "boolean"
    if isinstance(value, str):
        return type_ == "string" and all(c not in "\x00\ufffd" for c in value)
    if isinstance(value, int):
        return type_ in ("integer", "number") and abs(value) <= 2**53 - 1
    return isinstance(value, float) and type_ == "number" and abs(value) <= 2**53 - 1


# --------------------------------------------------------------------------------------------------- the merged route
def _access(spec: Spec, route: Effective) -> Iterator[Problem]:
    name = f"{route.at[-1]} {route.template}".replace("`", "'")
    if not route.public:
        if route.allow is None:
            yield Problem("AUTHZ101", route.at, f"`{_upper(name)}` says neither `allow` nor `public: true`", key=True)
        elif not route.auth:
            about: tuple[SpecPath, ...] = (("defaults", "auth"), ("auth",), (*route.at[:2], "auth"))
            yield Problem(
                "AUTHZ104",
                route.at,
                f"`{_upper(name)}` has `allow` and no `auth`, so nobody can call it",
                key=True,
                about=about,
            )
        return
    if route.route.reason is None and route.item.reason is None:
        yield Problem("AUTHZ102", route.at, f"`{_upper(name)}` is public and gives no `reason`", key=True)
    levels = [(route.route, route.at)] if route.route.public else [(route.route, route.at), (route.item, route.at[:2])]
    for level, at in levels:
        for key in ("auth", "allow"):
            if getattr(level, key) is not None:
                yield Problem(
                    "AUTHZ103", (*at, key), f"a public route looks at nobody, so `{key}` cannot hold", key=True
                )
    for limit_name in route.rate_limits:
        limit = (spec.rate_limits or {}).get(limit_name)
        if limit is not None and (limit.by == "principal" or _by_principal(limit.by)):
            message = f"`{_upper(name)}` is public, so limit {shown(limit_name)} has nobody to count"
            yield Problem("LIMIT104", route.at, message, key=True, about=(("rate_limits", limit_name),))


def _upper(name: str) -> str:
    method, _, path = name.partition(" ")
    return f"{method.upper()} {path}"[:80]


def _by_principal(by: object) -> bool:
    return str(getattr(by, "attribute", "")).startswith("principal.")


def _taken_away(spec: Spec, route: Effective) -> Iterator[Problem]:
    """What `without` names must come from a level above, and no level below may add it again."""
    if route.route.without is None and route.item.without is None:
        return
    first_method = next(methods_of(route.item))[0]
    for key in _ADDING:
        above = tuple(getattr(spec.defaults, key) or ()) if spec.defaults is not None else ()
        own = tuple(getattr(route.item, key) or ())
        if route.item.without is not None:
            taken = getattr(route.item.without, key) or ()
            if route.at[-1] == first_method:
                yield from _not_there(taken, above, (*route.at[:2], "without", key))
            yield from _again(getattr(route.route, key) or (), taken, (*route.at, key))
            above = tuple(name for name in above if name not in taken)
        if route.route.without is not None:
            yield from _not_there(getattr(route.route.without, key) or (), (*above, *own), (*route.at, "without", key))
    yield from _networks(spec, route, first=route.at[-1] == first_method)


def _networks(spec: Spec, route: Effective, *, first: bool) -> Iterator[Problem]:
    default = spec.defaults.network if spec.defaults is not None else None
    above: tuple[str, ...] = () if default is None else (default,)
    if route.item.without is not None:
        taken = route.item.without.network or ()
        if first:
            yield from _not_there(taken, above, (*route.at[:2], "without", "network"))
        if route.route.network is not None:
            yield from _again((route.route.network,), taken, (*route.at, "network"), listed=False)
        above = tuple(name for name in above if name not in taken)
    if route.route.without is not None:
        own = () if route.item.network is None else (route.item.network,)
        yield from _not_there(route.route.without.network or (), (*above, *own), (*route.at, "without", "network"))


def _not_there(taken: tuple[str, ...], there: tuple[str, ...], at: SpecPath) -> Iterator[Problem]:
    held = frozenset(there)
    for index, name in enumerate(taken):
        if name not in held:
            message = f"{shown(name)} does not hold here, so it cannot be taken away"
            about: tuple[SpecPath, ...] = (("defaults",), (*at[:2], at[-1]))
            yield Problem("AUTHZ105", (*at, index), message, about=about, slip=Slip(name, there))


def _again(added: tuple[str, ...], taken: tuple[str, ...], at: SpecPath, *, listed: bool = True) -> Iterator[Problem]:
    gone = frozenset(taken)
    for index, name in enumerate(added):
        if name in gone:
            where = (*at, index) if listed else at
            yield Problem(
                "AUTHZ105", where, f"{shown(name)} is taken away by the path and added again by {label(at[:-1])}"
            )


def _upstream(spec: Spec, route: Effective) -> Iterator[Problem]:
    if len(spec.upstreams) > 1 and route.route.upstream is None and route.item.upstream is None:
        message = (
            f"`{_upper(f'{route.at[-1]} {route.template}')}` names no `upstream`, and there are {len(spec.upstreams)}"
        )
        yield Problem("REF012", route.at, message, key=True, about=(("defaults", "upstream"), ("upstreams",)))


# ------------------------------------------------------------------------------------------------- patterns and tests
def _patterns_and_tests(spec: Spec) -> Iterator[Problem]:
    """Patterns match some route, and a test that expects `allow` asks for one."""
    if spec.invariants is None and spec.tests is None:
        return
    tree = PathTree()
    for template, item in spec.routes.items():
        tree.add(template, [method.upper() for method, _ in methods_of(item)])
    for index, invariant in enumerate(spec.invariants or ()):
        method, _, pattern = invariant.reaches.partition(" ")
        if not tree.covers(method, pattern):
            message = f"no route matches {shown(invariant.reaches)}"
            yield Problem("REF013", ("invariants", index, "reaches"), message, about=(("routes",),))
    base = spec.service.base_path or ""
    for index, test in enumerate(spec.tests or ()):
        path = test.request.path.partition("?")[0]
        if test.expect != "allow" or "%" in path:
            continue
        inside = path[len(base) :] if path.startswith(base + "/") else "/" if path == base else None
        at: SpecPath = ("tests", index, "request", "path")
        if inside is None:
            yield Problem("REF013", at, f"the path does not start with {shown(base)}", about=(("service", "base_path"),))
        elif not tree.answers(test.request.method, inside):
            yield Problem("REF013", at, f"no route answers {test.request.method} here", about=(("routes",),))
