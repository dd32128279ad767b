"""One line a control, for spreadsheets."""

from __future__ import annotations

import csv as _csv
import io

from seccfg.report.model import ControlVerdict, Report

__all__ = ["csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEAD = (
    "framework", "edition", "control", "title", "class", "verdict", "why", "remains", "justification",
    "targets", "needs", "places", "tests", "spec_sha256",
)  # fmt: skip


def csv(report: Report) -> bytes:
    """RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = _csv.writer(out)
    writer.writerow(_HEAD)
    editions = {framework.id: framework.edition for framework in report.frameworks}
    for verdict in report.verdicts:
        row = _row(verdict, editions[verdict.framework], report.spec_sha256)
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return out.getvalue().encode()


def _row(verdict: ControlVerdict, edition: str, digest: str) -> list[str]:
    control = verdict.control
    places = dict.fromkeys(f"{place.text} ({place.at})" for need in verdict.needs for place in need.places)
    tests = dict.fromkeys(test.id for need in verdict.needs for test in need.tests)
    quiet = [f"rules {', '.join(verdict.quiet)}: hold"] if verdict.quiet else []
    needs = quiet + [f"{need.need.text}: {need.outcome}" for need in verdict.telling]
    said = "not-satisfied (accepted risk)" if verdict.accepted_risk else verdict.verdict
    return [
        verdict.framework, edition, control.id, control.title, control.class_, said, verdict.why, control.remains,
        verdict.justification, ", ".join(verdict.targets), "; ".join(needs), "; ".join(places), "; ".join(tests), digest,
    ]  # fmt: skip
