"""Collecting what is wrong with one file while it is read, in any order, for findings in source order."""

from __future__ import annotations

from collections.abc import Sequence

from seccfg.findings import Finding, Related
from seccfg.source.document import Source

MAX_FINDINGS = 500


class Enough(Exception):
    """So much is wrong with the file that reading on helps nobody."""


class Problems:
    """
    The findings of one file. Offsets given to `add` are relative to `shift`, where the text being read begins; rules
    named in `tolerated` are not broken here.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.shift = 0
        self.tolerated: frozenset[str] = frozenset()
        self.errors = 0
        self._found: dict[tuple[int, str], Finding] = {}

    def add(
        self,
        rule: str,
        message: str,
        start: int,
        end: int = -1,
        *,
        help: str = "",
        related: Sequence[tuple[int, int, str]] = (),
    ) -> None:
        """Note that *rule* is broken from *start* to *end*; once at one place. Raises Enough at the cap."""
        if rule in self.tolerated:
            return
        from seccfg.source.rules import load_finding  # texts that a sound file never needs

        shift, source = self.shift, self.source
        key = (start + shift, rule)
        if key in self._found:
            return
        self._found[key] = finding = load_finding(
            rule,
            message,
            source.span(start + shift, end + shift if end >= 0 else -1),
            help=help,
            related=tuple(Related(source.span(a + shift, b + shift), label) for a, b, label in related),
        )
        self.errors += finding.severity == "error"
        if len(self._found) >= MAX_FINDINGS:
            raise Enough

    def forget(self) -> None:
        """Drop findings of rules that are tolerated."""
        self._found = {key: found for key, found in self._found.items() if found.rule not in self.tolerated}
        self.errors = sum(found.severity == "error" for found in self._found.values())

    def findings(self) -> tuple[Finding, ...]:
        """All of them, in source order."""
        return tuple(finding for _, finding in sorted(self._found.items(), key=lambda item: item[0]))


def shown(name: str) -> str:
    """A key as it can stand in a one-line message."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
    return text if len(text) <= 60 else text[:57] + "..."
