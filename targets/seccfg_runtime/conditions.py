"""Conditions as functions of the generated module."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from seccfg.expr.to_python import print_function, support_names
from seccfg.record import Record
from seccfg.targetapi.escape import one_line
from seccfg_runtime.plan import ConditionPlan

__all__ = ["SUPPORT_MODULE", "ConditionCode", "condition_code"]

SUPPORT_MODULE = "condition_values"
"""The generated package's module that reads attribute values for conditions."""


class ConditionCode(Record):
    """Two functions for each condition, and what of the support module they use."""

    functions: str
    names: tuple[str, ...]


def condition_code(plans: Sequence[ConditionPlan], used: Collection[str] | None = None) -> ConditionCode:
    """The functions in the order of *plans*, two blank lines apart; of those called one of *used* only, None: all."""
    functions: list[str] = []
    for plan in plans:
        text = one_line(plan.condition.text)
        left = ", as far as it is seen here" if plan.open else ""
        for name, form, word in ((plan.holds, plan.true_form, "TRUE"), (plan.fails, plan.false_form, "FALSE")):
            if used is None or name in used:
                functions.append(print_function(name, form, f"{word}{left}: {text}").rstrip("\n"))
    source = "\n\n\n".join(functions)
    return ConditionCode(source, tuple(name for name in support_names() if re.search(rf"\b{name}\b", source)))
