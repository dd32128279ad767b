"""The upstream client: reuse, streaming, and every way an upstream can fail."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

import pytest

from seccfg_runtime.runtime.drive import ClientGone
from seccfg_runtime.runtime.upstream import Upstream, UpstreamError, UpstreamResponse, UpstreamUrlError

Serve = Callable[..., None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def head_of(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionResetError
        data += piece
    return data


def answering(*answers: bytes) -> Serve:
    """Sends each answer to the next request on the connection, then closes it."""

    def serve(connection: socket.socket, state) -> None:
        for answer in answers:
            state.received.append(head_of(connection))
            connection.sendall(answer)

    return serve


async def whole(response: UpstreamResponse) -> bytes:
    body = b""
    while piece := await response.read():
        body += piece
    response.finish()
    return body


def with_upstream(port: int, use: Callable[[Upstream], Awaitable[None]], **options: object) -> None:
    async def go() -> None:
        upstream = Upstream(f"http://127.0.0.1:{port}", **{"timeout_s": 2.0, **options})
        try:
            await use(upstream)
        finally:
            upstream.close()
            await asyncio.sleep(0)

    asyncio.run(go())


def get(upstream: Upstream) -> Awaitable[UpstreamResponse]:
    return upstream.send(b"GET", b"/a%2Db?x=%41", [(b"Host", b"h")])


def pieces(*parts: bytes | Exception) -> Callable[[], Awaitable[bytes]]:
    left = list(parts)

    async def read() -> bytes:
        part = left.pop(0) if left else b""
        if isinstance(part, Exception):
            raise part
        return part

    return read


def test_the_target_goes_out_as_it_came_in(raw_server):
    """Not decoded, not normalised."""
    server = raw_server(answering(OK))

    async def use(upstream: Upstream) -> None:
        response = await get(upstream)
        assert (response.status, await whole(response)) == (200, b"ok")

    with_upstream(server.port, use)
    assert server.received[0].startswith(b"GET /a%2Db?x=%41 HTTP/1.1\r\n")


def test_connections_are_reused_and_replaced_when_closed(raw_server):
    """Two answers on the first connection; the third request needs a new one and gets it."""
    server = raw_server(answering(OK, OK))

    async def use(upstream: Upstream) -> None:
        for _ in range(5):
            assert await whole(await get(upstream)) == b"ok"

    with_upstream(server.port, use)
    assert len(server.received) == 5


def test_a_request_that_changes_something_is_never_sent_twice(raw_server):
    """A POST on a connection the upstream closes meanwhile fails; it may have been carried out."""

    def serve(connection: socket.socket, state) -> None:
        state.received.append(head_of(connection))
        connection.sendall(OK)
        state.received.append(head_of(connection))

    server = raw_server(serve)

    async def use(upstream: Upstream) -> None:
        await whole(await get(upstream))
        with pytest.raises(UpstreamError) as caught:
            await upstream.send(b"POST", b"/", [(b"Host", b"h")])
        assert caught.value.status == 502

    with_upstream(server.port, use)
    assert len(server.received) == 2


def test_interim_answers_are_passed_over(raw_server):
    """103 and the like are not the answer."""
    server = raw_server(answering(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK))

    async def use(upstream: Upstream) -> None:
        response = await get(upstream)
        assert (response.status, await whole(response)) == (200, b"ok")

    with_upstream(server.port, use)


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", b"HTTP/1.1 200"],
    ids=["nothing", "nonsense", "length", "encoding", "huge head", "half"],
)  # fmt: skip
def test_an_answer_that_is_no_http_is_502(raw_server, answer):
    """Whatever comes instead of an answer."""
    server = raw_server(answering(answer))

    async def use(upstream: Upstream) -> None:
        with pytest.raises(UpstreamError) as caught:
            await get(upstream)
        assert caught.value.status == 502

    with_upstream(server.port, use)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok"]
)
def test_an_answer_cut_off_is_noticed(raw_server, answer):
    """A shorter body is never passed off as the whole."""
    server = raw_server(answering(answer))

    async def use(upstream: Upstream) -> None:
        response = await get(upstream)
        with pytest.raises(UpstreamError):
            await whole(response)
        response.finish()

    with_upstream(server.port, use)


def test_nobody_listening_is_502():
    """Refused connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    async def use(upstream: Upstream) -> None:
        with pytest.raises(UpstreamError) as caught:
            await get(upstream)
        assert caught.value.status == 502

    with_upstream(port, use)


