"""Findings with the line they are about, what is related, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seccfg.cli.render.concise import first_line, place, summary
from seccfg.findings import Finding, Span, render_path
from seccfg.source import files

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked
    from seccfg.cli.console import Style

__all__ = ["full", "wrapped"]


def full(results: Sequence[Checked], style: Style, width: int, elapsed: str = "") -> str:
    """Every finding that counts, then one line that sums up; *elapsed* is told there when it is not empty."""
    texts = _Texts()
    blocks = [
        "\n".join(_block(finding, result.data, texts, style, width)) for result in results for finding in result.counting()
    ]
    total = f"{summary(results)} [{elapsed}]" if elapsed else summary(results)
    return "\n\n".join([*blocks, style("strong" if blocks else "good", total)]) + "\n"


class _Texts:
    """Lines of the files that findings are about, each file read once."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def line(self, span: Span) -> str:
        """The line *span* begins on; empty when it cannot be shown."""
        if span.path not in self._lines:
            self._lines[span.path] = files.lines(span.path) if span.path else []
        lines = self._lines[span.path]
        return lines[span.line - 1] if 1 <= span.line <= len(lines) else ""


def _block(finding: Finding, data: object, texts: _Texts, style: Style, width: int) -> Iterator[str]:
    from seccfg.cli.render.about import about  # a sound spec needs no table of what findings are about

    yield first_line(finding, style)
    gutter = len(str(max((finding.at.line, *(related.span.line for related in finding.related)))))
    yield from _excerpt(finding.at, texts.line(finding.at), "^", gutter, style, finding.severity, width)
    for related in finding.related:
        yield f"{' ' * gutter} {style('dim', '::')} {place(related.span)}: {related.label}"
        if related.span.line != finding.at.line or related.span.path != finding.at.path:
            yield from _excerpt(related.span, texts.line(related.span), "-", gutter, style, "note", width)
    margin = f"{' ' * gutter} {style('dim', '=')} "
    if finding.spec_path:
        yield f"{margin}at: {files.show(render_path(finding.spec_path))}"
    for note in (*([f"help: {finding.help}"] if finding.help else ()), *about(finding, data)):
        hang = note.index(" ") + 1
        for number, part in enumerate(wrapped(note, width - gutter - 3, hang)):
            yield (margin if number == 0 else " " * (gutter + 3 + hang)) + part
    yield f"{margin}docs: seccfg explain {finding.rule}"


def _excerpt(span: Span, line: str, mark: str, gutter: int, style: Style, role: str, width: int) -> Iterator[str]:
    """The line with the part that is meant underlined, cut to fit *width*."""
    if not line.strip():
        return
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    if not span.end_line:
        end = start + 1
    end = max(end, start + 1)
    line, start, end = _cut(_printable(line), start, end, width - gutter - 3)
    bar = style("dim", "|")
    yield f"{' ' * gutter} {bar}"
    yield f"{style('dim', str(span.line).rjust(gutter))} {bar} {line}".rstrip()
    blank = " " * _columns(line[:start])
    yield f"{' ' * gutter} {bar} {blank}{style(role, mark * max(1, _columns(line[start:end])))}"


def _printable(line: str) -> str:
    """*line* with one harmless character for each that would move the cursor or be invisible."""
    if line.isascii() and line.isprintable():
        return line
    return "".join(c if c.isprintable() else " " if c == "\t" else "?" for c in line)


def _cut(line: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """The part of *line* around `start:end` that fits *room* characters, with `...` where something is left out."""
    room = max(room, 20)
    if len(line) <= room:
        return line, start, min(end, max(len(line), start + 1))
    first = 0 if end <= room - 3 else max(0, min(start - 10, len(line) - room + 6))
    before = "..." if first else ""
    last = min(len(line), first + room - len(before) - 3)
    after = "..." if last < len(line) else ""
    start, end = start - first + len(before), min(end, last) - first + len(before)
    return before + line[first:last] + after, start, max(end, start + 1)


def _columns(text: str) -> int:
    """Columns *text* takes on a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrapped(text: str, width: int, hang: int = 0) -> list[str]:
    """*text* in lines of at most *width* characters, those after the first *hang* shorter; broken at spaces only."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= (width if len(lines) == 1 else width - hang):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
