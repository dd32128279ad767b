"""Authorities of client certificates as Kong takes them: one entity for each root."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from seccfg.ir.policy import CertVerifier
from seccfg_kong.keys import stable_id
from seccfg_kong.plan import Authority

__all__ = ["authorities_of"]


def authorities_of(service: str, verifier: CertVerifier) -> tuple[Authority, ...]:
    """The roots of *verifier*, by id; none when Kong would refuse one of them, as it does what is no CA."""
    try:
        roots = x509.load_pem_x509_certificates(verifier.ca_pem.encode())
        if not all(root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca for root in roots):
            return ()
    except (x509.ExtensionNotFound, ValueError):
        return ()
    texts = {root.public_bytes(Encoding.PEM).decode("ascii") for root in roots}
    return tuple(sorted((Authority(stable_id(service, "ca", text), text) for text in texts), key=lambda a: a.id))
