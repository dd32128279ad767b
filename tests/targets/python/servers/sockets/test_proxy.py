"""The reverse proxy over real sockets: streaming, failures of either side, smuggling, TLS, websockets, shutdown."""

from __future__ import annotations

import concurrent.futures
import socket
import ssl
import time

import pytest

from seccfg_runtime.runtime import http1, proxy


def until(holds, deadline_s: float = 10.0) -> bool:
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.005)
    return False


def header(request: dict, name: str) -> list[str]:
    return [value for key, value in request["headers"] if key == name]


def test_what_passes_reaches_the_upstream_untouched(client, echo):
    """Target byte for byte, answer completed with the policy's headers."""
    echo.headers = (("Server", "secret/1.0"), ("X-Own", "1"))
    answer = client.get("/open?a=%41&b=", "X-Thing: 1")
    assert (answer.status, answer.body) == (200, b"from upstream")
    assert echo.requests[0]["target"] == "/open?a=%41&b="
    assert header(echo.requests[0], "x-thing") == ["1"]
    assert answer.header("x-own") == ["1"]
    assert answer.header("server") == []
    assert answer.header("x-content-type-options") == ["nosniff"]
    assert answer.header("strict-transport-security") == ["max-age=3600"]
    assert answer.header("x-request-id") == header(echo.requests[0], "x-request-id")


def test_the_upstream_learns_who_asked_from_us_alone(client, echo, token):
    """Identity and forwarding headers are set anew; credential, forged and hop-by-hop headers are gone."""
    answer = client.get(
        "/me", f"Authorization: Bearer {token}", "X-User: root", "X_User: root", "X-Forwarded-For: 10.0.0.1", "TE: trailers",
        "Connection: X-Private", "X-Private: 1", "Keep-Alive: 1",
    )  # fmt: skip
    assert answer.status == 200
    seen = echo.requests[0]
    assert header(seen, "x-user") == ["ann"]
    assert header(seen, "x-forwarded-for") == ["127.0.0.1"]
    assert header(seen, "x-forwarded-proto") == ["https"]
    assert header(seen, "x-forwarded-host") == ["api.example.com"]
    for name in ("authorization", "x_user", "te", "x-private", "keep-alive", "transfer-encoding"):
        assert header(seen, name) == []


def test_refusals_never_reach_the_upstream(client, echo):
    """Each is answered on the same connection."""
    assert client.get("/me").status == 401
    assert client.get("/nowhere").status == 404
    assert client.get("/open%2F").status == 400
    assert client.get("/open", method="DELETE").header("allow") == ["GET, HEAD, POST"]
    assert client.get("/open").status == 200
    assert len(echo.requests) == 1


def test_head_is_answered_without_a_body(client, echo):
    """Passed and refused; the connection stays usable."""
    assert client.get("/open", method="HEAD").body == b""
    refused = client.get("/nowhere", method="HEAD")
    assert (refused.status, refused.body) == (404, b"")
    assert client.get("/open").body == b"from upstream"


def test_connections_to_the_upstream_are_reused(client, echo):
    """One for all requests that follow each other."""
    for _ in range(5):
        client.get("/open")
    assert echo.connections == 1


def test_large_bodies_are_streamed_both_ways(client, echo):
    """16 MiB up and 16 MiB down."""
    echo.body, echo.pieces, echo.chunked = b"d" * 65536, 256, True
    body = bytes(range(256)) * 65536
    answer = client.post("/big", body)
    assert len(answer.body) == 16 * 1024 * 1024
    assert echo.requests[0]["body"] == body


def test_chunked_bodies_arrive_whole(client, echo):
    """Extensions and trailers of the encoding are not passed on."""
    client.send(
        b"POST /open HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/octet-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-User: root\r\n\r\n"
    )
    assert client.answer().status == 200
    assert echo.requests[0]["body"] == b"abcde"
    assert header(echo.requests[0], "x-user") == []


def chunks(count: int, size: int) -> bytes:
    return b"%x\r\n%s\r\n" % (size, b"a" * size) * count


