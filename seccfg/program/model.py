"""The Program: a Policy as the checks every gateway target prints. Records, texts and numbers only.

A Program is read like this. The router finds the template of the path and, in it, the Branch of the request; without a
template it is `edge`. OPTIONS with one `Origin` line without a comma and one `Access-Control-Request-Method` line takes
the template's preflight branch of that method, where it has one; else the method's own branch counts, else `undeclared`.
The branch's Steps run in order; the first Item that refuses or answers ends it, and when none does the request passes.

What an Item asks about are slots: values the host delivers. `CATALOGUE` lists every slot: its type, what its key says, who
fills it (a primitive of the host, or the target's prelude: the fixed code that takes a request apart the same way on every
host) and what it holds. A slot may be absent; every atom over an absent slot is false, but for `Known(…, False)`.

Forms have no `not`, like the conditions they hold (`seccfg.expr.lower`): the opposite of an atom is the same atom with
`expect` turned, which is false for an absent slot as well.
"""

from __future__ import annotations

from typing import Literal

from seccfg.expr.lower import Lowered
from seccfg.expr.regex import Regex
from seccfg.expr.types import AttributeKey
from seccfg.ir.policy import (
    Attr,
    Cidr,
    Event,
    Forward,
    Json,
    KeyRecord,
    LimitKey,
    Place,
    Reason,
    ResponseHeaders,
    SanLiteral,
    SanWildcard,
    ScalarType,
    StepName,
    Verifier,
)
from seccfg.record import Record

# ------------------------------------------------------------------------------------------------------------- slots
SlotType = Literal["text", "number", "flag", "texts", "address"]
SlotName = Literal[
    "method", "target", "path", "query", "authority", "line", "count", "requested_headers", "host", "tls", "peer", "client", "now",
    "declared_length", "body_length", "chunked", "media_type",
    "filled", "filled_twice", "credentials", "unclaimed", "certificate", "from_cookie",
    "credential_size", "token", "header_names", "header_text", "keys_usable", "signature",
    "claim", "claim_text", "claim_texts", "claim_number",
    "key_record", "key_not_before", "key_expires", "key_address", "certificate_valid", "san",
    "revocation_store", "denied", "lowest_version", "not_before",
    "chosen", "principal", "principal_method", "principal_client", "principal_roles", "principal_scopes",
    "limit_key", "limit_store", "wait",
    "parameter", "given", "query_names", "body_json", "inputs", "identity",
]  # fmt: skip


class Slot(Record):
    """One value the host delivers; `key` says which one of its kind."""

    name: SlotName
    key: str = ""


class SlotInfo(Record):
    """A line of the catalogue."""

    type: SlotType
    key: str
    """What the key is; empty: the slot has none."""
    filled_by: Literal["primitive", "prelude"]
    meaning: str


def _prelude(kind: SlotType, meaning: str, key: str = "") -> SlotInfo:
    return SlotInfo(kind, key, "prelude", meaning)


def _primitive(kind: SlotType, meaning: str, key: str = "") -> SlotInfo:
    return SlotInfo(kind, key, "primitive", meaning)


