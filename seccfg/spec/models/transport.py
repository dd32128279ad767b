"""TLS, bodies, errors, headers and what is passed on."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import Field

from seccfg.spec.models.base import (
    CipherName,
    Duration,
    FilePath,
    HeaderName,
    HeaderValue,
    Host,
    IdentityField,
    Items,
    MediaType,
    Named,
    Node,
    Reason,
    Size,
    Text,
)

JsonDepth = Annotated[int, Ge(1), Le(64)]
Screen = Annotated[Literal["sql-injection", "xss"], Named("Screen")]
RefusalStatus = Annotated[int, Ge(400), Le(599)]


class Hsts(Node):
    """`Strict-Transport-Security`, sent over TLS."""

    max_age: Duration = Field(description="How long browsers keep to TLS.", examples=["365d"])
    include_subdomains: bool = Field(default=False, description="Subdomains too.")
    preload: bool = Field(default=False, description="Agree to browsers' built-in lists.")


class Certificate(Node):
    """A server certificate."""

    host: Host = Field(description="The host it is for.", examples=["api.example.com"])
    file: FilePath = Field(description="The certificate, relative to the spec.", examples=["keys/api.pem"])
    renew_before: Duration | None = Field(
        default=None, description="How long before its end it must be renewed.", examples=["30d"]
    )
    owner: Text | None = Field(default=None, description="Who renews it.", examples=["team-edge@example.com"])


class Tls(Node):
    """Transport."""

    min_version: Literal["1.2", "1.3"] = Field(default="1.2", description="The lowest version accepted.")
    ciphers: Literal["modern", "intermediate"] | Items[CipherName] = Field(
        default="intermediate",
        description="A named set, or the suites themselves.",
        examples=["modern", ["ECDHE-RSA-AES128-GCM-SHA256"]],
    )
    plain_http: Literal["redirect", "refuse"] = Field(
        default="refuse",
        description="What a request without TLS is answered; only GET and HEAD without a credential are redirected.",
    )
    hsts: Hsts | None = Field(default=None, description="Tell browsers to keep to TLS.")
    certificates: Items[Certificate] | None = Field(default=None, description="Server certificates.")


class Body(Node):
    """Limits of every request body."""

    max: Size = Field(default="1MiB", description="The largest body, inclusive.", examples=["1MiB"])
    content_types: Items[MediaType] = Field(default=("application/json",), description="Media types accepted.")
    json_depth: JsonDepth = Field(default=32, description="How deep JSON may nest.")


class Errors(Node):
    """How refusals are answered."""

    format: Literal["problem+json", "json"] = Field(
        default="problem+json", description="The media type of error bodies."
    )
    details: Literal["hidden", "shown"] = Field(
        default="hidden", description="Whether bodies say more than the reason."
    )
    correlation_header: HeaderName = Field(
        default="X-Request-Id", description="The header that carries the id of a request."
    )
    status: dict[Reason, RefusalStatus] | None = Field(
        default=None, description="Other status codes for reasons.", examples=[{"invalid_token": 403}], min_length=1
    )


class Headers(Node):
    """Response headers."""

    set: dict[HeaderName, HeaderValue] | None = Field(
        default=None,
        description="Set on every answer, replacing what the upstream sent.",
        examples=[{"X-Content-Type-Options": "nosniff"}],
        min_length=1,
    )
    remove: Items[HeaderName] | None = Field(
        default=None, description="Removed from every answer.", examples=[["Server"]]
    )


class Forward(Node):
    """What the upstream is told."""

    identity: dict[HeaderName, IdentityField] | None = Field(
        default=None,
        description="Headers removed from every request first, then set to verified values.",
        examples=[{"X-User": "principal.subject"}],
        min_length=1,
    )
    credentials: Literal["strip", "keep"] = Field(default="strip", description="Whether credentials are passed on.")
