"""A Starlette application behind the middleware under a real server."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from seccfg_runtime.runtime.asgi import SecurityMiddleware
from seccfg_runtime.runtime.handlers import require_role


async def show(request: Request) -> PlainTextResponse:
    body = await request.body()
    user = request.headers.get("x-user", "nobody")
    return PlainTextResponse(f"{request.method} {request.url.path} {user} {len(body)}")


async def broken(request: Request) -> PlainTextResponse:
    raise RuntimeError("password")


async def stream(request: Request) -> StreamingResponse:
    received = [piece async for piece in request.stream()]

    async def pieces():
        for piece in received:
            yield piece

    return StreamingResponse(pieces())


@require_role("admin")
async def admins_only(request: Request) -> PlainTextResponse:
    return PlainTextResponse("secret")


class Server(uvicorn.Server):
    """In a thread, without signal handlers."""

    def install_signal_handlers(self) -> None:
        pass


@pytest.fixture
def port(deployment, server_identity) -> Iterator[int]:
    app = Starlette(
        routes=[
            Route("/open", broken, methods=["GET"]),
            Route("/open", show, methods=["POST"]),
            Route("/big", stream, methods=["POST"]),
            Route("/me", show),
            Route("/admin", admins_only),
        ]
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            SecurityMiddleware(app, deployment), http="h11", lifespan="off", log_level="critical", proxy_headers=False,
            ssl_certfile=server_identity.cert_file, ssl_keyfile=server_identity.key_file, server_header=False,
        )  # fmt: skip
        server = Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        end = time.monotonic() + 10
        while not server.started and time.monotonic() < end:
            time.sleep(0.005)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def ask(
    port: int, trust: ssl.SSLContext, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPSConnection("localhost", port, context=trust, timeout=10)
    try:
        typed = {} if body is None else {"Content-Type": "application/octet-stream"}
        connection.request(method, path, body, {**typed, **{name.replace("_", "-"): value for name, value in headers.items()}})
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


def test_requests_pass_refusals_do_not(port, trust, token):
    """Identity set, credential judged, encoded paths refused before routing."""
    assert ask(port, trust, "GET", "/me", Authorization=f"Bearer {token}", X_User="root")[:2] == (200, b"GET /me ann 0")
    status, body, headers = ask(port, trust, "GET", "/me")
    assert (status, json.loads(body)["reason"]) == (401, "no_credential")
    assert headers["strict-transport-security"] == "max-age=3600"
    assert ask(port, trust, "GET", "/%6de")[0] == 400
    assert ask(port, trust, "GET", "/me/")[0] == 404


def test_bodies_arrive_and_are_bounded(port, trust):
    """With a length and without."""
    assert ask(port, trust, "POST", "/open", b"a" * 100_000)[1] == b"POST /open nobody 100000"
    assert ask(port, trust, "POST", "/open", b"a" * 100_001)[0] == 413
    assert ask(port, trust, "POST", "/open", iter([b"a" * 50_000] * 2))[1] == b"POST /open nobody 100000"  # type: ignore[arg-type]
    assert ask(port, trust, "POST", "/open", iter([b"a" * 50_000] * 3))[0] == 413  # type: ignore[arg-type]


def test_bodies_are_streamed_both_ways(port, trust):
    """Several megabytes through request and answer."""
    body = bytes(range(256)) * 16_384
    assert ask(port, trust, "POST", "/big", body)[1] == body


def test_an_exception_of_the_application_shows_nothing(port, trust):
    """Starlette's own error page is replaced."""
    status, body, headers = ask(port, trust, "GET", "/open")
    assert (status, json.loads(body)["reason"]) == (500, "internal")
    assert b"password" not in body
    assert headers["x-content-type-options"] == "nosniff"


def test_a_handler_that_refuses_is_a_403(port, trust, token):
    """Though Starlette makes a server error of it."""
    status, body, _ = ask(port, trust, "GET", "/admin", Authorization=f"Bearer {token}")
    assert (status, json.loads(body)["reason"]) == (403, "forbidden")
