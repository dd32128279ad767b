"""What the generated package will hold. The policy is planned as the package's own typed model (`runtime/model.py`)."""

from __future__ import annotations

from seccfg.ir.policy import Condition, Evidence
from seccfg.record import Record
from seccfg_python.runtime import model

__all__ = ["ConditionPlan", "FunctionName", "PythonPlan", "Sample", "SuiteRoute"]


class FunctionName:
    """Stands in the plan for a condition function of the generated module and is printed as its name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, principal: model.Values, resource: model.Values, request: model.Values) -> bool:  # noqa: ARG002
        raise LookupError(f"{self.name} exists in the generated package only")


class ConditionPlan(Record):
    """One condition and the two functions it becomes."""

    condition: Condition
    holds: str
    fails: str


class Sample(Record):
    """A request of the generated tests: who asks, and whether authorization lets it through."""

    role: str
    """Empty: no role at all."""
    allowed: bool


class SuiteRoute(Record):
    """What the generated tests know of a route."""

    route: str
    """Route id."""
    target: str
    """A path that its template matches."""
    token: str
    """Name of the JWT verifier whose tokens the samples carry; empty when the route takes no single token."""
    samples: tuple[Sample, ...]


class PythonPlan(Record):
    """Everything `emit` prints."""

    package: str
    framework: str
    policy: model.Policy
    conditions: tuple[ConditionPlan, ...]
    suite: tuple[SuiteRoute, ...]
    evidence: Evidence
