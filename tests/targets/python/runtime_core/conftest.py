"""One issuer, one certificate authority, and a small policy each test bends to its case."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc import jws
from joserfc.jwk import ECKey

from seccfg_runtime.runtime.drive import settle_sync
from seccfg_runtime.runtime.exchange import Exchange
from seccfg_runtime.runtime.guard import Guard
from seccfg_runtime.runtime.interface import Answer, GuardSettings, RequestHead, ResourceRequest
from seccfg_runtime.runtime.jwks import KeySource
from seccfg_runtime.runtime.model import (
    Authenticate,
    Authorize,
    Bearer,
    Edge,
    Fixed,
    Forward,
    Grant,
    HeaderPlace,
    JwtVerifier,
    KeyRecord,
    KeySet,
    KeyVerifier,
    PathPart,
    Policy,
    Rest,
    Route,
    Segment,
    Verifier,
)

NOW = 1_767_614_400
ISSUER = "https://id.example.com/"
_KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
_OTHER = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
DOCUMENT = json.dumps({"keys": [_KEY.as_dict(private=False)]})
SECRET = "acme.2dbb6e6f3bd8"


def parts(template: str) -> tuple[PathPart, ...]:
    """`/v1/{id}` as path parts."""
    found: list[PathPart] = []
    for piece in template.split("/")[1:] if template != "/" else []:
        if piece.endswith("+}"):
            found.append(Rest(piece[1:-2]))
        elif piece.startswith("{"):
            found.append(Segment(piece[1:-1]))
        else:
            found.append(Fixed(piece))
    return tuple(found)


def route(method: str = "GET", template: str = "/notes", **changes: Any) -> Route:
    """A route for everybody who authenticates with `users`."""
    made = Route(
        method,
        template,
        parts(template),
        Forward("main", "http://127.0.0.1:1", strip=("authorization", "x-api-key")),
        Authenticate((("users",),)),
        Authorize((Grant(),)),
    )
    return dataclasses.replace(made, **changes)


def public(method: str = "GET", template: str = "/notes", **changes: Any) -> Route:
    """A public route."""
    return route(method, template, **{"authenticate": Authenticate(), "authorize": None, **changes})


def users(**changes: Any) -> JwtVerifier:
    """The token method."""
    made = JwtVerifier(
        "users", ISSUER, ("notes",), ("ES256",), KeySet(DOCUMENT), frozenset({"admin", "editor"}), roles_claim=("roles",)
    )
    return dataclasses.replace(made, **changes)


def partners(**changes: Any) -> KeyVerifier:
    """The key method; `SECRET` is the one good key."""
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    record = KeyRecord("acme", digest, "acme-logistics", ("partner",), ("notes.read",), (("tenant", "acme"),))
    made = KeyVerifier("partners", (HeaderPlace("x-api-key"),), frozenset({"partner"}), (record,))
    return dataclasses.replace(made, **changes)


ROLES = (
    ("admin", ("admin", "editor", "viewer")),
    ("editor", ("editor", "viewer")),
    ("partner", ("partner",)),
    ("viewer", ("viewer",)),
)


def policy(*routes: Route, **changes: Any) -> Policy:
    """A policy of *routes* with both methods."""
    made = Policy("notes", ("notes.example.com",), routes or (route(),), (users(), partners()), ROLES, edge=Edge())
    return dataclasses.replace(made, **changes)


def token(*, key: str = "own", header: Mapping[str, Any] | None = None, drop: Sequence[str] = (), **claims: Any) -> str:
    """A token of the issuer, good unless *claims*, *header* or *drop* say otherwise."""
    head = {"alg": "ES256", "kid": "k1", **(header or {})}
    body = {"iss": ISSUER, "aud": "notes", "sub": "ann", "iat": NOW, "exp": NOW + 300, "roles": ["editor"], **claims}
    text = json.dumps({name: value for name, value in body.items() if name not in drop})
    return sign(head, text.encode(), key=key)


def sign(header: Mapping[str, Any], payload: bytes, *, key: str = "own") -> str:
    """A compact signature over any payload."""
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    return jws.serialize_compact(dict(header), payload, _KEY if key == "own" else _OTHER, registry=registry)


class Log:
    """Audit lines, kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.full = False

    def write(self, line: str) -> bool:
        if self.full:
            return False
        self.lines.append(line)
        return True

    def events(self) -> list[str]:
        """`event/reason` of each line."""
        return [f"{entry['event']}/{entry['reason']}" for entry in map(json.loads, self.lines)]


@dataclass
class Server:
    """What the guard may ask for, and what it asked."""

    body: bytes = b""
    attributes: Mapping[str, object] = field(default_factory=dict)
    asked: list[ResourceRequest] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)

    def read_body(self, limit: int) -> bytes | None:
        self.reads.append(limit)
        return None if len(self.body) > limit else self.body

    def resource(self, request: ResourceRequest) -> Mapping[str, object]:
        self.asked.append(request)
        return self.attributes


