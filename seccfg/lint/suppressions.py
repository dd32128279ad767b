"""What silences a finding: `ignore` comments and `waivers:`, and what is wrong with those that do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seccfg.findings import Finding, Span, SpecPath, render_path
from seccfg.lint.index import INDEX
from seccfg.lint.selection import id_of
from seccfg.record import Record, replace

if TYPE_CHECKING:
    from seccfg.lint.selection import Selection
    from seccfg.source.suppress import Suppression
    from seccfg.spec.loader import Waiver

__all__ = ["EXPIRED", "NO_REASON", "STALE", "Silencer", "apply", "from_comment", "from_waiver", "judge"]

STALE, EXPIRED, NO_REASON = "REF101", "REF102", "REF103"


class Silencer(Record):
    """One comment or waiver for one rule. A comment silences a line of its file, a waiver a place in the spec."""

    rule: str
    at: Span
    reason: str
    expires: str
    line: int = 0
    """The line a comment counts on; 0 for a waiver."""
    place: str = ""
    """The place of a waiver, as `render_path` writes it."""
    spec_path: SpecPath = ()
    named: str = ""
    """The rule as it is written there."""

    @property
    def what(self) -> str:
        return "comment" if self.line else "waiver"

    def valid(self, today: str) -> bool:
        """Whether it silences anything on the ISO date *today*; it still does on the day it expires."""
        return bool(self.reason.strip()) and not (self.expires and self.expires < today)

    @property
    def covers(self) -> _Key:
        """Equal to one of the keys of each finding it speaks of."""
        if self.line:
            return self.rule, self.at.path, self.line
        return self.rule, self.place, 0


_Key = tuple[str, str, int]


def _keys(finding: Finding) -> tuple[_Key, _Key]:
    """What the `covers` of a comment, and of a waiver, on *finding* would be."""
    return (finding.rule, finding.at.path, finding.at.line), (finding.rule, render_path(finding.spec_path), 0)


def from_comment(comment: Suppression) -> tuple[Silencer, ...]:
    """One for each rule the comment names."""
    return tuple(
        Silencer(id_of(rule), comment.at, comment.reason, comment.expires, line=comment.line, named=rule)
        for rule in comment.rules
    )


def from_waiver(waiver: Waiver, at: Span) -> Silencer:
    """A `waivers:` entry that stands at *at*."""
    return Silencer(
        id_of(waiver.rule), at, waiver.reason, waiver.expires,
        place=waiver.at, spec_path=waiver.pos, named=waiver.rule,
    )  # fmt: skip


def apply(
    findings: Iterable[Finding], silencers: Sequence[Silencer], today: str, selected: Selection | None = None
) -> tuple[Finding, ...]:
    """*findings*, those that a valid silencer covers marked as ignored with its reason; mandatory rules never are."""
    valid: dict[_Key, Silencer] = {}
    for silencer in silencers:
        if silencer.valid(today) and (selected is None or selected.may_silence(silencer.rule)):
            valid.setdefault(silencer.covers, silencer)
    if not valid:
        return tuple(findings)
    marked = []
    for finding in findings:
        covering = next((valid[key] for key in _keys(finding) if key in valid), None)
        marked.append(finding if covering is None else replace(finding, ignored=covering.reason))
    return tuple(marked)


def judge(silencers: Sequence[Silencer], findings: Sequence[Finding], today: str, selected: Selection) -> list[Finding]:
    """Findings on silencers that say no reason, have expired, or cover none of *findings*."""
    if not silencers:
        return []
    fired: dict[str, dict[str, None]] = {}
    for finding in findings:
        fired.setdefault(finding.rule, {})[render_path(finding.spec_path)] = None
    covered = {key for finding in findings for key in _keys(finding)}
    found: list[Finding] = []
    for silencer in silencers:
        judged = _judge(silencer, covered, fired.get(silencer.rule, {}), today, selected)
        if judged is not None and selected.has(judged[0]):
            rule, message = judged
            entry = next(entry for entry in INDEX if entry.id == rule)
            found.append(Finding(rule, entry.severity, message, silencer.at, entry.fix, spec_path=silencer.spec_path))
    return found


def _judge(
    silencer: Silencer, covered: set[_Key], places: dict[str, None], today: str, selected: Selection
) -> tuple[str, str] | None:
    """Rule and message, or None for one that is fine; *places* are those where its rule fires."""
    what, rule = silencer.what, silencer.rule
    if not silencer.reason.strip():
        return NO_REASON, f"the {what} for `{rule}` gives no reason, so it silences nothing"
    if silencer.expires and silencer.expires < today:
        return EXPIRED, f"the {what} for `{rule}` expired on {silencer.expires}"
    if selected.has(rule) and not selected.may_silence(rule):
        return STALE, f"the {what} silences nothing: `{rule}` is mandatory here"
    if not selected.has(rule) or silencer.covers in covered:
        return None
    if rule not in {entry.id for entry in INDEX}:
        return _unknown(silencer)
    if not silencer.line and places:
        where = ", ".join(f"`{place}`" for place, _ in zip(places, range(3), strict=False))
        return STALE, f"`{rule}` does not fire at `{silencer.place}`; it does at {where}"
    there = f"line {silencer.line}" if silencer.line else f"`{silencer.place}`"
    return STALE, f"the {what} silences nothing: `{rule}` does not fire at {there}"


def _unknown(silencer: Silencer) -> tuple[str, str] | None:
    """A rule that lint does not run: one of loading, whose errors nothing silences, or none at all."""
    from seccfg.lint.catalogue import load_rules
    from seccfg.source.suggest import did_you_mean

    known = {rule.id: rule for rule in load_rules()}
    known |= {rule.name: rule for rule in known.values()}
    if silencer.rule in known:
        because = (
            "an error of loading cannot be silenced"
            if known[silencer.rule].severity == "error"
            else "it does not fire there"
        )
        return STALE, f"the {silencer.what} for `{silencer.rule}` silences nothing: {because}"
    meant = did_you_mean(silencer.rule, [*(word for entry in INDEX for word in (entry.id, entry.name)), *known])
    return STALE, f"the {silencer.what} names `{silencer.rule}`, which is no rule{meant}"
