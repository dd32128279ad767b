"""Small makers of C# text in the subset of policy expressions: literals, lists, blocks of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from seccfg.expr.regex import Regex
from seccfg.expr.regex_print import print_regex
from seccfg.ir.policy import Cidr
from seccfg.targetapi.escape import policy_string

__all__ = [
    "both", "either", "flag", "indented", "ints", "is_match", "number", "pattern", "policy_string", "texts", "within",
]


def texts(values: Iterable[str]) -> str:
    """An array of texts."""
    inner = ", ".join(policy_string(value) for value in values)
    return f"new string[] {{ {inner} }}" if inner else "new string[0]"


def ints(values: Iterable[int]) -> str:
    """An array of numbers."""
    inner = ", ".join(str(value) for value in values)
    return f"new int[] {{ {inner} }}" if inner else "new int[0]"


def flag(value: bool) -> str:
    return "true" if value else "false"


def number(value: float) -> str:
    """A number as a `double`, compared with others."""
    if isinstance(value, int):
        return f"{value}D"
    text = repr(value)
    return f"{text}D"


@lru_cache(maxsize=2048)
def pattern(regex: Regex) -> str:
    """A pattern as a text for `Regex`."""
    return policy_string(print_regex(regex, "dotnet"))


def is_match(subject: str, regex: Regex, expect: bool = True) -> str:
    """That the search for the pattern finds something is *expect*; *subject* is not null."""
    return f"{'' if expect else '!'}Regex.IsMatch({subject}, {pattern(regex)})"


def both(items: Sequence[str]) -> str:
    """All of them."""
    return _joined(items, " && ", "true")


def either(items: Sequence[str]) -> str:
    """Some of them."""
    return _joined(items, " || ", "false")


def _joined(items: Sequence[str], word: str, none: str) -> str:
    return f"({word.join(items)})" if len(items) > 1 else items[0] if items else none


def within(blocks: Sequence[Cidr], family: str, low4: str, high: str, low: str) -> str:
    """That the address held in these four variables is in some block."""
    return either([_block(block, family, low4, high, low) for block in blocks])


def _block(block: Cidr, family: str, low4: str, high: str, low: str) -> str:
    if block.family == 4:
        return _masked(f"{family} == 4", ((low4, block.network, block.bits, 32, "U"),))
    halves = (
        (high, block.network >> 64, min(block.bits, 64), 64, "UL"),
        (low, block.network & (2**64 - 1), max(block.bits - 64, 0), 64, "UL"),
    )
    return _masked(f"{family} == 6", halves)


def _masked(first: str, words: Iterable[tuple[str, int, int, int, str]]) -> str:
    forms = [first]
    for name, network, bits, width, suffix in words:
        if bits:
            mask = (2**width - 1) ^ (2 ** (width - bits) - 1)
            forms.append(f"({name} & {mask}{suffix}) == {network & mask}{suffix}")
    return both(forms)


def indented(lines: Iterable[str]) -> list[str]:
    """One level deeper."""
    return [f"    {line}" for line in lines]
