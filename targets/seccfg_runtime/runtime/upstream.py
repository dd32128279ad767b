"""An upstream service as the proxy sees it: HTTP/1.1 over reused connections, streaming both ways.

The request target goes out byte for byte as it came in; nothing here parses or rebuilds it.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

import h11

from .tls import client_context

Headers = Sequence[tuple[bytes, bytes]]
ReadBody = Callable[[], Awaitable[bytes]]
"""The next piece of the request body, empty at its end."""

_READ_BYTES = 64 * 1024
_MAX_HEAD_BYTES = 64 * 1024
_IDLE_S = 4.0
_MAX_IDLE = 64
_CONNECT_S = 10.0
_REPEATABLE = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_BROKEN = (OSError, h11.ProtocolError, asyncio.IncompleteReadError)


class UpstreamUrlError(Exception):
    """An upstream URL that cannot be used; the message is one line and says why."""


class UpstreamError(Exception):
    """The upstream gave no usable answer: status 504 when it was too slow, 502 otherwise."""

    def __init__(self, message: str, status: int = 502) -> None:
        super().__init__(message)
        self.status = status


class _Connection:
    """One connection to the upstream."""

    __slots__ = ("http", "idle_since", "reader", "reused", "writer")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
        self.idle_since = 0.0
        self.reused = False

    async def next_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            self.http.receive_data(await self.reader.read(_READ_BYTES))

    async def final_head(self) -> h11.Response | h11.InformationalResponse:
        """The response head; 1xx answers other than 101 are passed over."""
        while True:
            event = await self.next_event()
            if isinstance(event, h11.Response):
                return event
            if isinstance(event, h11.InformationalResponse):
                if event.status_code == 101:
                    return event
                continue
            raise ConnectionResetError("closed before it answered")

    async def send_body(self, read_body: ReadBody) -> None:
        while piece := await read_body():
            self.writer.write(self.http.send(h11.Data(data=piece)) or b"")
            await self.writer.drain()
        self.writer.write(self.http.send(h11.EndOfMessage()) or b"")
        await self.writer.drain()

    def usable(self) -> bool:
        return not (self.reader.at_eof() or self.writer.is_closing()) and time.monotonic() - self.idle_since < _IDLE_S

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        self.writer.transport.abort()


class UpstreamResponse:
    """An answer under way. `finish` must be called on every path, whether or not the body was read."""

    __slots__ = ("_complete", "_connection", "_sender", "_upstream", "headers", "status")

    def __init__(
        self,
        upstream: Upstream,
        connection: _Connection,
        head: h11.Response | h11.InformationalResponse,
        sender: asyncio.Task[None] | None,
    ) -> None:
        self._upstream = upstream
        self._connection = connection
        self._sender = sender
        self._complete = False
        self.status: int = head.status_code
        self.headers: list[tuple[bytes, bytes]] = list(head.headers.raw_items())

    @property
    def switched(self) -> bool:
        """Whether the connection now speaks another protocol."""
        return self.status == 101

    async def read(self) -> bytes:
        """
        The next piece of the body, empty at its end.

        Raises:
            UpstreamError: It stopped in the middle or was slower than the policy's timeout.
        """
        try:
            async with asyncio.timeout(self._upstream.timeout_s):
                event = await self._connection.next_event()
        except TimeoutError as error:
            raise UpstreamError("stopped answering", 504) from error
        except _BROKEN as error:
            raise UpstreamError("broke off its answer") from error
        if isinstance(event, h11.Data):
            return bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            self._complete = True
            return b""
        raise UpstreamError("broke off its answer")

    def streams(self) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
        """After `switched`: what already arrived of the new protocol, and the raw connection."""
        return self._connection.http.trailing_data[0], self._connection.reader, self._connection.writer

    def finish(self) -> None:
        """Give the connection back, or close it when anything of the exchange is still open."""
        if self._sender is not None and (not self._sender.done() or _gone(self._sender)):
            self._sender.cancel()
            self._sender.add_done_callback(_heard)
            self._connection.abort()
        elif self._complete and self._connection.http.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            self._upstream.keep(self._connection)
        elif self._complete or self.switched:
            self._connection.close()
        else:
            self._connection.abort()


class Upstream:
    """
    One upstream and its idle connections; used from one event loop.

    Args:
        url: `http://host[:port]` or `https://host[:port]`, without a path: paths go through unchanged.
        verify_tls: Whether an https upstream's certificate is verified; only the policy can say no.
        timeout_s: For each wait: for the connection, for the head of the answer, for each piece of its body.
        context: TLS context instead of the one `verify_tls` means, a seam for tests.
    Raises:
        UpstreamUrlError: *url* is of another form.
    """

    def __init__(
        self, url: str, *, verify_tls: bool = True, timeout_s: float = 30.0, context: ssl.SSLContext | None = None
    ) -> None:
        self.host, self.port, secure = _split(url)
        self.timeout_s = timeout_s
        self._context = (context or client_context(verify_tls)) if secure else None
        self._idle: deque[_Connection] = deque()

    async def send(
        self, method: bytes, target: bytes, headers: Headers, read_body: ReadBody | None = None
    ) -> UpstreamResponse:
        """
        Send one request and wait for the head of its answer.

        *headers* frame the body (`Content-Length` or `Transfer-Encoding: chunked`) when *read_body* is given. What it
        raises is raised here, with the request broken off. GET, HEAD and OPTIONS without a body are tried once more
        when a reused connection turns out to be closed.

        Raises:
            UpstreamError: No usable answer.
        """
        while True:
            connection = await self._connect()
            try:
                return await self._exchange(connection, method, target, headers, read_body)
            except _BROKEN as error:
                connection.abort()
                if connection.reused and read_body is None and method in _REPEATABLE:
                    continue
                raise UpstreamError("closed the connection or spoke no HTTP") from error
            except BaseException:
                connection.abort()
                raise

    async def _exchange(
        self, connection: _Connection, method: bytes, target: bytes, headers: Headers, read_body: ReadBody | None
    ) -> UpstreamResponse:
        request = h11.Request(method=method, target=target, headers=list(headers))
        head = connection.http.send(request) or b""
        if read_body is None:
            connection.writer.write(head + (connection.http.send(h11.EndOfMessage()) or b""))
            return UpstreamResponse(self, connection, await self._answer(connection), None)
        connection.writer.write(head)
        sender = asyncio.create_task(connection.send_body(read_body))
        answer = asyncio.create_task(connection.final_head())
        try:
            await asyncio.wait((sender, answer), return_when=asyncio.FIRST_COMPLETED)
            if sender.done() and not _gone(sender):
                sender.result()
            if not answer.done():
                await asyncio.wait((answer,), timeout=self.timeout_s)
            if not answer.done():
                raise UpstreamError("too slow", 504)
            return UpstreamResponse(self, connection, answer.result(), sender)
        except BaseException:
            for task in (sender, answer):
                task.cancel()
            await asyncio.gather(sender, answer, return_exceptions=True)
            raise

    async def _answer(self, connection: _Connection) -> h11.Response | h11.InformationalResponse:
        try:
            async with asyncio.timeout(self.timeout_s):
                return await connection.final_head()
        except TimeoutError as error:
            raise UpstreamError("too slow", 504) from error

    async def _connect(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable():
                return connection
            connection.close()
        try:
            async with asyncio.timeout(min(self.timeout_s, _CONNECT_S)):
                reader, writer = await asyncio.open_connection(
                    self.host, self.port, ssl=self._context, server_hostname=self.host if self._context else None
                )
        except TimeoutError as error:
            raise UpstreamError("no connection in time", 504) from error
        except (OSError, ssl.CertificateError) as error:
            raise UpstreamError("cannot be reached") from error
        return _Connection(reader, writer)

    def keep(self, connection: _Connection) -> None:
        """Keep *connection*, whose exchange is over, for the next request."""
        if len(self._idle) >= _MAX_IDLE or connection.writer.is_closing():
            connection.close()
            return
        connection.http.start_next_cycle()
        connection.reused = True
        connection.idle_since = time.monotonic()
        self._idle.append(connection)

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop().abort()


def _heard(sender: asyncio.Task[None]) -> None:
    """Marks what a cut off upload raised as seen: the answer was complete without it."""
    if not sender.cancelled():
        sender.exception()


def _gone(sender: asyncio.Task[None]) -> bool:
    """Whether sending stopped because the upstream takes no more; it may have answered all the same."""
    return isinstance(sender.exception(), ConnectionError)


def _split(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UpstreamUrlError(f"`{url}` is no URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UpstreamUrlError(f"`{url}` is no http:// or https:// URL")
    if parts.username is not None or parts.password is not None:
        raise UpstreamUrlError("an upstream URL holds a user name or password; leave it out")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UpstreamUrlError(f"`{url}` has a path; paths are forwarded unchanged, give scheme, host and port only")
    secure = parts.scheme == "https"
    return parts.hostname, port or (443 if secure else 80), secure
