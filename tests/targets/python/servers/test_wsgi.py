"""The WSGI middleware: the same guard behind a server that has already decoded half the request."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

import pytest

from seccfg_runtime.runtime.handlers import require_role
from seccfg_runtime.runtime.interface import Forwarding
from seccfg_runtime.runtime.wsgi import SecurityMiddleware


def environ(target: str | None = "/open", body: bytes = b"", **changes: Any) -> dict[str, Any]:
    found = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/decoded", "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "198.51.100.7", "HTTP_HOST": "api.example.com",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False, **changes,
    }  # fmt: skip
    if target is not None:
        found["RAW_URI"] = target
    return found


class Answered:
    """What the server was told."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: object = None):
        self.status, self.headers = int(status[:3]), headers
        return self.write

    def write(self, data: bytes) -> None:
        self.body += data

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def call(app, deployment, given: dict[str, Any]) -> Answered:
    answered = Answered()
    pieces = SecurityMiddleware(app, deployment)(given, answered.start_response)
    for piece in pieces:
        answered.write(piece)
    if hasattr(pieces, "close"):
        pieces.close()
    return answered


class App:
    """Keeps what it was called with."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status = status
        self.environs: list[dict[str, Any]] = []
        self.body = b""

    def __call__(self, environ, start_response):
        self.environs.append(environ)
        self.body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response(self.status, [("Content-Type", "text/plain"), ("Server", "x")])
        return [b"hel", b"lo"]


BINARY = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/octet-stream"}


def test_what_passes_reaches_the_application(deployment):
    """With its forwarding; the server's own environ is not changed."""
    app, given = App(), environ()
    answered = call(app, deployment, given)
    assert (answered.status, answered.body) == (200, b"hello")
    assert answered.header("x-content-type-options") == ["nosniff"]
    assert answered.header("server") == []
    assert isinstance(app.environs[0]["seccfg.forwarding"], Forwarding)
    assert "seccfg.forwarding" not in given


@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI"])
def test_the_raw_target_decides_not_the_decoded_path(deployment, name):
    """Whatever the server made of the path."""
    assert call(App(), deployment, environ(None, PATH_INFO="/open", **{name: "/open%2F"})).status == 400
    assert call(App(), deployment, environ(None, PATH_INFO="/nowhere", **{name: "/open"})).status == 200


def test_a_server_without_raw_target_is_not_served(deployment, events):
    """Status 500, an event, nothing passed."""
    app = App()
    assert call(app, deployment, environ(None, PATH_INFO="/open")).status == 500
    assert call(app, deployment, environ("", PATH_INFO="/open")).status == 500
    assert app.environs == []
    assert [line["event"] for line in events.lines] == ["check.failed"] * 2


def test_identity_is_set_and_credentials_are_gone(deployment, token):
    """Spellings with underscores are the same header in WSGI and gone with it."""
    app = App()
    given = environ("/me", HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_X_USER="root", HTTP_ACCEPT="a, b")
    assert call(app, deployment, given).status == 200
    seen = app.environs[0]
    assert seen["HTTP_X_USER"] == "ann"
    assert "HTTP_AUTHORIZATION" not in seen
    assert seen["HTTP_ACCEPT"] == "a, b"
    assert seen["HTTP_X_FORWARDED_FOR"] == "198.51.100.7"


def test_refusals_do_not_reach_the_application(deployment):
    """Nor do duplicated headers that the server joined."""
    app = App()
    answered = call(app, deployment, environ("/me"))
    assert answered.status == 401
    assert json.loads(answered.body)["reason"] == "no_credential"
    assert call(app, deployment, environ("/me", HTTP_AUTHORIZATION="Bearer a,Bearer b")).status == 400
    assert call(app, deployment, environ(HTTP_HOST="api.example.com,evil.example")).status == 400
    assert call(app, deployment, environ("/nowhere")).status == 404
    assert app.environs == []


