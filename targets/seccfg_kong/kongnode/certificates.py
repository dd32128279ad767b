"""The mtls-auth plugin of Kong Enterprise (priority 1600), from its documentation: its code is not public and was not run.

Only a configuration without consumers of certificates is modelled: `consumer_by` empty, `default_consumer` set. Another one is an
error of the plugin, as is anything the documentation leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from seccfg_kong.kongnode.config import Configuration, Plugin
from seccfg_kong.kongnode.flow import Flow, KongError

__all__ = ["MtlsAuth"]

_LONGEST: Final = 10
"""Certificates of a chain that are looked at."""


class MtlsAuth:
    """Whose certificate chains up to an authority is the default consumer, everybody else the anonymous one or refused."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def access(self, plugin: Plugin, flow: Flow) -> None:
        config = plugin.config
        if config.get("consumer_by") != [] or config.get("skip_consumer_lookup") or not config.get("default_consumer"):
            raise RuntimeError("mtls-auth: looking up consumers of certificates is not modelled")
        if config.get("anonymous") and flow.credential is not None:
            return
        roots = [certificate for ident in config["ca_certificates"] for certificate in self._authority(str(ident))]
        sent = _read(flow.request.certificate) if flow.request.scheme == "https" else []
        problem = "No required TLS certificate was sent" if not sent else ""
        if sent and not _chains_up(sent[0], sent[1:], roots, flow.request.now):
            problem = "TLS certificate failed verification"
        if problem and not config.get("anonymous"):
            raise KongError(401, problem)
        consumer = self._configuration.consumer(str(config["anonymous"] if problem else config["default_consumer"]))
        if consumer is None:
            raise RuntimeError("mtls-auth: no such consumer")
        flow.authenticate(consumer, None)

    def _authority(self, ident: str) -> Sequence[x509.Certificate]:
        found = self._configuration.authorities.get(ident)
        if found is None:
            raise RuntimeError("mtls-auth: no such CA certificate")
        return _read(found)


def _read(pem: str) -> list[x509.Certificate]:
    try:
        return list(x509.load_pem_x509_certificates(pem.encode())) if pem else []
    except ValueError:
        return []


def _chains_up(
    leaf: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: float
) -> bool:  # fmt: skip
    """Signatures, times and who may issue; not what a certificate is for."""
    moment = datetime.fromtimestamp(now, UTC)
    current = leaf
    for _ in range(_LONGEST):
        if not current.not_valid_before_utc <= moment <= current.not_valid_after_utc:
            return False
        if any(_issued(current, root) and root.not_valid_before_utc <= moment <= root.not_valid_after_utc for root in roots):
            return True
        above = next((other for other in others if other != current and _issued(current, other)), None)
        if above is None:
            return False
        current = above
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, InvalidSignature, TypeError, ValueError):
        return False
    return constraints.ca
