"""Certificates in the files a spec names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from seccfg.record import Record
from seccfg.spec.loader import Mtls

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from seccfg.findings import SpecPath
    from seccfg.lint.model import Context
    from seccfg.spec.loader import Spec

__all__ = ["Found", "found_certificates"]


class Found(Record):
    """The certificates of one file, none when it cannot be read or holds none. `kind`: what the spec names it as."""

    at: SpecPath
    file: str
    kind: Literal["server", "authority"]
    host: str
    """Of a server certificate."""
    renew_before: str
    certificates: tuple[Certificate, ...]


_read: list[tuple[Spec, tuple[Found, ...]]] = []


def found_certificates(spec: Spec, context: Context) -> tuple[Found, ...]:
    """Every certificate file of *spec*; those of the spec that was asked for last are kept."""
    if not _read or _read[0][0] is not spec:
        _read[:] = [(spec, tuple(_found(spec, context)))]
    return _read[0][1]


def _found(spec: Spec, context: Context) -> Iterator[Found]:
    for index, entry in enumerate((spec.tls.certificates if spec.tls is not None else None) or ()):
        inside = _certificates(context.read(entry.file) or b"")
        at: SpecPath = ("tls", "certificates", index, "file")
        yield Found(at, entry.file, "server", entry.host, entry.renew_before or "30d", inside)
    for name, method in (spec.auth or {}).items():
        if isinstance(method, Mtls) and method.ca.file is not None:
            inside = _certificates(context.read(method.ca.file) or b"")
            yield Found(("auth", name, "ca", "file"), method.ca.file, "authority", "", "30d", inside)


def _certificates(data: bytes) -> tuple[Certificate, ...]:
    if b"-----BEGIN CERTIFICATE-----" not in data:
        return ()
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return tuple(load_pem_x509_certificates(data))
    except ValueError:
        return ()
