"""One client connection of the proxy: HTTP/1.1, read strictly, within time and size limits.

h11 frames bodies and answers; what it is lenient about (a length beside chunked encoding, repeated lengths, folded
lines, bare line feeds, control characters) is refused before it sees the head: two parsers that differ make smuggling.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

import h11

from .drive import ClientGone

MAX_HEAD_BYTES = 32 * 1024
MAX_FIELDS = 100
HEAD_DEADLINE_S = 10.0
IDLE_S = 30.0
WRITE_S = 60.0
LINGER_S = 2.0
LINGER_BYTES = 1024 * 1024
BODY_GRACE_S = 20.0
BODY_BYTES_PER_S = 500
_READ_BYTES = 64 * 1024

_HEAD = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e\x80-\xff]+ HTTP/1\.([01])\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n"
)
_FRAMING = re.compile(rb"\r\n(content-length|transfer-encoding):[ \t]*([^\r]*?)[ \t]*(?=\r\n)", re.IGNORECASE)
_LENGTH = re.compile(rb"[0-9]{1,15}")


Fields = Sequence[tuple[bytes, bytes]]


class BadRequest(ClientGone):
    """A request that cannot be understood in one way only: it is answered with 400, then the connection is closed."""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request as it came in; header names as sent, nothing normalised."""

    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    chunked: bool
    length: int
    """Declared length of the body, 0 without one."""


