"""A report in the formats people and machines want: one module each, imported when it is asked for."""

from __future__ import annotations

from typing import Final

from seccfg.report.model import Report

__all__ = ["FORMATS", "render"]

FORMATS: Final = ("html", "markdown", "json", "csv", "oscal", "oscal-component")


def render(report: Report, format: str) -> bytes:
    """*report* as bytes in *format*."""
    if format == "html":
        from seccfg.report.render.html import html

        return html(report)
    if format == "markdown":
        from seccfg.report.render.markdown import markdown

        return markdown(report)
    if format == "json":
        from seccfg.report.render.json import as_json

        return as_json(report)
    if format == "csv":
        from seccfg.report.render.csv import csv

        return csv(report)
    if format in ("oscal", "oscal-component"):
        from seccfg.report.render import oscal

        return oscal.assessment_results(report) if format == "oscal" else oscal.component_definition(report)
    raise ValueError(f"no format {format}")
