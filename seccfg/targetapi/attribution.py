"""What places of a vendor's configuration enforce: data by which a difference is told as the control it weakens.

A target's `drift` module says it as `attribution`, for the tree its `normal` gives. A place is written as steps separated by
spaces, each a glob (`fnmatch`), `**` for whatever is below; the first entry that fits counts, so special ones come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, runtime_checkable

from seccfg.record import Record
from seccfg.targetapi.drift import Drift

__all__ = ["Attribution", "AttributedDrift", "Code", "ControlName", "Meaning", "Place", "Section", "Weaker"]

ControlName = Literal[
    "RequestTarget", "Transport", "ClientAddress", "Cors", "BodyLimit", "RateLimit", "Authenticate", "Revocation", "Authorize",
    "Validate", "Forward", "ResponseHeaders", "Errors", "Audit", "Session", "Host", "Route", "every control",
]  # fmt: skip
"""The kinds of `seccfg.ir.policy.Control`, and what else decides: own hosts, which requests are a route's, and all at once."""

Weaker = Literal["more", "less", "true", "false", "any", "unknown"]
"""
Which way is weaker: a larger number, more members or something where nothing was (`more`) and their opposites (`less`); a
flag's value; whatever it changes to (`any`); or a difference alone does not say (`unknown`).
"""


class Meaning(Record):
    """What a place is for. `says`: what happens when it is weakened, as a sentence without an end."""

    control: ControlName
    says: str
    weaker: Weaker = "unknown"


class Place(Record):
    """A place of the tree. Without `means` it decides nothing, and `reason` says why."""

    where: str
    means: Meaning | None
    reason: str = ""


class Section(Record):
    """
    Lines of code from one that `starts` finds (a regular expression) up to the next section.

    `means` None: it counts for what uses it, by `Code.refers`. With `members` the names in a line say what it is about.
    """

    starts: str
    means: Meaning | None
    members: bool = False
    region: str = ""
    """Counts only where this region (`Code.regions`) began last; empty: everywhere."""


class Code(Record):
    """
    A text or a list of lines at `where`.

    `members`: by the name of a member, or `CONTROL.NAME` for that name in a section of that control. `head` finds, in the
    line that begins it, the name other sections refer to it by, and `refers` finds such names (the first group that matched,
    put into the text beside it). `route` finds the route a section is about. `silent`: lines that decide nothing, with why.
    """

    where: str
    sections: tuple[Section, ...]
    members: Mapping[str, Meaning]
    head: tuple[tuple[str, str], ...] = ()
    refers: tuple[tuple[str, str], ...] = ()
    route: str = ""
    """With `name:` before it, looked for in the section's own names."""
    regions: tuple[tuple[str, str], ...] = ()
    """(what a line that begins it has, its name); `{region}` in `head` and `refers` stands for the name."""
    ahead: tuple[tuple[str, Mapping[str, Meaning]], ...] = ()
    """For sections without `means`: what the next line of the section that has it says, or else the one before."""
    silent: tuple[tuple[str, str], ...] = ()


class Attribution(Record):
    """All a target says of its places."""

    places: tuple[Place, ...]
    code: tuple[Code, ...] = ()


@runtime_checkable
class AttributedDrift(Drift, Protocol):
    """A Drift that says what its places enforce."""

    attribution: Attribution

    def routes(self, path: tuple[str | int, ...], tree: Mapping[str, object]) -> tuple[str, ...]:
        """
        The spec's routes (`GET /orders/{id}`) the place *path* is for; none: not some routes alone.

        Of code the last step is what `Code.route` found; none: that is the route.
        """
        ...