def test_a_chunked_body_over_the_limit_is_413(client, echo):
    """However it is cut; nothing of it reaches the upstream."""
    client.send(
        b"POST /open HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/octet-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + chunks(200, 1000)
    )
    answer = client.answer()
    assert (answer.status, answer.reason) == (413, "body_too_large")
    assert answer.header("connection") == ["close"]
    assert echo.requests == []


def test_a_declared_body_over_the_limit_is_413_before_it_is_sent(client, echo):
    """Who asks first with `Expect: 100-continue` never sends it."""
    client.send(
        b"POST /open HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Length: 100001\r\nExpect: 100-continue\r\n\r\n"
    )
    answer = client.answer()
    assert (answer.status, answer.informational) == (413, [])
    assert client.closed()


def test_expect_100_continue_is_answered_when_the_body_is_wanted(client, echo):
    """By us; the upstream is not asked again."""
    client.send(
        b"POST /open HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    )
    assert client.socket.recv(65536).startswith(b"HTTP/1.1 100 ")
    client.send(b"abc")
    assert client.answer().status == 200
    assert echo.requests[0]["body"] == b"abc"
    assert header(echo.requests[0], "expect") == []


def test_pipelined_requests_are_answered_in_order(client, echo):
    """Each judged for itself."""
    get = b"GET %s HTTP/1.1\r\nHost: api.example.com\r\n\r\n"
    client.send(get % b"/open" + get % b"/me" + get % b"/nowhere" + get % b"/open")
    assert [client.answer().status for _ in range(4)] == [200, 401, 404, 200]


SMUGGLED = b"GET /me HTTP/1.1\r\nHost: api.example.com\r\n\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        b"Content-Length: 6\r\nContent-Length: 6\r\n",
        b"Content-Length: 6\r\nContent-Length: 0\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"X: y\nTransfer-Encoding: chunked\r\n",
        b"X: y\r\n Transfer-Encoding: chunked\r\n",
        b"Content-Length: +6\r\n",
    ],
)
def test_smuggling_is_refused(client, echo, events, fields):
    """400, told of, the connection closed, nothing of the rest looked at."""
    client.send(b"POST /open HTTP/1.1\r\nHost: api.example.com\r\n" + fields + b"\r\n0\r\n\r\n" + SMUGGLED)
    answer = client.answer()
    assert (answer.status, answer.reason) == (400, "malformed")
    assert answer.header("x-content-type-options") == ["nosniff"]
    assert client.closed()
    assert echo.requests == []
    assert [line["event"] for line in events.lines] == ["input.rejected"]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00",
        b"nonsense\r\n\r\n",
        b"GET /open\r\n\r\n",
        b"GET /open HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /open HTTP/1.1\r\n\r\n",
        b"GET /open HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET /op\xc3\xa9n HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
        b"GET /open HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    ],
)
def test_what_is_no_request_is_400(connect, echo, sent):
    """Whatever arrives, the answer has the one error shape."""
    client = connect(http=True)
    client.send(sent + b"\r\n\r\n")
    answer = client.answer()
    assert (answer.status, answer.reason) == (400, "malformed")
    assert echo.requests == []


def test_huge_heads_are_400(connect):
    """Memory is bounded by the head limit."""
    client = connect()
    client.send(b"GET /open HTTP/1.1\r\nX: " + b"a" * (http1.MAX_HEAD_BYTES + 1))
    assert client.answer().status == 400


def test_slow_clients_are_cut_off(connect, monkeypatch):
    """A head that never ends, a body that never comes, a connection without any request."""
    monkeypatch.setattr(http1, "HEAD_DEADLINE_S", 0.1)
    monkeypatch.setattr(http1, "BODY_GRACE_S", 0.1)
    monkeypatch.setattr(http1, "IDLE_S", 0.1)
    head, body, idle = connect(), connect(), connect()
    head.send(b"GET /open HT")
    body.send(
        b"POST /open HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/octet-stream\r\nContent-Length: 9\r\n\r\na"
    )
    assert head.answer().status == 400
    assert body.answer().status == 400
    assert idle.closed()


