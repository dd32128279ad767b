"""Exchange a Policy's key material for keys whose private halves are at hand, and sign credentials with them.

Each key set, key record and certificate authority is replaced, as data, by a generated one of the same kid, algorithm,
roles, scopes and times. Nothing else of the Policy changes, so what a target emits for it differs in key material only.
"""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import json
from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc import jwk, jws

from seccfg.ir.policy import CertVerifier, Jwk, JwtVerifier, KeyRecord, KeyVerifier, Policy, Revocation, Verifier
from seccfg.record import Record, replace

__all__ = [
    "Authority", "KeyRing", "SigningKey", "exchange", "fits", "key_digest", "key_of_kind", "public_jwk", "records_of_environment",
    "revocation_claims", "sign", "wanted_keys",
]

_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_KEY_TYPE = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


class SigningKey(Record):
    """A private key the exchanged policy trusts (or, in `KeyRing.foreign`, one it does not)."""

    kid: str
    alg: str
    key: jwk.Key

    def public_pem(self) -> bytes:
        """The public half as PEM: what an attacker who confuses algorithms would use as an HMAC secret."""
        if isinstance(self.key, jwk.OctKey):
            raise TypeError("a symmetric key has no public half")
        return bytes(self.key.as_bytes(encoding="PEM", private=False))


class Authority:
    """A certificate authority that issues client certificates."""

    def __init__(self, name: str, now_s: int) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._now_s = now_s
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = self._builder(self._name, self._key.public_key(), now_s - 86_400 * 365, now_s + 86_400 * 3650)
        self._certificate = (
            builder.add_extension(x509.BasicConstraints(True, 0), True)
            .add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), False)
            .sign(self._key, hashes.SHA256())
        )
        self._issued: dict[tuple[tuple[str, ...], int, int], str] = {}

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, *uris: str, not_before_s: int | None = None, not_after_s: int | None = None) -> str:
        """PEM of a client certificate with exactly these URI SANs; valid from a day before to a day after by default."""
        return self.issue_with_key(*uris, not_before_s=not_before_s, not_after_s=not_after_s)[0]

    def issue_with_key(
        self, *uris: str, not_before_s: int | None = None, not_after_s: int | None = None
    ) -> tuple[str, str]:
        """Certificate and private key, both PEM, for an engine that makes a real handshake."""
        first = self._now_s - 86_400 if not_before_s is None else not_before_s
        last = self._now_s + 86_400 if not_after_s is None else not_after_s
        found = self._issued.get((uris, first, last))
        if found is None:
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
            builder = self._builder(name, _client_key().public_key(), first, last)
            if uris:
                sans = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
                builder = builder.add_extension(sans, False)
            certificate = (
                builder.add_extension(x509.BasicConstraints(False, None), True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False)
                .sign(self._key, hashes.SHA256())
            )
            found = certificate.public_bytes(serialization.Encoding.PEM).decode()
            self._issued[(uris, first, last)] = found
        return found, client_key_pem()

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, first_s: int, last_s: int
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime.fromtimestamp(first_s, datetime.UTC))
            .not_valid_after(datetime.datetime.fromtimestamp(last_s, datetime.UTC))
        )


