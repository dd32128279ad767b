"""Certificates, key sets, small upstreams and clients over real sockets."""

from __future__ import annotations

import asyncio
import datetime
import http.server
import ipaddress
import json
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey
from seccfg_python.runtime import http1
from seccfg_python.runtime.deployment import Deployment
from seccfg_python.runtime.model import (
    Authenticate,
    Authorize,
    BodyLimit,
    CertVerifier,
    Cors,
    Edge,
    Fixed,
    Forward,
    Grant,
    Hsts,
    JwtVerifier,
    KeySet,
    Origin,
    Policy,
    ResponseHeaders,
    Route,
    SanLiteral,
    SanSegment,
)
from seccfg_python.runtime.proxy import Proxy
from seccfg_python.runtime.settings import Settings
from seccfg_python.runtime.tls import server_context
from seccfg_python.runtime.upstream import Upstream


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, as PEM text and in files."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    cert_file: str
    key_file: str

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


class Authority:
    """A certificate authority made on the spot."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.identity = self._issue(name, None, ca=True)
        self.cert_file = self.identity.cert_file

    def server(self) -> Identity:
        """For 127.0.0.1, localhost and api.example.com."""
        names: list[x509.GeneralName] = [
            x509.DNSName("localhost"), x509.DNSName("api.example.com"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]  # fmt: skip
        return self._issue(f"{self._name}-server", names)

    def client(self, uri: str) -> Identity:
        return self._issue(f"{self._name}-client", [x509.UniformResourceIdentifier(uri)])

    def _issue(self, name: str, sans: list[x509.GeneralName] | None, ca: bool = False) -> Identity:
        key = self._key if ca else ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if ca else self.identity.certificate.subject
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        usage = {"digital_signature": not ca, "key_cert_sign": ca, "crl_sign": ca}
        rest = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")
        builder = builder.add_extension(x509.KeyUsage(**usage, **dict.fromkeys(rest, False)), critical=True)
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        cert_file, key_file = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return Identity(certificate, key, str(cert_file), str(key_file))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"), "trusted")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority nobody trusts."""
    return Authority(tmp_path_factory.mktemp("other-ca"), "stranger")


@pytest.fixture(scope="session")
def server_identity(authority: Authority) -> Identity:
    return authority.server()


@dataclass
class KeyMaker:
    """Public key sets of generated EC keys; the same `kid` is always the same key."""

    keys: dict[str, ECKey] = field(default_factory=dict)

    def private(self, kid: str) -> ECKey:
        if kid not in self.keys:
            self.keys[kid] = ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256", "use": "sig"})
        return self.keys[kid]

    def entries(self, *kids: str) -> list[dict[str, object]]:
        return [dict(self.private(kid).as_dict(private=False)) for kid in kids]

    def document(self, *kids: str) -> bytes:
        return json.dumps({"keys": self.entries(*kids)}).encode()


@pytest.fixture(scope="session")
def key_maker() -> KeyMaker:
    return KeyMaker()


@dataclass
class KeyServer:
    """What the issuer's https server answers next, and how often it was asked."""

    port: int
    body: bytes = b"{}"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    asked: int = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/jwks.json"


@pytest.fixture
def key_server(server_identity: Identity) -> Iterator[KeyServer]:
    """A local issuer over https."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            self.send_response(state.status)
            for name, value in state.headers:
                self.send_header(name, value)
            if not any(name.lower() == "content-length" for name, _ in state.headers):
                self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_identity.cert_file, server_identity.key_file)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state = KeyServer(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def trust(authority: Authority) -> ssl.SSLContext:
    """Trusts the authority made on the spot, nobody else."""
    return ssl.create_default_context(cafile=authority.cert_file)


@dataclass
class RawServer:
    """A server that hands each accepted connection to a function and records what was received."""

    port: int
    received: list[bytes] = field(default_factory=list)


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[socket.socket, RawServer], None]], RawServer]]:
    """Starts servers that speak whatever the test wants."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(serve: Callable[[socket.socket, RawServer], None]) -> RawServer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        state = RawServer(listener.getsockname()[1])

        def one(connection: socket.socket) -> None:
            with connection:
                connection.settimeout(10)
                try:
                    serve(connection, state)
                except OSError:
                    return

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                thread = threading.Thread(target=one, args=(connection,), daemon=True)
                threads.append(thread)
                thread.start()

        acceptor = threading.Thread(target=accept, daemon=True)
        threads.append(acceptor)
        acceptor.start()
        return state

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(2)


