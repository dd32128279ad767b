"""The policy as a streaming reverse proxy: HTTP/1.1 in, guard, HTTP/1.1 out to the route's upstream."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any

import h11

from .deployment import Deployment, Resource
from .drive import ClientGone, settle
from .headers import HOP_BY_HOP
from .http1 import BadRequest, ClientConnection, RequestLine
from .interface import Answer, Forwarding, Headers, RequestHead, ResourceRequest
from .upstream import ReadBody, Upstream, UpstreamError, UpstreamResponse

HANDSHAKE_S = 10.0
SHUTDOWN_S = 1.0
GRACE_S = 10.0
RELAY_IDLE_S = 300.0
MAX_CONNECTIONS = 2000
_READ_BYTES = 64 * 1024
_OURS = frozenset({b"content-length", b"expect"})
"""Between us and the upstream: how the body is framed and whether it is waited for."""

_log = logging.getLogger(__name__)
Peer = Callable[[tuple[Any, ...]], str]
Certificate = Callable[[ssl.SSLObject, tuple[Any, ...]], bytes | None]


class BodyTooLarge(Exception):
    """A streamed body turned out longer than the policy allows."""


def socket_address(peername: tuple[Any, ...]) -> str:
    """The address of a connection's other end, without port and scope."""
    return str(peername[0]).partition("%")[0] if peername else ""


def handshake_certificate(tls: ssl.SSLObject, peername: tuple[Any, ...]) -> bytes | None:
    """The certificate the client showed, DER; None without one."""
    del peername
    return tls.getpeercert(binary_form=True)


