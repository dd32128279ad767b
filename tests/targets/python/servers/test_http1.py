"""Reading requests strictly: whatever two parsers could read differently is refused before it is looked at."""

from __future__ import annotations

import asyncio

import pytest

from seccfg_runtime.runtime import http1
from seccfg_runtime.runtime.drive import ClientGone
from seccfg_runtime.runtime.http1 import MAX_FIELDS, MAX_HEAD_BYTES, BadRequest, ClientConnection, check_head

HOST = b"Host: api.example.com\r\n"


@pytest.mark.parametrize(
    ("fields", "chunked", "length"),
    [
        (b"", False, 0),
        (b"Content-Length: 0\r\n", False, 0),
        (b"content-length:   12\t\r\n", False, 12),
        (b"Transfer-Encoding: chunked\r\n", True, 0),
        (b"Transfer-Encoding:\tChunked \r\n", True, 0),
        (b"X-Content-Length: 5\r\nX: Content-Length: 6\r\n", False, 0),
        (b"X-Latin: caf\xe9\r\nEmpty:\r\n", False, 0),
    ],
)
def test_a_body_is_framed_in_one_way(fields, chunked, length):
    """By its declared length, by chunked encoding, or there is none."""
    assert check_head(b"POST /x HTTP/1.1\r\n" + HOST + fields + b"\r\n") == (chunked, length)


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\ncontent-length: 6\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 5 5\r\n",
        b"Content-Length:\r\n",
        b"Content-Length: 9999999999999999\r\n",
        b"Content-Length : 5\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n",
        b" Transfer-Encoding: chunked\r\n",
        b"X: a\r\n folded\r\n",
        b"X: a\nTransfer-Encoding: chunked\r\n",
        b"X: a\rContent-Length: 5\r\n",
        b"X: a\x00b\r\n",
        b"X: a\x7fb\r\n",
        b"X\x00: a\r\n",
        b"X Y: a\r\n",
        b": a\r\n",
        b"X\r\n",
        b"(X): a\r\n",
        b"X\xe9: a\r\n",
    ],
)
def test_ambiguous_framing_is_refused(fields):
    """A length beside chunked encoding, repeated, odd or hidden framing, folding, bare CR or LF, control characters."""
    with pytest.raises(BadRequest):
        check_head(b"POST /x HTTP/1.1\r\n" + HOST + fields + b"\r\n")


@pytest.mark.parametrize(
    "line",
    [
        b"GET  /x HTTP/1.1", b"GET /x  HTTP/1.1", b"GET /x y HTTP/1.1", b"GET\t/x HTTP/1.1", b" GET /x HTTP/1.1", b"GET /x",
        b"GET /x HTTP/1.2", b"GET /x HTTP/2.0", b"GET /x HTTP/0.9", b"GET /x http/1.1", b"GET /x HTTP/1.1 ", b"G(T /x HTTP/1.1",
        b"GET /\x00 HTTP/1.1", b"GET /\x01 HTTP/1.1", b"GET /\x7f HTTP/1.1", b"/x HTTP/1.1", b"", b"GET /x HTTP/1.1\r\r",
    ],
)  # fmt: skip
def test_odd_request_lines_are_refused(line):
    """One space, one version, no control characters."""
    with pytest.raises(BadRequest):
        check_head(line + b"\r\n" + HOST + b"\r\n")


