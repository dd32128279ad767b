"""What a report is made of. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from seccfg.findings import NOWHERE, Finding, Span, SpecPath, render_path
from seccfg.record import Record
from seccfg.targetapi.base import Gap

Relation = Literal["equal", "subset", "superset", "intersects"]
Assessability = Literal["config", "test", "declared"]
Verdict = Literal["satisfied", "partial", "not-satisfied", "declared-only", "not-assessed", "not-applicable"]
VERDICTS: tuple[Verdict, ...] = (
    "not-satisfied", "partial", "not-assessed", "declared-only", "satisfied", "not-applicable",
)  # fmt: skip
"""In the order they are listed: what asks for work first."""
Params = Mapping[str, object]


class Need(Record):
    """One thing a control needs: a rule that finds nothing, a check that holds, or requests that were executed."""

    kind: Literal["rule", "check", "test"]
    name: str
    """Rule id; name of a check; `allow` or `refuse:REASON`."""
    relation: Relation = "intersects"
    params: tuple[tuple[str, object], ...] = ()
    """Thresholds: a check that is tuned to nothing is no evidence."""

    @property
    def text(self) -> str:
        said = ", ".join(f"{key} {_shown(value)}" for key, value in self.params)
        return f"{self.kind} {self.name}" + (f" ({said})" if said else "")


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


class FrameworkControl(Record):
    """A control of a framework, titled in our own words."""

    id: str
    title: str
    class_: Literal["required", "addressable", "advisory"]
    assessability: Assessability
    needs: tuple[Need, ...]
    applies_when: tuple[str, ...] = ()
    """`data:CLASS` or `uses:FEATURE`, all of which must hold."""
    remains: str = ""
    """What no spec can show."""


class Framework(Record):
    """One edition of a framework."""

    id: str
    name: str
    edition: str
    controls: tuple[FrameworkControl, ...]

    @property
    def tag(self) -> str:
        return f"{self.id}-{self.edition}"


class Judged(Record):
    """
    What a check says of a Policy.

    `outcome`: `holds`, `fails`, or `nothing` when there is nothing to judge. `places`: the keys it rests on, those
    that are wrong first; `covers`: spec paths whose gaps weaken it (a gap above or below one counts).
    """

    outcome: Literal["holds", "fails", "nothing"]
    message: str
    places: tuple[SpecPath, ...] = ()
    covers: tuple[SpecPath, ...] = ()


class Place(Record):
    """A key of the spec; `written` false: nobody wrote it, and its default holds."""

    path: SpecPath
    at: Span = NOWHERE
    written: bool = True

    @property
    def text(self) -> str:
        return render_path(self.path)


class Observation(Record):
    """One executed request: what the reference says and what each engine answered."""

    id: str
    method: str
    target: str
    expected: str
    """`refuse 401 no_credential`."""
    observed: tuple[tuple[str, str], ...]
    """(engine, answer)."""
    wrong: tuple[str, ...] = ()
    """Engines that let pass what is to be refused, or the reverse."""

    @property
    def agrees(self) -> bool:
        return not self.wrong


class Executed(Record):
    """The requests a report executed, by what they test. `missing`: (target, engine, why it did not run)."""

    run: bool = False
    observations: tuple[tuple[str, tuple[Observation, ...]], ...] = ()
    targets: tuple[str, ...] = ()
    """Targets at least one engine of which ran."""
    missing: tuple[tuple[str, str, str], ...] = ()
    engine_targets: tuple[tuple[str, str], ...] = ()
    """(engine, target)."""

    def of(self, test: str) -> tuple[Observation, ...]:
        return dict(self.observations).get(test, ())

    def target_of(self, engine: str) -> str:
        return dict(self.engine_targets)[engine]


class NeedResult(Record):
    """How one need fared."""

    need: Need
    outcome: Literal["holds", "fails", "accepted", "partial", "not-run", "nothing"]
    message: str
    places: tuple[Place, ...] = ()
    findings: tuple[Finding, ...] = ()
    tests: tuple[Observation, ...] = ()
    gaps: tuple[tuple[str, Gap], ...] = ()
    """(target, gap) that weaken it."""
    targets: tuple[str, ...] = ()
    """Targets it does not fully hold on."""

    @property
    def quiet(self) -> bool:
        """Whether it is a rule that ran and found nothing."""
        return self.need.kind == "rule" and self.outcome == "holds"


class ControlVerdict(Record):
    """A control with its verdict and what it rests on."""

    framework: str
    control: FrameworkControl
    verdict: Verdict
    why: str
    needs: tuple[NeedResult, ...] = ()
    accepted_risk: bool = False
    claimed: tuple[Place, ...] = ()
    """Where the spec names this control in a `compliance` tag."""
    targets: tuple[str, ...] = ()

    @property
    def justification(self) -> str:
        """Of an addressable control that is not met, the reasons the spec gives, or that it gives none; empty for others."""
        if self.control.class_ != "addressable" or self.verdict in ("satisfied", "not-applicable"):
            return ""
        reasons = dict.fromkeys(f.ignored for need in self.needs for f in need.findings if f.ignored)
        return "; ".join(reasons) or "none in the spec: write down elsewhere why it is not met, or what is done instead"

    @property
    def telling(self) -> tuple[NeedResult, ...]:
        """Every need but rules that found nothing, what speaks against the control first."""
        order = ("fails", "accepted", "partial", "not-run", "holds", "nothing")
        return tuple(sorted((n for n in self.needs if not n.quiet), key=lambda need: order.index(need.outcome)))

    @property
    def quiet(self) -> tuple[str, ...]:
        """Rules that ran and found nothing."""
        return tuple(need.need.name for need in self.needs if need.quiet)


class Artefact(Record):
    """An emitted file."""

    target: str
    path: str
    sha256: str


class TargetSummary(Record):
    """A target, its files as one digest, and its gaps with what becomes of each."""

    name: str
    sha256: str
    """Of the list `sha256sum` prints for its files."""
    artefacts: tuple[Artefact, ...]
    gaps: tuple[tuple[Gap, str], ...]


class Cell(Record):
    """What one kind of principal may do on one route."""

    access: Literal["yes", "if", "no"]
    ways: tuple[str, ...] = ()
    """Each way in, as the spec says it, with what it asks for besides."""


class Row(Record):
    """A route of the access matrix."""

    route: str
    at: Span
    data: tuple[str, ...]
    anonymous: Cell
    any: Cell
    """Whoever is authenticated, without any role."""
    roles: tuple[Cell, ...]
    conditions: tuple[str, ...] = ()
    """`require` and `forbid` conditions, which hold for every way in."""


class Matrix(Record):
    roles: tuple[str, ...]
    rows: tuple[Row, ...]


class Conflict(Record):
    """Two demands that no value meets, with every line that takes part."""

    message: str
    places: tuple[Span, ...]


class Report(Record):
    """Everything a report says of one spec."""

    title: str
    path: str
    env: str
    spec_sha256: str
    tool_version: str
    git_commit: str
    timestamp: str
    """RFC 3339, or empty when the run has none."""
    matrix: Matrix
    targets: tuple[TargetSummary, ...]
    executed: Executed
    findings: tuple[Finding, ...]
    frameworks: tuple[Framework, ...]
    verdicts: tuple[ControlVerdict, ...]
    conflicts: tuple[Conflict, ...] = ()

    def count(self, verdict: Verdict, framework: str = "") -> int:
        """How many controls have *verdict*."""
        return sum(v.verdict == verdict and framework in ("", v.framework) for v in self.verdicts)
