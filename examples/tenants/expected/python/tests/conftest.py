"""The package's policy with keys made on the spot: what the policy itself trusts stays out of the tests."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pytest
from client import Client, Reply
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from workspaces_security.policy import POLICY
from workspaces_security.runtime.deployment import Deployment
from workspaces_security.runtime.model import (
    AddressRule,
    Event,
    JwtVerifier,
    KeyRecord,
    KeySet,
    KeyVerifier,
    Route,
    SecretRef,
    Verifier,
)
from workspaces_security.runtime.settings import Settings

NOW = 1_767_614_400
EVERY_EVENT: tuple[Event, ...] = (
    "access.allowed", "auth.failed", "authz.denied", "rate.limited", "input.rejected", "key.used", "token.revoked",
    "check.failed",
)  # fmt: skip
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
ROUTES = {route.id: route for route in POLICY.routes}
Key = RSAKey | ECKey | OKPKey


def make_key(algorithm: str) -> Key:
    """A private key that *algorithm* can use."""
    if algorithm in CURVES:
        return ECKey.generate_key(CURVES[algorithm])
    return OKPKey.generate_key("Ed25519") if algorithm == "EdDSA" else RSAKey.generate_key(2048)


@dataclass(frozen=True)
class Answered:
    """A reply and the reason its event gave; `pass` when the application behind was reached."""

    reply: Reply
    reason: str


class Log:
    """Takes audit events."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> bool:
        self.lines.append(line)
        return True


class Service:
    """The policy behind its middleware, with a clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = NOW
        self.keys = {v.name: make_key(v.algorithms[0]) for v in POLICY.verifiers if isinstance(v, JwtVerifier)}
        self.log = Log()
        deployment = Deployment(
            replace(
                POLICY,
                verifiers=tuple(map(self._exchanged, POLICY.verifiers)),
                routes=tuple(replace(r, audit=replace(r.audit, events=EVERY_EVENT)) for r in POLICY.routes),
                edge=replace(POLICY.edge, audit=replace(POLICY.edge.audit, events=EVERY_EVENT)),
            ),
            settings=Settings(hash_keys=dict.fromkeys(_hash_keys(), b"made up for the tests")),
            audit=self.log,
            clock=lambda: self.now,
        )
        self._client = Client(deployment)

    def _exchanged(self, verifier: Verifier) -> Verifier:
        if isinstance(verifier, JwtVerifier):
            algorithm = verifier.algorithms[0]
            public = {**self.keys[verifier.name].as_dict(private=False), "kid": "made-up", "alg": algorithm, "use": "sig"}
            return replace(verifier, keys=KeySet(document=json.dumps({"keys": [public]})))
        if isinstance(verifier, KeyVerifier):
            records = verifier.records or (KeyRecord(id="made-up", sha256="", subject="made-up"),)
            return replace(verifier, records=tuple(replace(r, sha256=_hash(key_text(r))) for r in records))
        return verifier

    def ask(
        self, route: Route, target: str, headers: Mapping[str, str] | None = None, *, method: str = "", host: str = "",
        scheme: str = "https",
    ) -> Answered:  # fmt: skip
        """One request on *route*, from an address it admits."""
        self.log.lines.clear()
        fields = [("Host", host or POLICY.hosts[0]), *(headers or {}).items()]
        reply = self._client.ask(method or route.method, target, fields, peer=admitted(route.network), scheme=scheme)
        told = json.loads(self.log.lines[-1])["reason"] if self.log.lines else ""
        return Answered(reply, "pass" if reply.reached else told)

    def later(self) -> None:
        """Let every limit's window pass."""
        self.now += max([limit.window_s for route in POLICY.routes for limit in route.limits], default=0) + 1

    def token(self, name: str, claims: Mapping[str, object] | None = None, **changes: object) -> str:
        """
        A token of the method *name*: good, but for *claims*.

        Args:
            changes: `roles`, `scopes`, `key` or `algorithm` instead of the good ones.
        """
        verifier = next(v for v in POLICY.verifiers if isinstance(v, JwtVerifier) and v.name == name)
        said: dict[str, object] = {
            "iss": verifier.issuer, "aud": verifier.audiences[0], "iat": self.now, "exp": self.now + 60, **(claims or {}),
        }  # fmt: skip
        _put(said, verifier.subject_claim, "made-up")
        _put(said, verifier.roles_claim, changes.get("roles", []))
        _put(said, verifier.scopes_claim, changes.get("scopes", ""))
        for route in POLICY.routes:
            if route.revocation is not None:
                _put(said, route.revocation.deny_claim, "made-up")
                _put(said, route.revocation.version_claim, 1)
        algorithm = verifier.algorithms[0]
        key = changes.get("key", self.keys[name])
        if not isinstance(key, Key):
            raise TypeError("no key")
        header = {"alg": algorithm, "kid": "made-up"}
        return jws.serialize_compact(header, json.dumps(said).encode(), key, algorithms=[algorithm])


@pytest.fixture
def service() -> Service:
    """A service nobody has asked anything yet."""
    return Service()


def key_text(record: KeyRecord) -> str:
    """The whole API key of *record* in these tests."""
    return f"{record.id}.made-up"


def admitted(rules: Sequence[AddressRule]) -> str:
    """An address that every rule admits."""
    blocks = [ipaddress.ip_network(block) for rule in rules for block in rule.allow]
    candidates = [ipaddress.ip_address("198.51.100.7"), *(block[min(1, block.num_addresses - 1)] for block in blocks)]
    for address in candidates:
        if all(_within(address, rule.allow) and not _within(address, rule.deny) for rule in rules):
            return str(address)
    raise LookupError("no address that every rule admits was found")


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, blocks: Sequence[str]) -> bool:
    return any(address in ipaddress.ip_network(block) for block in blocks)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_keys() -> set[SecretRef]:
    audits = [POLICY.edge.audit, *(route.audit for route in POLICY.routes)]
    return {audit.hash_key for audit in audits if audit.hash_key is not None}


def _put(claims: dict[str, object], path: Sequence[str], value: object) -> None:
    """*value* at *path*; nothing for an empty path."""
    for step in path[:-1]:
        inner = claims.setdefault(step, {})
        if not isinstance(inner, dict):
            raise TypeError("two claims overlap")
        claims = inner
    if path:
        claims[path[-1]] = value
