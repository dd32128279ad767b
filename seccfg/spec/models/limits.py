"""How much, and from where: rate limits, addresses and origins."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from seccfg.spec.models.base import (
    AttributeRef,
    Cidr,
    Count,
    Duration,
    HeaderName,
    Items,
    Method,
    Name,
    Node,
    OriginPattern,
    RoleName,
)


class ByAttribute(Node):
    """One counter for each value of an attribute."""

    attribute: AttributeRef = Field(description="The attribute.", examples=["principal.tenant"])


class RateLimit(Node):
    """How many requests in a time."""

    limit: Count = Field(description="Requests admitted per window.", examples=[100])
    window: Duration = Field(description="Length of the window.", examples=["15m"])
    by: Literal["ip", "principal"] | ByAttribute = Field(
        description="What has a counter of its own.", examples=["ip", "principal", {"attribute": "principal.tenant"}]
    )
    algorithm: Literal["fixed-window", "sliding-window", "token-bucket"] = Field(
        default="fixed-window", description="How requests are counted; fixed windows are aligned to the Unix epoch."
    )
    burst: Count | None = Field(
        default=None, description="Size of the bucket, with `token-bucket` only. Left out: `limit`.", examples=[80]
    )
    tiers: dict[RoleName, Count] | None = Field(
        default=None,
        description="Limits of roles; the largest that applies counts.",
        examples=[{"admin": 100}],
        min_length=1,
    )
    count: Literal["request", "auth.failed"] = Field(
        default="request", description="What is counted: every request, or only refusals of a presented credential."
    )
    per: Literal["shared", "route"] = Field(
        default="shared", description="One counter for all routes that name the limit, or one for each."
    )
    on_store_failure: Literal["refuse", "local"] = Field(
        default="refuse", description="When counters cannot be reached: refuse, or count on each node alone."
    )


class NetworkProfile(Node):
    """Addresses that may, and may not, reach a route."""

    allow: Items[Cidr] | None = Field(
        default=None, description="Only these. Left out: every address.", examples=[["198.51.100.0/24"]]
    )
    deny: Items[Cidr] | None = Field(default=None, description="Not these.", examples=[["203.0.113.66/32"]])

    AT_LEAST_ONE: ClassVar[tuple[str, ...]] = ("allow", "deny")


class Network(Node):
    """Client addresses."""

    trusted_proxies: Items[Cidr] | None = Field(
        default=None, description="Who may set `X-Forwarded-For` and `X-Forwarded-Proto`.", examples=[["10.0.0.0/8"]]
    )
    profiles: dict[Name, NetworkProfile] | None = Field(
        default=None,
        description="Sets of addresses that `network` of a route or of `defaults` names.",
        min_length=1,
        examples=[{"office": {"allow": ["198.51.100.0/24"]}}],
    )


class CorsProfile(Node):
    """Which pages of other origins may read answers."""

    origins: Items[OriginPattern] = Field(
        description="Origins; a leading `*.` stands for one label, `*` for any origin.",
        examples=[["https://app.example.com"]],
    )
    methods: Items[Method] | None = Field(
        default=None, description="Narrows the methods declared on the path.", examples=[["GET"]]
    )
    headers: Items[HeaderName] | None = Field(
        default=None, description="Request headers they may send.", examples=[["Authorization"]]
    )
    expose: Items[HeaderName] | None = Field(
        default=None, description="Response headers they may read.", examples=[["X-Request-Id"]]
    )
    credentials: bool = Field(default=False, description="They may send cookies.")
    max_age: Duration | None = Field(
        default=None, description="How long a browser may keep a preflight answer.", examples=["10m"]
    )
