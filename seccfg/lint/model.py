"""Rule and Hit: a rule is its documentation and its test, in one file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal

from seccfg.findings import Severity, SpecPath
from seccfg.record import Record

if TYPE_CHECKING:
    from seccfg.spec.loader import Spec

__all__ = ["NO_CONTEXT", "Check", "Confidence", "Context", "ContextCheck", "Hit", "Rule"]

Confidence = Literal["high", "medium", "low"]


class Hit(Record):
    """A place where a rule fires. `key`: the key at `at` is meant, not its value. `related`: the other half."""

    at: SpecPath
    message: str
    key: bool = False
    related: tuple[tuple[SpecPath, str], ...] = ()


class Context:
    """
    What a rule may know besides the spec it judges.

    Args:
        today: ISO date of the run.
        environment: The environment the spec is read for; empty for the spec itself.
        base: The spec itself where `environment` is not empty.
        read: Bytes of a file, by its path relative to the spec; None for one that cannot be read.
    """

    __slots__ = ("_files", "_read", "base", "environment", "today")

    def __init__(
        self,
        today: str,
        environment: str = "",
        base: Spec | None = None,
        read: Callable[[str], bytes | None] | None = None,
    ) -> None:
        self.today: Final = today
        self.environment: Final = environment
        self.base: Final = base
        self._read = read
        self._files: dict[str, bytes | None] = {}

    def read(self, path: str) -> bytes | None:
        """The bytes of a file beside the spec, read once; None when there is none or it cannot be read."""
        if path not in self._files:
            self._files[path] = None if self._read is None else self._read(path)
        return self._files[path]


NO_CONTEXT: Final = Context("")

Check = Callable[["Spec"], Iterable[Hit]]
ContextCheck = Callable[["Spec", Context], Iterable[Hit]]


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
        needs: Keys of the spec; the rule can fire only where one of them is written. Empty: always. `seccfg.lint.written`
            says how keys below the top are named.
        beside: Files the examples name, as (path, text).
        judges: `suppressions` when the engine itself finds its places, among comments and waivers.
    """

    __slots__ = (
        "_check",
        "bad",
        "beside",
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
        judges: Literal["spec", "suppressions"] = "spec", beside: tuple[tuple[str, str], ...] = (),
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
        self.beside: Final = beside
        self._check: ContextCheck | None = None

    def check(self, function: Check) -> Check:
        """Decorator: *function* finds the places where the rule fires."""
        self.check_in_context(lambda spec, _: function(spec))
        return function

    def check_in_context(self, function: ContextCheck) -> ContextCheck:
        """Decorator, for a rule that asks what day it is, for files, or for the spec an environment changes."""
        if self._check is not None:
            raise TypeError(f"{self.id} already has a check")
        self._check = function
        return function

    def hits(self, spec: Spec, context: Context = NO_CONTEXT) -> Iterable[Hit]:
        """The places of *spec* where the rule fires."""
        if self._check is None:
            raise TypeError(f"{self.id} has no check")
        return self._check(spec, context)
