"""Signatures of RSA and P-256 keys, with the standard library alone (RFC 8017, FIPS 186-5).

RSA rebuilds the whole padded block and compares it, so that nothing of a forged padding is ever parsed. Only public values
are worked with, so how long it takes tells nobody anything.
"""

from __future__ import annotations

import hashlib
import hmac

from .structs import dataclass

_MIN_RSA_BITS = 2048
_MAX_RSA_BITS = 8192
_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""DER of the hash's name and length, which stands before the hash (RFC 8017 section 9.2)."""


@dataclass(frozen=True, slots=True)
class RsaKey:
    """Modulus and exponent."""

    n: int
    e: int

    def verifies(self, digest: str, message: bytes, signature: bytes) -> bool:
        """RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2)."""
        size = (self.n.bit_length() + 7) // 8
        number = int.from_bytes(signature)
        if len(signature) != size or number >= self.n:
            return False
        tail = _DIGEST_INFO[digest] + hashlib.new(digest, message).digest()
        expected = b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail
        return hmac.compare_digest(pow(number, self.e, self.n).to_bytes(size), expected)


_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int, int]
"""X, Y and Z with x = X / Z^2 and y = Y / Z^3; Z = 0 is the point at infinity."""


@dataclass(frozen=True, slots=True)
class EcKey:
    """A point of P-256 (FIPS 186-5)."""

    x: int
    y: int

    def verifies(self, digest: str, message: bytes, signature: bytes) -> bool:
        """ECDSA over `r || s`, 32 bytes each (RFC 7518 section 3.4)."""
        if len(signature) != 64:
            return False
        return self.verifies_pair(digest, message, int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))

    def verifies_pair(self, digest: str, message: bytes, r: int, s: int) -> bool:
        """ECDSA over the numbers *r* and *s*."""
        if not (0 < r < _N and 0 < s < _N):
            return False
        hashed = int.from_bytes(hashlib.new(digest, message).digest()[:32])
        inverse = pow(s, -1, _N)
        x, _, z = _sum_of_multiples(hashed * inverse % _N, (*_G, 1), r * inverse % _N, (self.x, self.y, 1))
        return z != 0 and (x * pow(z, -2, _P)) % _P % _N == r


def _double(point: _Point) -> _Point:
    x, y, z = point
    if z == 0 or y == 0:
        return (1, 1, 0)
    squared, z2 = y * y % _P, z * z % _P
    s = 4 * x * squared % _P
    m = 3 * (x - z2) * (x + z2) % _P
    doubled = (m * m - 2 * s) % _P
    return doubled, (m * (s - doubled) - 8 * squared * squared) % _P, 2 * y * z % _P


def _add(one: _Point, two: _Point) -> _Point:
    if one[2] == 0:
        return two
    if two[2] == 0:
        return one
    (x1, y1, z1), (x2, y2, z2) = one, two
    z1z1, z2z2 = z1 * z1 % _P, z2 * z2 % _P
    u1, u2 = x1 * z2z2 % _P, x2 * z1z1 % _P
    s1, s2 = y1 * z2 * z2z2 % _P, y2 * z1 * z1z1 % _P
    if u1 == u2:
        return _double(one) if s1 == s2 else (1, 1, 0)
    h, r = u2 - u1, s2 - s1
    h2 = h * h % _P
    h3, v = h * h2 % _P, u1 * h2 % _P
    x = (r * r - h3 - 2 * v) % _P
    return x, (r * (v - x) - s1 * h3) % _P, h * z1 * z2 % _P


def _sum_of_multiples(a: int, one: _Point, b: int, two: _Point) -> _Point:
    """`a * one + b * two`, both multiples in one pass over the bits."""
    both = _add(one, two)
    found: _Point = (1, 1, 0)
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        found = _double(found)
        match (a >> bit & 1, b >> bit & 1):
            case (1, 1):
                found = _add(found, both)
            case (1, 0):
                found = _add(found, one)
            case (0, 1):
                found = _add(found, two)
            case _:
                pass
    return found


def ec_key(x: int, y: int) -> EcKey:
    """The key of a point; ValueError when it is none of the curve."""
    if not (0 <= x < _P and 0 <= y < _P) or (y * y - x * x * x + 3 * x - _B) % _P:
        raise ValueError("not on the curve")
    return EcKey(x, y)


def rsa_key(n: int, e: int) -> RsaKey:
    """The key of a modulus; ValueError when it is too short, or its exponent too small."""
    if not _MIN_RSA_BITS <= n.bit_length() <= _MAX_RSA_BITS or n % 2 == 0 or e < 65537 or e % 2 == 0 or e.bit_length() > 64:
        raise ValueError("too weak")
    return RsaKey(n, e)
