"""
Key files a spec names, as rules see them.

A run of lint on every save looks at them, so what is fine is recognised by its text; only what looks wrong is parsed.
What does not parse is not judged here: the commands that use the file say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from seccfg.spec.loader import ApiKey, Jwt, Mtls, Oidc

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.lint.model import Context
    from seccfg.spec.loader import Spec

__all__ = ["holds_private_key", "key_sets", "listed", "named_files", "records", "rsa_sizes"]

_MODULUS: Final = rb'"n"\s*:\s*"([A-Za-z0-9_-]*)"'
_LEAST_MODULUS: Final = 341
"""Base64url characters that hold 2048 bits, less one."""
_PRIVATE: Final = rb'-----BEGIN [A-Z ]*PRIVATE KEY-----|"(?:d|p|q|dp|dq|qi|k)"\s*:\s*"'


def key_sets(spec: Spec) -> Iterator[tuple[str, str]]:
    """(auth method, file) of every key set in a file."""
    for name, method in (spec.auth or {}).items():
        if isinstance(method, Oidc | Jwt) and method.jwks is not None and method.jwks.file is not None:
            yield name, method.jwks.file


def named_files(spec: Spec) -> Iterator[tuple[SpecPath, str]]:
    """Key sets, certificate authorities and server certificates, with where the spec names them."""
    for name, file in key_sets(spec):
        yield ("auth", name, "jwks", "file"), file
    for name, method in (spec.auth or {}).items():
        if isinstance(method, Mtls) and method.ca.file is not None:
            yield ("auth", name, "ca", "file"), method.ca.file
    for index, certificate in enumerate((spec.tls.certificates if spec.tls is not None else None) or ()):
        yield ("tls", "certificates", index, "file"), certificate.file


def holds_private_key(data: bytes) -> bool:
    """Whether the text of a key set or PEM file has a private or secret part."""
    return re.search(_PRIVATE, data) is not None


def rsa_sizes(context: Context, file: str) -> Iterator[tuple[str, int]]:
    """(kid, bits) of the RSA keys of a key set that may be short; none where all are long enough."""
    data = context.read(file) or b""
    if all(len(found) > _LEAST_MODULUS for found in re.findall(_MODULUS, data)):
        return
    value = _json(data)
    keys = value.get("keys") if isinstance(value, dict) else None
    for key in keys if isinstance(keys, list) else ():
        if isinstance(key, dict) and key.get("kty") == "RSA" and isinstance(key.get("n"), str):
            yield str(key.get("kid", ""))[:64], _bits(key["n"])


def _bits(text: str) -> int:
    import base64

    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big").bit_length()
    except ValueError:
        return 0


def records(context: Context, method: ApiKey) -> Iterator[tuple[str, dict[str, object]]]:
    """(id, record) of the keys in a method's file; nothing for keys that come from elsewhere."""
    value = _json(context.read(method.keys.file) or b"") if method.keys.file is not None else None
    for record in value if isinstance(value, list) else ():
        if isinstance(record, dict) and isinstance(record.get("id"), str):
            yield record["id"], record


def _json(data: bytes) -> object:
    import json

    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def listed(names: Sequence[str], most: int = 3) -> str:
    """A few names as a message shows them: "`a`, `b` and 3 more"."""
    shown = ", ".join(f"`{name[:64]}`" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
