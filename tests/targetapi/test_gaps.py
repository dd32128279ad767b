"""Which gaps are kept, and which of them stop a build."""

from __future__ import annotations

import pytest

from seccfg.findings import Span, SpecPath
from seccfg.ir.policy import (
    Accepted,
    Audit,
    ClientAddress,
    Edge,
    Errors,
    Evidence,
    Policy,
    RequestTarget,
    ResponseHeaders,
    SourceMap,
    Transport,
)  # fmt: skip
from seccfg.record import replace
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import GapList, acceptance, blocking

TODAY = "2026-01-05"
WRITTEN = ("sessions", "refresh")


def _policy(*accepted: Accepted) -> Policy:
    edge = Edge(
        RequestTarget(False), Transport("refuse", "1.2", "intermediate", ()), ClientAddress((), ()),
        ResponseHeaders((), (), None), Errors("problem+json", "hidden", "X-Request-Id", ()),
        Audit((), (), "clear", None, 0, 0, 0, False, ()),
    )  # fmt: skip
    spans: dict[SpecPath, Span] = {
        ("sessions",): Span("s.yaml", 3, 1),
        WRITTEN: Span("s.yaml", 4, 3),
        ("audit",): Span("s.yaml", 2, 1),
    }
    evidence = Evidence("", "", "", (), (), accepted, ())
    return Policy("n", "", ("h",), (), (), (), (), None, edge, (), evidence, pos=SourceMap(spans))


def _entry(**changes: str) -> Accepted:
    return replace(Accepted("python", "g", "sessions.refresh", "off", "r", "o", ""), **changes)


def _gap(kind: str = "unsupported", **changes: object) -> Gap:
    values: dict[str, object] = {"id": "g", "at": WRITTEN, "kind": kind, "why": "w", "bound": "off", "widens": False}
    return Gap(**{**values, **changes})  # type: ignore[arg-type]


def test_a_default_makes_no_gap_but_a_hole_does() -> None:
    """A gap at a key nobody wrote is dropped unless it widens access."""
    gaps = GapList(_policy())
    gaps.unsupported(("sessions", "logout"), "logout", why="w", bound="b")
    gaps.unsupported(WRITTEN, "refresh", why="w", bound="b")
    gaps.approximate(("body",), "hole", why="w", bound="b", widens=True)
    assert {g.id for g in gaps.all()} == {"refresh", "hole"}


def test_gaps_come_in_the_order_of_the_spec_with_their_place() -> None:
    """Gaps are sorted by where their key stands, and know it."""
    gaps = GapList(_policy())
    gaps.unsupported(WRITTEN, "b", why="w", bound="b")
    gaps.outside(("audit",), "a", why="w", bound="b")
    gaps.outside(("audit",), "a", why="w", bound="b")
    assert [(g.id, g.pos.line, g.place) for g in gaps.all()] == [("a", 2, "audit"), ("b", 4, "sessions.refresh")]


def test_one_gap_has_one_text() -> None:
    """Two texts for the same gap at the same key would make its acceptance ambiguous."""
    gaps = GapList(_policy())
    gaps.unsupported(WRITTEN, "b", why="w", bound="b")
    with pytest.raises(ValueError, match="twice"):
        gaps.unsupported(WRITTEN, "b", why="w", bound="c")


@pytest.mark.parametrize(
    "gap, stops",
    [
        (_gap("unsupported"), True),
        (_gap("outside"), True),
        (_gap("outside", at=("tls",)), False),
        (_gap("approximate"), False),
        (_gap("approximate", widens=True), True),
        (_gap("unsupported", at=("tls",), widens=True), True),
        (_gap("approximate", widens=True, status_only=True), False),
        (_gap("delegated", delegated_to="opa", widens=True), False),
        (_gap("delegated", delegated_to="kong", widens=True), True),
        (_gap("delegated", delegated_to="kong"), True),
        (_gap("delegated", delegated_to="absent"), True),
    ],
    ids=lambda v: v if isinstance(v, bool) else f"{v.kind}-{v.place}-{v.widens}-{v.status_only}-{v.delegated_to}",
)
def test_what_stops_a_build(gap: Gap, stops: bool) -> None:
    """Holes, and written keys nobody enforces; a delegate counts in the same build and without a gap of its own."""
    build = {"python": (gap,), "opa": (), "kong": (_gap("approximate", at=("sessions",)),)}
    assert blocking(gap, "python", _policy(), build, TODAY) is stops


@pytest.mark.parametrize(
    "entry, covered",
    [
        (_entry(), True),
        (_entry(expires=TODAY), True),
        (_entry(expires="2026-01-04"), False),
        (_entry(bound="off by 2"), False),
        (_entry(target="kong"), False),
        (_entry(gap="other"), False),
        (_entry(at="sessions"), False),
    ],
    ids=str,
)
def test_what_an_acceptance_covers(entry: Accepted, covered: bool) -> None:
    """Target, gap, place and printed bound must all be the gap's own, and the entry not past its day."""
    policy = _policy(entry)
    assert (acceptance(_gap(), "python", policy, TODAY) is not None) is covered
    assert blocking(_gap(widens=True), "python", policy, {}, TODAY) is not covered
