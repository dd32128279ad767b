"""Inline comments `# seccfg: ignore[RULE] reason="..." owner=... expires=YYYY-MM-DD`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seccfg.findings import Span
from seccfg.record import Record

if TYPE_CHECKING:
    from seccfg.source.document import Nodes, Source

MARK = "seccfg: ignore"
# Patterns are compiled when a comment is there to read: most specs have none.
_START = r"#[ \t]*seccfg:[ \t]*ignore(?![\w-])(?P<rest>[^\r\n]*)"
_RULE = r"(?:[A-Z]+[0-9]{3}|[a-z]+(?:-[a-z0-9]+)+)"
_RULES = rf"\[\s*(?P<rules>{_RULE}(?:\s*,\s*{_RULE})*)\s*\]"
_ATTRIBUTE = r'[ \t]+(?P<name>[a-z]+)=(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"#]+))(?=\s|$)'
_TAIL = r"[ \t]*(?:[ \t]#.*)?"
_ATTRIBUTES = ("reason", "owner", "expires")


class Suppression(Record):
    """One comment. It counts on `line`: its own, or the next line with content when it stands alone on one."""

    rules: tuple[str, ...]
    line: int
    at: Span
    reason: str = ""
    owner: str = ""
    expires: str = ""
    """`YYYY-MM-DD`, a date that exists; empty when the comment has none."""


class Malformed(Record):
    """A comment that means to be one and says something else."""

    start: int
    end: int
    why: str


def find_suppressions(source: Source, nodes: Nodes) -> tuple[list[Suppression], list[Malformed]]:
    """The comments of one file in source order, those that say what they should and those that do not."""
    good: list[Suppression] = []
    bad: list[Malformed] = []
    if MARK not in source.text or source.path.endswith(".json"):
        return good, bad
    line = 0  # what the comment before counts on: all between it and that line is comments
    for match in re.finditer(_START, source.text):
        start, end = match.span()
        if _in_text(source, nodes, start):
            continue
        parsed = _parse(match["rest"])
        if isinstance(parsed, str):
            bad.append(Malformed(start, end, parsed))
        else:
            rules, said = parsed
            at = source.span(start, end)
            if at.line >= line or source.line(at.line)[: at.column - 1].strip():
                line = _target_line(source, at)
            good.append(Suppression(rules, line, at, *(said.get(name, "") for name in _ATTRIBUTES)))
    return good, bad


def _in_text(source: Source, nodes: Nodes, offset: int) -> bool:
    if not nodes.inside_scalar(offset):
        return False
    start = nodes.scalar_start(offset)
    is_header = source.text[start] in "|>" and source.place(start)[0] == source.place(offset)[0]
    return not is_header


def _parse(rest: str) -> tuple[tuple[str, ...], dict[str, str]] | str:
    """Rules and attributes, or what is wrong."""
    head = re.match(_RULES, rest)
    if head is None:
        return "name the rules in brackets, as in `ignore[AUTH004]`"
    said: dict[str, str] = {}
    at = head.end()
    one_attribute = re.compile(_ATTRIBUTE)
    while attribute := one_attribute.match(rest, at):
        name = attribute["name"]
        if name not in _ATTRIBUTES:
            return f"`{name}` is none of {', '.join(_ATTRIBUTES)}"
        if name in said:
            return f"`{name}` is given twice"
        said[name] = attribute["quoted"] if attribute["quoted"] is not None else attribute["bare"]
        at = attribute.end()
    if re.fullmatch(_TAIL, rest[at:]) is None:
        return 'write what follows the rules as `reason="..." owner=... expires=YYYY-MM-DD`'
    if "expires" in said and not _is_date(said["expires"]):
        return "`expires` is no date of the form YYYY-MM-DD"
    return tuple(re.split(r"\s*,\s*", head["rules"])), said


def _is_date(text: str) -> bool:
    import datetime

    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _target_line(source: Source, at: Span) -> int:
    if source.line(at.line)[: at.column - 1].strip():
        return at.line
    for number in range(at.line + 1, len(source.line_starts) + 1):
        content = source.line(number).strip()
        if content and not content.startswith("#"):
            return number
    return at.line
