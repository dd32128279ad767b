"""What a REST API is once it was read, whatever wrote it: the records a model of the gateway works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seccfg.record import Record

__all__ = ["Api", "Method", "ResponseShape"]


class Method(Record):
    """One method of one resource."""

    path: tuple[str, ...]
    verb: str
    authorization: str
    key_required: bool
    invocable: bool
    """API Gateway is permitted to call the function this method needs."""
    validates_body: bool
    models: Mapping[str, Any]
    kind: str
    """Type of the integration."""
    upstream: str
    request_headers: Mapping[str, str]


class ResponseShape(Record):
    """A gateway response."""

    status: int
    headers: Mapping[str, str]
    body: str


class Api(Record):
    """One stage of one REST API, and what stands around it."""

    stage: str
    paths: frozenset[tuple[str, ...]]
    methods: Mapping[tuple[tuple[str, ...], str], Method]
    responses: Mapping[str, ResponseShape]
    domains: Mapping[str, bool]
    """Domain name -> whether it asks for client certificates."""
    default_endpoint: bool
    keys_from_authorizer: bool
    usage_keys: frozenset[str]
    """Values of enabled keys in a usage plan of this stage."""
    authorizer_ttl_s: int
    environment: Mapping[str, str]
    """Of the function."""
    identity_sources: tuple[str, ...] = ()
    """What a request must show before the authorizer is asked at all."""
