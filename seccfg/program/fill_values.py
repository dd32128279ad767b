"""The prelude for values: attributes for conditions, parameters, what screens look at, counters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from seccfg.expr.evaluate import UNUSABLE, typed_value
from seccfg.expr.times import parse_timestamp
from seccfg.expr.types import INTEGER_LIMIT, AttributeKey, Side, list_of
from seccfg.ir.policy import (
    Attr,
    ByAddress,
    ByAttribute,
    ByPrincipal,
    FromApplication,
    FromBody,
    FromClaims,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    FromRoute,
    LimitKey,
    ScalarType,
)
from seccfg.ir.request import Surroundings
from seccfg.program.fill_head import Head, body_as_json
from seccfg.program.fill_identity import Identity
from seccfg.program.model import Branch, Program

__all__ = ["Values", "read_text"]

_TEXTS = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?")
_UPPER = re.compile("[A-Z]")


def read_text(text: str, kind: ScalarType) -> object:
    """What *text* says as a *kind*; UNUSABLE when nothing."""
    if kind == "string":
        return UNUSABLE if re.search("[\x00\ufffd\ud800-\udfff]", text) else text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, UNUSABLE)
    if kind == "timestamp":
        seconds = parse_timestamp(text)
        return UNUSABLE if seconds is None else seconds
    found = _TEXTS.fullmatch(text)
    if found is None or kind == "duration" or (kind == "integer" and found[1]):
        return UNUSABLE
    number = int(text) if kind == "integer" else float(text)
    return number if abs(number) <= INTEGER_LIMIT else UNUSABLE


class Values:
    """What depends on the branch, the request and who makes it."""

    def __init__(
        self, program: Program, branch: Branch, head: Head, identity: Identity, surroundings: Surroundings
    ) -> None:
        self._attrs = {(attr.side, attr.name): attr for attr in program.attributes}
        self._branch = branch
        self._head = head
        self._identity = identity
        self._surroundings = surroundings

    # -------------------------------------------------------------------------------------------------- attributes
    def context(self) -> dict[Side, dict[str, object]]:
        """Every attribute the request has, for conditions."""
        found: dict[Side, dict[str, object]] = {"principal": {}, "resource": {}, "request": {}}
        for side, name in (*self._attrs, *_BUILT_IN):
            value = self.attribute((side, name))
            if value is not None:
                found[side][name] = value
        return found

    def attribute(self, key: AttributeKey) -> object:
        """One attribute as a condition sees it; None when the request lacks it."""
        attr = self._attrs.get(key)
        if attr is not None:
            return self._declared(attr)
        side, name = key
        if side == "request":
            client = self._head.client
            return {
                "method": self._head.request.method, "path": self._head.path, "host": self._head.host,
                "ip": None if client is None else str(client), "time": self._head.request.now_s,
            }.get(name)  # fmt: skip
        who = self._identity.who
        if side != "principal" or who is None:
            return None
        return {
            "subject": who.subject, "roles": list(who.roles), "scopes": list(who.scopes), "method": who.method,
            "client": who.client or None,
        }.get(name)  # fmt: skip

    def _declared(self, attr: Attr) -> object:
        match attr.source:
            case FromClaims():
                who = self._identity.who
                found = None if who is None else who.attributes.get(attr.name)
                return self._text(str(found), attr) if who is not None and who.from_text and found is not None else found
            case FromHeader(name):
                if name not in self._head.lines or (attr.trust == "proxy" and not self._head.peer_trusted):
                    return None
                line = self._head.line(name)
                return UNUSABLE if line is None or "," in line or not line.isascii() else self._text(line, attr)
            case FromPath(name):
                text = self.path_parameter(name)
                return None if text is None else read_text(text, attr.type)
            case FromQuery(name):
                given = [value for key, value in self._head.query_pairs if key == name]
                if not given:
                    return None
                return UNUSABLE if len(given) > 1 or given[0] is None else self._text(given[0], attr)
            case FromBody(path):
                return self._member(path)
            case FromClock(function):
                now = self._head.request.now_s
                return {"hour_utc": now % 86_400 // 3600, "weekday_utc": (now // 86_400 + 4) % 7}.get(function, now)
            case FromApplication():
                text = dict(self._surroundings.application).get(attr.name)
                return None if text is None else json.loads(text)
            case FromRoute():
                return None

    def _text(self, text: str, attr: Attr) -> object:
        return UNUSABLE if attr.list_of else read_text(text, attr.type)

    def _member(self, path: tuple[str, ...]) -> object:
        if not self._head.request.body:
            return None
        is_json, node = body_as_json(self._head.request.body, self._branch.json_depth)
        if not is_json:
            return UNUSABLE
        for name in path:
            node = node.get(name) if isinstance(node, dict) else None
        return node

    def typed(self, key: AttributeKey) -> object:
        """The attribute as a value of its type; None when it has none."""
        value, attr = self.attribute(key), self._attrs.get(key)
        return value if attr is None else typed_value(value, list_of(attr.type) if attr.list_of else attr.type)

    # -------------------------------------------------------------------------------------------------- parameters
    def path_parameter(self, name: str) -> str | None:
        """Decoded; the segments of `{x+}` joined by `/`."""
        at = dict(self._branch.parameters).get(name)
        segments = self._head.segments
        if at is None or segments is None:
            return None
        return segments[at] if at >= 0 else "/".join(segments[-at - 1 :])

    def parameter(self, key: str) -> str | None:
        """The parameter's text, given once and usable."""
        place, _, name = key.partition(" ")
        if place == "path":
            return self.path_parameter(name)
        if place == "header":
            line = self._head.line(name)
            return None if line is None or "," in line or not line.isascii() else line
        given = [value for key, value in self._head.query_pairs if key == name]
        return given[0] if len(given) == 1 else None

    def given(self, key: str) -> int:
        """How often the parameter is given."""
        place, _, name = key.partition(" ")
        if place == "path":
            return int(self.path_parameter(name) is not None)
        if place == "header":
            return len(self._head.lines.get(name, []))
        return sum(key == name for key, _ in self._head.query_pairs)

    def inputs(self, headers: str) -> list[str]:
        """Normal form of every text the screens look at."""
        texts = [text for name, _ in self._branch.parameters if (text := self.path_parameter(name)) is not None]
        texts += [text for pair in self._head.query_pairs for text in pair if text is not None]
        texts += [line for name in headers.split(",") for line in self._head.lines.get(name, [])]
        body = self._head.request.body
        if body:
            is_json, value = body_as_json(body, self._branch.json_depth)
            texts += _texts(value) if is_json else [body.decode("latin-1")]
        return [_normal(text) for text in texts]

    # ------------------------------------------------------------------------------------------ limits and identity
    def limit_key(self, key: LimitKey) -> str | None:
        """What a limit counts by."""
        match key:
            case ByAddress():
                client = self._head.client
                if client is None or client.version == 4:
                    return None if client is None else str(client)
                return f"{int(client) >> 64:016x}/64"
            case ByPrincipal():
                return None if self._identity.who is None else self._identity.who.id
            case ByAttribute(side, name):
                value = self.typed((side, name))
                return None if value is None else json.dumps(value)

    def identity_text(self, field: str) -> str | None:
        """A principal's field as the text of a header."""
        built_in = field in ("subject", "roles", "scopes", "method", "client")
        value = self.attribute(("principal", field)) if built_in else self.typed(("principal", field))
        if isinstance(value, (list, tuple)):
            return " ".join(element if isinstance(element, str) else json.dumps(element) for element in value)
        return value if value is None or isinstance(value, str) else json.dumps(value)


_BUILT_IN: tuple[AttributeKey, ...] = (
    ("principal", "subject"), ("principal", "roles"), ("principal", "scopes"), ("principal", "method"),
    ("principal", "client"), ("request", "method"), ("request", "path"), ("request", "host"), ("request", "ip"),
    ("request", "time"),
)  # fmt: skip


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for element in value:
                yield from _texts(element)
        case dict():
            for name, member in value.items():
                yield from (name, *_texts(member))
        case _:
            return


def _normal(text: str) -> str:
    ascii_only = re.sub("[^\x01-\x7f]+", "?", text)
    return re.sub("[\t\n\x0b\x0c\r ]+", " ", f" {_UPPER.sub(lambda found: found.group().lower(), ascii_only)} ")
