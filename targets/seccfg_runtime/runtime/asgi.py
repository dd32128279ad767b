"""The policy as ASGI middleware.

The server must hand over the request target untouched (`raw_path`); one that does not is answered with an error, never
passed. Start uvicorn with `--no-proxy-headers`: which peers may speak for a client is the policy's `trusted_proxies`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from inspect import isawaitable
from typing import Any

from .deployment import Deployment, Resource
from .drive import ClientGone, settle
from .handlers import CURRENT
from .interface import Answer, Forwarding, Headers, Pending, RequestHead, ResourceRequest

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)
_PLAIN = frozenset({"http", "ws"})


class SecurityMiddleware:
    """
    Runs the guard before *app* and completes every answer.

    What passed is in `scope["seccfg"]`, a `Forwarding`. Refusals never reach *app*. An exception of *app* becomes the
    policy's error answer unless its own answer had begun.

    Args:
        app: The application behind.
        deployment: Policy, settings, stores and key sets.
        resource: Called with a `ResourceRequest`, may be a coroutine function; gives the attributes only the
            application knows. Without it conditions over them do not hold.
    """

    def __init__(self, app: App, deployment: Deployment, *, resource: Resource | None = None) -> None:
        self.app = app
        self._deployment = deployment
        self._judge = deployment.guard.judge
        self._resource = resource
        self._certificates = deployment.wants_certificates
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._started:
            self._started = True
            self._deployment.start()
        kind = scope["type"]
        if kind == "http":
            if not scope.get("raw_path"):
                await _send_answer(self._no_target(scope), scope["method"], send)
                return
            step = self._judged(scope)
            if not isinstance(step, Forwarding):
                if not isinstance(step, Answer):
                    try:
                        step = await settle(step, _Source(receive, self._resource))
                    except ClientGone:
                        return
                if isinstance(step, Answer):
                    await _send_answer(step, scope["method"], send)
                    return
            exchange = _Exchange(step, receive, send)
            inner = dict(scope)
            inner["headers"] = step.headers
            inner["seccfg"] = step
            token = CURRENT.set(step)
            try:
                await self.app(inner, exchange.receive, exchange.send)
            except Exception:
                if exchange.started:
                    raise
                if exchange.refusal is None:
                    exchange.refusal = step.failed()
                if exchange.refusal.reason == "internal":
                    _log.exception("the application failed on request %s", step.id)
            finally:
                CURRENT.reset(token)
            if exchange.refusal is not None and not exchange.started:
                await _send_answer(exchange.refusal, scope["method"], send)
        elif kind == "websocket":
            await self._websocket(scope, receive, send)
        elif kind == "lifespan":
            await self.app(scope, receive, send)
        else:
            raise RuntimeError(f"unknown ASGI scope type {kind!r}")

    def _judged(self, scope: Scope) -> Answer | Forwarding | Pending:
        """What the guard says to a request as the server hands it over."""
        target: bytes = scope["raw_path"]
        query: bytes = scope["query_string"]
        version: str = scope.get("http_version", "1.1")
        headers, client = scope["headers"], scope.get("client")
        return self._judge(
            scope["method"],
            target + b"?" + query if query else target,
            headers if version[0] == "1" else _framed(headers),
            client[0] if client else "",
            "http" if scope.get("scheme", "http") in _PLAIN else "https",
            _certificate(scope) if self._certificates else None,
            version,
        )

    def _no_target(self, scope: Scope) -> Answer:
        _log.error("this server hands over no `raw_path`, the request target as it came in: nothing is let through")
        client = scope.get("client")
        return self._deployment.guard.fail(
            RequestHead(
                scope.get("method", "GET"), b"", scope["headers"], client[0] if client else "",
                "http" if scope.get("scheme", "http") in _PLAIN else "https",
            )
        )  # fmt: skip

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope.get("raw_path"):
            await _deny(self._no_target(scope), scope, send)
            return
        try:
            step = await settle(self._judged(_handshake(scope)), _Source(_no_body, self._resource))
        except ClientGone:
            return
        if isinstance(step, Answer):
            await _deny(step, scope, send)
        elif not step.websocket:
            await _deny(step.failed(), scope, send)
        else:
            completed = _Handshake(step, send)
            token = CURRENT.set(step)
            try:
                await self.app({**scope, "headers": step.headers, "seccfg": step}, receive, completed.send)
            finally:
                CURRENT.reset(token)


class _Exchange:
    """`receive` and `send` of one request that passed."""

    __slots__ = ("_forwarding", "_given", "_receive", "_received_bytes", "_send", "refusal", "started")

    def __init__(self, forwarding: Forwarding, receive: Receive, send: Send) -> None:
        self._forwarding = forwarding
        self._receive = receive
        self._send = send
        self.started = False
        self.refusal: Answer | None = None
        """What is answered instead of what the application says."""
        self._given = False
        """The body that was read for the decision was handed on."""
        self._received_bytes = 0

    async def receive(self) -> Message:
        if self._forwarding.body is not None and not self._given:
            self._given = True
            return {"type": "http.request", "body": self._forwarding.body, "more_body": False}
        if self.refusal is not None:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            self._received_bytes += len(message.get("body", b""))
            if self._received_bytes > self._forwarding.max_body_bytes:
                self.refusal = self._forwarding.too_large()
                return {"type": "http.disconnect"}
        return message

    def send(self, message: Message) -> Awaitable[None]:
        """Not a coroutine function: what is awaited is the server's own `send`, without a layer between."""
        if self.refusal is not None:
            return _nothing()
        if message["type"] == "http.response.start":
            forwarding = self._forwarding
            if message["status"] >= 500 or forwarding.refused_by_handler is not None:
                self.refusal = forwarding.hidden_error(message["status"])
                if self.refusal is not None:
                    return _nothing()
            self.started = True
            message = {**message, "headers": forwarding.response_headers(message.get("headers", ()))}
        return self._send(message)