CATALOGUE: dict[SlotName, SlotInfo] = {
    # the head of the request
    "method": _primitive("text", "request method, as sent"),
    "target": _primitive("text", "raw request target, each byte one character"),
    "path": _prelude("text", "the target up to `?`; of an http(s) absolute-form target what follows its authority; else absent"),
    "query": _prelude("text", "what follows the target's first `?`; absent without one"),
    "authority": _prelude("text", "authority of an absolute-form target, in lower case; absent for other forms"),
    "line": _prelude("text", "the header's only line without surrounding white space; absent for none or several", "header name"),
    "count": _prelude("number", "how many lines of the header there are", "header name"),
    "requested_headers": _prelude(
        "texts", "elements of all Access-Control-Request-Headers lines in lower case, empty ones left out"
    ),
    "host": _prelude("text", "`line` of host in lower case without `:digits` at its end"),
    "tls": _prelude("flag", "the client's connection is TLS: the peer's own, or what a trusted peer's X-Forwarded-Proto says"),
    "peer": _primitive("address", "other end of the connection; absent when it cannot be read"),
    "client": _prelude("address", "after walking X-Forwarded-For; absent when a reached element is no address"),
    "now": _primitive("number", "whole seconds since the Unix epoch"),
    # the body
    "declared_length": _prelude("number", "Content-Length, or the length the host knows; absent for a chunked body"),
    "body_length": _prelude("number", "bytes read; reading may stop one byte above the limit"),
    "chunked": _prelude("flag", "the body comes without a declared length"),
    "media_type": _prelude("text", "Content-Type in lower case without parameters; empty for none or several lines"),
    # credentials of the branch's places
    "filled": _prelude("number", "how many credentials the place holds; a comma in a header place is two", "place"),
    "filled_twice": _prelude("flag", "some place of the branch holds more than one credential"),
    "credentials": _prelude("texts", "per filled place of the branch the method that claims its credential, empty for none"),
    "unclaimed": _prelude("text", "`token` or `key`: what the first credential no method claims is taken for"),
    "certificate": _primitive("flag", "the handshake carried a client certificate"),
    "from_cookie": _prelude("flag", "a place of the branch that is a cookie is filled"),
    "credential_size": _prelude("number", "characters of the credential the method claims", "method"),
    "token": _prelude("flag", "the credential has three base64url segments, the first two JSON objects", "method"),
    "header_names": _prelude("texts", "member names of the token's header", "method"),
    "header_text": _prelude("text", "the header's member when it is a text", "method, member"),
    "keys_usable": _primitive("flag", "the method's key set is not older than it may be", "method"),
    "signature": _primitive("flag", "the token's signature fits the one key of its kid that fits its algorithm", "method"),
    "claim": _prelude("flag", "the payload has the member, null included", "method, path"),
    "claim_text": _prelude("text", "the member when it is a text", "method, path"),
    "claim_texts": _prelude("texts", "the member when it is a text or an array of nothing but texts", "method, path"),
    "claim_number": _prelude("number", "the member when it is a number within +-(2^53 - 1)", "method, path"),
    "key_record": _prelude("text", "id of the record whose SHA-256 is the ASCII credential's; absent for none", "method"),
    "key_not_before": _prelude("number", "of that record; absent when it has none", "method"),
    "key_expires": _prelude("number", "of that record; absent when it has none", "method"),
    "key_address": _prelude("flag", "that record's addresses are empty or hold the client", "method"),
    "certificate_valid": _primitive("flag", "issued by the method's authority for TLS clients, and valid now", "method"),
    "san": _prelude("text", "the only URI SAN that fits the method's pattern; absent for none or several", "method"),
    # revocation
    "revocation_store": _primitive("flag", "the revocation store answers"),
    "denied": _primitive("flag", "the claim's value is on the deny list", "method, path"),
    "lowest_version": _primitive("number", "lowest good version for the token's principal; absent when none is set", "method"),
    "not_before": _primitive("number", "first good issue time for the token's principal; absent when none is set", "method"),
    # who it is, once chosen
    "chosen": _prelude("text", "number of the alternative step 10 chose"),
    "principal": _prelude("text", "id of the first method's principal; absent when nobody authenticated"),
    "principal_method": _prelude("text", "the first method"),
    "principal_client": _prelude("text", "the spec's name of the token's client; absent for none"),
    "principal_roles": _prelude("texts", "asserted roles the method may assert, closed"),
    "principal_scopes": _prelude("texts", "scopes of the credential"),
    # limits
    "limit_key": _prelude("text", "what the limit counts by; absent when it cannot be told", "limit"),
    "limit_store": _primitive("flag", "the counter can be read, or may be kept locally", "limit"),
    "wait": _primitive("number", "seconds until the limit's counter admits one more, 0 when it does now", "limit"),
    # input
    "parameter": _prelude("text", "the parameter's decoded text, given once and usable; else absent", "place, name"),
    "given": _prelude("number", "how often the parameter is given", "place, name"),
    "query_names": _prelude("texts", "decoded names of the query; one that is no UTF-8 is U+FFFD"),
    "body_json": _prelude("flag", "the body is JSON: UTF-8, no member twice, finite numbers, not deeper than the key", "depth"),
    "inputs": _prelude("texts", "normal form of every text the screens look at", "header names, separated by commas"),
    "identity": _prelude("text", "the principal's field as a header text; absent when it has none", "field"),
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- forms
class Known(Record):
    """The slot is there, or with `expect` false is absent."""

    slot: Slot
    expect: bool = True


class Is(Record):
    """The flag is `expect`."""

    slot: Slot
    expect: bool = True


class OneOf(Record):
    """That the text is one of `values` is `expect`."""

    slot: Slot
    values: tuple[str, ...]
    expect: bool = True


class SameText(Record):
    """Both texts are there and equal but for the case of ASCII letters."""

    left: Slot
    right: Slot


class Matches(Record):
    """That the search for the pattern finds something is `expect`; the text may be of any length and any characters."""

    slot: Slot
    regex: Regex
    expect: bool = True


class Readable(Record):
    """The text is not empty and holds no NUL, no U+FFFD and no lone surrogate."""

    slot: Slot


class Sendable(Record):
    """Latin-1 without control characters and without a space at either end."""

    slot: Slot


class Compare(Record):
    """`left op right + plus`; both sides are numbers, a slot or a constant."""

    left: Slot | int
    op: Literal["==", "<", "<=", ">", ">="]
    right: Slot | int
    plus: int = 0


class Whole(Record):
    """The number has no fraction."""

    slot: Slot


class Within(Record):
    """That some block holds the address is `expect`."""

    slot: Slot
    blocks: tuple[Cidr, ...]
    expect: bool = True


class Meets(Record):
    """That the texts and `values` have one in common is `expect`."""

    slot: Slot
    values: tuple[str, ...]
    expect: bool = True


class HoldsAll(Record):
    """The texts hold every one of `values`."""

    slot: Slot
    values: tuple[str, ...]


class Subset(Record):
    """Every text is one of `values`."""

    slot: Slot
    values: tuple[str, ...]


class Exactly(Record):
    """The texts are `values`, each once, in any order."""

    slot: Slot
    values: tuple[str, ...]


class Size(Record):
    """`number of texts op value`."""

    slot: Slot
    op: Literal["==", "<", "<=", ">", ">="]
    value: int


class NoneShows(Record):
    """No text shows any pattern of the screen."""

    slot: Slot
    screen: str


class Fits(Record):
    """The text read as `kind` fits the schema (an index into `Program.schemas`). Times are judged as texts once read."""

    slot: Slot
    kind: ScalarType
    schema: int


class BodyFits(Record):
    """The body read as JSON fits the schema (an index into `Program.schemas`)."""

    schema: int


class Holds(Record):
    """The condition (by id) is TRUE, or with `expect` false is FALSE. An error is neither."""

    condition: str
    expect: bool = True


class Always(Record):
    """A constant."""

    value: bool


class All(Record):
    items: tuple[Form, ...]


class Any(Record):
    items: tuple[Form, ...]


Atom = (
    Known | Is | OneOf | SameText | Matches | Readable | Sendable | Compare | Whole | Within | Meets | HoldsAll
    | Subset | Exactly | Size | NoneShows | Fits | BodyFits | Holds | Always
)  # fmt: skip
Form = Atom | All | Any


# ------------------------------------------------------------------------------------------------------------- items
HeaderText = tuple[str | Slot, ...]
"""A header's value in pieces; a slot stands for its text, a number for its digits."""


class Header(Record):
    """A response header, sent when `when` holds. Names in lower case."""

    name: str
    value: HeaderText
    when: Form


class Refuse(Record):
    """The end: refused. `charges` are limits that count failures, charged when their key can be told."""

    reason: Reason
    status: int
    event: Event
    headers: tuple[Header, ...] = ()
    charges: tuple[int, ...] = ()


class Check(Record):
    """Refused unless the form holds."""

    holds: Form
    otherwise: Refuse


class Case(Record):
    """One way of several."""

    when: Form
    items: tuple[Item, ...]


class Cases(Record):
    """The first case whose form holds, then on with the step; none: `otherwise`."""

    cases: tuple[Case, ...]
    otherwise: tuple[Item, ...]


class Choose(Record):
    """Step 10 settled on an alternative: fills `chosen` and, from the first method, the principal's slots and attributes."""

    alternative: int


class Answer(Record):
    """The end: a preflight, answered 204 with these headers and no others."""

    headers: tuple[Header, ...]


class Charge(Record):
    """Count the request on each of these limits."""

    limits: tuple[int, ...]


Item = Check | Cases | Refuse | Choose | Answer | Charge


class Step(Record):
    """One step of one branch. `headers` go with every refusal in it, those of the last step with a pass."""

    name: StepName
    items: tuple[Item, ...]
    headers: tuple[Header, ...]


class PlaceUse(Record):
    """A place of a branch and the methods that share it."""

    place: Place
    id: str
    methods: tuple[str, ...]


class OpenConditions(Record):
    """Conditions (by name) the target cannot decide and the service has to, where `when` is the first to hold."""

    when: Form
    names: tuple[str, ...]


class Branch(Record):
    """What happens to one kind of request."""

    id: str
    """`GET /v1/orders`, `preflight GET /v1/orders`, `undeclared /v1/orders` or `edge`."""
    kind: Literal["route", "preflight", "undeclared", "edge"]
    steps: tuple[Step, ...]
    places: tuple[PlaceUse, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    parameters: tuple[tuple[str, int], ...] = ()
    """(path parameter, segment); minus the segment less one for `{x+}`, whose segments are joined by `/`."""
    forward: Forward | None = None
    headers: ResponseHeaders | None = None
    json_depth: int = 0
    always_open: tuple[str, ...] = ()
    """Names of `require` and `forbid` conditions left open."""
    may_be_open: tuple[OpenConditions, ...] = ()
    """The first that holds says which grant's conditions are left open."""


# ------------------------------------------------------------------------------------------------------------ tables
class Node(Record):
    """One node of the router. Numbers are indexes, -1 for none: a literal child first, then the parameter, then the rest."""

    literals: tuple[tuple[str, int], ...]
    parameter: int
    rest: int
    """Template taken when all remaining segments are non-empty."""
    here: int
    """Template of a path that ends here."""


class Template(Record):
    """The branches of one path template, as indexes into `Program.branches`."""

    text: str
    methods: tuple[tuple[str, int], ...]
    preflights: tuple[tuple[str, int], ...]
    undeclared: int


class Limit(Record):
    """A counter's arithmetic and key; its id is its index in `Program.limits`."""

    name: str
    algorithm: Literal["fixed-window", "sliding-window", "token-bucket"]
    limit: int
    window_s: int
    burst: int
    key: LimitKey
    tiers: tuple[tuple[tuple[str, ...], int], ...]
    route: str
    """Route id when each route counts on its own, else empty: counters of equal name, key and route are one."""
    on_store_failure: Literal["refuse", "local"]


class ConditionForms(Record):
    """A condition's two forms; where something it reads is unseen its atoms are TRUE in both and `open` says so."""

    id: str
    name: str
    holds: Lowered
    fails: Lowered
    open: bool


class Method(Record):
    """What the prelude needs of an auth method to fill its slots."""

    name: str
    verifier: Verifier
    asserts: tuple[str, ...]
    principal_prefix: str
    """The principal's id is this and then the subject, record id or SAN."""
    records: tuple[KeyRecord, ...] = ()
    san: tuple[SanLiteral | SanWildcard, ...] = ()


class Program(Record):
    """A Policy as checks."""

    name: str
    hosts: tuple[str, ...]
    trusted_proxies: tuple[Cidr, ...]
    routable: Form
    """Only a path for which this holds is put to the router; any other is `edge`."""
    nodes: tuple[Node, ...]
    """The router; the first is its root."""
    templates: tuple[Template, ...]
    branches: tuple[Branch, ...]
    edge: int
    methods: tuple[Method, ...]
    roles: tuple[tuple[str, tuple[str, ...]], ...]
    """Each declared role and every role it gives."""
    attributes: tuple[Attr, ...]
    conditions: tuple[ConditionForms, ...]
    limits: tuple[Limit, ...]
    schemas: tuple[Json, ...]
    formats: tuple[tuple[str, Regex], ...]
    """Every `format` that asserts something; matched against the whole text."""
    screens: tuple[tuple[str, tuple[Regex, ...]], ...]
    unseen: tuple[AttributeKey, ...] = ()
