"""Sentences that several formats share."""

from __future__ import annotations

from seccfg.report.model import VERDICTS, Report

__all__ = ["first_line"]


def first_line(report: Report) -> str:
    """What was not assessed comes first: nobody should have to look for it."""
    total = len(report.verdicts)
    rest = [f"{report.count(verdict)} {verdict}" for verdict in VERDICTS if verdict != "not-assessed"]
    run = "" if report.executed.run else "; no request was executed"
    return f"{report.count('not-assessed')} of {total} controls not assessed; {', '.join(rest)}{run}."