async def _nothing() -> None:
    """What is swallowed."""


class _Handshake:
    """`send` of a websocket that passed: its accepting answer carries the policy's headers."""

    __slots__ = ("_forwarding", "_send")

    def __init__(self, forwarding: Forwarding, send: Send) -> None:
        self._forwarding = forwarding
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] in ("websocket.accept", "websocket.http.response.start"):
            message = {**message, "headers": self._forwarding.response_headers(message.get("headers", ()))}
        await self._send(message)


class _Source:
    """What the guard may ask this server for."""

    __slots__ = ("_receive", "_resource")

    def __init__(self, receive: Receive, resource: Resource | None) -> None:
        self._receive = receive
        self._resource = resource

    async def read_body(self, limit: int) -> bytes | None:
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGone
            body += message.get("body", b"")
            if len(body) > limit:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    async def resource(self, request: ResourceRequest) -> Any:
        if self._resource is None:
            return {}
        found = self._resource(request)
        return await found if isawaitable(found) else found


def _handshake(scope: Scope) -> Scope:
    """The request that asks for a websocket, as one for a page; none is framed, whatever carries it."""
    return {**scope, "method": "GET", "headers": _upgrading(scope["headers"]), "http_version": "1.1"}


def _framed(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """HTTP/2 and 3 need no framing headers: a request without a length may have a body of any length."""
    found = list(headers)
    if not any(name == b"content-length" for name, _ in found):
        found.append((b"transfer-encoding", b"chunked"))
    return found


def _upgrading(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Servers may leave out of a handshake what its scope type already says."""
    found = list(headers)
    if not any(name == b"upgrade" for name, _ in found):
        found += [(b"connection", b"upgrade"), (b"upgrade", b"websocket")]
    return found


def _certificate(scope: Scope) -> bytes | None:
    tls = scope.get("extensions", {}).get("tls") or {}
    chain = tls.get("client_cert_chain") or ()
    for leaf in chain:
        return str(leaf).encode("ascii", "replace")
    return None


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send_answer(answer: Answer, method: str, send: Send) -> None:
    headers = answer.headers
    if answer.status not in (204, 304):
        headers = [*headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})


async def _deny(answer: Answer, scope: Scope, send: Send) -> None:
    """Refuse a handshake: with the whole answer where the server can send it, with a bare 403 elsewhere."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})
