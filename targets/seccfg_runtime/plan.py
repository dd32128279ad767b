"""What a planned policy module holds: conditions by the names of their functions, the policy in the runtime's own model."""

from __future__ import annotations

from seccfg.expr.lower import Lowered
from seccfg.ir.policy import Condition
from seccfg.record import Record
from seccfg_runtime.runtime import model

__all__ = ["ConditionPlan", "FunctionName", "PolicyPlan"]


class FunctionName:
    """Stands in the plan for a condition function of the generated module and is printed as its name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, principal: model.Values, resource: model.Values, request: model.Values) -> bool:  # noqa: ARG002
        raise LookupError(f"{self.name} exists in the generated package only")


class ConditionPlan(Record):
    """One condition and the two functions it becomes, with what each of them asks."""

    condition: Condition
    holds: str
    fails: str
    true_form: Lowered
    false_form: Lowered
    open: bool
    """It reads something the runtime does not see; what does not depend on that is still asked."""


class PolicyPlan(Record):
    """Everything `policy_module` prints."""

    policy: model.Policy
    conditions: tuple[ConditionPlan, ...]
