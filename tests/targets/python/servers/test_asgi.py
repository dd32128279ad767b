"""The ASGI middleware: what the application sees, what goes back, and that nothing slips past."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from seccfg_runtime.runtime.asgi import SecurityMiddleware
from seccfg_runtime.runtime.interface import Forwarding

HOST = (b"host", b"api.example.com")


class App:
    """Keeps what it was called with; answers what it is told to."""

    def __init__(self, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = (), read: bool = True) -> None:
        self.status, self.headers, self.read = status, headers, read
        self.scopes: list[dict[str, Any]] = []
        self.body = b""
        self.disconnected = False

    async def __call__(self, scope, receive, send) -> None:
        self.scopes.append(scope)
        while self.read:
            message = await receive()
            self.disconnected = message["type"] == "http.disconnect"
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"hello", "more_body": False})


class Answered:
    """What the server was told to send."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.messages = messages
        start = messages[0]
        self.status: int = start["status"]
        self.headers = [(name.decode(), value.decode()) for name, value in start["headers"]]
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def scope(path: str = "/open", **changes: Any) -> dict[str, Any]:
    return {
        "type": "http", "method": "GET", "raw_path": path.encode(), "path": path, "query_string": b"", "headers": [HOST],
        "client": ("198.51.100.7", 4711), "scheme": "https", "http_version": "1.1", "extensions": {}, **changes,
    }  # fmt: skip


def call(app, deployment, given: dict[str, Any], *pieces: bytes, resource=None) -> Answered | None:
    incoming = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    incoming.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(SecurityMiddleware(app, deployment, resource=resource)(given, receive, send))
    return Answered(sent) if sent else None


def post(*pieces: bytes, path: str = "/open", **changes: Any) -> dict[str, Any]:
    length = (b"content-length", b"%d" % sum(map(len, pieces)))
    return scope(path, method="POST", headers=[HOST, (b"content-type", b"application/octet-stream"), length], **changes)


def test_what_passes_reaches_the_application_with_its_forwarding(deployment):
    """The target is untouched, the scope of the server is not changed."""
    app, given = App(), scope(query_string=b"a=%31")
    answered = call(app, deployment, given)
    assert (answered.status, answered.body) == (200, b"hello")
    assert app.scopes[0]["raw_path"] == b"/open"
    assert isinstance(app.scopes[0]["seccfg"], Forwarding)
    assert "seccfg" not in given


def test_identity_is_set_and_credentials_are_gone(deployment, token):
    """The application sees who it is and neither the token nor what the client claimed to be."""
    app = App()
    headers = [HOST, (b"authorization", b"Bearer " + token.encode()), (b"x-user", b"root"), (b"x_user", b"root")]
    assert call(app, deployment, scope("/me", headers=headers)).status == 200
    seen = app.scopes[0]["headers"]
    assert [value for name, value in seen if name == b"x-user"] == [b"ann"]
    assert not any(name in (b"authorization", b"x_user") for name, _ in seen)


def test_refusals_do_not_reach_the_application(deployment):
    """Neither a missing credential nor an unknown path."""
    app = App()
    answered = call(app, deployment, scope("/me"))
    assert answered.status == 401
    assert answered.header("content-length") == [str(len(answered.body))]
    assert json.loads(answered.body)["reason"] == "no_credential"
    assert call(app, deployment, scope("/secret")).status == 404
    assert app.scopes == []


def test_every_answer_carries_the_policys_headers(deployment):
    """Refusals and passes alike; what the policy removes is gone."""
    passed = call(App(headers=((b"server", b"x"), (b"x-content-type-options", b"?"))), deployment, scope())
    refused = call(App(), deployment, scope("/me"))
    for answered in (passed, refused):
        assert answered.header("x-content-type-options") == ["nosniff"]
        assert answered.header("strict-transport-security") == ["max-age=3600"]
        assert len(answered.header("x-request-id")) == 1
    assert passed.header("server") == []


def test_a_server_without_raw_path_is_not_served(deployment, events):
    """What cannot be judged as it was sent is refused: status 500, an event, nothing passed."""
    app = App()
    for missing in (None, b""):
        given = scope()
        given["raw_path"] = missing
        assert call(app, deployment, given).status == 500
    given = scope()
    del given["raw_path"]
    assert call(app, deployment, given).status == 500
    assert app.scopes == []
    assert [line["event"] for line in events.lines] == ["check.failed"] * 3


def test_an_applications_exception_is_the_policys_error(deployment):
    """Status 500, the one error shape, no word of what went wrong."""

    async def broken(scope, receive, send) -> None:
        raise KeyError("password")

    answered = call(broken, deployment, scope())
    assert answered.status == 500
    assert b"password" not in answered.body
    assert json.loads(answered.body)["reason"] == "internal"
    assert answered.header("x-content-type-options") == ["nosniff"]