@pytest.mark.parametrize(
    "answer, status", [(b"", 502), (b"nonsense\r\n\r\n", 502), (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 502), (None, 504)]
)
def test_upstream_failures_are_told_apart(raw_server, in_front_of, answer, status):
    """No usable answer is 502, none in time 504; both in the one error shape, the client's connection stays."""

    def serve(connection: socket.socket, state) -> None:
        connection.recv(65536)
        if answer is None:
            connection.recv(1)
        else:
            connection.sendall(answer)

    client = in_front_of(raw_server(serve).port)
    for _ in range(2):
        got = client.get("/open")
        assert (got.status, got.reason) == (status, "unavailable")
        assert got.header("x-content-type-options") == ["nosniff"]


def test_nobody_behind_is_502(in_front_of):
    """A refused connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert in_front_of(port).get("/open").status == 502


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_that_is_cut_off_is_cut_off_for_the_client(client, echo, chunked):
    """Half an answer never looks like a whole one."""
    echo.pieces, echo.cut_off, echo.chunked = 4, True, chunked
    with pytest.raises(ConnectionResetError):
        client.get("/open")


def test_errors_of_the_upstream_are_hidden(client, echo):
    """A 5xx body is replaced, 4xx goes through."""
    echo.status, echo.body = 500, b"stack trace"
    answer = client.get("/open")
    assert (answer.status, answer.reason) == (500, "internal")
    assert b"stack" not in answer.body
    echo.status = 404
    assert client.get("/open").body == b"stack trace"


def test_a_client_that_leaves_breaks_the_download_off(connect, echo):
    """The upstream is not drained for nobody."""
    echo.body, echo.pieces = b"d" * 65536, 1600
    client = connect()
    client.send(b"GET /open HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
    client.socket.recv(1000)
    client.socket.close()
    assert until(lambda: echo.aborted == 1)


def test_a_client_that_leaves_breaks_the_upload_off(connect, echo):
    """The upstream never sees a shorter body that looks complete."""
    client = connect()
    client.send(
        b"POST /big HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Length: 1000000\r\n\r\n" + b"a" * 500_000
    )
    assert until(lambda: echo.connections == 1)
    client.socket.close()
    assert until(lambda: echo.ended == 1)
    assert echo.requests == []


def test_a_client_that_leaves_while_the_upstream_thinks_ends_the_request(raw_server, in_front_of):
    """The upstream's connection is closed as well; its answer would be for nobody."""

    def serve(connection: socket.socket, state) -> None:
        state.received.append(connection.recv(65536))
        state.received.append(connection.recv(1))

    server = raw_server(serve)
    client = in_front_of(server.port)
    client.send(b"GET /open HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
    assert until(lambda: len(server.received) == 1)
    client.socket.close()
    assert until(lambda: server.received[1:] == [b""], 0.9)


def test_old_clients_are_served(connect, echo):
    """HTTP/1.0: one answer, ended by the end of the connection."""
    echo.chunked = True
    client = connect()
    client.send(b"GET /open HTTP/1.0\r\nHost: api.example.com\r\n\r\n")
    received = b""
    while piece := client.socket.recv(65536):
        received += piece
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b"\r\n\r\nfrom upstream")


def test_an_upstream_may_decline_a_websocket(raw_server, in_front_of):
    """Its answer goes to the client like any other."""

    def serve(connection: socket.socket, state) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno")

    answer = in_front_of(raw_server(serve).port).get("/ws", *WEBSOCKET)
    assert (answer.status, answer.body) == (426, b"no")


def test_an_upstream_cannot_switch_protocols_unasked(raw_server, in_front_of):
    """101 to an ordinary request is no answer."""

    def serve(connection: socket.socket, state) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nbytes")

    assert in_front_of(raw_server(serve).port).get("/open").status == 502


def test_the_handshakes_authorities_do_not_replace_the_policys(start_proxy, client_of, echo, trust, stranger):
    """A certificate the listener was told to take is judged by the policy all the same."""
    port = start_proxy(echo.port, stranger.identity.pem).https
    client = stranger.client("spiffe://example.com/cart")
    trust.load_cert_chain(client.cert_file, client.key_file)
    with client_of(port, trust) as connection:
        assert connection.get("/mesh").reason == "invalid_certificate"