ISSUER = "https://id.example.com"


@pytest.fixture
def policy(authority: Authority, key_maker: KeyMaker) -> Policy:
    """A policy with one route for each thing a server can get wrong."""
    upstream = Forward("main", "http://127.0.0.1:9", timeout_s=5, identity=(("X-User", "subject"),), strip=("x-user", "authorization"))
    binary = BodyLimit(max_bytes=100_000, content_types=("application/octet-stream",))
    headers = ResponseHeaders(set=(("X-Content-Type-Options", "nosniff"),), remove=("Server",), hsts=Hsts(3600))
    anyone = Authorize((Grant(),))

    def route(method: str, path: str, **rest: Any) -> Route:
        parts = tuple(Fixed(part) for part in path.split("/")[1:])
        return Route(method, path, parts, rest.pop("forward", upstream), headers=headers, **rest)

    return Policy(
        name="shop",
        hosts=("api.example.com", "localhost", "127.0.0.1"),
        routes=(
            route("GET", "/open"),
            route("HEAD", "/open"),
            route("POST", "/open", body=binary),
            route("POST", "/big", body=BodyLimit(20_000_000, ("application/octet-stream",))),
            route("GET", "/plain", plain_http="allow"),
            route("GET", "/me", authenticate=Authenticate((("staff",),)), authorize=anyone, plain_http="redirect"),
            route("GET", "/mesh", authenticate=Authenticate((("mesh",),)), authorize=anyone),
            route("GET", "/ws", websocket=True, cors=Cors("web", (Origin("https", "app.example.com"),), ("GET",))),
        ),
        verifiers=(
            JwtVerifier(
                "staff", ISSUER, ("shop",), ("ES256",), KeySet(key_maker.document("a").decode()), frozenset(),
            ),
            CertVerifier("mesh", authority.identity.pem, (SanLiteral("spiffe://example.com/"), SanSegment()), frozenset()),
        ),
        edge=Edge(headers=headers),
    )  # fmt: skip


@pytest.fixture
def token(key_maker: KeyMaker) -> str:
    """A token of the policy's issuer for `ann`."""
    claims = {"iss": ISSUER, "aud": "shop", "sub": "ann", "exp": int(time.time()) + 600}
    return jwt.encode({"alg": "ES256", "kid": "a"}, claims, key_maker.private("a"))


@dataclass
class Events:
    """An audit sink that keeps what it is told."""

    lines: list[dict[str, object]] = field(default_factory=list)

    def write(self, line: str) -> bool:
        self.lines.append(json.loads(line))
        return True


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def deployment(policy: Policy, events: Events) -> Deployment:
    return Deployment(policy, settings=Settings(), audit=events)


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
) -> Iterator[Callable[[int], Running]]:
    """Starts proxies in front of an upstream port, over https and http."""
    monkeypatch.setattr(http1, "LINGER_S", 0.05)
    started: list[Running] = []

    def start(port: int) -> Running:
        tls = server_context(
            certificate=server_identity.cert_file, key=server_identity.key_file, min_version="1.2", ciphers="intermediate",
            client_ca_pem=authority.identity.pem,
        )  # fmt: skip
        upstream = f"http://127.0.0.1:{port}"
        started.append(Running(lambda: Proxy(deployment, {"main": Upstream(upstream, timeout_s=1.0)}), tls))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def running(start_proxy: Callable[[int], Running], echo: Echo) -> Running:
    """The proxy in front of the echo upstream."""
    return start_proxy(echo.port)


@pytest.fixture
def in_front_of(start_proxy: Callable[[int], Running], trust: ssl.SSLContext) -> Iterator[Callable[[int], Client]]:
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
        self.send(f"{method} {path} HTTP/1.1\r\nHost: api.example.com\r\n{''.join(f + chr(13) + chr(10) for f in fields)}\r\n".encode())
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
def connect(running: Running, trust: ssl.SSLContext) -> Iterator[Callable[..., Client]]:
    """Opens further connections: `connect()` over https, `connect(http=True)` without TLS."""
    opened: list[Client] = []

    def start(http: bool = False, context: ssl.SSLContext | None = None) -> Client:
        opened.append(Client(running.http, None) if http else Client(running.https, context or trust))
        return opened[-1]

    yield start
    for one in opened:
        one.socket.close()