def test_silence_is_504(raw_server):
    """Before the answer and within it."""

    def serve(connection: socket.socket, state) -> None:
        state.received.append(head_of(connection))
        if b"/half" in state.received[-1]:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
        connection.recv(1)

    server = raw_server(serve)

    async def use(upstream: Upstream) -> None:
        with pytest.raises(UpstreamError) as caught:
            await get(upstream)
        assert caught.value.status == 504
        response = await upstream.send(b"GET", b"/half", [(b"Host", b"h")])
        assert await response.read() == b"ok"
        with pytest.raises(UpstreamError) as caught:
            await response.read()
        assert caught.value.status == 504
        response.finish()

    with_upstream(server.port, use, timeout_s=0.1)


def receive_all(connection: socket.socket, state) -> None:
    data = head_of(connection)
    while not data.endswith((b"0\r\n\r\n", b"THE END")):
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    state.received.append(data)
    connection.sendall(OK)


@pytest.mark.parametrize(
    "framing", [(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"300007")], ids=["chunked", "length"]
)
def test_bodies_are_streamed(raw_server, framing):
    """Piece by piece, framed as the request says."""
    server = raw_server(receive_all)

    async def use(upstream: Upstream) -> None:
        read = pieces(b"a" * 100_000, b"b" * 200_000, b"THE END")
        response = await upstream.send(b"POST", b"/", [(b"Host", b"h"), framing], read)
        assert await whole(response) == b"ok"

    with_upstream(server.port, use)
    assert server.received[0].count(b"b") >= 200_000


def test_an_early_answer_stops_the_upload(raw_server):
    """An upstream may answer before it has read everything; the rest is not sent."""

    def serve(connection: socket.socket, state) -> None:
        state.received.append(head_of(connection))
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        connection.recv(65536)

    server = raw_server(serve)
    stopped = []

    async def never_ends() -> bytes:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            stopped.append(True)
            raise
        return b""

    async def use(upstream: Upstream) -> None:
        response = await upstream.send(b"POST", b"/", [(b"Host", b"h"), (b"Transfer-Encoding", b"chunked")], never_ends)
        assert (response.status, await whole(response)) == (413, b"no")
        await asyncio.sleep(0.01)

    with_upstream(server.port, use)
    assert stopped == [True]


def test_a_client_that_goes_away_breaks_off_the_request(raw_server):
    """The upstream sees a cut off body, never a shorter one that looks complete."""

    def serve(connection: socket.socket, state) -> None:
        data = head_of(connection)
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                break
            data += piece
        state.received.append(data)

    server = raw_server(serve)

    async def use(upstream: Upstream) -> None:
        with pytest.raises(ClientGone):
            await upstream.send(
                b"POST", b"/", [(b"Host", b"h"), (b"Transfer-Encoding", b"chunked")], pieces(b"abc", ClientGone("gone"))
            )

    with_upstream(server.port, use)
    for _ in range(100):
        if server.received:
            break
        asyncio.run(asyncio.sleep(0.01))
    assert not server.received[0].endswith(b"0\r\n\r\n")


def test_https_upstreams_are_verified(raw_server, server_identity, trust):
    """A certificate of nobody we trust, or for another name, is no upstream."""

    def serve(connection: socket.socket, state) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server_identity.cert_file, server_identity.key_file)
        with context.wrap_socket(connection, server_side=True) as tls:
            answering(OK)(tls, state)

    server = raw_server(serve)

    async def go() -> None:
        good = Upstream(f"https://localhost:{server.port}", timeout_s=5, context=trust)
        assert await whole(await get(good)) == b"ok"
        good.close()
        with pytest.raises(UpstreamError):
            await get(Upstream(f"https://localhost:{server.port}", timeout_s=5))
        with pytest.raises(UpstreamError):
            await get(Upstream(f"https://127.0.0.2:{server.port}", timeout_s=5, context=trust))
        careless = Upstream(f"https://localhost:{server.port}", timeout_s=5, verify_tls=False)
        assert await whole(await get(careless)) == b"ok"
        careless.close()
        await asyncio.sleep(0.01)

    asyncio.run(go())


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:9000", "ftp://a", "http://", "http://a/path", "http://a?x", "http://u:secret@a", "http://a:99999", "http://[::1"],
)
def test_other_urls_are_refused(url):
    """Scheme, host and port, nothing else; a password is not repeated."""
    with pytest.raises(UpstreamUrlError) as caught:
        Upstream(url)
    assert "secret" not in str(caught.value)
