"""What may be done: roles, attributes and the conditions over them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seccfg.spec.models.auth import ClaimPath
from seccfg.spec.models.base import (
    AttributeName,
    Date,
    HeaderName,
    Items,
    Named,
    Node,
    ParameterName,
    Permission,
    RoleName,
    ScalarType,
    Text,
)


class Role(Node):
    """A role: permissions under one name."""

    inherits: Items[RoleName] | None = Field(
        default=None, description="Roles whose permissions it has too.", examples=[["viewer"]]
    )
    permissions: Items[Permission] | None = Field(
        default=None, description="What it permits.", examples=[["orders.read"]]
    )
    owner: Text | None = Field(default=None, description="Who answers for it.", examples=["team-orders@example.com"])
    reviewed: Date | None = Field(default=None, description="When it was last reviewed.", examples=["2026-09-01"])


class ListType(Node):
    """A list of scalars."""

    list: ScalarType = Field(description="The type of its elements.", examples=["string"])


AttributeType = Annotated[ScalarType | ListType, Named("AttributeType")]


class PrincipalAttribute(Node):
    """Something known about who makes the request; each auth method says where it comes from."""

    type: AttributeType = Field(description="Its type.", examples=["string", {"list": "string"}])
    optional: bool = Field(default=False, description="A principal may lack it; ask with `has()` first.")


class AttributeSource(Node):
    """The part of a request an attribute is read from."""

    EXACTLY_ONE: ClassVar[tuple[str, ...]] = ("path", "query", "header", "body", "clock")

    path: AttributeName | None = Field(default=None, description="A parameter of the path.", examples=["tenant_id"])
    query: ParameterName | None = Field(default=None, description="A query parameter.", examples=["tenant"])
    header: HeaderName | None = Field(default=None, description="A request header.", examples=["X-Region"])
    body: ClaimPath | None = Field(
        default=None,
        description="A member of the JSON body: one literal key, or a list of keys from the outside in.",
        examples=[["order", "amount"]],
    )
    clock: Literal["hour_utc", "weekday_utc", "unix_s"] | None = Field(
        default=None,
        description="The time: `hour_utc` 0-23, `weekday_utc` with 0 for Sunday, `unix_s` seconds since 1970.",
    )


class Attribute(Node):
    """Something known about what is asked for, or about the request itself."""

    type: AttributeType = Field(description="Its type.", examples=["string", "integer"])
    from_: Literal["route", "application"] | AttributeSource = Field(
        description="Where it is read: a part of the request, `route` (a constant each route states) or "
        "`application` (only the service knows).",
        examples=["route", "application", {"path": "tenant_id"}],
    )
    optional: bool = Field(default=False, description="A request may lack it; ask with `has()` first.")
    trust: Literal["caller", "proxy"] | None = Field(
        default=None,
        description="Why a value from a header, the query or the body may decide: `caller` accepts that the caller "
        "chooses it, "
        "`proxy` takes it from a trusted proxy only.",
    )


class Attributes(Node):
    """What conditions may read, by side."""

    principal: dict[AttributeName, PrincipalAttribute] | None = Field(
        default=None, description="Who makes the request.", examples=[{"tenant": {"type": "string"}}], min_length=1
    )
    resource: dict[AttributeName, Attribute] | None = Field(
        default=None,
        description="What is asked for.",
        examples=[{"tenant": {"type": "string", "from": {"path": "tenant_id"}}}],
        min_length=1,
    )
    request: dict[AttributeName, Attribute] | None = Field(
        default=None,
        description="The request itself.",
        examples=[{"hour": {"type": "integer", "from": {"clock": "hour_utc"}}}],
        min_length=1,
    )
