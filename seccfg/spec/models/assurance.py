"""What must always hold, what was tried, what is accepted."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seccfg.spec.models.base import (
    Date,
    GapId,
    HeaderName,
    HeaderValue,
    IpAddress,
    Items,
    Json,
    Method,
    Name,
    Node,
    Permission,
    Reason,
    RequestPath,
    RoleName,
    RoutePattern,
    RuleId,
    Scope,
    Text,
)

Status = Annotated[int, Field(ge=100, le=599)]


class Who(Node):
    """A group of principals: everything it says must hold."""

    AT_LEAST_ONE: ClassVar[tuple[str, ...]] = ("auth", "clients", "roles", "permissions", "scopes")

    auth: Items[Name] | None = Field(
        default=None, description="Authenticated by one of these methods.", examples=[["staff"]]
    )
    clients: Items[Name] | None = Field(
        default=None, description="Through one of these clients.", examples=[["nightly"]]
    )
    roles: Items[RoleName] | None = Field(default=None, description="Having one of these roles.", examples=[["admin"]])
    permissions: Items[Permission] | None = Field(default=None, description="Having all of these permissions.")
    scopes: Items[Scope] | None = Field(default=None, description="Having all of these scopes.")


class Invariant(Node):
    """Something that must hold whatever the routes say."""

    EXACTLY_ONE: ClassVar[tuple[str, ...]] = ("never", "only", "always", "no_new_access")

    never: Literal["anonymous"] | Who | None = Field(
        default=None, description="These never reach the routes.", examples=["anonymous", {"roles": ["partner"]}]
    )
    only: Who | None = Field(
        default=None, description="Nobody else reaches the routes.", examples=[{"roles": ["admin"]}]
    )
    always: Items[Name] | None = Field(
        default=None,
        description="These conditions hold, as the routes have them, for whoever reaches them.",
        examples=[["own-tenant"]],
    )
    no_new_access: Text | None = Field(
        default=None,
        description="Nobody reaches the routes who did not in this git revision of the spec.",
        examples=["origin/main"],
    )
    reaches: RoutePattern = Field(
        description="The routes: a method or `*`, and a path without `base_path`, where `*` is one segment and `/**` "
        "everything below.",
        examples=["* /orders/**", "DELETE /**"],
    )


class SpecTestPrincipal(Node):
    """Who makes the request of a test."""

    auth: Name = Field(description="The method it is authenticated by.", examples=["staff"])
    subject: Text | None = Field(default=None, description="Its subject.", examples=["alice"])
    roles: Items[RoleName] | None = Field(
        default=None, description="Roles its credential asserts.", examples=[["viewer"]]
    )
    scopes: Items[Scope] | None = Field(
        default=None, description="Scopes of its credential.", examples=[["orders.read"]]
    )
    client: Name | None = Field(default=None, description="The client its token was issued to.", examples=["nightly"])
    claims: dict[Text, Json] | None = Field(
        default=None,
        description="Further claims of its token, or attributes of its key record.",
        examples=[{"dept": "sales"}],
        min_length=1,
    )


class SpecTestRequest(Node):
    """The request of a test."""

    method: Method = Field(description="Its method.", examples=["GET"])
    path: RequestPath = Field(description="Its path with `base_path`, and query.", examples=["/v1/orders?limit=10"])
    headers: dict[HeaderName, HeaderValue] | None = Field(
        default=None, description="Its headers.", examples=[{"X-Region": "eu"}], min_length=1
    )
    body: Json | None = Field(default=None, description="Its JSON body.", examples=[{"amount": 10}])
    address: IpAddress | None = Field(
        default=None, description="Where it comes from. Left out: an address every rule admits."
    )


class Expected(Node):
    """What it is answered."""

    AT_LEAST_ONE: ClassVar[tuple[str, ...]] = ("status", "reason")

    status: Status | None = Field(default=None, description="The status code.", examples=[401])
    reason: Reason | None = Field(default=None, description="The reason.", examples=["no_credential"])


class SpecTest(Node):
    """A request and what it must be answered."""

    name: Text = Field(description="What it shows.", examples=["a viewer reads an order of the own department"])
    as_: SpecTestPrincipal | None = Field(default=None, description="Who makes it. Left out: nobody.")
    request: SpecTestRequest = Field(description="What is asked for.")
    expect: Literal["allow", "refuse"] | Expected = Field(
        description="What it is answered.", examples=["allow", {"status": 401}]
    )


class Accept(Node):
    """
    A gap of a target that is accepted; a build stops at any other that blocks. Or a widening of access that
    `diff --fail-on widens` lets through.
    """

    EXACTLY_ONE: ClassVar[tuple[str, ...]] = ("target", "widening")

    target: Name | None = Field(default=None, description="The target.", examples=["aws"])
    gap: GapId | None = Field(default=None, description="The id of the gap.", examples=["body-attribute"])
    at: Text | None = Field(default=None, description="The place in the spec.", examples=["conditions.small-order"])
    widening: Text | None = Field(
        default=None,
        description="Instead of a gap: a sentence of `seccfg diff` that says who may do more.",
        examples=["`viewer` may now DELETE /v1/orders/{id}"],
    )
    bound: Text | None = Field(
        default=None,
        description="The deviation as printed; another deviation is another gap.",
        examples=["delegated to python"],
    )
    reason: Text = Field(description="Why it is accepted.", examples=["an authorizer sees no body"])
    owner: Text = Field(description="Who accepts it.", examples=["team-orders@example.com"])
    expires: Date = Field(description="Until when.", examples=["2027-06-30"])


class Waiver(Node):
    """A finding of lint that is accepted."""

    rule: RuleId = Field(description="The rule, by id or name.", examples=["LIMIT001"])
    at: Text = Field(description="The place in the spec.", examples=["routes./health.get"])
    reason: Text = Field(description="Why it is accepted.", examples=["probed every second"])
    owner: Text = Field(description="Who accepts it.", examples=["team-orders@example.com"])
    expires: Date = Field(description="Until when.", examples=["2027-06-30"])
