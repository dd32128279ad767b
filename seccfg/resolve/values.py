"""Texts of a Spec as the values of a Policy. The Spec was checked, so these parse without a second opinion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from seccfg.ir.policy import (
    Bearer,
    Cidr,
    CookiePlace,
    HeaderPlace,
    Json,
    LiteralSegment,
    Origin,
    ParamSegment,
    Place,
    QueryPlace,
    RestSegment,
    SanLiteral,
    SanWildcard,
    Segment,
)
from seccfg.spec import loader, scalars

__all__ = [
    "canonical_json",
    "cidr",
    "claim_path",
    "origin",
    "places",
    "san_pattern",
    "segments",
    "template_rank",
]

DEFAULT_PORTS = {"http": 80, "https": 443}
EVERY_ADDRESS = (Cidr(4, 0, 0), Cidr(6, 0, 0))


def canonical_json(value: object) -> Json:
    """Sorted keys, no white space, ASCII only: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def cidr(text: str) -> Cidr:
    """`10.0.0.0/8`, host bits cleared."""
    family, network, bits = scalars.parse_cidr(text)
    width = 32 if family == 4 else 128
    mask = ((1 << bits) - 1) << (width - bits)
    return Cidr(4 if family == 4 else 6, network & mask, bits)


def cidrs(texts: Sequence[str] | None) -> tuple[Cidr, ...]:
    """Each text's block, sorted, without repetition."""
    found = {cidr(text) for text in texts or ()}
    return tuple(sorted(found, key=lambda c: (c.family, c.network, c.bits)))


def origin(text: str) -> Origin:
    """`https://app.example.com`, `https://*.example.com`, `http://localhost:3000` (RFC 6454); the default port is dropped."""
    parts = urlsplit(text)
    host = parts.netloc.rpartition("@")[2]
    one_label = host.startswith("*.")
    host = host.removeprefix("*.")
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host, ""
    number = int(port) if port else None
    if number == DEFAULT_PORTS.get(parts.scheme):
        number = None
    return Origin(parts.scheme.lower(), name.lower(), number, one_label)


def segments(template: str) -> tuple[Segment, ...]:
    """`/orders/{order_id}/{rest+}` as segments; `/` has none."""
    return tuple(_segment(part) for part in template.split("/")[1:] if part)


def _segment(text: str) -> Segment:
    if text.startswith("{"):
        name = text[1:-1]
        return RestSegment(name[:-1]) if name.endswith("+") else ParamSegment(name)
    return LiteralSegment(text)


def template_rank(path: Sequence[Segment]) -> tuple[tuple[int, str], ...]:
    """Sorts the most specific template first: literal before parameter before `{x+}`, segment by segment."""
    ranked: list[tuple[int, str]] = []
    for segment in path:
        match segment:
            case LiteralSegment(text):
                ranked.append((0, text))
            case ParamSegment():
                ranked.append((1, ""))
            case RestSegment():
                ranked.append((2, ""))
    return tuple(ranked)


def places(carriers: loader.Carriers) -> tuple[Place, ...]:
    """Where a credential may stand, in the order written."""
    if isinstance(carriers, tuple):
        return tuple(_place(item) for item in carriers)
    return (_place(carriers),)


def _place(carrier: loader.Carrier) -> Place:
    if isinstance(carrier, str):
        return Bearer()
    if carrier.header is not None:
        return HeaderPlace(carrier.header.lower())
    if carrier.cookie is not None:
        return CookiePlace(carrier.cookie)
    if carrier.query is not None:
        return QueryPlace(carrier.query)
    raise ValueError("a place names a header, a cookie or a query parameter")


def claim_path(
    claims: Mapping[str, str | tuple[str, ...]] | None, name: str, default: tuple[str, ...]
) -> tuple[str, ...]:
    """The keys that lead to a claim: one literal key, or a list of keys; dots never split."""
    found = (claims or {}).get(name)
    if found is None:
        return default
    return (found,) if isinstance(found, str) else tuple(found)


def san_pattern(text: str) -> tuple[SanLiteral | SanWildcard, ...]:
    """`spiffe://example.com/ns/{tenant}/sa/*`: literals, `*` and captures."""
    parts: list[SanLiteral | SanWildcard] = []
    rest = text
    while rest:
        at = min((i for i in (rest.find("*"), rest.find("{")) if i >= 0), default=len(rest))
        if at:
            parts.append(SanLiteral(rest[:at]))
            rest = rest[at:]
        elif rest[0] == "*":
            parts.append(SanWildcard())
            rest = rest[1:]
        else:
            name, _, rest = rest[1:].partition("}")
            parts.append(SanWildcard(name))
    return tuple(parts)
