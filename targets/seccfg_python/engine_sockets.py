"""The emitted proxy on real sockets: TLS and plain listeners on the loopback, and an upstream that records."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import shutil
import socket
import ssl
import tempfile
import threading
from http.client import HTTPException, HTTPResponse
from typing import Any, Final

from seccfg.ir.request import Request, Surroundings
from seccfg.targetapi.emitted import EmittedPackage
from seccfg.targetapi.observe import EngineFailed, Received, Response
from seccfg_python.engine import PackageEngine, framed

__all__ = ["SocketsEngine"]

_TIMEOUT_S: Final = 10.0
_OLD_CONNECTIONS: Final = 64


class SocketsEngine(PackageEngine):
    """
    Runs the proxy in a thread of its own and talks to it as clients do, one request at a time.

    A client has the address and certificate its request names: the proxy's seams say so by the client's port. What the
    proxy does with a real handshake is its own tests' business.
    """

    name = "python-sockets"

    def __init__(self) -> None:
        super().__init__()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._folder = ""
        self._proxy: Any = None
        self._servers: list[asyncio.Server] = []
        self._ports: dict[str, int] = {}
        self._clients: dict[int, tuple[str, str]] = {}
        self._idle: dict[tuple[str, str, str], socket.socket] = {}
        self._received: list[Received] = []
        self._trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._trust.check_hostname = False
        self._trust.verify_mode = ssl.CERT_NONE  # the engine's own certificate, made on the spot

    def serve(self, package: EmittedPackage, deployment: Any) -> None:
        """Start the upstreams, then the proxy in front of them."""
        self._folder = tempfile.mkdtemp(prefix="seccfg-sockets-")
        certificate, key = _make_certificate(self._folder, deployment.policy.hosts)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="seccfg-sockets", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(package, deployment, certificate, key), self._loop).result()

    async def _listen(self, package: EmittedPackage, deployment: Any, certificate: str, key: str) -> None:
        policy = deployment.policy
        upstreams: dict[str, Any] = {}
        for route in policy.routes:
            plan = route.forward
            if plan.upstream not in upstreams:
                port = await self._upstream(plan.upstream)
                upstreams[plan.upstream] = package.module("runtime.upstream").Upstream(
                    f"http://127.0.0.1:{port}", verify_tls=plan.verify_tls, timeout_s=plan.timeout_s
                )
        context = package.module("runtime.tls").server_context(
            certificate=certificate, key=key, min_version=policy.tls.min_version, ciphers=policy.tls.ciphers
        )
        self._proxy = package.module("runtime.proxy").Proxy(
            deployment, upstreams, peer=self._peer, certificate=self._certificate, resource=self.world.resource
        )
        self._ports["https"] = (await self._proxy.listen("127.0.0.1", 0, context))[1]
        self._ports["http"] = (await self._proxy.listen("127.0.0.1", 0, None))[1]

    def _peer(self, name: tuple[Any, ...]) -> str:
        return self._clients[name[1]][0]

    def _certificate(self, tls: ssl.SSLObject, name: tuple[Any, ...]) -> bytes | None:
        del tls
        return self._clients[name[1]][1].encode("ascii") or None

    # ---------------------------------------------------------------------------------------------------- the client
    def exchange(self, request: Request) -> tuple[Response, Received | None]:
        """Send the request as it stands, and read the answer."""
        self._received.clear()
        who = (request.scheme, request.peer, request.certificate)
        data = _on_the_wire(request)
        for attempt in (self._idle.pop(who, None), None):
            sock = attempt or self._connect(*who)
            try:
                response = self._ask(sock, request, data, who)
            except (OSError, HTTPException) as error:
                sock.close()
                if attempt is None:
                    raise EngineFailed(f"the proxy gave no answer: {type(error).__name__}: {error}") from error
                continue  # an idle connection that was closed meanwhile
            return response, self._received[0] if self._received else None
        raise EngineFailed("the proxy gave no answer")

    def _ask(self, sock: socket.socket, request: Request, data: bytes, who: tuple[str, str, str]) -> Response:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(data)  # a refusal may come, and the connection go, before all of a body was taken
        answer = HTTPResponse(sock, method=request.method)
        answer.begin()
        body = answer.read()
        headers = tuple((name, value) for name, value in answer.getheaders())
        if answer.will_close or answer.status == 101:
            sock.close()
        else:
            if len(self._idle) >= _OLD_CONNECTIONS:
                self._idle.pop(next(iter(self._idle))).close()
            self._idle[who] = sock
        return Response(answer.status, headers, body)

    def _connect(self, scheme: str, peer: str, certificate: str) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(_TIMEOUT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.bind(("127.0.0.1", 0))
            self._clients[sock.getsockname()[1]] = (peer, certificate)
            sock.connect(("127.0.0.1", self._ports[scheme]))
            return self._trust.wrap_socket(sock) if scheme == "https" else sock
        except OSError as error:
            sock.close()
            raise EngineFailed(f"no connection to the proxy: {error}") from error

    # -------------------------------------------------------------------------------------------------- the upstream
    async def _upstream(self, name: str) -> int:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while True:
                    self._received.append(await _read_request(reader, name))
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n")
                    if self._received[-1].method != "HEAD":
                        writer.write(b"ok")
                    await writer.drain()
            writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def reset(self, surroundings: Surroundings) -> None:
        """Empty counters, and the world as *surroundings* say; connections stay."""
        super().reset(surroundings)

    def close(self) -> None:
        """End the proxy, the upstreams and the thread."""
        for sock in self._idle.values():
            sock.close()
        self._idle.clear()
        if self._loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(timeout=30)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = None
        if self._folder:
            shutil.rmtree(self._folder)
            self._folder = ""
        super().close()

    async def _stop(self) -> None:
        if self._proxy is not None:
            await self._proxy.close()
        for server in self._servers:
            server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _read_request(reader: asyncio.StreamReader, upstream: str) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head[:-4].split("\r\n")
    method, target, _ = line.split(" ", 2)
    headers = tuple((name, value.strip(" \t")) for name, _, value in (field.partition(":") for field in fields))
    found = {name.lower(): value for name, value in headers}
    body = b""
    if "content-length" in found:
        body = await reader.readexactly(int(found["content-length"]))
    elif "transfer-encoding" in found:
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
    return Received(method, target, headers, body, upstream)


def _on_the_wire(request: Request) -> bytes:
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in framed(request))]
    head = "\r\n".join((*lines, "", "")).encode("latin-1")
    if not request.chunked:
        return head + request.body
    half = len(request.body) // 2
    pieces = [piece for piece in (request.body[:half], request.body[half:]) if piece]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _make_certificate(folder: str, hosts: tuple[str, ...]) -> tuple[str, str]:
    """Paths of a certificate for *hosts* and its key, both PEM, good for a day."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), False)
        .sign(key, hashes.SHA256())
    )
    paths = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for path, content in zip(paths, (certificate.public_bytes(Encoding.PEM), private), strict=True):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    return paths