@functools.cache
def _client_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@functools.cache
def client_key_pem() -> str:
    """The private key of every certificate an `Authority` issues here, PEM, unencrypted; made anew in each process."""
    return (
        _client_key()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


class KeyRing(Record):
    """An exchanged Policy and what is needed to be believed, or rightly refused, by it.

    `build` is what targets compile: equal to `decide` but for records a deployment reads from the environment, which are
    in `environment` instead, where the running files expect them.
    """

    build: Policy
    decide: Policy
    environment: Mapping[str, str]
    signers: Mapping[str, tuple[SigningKey, ...]]
    """JWT verifier name -> its keys."""
    foreign: Mapping[str, SigningKey]
    """JWT verifier name -> a key of the same kid and algorithm as its first that the policy does not trust."""
    key_texts: Mapping[str, Mapping[str, str]]
    """Key verifier name -> record id -> the whole key."""
    authorities: Mapping[str, Authority]
    strangers: Mapping[str, Authority]
    """Certificate verifier name -> an authority of the same name it does not trust."""
    claims: Mapping[str, object]
    """Claims every good token carries because some route's revocation asks for them."""


@functools.cache
def key_of_kind(alg: str, index: int) -> jwk.Key:
    """A private key that *alg* can use; equal arguments give the same key within a process (RSA keys take long to make)."""
    kind = _KEY_TYPE[alg[:2]]
    if kind == "RSA":
        return _rsa(index)
    if kind == "EC":
        return jwk.ECKey.generate_key(_CURVES[alg])
    return jwk.OKPKey.generate_key("Ed25519")


@functools.cache
def _rsa(index: int) -> jwk.RSAKey:
    del index
    return jwk.RSAKey.generate_key(2048)


def exchange(policy: Policy, now_s: int) -> KeyRing:
    """A KeyRing for *policy*; certificates are valid around *now_s* (Unix seconds)."""
    build: list[Verifier] = []
    decide: list[Verifier] = []
    environment: dict[str, str] = {}
    signers: dict[str, tuple[SigningKey, ...]] = {}
    foreign: dict[str, SigningKey] = {}
    texts: dict[str, dict[str, str]] = {}
    authorities: dict[str, Authority] = {}
    strangers: dict[str, Authority] = {}
    taken = 0
    for verifier in policy.verifiers:
        exchanged: Verifier = verifier
        to_build: Verifier | None = None
        if isinstance(verifier, JwtVerifier):
            wanted = wanted_keys(verifier)
            signers[verifier.name] = tuple(
                SigningKey(kid, alg, key_of_kind(alg, taken + n)) for n, (kid, alg, _) in enumerate(wanted)
            )
            taken += len(wanted)
            kid, alg, _ = wanted[0]
            foreign[verifier.name] = SigningKey(kid, alg, key_of_kind(alg, -1))
            keys = tuple(
                public_jwk(signer, original)
                for signer, (_, _, original) in zip(signers[verifier.name], wanted, strict=True)
            )
            exchanged = replace(verifier, jwks=replace(verifier.jwks, keys=keys))
        elif isinstance(verifier, KeyVerifier):
            records = verifier.records or records_of_environment(verifier, now_s)
            texts[verifier.name] = {r.id: f"{r.id}.verify-{n}-{r.id}" for n, r in enumerate(records)}
            records = tuple(replace(r, sha256=key_digest(texts[verifier.name][r.id])) for r in records)
            exchanged = replace(verifier, records=records)
            if verifier.store.env:
                environment[verifier.store.env] = key_records_json(records)
                to_build = verifier
        elif isinstance(verifier, CertVerifier):
            authorities[verifier.name] = Authority(f"{verifier.name} authority", now_s)
            strangers[verifier.name] = Authority(f"{verifier.name} authority", now_s)
            exchanged = replace(verifier, ca_pem=authorities[verifier.name].pem)
        decide.append(exchanged)
        build.append(to_build or exchanged)
    for secret in _other_secrets(policy):
        environment.setdefault(secret, "verify-" + hashlib.sha256(secret.encode()).hexdigest())
    return KeyRing(
        replace(policy, verifiers=tuple(build)),
        replace(policy, verifiers=tuple(decide)),
        environment,
        signers,
        foreign,
        texts,
        authorities,
        strangers,
        revocation_claims(policy),
    )


def revocation_claims(policy: Policy) -> dict[str, object]:
    """Claims some route's revocation asks for, with values nobody revoked."""
    claims: dict[str, object] = {}
    for route in policy.routes:
        control = route.first(Revocation)
        if control is not None:
            claims.update({path[0]: "verify-token-1" for path in (control.deny_claim,) if path})
            claims.update({path[0]: 3 for path in (control.version_claim,) if path})
    return claims


def _other_secrets(policy: Policy) -> tuple[str, ...]:
    key = policy.edge.audit.hash_key
    return (key.env,) if key is not None and key.env else ()


def wanted_keys(verifier: JwtVerifier) -> list[tuple[str, str, Jwk | None]]:
    """(kid, alg, original key) of each key to make; one per algorithm when the set is fetched at run time only."""
    wanted: list[tuple[str, str, Jwk | None]] = []
    for key in verifier.jwks.keys:
        fitting = [alg for alg in verifier.algorithms if fits(alg, key)]
        if fitting:
            wanted.append((key.kid, fitting[0], key))
    return wanted or [(f"{verifier.name}-{alg.lower()}", alg, None) for alg in verifier.algorithms]


def fits(alg: str, key: Jwk) -> bool:
    """Whether tokens of *alg* can be checked with *key*."""
    if key.alg and key.alg != alg:
        return False
    curve = json.loads(key.json).get("crv", "")
    return _KEY_TYPE[alg[:2]] == key.kty and (alg not in _CURVES or curve == _CURVES[alg])


def public_jwk(signer: SigningKey, original: Jwk | None) -> Jwk:
    """What stands in the exchanged key set for *original*."""
    alg = signer.alg if original is None else original.alg
    use = "sig" if original is None else original.use
    data = {**signer.key.as_dict(private=False), "kid": signer.kid}
    data.pop("alg", None)
    data.pop("use", None)
    data.update({name: value for name, value in (("alg", alg), ("use", use)) if value})
    return Jwk(signer.kid, str(data["kty"]), alg, use, json.dumps(data, sort_keys=True, separators=(",", ":")))


def records_of_environment(verifier: KeyVerifier, now_s: int) -> tuple[KeyRecord, ...]:
    """
    Stand-ins for records a deployment keeps: one with every role the method may assert, one with none, one expired, and
    one for each role alone, so that what a single role opens or closes shows.
    """
    alone = (
        KeyRecord(f"role-{n}", "", f"subject-of-{role}", (role,), (), (), None, None, ())
        for n, role in enumerate(verifier.asserts if len(verifier.asserts) > 1 else (), 1)
    )
    return (
        KeyRecord("k1", "", "subject-1", verifier.asserts, (), (), now_s - 86_400, now_s + 86_400, ()),
        KeyRecord("k2", "", "subject-2", (), (), (), None, None, ()),
        KeyRecord("k3", "", "subject-3", verifier.asserts, (), (), now_s - 86_400, now_s, ()),
        *alone,
    )


def key_records_json(records: tuple[KeyRecord, ...]) -> str:
    """Records in the form a key file or its environment variable has."""
    listed = []
    for record in records:
        entry: dict[str, object] = {
            "id": record.id,
            "sha256": record.sha256,
            "subject": record.subject,
            "roles": list(record.roles),
            "scopes": list(record.scopes),
        }
        if record.attributes:
            entry["attributes"] = {name: json.loads(value) for name, value in record.attributes}
        for name, moment in (("not_before", record.not_before_s), ("expires", record.expires_s)):
            if moment is not None:
                entry[name] = datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if record.addresses:
            entry["addresses"] = [_cidr_text(c.family, c.network, c.bits) for c in record.addresses]
        listed.append(entry)
    return json.dumps(listed)


def _cidr_text(family: int, network: int, bits: int) -> str:
    import ipaddress

    address = ipaddress.IPv4Address(network) if family == 4 else ipaddress.IPv6Address(network)
    return f"{address}/{bits}"


def key_digest(text: str) -> str:
    """What a key's record holds of it."""
    return hashlib.sha256(text.encode()).hexdigest()


def sign(signer: SigningKey | None, header: Mapping[str, object], payload: bytes) -> str:
    """A compact JWS; with no *signer* the signature is empty, whatever *header* claims (the attack, not a feature)."""
    signed = f"{_b64(json.dumps(header).encode())}.{_b64(payload)}"
    if signer is None:
        return f"{signed}."
    # the algorithm alone: the library's own serializer refuses the odd headers that are the point here
    algorithm = jws.JWSRegistry.algorithms[signer.alg]
    return f"{signed}.{_b64(algorithm.sign(signed.encode(), signer.key))}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
