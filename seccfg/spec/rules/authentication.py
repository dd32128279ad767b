"""Auth methods, and which of them one route can tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from seccfg.spec.problems import Problem, shown
from seccfg.spec.rules.effective import Effective, names_in

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.spec.loader import AuthChoice, AuthMethod, Carriers, Spec

TOKEN_TYPES = ("oidc", "jwt", "introspection")


def problems(spec: Spec, routes: list[Effective]) -> Iterator[Problem]:
    """Methods that cannot work, alone or side by side on a route."""
    for name, method in (spec.auth or {}).items():
        yield from _method(method, ("auth", name))
    for name, client in (spec.clients or {}).items():
        method_of = (spec.auth or {}).get(client.tokens)
        if method_of is not None and method_of.type not in TOKEN_TYPES:
            message = f"auth method {shown(client.tokens)} takes no tokens, so no client can get one for it"
            yield Problem("AUTH105", ("clients", name, "tokens"), message)
        if client.public and client.secret is not None:
            yield Problem("AUTH106", ("clients", name, "secret"), "a public client cannot keep a secret", key=True)
    yield from _side_by_side(spec, routes)


def _method(method: AuthMethod, at: SpecPath) -> Iterator[Problem]:
    if method.type == "jwt" and method.jwks.url is None and method.jwks.file is None:
        yield Problem("AUTH103", (*at, "jwks"), "the keys need a `url` or a `file`", key=True)
    if method.type != "mtls" and isinstance(method.in_, tuple):
        seen: set[str] = set()
        for index, place in enumerate(places(method.in_)):
            if place in seen:
                yield Problem("DATA009", (*at, "in", index), f"item {index + 1} of `in` stands there twice")
            seen.add(place)


def places(carriers: Carriers) -> list[str]:
    """Each place a credential may stand in, as one comparable text; header names have no case."""
    found = []
    for carrier in carriers if isinstance(carriers, tuple) else (carriers,):
        if isinstance(carrier, str):
            found.append("bearer")
        elif carrier.header is not None:
            header = carrier.header.lower()
            found.append("bearer" if header == "authorization" else f"header {header}")
        else:
            found.append(f"cookie {carrier.cookie}" if carrier.cookie is not None else f"query {carrier.query}")
    return found


def _side_by_side(spec: Spec, routes: list[Effective]) -> Iterator[Problem]:
    """A problem for each list of methods that a request could not choose from, where the list is written."""
    methods = spec.auth or {}
    checked: set[tuple[object, ...]] = set()
    if spec.defaults is not None and spec.defaults.auth is not None:
        checked.add(_key(spec.defaults.auth))
        yield from _choices(spec.defaults.auth, methods, ("defaults", "auth"))
    for template, item in spec.routes.items():
        if item.auth is not None and _key(item.auth) not in checked:
            checked.add(_key(item.auth))
            yield from _choices(item.auth, methods, ("routes", template, "auth"))
    for route in routes:
        if route.route.auth is not None and _key(route.route.auth) not in checked:
            checked.add(_key(route.route.auth))
            yield from _choices(route.route.auth, methods, (*route.at, "auth"))


def _key(auth: tuple[AuthChoice, ...]) -> tuple[object, ...]:
    return tuple(choice if isinstance(choice, str) else ("all", *choice.all) for choice in auth)


def _choices(auth: tuple[AuthChoice, ...], methods: Mapping[str, AuthMethod], at: SpecPath) -> Iterator[Problem]:
    names = list(dict.fromkeys(name for name in names_in(auth) if name in methods))
    together = [set(choice.all) for choice in auth if not isinstance(choice, str)]
    for index, name in enumerate(names):
        for earlier in names[:index]:
            both = any({name, earlier} <= group for group in together)
            yield from _pair(earlier, name, methods, at, both=both)
    for index, choice in enumerate(auth):
        if not isinstance(choice, str) and len(choice.all) == 1:
            yield Problem("AUTH107", (*at, index, "all"), "`all` is for two methods or more")


def _pair(first: str, second: str, methods: Mapping[str, AuthMethod], at: SpecPath, *, both: bool) -> Iterator[Problem]:
    one, other = methods[first], methods[second]
    about: tuple[SpecPath, ...] = (("auth", first), ("auth", second))
    names = f"{shown(first)} and {shown(second)}"
    issuers = _issuer(one), _issuer(other)
    if issuers[0] and issuers[0] == issuers[1]:
        yield Problem("AUTH102", at, f"{names} have the same issuer, so a token could be either's", about=about)
        return
    mine, theirs = _places(one), _places(other)
    shared = [place for place in mine if place in theirs]
    if not shared:
        return
    if both and len({*mine, *theirs}) == 1:
        yield Problem("AUTH104", at, f"{names} cannot both succeed: a request has one {shared[0]}", about=about)
    elif not both and not all(issuers):
        message = f"{names} cannot be told apart: both stand in {shared[0]} and not both carry an issuer"
        yield Problem("AUTH104", at, message, about=about)


def _issuer(method: AuthMethod) -> str:
    """What tells its tokens from others in the same place; empty when nothing does."""
    return method.issuer if method.type == "oidc" or method.type == "jwt" else ""


def _places(method: AuthMethod) -> list[str]:
    return ["client certificate"] if method.type == "mtls" else places(method.in_)
