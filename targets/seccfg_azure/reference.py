"""Our own table of the vendor's policies: what a document may hold, in which order, where and on which tier.

From the policy reference: attributes (those that are required with `!`, those that take expressions with `@`), children in the
order they have to stand in, sections, and tiers that lack the policy. A document that is not in the table is not emitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seccfg.record import Record

__all__ = ["POLICIES", "SECTIONS", "Node", "Shape", "check", "refused"]

SECTIONS: Final = ("inbound", "backend", "outbound", "on-error")
_V2: Final = ("basic-v2", "standard-v2", "premium-v2")


class Node(Record):
    """An element as the table looks at it: attributes and text as `(text, whether it is an expression)`."""

    name: str
    attributes: tuple[tuple[str, str, bool], ...]
    children: tuple[Node, ...]
    text: tuple[str, bool] | None


class Shape(Record):
    """What one element may hold."""

    attributes: tuple[str, ...] = ()
    """`name`, with `!` when it is required and `@` when it takes expressions."""
    children: tuple[str, ...] = ()
    """In order; `*` after a name that may come more than once, `policies` for any policies."""
    text: bool = False
    sections: tuple[str, ...] = SECTIONS
    lacking: tuple[str, ...] = ()
    """Tiers without it."""
    words: Mapping[str, tuple[str, ...]] = {}
    """Values of attributes that are no expression."""
    once: bool = False
    """At most once in a section."""


_HEADER: Final = Shape(
    ("name!@", "exists-action@"), ("value*",), words={"exists-action": ("override", "skip", "append", "delete")}
)
POLICIES: Final[Mapping[str, Shape]] = {
    "base": Shape(),
    "include-fragment": Shape(("fragment-id!",)),
    "choose": Shape((), ("when*", "otherwise")),
    "when": Shape(("condition!@",), ("policies",)),
    "otherwise": Shape((), ("policies",)),
    "set-variable": Shape(("name!", "value!@")),
    "set-header": _HEADER,
    "set-query-parameter": Shape(
        ("name!@", "exists-action@"), ("value*",), words={"exists-action": ("override", "skip", "append", "delete")},
        sections=("inbound",),
    ),
    "set-status": Shape(("code!@", "reason!@")),
    "set-body": Shape(("template",), text=True, words={"template": ("liquid",)}),
    "set-method": Shape((), text=True),
    "set-url": Shape((), text=True),
    "value": Shape((), text=True),
    "message": Shape((), text=True),
    "return-response": Shape(("response-variable-name",), ("set-status", "set-header*", "set-body")),
    "set-backend-service": Shape(("base-url@", "backend-id@"), sections=("inbound", "backend")),
    "trace": Shape(
        ("source!", "severity"), ("message", "metadata*"), words={"severity": ("verbose", "information", "error")}
    ),
    "log-to-eventhub": Shape(("logger-id!", "partition-id", "partition-key"), text=True),
    "rate-limit-by-key": Shape(
        ("calls!@", "renewal-period!@", "counter-key!@", "increment-condition@", "increment-count@", "retry-after-header-name",
         "retry-after-variable-name", "remaining-calls-header-name", "remaining-calls-variable-name", "total-calls-header-name"),
        sections=("inbound",), lacking=("consumption",),
    ),
    "quota-by-key": Shape(
        ("calls", "bandwidth", "renewal-period!", "counter-key!@", "increment-condition@", "first-period-start"),
        sections=("inbound",), lacking=("consumption", *_V2),
    ),
    "validate-jwt": Shape(
        ("header-name", "query-parameter-name", "token-value@", "failed-validation-httpcode@",
         "failed-validation-error-message@", "require-expiration-time@", "require-scheme@", "require-signed-tokens@",
         "clock-skew@", "output-token-variable-name"),
        ("openid-config*", "issuer-signing-keys", "decryption-keys", "audiences", "issuers", "required-claims"),
        sections=("inbound",),
    ),
    "cors": Shape(
        ("allow-credentials@", "terminate-unmatched-request@"),
        ("allowed-origins", "allowed-methods", "allowed-headers", "expose-headers"), sections=("inbound",), once=True,
    ),
    "allowed-origins": Shape((), ("origin*",)),
    "origin": Shape((), text=True),
    "allowed-methods": Shape(("preflight-result-max-age",), ("method*",)),
    "method": Shape((), text=True),
    "allowed-headers": Shape((), ("header*",)),
    "expose-headers": Shape((), ("header*",)),
    "header": Shape((), text=True),
    "ip-filter": Shape(("action!@",), ("address*", "address-range*"), words={"action": ("allow", "forbid")}, sections=("inbound",)),
    "address": Shape((), text=True),
    "address-range": Shape(("from!", "to!")),
    "issuer-signing-keys": Shape((), ("key*",)),
    "key": Shape(("id", "n", "e", "certificate-id"), text=True),
    "audiences": Shape((), ("audience*",)),
    "audience": Shape((), text=True),
    "issuers": Shape((), ("issuer*",)),
    "issuer": Shape((), text=True),
    "send-request": Shape(
        ("mode", "response-variable-name!", "timeout", "ignore-error"),
        ("set-url", "set-method", "set-header*", "set-body"), words={"mode": ("new", "copy"), "ignore-error": ("true", "false")},
    ),
}
_PARTS: Final = frozenset({
    "when", "otherwise", "value", "message", "set-status", "set-url", "issuer-signing-keys", "key", "audiences", "audience",
    "issuers", "issuer", "allowed-origins", "origin", "allowed-methods", "method", "allowed-headers", "expose-headers", "header",
    "address", "address-range",
})  # fmt: skip
"""Elements that stand in others only."""
_LARGEST: Final = {"policies": 262_144, "fragment": 524_288}
_CONSUMPTION: Final = 16_384


def check(root: Node, tier: str, size: int) -> Iterator[str]:
    """Everything about a document of *size* bytes that a gateway of that *tier* would not take."""
    largest = _CONSUMPTION if tier == "consumption" else _LARGEST.get(root.name, 0)
    if size > largest:
        yield f"{root.name}: {size} bytes, and {tier} takes {largest}"
    if root.name == "fragment":
        yield from _policies(root, "", tier)
        return
    if root.name != "policies" or tuple(child.name for child in root.children) != SECTIONS:
        yield f"{root.name}: not the four sections in order"
        return
    for section in root.children:
        if [child.name for child in section.children].count("base") != 1:
            yield f"{section.name}: not one <base/>"
        yield from _policies(section, section.name, tier)


def refused(root: Node) -> Iterator[str]:
    """What the service would not take of a document, on whatever tier and of whatever size."""
    if root.name == "fragment":
        yield from _policies(root, "", "premium")
        return
    for section in root.children:
        if section.name not in SECTIONS:
            yield f"{root.name}: no section is called {section.name}"
        yield from _policies(section, section.name, "premium")


def _policies(parent: Node, section: str, tier: str) -> Iterator[str]:
    for child in parent.children:
        shape = POLICIES.get(child.name)
        if shape is None or child.name in _PARTS:
            yield f"{parent.name}: no policy is called {child.name}"
            continue
        if section and section not in shape.sections:
            yield f"{child.name}: not in {section}"
        if tier in shape.lacking:
            yield f"{child.name}: tier {tier} lacks it"
        yield from _element(child, shape, section, tier)


def _element(node: Node, shape: Shape, section: str, tier: str) -> Iterator[str]:
    known = {name.rstrip("!@"): name for name in shape.attributes} | {"id": "id"}
    given = {name for name, _, _ in node.attributes}
    for name, text, is_code in node.attributes:
        if name not in known:
            yield f"{node.name}: no attribute {name}"
        elif is_code and not known[name].endswith("@"):
            yield f"{node.name}: {name} takes no expression"
        elif not is_code and name in shape.words and text not in shape.words[name]:
            yield f"{node.name}: {name} is {text}"
    yield from (f"{node.name}: {n.rstrip('!@')} is missing" for n in shape.attributes if "!" in n and n.rstrip("!@") not in given)
    if node.text is not None and not shape.text:
        yield f"{node.name}: holds text"
    if shape.children == ("policies",):
        yield from _policies(node, section, tier)
        return
    yield from _children(node, shape.children)
    for child in node.children:
        inner = POLICIES.get(child.name)
        if inner is not None:
            yield from _element(child, inner, section, tier)


def _children(node: Node, allowed: Sequence[str]) -> Iterator[str]:
    order = [name.rstrip("*") for name in allowed]
    last = 0
    for child in node.children:
        if child.name not in order:
            yield f"{node.name}: no child {child.name}"
            continue
        place = order.index(child.name)
        if place < last or (place == last and not allowed[place].endswith("*") and _before(node, child)):
            yield f"{node.name}: {child.name} stands too late, or twice"
        last = max(last, place)


def _before(node: Node, child: Node) -> bool:
    return sum(other.name == child.name for other in node.children) > 1
