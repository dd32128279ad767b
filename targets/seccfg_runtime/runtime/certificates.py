"""Step 10, client certificates (RFC 5280): issued by the method's authority, valid now, exactly one URI SAN that fits.

Every refusal is `invalid_certificate`. The chain is checked by cryptography's verifier for TLS clients, on every
request for the second it is; what the certificate says is remembered by its bytes.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from .credentials import Refused, Verified, closure
from .interface import PolicyError, Principal
from .memo import Memo
from .model import Attribute, CertVerifier, SanLiteral
from .values import INVALID, from_text

_REMEMBERED = 1024


class _Presented:
    """A certificate whose name fits, and the seconds for which its chain was found good."""

    __slots__ = ("certificates", "chain_checked_s", "verified")

    def __init__(self, certificates: tuple[x509.Certificate, ...], verified: Verified) -> None:
        self.certificates = certificates
        self.verified = verified
        self.chain_checked_s: int | None = None


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
            self._store = Store(x509.load_pem_x509_certificates(verifier.ca_pem.encode("utf-8")))
        except ValueError as error:
            raise PolicyError(f"the authority of method `{verifier.name}` is no PEM certificate") from error
        self._presented: Memo[bytes, _Presented] = Memo(_REMEMBERED)

    def judge(self, data: bytes, now_s: int) -> Verified:
        """
        Whose certificate *data* (PEM or DER; of several PEM blocks the first) is.

        Raises:
            Refused: It cannot be read, was not issued by the authority, is not valid now, or its name does not fit.
        """
        found = self._presented.recall(data)
        if found is None:
            found = self._read(data)
            self._presented.store(data, found)
        if found.chain_checked_s != now_s:
            self._check_chain(found.certificates, now_s)
            found.chain_checked_s = now_s
        return found.verified

    def _check_chain(self, certificates: tuple[x509.Certificate, ...], now_s: int) -> None:
        when = datetime.datetime.fromtimestamp(now_s, datetime.UTC).replace(tzinfo=None)
        try:
            verifier = PolicyBuilder().store(self._store).time(when).build_client_verifier()
            verifier.verify(certificates[0], list(certificates[1:]))
        except (VerificationError, ValueError) as error:
            raise Refused("the certificate was not issued by the authority or is not valid now") from error

    def _read(self, data: bytes) -> _Presented:
        certificates = _load(data)
        try:
            names = certificates[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
            uris = names.value.get_values_for_type(x509.UniformResourceIdentifier)
        except (x509.ExtensionNotFound, ValueError) as error:
            raise Refused("the certificate has no readable alternative names") from error
        fitting = [match for uri in uris if (match := self._pattern.fullmatch(uri)) is not None]
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
        return _Presented(certificates, Verified(principal))

    def _value(self, name: str, text: str) -> object:
        attribute = self._attributes.get(name)
        if attribute is None or attribute.list_of:
            return INVALID
        return from_text(text, attribute.type)


def _load(data: bytes) -> tuple[x509.Certificate, ...]:
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            found = tuple(x509.load_pem_x509_certificates(data))
        else:
            found = (x509.load_der_x509_certificate(data),)
    except ValueError as error:
        raise Refused("the certificate cannot be read") from error
    return found
