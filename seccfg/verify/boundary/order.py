"""Two things wrong with one request: the step that stands first must give the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from seccfg.analyse.credentials import add_header, without_header
from seccfg.analyse.requests import RequestMaker, address_text
from seccfg.analyse.samples import text_variants
from seccfg.ir.policy import BodyLimit, ClientAddress, Param, Route, Validate
from seccfg.ir.request import Request
from seccfg.record import replace
from seccfg.verify.boundary.scenario import Scenario, single

__all__ = ["order_of_route"]

Spoil = Callable[[Request], Request]


def order_of_route(maker: RequestMaker, route: Route, good: Request, stranger: Request | None) -> Iterator[Scenario]:
    """
    Every pair of violations on *route*.

    Args:
        good: A request that passes.
        stranger: The same by a principal no grant names; None where there is none.
    """
    spoils = dict(_spoils(maker, route))
    for (one, first), (two, second) in combinations(spoils.items(), 2):
        yield single(f"{route.id}: {one} and {two}", second(first(good)))
    if stranger is not None:
        for label, spoil in spoils.items():
            yield single(f"{route.id}: {label} and no grant", spoil(stranger))


def _spoils(maker: RequestMaker, route: Route) -> Iterator[tuple[str, Spoil]]:
    yield "malformed target", lambda r: replace(r, target=r.target.partition("?")[0] + "/%2F")
    yield "bad query", lambda r: replace(r, target=f"{r.target}{'&' if '?' in r.target else '?'}a=%zz")
    yield "wrong host", lambda r: add_header(without_header(r, "host"), "Host", "elsewhere.example.net")
    yield "plain http", lambda r: replace(r, scheme="http", certificate="")
    address = _refused_address(route.one(ClientAddress))
    if address:
        yield "refused address", lambda r: replace(r, peer=address)
    yield (
        "unknown path",
        lambda r: replace(r, target="/verify-unknown/verify-unknown/verify-unknown/verify-unknown/verify-unknown"),
    )
    yield "undeclared method", lambda r: replace(r, method=_undeclared(maker, route))
    limit = route.one(BodyLimit)
    if limit.max_bytes <= 1024 * 1024:
        yield (
            "body too large",
            lambda r: replace(
                add_header(without_header(r, "content-type"), "Content-Type", limit.content_types[0]),
                body=b"x" * (limit.max_bytes + 1),
            ),
        )
    yield (
        "wrong media type",
        lambda r: replace(
            add_header(without_header(r, "content-type"), "Content-Type", "text/plain"), body=r.body or b"{}"
        ),
    )
    if not route.public:
        yield (
            "no credential",
            lambda r: replace(without_header(without_header(r, "authorization"), "cookie"), certificate=""),
        )
        yield "bad token", lambda r: add_header(without_header(r, "authorization"), "Authorization", "Bearer abc")
    bad = _bad_param(route)
    if bad is not None:
        param, text = bad
        yield (
            f"bad {param.place} {param.name}",
            lambda r: replace(r, target=f"{r.target}{'&' if '?' in r.target else '?'}{param.name}={text}"),
        )
    if route.one(Validate).body_schema:
        yield (
            "bad body",
            lambda r: replace(
                add_header(without_header(r, "content-type"), "Content-Type", limit.content_types[0]), body=b"{"
            ),
        )


def _undeclared(maker: RequestMaker, route: Route) -> str:
    declared = {r.method for r in maker.policy.routes if r.template == route.template}
    return next(
        (m for m in ("PATCH", "DELETE", "PUT", "POST", "GET", "HEAD", "OPTIONS") if m not in declared), "VERIFY"
    )


def _refused_address(control: ClientAddress) -> str:
    for rule in control.rules:
        for block in rule.deny:
            return address_text(block.family, block.network)
    if any(all(block.bits for block in rule.allow) for rule in control.rules):
        return "192.0.2.250"
    return ""


def _bad_param(route: Route) -> tuple[Param, str] | None:
    for param in route.one(Validate).params:
        if param.place == "query":
            for label, text in text_variants(param):
                if label in ("text", "one character long", "True") or "in other case" in label:
                    return param, text
    return None
