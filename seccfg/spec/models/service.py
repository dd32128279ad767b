"""The service itself and what stands behind it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seccfg.spec.models.base import BasePath, DnsLabel, Duration, Host, Items, Name, Node, Text, UpstreamUrl


class Service(Node):
    """The API the spec is about."""

    name: DnsLabel = Field(
        description="Names the generated artefacts and the `WWW-Authenticate` realm.", examples=["orders"]
    )
    title: Text | None = Field(default=None, description="What people call it.", examples=["Orders API"])
    owner: Text | None = Field(default=None, description="Who answers for it.", examples=["team-orders@example.com"])
    base_path: BasePath | None = Field(
        default=None, description="Stands before every path of `routes`.", examples=["/v1"]
    )
    hosts: Items[Host] = Field(
        description="Host names it is reached by; any other is answered 404.", examples=[["api.example.com"]]
    )
    data: Items[Name] | None = Field(
        default=None,
        description="Classes of data it handles; lint derives obligations from them.",
        examples=[["cardholder", "personal"]],
    )
    contact: Text | None = Field(
        default=None, description="Where to report a vulnerability.", examples=["security@example.com"]
    )


class Upstream(Node):
    """A server requests are passed on to."""

    url: UpstreamUrl = Field(
        description="Scheme, host and port. Path and query of a request are passed on unchanged.",
        examples=["https://orders.internal.example.com:8443"],
    )
    tls: Literal["verify", "insecure"] = Field(default="verify", description="Whether its certificate is verified.")
    timeout: Duration = Field(default="30s", description="How long it may take to answer.", examples=["10s"])
