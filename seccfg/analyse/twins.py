"""
Two versions of a policy with their key material exchanged alike, so that one credential can be put to both.

A key, key record or authority that both versions hold is exchanged for the same generated one; one that only one version
holds is believed by that one alone. Of a key set both share, one key is exchanged and the others stay: nobody can sign with
them.
"""

from __future__ import annotations

from collections.abc import Mapping

from joserfc import jwk

from seccfg.analyse.exchange import (
    Authority,
    KeyRing,
    SigningKey,
    fits,
    key_digest,
    key_of_kind,
    public_jwk,
    records_of_environment,
    revocation_claims,
    wanted_keys,
)
from seccfg.ir.policy import CertVerifier, Jwk, JwtVerifier, KeyRecord, KeyVerifier, Policy, Verifier
from seccfg.record import Record, replace

__all__ = ["Twins", "signers_of", "twins", "with_key"]


class Twins(Record):
    """Both versions, each with what it takes to be believed by it."""

    old: KeyRing
    new: KeyRing


class _Pool:
    """What originals are exchanged for, the same for both versions."""

    def __init__(self, now_s: int) -> None:
        self._now_s = now_s
        self._keys: dict[str, jwk.Key] = {}
        self._count: dict[str, int] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self._authorities: dict[str, Authority] = {}

    def signer(self, verifier: str, kid: str, alg: str, original: Jwk | None) -> SigningKey:
        """The private key that takes the place of *original*; of a set fetched at run time, of the verifier's *alg*."""
        identity = original.json if original is not None else f"fetched by {verifier} for {alg}"
        found = self._keys.get(identity)
        if found is None:
            kind = alg[:2].replace("PS", "RS")
            self._count[kind] = self._count.get(kind, -1) + 1
            found = self._keys[identity] = key_of_kind(alg, 1_000 + self._count[kind])
        return SigningKey(kid, alg, found)

    def text(self, record: KeyRecord) -> str:
        """The whole key that takes the place of the one *record* is the hash of."""
        number = len(self._texts)
        return self._texts.setdefault((record.id, record.sha256), f"{record.id}.witness-{number}-{record.id}")

    def authority(self, pem: str) -> Authority:
        """The authority that takes the place of the one with certificate *pem*."""
        if pem not in self._authorities:
            self._authorities[pem] = Authority(f"authority {len(self._authorities)}", self._now_s)
        return self._authorities[pem]


def twins(old: Policy, new: Policy, now_s: int) -> Twins:
    """*old* and *new* with their keys exchanged."""
    pool = _Pool(now_s)
    claims = {**revocation_claims(old), **revocation_claims(new)}
    shared = {v.name: v for v in old.verifiers}
    same = frozenset(
        v.name for v in new.verifiers
        if isinstance(v, JwtVerifier) and isinstance(other := shared.get(v.name), JwtVerifier)
        and other.jwks.keys == v.jwks.keys and other.algorithms == v.algorithms
    )
    return Twins(_ring(old, pool, claims, same, now_s), _ring(new, pool, claims, same, now_s))


def _ring(policy: Policy, pool: _Pool, claims: Mapping[str, object], same: frozenset[str], now_s: int) -> KeyRing:
    verifiers: list[Verifier] = []
    signers: dict[str, tuple[SigningKey, ...]] = {}
    texts: dict[str, dict[str, str]] = {}
    authorities: dict[str, Authority] = {}
    for verifier in policy.verifiers:
        exchanged: Verifier = verifier
        if isinstance(verifier, JwtVerifier):
            wanted = wanted_keys(verifier)
            if verifier.name in same:
                wanted = wanted[:1]
            made = tuple(pool.signer(verifier.name, kid, alg, original) for kid, alg, original in wanted)
            signers[verifier.name] = made
            replaced = {kid for kid, _, _ in wanted}
            keys = tuple(public_jwk(signer, original) for signer, (_, _, original) in zip(made, wanted, strict=True))
            others = tuple(key for key in verifier.jwks.keys if key.kid not in replaced)
            exchanged = replace(verifier, jwks=replace(verifier.jwks, keys=(*keys, *others)))
        elif isinstance(verifier, KeyVerifier):
            records = verifier.records or records_of_environment(verifier, now_s)
            texts[verifier.name] = {record.id: pool.text(record) for record in records}
            records = tuple(replace(record, sha256=key_digest(texts[verifier.name][record.id])) for record in records)
            exchanged = replace(verifier, records=records)
        elif isinstance(verifier, CertVerifier):
            authorities[verifier.name] = pool.authority(verifier.ca_pem)
            exchanged = replace(verifier, ca_pem=authorities[verifier.name].pem)
        verifiers.append(exchanged)
    decided = replace(policy, verifiers=tuple(verifiers))
    return KeyRing(decided, decided, {}, signers, {}, texts, authorities, {}, claims)


def with_key(ring: KeyRing, name: str, record: KeyRecord, text: str) -> KeyRing:
    """*ring* where a deployment keeps one more key for the auth method *name*: *record*, whose whole key is *text*."""
    added = replace(record, sha256=key_digest(text))
    verifiers = tuple(
        replace(v, records=(*v.records, added)) if v.name == name and isinstance(v, KeyVerifier) and v.store.env else v
        for v in ring.decide.verifiers
    )
    policy = replace(ring.decide, verifiers=verifiers)
    texts = {**ring.key_texts, name: {**ring.key_texts.get(name, {}), record.id: text}}
    return replace(ring, build=policy, decide=policy, key_texts=texts)


def signers_of(ring: KeyRing, verifier: JwtVerifier) -> tuple[SigningKey, ...]:
    """Every way *verifier* of an exchanged policy lets a token be signed: each key with each algorithm that fits it."""
    public = {key.kid: key for key in verifier.jwks.keys}
    return tuple(
        SigningKey(signer.kid, alg, signer.key)
        for signer in ring.signers.get(verifier.name, ())
        for alg in verifier.algorithms
        if signer.kid in public and fits(alg, public[signer.kid])
    )
