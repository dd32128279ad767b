"""What holds for every Output: plain paths, the same bytes twice, gaps that can be printed and accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from seccfg.ir.policy import Policy
from seccfg.targetapi.base import Target

__all__ = ["check_shape"]

_IDENT: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def check_shape(target: Target, policy: Policy, options: Mapping[str, str]) -> tuple[str, ...]:
    """Everything wrong with what *target* makes of *policy*."""
    output = target.compile(policy, options)
    wrong: list[str] = []
    if target.compile(policy, options) != output:
        wrong.append("compiled twice, different output")
    paths = [file.path for file in output.files]
    if paths != sorted(set(paths)):
        wrong.append("files are not sorted by path, or one comes twice")
    wrong += [
        f"file {path}: not a plain relative path"
        for path in paths
        if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path
    ]
    for gap in output.gaps:
        if not _IDENT.fullmatch(gap.id):
            wrong.append(f"gap {gap.id}: not in kebab-case")
        if not gap.why or not gap.bound or "\n" in gap.why + gap.bound:
            wrong.append(f"gap {gap.id} at {gap.place}: `why` and `bound` are one line each")
        if not gap.pos.line:
            wrong.append(f"gap {gap.id} at {gap.place}: stands nowhere in the spec")
        if (gap.kind == "delegated") != bool(gap.delegated_to):
            wrong.append(f"gap {gap.id} at {gap.place}: a delegated gap names its target, others none")
    if [route.id for route in output.effective.routes] != [route.id for route in policy.routes]:
        wrong.append("the effective Policy has other routes")
    if output.effective.hosts != policy.hosts or output.effective.name != policy.name:
        wrong.append("the effective Policy is of another service")
    if not output.gaps and output.effective != policy:
        wrong.append("the effective Policy differs, and no gap says so")
    return tuple(wrong)
