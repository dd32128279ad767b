"""What is written down, and where it goes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seccfg.spec.models.auth import SecretRef
from seccfg.spec.models.base import Duration, Event, HeaderName, HttpsUrl, Items, Name, Named, Node

SinkUrl = Annotated[HttpsUrl | SecretRef, Named("SinkUrl")]


class KeyedHash(Node):
    """Subjects as a keyed hash: equal ones stay equal, nobody reads who it was."""

    keyed_hash: SecretRef = Field(description="The key.", examples=[{"env": "AUDIT_HASH_KEY"}])


class Retention(Node):
    """How long records are kept."""

    min: Duration | None = Field(default=None, description="At least.", examples=["365d"])
    hot: Duration | None = Field(default=None, description="Searchable at once.", examples=["90d"])
    max: Duration | None = Field(default=None, description="At most.", examples=["400d"])

    AT_LEAST_ONE: ClassVar[tuple[str, ...]] = ("min", "hot", "max")


class Splunk(Node):
    """Splunk, by its HTTP Event Collector."""

    type: Literal["splunk"] = Field(description="The kind of sink.")
    url: SinkUrl = Field(description="The collector.", examples=[{"env": "SPLUNK_HEC_URL"}])
    token: SecretRef = Field(description="Its token.", examples=[{"env": "SPLUNK_HEC_TOKEN"}])


class Elk(Node):
    """Elasticsearch."""

    type: Literal["elk"] = Field(description="The kind of sink.")
    url: SinkUrl = Field(description="The cluster.", examples=[{"env": "ELASTIC_URL"}])


class Datadog(Node):
    """Datadog."""

    type: Literal["datadog"] = Field(description="The kind of sink.")
    api_key: SecretRef = Field(description="Its API key.", examples=[{"env": "DD_API_KEY"}])


class Prometheus(Node):
    """Prometheus: counts of events, scraped."""

    type: Literal["prometheus"] = Field(description="The kind of sink.")


Sink = Annotated[Splunk | Elk | Datadog | Prometheus, Field(discriminator="type"), Named("Sink")]


class Audit(Node):
    """The audit trail."""

    events: Items[Event] | None = Field(
        default=None,
        description="What is written down. Left out: all refusals.",
        examples=[["auth.failed", "authz.denied"]],
    )
    redact: Items[HeaderName] | None = Field(
        default=None,
        description="Headers whose values are never written. Left out: every credential place.",
        examples=[["Authorization", "Cookie"]],
    )
    subject: Literal["clear"] | KeyedHash = Field(
        default="clear",
        description="How the principal is written.",
        examples=["clear", {"keyed_hash": {"env": "AUDIT_HASH_KEY"}}],
    )
    retention: Retention | None = Field(default=None, description="How long records are kept.")
    required: bool = Field(default=False, description="A request whose record cannot be written is refused.")
    sinks: dict[Name, Sink] | None = Field(
        default=None,
        description="Where records go besides standard error.",
        examples=[{"metrics": {"type": "prometheus"}}],
        min_length=1,
    )


class RouteAudit(Node):
    """What a route writes down besides."""

    events: Items[Event] = Field(description="Events added to those of `audit`.", examples=[["access.allowed"]])
