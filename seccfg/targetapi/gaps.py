"""Gaps: collecting them while lowering, and which of them stop a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seccfg.findings import SpecPath
from seccfg.ir.policy import Accepted, Control, Policy, Verifier
from seccfg.targetapi.base import Gap, LimitBound

__all__ = ["GapList", "acceptance", "blocking"]

_Enforced = tuple[Control | Verifier, ...]


class GapList:
    """The gaps of one lowering, each with the span of its spec key.

    A gap at a key nobody wrote is dropped unless it widens access: a default makes no gap, a hole always does. The same
    gap found on several routes is one.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._gaps: dict[tuple[str, SpecPath], Gap] = {}

    def approximate(
        self, at: SpecPath, ident: str, *, why: str, bound: str, widens: bool, enforced: _Enforced = (),
        status_only: bool = False, reference: LimitBound | None = None, actual: LimitBound | None = None,
    ) -> None:  # fmt: skip
        """The control holds up to *bound*; *enforced* is what holds exactly."""
        pos = self._policy.pos.span(at)
        self._add(Gap(
            ident, at, "approximate", why, bound, widens, enforced, status_only=status_only, reference=reference,
            actual=actual, pos=pos,
        ))  # fmt: skip

    def delegated(
        self, at: SpecPath, ident: str, *, to: str, why: str, widens: bool, enforced: _Enforced = (), bound: str = "",
    ) -> None:  # fmt: skip
        """The target named *to* enforces it instead; it must be in the same build."""
        pos = self._policy.pos.span(at)
        bound = bound or f"delegated to {to}"
        self._add(Gap(ident, at, "delegated", why, bound, widens, enforced, delegated_to=to, pos=pos))

    def outside(
        self, at: SpecPath, ident: str, *, why: str, bound: str, widens: bool = False, enforced: _Enforced = ()
    ) -> None:
        """Something the artefact cannot reach has to be done; *why* is the instruction."""
        self._add(Gap(ident, at, "outside", why, bound, widens, enforced, pos=self._policy.pos.span(at)))

    def unsupported(
        self, at: SpecPath, ident: str, *, why: str, bound: str, widens: bool = False, enforced: _Enforced = ()
    ) -> None:
        """The target does not do it; *bound* says what it does instead."""
        self._add(Gap(ident, at, "unsupported", why, bound, widens, enforced, pos=self._policy.pos.span(at)))

    def all(self) -> tuple[Gap, ...]:
        """Every gap, in the order of the spec, then by place and id."""
        return tuple(sorted(
            self._gaps.values(), key=lambda gap: (gap.pos.path, gap.pos.line, gap.pos.column, gap.place, gap.id)
        ))  # fmt: skip

    def _add(self, gap: Gap) -> None:
        if not gap.widens and not self._policy.pos.written(gap.at):
            return
        known = self._gaps.setdefault((gap.id, gap.at), gap)
        if known != gap:
            raise ValueError(f"gap `{gap.id}` at {gap.place} was found twice with different texts")


def acceptance(gap: Gap, target: str, policy: Policy, today: str) -> Accepted | None:
    """The `accept:` entry that covers *gap*: same target, id, place and printed bound, not past its day (ISO dates)."""
    for entry in policy.evidence.accept:
        same = (entry.target, entry.gap, entry.at, entry.bound) == (target, gap.id, gap.place, gap.bound)
        if same and (not entry.expires or today <= entry.expires):
            return entry
    return None


def blocking(gap: Gap, target: str, policy: Policy, build: Mapping[str, Sequence[Gap]], today: str) -> bool:
    """
    Whether *gap* of *target* stops a build (design section 2).

    Args:
        build: The gaps of every target of the same build, by target.
        today: ISO date that acceptances are judged on.
    Returns:
        False for a gap that only changes a status, that an acceptance covers, or that is delegated to a target of the
        build which enforces it without a gap of its own. Otherwise True when it widens access, when nobody it is
        delegated to enforces it, or when it leaves out a key the spec writes.
    """
    if gap.status_only or acceptance(gap, target, policy, today) is not None:
        return False
    if gap.kind == "delegated" and _enforced_by(build.get(gap.delegated_to), gap.at):
        return False
    if gap.widens:
        return True
    return gap.kind != "approximate" and policy.pos.written(gap.at)


def _enforced_by(gaps: Sequence[Gap] | None, at: SpecPath) -> bool:
    """True when a target with these *gaps* enforces the key at *at* and all below it; None: it is not in the build."""
    return gaps is not None and not any(gap.at[: len(at)] == at or at[: len(gap.at)] == gap.at for gap in gaps)
