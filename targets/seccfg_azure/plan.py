"""What is emitted, in the vendor's words."""

from __future__ import annotations

from typing import Literal

from seccfg.ir.policy import AddressRule, BodyLimit, Cors, Evidence, JwtVerifier, Param, Policy
from seccfg.program.model import Program
from seccfg.record import Record

__all__ = ["AzureOptions", "AzurePlan", "Counter", "LimitPlan", "NativePlan", "Operation", "Prefer", "Secret", "SigningKey", "Tier"]

Tier = Literal[
    "developer", "basic", "standard", "premium", "basic-v2", "standard-v2", "premium-v2", "consumption",
]  # fmt: skip

Prefer = Literal["exact", "native"]


class AzureOptions(Record):
    """`targets.azure`, checked."""

    service: str
    """Name of the API Management instance."""
    tier: Tier
    prefer: Prefer = "exact"

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


class NativePlan(Record):
    """What `prefer: native` says in the service's own policies and short expressions instead of the decision program."""

    verifier: JwtVerifier | None
    """Whose tokens are taken; None: every operation is public."""
    keys: tuple[SigningKey, ...]
    public: tuple[str, ...]
    """Operations that ask for no token, by id."""
    plain_http: tuple[str, ...]
    """Operations served over plain http as well, by id."""
    bodies: tuple[tuple[BodyLimit, tuple[str, ...]], ...]
    """Bodies that may be, and the operations they are for."""
    paths: tuple[tuple[str, str], ...]
    """Operation id -> a regular expression for the paths that are really its own."""
    cors: Cors | None
    limit: str
    """Name of the limit by address; empty: nothing is counted."""
    counter: Counter | None
    addresses: tuple[AddressRule, ...]
    access: str
    """C# that gives the reason why the caller may not, empty when it may."""
    inputs: str
    """C# that gives `invalid_input` where a path parameter does not fit; empty: nothing is asked of them."""


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
    native: NativePlan | None = None
    kept: str = ""
    """Why `prefer: native` leaves the decision to the program all the same."""

    @property
    def name(self) -> str:
        """The service's name in the spec: the API's id."""
        return self.program.name
