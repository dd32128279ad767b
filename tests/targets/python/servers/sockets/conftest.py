"""A proxy in a thread, an upstream behind it, and clients that send bytes as they are."""

from __future__ import annotations

import asyncio
import json
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import h11
import pytest

from seccfg_runtime.runtime import http1
from seccfg_runtime.runtime.deployment import Deployment
from seccfg_runtime.runtime.proxy import Proxy
from seccfg_runtime.runtime.tls import server_context
from seccfg_runtime.runtime.upstream import Upstream


class Identity(Protocol):
    """A certificate with its key in files."""

    cert_file: str
    key_file: str
    pem: str


class Authority(Protocol):
    """A certificate authority."""

    identity: Identity


@dataclass
class Echo:
    """What the upstream received, and what it answers."""

    port: int
    requests: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"from upstream"
    pieces: int = 1
    chunked: bool = False
    cut_off: bool = False
    delay_s: float = 0.0
    connections: int = 0
    aborted: int = 0
    ended: int = 0


@pytest.fixture
def echo() -> Iterator[Echo]:
    """An upstream that keeps what it is sent and answers what the test says; speaks HTTP/1.1 and a toy websocket."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            state.connections += 1
            self.request.settimeout(20)
            http = h11.Connection(h11.SERVER)
            try:
                while self._one(http):
                    http.start_next_cycle()
            except (OSError, h11.ProtocolError):
                state.aborted += 1
            finally:
                state.ended += 1

        def _event(self, http: h11.Connection) -> Any:
            while (event := http.next_event()) is h11.NEED_DATA:
                http.receive_data(self.request.recv(65536))
            return event

        def _one(self, http: h11.Connection) -> bool:
            request = self._event(http)
            if not isinstance(request, h11.Request):
                return False
            body = bytearray()
            while isinstance(event := self._event(http), h11.Data):
                body += event.data
            seen = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
            state.requests.append(
                {"method": request.method.decode(), "target": request.target.decode(), "headers": seen, "body": bytes(body)}
            )
            if any(name == "upgrade" for name, _ in seen):
                answer = h11.InformationalResponse(status_code=101, headers=[("Upgrade", "websocket"), ("Connection", "Upgrade")])
                self.request.sendall(http.send(answer))
                data = http.trailing_data[0]
                while data := data or self.request.recv(65536):
                    self.request.sendall(data.upper())
                    data = b""
                return False
            time.sleep(state.delay_s)
            headers = [*state.headers]
            if state.chunked:
                headers.append(("Transfer-Encoding", "chunked"))
            else:
                headers.append(("Content-Length", str(len(state.body) * state.pieces)))
            self.request.sendall(http.send(h11.Response(status_code=state.status, headers=headers)))
            if request.method != b"HEAD":
                for _ in range(state.pieces):
                    self.request.sendall(http.send(h11.Data(data=state.body)))
                    if state.cut_off:
                        return False
            self.request.sendall(http.send(h11.EndOfMessage()))
            return http.our_state is h11.DONE and http.their_state is h11.DONE

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    state = Echo(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


class Running:
    """A proxy in a thread of its own."""

    def __init__(self, make: Callable[[], Proxy], tls: ssl.SSLContext) -> None:
        self._make, self._tls = make, tls
        self._ready = threading.Event()
        self.https = self.http = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        proxy = self._make()
        self.https = (await proxy.listen("127.0.0.1", 0, self._tls))[1]
        self.http = (await proxy.listen("127.0.0.1", 0, None))[1]
        self._ready.set()
        await self._stop.wait()
        await proxy.close()

    def ask_to_stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    def stop(self) -> None:
        if self._thread.is_alive():
            self.ask_to_stop()
            self._thread.join(20)
            assert not self._thread.is_alive()


@pytest.fixture
def start_proxy(
    deployment: Deployment, server_identity: Identity, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Running]]:
    """Starts proxies in front of an upstream port, over https and http."""
    monkeypatch.setattr(http1, "LINGER_S", 0.05)
    started: list[Running] = []

    def start(port: int, client_ca_pem: str = authority.identity.pem) -> Running:
        tls = server_context(
            certificate=server_identity.cert_file, key=server_identity.key_file, min_version="1.2", ciphers="intermediate",
            client_ca_pem=client_ca_pem,
        )  # fmt: skip
        upstream = f"http://127.0.0.1:{port}"
        started.append(Running(lambda: Proxy(deployment, {"main": Upstream(upstream, timeout_s=1.0)}), tls))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def running(start_proxy: Callable[..., Running], echo: Echo) -> Running:
    """The proxy in front of the echo upstream."""
    return start_proxy(echo.port)


@pytest.fixture
def in_front_of(start_proxy: Callable[..., Running], trust: ssl.SSLContext) -> Iterator[Callable[[int], Client]]:
    """A client of a proxy in front of an upstream port."""
    opened: list[Client] = []

    def start(port: int) -> Client:
        opened.append(Client(start_proxy(port).https, trust))
        return opened[-1]

    yield start
    for one in opened:
        one.socket.close()


class Client:
    """A connection to a proxy that sends bytes as they are and reads answers."""

    def __init__(self, port: int, trust: ssl.SSLContext | None) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket = plain if trust is None else trust.wrap_socket(plain, server_hostname="localhost")
        self._buffer = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def get(self, path: str, *fields: str, method: str = "GET") -> Answer:
        lines = "".join(f"{field}\r\n" for field in fields)
        self.send(f"{method} {path} HTTP/1.1\r\nHost: api.example.com\r\n{lines}\r\n".encode())
        return self.answer(method)

    def post(self, path: str, body: bytes, *fields: str) -> Answer:
        typed = ("Content-Type: application/octet-stream", f"Content-Length: {len(body)}", *fields)
        lines = "".join(field + "\r\n" for field in typed)
        self.send(f"POST {path} HTTP/1.1\r\nHost: api.example.com\r\n{lines}\r\n".encode() + body)
        return self.answer("POST")

    def answer(self, method: str = "GET") -> Answer:
        """The next answer; ConnectionResetError when it is cut off."""
        http = h11.Connection(h11.CLIENT)
        http.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        http.send(h11.EndOfMessage())
        http.receive_data(self._buffer) if self._buffer else None
        head: h11.Response | None = None
        body = bytearray()
        informational = []
        while True:
            try:
                event = http.next_event()
            except h11.RemoteProtocolError as error:
                raise ConnectionResetError("the answer was cut off") from error
            if event is h11.NEED_DATA:
                http.receive_data(self.socket.recv(65536))
            elif isinstance(event, h11.InformationalResponse):
                informational.append(event.status_code)
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                self._buffer = http.trailing_data[0]
                fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
                return Answer(head.status_code, fields, bytes(body), informational)
            else:
                raise ConnectionResetError("closed without an answer")

    def closed(self) -> bool:
        """Whether the other side has closed."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    informational: list[int]

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def reason(self) -> object:
        return json.loads(self.body)["reason"]


@pytest.fixture
def client(running: Running, trust: ssl.SSLContext) -> Iterator[Client]:
    """One https connection to the proxy."""
    with Client(running.https, trust) as connection:
        yield connection


@pytest.fixture
def client_of() -> type[Client]:
    """Opens a connection to a port: `client_of(port, trust)`."""
    return Client


@pytest.fixture
def connect(running: Running, trust: ssl.SSLContext) -> Iterator[Callable[..., Client]]:
    """Opens further connections: `connect()` over https, `connect(http=True)` without TLS."""
    opened: list[Client] = []

    def start(http: bool = False, context: ssl.SSLContext | None = None) -> Client:
        opened.append(Client(running.http, None) if http else Client(running.https, context or trust))
        return opened[-1]

    yield start
    for one in opened:
        one.socket.close()
