"""Hosts of URLs, and whether the world or only this network or machine reaches them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["host_of", "is_loopback", "is_private", "site_of"]

_HOST: Final = r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)"
_LOOPBACK: Final = r"localhost|.*\.localhost|127(?:\.[0-9]+){3}|\[?::1\]?"
_PRIVATE: Final = (
    r"10(?:\.[0-9]+){3}|192\.168(?:\.[0-9]+){2}|172\.(?:1[6-9]|2[0-9]|3[01])(?:\.[0-9]+){2}|169\.254(?:\.[0-9]+){2}"
    r"|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])(?:\.[0-9]+){2}|\[?f[cd][0-9a-f]{2}:.*|\[?fe[89ab][0-9a-f]:.*"
    r"|[^.:\[\]]+|.*\.(?:internal|local|lan|intranet|home\.arpa|svc|cluster\.local)"
)
"""Blocks of RFC 1918, 3927, 4193, 4291 and 6598, single labels, and names no public resolver answers (RFC 6762, 8375)."""


def host_of(url: str) -> str:
    """Host of a URL or origin in lower case, an IPv6 address in its brackets; empty when it names none."""
    found = re.match(_HOST, url)
    return found[1].lower() if found is not None else ""


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine."""
    return re.fullmatch(_LOOPBACK, host) is not None


def is_private(host: str) -> bool:
    """Whether *host* is this machine, or only reached from inside a network."""
    return is_loopback(host) or re.fullmatch(_PRIVATE, host) is not None


def site_of(host: str) -> str:
    """The last two labels of a name, an address whole: near enough to tell whose host it is."""
    if host.startswith("[") or host.replace(".", "").isdigit():
        return host
    return ".".join(host.split(".")[-2:])
