"""The report as one page that needs nothing else: no server, no network, no script to be read."""

from __future__ import annotations

import base64
import hashlib
import html as _html
from collections.abc import Mapping
from importlib import resources
from typing import Final

from seccfg import __version__
from seccfg.findings import Finding, render_path
from seccfg.record import Record
from seccfg.report.model import VERDICTS, ControlVerdict, Framework, Report
from seccfg.report.render.words import first_line
from seccfg.targetapi.templates import Code, Templates

__all__ = ["findings_page", "html"]

_WORDS: Final[Mapping[str, str]] = {
    "holds": "holds",
    "fails": "does not hold",
    "accepted": "accepted risk",
    "partial": "holds in part",
    "not-run": "not run",
    "nothing": "nothing to judge",
}


class _Section(Record):
    """A framework with its verdicts and counts."""

    framework: Framework
    verdicts: tuple[ControlVerdict, ...]
    counts: tuple[tuple[str, int], ...]


def html(report: Report) -> bytes:
    """The whole page. Scripts and styles stand in it and are named by their hashes in its policy."""
    return _page(
        "report.html.j2",
        {
            "report": report,
            "first_line": first_line(report),
            "counts": tuple((verdict, report.count(verdict)) for verdict in VERDICTS),
            "sections": tuple(_section(report, framework) for framework in report.frameworks),
            "words": _WORDS,
        },
    )


def findings_page(summary: str, findings: tuple[Finding, ...]) -> bytes:
    """A page of findings alone. *summary*: one line of counts."""
    return _page("findings.html.j2", {"summary": summary, "findings": findings, "version": __version__})


def _page(template: str, values: Mapping[str, object]) -> bytes:
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_source(style)}'; script-src '{_source(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    common = {"policy": policy, "style": Code(style), "script": Code(script), "path_of": _path_of, "said": _said}
    return Templates("seccfg.report", _encode).render(template, {**values, **common})


def _encode(value: object) -> str:
    if isinstance(value, (str, int)):
        return _html.escape(str(value), quote=True)
    if type(value).__name__ == "Span":
        return _html.escape(str(value), quote=True)
    raise TypeError(f"a template prints a {type(value).__name__}")


def _said(text: str) -> Code:
    """A sentence for people, what stands between two backticks in it as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one that is never closed is a backtick
        return Code(_encode(text))
    return Code("".join(f"<code>{_encode(p)}</code>" if n % 2 else _encode(p) for n, p in enumerate(parts)))


def _path_of(finding: Finding) -> str:
    return render_path(finding.spec_path)


def _section(report: Report, framework: Framework) -> _Section:
    return _Section(
        framework,
        tuple(verdict for verdict in report.verdicts if verdict.framework == framework.id),
        tuple((verdict, report.count(verdict, framework.id)) for verdict in VERDICTS),
    )


def _asset(name: str) -> str:
    text = resources.files("seccfg.report").joinpath("templates", name).read_text(encoding="utf-8")
    if "</" in text:
        raise ValueError(f"{name} would end its element")
    return text


def _source(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