def sources(verifier: Verifier) -> list[tuple[str, KeySource]]:
    """The key source of a token method, by name."""
    if not isinstance(verifier, JwtVerifier):
        return []
    document = verifier.keys.document.encode()
    return [(verifier.name, KeySource(verifier.name, algorithms=verifier.algorithms, embedded=document))]


class World:
    """A guard with its clock, log and server at hand."""

    def __init__(self, made: Policy, settings: GuardSettings | None = None, **stores: Any) -> None:
        self.log = Log()
        self.now: float = NOW
        self.server = Server()
        keys = stores.pop("keys", None)
        if keys is None:
            keys = {name: source for verifier in made.verifiers for name, source in sources(verifier)}
        clock = stores.pop("clock", lambda: self.now)
        self.guard = Guard(made, keys, settings, clock=clock, audit=self.log, **stores)

    def ask(
        self,
        target: str = "/notes",
        *headers: tuple[str, str],
        method: str = "GET",
        body: bytes | None = None,
        host: str | None = "notes.example.com",
        bearer: str | None = None,
        key: str | None = None,
        **head: Any,
    ) -> Answer | Exchange:
        """What comes of one request; a *body* is sent with its length and as JSON unless *headers* say otherwise."""
        sent = [] if host is None else [("host", host)]
        if bearer is not None:
            sent.append(("authorization", f"Bearer {bearer}"))
        if key is not None:
            sent.append(("x-api-key", key))
        names = {name.lower() for name, _ in headers}
        if body is not None:
            self.server.body = body
            if not names & {"content-length", "transfer-encoding"}:
                sent.append(("content-length", str(len(body))))
            if "content-type" not in names:
                sent.append(("content-type", "application/json"))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in [*sent, *headers]]
        made = RequestHead(method, target.encode("latin-1"), raw, head.pop("peer", "198.51.100.7"), **head)
        outcome = settle_sync(self.guard.begin(made), self.server)
        if not isinstance(outcome, Answer):
            assert isinstance(outcome, Exchange)
        return outcome

    def refused(self, *args: Any, **kwargs: Any) -> str:
        """`status reason` of an answer; `pass` when there is none."""
        outcome = self.ask(*args, **kwargs)
        return f"{outcome.status} {outcome.reason}" if isinstance(outcome, Answer) else "pass"

    def passed(self, *args: Any, **kwargs: Any) -> Exchange:
        """The forwarding of a request that must pass."""
        outcome = self.ask(*args, **kwargs)
        assert isinstance(outcome, Exchange), outcome
        return outcome

    def answer(self, *args: Any, **kwargs: Any) -> Answer:
        """The answer to a request that must not pass."""
        outcome = self.ask(*args, **kwargs)
        assert isinstance(outcome, Answer)
        return outcome


def header(headers: Sequence[tuple[bytes, bytes]], name: str) -> list[str]:
    """Values of header *name*."""
    return [value.decode("latin-1") for key, value in headers if key.decode("latin-1").lower() == name]


@dataclass(frozen=True)
class Authority:
    """A certificate authority for clients."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, *uris: str, start: int = NOW - 60, end: int = NOW + 3600) -> bytes:
        """A client certificate with these URI names, DER."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
        builder = _builder("client", self.certificate.subject, key.public_key(), start, end)
        builder = builder.add_extension(names, critical=True).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        signed = builder.add_extension(identifier, critical=False).sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)


def _builder(name: str, issuer: x509.Name | None, key: Any, start: int, end: int) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject if issuer is None else x509.Name([]))
        .issuer_name(subject if issuer is None else issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime.fromtimestamp(start, datetime.UTC))
        .not_valid_after(datetime.datetime.fromtimestamp(end, datetime.UTC))
    )


def _authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    builder = _builder("authority", None, key.public_key(), NOW - 3600, NOW + 86_400)
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True).add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Authority(key, builder.sign(key, hashes.SHA256()))


@pytest.fixture(scope="session")
def authority() -> Authority:
    return _authority()


@pytest.fixture(scope="session")
def stranger() -> Authority:
    """Another authority."""
    return _authority()


@dataclass(frozen=True)
class Kit:
    """What tests build with."""

    route: Callable[..., Route] = route
    public: Callable[..., Route] = public
    users: Callable[..., JwtVerifier] = users
    partners: Callable[..., KeyVerifier] = partners
    policy: Callable[..., Policy] = policy
    token: Callable[..., str] = token
    sign: Callable[..., str] = sign
    header: Callable[..., list[str]] = header
    world: type[World] = World
    now: int = NOW
    secret: str = SECRET
    document: str = DOCUMENT
    issuer: str = ISSUER
    bearer: type[Bearer] = Bearer


@pytest.fixture(scope="session")
def kit() -> Kit:
    return Kit()
