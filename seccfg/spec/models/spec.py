"""The spec itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field, model_validator

from seccfg.findings import render_path
from seccfg.spec import rules
from seccfg.spec.models.assurance import Accept, Invariant, SpecTest, Waiver
from seccfg.spec.models.audit import Audit
from seccfg.spec.models.auth import AuthMethod
from seccfg.spec.models.base import (
    ConditionText,
    FilePath,
    Items,
    Json,
    JsonObject,
    Name,
    Node,
    PathTemplate,
    RoleName,
    Tag,
)
from seccfg.spec.models.clients import Client, Sessions
from seccfg.spec.models.limits import CorsProfile, Network, RateLimit
from seccfg.spec.models.roles import Attributes, Role
from seccfg.spec.models.routes import Defaults, PathItem
from seccfg.spec.models.service import Service, Upstream
from seccfg.spec.models.transport import Body, Errors, Forward, Headers, Screen, Tls
from seccfg.spec.problems import Guesses

if TYPE_CHECKING:
    from seccfg.spec import loader


class Spec(Node):
    """One security spec of one API."""

    seccfg: Annotated[int, Field(ge=1, le=1)] = Field(description="The version of the language.", examples=[1])
    include: Items[FilePath] | None = Field(
        default=None,
        description="Files with further definitions: auth, clients, roles, attributes, conditions, rate_limits, "
        "cors, network, headers, audit.",
        examples=[["shared/auth.yaml"]],
    )
    service: Service = Field(description="The API the spec is about.")
    compliance: Items[Tag] | None = Field(
        default=None, description="What it must comply with.", examples=[["pci-dss", "gdpr"]]
    )
    upstreams: dict[Name, Upstream] = Field(
        description="Servers requests are passed on to.",
        examples=[{"main": {"url": "http://127.0.0.1:8000"}}],
        min_length=1,
    )
    auth: dict[Name, AuthMethod] | None = Field(
        default=None, description="How a request proves who it is.", min_length=1
    )
    clients: dict[Name, Client] | None = Field(default=None, description="How tokens are obtained.", min_length=1)
    sessions: Sessions | None = Field(default=None, description="Browser sessions, CSRF and revocation.")
    roles: dict[RoleName, Role] | None = Field(
        default=None, description="Roles.", examples=[{"viewer": {"permissions": ["orders.read"]}}], min_length=1
    )
    attributes: Attributes | None = Field(default=None, description="What conditions may read.")
    conditions: dict[Name, ConditionText] | None = Field(
        default=None,
        description="Named boolean expressions over attributes, in a subset of CEL.",
        examples=[{"own-tenant": "principal.tenant == resource.tenant"}],
        min_length=1,
    )
    rate_limits: dict[Name, RateLimit] | None = Field(
        default=None,
        description="Limits.",
        examples=[{"per-ip": {"limit": 100, "window": "15m", "by": "ip"}}],
        min_length=1,
    )
    network: Network | None = Field(default=None, description="Client addresses.")
    cors: dict[Name, CorsProfile] | None = Field(default=None, description="CORS profiles.", min_length=1)
    tls: Tls | None = Field(default=None, description="Transport.")
    body: Body | None = Field(default=None, description="Limits of every request body.")
    screen: Items[Screen] | None = Field(
        default=None,
        description="Patterns of attacks that are refused: defence in depth.",
        examples=[["sql-injection", "xss"]],
    )
    errors: Errors | None = Field(default=None, description="How refusals are answered.")
    headers: Headers | None = Field(default=None, description="Response headers.")
    forward: Forward | None = Field(default=None, description="What the upstream is told.")
    audit: Audit | None = Field(default=None, description="The audit trail.")
    defaults: Defaults | None = Field(default=None, description="What holds for every route that says nothing else.")
    routes: dict[PathTemplate, PathItem] = Field(
        description="Where it applies, by path without `base_path`.",
        examples=[{"/orders": {"get": {"allow": "authenticated"}}}],
        min_length=1,
    )
    invariants: Items[Invariant] | None = Field(default=None, description="What must hold whatever the routes say.")
    tests: Items[SpecTest] | None = Field(default=None, description="Requests and what they must be answered.")
    accept: Items[Accept] | None = Field(default=None, description="Gaps of targets that are accepted.")
    waivers: Items[Waiver] | None = Field(default=None, description="Findings of lint that are accepted.")
    environments: dict[Name, JsonObject] | None = Field(
        default=None,
        description="What other environments replace: any part of the spec but no new route.",
        min_length=1,
        examples=[{"staging": {"service": {"hosts": ["api.staging.example.com"]}}}],
    )
    targets: dict[Name, dict[Name, Json]] | None = Field(
        default=None,
        description="What is built, with the options each target documents.",
        examples=[{"python": {"package": "orders_security"}}],
        min_length=1,
    )

    @model_validator(mode="after")
    def _parts_agree(self) -> Spec:
        """The checks between the parts, which the loader runs too. They read what models and records share."""
        found = rules.problems(cast("loader.Spec", self))
        if found:
            guesses = Guesses()
            raise ValueError("; ".join(f"{render_path(p.path)}: {guesses.message(p)} [{p.rule}]" for p in found))
        return self

    def to_yaml(self) -> str:
        """The spec as a file: what was written, in the order of the language, nothing that was left out."""
        import yaml

        data = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
