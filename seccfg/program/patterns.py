"""The patterns of fixed checks, in the subset every target prints (`seccfg.expr.regex`)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from seccfg.expr.regex import Regex, parse_regex
from seccfg.ir.policy import Origin

__all__ = [
    "ANY_ORIGIN", "BAD_ENCODING", "CUT_ENCODING", "DOT_SEGMENT", "DOT_SEGMENT_LAST", "JSON_SUFFIX", "LENGTH",
    "VISIBLE", "WEBSOCKET", "WELL_FORMED_PATH", "compiled", "one_label_origin", "own_origin",
]

_HEX = "[0-9A-Fa-f]"
_TAIL = "%[89ABab][0-9A-Fa-f]"
_PLAIN = r"[!\"$\&'()*+,:<=>@A-Z\[\]\^_`a-z{|}~.0-9-]"
"""Every visible ASCII character but `#`, `%`, `/`, `;`, `?` and the backslash."""
_ENCODED_ASCII = "%(?:2[0-9A-Ca-c]|3[A-Fa-f]|40|5[BDEbde]|60|7[B-Db-d])"
"""Encoded, neither control character, `/`, backslash nor unreserved (RFC 3986 section 2.3)."""
_ENCODED_UTF8 = (
    rf"%[Cc][2-9A-Fa-f]{_TAIL}|%[Dd]{_HEX}{_TAIL}"
    rf"|%[Ee]0%[ABab]{_HEX}{_TAIL}|%[Ee][1-9A-Ca-cEFef]{_TAIL}{_TAIL}|%[Ee][Dd]%[89]{_HEX}{_TAIL}"
    rf"|%[Ff]0%[9ABab]{_HEX}{_TAIL}{_TAIL}|%[Ff][1-3]{_TAIL}{_TAIL}{_TAIL}|%[Ff]4%8{_HEX}{_TAIL}{_TAIL}"
)
"""Well-formed sequences of two to four bytes (Unicode, table 3-7)."""
_SEGMENT = f"(?:{_PLAIN}|{_ENCODED_ASCII}|{_ENCODED_UTF8})+"

WELL_FORMED_PATH = f"^/(?:{_SEGMENT}(?:/{_SEGMENT})*/?)?$"
DOT_SEGMENT = r"/\.\.?/"
DOT_SEGMENT_LAST = r"/\.\.?$"
VISIBLE = r"^[!\"$-~]+$"
"""ASCII without control characters, space and `#`."""
BAD_ENCODING = r"%(?:[^0-9A-Fa-f]|[0-9A-Fa-f][^0-9A-Fa-f])"
CUT_ENCODING = r"%[0-9A-Fa-f]?$"
LENGTH = "^[0-9]{1,18}$"
WEBSOCKET = "^[Ww][Ee][Bb][Ss][Oo][Cc][Kk][Ee][Tt]$"
JSON_SUFFIX = r"\+json$"
_PORT = "(?::[1-9][0-9]{0,4})?"
ANY_ORIGIN = rf"^[a-z][a-z0-9+.-]*://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+){_PORT}$"


@cache
def compiled(pattern: str) -> Regex:
    """The tree of one of these."""
    return parse_regex(pattern)


def one_label_origin(origin: Origin) -> str:
    """`https://*.example.com`: exactly one more label."""
    port = "" if origin.port is None else f":{origin.port}"
    return f"^{_literal(origin.scheme)}://[a-z0-9-]{{1,63}}{_literal('.' + origin.host + port)}$"


def own_origin(scheme: str, hosts: Iterable[str]) -> str:
    """One of *hosts* under *scheme*, on any port."""
    return f"^{scheme}://(?:{'|'.join(_literal(host) for host in hosts)}){_PORT}$"


def _literal(text: str) -> str:
    return "".join(mark if mark.isalnum() and mark.isascii() else f"\\{mark}" for mark in text)
