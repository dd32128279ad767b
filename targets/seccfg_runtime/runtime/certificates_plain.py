"""Step 10, client certificates (RFC 5280), with the standard library alone.

API Gateway checks the chain against its trust store before the authorizer is called. Here, of the certificate it hands
over: issued by the method's authority itself, valid now, for TLS clients, and exactly one URI SAN that fits. Every refusal
is `invalid_certificate`. A certificate is read by its DER structure; whatever is not expected there refuses it.
"""

from __future__ import annotations

import binascii
import datetime
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .credentials import Refused, Verified, closure
from .interface import PolicyError, Principal
from .memo import Memo
from .model import Attribute, CertVerifier, SanLiteral
from .signatures import EcKey, RsaKey, ec_key, rsa_key
from .values import INVALID, from_text

_REMEMBERED = 1024
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----")
_SEQUENCE, _INTEGER, _BITS, _OCTETS, _OID, _BOOLEAN = 0x30, 0x02, 0x03, 0x04, 0x06, 0x01
_SAN, _USAGE, _CONSTRAINTS = bytes.fromhex("551d11"), bytes.fromhex("551d25"), bytes.fromhex("551d13")
_CLIENT_AUTH, _ANY_USAGE = bytes.fromhex("2b06010505070302"), bytes.fromhex("551d2500")
_RSA, _EC = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a8648ce3d0201")
_P256 = bytes.fromhex("2a8648ce3d030107")
_SIGNATURES = {
    bytes.fromhex("2a864886f70d01010b"): "sha256", bytes.fromhex("2a864886f70d01010c"): "sha384",
    bytes.fromhex("2a864886f70d01010d"): "sha512", bytes.fromhex("2a8648ce3d040302"): "sha256",
}  # fmt: skip
"""RSA with SHA-256, SHA-384 and SHA-512, and ECDSA with SHA-256."""


class _Element(NamedTuple):
    tag: int
    content: bytes
    whole: bytes


class _Certificate(NamedTuple):
    signed: bytes
    digest: str
    signature: bytes
    issuer: bytes
    subject: bytes
    not_before_s: int
    not_after_s: int
    key: RsaKey | EcKey
    uris: tuple[str, ...]
    for_clients: bool
    is_authority: bool


