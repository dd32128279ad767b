"""Policies built record by record, and requests to put to them. Nothing here reads a spec."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property

import pytest
from joserfc import jwk, jws

from seccfg.analyse.exchange import Authority
from seccfg.expr.check import check
from seccfg.expr.parser import parse
from seccfg.expr.types import AttributeType, TypeEnv, list_of
from seccfg.ir.policy import (
    Attr,
    AttrClaim,
    Audit,
    Authenticate,
    Authorize,
    Bearer,
    BodyLimit,
    ByAddress,
    CertVerifier,
    ClientAddress,
    Condition,
    Control,
    Cors,
    Edge,
    Errors,
    Evidence,
    Forward,
    FromClaims,
    Grant,
    HeaderPlace,
    Jwk,
    Jwks,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    LiteralSegment,
    Origin,
    ParamSegment,
    Policy,
    RateLimit,
    RequestTarget,
    ResponseHeaders,
    RestSegment,
    Revocation,
    Route,
    SanLiteral,
    SanWildcard,
    SecretRef,
    Segment,
    Transport,
    Validate,
)
from seccfg.ir.request import Decision, Request
from seccfg.record import Record, replace
from seccfg.semantics import State, decide

NOW = 1_767_614_400
HOST = "api.example.com"
ISSUER = "https://id.example.com/"
ROLES = (("admin", ("admin", "editor", "viewer")), ("editor", ("editor", "viewer")), ("viewer", ("viewer",)))
WEB = Cors(
    "web", (Origin("https", "app.example.com", None, False), Origin("https", "trusted.example.com", None, True)),
    ("GET", "POST"), ("Authorization", "Content-Type"), ("X-Request-Id",), True, 600,
)  # fmt: skip
_USAGE = {"users": "RS256", "others": "ES256", "edge": "EdDSA"}


class Signer(Record):
    """A private key, its kid and algorithm."""

    kid: str
    alg: str
    key: jwk.Key


class Kit:
    """Makes policies and requests; the key material is made once a session."""

    now = NOW
    host = HOST
    web = WEB

    @cached_property
    def signers(self) -> Mapping[str, Signer]:
        """Signing keys of the token methods, and one nobody trusts of the same kid as `users`."""
        return {
            "users": Signer("users-1", "RS256", jwk.RSAKey.generate_key(2048)),
            "others": Signer("others-1", "ES256", jwk.ECKey.generate_key("P-256")),
            "edge": Signer("edge-1", "EdDSA", jwk.OKPKey.generate_key("Ed25519")),
            "stranger": Signer("users-1", "RS256", jwk.RSAKey.generate_key(2048)),
        }

    @cached_property
    def authority(self) -> Authority:
        return Authority("mesh authority", NOW)

    @cached_property
    def stranger(self) -> Authority:
        return Authority("mesh authority", NOW)

    # ------------------------------------------------------------------------------------------------ verifiers
    def jwt(self, name: str = "users", **changes: object) -> JwtVerifier:
        """A token method; `others` and `edge` have issuers of their own."""
        issuer = ISSUER if name == "users" else f"https://{name}.example.com"
        made = JwtVerifier(
            name, issuer, ("orders",), (_USAGE[name],), Jwks("", f"keys/{name}.json", (self.public(name),), 600, 3600),
            (Bearer(),), 0, None, ("admin", "editor", "viewer"), ("sub",), ("roles",), ("scope",),
            (AttrClaim("department", ("dept",)), AttrClaim("level", ("realm", "level")), AttrClaim("tags", ("tags",))),
            (("web", "orders-web"), ("nightly", "orders-nightly")),
        )  # fmt: skip
        return replace(made, **changes)

    def public(self, name: str, **changes: object) -> Jwk:
        """The public half of a signing key."""
        signer = self.signers[name]
        data = {**signer.key.as_dict(private=False), "kid": signer.kid, **changes}
        data = {key: value for key, value in data.items() if value}
        text = json.dumps(data, sort_keys=True, separators=(",", ":"))
        return Jwk(signer.kid, str(data["kty"]), str(data.get("alg", "")), str(data.get("use", "")), text)

    def key_method(self, name: str = "partner", **changes: object) -> KeyVerifier:
        """API keys in `X-API-Key`: `k1` good, `k2` without roles, `k3` expired now, `k4` from an office only."""
        records = (
            self.record("k1"), self.record("k2", roles=()), self.record("k3", expires_s=NOW),
            self.record("k5", not_before_s=NOW), self.record("k6", not_before_s=NOW + 1),
        )  # fmt: skip
        made = KeyVerifier(name, (HeaderPlace("x-api-key"),), SecretRef("keys/partner.json"), records, ("viewer",))
        return replace(made, **changes)

    def record(self, ident: str, **changes: object) -> KeyRecord:
        """A key record whose key is `<ident>.secret`."""
        digest = hashlib.sha256(f"{ident}.secret".encode()).hexdigest()
        made = KeyRecord(ident, digest, f"partner {ident}", ("viewer", "admin"), ("read",), (), None, None, ())
        return replace(made, **changes)

    def mesh(self, **changes: object) -> CertVerifier:
        """Client certificates `spiffe://example.com/ns/{tenant}/sa/*`."""
        san = (
            SanLiteral("spiffe://example.com/ns/"), SanWildcard("tenant"), SanLiteral("/sa/"), SanWildcard(),
        )  # fmt: skip
        made = CertVerifier(
            "mesh", SecretRef("keys/mesh.pem"), self.authority.pem, san, "spiffe://example.com/ns/{tenant}/sa/*", "",
            ("viewer",), ("viewer", "admin"),
        )  # fmt: skip
        return replace(made, **changes)

    # --------------------------------------------------------------------------------------------------- routes
    def route(
        self,
        method: str = "GET",
        template: str = "/orders",
        *,
        auth: Sequence[tuple[str, ...]] = (("users",),),
        allow: Sequence[Grant] = (Grant(text="authenticated"),),
        require: Sequence[str] = (),
        forbid: Sequence[str] = (),
        cors: Cors | None = None,
        limits: Sequence[RateLimit] = (),
        csrf: str = "",
        **service: object,
    ) -> Route:
        """A route; *service* gives whole controls by the name `controls` knows them by."""
        parts = self.controls(**service)
        controls: list[Control] = [parts["target"], parts["transport"], parts["address"]]  # type: ignore[list-item]
        if cors is not None:
            controls.append(cors)
        controls.append(parts["body"])  # type: ignore[arg-type]
        controls += (limit for limit in limits if isinstance(limit.key, ByAddress))
        controls.append(Authenticate(tuple(auth), csrf))
        if "revocation" in service:
            controls.append(parts["revocation"])  # type: ignore[arg-type]
        controls += (limit for limit in limits if not isinstance(limit.key, ByAddress))
        if auth:
            controls.append(Authorize(tuple(allow), tuple(require), tuple(forbid)))
        controls += [parts[name] for name in ("validate", "forward", "headers", "errors", "audit")]  # type: ignore[misc]
        return Route(method, template, segments(template), tuple(controls))

    def controls(self, **changes: object) -> Mapping[str, object]:
        """Controls every route has, by name."""
        plain: dict[str, object] = {
            "target": RequestTarget(False),
            "transport": Transport("redirect", "1.2", "intermediate", ()),
            "address": ClientAddress((), ()),
            "body": BodyLimit(1024, ("application/json",)),
            "revocation": Revocation((), (), False, 5),
            "validate": Validate((), False, "", False, 8, ()),
            "forward": Forward("main", "http://127.0.0.1:9000", True, 30, (), (), (), (), "strip"),
            "headers": ResponseHeaders((), (), None),
            "errors": Errors("problem+json", "hidden", "X-Request-Id", ()),
            "audit": Audit(("auth.failed",), (), "clear", None, 0, 0, 0, False, ()),
        }
        unknown = changes.keys() - plain.keys()
        if unknown:
            raise TypeError(f"no control called {unknown}")
        return {**plain, **changes}

    def policy(
        self, *routes: Route, conditions: Mapping[str, str] | None = None, attrs: Sequence[Attr] = (), **changes: object
    ) -> Policy:
        """A policy of *routes*; its edge has the service-wide controls of the first."""
        first = routes[0]
        edge = Edge(
            replace(first.one(RequestTarget), websocket=False), first.one(Transport), first.one(ClientAddress),
            first.one(ResponseHeaders), first.one(Errors), first.one(Audit),
        )  # fmt: skip
        if edge.transport.plain_http == "allow":
            edge = replace(edge, transport=replace(edge.transport, plain_http="refuse"))
        declared = (*(Attr("principal", name, kind, of, True, FromClaims(), "verified") for name, kind, of in _CLAIMS), *attrs)
        made = Policy(
            "orders", "", (HOST, "mesh.example.com"), ROLES,
            (self.jwt("edge"), self.mesh(), self.jwt("others"), self.key_method(), self.jwt("users")),
            declared, tuple(condition(name, text, declared) for name, text in sorted((conditions or {}).items())),
            None, edge, tuple(routes), Evidence("", "", "", (), (), (), ()),
        )  # fmt: skip
        return replace(made, **changes)

    # ------------------------------------------------------------------------------------------------- requests
    def request(
        self, method: str = "GET", target: str = "/orders", *headers: tuple[str, str], host: str | None = HOST, **changes: object
    ) -> Request:
        """A request over TLS to the service's own host."""
        named = (("Host", host), *headers) if host is not None else headers
        return replace(Request(method, target, tuple(named), now_s=NOW), **changes)

    def claims(self, name: str = "users", **changes: object) -> dict[str, object]:
        """Claims of a good token; None takes one away."""
        plain: dict[str, object] = {
            "iss": ISSUER if name == "users" else f"https://{name}.example.com", "aud": "orders", "sub": "alice",
            "iat": NOW, "exp": NOW + 300,
        }  # fmt: skip
        return {key: value for key, value in {**plain, **changes}.items() if value is not None}

    def token(
        self,
        name: str = "users",
        *,
        header: Mapping[str, object] | None = None,
        payload: bytes | None = None,
        signer: Signer | None = None,
        **claims: object,
    ) -> str:
        """A token of method *name*; *header* members replace the good ones, None takes one away."""
        chosen = signer or self.signers[name]
        head = {"alg": chosen.alg, "kid": chosen.kid, "typ": "JWT", **(header or {})}
        head = {key: value for key, value in head.items() if value is not None}
        body = json.dumps(self.claims(name, **claims)).encode() if payload is None else payload
        message = f"{b64(json.dumps(head).encode())}.{b64(body)}"
        signature = jws.JWSRegistry.algorithms[chosen.alg].sign(message.encode(), chosen.key)
        return f"{message}.{b64(signature)}"

    def bearer(self, name: str = "users", **claims: object) -> tuple[str, str]:
        """An Authorization header with a good token."""
        return "Authorization", f"Bearer {self.token(name, **claims)}"

    def status(self, policy: Policy, request: Request, state: State | None = None) -> tuple[int, str]:
        """Status and reason of the decision."""
        decision = decide(policy, request, state)
        return decision.status, decision.reason

    @staticmethod
    def b64(data: bytes) -> str:
        """base64url without padding."""
        return b64(data)

    def headers(self, decision: Decision) -> dict[str, str]:
        return dict(decision.headers)


_CLAIMS = (("department", "string", False), ("level", "integer", False), ("tags", "string", True), ("tenant", "string", False))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def segments(template: str) -> tuple[Segment, ...]:
    found: list[Segment] = []
    for part in template.split("/")[1:]:
        if part.startswith("{"):
            name = part[1:-1]
            found.append(RestSegment(name[:-1]) if name.endswith("+") else ParamSegment(name))
        elif part:
            found.append(LiteralSegment(part))
    return tuple(found)


def condition(name: str, text: str, attrs: Sequence[Attr]) -> Condition:
    types = {(a.side, a.name): AttributeType(list_of(a.type) if a.list_of else a.type, a.optional) for a in attrs}
    return Condition(name, name, check(parse(text), TypeEnv(types)).expr, text)


@pytest.fixture(scope="session")
def kit() -> Kit:
    return Kit()
