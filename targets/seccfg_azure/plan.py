"""What is emitted, in the vendor's words."""

from __future__ import annotations

from typing import Literal

from seccfg.ir.policy import Evidence, Param, Policy
from seccfg.program.model import Program
from seccfg.record import Record

__all__ = ["AzureOptions", "AzurePlan", "Counter", "LimitPlan", "Operation", "Secret", "SigningKey", "Tier"]

Tier = Literal[
    "developer", "basic", "standard", "premium", "basic-v2", "standard-v2", "premium-v2", "consumption",
]  # fmt: skip


class AzureOptions(Record):
    """`targets.azure`, checked."""

    service: str
    """Name of the API Management instance."""
    tier: Tier
    prefer: Literal["exact", "native"] = "exact"

    @property
    def counts(self) -> bool:
        """`rate-limit-by-key` exists."""
        return self.tier != "consumption"

    @property
    def has_quota(self) -> bool:
        """`quota-by-key` exists."""
        return self.tier in ("developer", "basic", "standard", "premium")

    @property
    def sets_ciphers(self) -> bool:
        """Ciphers can be switched off."""
        return self.has_quota

    @property
    def keeps_logs(self) -> bool:
        """Resource logs exist."""
        return self.tier != "consumption"


class Counter(Record):
    """One counter policy: `calls` in `period_s`; the first of `tiers` (roles, calls) whose roles the caller has counts instead."""

    policy: Literal["rate-limit-by-key", "quota-by-key"]
    calls: int
    period_s: int
    tiers: tuple[tuple[tuple[str, ...], int], ...]


class LimitPlan(Record):
    """The counters of one limit of the Program, by its index there."""

    index: int
    name: str
    step: Literal["address_limits", "principal_limits"]
    counters: tuple[Counter, ...]


class SigningKey(Record):
    """One RSA key one method's tokens may be signed with; `modulus` and `exponent` in base64url."""

    method: int
    kid: str
    algorithms: tuple[str, ...]
    modulus: str
    exponent: str


class Operation(Record):
    """One operation of the API; `template` as the service spells it."""

    id: str
    method: str
    template: str
    title: str
    templates: tuple[int, ...]
    """The Program's templates it may turn out to be."""
    parameters: tuple[str, ...]
    types: tuple[str, ...] = ()
    """Types of those parameters."""
    asked: tuple[Param, ...] = ()
    """Parameters of query and header."""
    content_types: tuple[str, ...] = ()


class Secret(Record):
    """A named value a deployment fills; `method` is the auth method whose key records it holds, empty for anything else."""

    name: str
    parameter: str
    environment: str
    method: str
    secret: bool
    what: str
    use: Literal["keys", "revocation", "log"] = "keys"


class AzurePlan(Record):
    """Everything the files say."""

    options: AzureOptions
    program: Program
    policy: Policy
    """The effective one."""
    limits: tuple[LimitPlan, ...]
    keys: tuple[SigningKey, ...]
    secrets: tuple[Secret, ...]
    operations: tuple[Operation, ...]
    protocols: tuple[str, ...]
    certificates: tuple[str, ...]
    """Hosts with a certificate of their own."""
    forwards_events: bool
    """The spec names sinks: events go to an Event Hub too."""
    evidence: Evidence

    @property
    def name(self) -> str:
        """The service's name in the spec: the API's id."""
        return self.program.name
