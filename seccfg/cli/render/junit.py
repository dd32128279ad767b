"""Findings as JUnit XML: a suite for each spec, a case for each finding that counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from seccfg.cli.render.concise import place
from seccfg.cli.render.places import Repository
from seccfg.findings import Finding
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked

__all__ = ["junit"]


def junit(results: Sequence[Checked]) -> str:
    """Errors and warnings are failures, notes are cases that pass with their text, ignored findings are skipped."""
    repository = Repository()
    top = Xml.Element("testsuites", {"name": "seccfg lint"})
    for result in results:
        cases = [_case(finding, repository) for finding in result.findings] or [_clean(result, repository)]
        failed = sum(case.find("failure") is not None for case in cases)
        skipped = sum(case.find("skipped") is not None for case in cases)
        counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
        suite = Xml.SubElement(top, "testsuite", {"name": repository.relative(result.path), **counts})
        suite.extend(cases)
    Xml.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(top, encoding="unicode") + "\n"


def _clean(result: Checked, repository: Repository) -> Xml.Element:
    return Xml.Element("testcase", {"classname": repository.relative(result.path), "name": "no findings"})


def _case(finding: Finding, repository: Repository) -> Xml.Element:
    where = {"file": repository.relative(finding.at.path), "line": str(finding.at.line)}
    name = f"{finding.rule} {place(finding.at)}"
    case = Xml.Element("testcase", {"classname": finding.rule, "name": name, **where})
    message = show(finding.message)
    if finding.ignored:
        Xml.SubElement(case, "skipped", {"message": show(finding.ignored)})
    elif finding.severity == "note":
        Xml.SubElement(case, "system-out").text = message
    else:
        failure = Xml.SubElement(case, "failure", {"type": finding.severity, "message": message})
        failure.text = show(finding.help) or None
    return case
