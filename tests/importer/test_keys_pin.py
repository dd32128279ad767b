"""`keys pin`: what is fetched, what is refused, and what is written. The issuer is a server on the loopback."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, OctKey, RSAKey

from seccfg.cli.commands import call
from seccfg.findings import InputError
from seccfg.importer.fetch import fetch
from seccfg.importer.jwks import MAX_BYTES, MAX_KEYS, issuer_keys_url, pin

RSA = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"})
EC = ECKey.generate_key("P-256", {"use": "sig"})


def public(key: RSAKey | ECKey, kid: str, **more: object) -> dict[str, object]:
    return {**key.as_dict(private=False), "kid": kid, **more}


def key_set(*keys: object) -> bytes:
    return json.dumps({"keys": list(keys)}).encode()


def one(data: bytes, *algorithms: str, before: bytes | None = None):
    return pin(data, "the issuer", algorithms or ("RS256",), before)


# ------------------------------------------------------------- what is a key set


def test_only_keys_of_use_are_pinned():
    """Each of the others is named with the reason."""
    small = "w" * 170  # of 1020 bits
    found = one(
        key_set(
            public(RSA, "good"),
            public(RSA, "enc", use="enc"),
            public(RSA, "ops", key_ops=["encrypt"]),
            public(RSA, "ps", alg="PS256"),
            public(EC, "ec"),
            {"kty": "RSA", "kid": "small", "n": small, "e": "AQAB"},
            {"kty": "RSA", "kid": "broken", "n": "", "e": "AQAB"},
            {"kty": "RSA", "kid": "odd", "n": 5, "e": "AQAB"},
            {"kty": "XX", "kid": "unknown"},
            {name: value for name, value in public(RSA, "").items() if name != "kid"},
        )
    )
    assert found.added == ("good",)
    reasons = {out.kid: out.why for out in found.left_out}
    assert set(reasons) == {"enc", "ops", "ps", "ec", "small", "broken", "odd", "unknown", "(no kid)"}
    assert reasons["small"] == "it has fewer than 2048 bits"


def test_only_public_members_are_written_in_one_order():
    """Certificates and names of others are left out; the same keys give the same bytes."""
    keys = [public(RSA, "b", x5c=["MII"], foo="bar"), public(EC, "a")]
    found = one(key_set(*keys), "RS256", "ES256")
    assert found.content == one(key_set(*reversed(keys)), "RS256", "ES256").content
    written = json.loads(found.content)["keys"]
    assert [key["kid"] for key in written] == ["a", "b"]
    assert not {"x5c", "foo"} & written[1].keys()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html>", "no JSON"),
        (b"\xff", "UTF-8"),
        (b"[]", "no list `keys`"),
        (b'{"keys": {}}', "no list `keys`"),
        (b'{"keys": []}', "it is empty"),
        (b'{"keys": [1]}', "no object"),
        (b'{"keys": [], "keys": []}', "same member twice"),
        (b"[" * 100_000, "nests too deep"),
        (key_set(public(RSA, "a"), public(EC, "a")), "two keys have the kid `a`"),
        (key_set(public(RSA, "a"), {**RSA.as_dict(private=True), "kid": "p"}), "private or secret"),
        (key_set(public(RSA, "a"), {**OctKey.generate_key(256).as_dict(private=True), "kid": "s"}), "private or secret"),
        (key_set(public(RSA, "a"), {"kty": "XX", "d": 0}), "private or secret"),
        (key_set(public(EC, "a")), "no key of use for RS256"),
        (key_set(*(public(RSA, str(n)) for n in range(MAX_KEYS + 1))), f"more than {MAX_KEYS}"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_key_set_of_use_is_refused(data, said):
    """One line, and never a key's content."""
    with pytest.raises(InputError, match=r"\A`?the issuer`?") as error:
        one(data)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_changes_are_told_apart():
    """Added, removed, replaced under the same id, kept."""
    before = one(key_set(public(EC, "kept"), public(EC, "replaced"), public(EC, "gone")), "ES256").content
    other = ECKey.generate_key("P-256")
    found = one(key_set(public(EC, "kept"), public(other, "replaced"), public(EC, "new")), "ES256", before=before)
    assert (found.added, found.removed, found.changed, found.kept) == (("new",), ("gone",), ("replaced",), ("kept",))


