"""Where it applies: defaults and routes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seccfg.spec.models.audit import RouteAudit
from seccfg.spec.models.base import (
    AttributeName,
    Few,
    FilePath,
    HeaderName,
    Items,
    Json,
    JsonObject,
    MediaType,
    Name,
    Named,
    Node,
    Number,
    ParameterName,
    Permission,
    RegexText,
    RoleName,
    Scope,
    Size,
    Tag,
    Text,
)
from seccfg.spec.models.transport import JsonDepth

TextLength = Annotated[int, Field(ge=0, le=1_000_000)]


class AllOf(Node):
    """Several methods that must all succeed; the first gives the principal."""

    all: Few[Name] = Field(description="Auth methods.", examples=[["mesh", "staff"]])


AuthChoice = Annotated[Name | AllOf, Named("AuthChoice")]


class Grant(Node):
    """One way to be allowed: everything it says must hold."""

    AT_LEAST_ONE: ClassVar[tuple[str, ...]] = ("auth", "clients", "roles", "permissions", "scopes", "if")

    auth: Items[Name] | None = Field(default=None, description="The method used is one of these.", examples=[["staff"]])
    clients: Items[Name] | None = Field(
        default=None, description="The token was issued to one of these clients.", examples=[["nightly"]]
    )
    roles: Items[RoleName] | None = Field(
        default=None, description="The principal has one of these roles.", examples=[["admin"]]
    )
    permissions: Items[Permission] | None = Field(
        default=None, description="The principal's roles permit all of these.", examples=[["orders.read"]]
    )
    scopes: Items[Scope] | None = Field(
        default=None, description="The token has all of these scopes.", examples=[["orders.read"]]
    )
    if_: Items[Name] | None = Field(
        default=None, description="All of these conditions are true.", examples=[["same-department"]]
    )
    enforce: Literal["application"] | None = Field(
        default=None, description="The service decides what only it can know; the python target must be built too."
    )


Allow = Annotated[Literal["authenticated"] | Items[Grant], Named("Allow")]


class Parameter(Node):
    """What a parameter must look like: a subset of JSON Schema."""

    type: Literal["string", "integer", "number", "boolean"] = Field(
        default="string", description="How its text is read."
    )
    enum: Items[Json] | None = Field(default=None, description="The values accepted.", examples=[["open", "paid"]])
    minimum: Number | None = Field(default=None, description="The least number.", examples=[1])
    maximum: Number | None = Field(default=None, description="The greatest number.", examples=[100])
    min_length: TextLength | None = Field(
        default=None, alias="minLength", description="The least number of characters."
    )
    max_length: TextLength | None = Field(
        default=None, alias="maxLength", description="The greatest number of characters.", examples=[64]
    )
    pattern: RegexText | None = Field(
        default=None,
        description="The whole text must match; `^` and `$` may be written and change nothing.",
        examples=["[A-Z]{3}-[0-9]+"],
    )
    format: Literal["uuid", "date", "date-time", "email", "ipv4", "ipv6", "uri"] | None = Field(
        default=None, description="A well-known form of text."
    )
    required: bool = Field(default=False, description="A request without it is refused. Path parameters always are.")


class RouteBody(Node):
    """The body of a request."""

    schema_: FilePath | JsonObject | None = Field(
        default=None,
        description="JSON Schema (draft 2020-12) of the body: a file, or the schema itself.",
        examples=["schemas/order.json"],
    )
    max: Size | None = Field(default=None, description="The largest body, inclusive.", examples=["64KiB"])
    content_types: Items[MediaType] | None = Field(
        default=None, description="Media types accepted.", examples=[["application/json"]]
    )
    json_depth: JsonDepth | None = Field(default=None, description="How deep JSON may nest.")
    required: bool | None = Field(
        default=None, description="A request without a body is refused. Left out: when there is a schema."
    )


class Without(Node):
    """What a route does without, and why."""

    AT_LEAST_ONE: ClassVar[tuple[str, ...]] = ("rate_limits", "forbid", "require", "network", "audit")

    rate_limits: Items[Name] | None = Field(default=None, description="Rate limits taken away.", examples=[["per-ip"]])
    forbid: Items[Name] | None = Field(default=None, description="Forbids taken away.")
    require: Items[Name] | None = Field(default=None, description="Requirements taken away.")
    network: Items[Name] | None = Field(default=None, description="Network profiles taken away.")
    audit: RouteAudit | None = Field(default=None, description="Events taken away.")
    reason: Text = Field(description="Why.", examples=["probed every second"])


class RouteKeys(Node):
    """What may be said of a route, on the method or on the path for all its methods."""

    public: bool | None = Field(default=None, description="Anybody may call it; needs a `reason`.")
    reason: Text | None = Field(default=None, description="Why it is public.", examples=["load balancer probe"])
    auth: Few[AuthChoice] | None = Field(
        default=None,
        description="Methods looked at; replaces the default.",
        examples=[["staff"], [{"all": ["mesh", "staff"]}]],
    )
    allow: Allow | None = Field(
        default=None,
        description="Who may call it: any one of these grants, or whoever is authenticated; replaces the default.",
        examples=["authenticated", [{"roles": ["admin"]}]],
    )
    require: Items[Name] | None = Field(
        default=None, description="Conditions that must be true besides; added to the defaults."
    )
    forbid: Items[Name] | None = Field(
        default=None, description="Conditions that must be false; added to the defaults."
    )
    rate_limits: Items[Name] | None = Field(
        default=None, description="Limits added to the defaults.", examples=[["per-key"]]
    )
    cors: Name | None = Field(
        default=None, description="The CORS profile, or `none`; replaces the default.", examples=["web", "none"]
    )
    network: Name | None = Field(
        default=None, description="A network profile that must admit the client besides.", examples=["office"]
    )
    upstream: Name | None = Field(
        default=None, description="Where it is passed on to; replaces the default.", examples=["batch"]
    )
    query: dict[ParameterName, Parameter] | None = Field(
        default=None,
        description="Query parameters. Where written, others are refused.",
        min_length=1,
        examples=[{"limit": {"type": "integer", "minimum": 1, "maximum": 100}}],
    )
    header_params: dict[HeaderName, Parameter] | None = Field(
        default=None,
        description="Request headers that are checked.",
        examples=[{"X-Trace": {"maxLength": 64}}],
        min_length=1,
    )
    params: dict[AttributeName, Parameter] | None = Field(
        default=None, description="Parameters of the path.", examples=[{"order_id": {"format": "uuid"}}], min_length=1
    )
    body: RouteBody | None = Field(default=None, description="The body of a request.")
    resource: dict[AttributeName, Json] | None = Field(
        default=None,
        description="Constants for attributes `from: route`.",
        examples=[{"required_level": 2}],
        min_length=1,
    )
    data: Items[Name] | None = Field(
        default=None, description="Classes of data, added to those of the service.", examples=[["cardholder"]]
    )
    compliance: Items[Tag] | None = Field(
        default=None, description="Requirements it answers.", examples=[["pci-dss:7.2.1"]]
    )
    without: Without | None = Field(default=None, description="Defaults taken away, with the reason.")
    websocket: bool | None = Field(
        default=None, description="It may be upgraded; `Origin` must be in its CORS profile."
    )
    plain_http: bool | None = Field(default=None, description="It is served without TLS too.")
    audit: RouteAudit | None = Field(default=None, description="Events written down besides.")


class Route(RouteKeys):
    """One method on one path."""


class PathItem(RouteKeys):
    """A path: its methods, and what holds for all of them."""

    AT_LEAST_ONE: ClassVar[tuple[str, ...]] = ("get", "head", "post", "put", "patch", "delete", "options")

    get: Route | None = Field(default=None, description="The method GET.")
    head: Route | None = Field(default=None, description="The method HEAD.")
    post: Route | None = Field(default=None, description="The method POST.")
    put: Route | None = Field(default=None, description="The method PUT.")
    patch: Route | None = Field(default=None, description="The method PATCH.")
    delete: Route | None = Field(default=None, description="The method DELETE.")
    options: Route | None = Field(default=None, description="The method OPTIONS.")


class Defaults(Node):
    """What holds for every route that says nothing else."""

    auth: Few[AuthChoice] | None = Field(
        default=None, description="Auth methods; a route's own replace them.", examples=[["staff"]]
    )
    allow: Allow | None = Field(
        default=None, description="Grants; a route's own replace them.", examples=[[{"roles": ["admin"]}]]
    )
    upstream: Name | None = Field(
        default=None, description="Where requests are passed on to; a route's own replaces it.", examples=["main"]
    )
    cors: Name | None = Field(
        default=None, description="The CORS profile; a route's own replaces it.", examples=["web"]
    )
    network: Name | None = Field(
        default=None, description="A network profile; a route's own adds to it.", examples=["everyone"]
    )
    rate_limits: Items[Name] | None = Field(
        default=None, description="Limits; a route's own add to them.", examples=[["per-ip"]]
    )
    forbid: Items[Name] | None = Field(
        default=None, description="Conditions that must be false; a route's own add to them."
    )
    require: Items[Name] | None = Field(
        default=None, description="Conditions that must be true; a route's own add to them."
    )
    audit: RouteAudit | None = Field(default=None, description="Events; a route's own add to them.")