class ClientConnection:
    """Reads requests and writes answers on one accepted connection."""

    __slots__ = ("_body_deadline", "_buffer", "_http", "_line", "_received", "reader", "writer")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._buffer = b""
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._line: RequestLine | None = None
        self._received = 0
        self._body_deadline = 0.0

    async def next_request(self) -> RequestLine | None:
        """
        The next request, None when the client closed the connection or stayed idle.

        Raises:
            BadRequest: It is malformed, ambiguous, too large in its head, or its head came too slowly.
        """
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._line = None
        self._received = 0
        if not self._buffer:
            try:
                async with asyncio.timeout(IDLE_S):
                    self._buffer = await self.reader.read(_READ_BYTES)
            except (TimeoutError, OSError):
                return None
            if not self._buffer:
                return None
        end = await self._head_end()
        self._line = self._parse(self._buffer[:end])
        self._body_deadline = asyncio.get_running_loop().time() + BODY_GRACE_S
        return self._line

    async def _head_end(self) -> int:
        """Reads on until the head is complete; its length."""
        try:
            async with asyncio.timeout(HEAD_DEADLINE_S):
                while (end := self._buffer.find(b"\r\n\r\n")) < 0 and len(self._buffer) < MAX_HEAD_BYTES:
                    more = await self.reader.read(_READ_BYTES)
                    if not more:
                        raise ClientGone("closed within a request head")
                    self._buffer += more
        except TimeoutError as error:
            raise BadRequest("the request head came too slowly") from error
        except OSError as error:
            raise ClientGone("closed within a request head") from error
        if not 0 <= end <= MAX_HEAD_BYTES - 4:
            raise BadRequest(f"the request head is larger than {MAX_HEAD_BYTES} bytes")
        return end + 4

    def _parse(self, head: bytes) -> RequestLine:
        chunked, length = check_head(head)
        try:
            self._http.receive_data(self._buffer)
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise BadRequest("not HTTP/1.1") from error
        if not isinstance(event, h11.Request):
            raise BadRequest("not HTTP/1.1")
        if not chunked and not length:
            self._http.next_event()
        return RequestLine(event.method, event.target, tuple(event.headers.raw_items()), chunked, length)

    async def read_body(self) -> bytes:
        """
        The next piece of the request body, empty at its end. Says `100 Continue` first where the client waits for it.

        Raises:
            BadRequest: It breaks chunked encoding, or comes slower than `BODY_BYTES_PER_S`.
            ClientGone: The client closed the connection in the middle.
        """
        while True:
            try:
                if self._http.they_are_waiting_for_100_continue:
                    await self._write(h11.InformationalResponse(status_code=100, headers=[]))
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._http.receive_data(await self._read_in_time())
                    continue
            except h11.RemoteProtocolError as error:
                if self.reader.at_eof():
                    raise ClientGone("closed within a request body") from error
                raise BadRequest("the body breaks its encoding") from error
            if isinstance(event, h11.Data):
                self._received += len(event.data)
                return bytes(event.data)
            if isinstance(event, h11.EndOfMessage):
                return b""
            raise ClientGone("closed within a request body")

    async def _read_in_time(self) -> bytes:
        deadline = self._body_deadline + self._received / BODY_BYTES_PER_S
        try:
            async with asyncio.timeout_at(deadline):
                return await self.reader.read(_READ_BYTES)
        except TimeoutError as error:
            raise BadRequest("the body came too slowly") from error
        except OSError as error:
            raise ClientGone("closed within a request body") from error

    async def start_answer(self, status: int, headers: Fields, close: bool = False) -> None:
        """Send the head of the final answer; *close*: this is the last one on this connection."""
        fields = [*headers, (b"Connection", b"close")] if close or self._must_close() else list(headers)
        await self._write(h11.Response(status_code=status, headers=fields, reason=b""))

    async def send(self, piece: bytes) -> None:
        """Send a piece of the answer's body."""
        if piece:
            await self._write(h11.Data(data=piece))

    async def end_answer(self) -> bool:
        """End the answer; True when another request may follow on this connection."""
        await self._write(h11.EndOfMessage())
        if self._http.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            return False
        self._buffer = self._http.trailing_data[0]
        return True

    async def answer(self, status: int, headers: Fields, body: bytes, close: bool = False) -> bool:
        """A whole answer at once; True when another request may follow."""
        fields = [*headers, (b"Content-Length", b"%d" % len(body))] if status not in (204, 304) else list(headers)
        await self.start_answer(status, fields, close or not self.body_read)
        if self._line is None or self._line.method != b"HEAD":
            await self.send(body)
        return await self.end_answer()

    async def answer_unparsed(self, status: int, headers: Fields, body: bytes) -> None:
        """A whole answer to something that was no request h11 could frame; nothing may follow."""
        lines = [b"HTTP/1.1 %d " % status, *(b"%s: %s" % field for field in headers)]
        lines += [b"Content-Length: %d" % len(body), b"Connection: close", b"", body]
        self.writer.write(b"\r\n".join(lines))
        await self._drain()

    async def switch(self, headers: Fields) -> bytes:
        """Answer 101; what the client already sent of the new protocol."""
        await self._write(h11.InformationalResponse(status_code=101, headers=list(headers)))
        return self._http.trailing_data[0]

    async def linger(self) -> None:
        """Take what the client still sends for a moment: closing at once would take the answer from it."""
        left = LINGER_BYTES
        try:
            async with asyncio.timeout(LINGER_S):
                while left > 0 and (piece := await self.reader.read(_READ_BYTES)):
                    left -= len(piece)
        except (TimeoutError, OSError):
            return

    def _must_close(self) -> bool:
        return self._http.their_state in (h11.MUST_CLOSE, h11.ERROR)

    @property
    def body_read(self) -> bool:
        """Whether nothing of the request is left to read."""
        return self._http.their_state not in (h11.SEND_BODY, h11.ERROR) and not (self._line is None and self._buffer)

    async def _write(self, event: h11.Event) -> None:
        self.writer.write(self._http.send(event) or b"")
        await self._drain()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(WRITE_S):
                await self.writer.drain()
        except (TimeoutError, OSError) as error:
            raise ClientGone("does not take the answer") from error


def check_head(head: bytes) -> tuple[bool, int]:
    """
    What the head says of its body: chunked, or its declared length.

    Raises:
        BadRequest: The head is not exactly what RFC 9112 asks for, or frames its body in two ways.
    """
    matched = _HEAD.fullmatch(head)
    if matched is None:
        raise BadRequest("the request head is malformed")
    if head.count(b"\r\n") > MAX_FIELDS + 2:
        raise BadRequest(f"more than {MAX_FIELDS} header fields")
    framing = [(name.lower(), value) for name, value in _FRAMING.findall(head)]
    if not framing:
        return False, 0
    if len(framing) > 1:
        raise BadRequest("the body is framed in more than one way")
    name, value = framing[0]
    if name == b"content-length":
        if not _LENGTH.fullmatch(value):
            raise BadRequest("Content-Length is no number")
        return False, int(value)
    if value.lower() != b"chunked" or matched[1] == b"0":
        raise BadRequest("Transfer-Encoding other than chunked")
    return True, 0