def test_plain_http_goes_through_the_same_guard(connect, echo, token):
    """Redirected, refused or served, as each route says; HSTS over TLS only."""
    client = connect(http=True)
    redirected = client.get("/me")
    assert (redirected.status, redirected.header("location")) == (308, ["https://api.example.com/me"])
    assert client.get("/me", f"Authorization: Bearer {token}").status == 403
    assert client.get("/open").status == 403
    served = client.get("/plain")
    assert (served.status, served.header("strict-transport-security")) == (200, [])
    assert header(echo.requests[0], "x-forwarded-proto") == ["http"]


def test_old_tls_is_refused(connect, trust):
    """TLS 1.1 fails in the handshake, TLS 1.2 does not."""
    trust.set_ciphers("ALL:@SECLEVEL=0")
    trust.minimum_version = trust.maximum_version = ssl.TLSVersion.TLSv1_2
    assert connect(context=trust).get("/open").status == 200
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        trust.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        trust.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError):
        connect(context=trust)


def test_client_certificates_are_judged(connect, trust, authority, stranger):
    """Good, none, from nobody we know, of the wrong name."""
    assert connect().get("/mesh").reason == "no_credential"
    for maker, uri, expected in (
        (authority, "spiffe://example.com/cart", 200),
        (authority, "spiffe://example.com/cart/deep", 401),
        (stranger, "spiffe://example.com/cart", None),
    ):
        client = maker.client(uri)
        trust.load_cert_chain(client.cert_file, client.key_file)
        if expected is None:
            with pytest.raises(OSError):
                connect(context=trust).get("/mesh")
        else:
            assert connect(context=trust).get("/mesh").status == expected


WEBSOCKET = ("Upgrade: websocket", "Connection: Upgrade", "Origin: https://app.example.com", "Sec-WebSocket-Key: x")


def test_websockets_pass_only_where_a_route_says_so(connect, echo):
    """After a judged handshake bytes go both ways until one side closes."""
    assert connect().get("/open", *WEBSOCKET).status == 400
    assert connect().get("/ws", *WEBSOCKET[:2]).status == 400
    client = connect()
    fields = "".join(f"{field}\r\n" for field in WEBSOCKET)
    client.send(f"GET /ws HTTP/1.1\r\nHost: api.example.com\r\n{fields}\r\n".encode())
    head = client.socket.recv(65536)
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"x-content-type-options: nosniff" in head.lower()
    for word in (b"hello", b"again"):
        client.send(word)
        assert client.socket.recv(65536) == word.upper()
    assert header(echo.requests[0], "sec-websocket-key") == ["x"]
    client.socket.close()


def test_many_clients_at_once(connect, echo, token):
    """Every answer is the one to its own request."""

    def work(number: int) -> list[int]:
        client = connect()
        return [client.get("/open" if (number + turn) % 2 else "/me").status for turn in range(10)]

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        results = list(pool.map(work, range(20)))
    assert results == [[200 if (number + turn) % 2 else 401 for turn in range(10)] for number in range(20)]
    assert len(echo.requests) == 100


def test_closing_lets_requests_end_and_takes_no_new_ones(running, connect, echo):
    """The answer under way arrives, idle connections are closed, the port is closed."""
    echo.delay_s = 0.3
    busy, idle = connect(), connect()
    assert idle.get("/nowhere").status == 404
    busy.send(b"GET /open HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
    assert until(lambda: len(echo.requests) == 1)
    running.ask_to_stop()
    assert idle.closed()
    answer = busy.answer()
    assert (answer.status, answer.header("connection")) == (200, ["close"])
    running.stop()
    with pytest.raises(OSError):
        connect()


def test_closing_does_not_wait_for_ever(running, connect, echo, monkeypatch):
    """A request that does not end is cut off after the grace time."""
    monkeypatch.setattr(proxy, "GRACE_S", 0.2)
    echo.delay_s = 5
    client = connect()
    client.send(b"GET /open HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
    assert until(lambda: len(echo.requests) == 1)
    running.stop()
    with pytest.raises(OSError):
        client.answer()