def test_an_exception_after_the_answer_began_is_left_to_the_server(deployment):
    """Half an answer cannot be taken back; the server closes the connection."""

    async def broken(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("x")

    with pytest.raises(KeyError):
        call(broken, deployment, scope())


def test_the_applications_own_errors_are_hidden(deployment):
    """A 5xx body is replaced, its status stays."""
    answered = call(App(status=503), deployment, scope())
    assert answered.status == 503
    assert b"hello" not in answered.body
    assert json.loads(answered.body)["id"] == answered.header("x-request-id")[0]


def test_bodies_are_streamed_through(deployment):
    """A body of declared length goes on piece by piece."""
    app = App()
    assert call(app, deployment, post(b"a" * 50_000, b"b" * 50_000), b"a" * 50_000, b"b" * 50_000).status == 200
    assert len(app.body) == 100_000


def test_a_body_longer_than_allowed_is_413(deployment):
    """Declared so, or found while it arrives without a length."""
    app = App()
    assert call(app, deployment, post(b"a" * 100_001), b"a" * 100_001).status == 413
    headers = [HOST, (b"content-type", b"application/octet-stream"), (b"transfer-encoding", b"chunked")]
    given = scope(method="POST", headers=headers)
    assert call(app, deployment, given, b"a" * 60_000, b"a" * 60_000).status == 413
    assert app.body == b""
    assert call(app, deployment, given, b"a" * 60_000, b"a" * 40_000).status == 200
    assert len(app.body) == 100_000


def test_http2_bodies_need_no_length_to_be_limited(deployment):
    """A body without framing headers is found, typed and bounded all the same."""
    app = App()
    typed = [HOST, (b"content-type", b"application/octet-stream")]
    given = scope(method="POST", headers=typed, http_version="2")
    assert call(app, deployment, given, b"a" * 100_001).status == 413
    assert call(app, deployment, given, b"a" * 100_000).status == 200
    assert len(app.body) == 100_000
    assert call(app, deployment, scope(method="POST", headers=[HOST], http_version="2"), b"a").status == 415
    assert call(app, deployment, scope(http_version="2")).status == 200


def test_more_body_than_the_server_announced_is_cut_off(deployment):
    """Even a server that forgets its own framing cannot make the application read more than the limit."""
    app = App()
    answered = call(app, deployment, post(b"aaa"), b"a" * 100_001)
    assert answered.status == 413
    assert app.disconnected


def test_a_client_that_goes_away_gets_no_answer(deployment):
    """A body that breaks off while it is read for the decision ends the request."""
    headers = [HOST, (b"content-type", b"application/octet-stream"), (b"transfer-encoding", b"chunked")]
    sent: list[object] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    app = App()
    asyncio.run(SecurityMiddleware(app, deployment)(scope(method="POST", headers=headers), receive, send))
    assert sent == []
    assert app.scopes == []


def test_answers_to_head_have_no_body(deployment):
    """Refusals of HEAD say how long they would be."""
    answered = call(App(), deployment, scope("/me", method="HEAD"))
    assert answered.body == b""
    assert answered.header("content-length") != ["0"]


def test_the_connections_certificate_is_judged(deployment, authority, stranger):
    """The TLS extension's chain, leaf first."""
    for maker, status in ((authority, 200), (stranger, 401)):
        chain = [maker.client("spiffe://example.com/cart").pem]
        given = scope("/mesh", extensions={"tls": {"client_cert_chain": chain}})
        assert call(App(), deployment, given).status == status
    assert call(App(), deployment, scope("/mesh")).status == 401


@pytest.mark.parametrize("scheme, status", [("https", 401), ("http", 308)])
def test_the_connections_scheme_counts(deployment, scheme, status):
    """Plain http is redirected or refused as the policy says."""
    assert call(App(), deployment, scope("/me", scheme=scheme)).status == status


def handshake(app, deployment, path: str, **changes: Any) -> list[dict[str, Any]]:
    given = scope(path, type="websocket", scheme="wss", **changes)
    del given["method"]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(SecurityMiddleware(app, deployment)(given, receive, send))
    return sent


async def accepting(scope, receive, send) -> None:
    await send({"type": "websocket.accept"})


ORIGIN = (b"origin", b"https://app.example.com")
UPGRADE = [HOST, ORIGIN, (b"connection", b"Upgrade"), (b"upgrade", b"websocket")]


@pytest.mark.parametrize("headers", [UPGRADE, [HOST, ORIGIN]], ids=["announced", "left out"])
def test_websockets_pass_only_where_a_route_says_so(deployment, headers):
    """The handshake is judged like any request; the answer carries the policy's headers."""
    (accept,) = handshake(accepting, deployment, "/ws", headers=headers)
    assert accept["type"] == "websocket.accept"
    assert (b"x-content-type-options", b"nosniff") in accept["headers"]
    assert handshake(accepting, deployment, "/open", headers=headers) == [{"type": "websocket.close", "code": 1008}]
    assert handshake(accepting, deployment, "/ws", headers=headers[:1]) == [{"type": "websocket.close", "code": 1008}]
    assert handshake(accepting, deployment, "/nowhere", headers=headers) == [{"type": "websocket.close", "code": 1008}]


def test_a_refused_handshake_says_why_where_the_server_can(deployment):
    """The whole refusal instead of a bare close."""
    start, body = handshake(accepting, deployment, "/me", headers=UPGRADE, extensions={"websocket.http.response": {}})
    assert start["status"] == 400
    assert json.loads(body["body"])["reason"] == "malformed"


def test_lifespan_goes_to_the_application(deployment):
    """It is no request."""
    seen = []

    async def app(scope, receive, send) -> None:
        seen.append(scope["type"])

    asyncio.run(SecurityMiddleware(app, deployment)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]


def test_unknown_scopes_are_not_served(deployment):
    """Something new is refused until somebody has judged it."""
    with pytest.raises(RuntimeError):
        asyncio.run(SecurityMiddleware(App(), deployment)({"type": "mail"}, None, None))
