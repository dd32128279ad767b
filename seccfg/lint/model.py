"""Rule and Hit: a rule is its documentation and its test, in one file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal

from seccfg.findings import Severity, SpecPath
from seccfg.record import Record

if TYPE_CHECKING:
    from seccfg.spec.loader import Spec

__all__ = ["Check", "Confidence", "Hit", "Rule"]

Confidence = Literal["high", "medium", "low"]


class Hit(Record):
    """A place where a rule fires. `key`: the key at `at` is meant, not its value. `related`: the other half."""

    at: SpecPath
    message: str
    key: bool = False
    related: tuple[tuple[SpecPath, str], ...] = ()


Check = Callable[["Spec"], Iterable[Hit]]


class Rule:
    """
    One rule of lint.

    Args:
        id: Area and three digits, never reused; inline comments and waivers name it.
        name: The same for people, in kebab-case.
        severity: `error` stops a build, `warning` fails `lint`, `note` is only said.
        why: What goes wrong, in one or two sentences.
        fix: What to do, in one sentence.
        refs: Where the requirement comes from.
        bad: YAML merged onto the minimal spec on which exactly this rule fires.
        good: The same put right; nothing fires.
        needs: Top-level keys of the spec; the rule can fire only where one of them is written. Empty: always.
        judges: `suppressions` when the engine itself finds its places, among comments and waivers.
    """

    __slots__ = (
        "_check",
        "bad",
        "confidence",
        "fix",
        "good",
        "id",
        "judges",
        "name",
        "needs",
        "refs",
        "severity",
        "since",
        "why",
    )

    def __init__(
        self, *, id: str, name: str, severity: Severity, why: str, fix: str, refs: tuple[str, ...], bad: str, good: str,
        needs: tuple[str, ...] = (), confidence: Confidence = "high", since: str = "0.1.0",
        judges: Literal["spec", "suppressions"] = "spec",
    ) -> None:  # fmt: skip
        self.id: Final = id
        self.name: Final = name
        self.severity: Final[Severity] = severity
        self.why: Final = why
        self.fix: Final = fix
        self.refs: Final = refs
        self.bad: Final = bad
        self.good: Final = good
        self.needs: Final = needs
        self.confidence: Final[Confidence] = confidence
        self.since: Final = since
        self.judges: Final = judges
        self._check: Check | None = None

    def check(self, function: Check) -> Check:
        """Decorator: *function* finds the places where the rule fires."""
        if self._check is not None:
            raise TypeError(f"{self.id} already has a check")
        self._check = function
        return function

    def hits(self, spec: Spec) -> Iterable[Hit]:
        """The places of *spec* where the rule fires."""
        if self._check is None:
            raise TypeError(f"{self.id} has no check")
        return self._check(spec)