class CertificateJudge:
    """Judges the certificates of one verifier."""

    def __init__(
        self, verifier: CertVerifier, attributes: Mapping[str, Attribute], roles: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.verifier = verifier
        self._attributes = attributes
        self._roles = closure(roles, verifier.asserts.intersection(verifier.roles))
        self._pattern = re.compile(
            "".join(re.escape(part.text) if isinstance(part, SanLiteral) else "([^/]+)" for part in verifier.san)
        )
        self._captures = [part.capture for part in verifier.san if not isinstance(part, SanLiteral)]
        try:
            self._authorities = tuple(map(_read, _ders(verifier.ca_pem.encode("utf-8"))))
        except (ValueError, IndexError) as error:
            raise PolicyError(f"the authority of method `{verifier.name}` cannot be used") from error
        if not self._authorities:
            raise PolicyError(f"the authority of method `{verifier.name}` is no PEM certificate")
        self._presented: Memo[bytes, tuple[_Certificate, Verified]] = Memo(_REMEMBERED)

    def judge(self, data: bytes, now_s: int) -> Verified:
        """
        Whose certificate *data* (PEM; of several the first) is.

        Raises:
            Refused: It cannot be read, was not issued by the authority, is not valid now, or its name does not fit.
        """
        found = self._presented.recall(data)
        if found is None:
            found = self._examine(data)
            self._presented.store(data, found)
        certificate, verified = found
        if not certificate.not_before_s <= now_s <= certificate.not_after_s:
            raise Refused("the certificate is not valid now")
        if not any(a.not_before_s <= now_s <= a.not_after_s for a in self._authorities if _issued(a, certificate)):
            raise Refused("the certificate's authority is not valid now")
        return verified

    def _examine(self, data: bytes) -> tuple[_Certificate, Verified]:
        try:
            certificate = _read(next(_ders(data)))
        except (ValueError, IndexError, StopIteration) as error:
            raise Refused("the certificate cannot be read") from error
        if certificate.is_authority or not certificate.for_clients:
            raise Refused("the certificate is not for a TLS client")
        if not any(_issued(authority, certificate) for authority in self._authorities):
            raise Refused("the certificate was not issued by the authority")
        fitting = [match for uri in certificate.uris if (match := self._pattern.fullmatch(uri)) is not None]
        if len(fitting) != 1:
            raise Refused("not exactly one URI of the certificate fits")
        san = fitting[0].group()
        captured = {name: text for name, text in zip(self._captures, fitting[0].groups(), strict=True) if name}
        principal = Principal(
            method=self.verifier.name,
            subject=san,
            roles=self._roles,
            scopes=frozenset(),
            client="",
            attributes={name: self._value(name, text) for name, text in captured.items()},
            id=f"cert:{san}",
        )
        return certificate, Verified(principal)

    def _value(self, name: str, text: str) -> object:
        attribute = self._attributes.get(name)
        if attribute is None or attribute.list_of:
            return INVALID
        return from_text(text, attribute.type)


def _issued(authority: _Certificate, certificate: _Certificate) -> bool:
    """*authority* signed *certificate*."""
    if authority.subject != certificate.issuer:
        return False
    if isinstance(authority.key, RsaKey):
        return authority.key.verifies(certificate.digest, certificate.signed, certificate.signature)
    try:
        r, s = (int.from_bytes(part.content) for part in _children(_one(certificate.signature, _SEQUENCE)))
    except (ValueError, IndexError):
        return False
    return authority.key.verifies_pair(certificate.digest, certificate.signed, r, s)


def _ders(data: bytes) -> Iterator[bytes]:
    for match in _PEM.finditer(data):
        yield binascii.a2b_base64(b"".join(match[1].split()), strict_mode=True)


# --------------------------------------------------------------------------------------------------------------- DER
def _elements(data: bytes) -> Iterator[_Element]:
    """What *data* is a row of; ValueError where it is not whole DER."""
    at = 0
    while at < len(data):
        tag, length, start = data[at], data[at + 1], at + 2
        if length >= 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or data[start] == 0:
                raise ValueError("no DER length")
            length, start = int.from_bytes(data[start : start + count]), start + count
            if length < 0x80:
                raise ValueError("no DER length")
        end = start + length
        if end > len(data):
            raise ValueError("cut off")
        yield _Element(tag, data[start:end], data[at:end])
        at = end


def _one(data: bytes, tag: int) -> _Element:
    """The only element of *data*."""
    found = list(_elements(data))
    if len(found) != 1 or found[0].tag != tag:
        raise ValueError("not what a certificate has there")
    return found[0]


def _children(element: _Element, tag: int = _SEQUENCE) -> list[_Element]:
    if element.tag != tag:
        raise ValueError("not what a certificate has there")
    return list(_elements(element.content))


def _read(der: bytes) -> _Certificate:
    """The certificate *der*; ValueError or IndexError when it is none of version 3."""
    signed, algorithm, bits = _children(_one(der, _SEQUENCE))
    fields = _children(signed)
    if fields[0].tag != 0xA0 or _one(fields[0].content, _INTEGER).content != b"\x02":
        raise ValueError("no certificate of version 3")
    _, _, inner, issuer, validity, subject, public = fields[:7]
    if inner.whole != algorithm.whole or bits.tag != _BITS or bits.content[0] != 0:
        raise ValueError("two signature algorithms")
    digest = _SIGNATURES.get(_children(algorithm)[0].content)
    if digest is None:
        raise ValueError("an unknown signature algorithm")
    not_before, not_after = _children(validity)
    extensions = dict(_extensions(fields[7:]))
    return _Certificate(
        signed.whole, digest, bits.content[1:], issuer.whole, subject.whole, _time(not_before), _time(not_after),
        _key(public), tuple(_uris(extensions.get(_SAN))), _for_clients(extensions.get(_USAGE)),
        _is_authority(extensions.get(_CONSTRAINTS)),
    )  # fmt: skip


def _extensions(rest: list[_Element]) -> Iterator[tuple[bytes, bytes]]:
    seen: set[bytes] = set()
    for field in rest:
        if field.tag != 0xA3:
            continue
        for extension in _children(_one(field.content, _SEQUENCE)):
            parts = _children(extension)
            if parts[0].content in seen or parts[-1].tag != _OCTETS:
                raise ValueError("an extension twice, or none")
            seen.add(parts[0].content)
            yield parts[0].content, parts[-1].content


def _uris(extension: bytes | None) -> Iterator[str]:
    if extension is not None:
        for name in _children(_one(extension, _SEQUENCE)):
            if name.tag == 0x86:
                yield name.content.decode("ascii")


def _for_clients(extension: bytes | None) -> bool:
    if extension is None:
        return True
    purposes = {purpose.content for purpose in _children(_one(extension, _SEQUENCE))}
    return _CLIENT_AUTH in purposes or _ANY_USAGE in purposes


def _is_authority(extension: bytes | None) -> bool:
    if extension is None:
        return False
    parts = _children(_one(extension, _SEQUENCE))
    return bool(parts) and parts[0].tag == _BOOLEAN and parts[0].content != b"\x00"


def _time(element: _Element) -> int:
    """UTCTime or GeneralizedTime in seconds, both ending in Z (RFC 5280 section 4.1.2.5)."""
    text = element.content.decode("ascii")
    if element.tag == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif element.tag != 0x18:
        raise ValueError("no time")
    if len(text) != 15 or not text[:14].isdigit() or text[14] != "Z":
        raise ValueError("no time")
    year, *rest = (int(text[start:end]) for start, end in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14)))
    month, day, hour, minute, second = rest
    return int(datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.UTC).timestamp())


def _key(public: _Element) -> RsaKey | EcKey:
    algorithm, bits = _children(public)
    names = _children(algorithm)
    if bits.tag != _BITS or bits.content[0] != 0:
        raise ValueError("no public key")
    if names[0].content == _RSA:
        n, e = (int.from_bytes(part.content) for part in _children(_one(bits.content[1:], _SEQUENCE)))
        return rsa_key(n, e)
    point = bits.content[1:]
    if names[0].content == _EC and names[1].content == _P256 and len(point) == 65 and point[0] == 4:
        return ec_key(int.from_bytes(point[1:33]), int.from_bytes(point[33:]))
    raise ValueError("an unknown kind of key")
