"""The `format` names that are checked, as patterns; any other name asserts nothing.

All are matched against the whole text, ASCII only. Dates are real ones of the Gregorian calendar; a date-time has an
offset and no leap second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

_YEAR_FEB_29 = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    r"(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_YEAR_FEB_29}-02-29)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP = r"[0-9A-Fa-f]{1,4}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def _groups(count: int) -> str:
    """That many groups with colons between them."""
    if count < 3:
        return ":".join([_GROUP] * count)
    return rf"{_GROUP}(?::{_GROUP}){{{count - 1}}}"


def _ipv6() -> str:
    """RFC 4291 section 2.2: eight groups, or fewer around one `::`, the last two perhaps as an IPv4 address."""
    tail = rf"(?:{_GROUP}:{_GROUP}|{_IPV4})"
    forms = [rf"(?:{_GROUP}:){{6}}{tail}"]
    for before in range(6):
        middle = rf"(?:{_GROUP}:){{0,{5 - before}}}" if before < 5 else ""
        forms.append(rf"{_groups(before)}::{middle}{tail}")
    forms += (rf"{_groups(before)}::{_GROUP}" for before in range(7))
    forms += (rf"{_groups(before)}::" for before in range(8))
    return "(?:" + "|".join(forms) + ")"


FORMATS: Mapping[str, str] = {
    "uuid": r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    "date": _DATE,
    "date-time": rf"{_DATE}T{_CLOCK}:[0-5][0-9](?:\.[0-9]{{1,9}})?(?:Z|[+-]{_CLOCK})",
    "email": rf"[A-Za-z0-9!#$%\&'*+/=?\^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%\&'*+/=?\^_`{{|}}~-]+)*@{_LABEL}(?:\.{_LABEL})*",
    "ipv4": _IPV4,
    "ipv6": _ipv6(),
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@!$\&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})*",
}


@cache
def _compiled(name: str) -> re.Pattern[str] | None:
    """Compiled when it is first asked for: most policies use one or two."""
    pattern = FORMATS.get(name)
    return None if pattern is None else re.compile(pattern, re.ASCII)


def fits_format(name: str, text: str) -> bool:
    """*text* is of the format; true for names that assert nothing."""
    pattern = _compiled(name)
    return pattern is None or pattern.fullmatch(text) is not None