def test_a_file_that_held_no_key_set_is_replaced():
    """Every key is new then."""
    assert one(key_set(public(RSA, "a")), before=b"nonsense").added == ("a",)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"issuer": "https://id.example.com/", "jwks_uri": "https://id.example.com/k"}, "speaks of the issuer"),
        ({"jwks_uri": "https://id.example.com/k"}, "the issuer none"),
        ({"issuer": "https://id.example.com", "jwks_uri": "http://id.example.com/k"}, "`jwks_uri`"),
        ({"issuer": "https://id.example.com"}, "`jwks_uri`"),
        ([], "no discovery document"),
    ],
)
def test_discovery_must_speak_of_the_issuer(document, said):
    """Exactly as the spec writes it, and of keys behind `https`."""
    with pytest.raises(InputError) as error:
        issuer_keys_url(json.dumps(document).encode(), "here", "https://id.example.com")
    assert said in str(error.value)


# ------------------------------------------------------------- over the network


@dataclass
class Issuer:
    """What the server answers, by path: status, headers, body."""

    port: int
    ca: Path
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `localhost` that signs itself, with its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def issuer(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = state.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state = Issuer(server.server_address[1], certificate)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


def test_what_is_served_is_fetched(issuer):
    """Over TLS whose certificate is trusted."""
    issuer.answers["/keys"] = (200, {}, b"hello")
    assert fetch(f"{issuer.url}/keys", 10, str(issuer.ca)) == b"hello"


def test_a_private_authority_may_come_from_the_environment(issuer, monkeypatch):
    """SSL_CERT_FILE, as every other tool reads it."""
    issuer.answers["/keys"] = (200, {}, b"hello")
    monkeypatch.setenv("SSL_CERT_FILE", str(issuer.ca))
    assert fetch(f"{issuer.url}/keys", 10) == b"hello"


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/moved", (302, {"Location": "https://localhost/elsewhere"}, b""), "redirects to https://localhost/elsewhere"),
        ("/moved", (308, {"Location": "/here"}, b""), "redirects to /here"),
        ("/none", (404, {}, b""), "status 404"),
        ("/part", (206, {}, b"x"), "status 206"),
        ("/empty", (204, {}, b""), "status 204"),
        ("/large", (200, {}, b"x" * 11), "larger than"),
        ("/large", (200, {"Content-Length": "9999999999"}, b"x" * 11), "larger than"),
        ("/short", (200, {"Content-Length": "9"}, b"x"), ""),
    ],
)
def test_other_answers_are_refused(issuer, path, answer, said):
    """Redirects are never followed, wherever they lead."""
    issuer.answers[path] = answer
    issuer.answers["/here"] = (200, {}, b"{}")
    with pytest.raises(InputError) as error:
        fetch(issuer.url + path, 10, str(issuer.ca))
    assert str(error.value).startswith(f"{issuer.url}{path}: ")
    assert said in str(error.value)


def test_strangers_are_not_believed(issuer):
    """A certificate nobody vouches for."""
    with pytest.raises(InputError, match="certificate is not trusted"):
        fetch(f"{issuer.url}/keys", 10)


@pytest.mark.parametrize("url", ["http://localhost/keys", "file:///etc/passwd", "ftp://x/", "https://a@b/", "https://"])
def test_only_https_is_asked(url):
    """Nothing else leaves the machine or is opened."""
    with pytest.raises(InputError, match="https"):
        fetch(url, 10)


def test_a_closed_port_is_said_in_one_line(issuer):
    """As is a certificate file that is none."""
    with pytest.raises(InputError):
        fetch("https://127.0.0.1:1/keys", 10, str(issuer.ca))
    with pytest.raises(InputError, match="no certificates"):
        fetch("https://127.0.0.1:1/keys", 10, __file__)


