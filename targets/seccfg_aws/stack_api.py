"""What a REST API is once it was read, whatever wrote it: the records a model of the gateway works on."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from seccfg.record import Record
from seccfg.targetapi.observe import EngineFailed

__all__ = ["AclAnswer", "AddressRule", "Api", "Method", "MockAnswer", "RateRule", "ResponseShape", "mock_answer"]


class MockAnswer(Record):
    """The one answer of a MOCK integration; header values as they are sent."""

    status: int
    headers: tuple[tuple[str, str], ...]


class AclAnswer(Record):
    """How the web ACL answers what it blocks."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


class AddressRule(Record):
    """Blocks addresses: `admitted` None admits all but `refused`; networks as CIDR texts."""

    admitted: tuple[str, ...] | None
    refused: tuple[str, ...]
    answer: AclAnswer


class RateRule(Record):
    """Blocks an address with more than `limit` requests in the last `window_s` seconds."""

    limit: int
    window_s: int
    answer: AclAnswer


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
    mock: MockAnswer | None = None
    """What an integration of the type MOCK answers."""


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
    acl: tuple[AddressRule | RateRule, ...] = ()
    """Rules of the stage's web ACL that block, in their order."""


def mock_answer(
    status: str, responses: Mapping[str, Mapping[str, str]], declared: Mapping[str, Set[str]]
) -> MockAnswer:
    """
    What a MOCK integration answers whose template says *status*.

    Args:
        responses: Of the integration, by status: header mappings `method.response.header.NAME`.
        declared: The same names, as the method's own responses declare them.
    Raises:
        EngineFailed: API Gateway refuses it, or a value is no text.
        KeyError: Nothing says how *status* is answered.
    """
    prefix, said = "method.response.header.", responses[status]
    if not set(said) <= set(declared[status]):
        raise EngineFailed("an integration response maps a header that the method's response does not declare")
    if any(len(value) < 2 or value[0] + value[-1] != "''" for value in said.values()):
        raise EngineFailed("no model of a mapping of a MOCK integration that is no text")
    return MockAnswer(int(status), tuple((name.removeprefix(prefix), value[1:-1]) for name, value in said.items()))
