"""What the generated package will hold. The policy is planned as the package's own typed model (`runtime/model.py`)."""

from __future__ import annotations

from seccfg.ir.policy import Evidence
from seccfg.record import Record
from seccfg_runtime.plan import ConditionPlan
from seccfg_runtime.runtime import model

__all__ = ["PythonPlan", "Sample", "SuiteRoute"]


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
