"""Signatures of the standard library's verifier, against cryptography's own."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from seccfg_runtime.runtime.keyset_plain import KeySetError, VerificationKey, parse_key_set
from seccfg_runtime.runtime.signatures import ec_key, rsa_key

MESSAGES = (b"", b"a", b"x" * 1000)


def _published(key: RSAKey | ECKey, **members: object) -> bytes:
    public = {**key.as_dict(private=False), "kid": "k", **members}
    return json.dumps({"keys": [public]}).encode()


def _signed(key: RSAKey | ECKey, algorithm: str, payload: bytes) -> tuple[bytes, bytes]:
    """What is signed, and the signature."""
    token = jws.serialize_compact({"alg": algorithm}, payload, key, algorithms=[algorithm])
    message, _, signature = token.rpartition(".")
    padded = signature + "=" * (-len(signature) % 4)
    return message.encode(), base64.urlsafe_b64decode(padded)


@pytest.fixture(scope="module")
def keys() -> dict[str, tuple[RSAKey | ECKey, VerificationKey]]:
    pairs: dict[str, RSAKey | ECKey] = {
        "RS256": RSAKey.generate_key(2048), "RS384": RSAKey.generate_key(2048), "RS512": RSAKey.generate_key(3072),
        "ES256": ECKey.generate_key("P-256"),
    }  # fmt: skip
    return {name: (key, parse_key_set(_published(key), [name])["k"]) for name, key in pairs.items()}


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256"])
def test_good_signatures_are_good_and_no_others(algorithm: str, keys) -> None:
    """Each bit that is turned, a byte more or less, another message: refused."""
    private, public = keys[algorithm]
    for payload in MESSAGES:
        message, signature = _signed(private, algorithm, payload)
        assert public.verifies(algorithm, message, signature)
        assert not public.verifies(algorithm, message + b"x", signature)
        assert not public.verifies(algorithm, message, signature[:-1])
        assert not public.verifies(algorithm, message, signature + b"\0")
        assert not public.verifies(algorithm, message, b"\0" + signature)
        assert not public.verifies(algorithm, message, b"\0" * len(signature))
        for place in (0, len(signature) // 2, len(signature) - 1):
            turned = signature[:place] + bytes([signature[place] ^ 1]) + signature[place + 1 :]
            assert not public.verifies(algorithm, message, turned)


def test_numbers_outside_the_group_are_refused(keys) -> None:
    """r and s of 0, of the group's order and above."""
    private, public = keys["ES256"]
    message, signature = _signed(private, "ES256", b"m")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = int.from_bytes(signature[32:])
    for r_text, s_number in ((signature[:32], 0), (signature[:32], order), (b"\0" * 32, s), (order.to_bytes(32), s)):
        assert not public.verifies("ES256", message, r_text + s_number.to_bytes(32))
    assert public.verifies("ES256", message, signature[:32] + (order - s).to_bytes(32))  # the other of two equal ones


def test_weak_and_impossible_keys_are_no_keys() -> None:
    """Too short, an exponent that is small or even, a point beside the curve."""
    n = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_numbers().n
    for modulus, exponent in ((n, 3), (n, 65536), (n >> 1024, 65537), (n + 1, 65537)):
        with pytest.raises(ValueError):
            rsa_key(modulus, exponent)
    for x, y in ((0, 0), (1, 1), (1 << 256, 1)):
        with pytest.raises(ValueError):
            ec_key(x, y)


def test_a_key_set_is_refused_like_the_python_package_refuses_it() -> None:
    """No keys, private members, one kid twice, an algorithm that does not fit."""
    key = ECKey.generate_key("P-256")
    public = json.loads(_published(key))["keys"][0]
    for document in (
        b"no json", b"{}", b'{"keys": [1]}', json.dumps({"keys": [{**public, "d": "x"}]}).encode(),
        json.dumps({"keys": [public, public]}).encode(), json.dumps({"keys": [{**public, "use": "enc"}]}).encode(),
        json.dumps({"keys": [{**public, "alg": "ES384"}]}).encode(),
    ):  # fmt: skip
        with pytest.raises(KeySetError):
            parse_key_set(document, ["ES256"])
    with pytest.raises(KeySetError):
        parse_key_set(json.dumps({"keys": [public]}).encode(), ["RS256"])
