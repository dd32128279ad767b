"""Certificates, key sets, small upstreams and clients over real sockets."""

from __future__ import annotations

import datetime
import http.server
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey

from seccfg_runtime.runtime.deployment import Deployment
from seccfg_runtime.runtime.model import (
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
from seccfg_runtime.runtime.settings import Settings


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
    upstream = Forward(
        "main", "http://127.0.0.1:9", timeout_s=5, identity=(("X-User", "subject"),), strip=("x-user", "authorization"),
    )
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
            route("GET", "/admin", authenticate=Authenticate((("staff",),)), authorize=anyone),
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
