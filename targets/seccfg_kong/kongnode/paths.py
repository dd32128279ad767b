"""What Kong makes of a request target before it looks for a route, and what it sends on."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["escaped", "normalised"]

_RESERVED: Final = frozenset(b"!*'();:@&=+$,/?%#[]")
_ENCODED: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_SENT_PLAIN: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!*'();:@&=+$,/?%#[]"
)


def normalised(path: bytes) -> bytes:
    """Percent-decoded but for reserved marks, without dot segments, slashes merged."""

    def decoded(found: re.Match[bytes]) -> bytes:
        code = int(found[1], 16)
        return b"%" + found[1].upper() if code in _RESERVED else bytes([code])

    path = re.sub(rb"/{2,}", b"/", _ENCODED.sub(decoded, path))
    kept: list[bytes] = []
    parts = path.split(b"/")
    for part in parts[1:]:
        if part == b"..":
            if kept:
                kept.pop()
        elif part != b".":
            kept.append(part)
    slash = parts[-1] in (b".", b"..") and kept
    return b"/" + b"/".join(kept) + (b"/" if slash and kept[-1] != b"" else b"")


def escaped(path: bytes) -> bytes:
    """What is no plain mark of a path as `%XX`; what is encoded already stays."""
    return b"".join(bytes([byte]) if byte in _SENT_PLAIN else b"%%%02X" % byte for byte in path)
