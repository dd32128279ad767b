"""A witness in words: the request, who makes it, what both versions decide. No credential is ever shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from seccfg.analyse.credentials import Persona
from seccfg.analyse.requests import NOW_S
from seccfg.diff.model import AccessChange, Witness
from seccfg.expr.times import print_timestamp
from seccfg.findings import NOWHERE, Span
from seccfg.ir.request import Decision, Request
from seccfg.source.files import show

__all__ = ["PLACES", "asker", "circumstances", "claims_text", "decided", "place_of", "request_line", "where"]

PLACES: Final = ("old", "new")
_USUAL_PEER: Final = Request("GET", "/", ()).peer
_UNTOLD: Final = ("host", "content-type")
_BODY_SHOWN: Final = 200


def request_line(witness: Witness) -> str:
    """`DELETE /v1/orders/x1`, without credentials."""
    request = witness.asked.bare
    return f"{show(request.method)} {show(request.target)}"


def asker(witness: Witness) -> str:
    """`as staff with roles viewer`, `without a credential`."""
    return f"as {' and '.join(map(_persona, witness.asked.personas))}" if witness.asked.personas else "without a credential"


def _persona(persona: Persona) -> str:
    parts = [show(persona.verifier)]
    if persona.record:
        parts.append("key" if persona.roles or persona.scopes else f"key {show(persona.record)}")
    lists = (("roles", persona.roles), ("scopes", persona.scopes))
    told = [f"{word} {show(', '.join(values))}" for word, values in lists if values]
    if persona.client_id:
        told.append(f"client id {show(persona.client_id)}")
    told += [f"{show(name)} {show(str(value))}" for name, value in persona.attributes]
    return " ".join(parts) + (f" with {' and '.join(told)}" if told else "")


def circumstances(witness: Witness) -> Iterator[str]:
    """What else matters: claims, headers, body, address, time, what the application knows."""
    asked = witness.asked
    bare = asked.bare
    yield from (f"claim {show(path)} {show(value)}" for path, value in asked.claims)
    if bare.peer != _USUAL_PEER:
        yield f"from {show(bare.peer)}"
    if bare.now_s != NOW_S:
        yield f"at {print_timestamp(bare.now_s)}"
    yield from (f"header {show(name)}: {show(value)}" for name, value in bare.headers if name.lower() not in _UNTOLD)
    if bare.body not in (b"", b"{}"):
        yield f"body {show(bare.body.decode('utf-8', 'replace'))[:_BODY_SHOWN]}"
    yield from (f"the application says {show(name)} is {show(value)}" for name, value in asked.surroundings.application)
    if asked.surroundings.denied or asked.surroundings.versions or asked.surroundings.not_before:
        yield "the token is revoked"


def decided(decision: Decision) -> str:
    """`passes`, `refused with 403 forbidden`."""
    return "passes" if decision.allowed else f"refused with {decision.status} {decision.reason}"


def place_of(span: Span) -> str:
    """`seccfg.yaml:211`; empty when the version says nothing of it."""
    return "" if span == NOWHERE or not span.line else f"{show(span.path)}:{span.line}"


def where(change: AccessChange) -> tuple[tuple[str, str], ...]:
    """(`old` or `new`, place) of what was changed."""
    places = ((PLACES[0], place_of(change.old_at)), (PLACES[1], place_of(change.new_at)))
    return tuple((word, place) for word, place in places if place)


def claims_text(witness: Witness) -> dict[str, object]:
    """Claims besides the usual ones, by their path."""
    return {path: json.loads(value) for path, value in witness.asked.claims}