class Proxy:
    """
    Serves one policy. Listeners are opened with `listen`; `close` ends them within `GRACE_S`.

    Args:
        deployment: Policy, settings, stores and key sets.
        upstreams: Each upstream of the policy by name.
        peer: Address of a connection's other end from its socket name, a seam for tests.
        certificate: Client certificate of a connection from its handshake and socket name, a seam for tests.
        resource: Called with a `ResourceRequest`, may be a coroutine function; gives the attributes only the application
            knows. Without it conditions over them do not hold.
    """

    def __init__(
        self, deployment: Deployment, upstreams: Mapping[str, Upstream], *, peer: Peer = socket_address,
        certificate: Certificate = handshake_certificate, resource: Resource | None = None,
    ) -> None:  # fmt: skip
        self._deployment = deployment
        self._begin = deployment.guard.begin
        self._upstreams = upstreams
        self._peer = peer
        self._certificate = certificate
        self._resource = resource
        self._servers: list[asyncio.Server] = []
        self._tasks: dict[asyncio.Task[None], _State] = {}
        self._closing = False

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> tuple[str, int]:
        """Accept connections on *host* and *port* (0: any free one), over TLS if *tls* is given; where it listens."""
        server = await asyncio.get_running_loop().create_server(
            lambda: _Watched(self._accepted), host, port, ssl=tls,
            ssl_handshake_timeout=HANDSHAKE_S if tls else None, ssl_shutdown_timeout=SHUTDOWN_S if tls else None,
        )  # fmt: skip
        self._servers.append(server)
        name = server.sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def close(self) -> None:
        """Stop accepting, let requests under way end within `GRACE_S`, then close everything."""
        self._closing = True
        for server in self._servers:
            server.close()
        for task, state in list(self._tasks.items()):
            if state.idle:
                task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=GRACE_S)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for upstream in self._upstreams.values():
            upstream.close()
        await asyncio.sleep(0)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._closing or len(self._tasks) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        state = _State()
        self._tasks[task] = state
        try:
            client = ClientConnection(reader, writer)
            await self._serve(client, _Link(writer, self._peer, self._certificate), state)
            if not client.body_read and not self._closing:
                await client.linger()
            writer.close()
            await writer.wait_closed()
        except (ClientGone, OSError, asyncio.CancelledError):
            pass
        except h11.ProtocolError:
            _log.exception("an answer broke HTTP/1.1 and was cut off")
        finally:
            writer.transport.abort()
            del self._tasks[task]

    async def _serve(self, client: ClientConnection, link: _Link, state: _State) -> None:
        more = True
        while more and not self._closing:
            state.idle = True
            try:
                line = await client.next_request()
            except BadRequest as error:
                _log.info("refused before it could be read: %s", error)
                answer = self._deployment.unreadable(link.peer, link.scheme)
                await client.answer_unparsed(answer.status, answer.headers, answer.body)
                return
            finally:
                state.idle = False
            if line is None:
                return
            more = await self._request(client, line, link)

    async def _request(self, client: ClientConnection, line: RequestLine, link: _Link) -> bool:
        """Answer one request; True when another may follow on the connection."""
        head = RequestHead(
            line.method.decode("ascii"), line.target, line.headers, link.peer, link.scheme, link.certificate
        )
        try:
            step = await settle(self._begin(head), _Source(client, self._resource))
            if isinstance(step, Answer):
                return await client.answer(step.status, step.headers, step.body, self._closing)
            return await self._forward(client, line, step)
        except BadRequest:
            answer = self._deployment.unreadable(link.peer, link.scheme)
            await client.answer(answer.status, answer.headers, answer.body, close=True)
            return False

    async def _forward(self, client: ClientConnection, line: RequestLine, passed: Forwarding) -> bool:
        upstream = self._upstreams[passed.route.forward.upstream]
        headers = [field for field in passed.headers if field[0].lower() not in _OURS]
        read_body: ReadBody | None = None
        if passed.websocket:
            headers += [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
        elif passed.body is not None:
            if passed.body or line.chunked or line.length:
                headers.append((b"Content-Length", b"%d" % len(passed.body)))
                read_body = _Whole(passed.body).read
        elif line.chunked:
            headers.append((b"Transfer-Encoding", b"chunked"))
            read_body = _Bounded(client, passed.max_body_bytes).read
        elif line.length:
            headers.append((b"Content-Length", b"%d" % line.length))
            read_body = _Bounded(client, passed.max_body_bytes).read
        try:
            response = await upstream.send(line.method, passed.target, headers, read_body)
        except UpstreamError as error:
            _log.warning("upstream `%s` failed on request %s: %s", passed.route.forward.upstream, passed.id, error)
            return await self._say(client, passed.unreachable(504 if error.status == 504 else 502))
        except BodyTooLarge:
            return await self._say(client, passed.too_large())
        try:
            if response.switched:
                if not passed.websocket:
                    return await self._say(client, passed.unreachable())
                await self._relay(client, passed, response)
                return False
            return await self._stream(client, passed, response)
        finally:
            response.finish()

    async def _say(self, client: ClientConnection, answer: Answer) -> bool:
        return await client.answer(answer.status, answer.headers, answer.body, self._closing)

    async def _stream(self, client: ClientConnection, passed: Forwarding, response: UpstreamResponse) -> bool:
        hidden = passed.hidden_error(response.status)
        if hidden is not None:
            return await self._say(client, hidden)
        headers = passed.response_headers(_end_to_end(response.headers))
        await client.start_answer(response.status, headers, self._closing or not client.body_read)
        try:
            while piece := await response.read():
                await client.send(piece)
        except UpstreamError as error:
            raise ClientGone(f"the upstream {error}") from error
        return await client.end_answer()

    async def _relay(self, client: ClientConnection, passed: Forwarding, response: UpstreamResponse) -> None:
        """Carry bytes both ways until one side closes or nothing moves for `RELAY_IDLE_S`."""
        headers = passed.response_headers(_end_to_end(response.headers))
        early_up = await client.switch([(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"), *headers])
        early_down, reader, writer = response.streams()
        ways = [
            asyncio.create_task(_carry(client.reader, writer, early_up)),
            asyncio.create_task(_carry(reader, client.writer, early_down)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


class _Watched(asyncio.StreamReaderProtocol):
    """A connection whose handler is cancelled when it is lost: nobody waits for what it would still do."""

    def __init__(self, accepted: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
        self._accepted = accepted
        self._handler: asyncio.Task[None] | None = None
        super().__init__(asyncio.StreamReader(limit=_READ_BYTES), self._handle)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._handler = asyncio.current_task()
        await self._accepted(reader, writer)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._handler is not None:
            self._handler.cancel()


class _State:
    """Whether a connection waits for a request, so that closing need not wait for it."""

    __slots__ = ("idle",)

    def __init__(self) -> None:
        self.idle = True


class _Link:
    """What the guard is told of a connection."""

    __slots__ = ("certificate", "peer", "scheme")

    def __init__(self, writer: asyncio.StreamWriter, peer: Peer, certificate: Certificate) -> None:
        tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        self.scheme = "http" if tls is None else "https"
        name = writer.get_extra_info("peername") or ()
        self.certificate = None if tls is None else certificate(tls, name)
        self.peer = peer(name)


class _Source:
    """What the guard may ask this server for."""

    __slots__ = ("_client", "_resource")

    def __init__(self, client: ClientConnection, resource: Resource | None) -> None:
        self._client = client
        self._resource = resource

    async def read_body(self, limit: int) -> bytes | None:
        body = bytearray()
        while piece := await self._client.read_body():
            body += piece
            if len(body) > limit:
                return None
        return bytes(body)

    async def resource(self, request: ResourceRequest) -> Any:
        if self._resource is None:
            return {}
        found = self._resource(request)
        return await found if isawaitable(found) else found


class _Whole:
    """A body that was read before it is sent on."""

    __slots__ = ("_body",)

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def read(self) -> bytes:
        body, self._body = self._body, b""
        return body


class _Bounded:
    """A body that is sent on while it arrives."""

    __slots__ = ("_client", "_left")

    def __init__(self, client: ClientConnection, limit: int) -> None:
        self._client = client
        self._left = limit

    async def read(self) -> bytes:
        piece = await self._client.read_body()
        self._left -= len(piece)
        if self._left < 0:
            raise BodyTooLarge
        return piece


def _end_to_end(headers: Headers) -> Headers:
    """Without hop-by-hop headers and those `Connection` names; a length beside chunked encoding goes as well."""
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    if any(name.lower() == b"transfer-encoding" for name, _ in headers):
        named.add(b"content-length")
    return [field for field in headers if (name := field[0].lower()) not in HOP_BY_HOP and name not in named]


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes) -> None:
    piece = first
    with contextlib.suppress(OSError):
        while True:
            if piece:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(RELAY_IDLE_S):
                piece = await reader.read(_READ_BYTES)
            if not piece:
                return
