"""What `make demo` shows: two examples linted, built, verified and explained, and the built middleware answering over TLS."""

from __future__ import annotations

import datetime
import http.client
import http.server
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parent.parent
SECCFG = [sys.executable, "-m", "seccfg"]


def heading(text: str) -> None:
    print(f"\n== {text}", flush=True)


def run(*words: str) -> None:
    """Run a command as a user would type it; its failure is the demo's."""
    print(f"$ seccfg {' '.join(words)}", flush=True)
    code = subprocess.run([*SECCFG, *words], cwd=ROOT, check=False).returncode
    if code:
        raise SystemExit(f"the command above ended with exit code {code}")


class Upstream(http.server.BaseHTTPRequestHandler):
    """A service that has never heard of security."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"hello": "from the service behind"}\n'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A certificate for *host*, made on the spot and good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


def ask(port: int, host: str, trusted: Path, path: str) -> None:
    """One GET over TLS, certificate verified, as a client of *host* would make it."""
    context = ssl.create_default_context(cafile=str(trusted))
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10)
    raw = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sock = context.wrap_socket(raw, server_hostname=host)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read().decode().strip()
    print(f"  GET https://{host}{path} -> {answer.status} {body}", flush=True)
    connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def middleware(folder: Path) -> None:
    """The package built from examples/minimal as a proxy in front of `Upstream`."""
    host = "notes.example.com"
    cert, key = certificate(folder, host)
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port = free_port()
    words = [
        sys.executable, "-m", "notes_security", "--upstream", f"http://127.0.0.1:{upstream.server_address[1]}",
        "--listen", f"127.0.0.1:{port}", "--tls-cert", str(cert), "--tls-key", str(key),
    ]  # fmt: skip
    print(
        "$ python -m notes_security --upstream http://127.0.0.1:… --listen 127.0.0.1:… --tls-cert cert.pem --tls-key key.pem",
        flush=True,
    )
    environment = {**os.environ, "PYTHONPATH": str(folder / "build" / "python")}
    with subprocess.Popen(words, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as proxy:
        try:
            wait_for(port, proxy)
            ask(port, host, cert, "/health")
            ask(port, host, cert, "/notes")
            ask(port, host, cert, "/admin")
        finally:
            proxy.terminate()
            upstream.shutdown()


def wait_for(port: int, proxy: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if proxy.poll() is not None:
            raise SystemExit(f"the middleware ended with exit code {proxy.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the middleware did not start within 10 s")


def main() -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in ("guide", "orders"):
            spec = f"examples/{case}/seccfg.yaml"
            heading(f"{case}: lint")
            run("lint", spec)
            heading(f"{case}: build")
            run("build", spec, "-t", "python", "-o", str(folder / case))
            heading(f"{case}: its own tests and invariants")
            run("test", spec)
            heading(f"{case}: verify, the built files executed beside the reference")
            run("verify", spec, "-t", "python")
        heading("one request explained")
        run(
            "explain",
            "examples/orders/seccfg.yaml",
            "DELETE",
            "/v1/departments/sales/orders/5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d",
            "--as",
            "viewer",
        )
        heading("the middleware of examples/minimal in front of a service")
        run("build", "examples/minimal/seccfg.yaml", "-t", "python", "-o", str(folder / "build"))
        middleware(folder)
    heading(f"done in {time.monotonic() - started:.0f} s; nothing was left behind")


if __name__ == "__main__":
    main()
