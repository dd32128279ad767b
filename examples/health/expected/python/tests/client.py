"""Calls the ASGI middleware as a server would."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from records_security import SecurityMiddleware
from records_security.runtime.deployment import Deployment


@dataclass(frozen=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    reached: bool
    """The application behind was called."""


class Client:
    """One middleware around an application that answers 200."""

    def __init__(self, deployment: Deployment) -> None:
        self._reached = False
        self._middleware = SecurityMiddleware(self._application, deployment=deployment)

    def ask(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], *, peer: str, scheme: str = "https"
    ) -> Reply:
        """One request without a body."""
        path, _, query = target.partition("?")
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": scheme,
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "client": (peer, 50000), "server": ("127.0.0.1", 443), "extensions": {},
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        self._reached = False
        asyncio.run(self._call(scope, receive, send))
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], found, self._reached)

    async def _call(self, scope: Any, receive: Any, send: Any) -> None:
        await self._middleware(scope, receive, send)

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        self._reached = True
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
