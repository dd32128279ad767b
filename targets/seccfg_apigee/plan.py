"""What is emitted, in Apigee's words: a proxy bundle with policies and resources, and what stands beside it."""

from __future__ import annotations

from seccfg.ir.policy import Evidence, Jwk, Policy
from seccfg.program.model import Program
from seccfg.record import Record
from seccfg_apigee.native import Native

__all__ = ["ApigeeOptions", "ApigeePlan", "KeyMap", "QuotaPlan", "TokenCheck"]


class ApigeeOptions(Record):
    """Options of `targets.apigee`, checked."""

    organization: str
    environment: str
    prefer: str
    address_index: int
    """Where the load balancer writes the client's address in `X-Forwarded-For`, from the right: -1 is the last."""


class TokenCheck(Record):
    """A VerifyJWT policy: one method and one family of algorithms."""

    policy: str
    method: str
    family: str
    algorithms: tuple[str, ...]
    issuer: str
    audience: str
    """Empty where a method has several: any of them is asked for by the decision alone."""
    required: tuple[str, ...]
    allowance_s: int
    jwks: tuple[Jwk, ...]
    url: str
    """Where Apigee fetches the keys; empty: they are those of `jwks`."""


class QuotaPlan(Record):
    """The policies of one limit; `number` is its place in the Program."""

    number: int
    name: str
    kind: str
    """`quota` or `spike`."""
    limit: int
    interval: int
    unit: str
    together: bool
    """Some branch asks and counts in one policy."""
    apart: bool
    """Some branch asks first and counts later."""
    failures: bool
    address: bool


class KeyMap(Record):
    """A read of a key-value map for one method: key records or what was revoked."""

    policy: str
    map: str
    method: str
    seconds: int


class ApigeePlan(Record):
    """Everything `emit` prints."""

    options: ApigeeOptions
    policy: Policy
    """The effective Policy."""
    program: Program
    tokens: tuple[TokenCheck, ...]
    quotas: tuple[QuotaPlan, ...]
    revocations: tuple[KeyMap, ...]
    records: tuple[KeyMap, ...]
    certificates: bool
    hidden: bool
    evidence: Evidence
    native: Native | None = None
    """The bundle is of Apigee's own policies; None: of the program."""
    not_native: str = ""
    """Why it is not, where that was asked for."""
