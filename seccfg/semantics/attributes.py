"""What each attribute of a request is: sources, trust, text to value.

`MISSING` is what the request lacks, JSON null included; `UNUSABLE` is present and an error wherever it is used:

- a header, query or path text that is no value of the declared type, or (header) holds a comma or a non-ASCII byte,
  or is given twice;
- every body attribute of a body that is no JSON (duplicate members and too deep nesting included); a member that a
  body which is JSON does not have is missing;
- a principal attribute of another JSON type than declared is handed on as it is, for the condition to judge.

`trust: proxy` attributes from a peer that is no trusted proxy are stripped, so missing. `principal.client` is the
client's name in the spec, missing for a client the spec does not declare. `request.path` is the path as sent, which
step 1 made canonical; `request.host` and `request.ip` are in the form they are compared in. Principal attributes are
all missing where nobody authenticated. Application attributes come from the surroundings.
"""

from __future__ import annotations

import json
from typing import Final

from seccfg.expr.evaluate import UNUSABLE, Unusable, typed_value
from seccfg.expr.types import AttributeKey, list_of
from seccfg.ir.policy import (
    Attr,
    FromApplication,
    FromBody,
    FromClaims,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    FromRoute,
)
from seccfg.semantics.address import client_address, peer_is_trusted
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.host import host_of
from seccfg.semantics.json_text import Parsed, parse_json
from seccfg.semantics.values import from_text

__all__ = ["MISSING", "Missing", "body_value", "header_text", "raw", "value_of"]


class Missing(Unusable):
    """The request has no such attribute."""

    __slots__ = ()


MISSING: Final = Missing()


def value_of(case: Case, key: AttributeKey) -> object:
    """The attribute as its declared type holds it; MISSING or UNUSABLE."""
    found = raw(case, key)
    if isinstance(found, Unusable):
        return found
    attr = case.compiled.attrs.get(key)
    if attr is None:
        return found
    value = typed_value(found, list_of(attr.type) if attr.list_of else attr.type)
    return UNUSABLE if value is None else value


def raw(case: Case, key: AttributeKey) -> object:
    """The attribute as a condition is given it: a JSON value, MISSING or UNUSABLE."""
    side, name = key
    attr = case.compiled.attrs.get(key)
    if attr is None:
        return _principal(case, name) if side == "principal" else _request(case, name)
    match attr.source:
        case FromClaims():
            return _claim(case, attr)
        case FromHeader(header):
            return _header(case, header, attr)
        case FromPath(parameter):
            return from_text(case.path[parameter], attr.type) if parameter in case.path else MISSING
        case FromQuery(parameter):
            return _query(case, parameter, attr)
        case FromBody(path):
            return _body(case, path)
        case FromClock(function):
            return _clock(case.request.now_s, function)
        case FromApplication():
            return _application(case, name)
        case FromRoute():
            return MISSING


def _principal(case: Case, name: str) -> object:
    principal = case.principal
    if principal is None:
        return MISSING
    if name == "subject":
        return principal.subject
    if name == "roles":
        return list(principal.roles)
    if name == "scopes":
        return list(principal.scopes)
    if name == "method":
        return principal.method
    return principal.client if name == "client" and principal.client else MISSING


def _request(case: Case, name: str) -> object:
    if name == "method":
        return case.request.method
    if name == "path":
        return case.target.path
    if name == "time":
        return case.request.now_s
    if name == "host":
        host = host_of(case)
        return MISSING if host is None else host
    if name == "ip":
        client = client_address(case)
        return MISSING if isinstance(client, Refusal) else client.text
    return MISSING


def _claim(case: Case, attr: Attr) -> object:
    if case.principal is None:
        return MISSING
    found = case.principal.attributes.get(attr.name)
    if found is None:
        return MISSING
    if case.principal.id.startswith("cert:"):
        return UNUSABLE if attr.list_of or not isinstance(found, str) else from_text(found, attr.type)
    return found


def header_text(lines: list[str]) -> str | Unusable:
    """A header as one text: given once, ASCII, no comma."""
    if len(lines) != 1 or "," in lines[0] or not lines[0].isascii():
        return UNUSABLE
    return lines[0]


def _header(case: Case, header: str, attr: Attr) -> object:
    lines = case.headers.get(header)
    if lines is None or (attr.trust == "proxy" and not peer_is_trusted(case)):
        return MISSING
    text = header_text(lines)
    return text if isinstance(text, Unusable) else _text(text, attr)


def _text(text: str, attr: Attr) -> object:
    return UNUSABLE if attr.list_of else from_text(text, attr.type)


def _query(case: Case, parameter: str, attr: Attr) -> object:
    found = case.target.values(parameter)
    if not found:
        return MISSING
    text = found[0]
    return UNUSABLE if len(found) > 1 or text is None else _text(text, attr)


def body_value(case: Case) -> Parsed:
    """The body as JSON, read once."""
    if case.parsed_body is None:
        depth = 0 if case.view is None else case.view.validate.json_depth
        case.parsed_body = parse_json(case.request.body, depth)
    return case.parsed_body


def _body(case: Case, path: tuple[str, ...]) -> object:
    if not case.request.body or case.compiled.policy.host.bodies != "judged":
        return MISSING
    parsed = body_value(case)
    if parsed.problem:
        return UNUSABLE
    node = parsed.value
    for key in path:
        if not isinstance(node, dict):
            return MISSING
        node = node.get(key)
    return MISSING if node is None else node


def _clock(now_s: int, function: str) -> object:
    if function == "hour_utc":
        return now_s // 3600 % 24
    if function == "weekday_utc":
        return (now_s // 86_400 + 4) % 7
    return now_s


def _application(case: Case, name: str) -> object:
    text = next((json_text for known, json_text in case.state.surroundings.application if known == name), None)
    found = None if text is None else json.loads(text)
    return MISSING if found is None else found
