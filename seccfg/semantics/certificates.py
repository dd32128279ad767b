"""Client certificates: issued by the method's authority, valid now, exactly one URI SAN that fits (RFC 5280).

Every refusal here is `invalid_certificate` (401). The chain is checked by cryptography's verifier for TLS clients; of
several PEM blocks the first is the client's and the others may complete its chain.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from functools import lru_cache

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from seccfg.ir.policy import CertVerifier, SanLiteral
from seccfg.record import Record
from seccfg.semantics.case import Refusal
from seccfg.semantics.principal import Principal, closure

__all__ = ["Identity", "is_issued", "judge_certificate", "principal_of"]


class Identity(Record):
    """The SAN that fits, and what its captures hold."""

    san: str
    captures: tuple[tuple[str, str], ...]


def judge_certificate(verifier: CertVerifier, pem: str, now_s: int) -> Identity | Refusal:
    """Who the certificate of a handshake is for."""
    problem = _chain_problem(verifier.ca_pem, pem, now_s)
    if problem:
        return _invalid(problem)
    pattern = _pattern(verifier)
    fitting = [match for uri in _uris(pem) if (match := pattern.fullmatch(uri)) is not None]
    if len(fitting) != 1:
        return _invalid("not exactly one URI of the certificate fits")
    names = [part.capture for part in verifier.san if not isinstance(part, SanLiteral)]
    captures = zip(names, fitting[0].groups(), strict=True)
    return Identity(fitting[0].group(), tuple((name, text) for name, text in captures if name))


def is_issued(verifier: CertVerifier, pem: str, now_s: int) -> bool:
    """The certificate was issued by the method's authority and is valid now, whatever it names."""
    return not _chain_problem(verifier.ca_pem, pem, now_s)


@lru_cache(maxsize=256)
def _pattern(verifier: CertVerifier) -> re.Pattern[str]:
    return re.compile("".join(re.escape(p.text) if isinstance(p, SanLiteral) else "([^/]+)" for p in verifier.san))


@lru_cache(maxsize=1024)
def _certificates(pem: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM text; none when it holds no certificate."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem.encode("utf-8")))
    except ValueError:
        return ()


@lru_cache(maxsize=1024)
def _uris(pem: str) -> tuple[str, ...]:
    try:
        names = _certificates(pem)[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return tuple(names.value.get_values_for_type(x509.UniformResourceIdentifier))
    except (x509.ExtensionNotFound, ValueError):
        return ()


@lru_cache(maxsize=4096)
def _chain_problem(authority: str, pem: str, now_s: int) -> str:
    """Why the chain does not hold at that second; empty when it does."""
    roots, sent = _certificates(authority), _certificates(pem)
    if not roots or not sent:
        return "the certificate cannot be read"
    when = datetime.datetime.fromtimestamp(now_s, datetime.UTC).replace(tzinfo=None)
    try:
        PolicyBuilder().store(Store(list(roots))).time(when).build_client_verifier().verify(sent[0], list(sent[1:]))
    except (VerificationError, ValueError):
        return "the certificate was not issued by the authority or is not valid now"
    return ""


def principal_of(verifier: CertVerifier, identity: Identity, roles: Mapping[str, tuple[str, ...]]) -> Principal:
    """What an accepted certificate says; the SAN is its subject."""
    given = (role for role in verifier.roles if role in verifier.asserts)
    attributes = dict(identity.captures)
    return Principal(f"cert:{identity.san}", verifier.name, identity.san, closure(roles, given), (), "", attributes)


def _invalid(message: str) -> Refusal:
    return Refusal("invalid_certificate", message)
