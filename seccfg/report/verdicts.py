"""
From needs to verdicts.

`satisfied` only when every rule ran and found nothing, every check held, every chosen request was executed on every
target and answered as it should be, and no target has a gap where a check looks. A silenced finding never satisfies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seccfg.findings import Finding, SpecPath
from seccfg.ir.policy import CertVerifier, CookiePlace, Cors, JwtVerifier, KeyVerifier
from seccfg.record import Record
from seccfg.report.checks.facts import Facts, Thresholds
from seccfg.report.checks.registry import CHECKS
from seccfg.report.model import (
    ControlVerdict,
    Executed,
    Framework,
    FrameworkControl,
    Need,
    NeedResult,
    Observation,
    Place,
    TargetSummary,
    Verdict,
)
from seccfg.source.document import Document
from seccfg.targetapi.base import Gap

__all__ = ["Grounds", "judge_framework"]

_SHOWN_TESTS = 3
_SHOWN_PLACES = 8


class Grounds(Record):
    """What verdicts rest on. `ran`: whether a rule ran; `covered`: whether an `accept`ed gap is one (it is)."""

    facts: Facts
    document: Document
    findings: tuple[Finding, ...]
    ran: Callable[[str], bool]
    targets: tuple[TargetSummary, ...]
    executed: Executed


def judge_framework(framework: Framework, grounds: Grounds) -> tuple[ControlVerdict, ...]:
    """The verdict on each control of *framework*, in its order."""
    return tuple(_judge(framework, control, grounds) for control in framework.controls)


def _judge(framework: Framework, control: FrameworkControl, grounds: Grounds) -> ControlVerdict:
    claimed = _claims(framework.id, control.id, grounds)
    unmet = next((why for when in control.applies_when if (why := _unmet(when, grounds.facts))), "")
    if unmet:
        return ControlVerdict(framework.id, control, "not-applicable", unmet, claimed=claimed)
    results = tuple(_need(need, grounds) for need in control.needs)
    verdict, why = _verdict(control, results)
    accepted = any(result.outcome == "accepted" for result in results)
    targets = tuple(dict.fromkeys(name for result in results for name in result.targets))
    return ControlVerdict(framework.id, control, verdict, why, results, accepted, claimed, targets)


def _verdict(control: FrameworkControl, results: Sequence[NeedResult]) -> tuple[Verdict, str]:
    """A rule that finds nothing bears out what else is shown; where a control needs more than rules it shows nothing alone."""
    if not control.needs:
        return "not-assessed", control.remains or "nothing in a spec shows it"
    fails = next((result for result in results if result.outcome == "fails"), None)
    if fails is not None:
        return "not-satisfied", fails.message
    accepted = next((result for result in results if result.outcome == "accepted"), None)
    if accepted is not None:
        return "not-satisfied", f"accepted risk: {accepted.message}"
    judged = [result for result in results if result.outcome != "nothing"]
    others = [result for result in results if result.need.kind != "rule"]
    shown = [result for result in others or judged if result.outcome != "nothing"]
    if not shown:
        return "not-applicable", others[0].message
    idle = [result for result in judged if result.outcome == "not-run"]
    partial = [result for result in judged if result.outcome == "partial"]
    if idle and not any(result.outcome in ("holds", "partial") for result in shown):
        return "not-assessed", idle[0].message
    if partial or idle:
        return "partial", (*partial, *idle)[0].message
    if control.assessability == "declared":
        return "declared-only", control.remains or "a declaration; nobody looked at what it says"
    return "satisfied", f"{len(judged)} of {len(control.needs)} needs apply and hold"


def _unmet(when: str, facts: Facts) -> str:
    kind, _, name = when.partition(":")
    if kind == "data":
        return "" if facts.handles(name) else f"no data of the class `{name}` is handled"
    uses = {
        "sessions": facts.spec.sessions is not None,
        "api-keys": any(isinstance(v, KeyVerifier) for v in facts.policy.verifiers),
        "tokens": any(isinstance(v, JwtVerifier) for v in facts.policy.verifiers),
        "certificates": any(isinstance(v, CertVerifier) for v in facts.policy.verifiers),
        "cookies": any(isinstance(p, CookiePlace) for v in facts.policy.verifiers for p in getattr(v, "places", ())),
        "cors": any(route.first(Cors) is not None for route in facts.policy.routes),
    }
    return "" if uses[name] else f"no {name.replace('-', ' ')} are used"


def _claims(framework: str, control: str, grounds: Grounds) -> tuple[Place, ...]:
    """Where a `compliance` tag names the control itself."""
    tag = f"{framework}:{control}"
    paths: list[SpecPath] = [
        ("compliance", index) for index, said in enumerate(grounds.facts.spec.compliance or ()) if said == tag
    ]
    for template, item in grounds.facts.spec.routes.items():
        for key in (None, "get", "head", "post", "put", "patch", "delete", "options"):
            level = item if key is None else getattr(item, key)
            here = ("routes", template) if key is None else ("routes", template, key)
            said = level.compliance if level is not None else None
            paths += [(*here, "compliance", index) for index, one in enumerate(said or ()) if one == tag]
    return tuple(Place(path, grounds.document.span(path)) for path in paths)


# ------------------------------------------------------------------------------------------------------------- needs
def _need(need: Need, grounds: Grounds) -> NeedResult:
    if need.kind == "rule":
        return _rule(need, grounds)
    return _test(need, grounds) if need.kind == "test" else _check(need, grounds)


def _rule(need: Need, grounds: Grounds) -> NeedResult:
    found = tuple(finding for finding in grounds.findings if finding.rule == need.name)
    counting = tuple(finding for finding in found if not finding.ignored)
    if counting:
        return NeedResult(need, "fails", f"{need.name}: {counting[0].message}", findings=found)
    if found:
        return NeedResult(need, "accepted", f"{need.name}: {found[0].message}", findings=found)
    if not grounds.ran(need.name):
        return NeedResult(need, "not-run", f"{need.name} was left out of the run")
    return NeedResult(need, "holds", f"{need.name} finds nothing")


def _check(need: Need, grounds: Grounds) -> NeedResult:
    judged = CHECKS[need.name].judge(grounds.facts, Thresholds(need.params))
    places = tuple(_place(path, grounds) for path in judged.places[:_SHOWN_PLACES])
    if judged.outcome != "holds":
        return NeedResult(need, judged.outcome, judged.message, places)
    gaps = tuple(
        (target.name, gap) for target in grounds.targets for gap, _ in target.gaps
        if _weakens(gap, judged.covers, grounds)
    )  # fmt: skip
    if gaps:
        names = tuple(dict.fromkeys(name for name, _ in gaps))
        first = gaps[0][1]
        said = f"{', '.join(names)} cannot enforce it fully: {first.id} at {first.place}"
        return NeedResult(need, "partial", said, places, gaps=gaps, targets=names)
    return NeedResult(need, "holds", judged.message, places)


def _weakens(gap: Gap, covers: Sequence[SpecPath], grounds: Grounds) -> bool:
    """Whether *gap* leaves something of the keys *covers* unenforced; one that only refuses more does not."""
    if gap.status_only or not any(gap.at[: len(path)] == path or path[: len(gap.at)] == gap.at for path in covers):
        return False
    if gap.kind == "delegated":
        other = next((one for one in grounds.targets if one.name == gap.delegated_to), None)
        return other is None or any(
            theirs.at[: len(gap.at)] == gap.at or gap.at[: len(theirs.at)] == theirs.at for theirs, _ in other.gaps
        )
    return gap.widens or gap.kind != "approximate"


def _test(need: Need, grounds: Grounds) -> NeedResult:
    executed = grounds.executed
    if not executed.run:
        return NeedResult(need, "not-run", "no request was executed")
    found = executed.of(need.name)
    if not found:
        return NeedResult(need, "nothing", f"no request of this spec tests `{need.name}`")
    shown = _shown(found)
    wrong = tuple(dict.fromkeys(executed.target_of(engine) for one in found for engine in one.wrong))
    if wrong:
        bad = next(one for one in found if one.wrong)
        said = f"{', '.join(wrong)} answered wrongly: {bad.id}"
        return NeedResult(need, "partial", said, tests=shown, targets=wrong)
    idle = tuple(target.name for target in grounds.targets if target.name not in executed.targets)
    if idle:
        why = {target: f"{engine}: {reason}" for target, engine, reason in executed.missing}
        said = f"nothing was executed on {', '.join(idle)}" + (f" ({why[idle[0]]})" if idle[0] in why else "")
        return NeedResult(need, "partial" if executed.targets else "not-run", said, tests=shown, targets=idle)
    engines = len(found[0].observed)
    return NeedResult(need, "holds", f"{len(found)} requests on {engines} engines answered as they should be", tests=shown)


def _shown(found: Sequence[Observation]) -> tuple[Observation, ...]:
    """Those answered wrongly first, then those in front."""
    ordered = sorted(found, key=lambda one: one.agrees)
    return tuple(ordered[:_SHOWN_TESTS])


def _place(path: SpecPath, grounds: Grounds) -> Place:
    value: Any = grounds.document.data
    try:
        for step in path:
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return Place(path, grounds.document.span(path, key=True), False)
    return Place(path, grounds.document.span(path, key=True))
