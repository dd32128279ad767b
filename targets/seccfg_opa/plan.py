"""What is emitted, in OPA's words: a package, its data document, its generated rules, its tests."""

from __future__ import annotations

from seccfg.expr.lower import Lowered
from seccfg.ir.policy import Evidence, Json, Param
from seccfg.record import Record

__all__ = ["BodyCheck", "ConditionRule", "GridCase", "InputChecks", "OpaOptions", "OpaPlan", "ParamCheck"]


class OpaOptions(Record):
    """Options of `targets.opa`, checked."""

    package: str
    """Rego package of the decision, dotted."""
    pep: str
    """Target of the same spec, or `envoy`, that does what OPA cannot decide."""
    tokens: str
    """Who checks token signatures: `opa` or `pep`."""
    signing: str
    """Id of the key bundles have to be signed with; empty: none."""

    @property
    def path(self) -> str:
        """The package as a folder and as a data path."""
        return self.package.replace(".", "/")


class ConditionRule(Record):
    """A condition under the name routes refer to it by; `holds` and `fails` are its two forms."""

    rule: str
    name: str
    text: str
    holds: Lowered
    fails: Lowered


class ParamCheck(Record):
    """A declared parameter as a rule."""

    rule: str
    param: Param


class BodyCheck(Record):
    """A body schema as a rule."""

    rule: str
    schema: Json


class InputChecks(Record):
    """Everything the `inputs` package holds."""

    params: tuple[ParamCheck, ...]
    bodies: tuple[BodyCheck, ...]


class GridCase(Record):
    """One question of the generated tests: may a principal with this role (empty: nobody) do that."""

    method: str
    target: str
    role: str
    auth: str
    allowed: bool
    reason: str


class OpaPlan(Record):
    """Everything `emit` prints."""

    options: OpaOptions
    service: str
    hosts: tuple[str, ...]
    data: Json
    """The data document."""
    depth: int
    """Segments of the longest template."""
    conditions: tuple[ConditionRule, ...]
    inputs: InputChecks
    redact: tuple[str, ...]
    """Headers no decision log shows, lower case."""
    hides_subject: bool
    hides_target: bool
    """Some credential stands in the query."""
    events: tuple[str, ...]
    """Events that are logged."""
    live: tuple[str, ...]
    """What has to be pushed: `keys/<method>` and `revocation`."""
    live_keys: Json
    """Auth method to the key set its file held at build time, for methods whose keys are pushed."""
    cases: tuple[GridCase, ...]
    evidence: Evidence
