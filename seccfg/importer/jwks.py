"""A published key set as the file a spec names: public keys that can verify its tokens, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from seccfg.findings import InputError
from seccfg.record import Record
from seccfg.resolve.materials import FileProblem, parse_json
from seccfg.source.files import show

__all__ = ["MAX_BYTES", "MAX_KEYS", "LeftOut", "Pinned", "issuer_keys_url", "pin"]

MAX_BYTES = 1024 * 1024
MAX_KEYS = 100
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_KEPT = ("kty", "kid", "use", "key_ops", "alg", "crv", "n", "e", "x", "y")
_MIN_RSA_BITS = 2048
_FITTING = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
    "Ed448": ("EdDSA",),
}


class LeftOut(Record):
    """A published key that is not pinned, and why."""

    kid: str
    why: str


class Pinned(Record):
    """The content of the file, and what changed in it; key ids in the order of the file."""

    content: bytes
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    """Another key under an id that was there before."""
    kept: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def pin(data: bytes, source: str, algorithms: Sequence[str], before: bytes | None) -> Pinned:
    """
    The key set *data* published at *source*, pinned for *algorithms*.

    Args:
        before: What the file holds now; None when there is none.
    Raises:
        InputError: no key set, too many keys, a private key, two keys of one id, or none that is of use.
    """
    keys = _keys(data, source)
    for key in keys:
        if any(name in key for name in _PRIVATE):
            raise InputError(f"{show(source)}: a private or secret key is published there: take it out of use")
    kept: dict[str, dict[str, object]] = {}
    left_out: list[LeftOut] = []
    seen: set[str] = set()
    for key in keys:
        kid = key.get("kid")
        if not isinstance(kid, str) or not kid:
            left_out.append(LeftOut("(no kid)", "tokens name their key by `kid`"))
            continue
        if kid in seen:
            raise InputError(f"{show(source)}: two keys have the kid `{show(kid)}`")
        seen.add(kid)
        why = _why_not(key, algorithms)
        if why:
            left_out.append(LeftOut(kid, why))
        else:
            kept[kid] = {name: key[name] for name in _KEPT if name in key}
    if not kept:
        reasons = "; ".join(f"`{show(out.kid)}`: {out.why}" for out in left_out[:5]) or "it is empty"
        raise InputError(f"{show(source)}: no key of use for {', '.join(algorithms)}: {reasons}")
    ordered = {kid: kept[kid] for kid in sorted(kept)}
    old = _old_keys(before)
    return Pinned(
        (json.dumps({"keys": list(ordered.values())}, indent=2, sort_keys=True) + "\n").encode(),
        tuple(kid for kid in ordered if kid not in old),
        tuple(kid for kid in sorted(old) if kid not in ordered),
        tuple(kid for kid in ordered if kid in old and not _same_key(old[kid], ordered[kid])),
        tuple(kid for kid in ordered if kid in old and _same_key(old[kid], ordered[kid])),
        tuple(left_out),
    )


def issuer_keys_url(data: bytes, source: str, issuer: str) -> str:
    """
    Where an issuer's discovery document says its keys are.

    Raises:
        InputError: it is no such document, speaks of another issuer, or names no `https` URL.
    """
    from seccfg.spec.scalars import parse_https_url

    document = _json(data, source)
    if not isinstance(document, dict):
        raise InputError(f"{show(source)}: no discovery document")
    if document.get("issuer") != issuer:
        said = document.get("issuer")
        told = f"`{show(said[:200])}`" if isinstance(said, str) else "none"
        raise InputError(f"{show(source)}: it speaks of the issuer {told}, the spec of `{show(issuer)}`")
    url = document.get("jwks_uri")
    try:
        return parse_https_url(url if isinstance(url, str) else "")
    except ValueError as error:
        raise InputError(f"{show(source)}: its `jwks_uri` {error}") from error


def _json(data: bytes, source: str) -> object:
    if len(data) > MAX_BYTES:
        raise InputError(f"{show(source)}: larger than {MAX_BYTES // 1024} KiB")
    try:
        return parse_json(data, show(source))
    except FileProblem as problem:
        raise InputError(problem.message) from problem


def _keys(data: bytes, source: str) -> list[dict[str, object]]:
    document = _json(data, source)
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise InputError(f"{show(source)}: no key set: it has no list `keys`")
    if len(keys) > MAX_KEYS:
        raise InputError(f"{show(source)}: more than {MAX_KEYS} keys")
    if not all(isinstance(key, dict) for key in keys):
        raise InputError(f"{show(source)}: a key is no object")
    return keys


def _why_not(key: Mapping[str, object], algorithms: Sequence[str]) -> str:
    """Why a key cannot verify tokens of these algorithms; empty when it can."""
    use, operations, alg, kty = key.get("use"), key.get("key_ops"), key.get("alg"), key.get("kty")
    if use is not None and use != "sig":
        return "it is not for signatures"
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return "it is not for verifying"
    kind = kty if kty == "RSA" else key.get("crv") if kty in ("EC", "OKP") else None
    fitting = _FITTING.get(kind, ()) if isinstance(kind, str) else ()
    if not fitting:
        return "it is of a type or curve that verifies no token"
    if alg is not None and alg not in algorithms:
        return "its `alg` is not among the spec's `algorithms`"
    if not set(fitting) & set(algorithms) or (alg is not None and alg not in fitting):
        return "its type fits none of the spec's `algorithms`"
    return _unreadable(key)


def _unreadable(key: Mapping[str, object]) -> str:
    from base64 import urlsafe_b64decode

    from cryptography.exceptions import UnsupportedAlgorithm
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    members = {name: value for name in _KEPT if isinstance(value := key.get(name), str)}
    try:
        match key.get("kty"):
            case "RSA":
                modulus = members["n"].encode("ascii")
                if int.from_bytes(urlsafe_b64decode(modulus + b"==")).bit_length() < _MIN_RSA_BITS:
                    return f"it has fewer than {_MIN_RSA_BITS} bits"
                RSAKey.import_key(dict(members))
            case "EC":
                ECKey.import_key(dict(members))
            case _:
                OKPKey.import_key(dict(members))
    except (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return "it cannot be read"
    return ""


def _old_keys(before: bytes | None) -> dict[str, dict[str, object]]:
    """The keys of the file as it was; none when it held no key set."""
    if before is None:
        return {}
    try:
        return {str(key.get("kid", "")): key for key in _keys(before, "the file")}
    except InputError:
        return {}


def _same_key(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return all(one.get(name) == other.get(name) for name in ("kty", "crv", "n", "e", "x", "y"))