def test_chunked_encoding_is_not_for_old_clients():
    """HTTP/1.0 knows no chunks; a proxy that believes otherwise can be tricked."""
    with pytest.raises(BadRequest):
        check_head(b"POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_the_number_of_fields_is_limited():
    """One more than allowed is refused."""
    fields = b"".join(b"X-%d: 1\r\n" % n for n in range(MAX_FIELDS - 1))
    check_head(b"GET / HTTP/1.1\r\n" + HOST + fields + b"\r\n")
    with pytest.raises(BadRequest):
        check_head(b"GET / HTTP/1.1\r\n" + HOST + HOST + fields + b"\r\n")


async def drain(client: ClientConnection) -> None:
    """Read the body to its end."""
    while await client.read_body():
        continue


class Sent:
    """The half of a connection that takes answers."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    async def drain(self) -> None:
        return


def reading(*pieces: bytes, end: bool = True) -> tuple[ClientConnection, Sent]:
    reader, sent = asyncio.StreamReader(), Sent()
    for piece in pieces:
        reader.feed_data(piece)
    if end:
        reader.feed_eof()
    return ClientConnection(reader, sent), sent


def test_pipelined_requests_are_read_one_after_the_other():
    """What follows a request is the next one, its head checked like the first."""

    async def go() -> None:
        first = b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc"
        second = b"POST /b HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"
        third = b"GET /c HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        client, sent = reading(first + second + third)
        for target, body in ((b"/a", b"abc"), (b"/b", b"xyz")):
            line = await client.next_request()
            assert line is not None
            assert line.target == target
            assert await client.read_body() == body
            assert await client.read_body() == b""
            assert await client.answer(200, [], b"ok")
        with pytest.raises(BadRequest):
            await client.next_request()
        assert sent.data.count(b"HTTP/1.1 200") == 2

    asyncio.run(go())


def test_an_unread_body_closes_the_connection():
    """Bytes nobody read must never be taken for the next request."""

    async def go() -> None:
        hidden = b"GET /admin HTTP/1.1\r\n" + HOST + b"\r\n"
        head = b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(hidden)
        client, sent = reading(head + hidden)
        await client.next_request()
        assert not await client.answer(401, [], b"no")
        assert b"Connection: close" in sent.data

    asyncio.run(go())


@pytest.mark.parametrize(
    "body",
    [
        b"x\r\nabc\r\n0\r\n\r\n",
        b"-1\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"3 3\r\nabc\r\n0\r\n\r\n",
        b"3\nabc\n0\n\n" + b"x" * 40000,
    ],
)
def test_broken_chunks_are_refused(body):
    """Sizes that are none, chunks longer than they say."""

    async def go() -> None:
        client, _ = reading(b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + body, end=False)
        await client.next_request()
        with pytest.raises(BadRequest):
            await drain(client)

    asyncio.run(go())


@pytest.mark.parametrize("fields", [b"Content-Length: 9\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc"])
def test_a_body_cut_off_is_no_body(fields):
    """The client closed in the middle: nobody is left to answer."""

    async def go() -> None:
        client, _ = reading(b"POST /a HTTP/1.1\r\n" + HOST + fields)
        await client.next_request()
        with pytest.raises(ClientGone) as caught:
            await drain(client)
        assert not isinstance(caught.value, BadRequest)

    asyncio.run(go())


def test_100_continue_is_said_when_the_body_is_wanted_and_not_before():
    """A refused request never sends its body."""

    async def go(read: bool) -> bytes:
        client, sent = reading(b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", end=False)
        await client.next_request()
        if read:
            client.reader.feed_data(b"abc")
            assert await client.read_body() == b"abc"
        await client.answer(200, [], b"")
        return sent.data

    assert asyncio.run(go(True)).startswith(b"HTTP/1.1 100 \r\n\r\nHTTP/1.1 200")
    assert b"100" not in asyncio.run(go(False))


def test_a_head_without_end_is_refused_at_its_limit():
    """Memory is bounded however long a head is."""

    async def go() -> None:
        client, _ = reading(b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_HEAD_BYTES, end=False)
        with pytest.raises(BadRequest, match="larger"):
            await client.next_request()

    asyncio.run(go())


def test_slow_heads_and_bodies_are_refused(monkeypatch):
    """A client that drips bytes holds a connection for a bounded time."""
    monkeypatch.setattr(http1, "HEAD_DEADLINE_S", 0.05)
    monkeypatch.setattr(http1, "BODY_GRACE_S", 0.05)
    monkeypatch.setattr(http1, "IDLE_S", 0.05)

    async def go() -> None:
        client, _ = reading(b"GET / HT", end=False)
        with pytest.raises(BadRequest, match="slowly"):
            await client.next_request()
        client, _ = reading(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\na", end=False)
        await client.next_request()
        assert await client.read_body() == b"a"
        with pytest.raises(BadRequest, match="slowly"):
            await client.read_body()
        client, _ = reading(end=False)
        assert await client.next_request() is None

    asyncio.run(go())
