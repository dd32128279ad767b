"""What a finding is about beyond the spec: the outputs it shows in, and the controls it is evidence on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seccfg.lint.reach import REACH

if TYPE_CHECKING:
    from seccfg.findings import Finding

__all__ = ["about", "controls", "targets"]


def about(finding: Finding, data: object) -> Iterator[str]:
    """The lines `targets: …` and `compliance: …`; none for what stands before a spec is one, since nothing is built then."""
    if finding.rule not in REACH:
        return
    affected = targets(finding.rule, data)
    yield f"targets: {', '.join(affected) or 'none; no emitted file depends on it'}"
    needed = controls(finding, data)
    if needed:
        yield f"compliance: {_by_framework(needed)}"


def targets(rule: str, data: object) -> list[str]:
    """Targets whose files *rule* can change: of those the spec *data* names, or of the built-in ones where it names none."""
    names = REACH[rule][0].split() if rule in REACH else []
    named = data.get("targets") if isinstance(data, dict) else None
    return [name for name in names if not named or name in named]


def controls(finding: Finding, data: object) -> list[str]:
    """
    Controls that need the rule of *finding*, `FRAMEWORK:ID`.

    Those of the frameworks that `compliance` names at the top of the spec or on the route; of all where it names none.
    """
    claimed = {str(tag).partition(":")[0] for tag in _tags(finding, data)}
    needed = REACH[finding.rule][1].split() if finding.rule in REACH else []
    return [name for name in needed if not claimed or name.partition(":")[0] in claimed]


def _tags(finding: Finding, data: object) -> Iterator[object]:
    for step in (None, *finding.spec_path[:3]):  # the spec, `routes`, the path, the method
        data = data.get(step) if step is not None and isinstance(data, dict) else data if step is None else None
        said = data.get("compliance") if isinstance(data, dict) else None
        if isinstance(said, list):
            yield from said


def _by_framework(names: list[str]) -> str:
    grouped: dict[str, list[str]] = {}
    for name in names:
        framework, _, control = name.partition(":")
        grouped.setdefault(framework, []).append(control)
    return "; ".join(f"{framework} {', '.join(ids)}" for framework, ids in grouped.items())
