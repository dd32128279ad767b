"""Regular expressions of a description (ECMA-262) as those every target reads alike, or not at all."""

from __future__ import annotations

from seccfg.expr.regex import RegexError, parse_regex
from seccfg.spec import scalars

__all__ = ["searched", "whole"]

_ANYTHING = r"[\s\S]*"


def searched(pattern: str) -> str | None:
    """*pattern* where it is searched for; None when it means something else somewhere."""
    portable = _without_dots(pattern)
    try:
        scalars.parse_regex_text(portable)
        parse_regex(portable)
    except (ValueError, RegexError):
        return None
    return portable


def whole(pattern: str) -> str | None:
    """*pattern* tied to both ends of the text: what it leaves open there is said."""
    portable = _without_dots(pattern)
    try:
        parsed = parse_regex(portable)
        if parsed.starts and parsed.ends:
            return scalars.parse_regex_text(portable)
        inner = portable[1:] if parsed.starts else portable
        inner = inner[:-1] if parsed.ends else inner
        tied = f"^{'' if parsed.starts else _ANYTHING}(?:{inner}){'' if parsed.ends else _ANYTHING}$"
        scalars.parse_regex_text(tied)
        parse_regex(tied)
    except (ValueError, RegexError):
        return None
    return tied


def _without_dots(pattern: str) -> str:
    r"""`.` as the class it stands for: every character but an end of line."""
    printed: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        mark = pattern[at]
        if mark == "\\":
            printed.append(pattern[at : at + 2])
            at += 2
            continue
        if mark == "[" and not in_class:
            in_class = True
        elif mark == "]":
            in_class = False
        printed.append(r"[^\n\r]" if mark == "." and not in_class else mark)
        at += 1
    return "".join(printed)