def test_bodies_are_bounded(deployment):
    """By declared length, and while a chunked one is read."""
    app = App()
    fits, over = b"a" * 100_000, b"a" * 100_001
    assert call(app, deployment, environ(body=fits, CONTENT_LENGTH="100000", **BINARY)).status == 200
    assert app.body == fits
    assert call(app, deployment, environ(body=over, CONTENT_LENGTH="100001", **BINARY)).status == 413
    chunked = {**BINARY, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert call(app, deployment, environ(body=over, **chunked)).status == 413
    assert call(app, deployment, environ(body=fits, **chunked)).status == 200
    assert app.body == fits
    assert app.environs[-1]["CONTENT_LENGTH"] == "100000"
    assert len(app.environs) == 2


def test_a_chunked_body_whose_end_nobody_knows_is_refused(deployment):
    """A server that cannot tell where it ends gets an error, never a hang."""
    app = App()
    assert call(app, deployment, environ(body=b"a", HTTP_TRANSFER_ENCODING="chunked", **BINARY)).status in (500, 503)
    assert app.environs == []


def test_an_applications_exception_is_the_policys_error(deployment):
    """Raised at once, while the body is made, or with no answer started at all."""

    def at_once(environ, start_response):
        raise KeyError("password")

    def later(environ, start_response):
        start_response("200 OK", [])
        yield b""
        raise KeyError("password")

    def silent(environ, start_response):
        return []

    for app in (at_once, later, silent):
        answered = call(app, deployment, environ())
        assert answered.status == 500
        assert json.loads(answered.body)["reason"] == "internal"
        assert b"password" not in answered.body


def test_the_applications_own_errors_are_hidden(deployment):
    """A 5xx body is replaced, its status stays."""
    answered = call(App("503 Down"), deployment, environ())
    assert answered.status == 503
    assert b"hello" not in answered.body


def test_a_handler_that_refuses_is_a_403(deployment, token):
    """Even where the application turns the refusal into something else."""

    @require_role("admin")
    def handler() -> bytes:
        return b"secret"

    def careless(environ, start_response):
        try:
            body = handler()
        except Exception:  # noqa: BLE001 - what frameworks do
            body = b"all is well"
        start_response("200 OK", [])
        return [body]

    answered = call(careless, deployment, environ("/me", HTTP_AUTHORIZATION=f"Bearer {token}"))
    assert answered.status == 403
    assert json.loads(answered.body)["reason"] == "forbidden"


def test_the_imperative_way_out_is_completed_too(deployment):
    """Old applications write before they return."""

    def old(environ, start_response):
        write = start_response("200 OK", [("Server", "x")])
        write(b"hel")
        return [b"lo"]

    answered = call(old, deployment, environ())
    assert (answered.status, answered.body) == (200, b"hello")
    assert answered.header("x-content-type-options") == ["nosniff"]


def test_the_applications_iterable_is_closed(deployment):
    """Once, on every path."""
    closed = []

    class Pieces:
        def __init__(self, status: str) -> None:
            self.status = status

        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a", b"b"])

        def close(self) -> None:
            closed.append(self.status)

    for status in ("200 OK", "500 Bad"):

        def app(environ, start_response, status=status):
            start_response(status, [])
            return Pieces(status)

        call(app, deployment, environ())
    assert closed == ["200 OK", "500 Bad"]


def test_the_servers_certificate_is_judged(deployment, authority, stranger):
    """As mod_ssl and uWSGI hand it over; a header of that name is no certificate."""
    good, bad = authority.client("spiffe://example.com/cart").pem, stranger.client("spiffe://example.com/cart").pem
    assert call(App(), deployment, environ("/mesh", SSL_CLIENT_CERT=good)).status == 200
    assert call(App(), deployment, environ("/mesh", SSL_CLIENT_CERT=bad)).status == 401
    assert call(App(), deployment, environ("/mesh", HTTP_SSL_CLIENT_CERT=good)).status == 401


class Plain(WSGIRequestHandler):
    """wsgiref as it is: it knows no raw target."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class Raw(Plain):
    """wsgiref that hands over the raw target."""

    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), "RAW_URI": self.path}


@pytest.fixture
def serve(deployment) -> Iterator[Callable[[type[WSGIRequestHandler]], int]]:
    servers: list[WSGIServer] = []
    threads: list[threading.Thread] = []

    def start(handler: type[WSGIRequestHandler]) -> int:
        server = make_server("127.0.0.1", 0, validator(SecurityMiddleware(validator(hello), deployment)), handler_class=handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        servers.append(server)
        threads.append(thread)
        return server.server_address[1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def fetch(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_real_server_that_knows_the_raw_target_is_served(serve):
    """And both sides keep to the WSGI protocol."""
    port = serve(Raw)
    assert fetch(port, "/plain") == (200, b"hello")
    assert fetch(port, "/me")[0] == 308
    assert fetch(port, "/plain%2F")[0] == 400


def test_a_real_server_that_does_not_is_refused(serve):
    """Every request is answered with an error."""
    port = serve(Plain)
    status, body = fetch(port, "/plain")
    assert status == 500
    assert json.loads(body)["reason"] == "internal"


def test_a_body_cut_off_reaches_nobody(serve):
    """The client closed in the middle of the body it announced."""
    port = serve(Raw)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab")
        client.shutdown(socket.SHUT_WR)
        client.settimeout(10)
        assert b" 200 " not in client.recv(65536)
