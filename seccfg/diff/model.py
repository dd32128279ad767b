"""What a comparison of two policies comes to. Data only."""

from __future__ import annotations

from typing import Literal

from seccfg.analyse.concrete import Asked
from seccfg.findings import NOWHERE, Span
from seccfg.ir.request import Decision
from seccfg.record import Record

__all__ = [
    "Acceptance", "AccessChange", "Difference", "Direction", "Renaming", "RestChange", "SettingChange", "Strength", "Verdict",
    "Witness", "verdict_of",
]  # fmt: skip

Verdict = Literal["WIDENS", "NARROWS", "BOTH", "EQUIVALENT", "NON-AUTHZ"]
Direction = Literal["widens", "narrows"]
Strength = Literal["weaker", "stronger", "changed"]


class Witness(Record):
    """A request that the two versions decide differently, as the reference decided it for both."""

    asked: Asked
    old: Decision
    new: Decision


class Acceptance(Record):
    """Who lets a widening be, why, and until which ISO day."""

    reason: str
    owner: str
    expires: str


class AccessChange(Record):
    """
    Requests that pass now and did not, or the other way round.

    `witness` None: analysis says so, or cannot tell (`decided` false), and no request was found that shows it.
    """

    direction: Direction
    sentence: str
    """For the first of `routes`; the others are alike."""
    routes: tuple[str, ...]
    """Route ids; none: the service as a whole."""
    witness: Witness | None
    decided: bool = True
    old_at: Span = NOWHERE
    new_at: Span = NOWHERE
    accepted: Acceptance | None = None
    """What the new version's `accept:` says of it."""
    owner: str = ""
    """Who answers for the role or client it is about, else for the service; empty: the spec does not say."""


class SettingChange(Record):
    """A protection that got weaker or stronger, or changed in a way that is neither."""

    area: str
    """`limits`, `cors`, `tls`, `headers`, `validation`, `audit`, `errors`, `forwarding`, `sessions`, `network`, `keys`."""
    what: str
    before: str
    """Empty: there was none."""
    after: str
    strength: Strength
    routes: tuple[str, ...] = ()
    """Route ids; none: the service as a whole."""
    old_at: Span = NOWHERE
    new_at: Span = NOWHERE


class RestChange(Record):
    """Something else the specs say differently; it decides nothing."""

    path: str
    before: str
    after: str
    old_at: Span = NOWHERE
    new_at: Span = NOWHERE


class Renaming(Record):
    """A name that changed, and nothing else about what it names."""

    kind: str
    old: str
    new: str


class Difference(Record):
    """All that two versions differ in."""

    verdict: Verdict
    access: tuple[AccessChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    rest: tuple[RestChange, ...] = ()
    renamed: tuple[Renaming, ...] = ()
    base_path: str = ""
    """What paths of routes begin with besides what the new spec's `routes` say."""
    routes: tuple[str, ...] = ()
    """`GET /orders/{id}` of every route either spec writes, without the base path."""


def verdict_of(access: tuple[AccessChange, ...], others: bool) -> Verdict:
    """The one word: what access does, else whether anything at all is different."""
    directions = {change.direction for change in access}
    if len(directions) == 2:
        return "BOTH"
    if directions:
        return "WIDENS" if "widens" in directions else "NARROWS"
    return "NON-AUTHZ" if others else "EQUIVALENT"
