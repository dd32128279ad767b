"""
What an unquoted YAML scalar means: the core schema of YAML 1.2, with everything another reader would take for something
else refused instead of guessed.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from seccfg.record import Record

Scalar: TypeAlias = "bool | int | float | str | None"

MAX_INTEGER = 2**53 - 1

_CONSTANTS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_OLD_BOOLEANS = frozenset(
    form for word in ("yes", "no", "on", "off") for form in (word, word.capitalize(), word.upper())
)

# Compiled when first needed: most specs hold no number but plain integers.
_FLOAT = r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_HEX = r"0x[0-9a-fA-F]+"
_NOT_FINITE = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_SEXAGESIMAL = r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
# Leading zeros, 0o17, 0b1, 1_000, a sign before hex: octal, binary or decimal to some readers and text to others.
_ODD_NUMBER = (
    r"[-+]?(?:0o[0-7_]+|0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*)"
)
_LONGEST_NUMBER = 400


class Trap(Record):
    """A scalar that is refused: which load rule it breaks, and what to write instead."""

    rule: str
    message: str
    help: str


TOO_LARGE = Trap(
    "YAML017",
    "an integer outside +-(2^53-1), which not every reader keeps exactly",
    "quote it if it is a name rather than a quantity",
)


def resolve(text: str) -> Scalar | Trap:
    """The value of an unquoted scalar, or why it has none."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return _old_boolean(text) if text in _OLD_BOOLEANS else text
    digits = text[1:] if text[0] in "+-" else text
    if digits.isdecimal() and digits.isascii() and (digits[0] != "0" or digits == "0"):
        if len(digits) > 16 or int(digits) > MAX_INTEGER:
            return TOO_LARGE
        return int(text)
    return _number(text) if _may_be_number(text) else text


def _may_be_number(text: str) -> bool:
    """A quick no for durations, dates, addresses and versions, the usual texts that begin with a digit."""
    if text.count(".") > 1 or (text[0] != "-" and text.count("-") > 1):
        return False
    return not text.strip("0123456789+-._:eE") or text.lstrip("+-")[:2] in ("0x", "0o", "0b", ".i", ".I", ".n", ".N")


def _number(text: str) -> str | int | float | Trap:
    if len(text) <= _LONGEST_NUMBER and re.fullmatch(_FLOAT, text):
        number = float(text)
        return number if number - number == 0 else _not_finite()
    if re.fullmatch(_HEX, text):
        return whole if (whole := int(text, 16)) <= MAX_INTEGER else TOO_LARGE
    if re.fullmatch(_NOT_FINITE, text):
        return _not_finite()
    if re.fullmatch(_SEXAGESIMAL, text):
        return Trap(
            "YAML008",
            "numbers joined by `:` are a base-60 number to some YAML readers and text to others",
            "quote it if it is text; a duration is written `15m`",
        )
    if re.fullmatch(_ODD_NUMBER, text):
        return Trap(
            "YAML007",
            "a number that YAML readers disagree about (leading zero, `0o`, `0b`, `_` or a sign before `0x`)",
            "write a plain decimal number, or quote it if it is text",
        )
    return text


def _not_finite() -> Trap:
    return Trap("YAML016", "a number that is not finite", "write a finite number, or quote it if it is text")


def _old_boolean(text: str) -> Trap:
    return Trap(
        "YAML009",
        f"`{text}` is a boolean to some YAML readers and text to others",
        f'write `true` or `false`, or quote it: `"{text}"`',
    )
