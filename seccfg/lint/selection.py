"""Which rules a run looks at, and which of them may be silenced: ids, names, areas and prefixes of ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from seccfg.findings import Finding, InputError, Severity
from seccfg.lint.index import INDEX
from seccfg.record import Record, replace

__all__ = [
    "ALL_RULES", "FORMER_IDS", "PROFILES", "Profile", "Selection", "former_ids", "id_of", "renamed", "selection",
]

FORMER_IDS: dict[str, str] = {}
"""Ids and names that rules once had, each with the id of today: whoever wrote one down need not know that it changed."""


class Selection(Record):
    """The rules that count: those of `ids`, or all of them when `everything`, load findings included."""

    everything: bool = True
    ids: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    mandatory: frozenset[str] = frozenset()
    """Rules that no comment and no waiver silences."""
    no_ignores: bool = False
    """Nothing is silenced at all."""
    severities: tuple[tuple[str, Severity], ...] = ()
    """Rules of lint that weigh more or less than they say themselves."""

    def has(self, rule: str) -> bool:
        """Whether findings of *rule* are wanted."""
        return (self.everything or rule in self.ids) and rule not in self.ignored

    def may_silence(self, rule: str) -> bool:
        """Whether a comment or waiver for *rule* counts."""
        return not self.no_ignores and rule not in self.mandatory

    def weighed(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """*findings* with the severities that hold here."""
        if not self.severities:
            return findings
        levels = dict(self.severities)
        return tuple(replace(f, severity=levels[f.rule]) if f.rule in levels else f for f in findings)


ALL_RULES = Selection()
Profile = Literal["baseline", "strict", "audit"]
PROFILES: Final[tuple[Profile, ...]] = ("baseline", "strict", "audit")
"""`baseline`: errors and warnings of high confidence. `strict`: at least medium confidence. `audit`: everything."""
_CONFIDENCE: Final = ("low", "medium", "high")


def selection(
    select: Sequence[str], ignore: Sequence[str], *, extend_select: Sequence[str] = (), profile: str = "",
    min_confidence: str = "", mandatory: Sequence[str] = (), no_ignores: bool = False,
    severity: Sequence[tuple[str, Severity]] = (),
) -> Selection:  # fmt: skip
    """
    The rules that *select* names (none: all those of *profile*), with those of *extend_select*, less those of *ignore*.

    Args:
        profile: One of PROFILES; empty: `audit`. Rules that *select* or *extend_select* names are run whatever it says.
        min_confidence: `low`, `medium` or `high`: rules less sure than that are left out.
        mandatory: Rules that nothing silences.
        severity: Names of rules with how much they weigh; of two for one rule the later counts.
    Raises:
        InputError: a name that stands for no rule: a misspelt one would silently check nothing.
    """
    if not (select or ignore or extend_select or profile or min_confidence or mandatory or no_ignores or severity):
        return ALL_RULES
    named = frozenset(_ids((*select, *extend_select)))
    ignored = frozenset(_ids(ignore)) | (_left_out(profile, min_confidence) - named)
    levels = tuple((ident, level) for name, level in severity for ident in _weighable(name))
    return Selection(not select, named, ignored, frozenset(_ids(mandatory)), no_ignores, levels)


def _weighable(name: str) -> Iterable[str]:
    """Rules of lint that *name* means. What a spec must keep to load is an error whatever anybody says."""
    kept = {entry.id for entry in INDEX}
    found = [ident for ident in _ids((name,)) if ident in kept]
    if not found:
        raise InputError(f"`{name}` is a rule of loading, whose severity is not a matter of configuration")
    return found


def _left_out(profile: str, min_confidence: str) -> frozenset[str]:
    """Rules of lint that *profile* or *min_confidence* leave out; findings of loading are never left out."""
    if profile in ("", "audit") and min_confidence in ("", "low"):
        return frozenset()
    from seccfg.lint.catalogue import lint_rules

    least = max(_CONFIDENCE.index(min_confidence or "low"), {"baseline": 2, "strict": 1}.get(profile, 0))
    return frozenset(
        rule.id for rule in lint_rules()
        if _CONFIDENCE.index(rule.confidence) < least or (profile == "baseline" and rule.severity == "note")
    )  # fmt: skip


def _ids(names: Iterable[str]) -> Iterable[str]:
    from seccfg.lint.catalogue import load_rules

    known = [(entry.id, entry.name) for entry in INDEX] + [(rule.id, rule.name) for rule in load_rules()]
    for name in names:
        found = [ident for ident, words in known if _means(FORMER_IDS.get(name, name), ident, words)]
        if not found:
            raise InputError(_unknown(name, known))
        yield from found


def id_of(name: str) -> str:
    """The id of the rule of lint that a comment or waiver calls *name*: its id, its name, or one it once had."""
    name = FORMER_IDS.get(name, name)
    if name[-1:].isdigit() and name[:1].isupper():
        return name
    return next((entry.id for entry in INDEX if entry.name == name), name)


def renamed(names: Iterable[str]) -> tuple[str, ...]:
    """A notice for each of *names* that a rule no longer has; it still stands for that rule."""
    return tuple(f"`{name}` is called `{FORMER_IDS[name]}` now" for name in dict.fromkeys(names) if name in FORMER_IDS)


def former_ids(rule: str) -> tuple[str, ...]:
    """What the rule *rule* was once called."""
    return tuple(name for name, ident in FORMER_IDS.items() if ident == rule)


def _means(name: str, ident: str, words: str) -> bool:
    """Letters alone are an area, so that `AUTH` leaves `AUTHZ` out; with digits any beginning of an id will do."""
    if name.isalpha() and name.isupper():
        return ident.rstrip("0123456789") == name
    return name == words or (name[-1:].isdigit() and ident.startswith(name))


def _unknown(name: str, known: Sequence[tuple[str, str]]) -> str:
    from seccfg.source.files import show
    from seccfg.source.suggest import did_you_mean

    words = [word for pair in known for word in pair] + sorted({ident.rstrip("0123456789") for ident, _ in known})
    return f"`{show(name)}` is no rule{did_you_mean(name, words)}"