# ------------------------------------------------------------- the command

SPEC = """seccfg: 1
service: {{name: notes, hosts: [notes.example.com]}}
upstreams: {{main: {{url: "http://127.0.0.1:8000"}}}}
auth:
  users: {{type: {type}, issuer: "{issuer}", audiences: [notes], algorithms: [RS256], jwks: {{{jwks}}}}}
rate_limits: {{per-ip: {{limit: 100, window: 15m, by: ip}}}}
routes:
  /notes: {{get: {{auth: [users], allow: authenticated, rate_limits: [per-ip]}}}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(project: Path, issuer: Issuer) -> Callable[..., None]:
    def spec(type_: str = "oidc", jwks: str = "file: keys/users.json") -> None:
        (project / "seccfg.yaml").write_text(SPEC.format(type=type_, issuer=issuer.url, jwks=jwks))

    return spec


def test_discovery_finds_the_keys_and_the_build_needs_no_network(project, issuer, write, capsys):
    """The spec lints once the file is there; a second run changes nothing."""
    write()
    issuer.answers["/.well-known/openid-configuration"] = (
        200, {}, json.dumps({"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}).encode(),
    )  # fmt: skip
    issuer.answers["/keys"] = (200, {}, key_set(public(RSA, "one")))
    command = ["keys", "pin", "seccfg.yaml", "users", "--ca", str(issuer.ca)]
    assert call([*command, "--check"]) == 4
    assert not (project / "keys").exists()
    assert call(command) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"keys/users.json: 1 key from {issuer.url}/keys, written",
        "  + one",
    ]
    assert call(["lint", "seccfg.yaml"]) == 0
    first = (project / "keys" / "users.json").read_bytes()
    assert call([*command, "--check"]) == 0
    assert (project / "keys" / "users.json").read_bytes() == first
    assert list((project / "keys").iterdir()) == [project / "keys" / "users.json"]


def test_the_url_of_the_spec_is_asked(project, issuer, write):
    """And one on the command line before it."""
    write("jwt", f'url: "{issuer.url}/a", file: keys/users.json')
    issuer.answers["/a"] = (200, {}, key_set(public(RSA, "a")))
    issuer.answers["/b"] = (200, {}, key_set(public(RSA, "b")))
    assert call(["keys", "pin", "seccfg.yaml", "users", "--ca", str(issuer.ca)]) == 0
    assert "\"kid\": \"a\"" in (project / "keys" / "users.json").read_text()
    assert call(["keys", "pin", "seccfg.yaml", "users", "--ca", str(issuer.ca), "--from", f"{issuer.url}/b"]) == 0
    assert "\"kid\": \"b\"" in (project / "keys" / "users.json").read_text()


def test_a_refused_key_set_leaves_the_file_as_it_is(project, issuer, write):
    """Nothing half-written, nothing worse than before."""
    write("jwt", "file: keys/users.json")
    (project / "keys").mkdir()
    (project / "keys" / "users.json").write_bytes(b"before")
    (project / "published.json").write_bytes(key_set({**RSA.as_dict(private=True), "kid": "p"}))
    with pytest.raises(InputError, match="private"):
        call(["keys", "pin", "seccfg.yaml", "users", "--from", "published.json"])
    assert (project / "keys" / "users.json").read_bytes() == b"before"


@pytest.mark.parametrize("outside", ["../keys.json", "link/keys.json"])
def test_nothing_is_written_outside_the_project(project, issuer, write, outside, tmp_path_factory):
    """Neither by a path nor through a symbolic link."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project / "link").symlink_to(elsewhere)
    write("jwt", f"file: {outside}")
    (project / "published.json").write_bytes(key_set(public(RSA, "a")))
    with pytest.raises(InputError, match="outside the project"):
        call(["keys", "pin", "seccfg.yaml", "users", "--from", "published.json"])
    assert list(elsewhere.iterdir()) == []
