"""Fetching what a pending decision needs, for asynchronous and for blocking servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, assert_never

from .interface import Answer, AskResource, AskStore, Forwarding, Pending, ReadBody, ResourceRequest

Resource = Mapping[str, object]


class ClientGone(Exception):
    """The client went away while its body was read; nobody waits for an answer."""


class AsyncSource(Protocol):
    """What an asynchronous server provides."""

    async def read_body(self, limit: int) -> bytes | None:
        """The whole body, None as soon as it is longer than *limit*; ClientGone when it broke off."""

    async def resource(self, request: ResourceRequest) -> Resource: ...


class BlockingSource(Protocol):
    """What a blocking server provides."""

    def read_body(self, limit: int) -> bytes | None:
        """The whole body, None as soon as it is longer than *limit*; ClientGone when it broke off."""

    def resource(self, request: ResourceRequest) -> Resource: ...


async def settle(step: Answer | Forwarding | Pending, source: AsyncSource) -> Answer | Forwarding:
    """
    The decision *step* leads to.

    Raises:
        ClientGone: As raised by *source*; the decision was abandoned.
    """
    while not isinstance(step, (Answer, Forwarding)):
        need = step.need
        value: object
        try:
            if isinstance(need, ReadBody):
                value = await source.read_body(need.limit)
            elif isinstance(need, AskResource):
                value = await source.resource(need.request)
            elif isinstance(need, AskStore):
                value = await need.call_async()
            else:
                assert_never(need)
        except ClientGone:
            step.abandon()
            raise
        except Exception as error:  # noqa: BLE001 - whatever was raised: refuse
            step = step.fail(error)
        else:
            step = step.resume(value)
    return step


def settle_sync(step: Answer | Forwarding | Pending, source: BlockingSource) -> Answer | Forwarding:
    """The same for a blocking server."""
    while not isinstance(step, (Answer, Forwarding)):
        need = step.need
        value: object
        try:
            if isinstance(need, ReadBody):
                value = source.read_body(need.limit)
            elif isinstance(need, AskResource):
                value = source.resource(need.request)
            elif isinstance(need, AskStore):
                value = need.call()
            else:
                assert_never(need)
        except ClientGone:
            step.abandon()
            raise
        except Exception as error:  # noqa: BLE001 - whatever was raised: refuse
            step = step.fail(error)
        else:
            step = step.resume(value)
    return step
