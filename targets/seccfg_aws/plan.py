"""What the stack and the function will hold, in AWS's words."""

from __future__ import annotations

from typing import Literal

from seccfg.ir.policy import Errors, Evidence, Json, ResponseHeaders
from seccfg.record import Record
from seccfg_aws.native import NativePlan
from seccfg_aws.sizes import Form
from seccfg_runtime.plan import PolicyPlan

__all__ = ["AwsOptions", "AwsPlan", "DomainPlan", "MethodPlan", "StatusPlan", "UpstreamPlan"]


class AwsOptions(Record):
    """The spec's `targets.aws`."""

    region: str
    """For the commands of APPLY.md; empty: the caller's own."""
    stage: str
    format: Literal["cloudformation", "terraform"] = "cloudformation"
    api: Literal["rest", "http"] = "rest"
    prefer: Literal["exact", "native"] = "exact"


class StatusPlan(Record):
    """The status each type of gateway response is given."""

    unauthorized: int
    denied: int
    limited: int
    unavailable: int
    missing: int
    body: int


class UpstreamPlan(Record):
    """Where methods send what passed."""

    name: str
    url: str
    timeout_ms: int


class MethodPlan(Record):
    """One method on one resource."""

    verb: str
    path: tuple[str, ...]
    """Segments as API Gateway writes them: `v1`, `{order_id}`, `{rest+}`."""
    template: str
    upstream: UpstreamPlan
    names: tuple[tuple[str, str], ...]
    """Path parameter of the resource, and its name in the spec."""
    strip: tuple[str, ...]
    identity: tuple[tuple[str, str], ...]
    """Header, and the key of the authorizer's context that holds its value."""
    strip_query: tuple[str, ...]
    model: Json
    """JSON Schema, draft 4, of the body; empty: API Gateway does not look at it."""
    content_types: tuple[str, ...]


class DomainPlan(Record):
    """A custom domain name; `mutual` asks every client for a certificate of the trust store."""

    host: str
    mutual: bool


class AwsPlan(Record):
    """Everything `emit` prints."""

    name: str
    options: AwsOptions
    form: Form
    """A resource of the stack for each path and method, or one OpenAPI document."""
    module: PolicyPlan
    methods: tuple[MethodPlan, ...]
    preflights: tuple[tuple[str, ...], ...]
    """Paths whose OPTIONS is answered by the function."""
    domains: tuple[DomainPlan, ...]
    truststore: str
    """PEM of every authority that client certificates may come from."""
    tls_policy: str
    status: StatusPlan
    headers: ResponseHeaders
    fixed: tuple[tuple[str, str], ...]
    """Headers of refusals that say nothing of the request, besides those of every answer."""
    errors: Errors
    counts: bool
    """Some route has a limit: the function needs the table."""
    keyed: bool
    """Limits are answered by a usage key, which HTTP APIs do not have."""
    revokes: bool
    secrets: tuple[str, ...]
    """Environment variables the function reads its secrets from."""
    retention_days: int
    retention_asked: tuple[int, int]
    """Seconds: least and most of what the spec asks for; 0: not said."""
    sends_open: bool
    evidence: Evidence
    native: NativePlan = NativePlan()
    mocks: tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...] = ()
    """Paths whose OPTIONS is answered by API Gateway, with the headers of the answer."""
    unauthorized: tuple[str, ...] = ()
    """Reasons that are answered by the exception `Unauthorized`."""
