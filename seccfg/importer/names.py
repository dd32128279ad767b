"""Names of a description as names of a spec: the characters it allows, each name once."""

from __future__ import annotations

import re

__all__ = ["Names", "dns_label", "slug"]


def slug(text: str, longest: int = 48) -> str:
    """Letters, digits, `.`, `_` and `-` of *text*, beginning with a letter or digit; `x` when nothing is left."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:longest]
    return plain.strip("._-") or "x"


def dns_label(text: str, otherwise: str) -> str:
    """*text* as a DNS label in lower case."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    plain = re.sub(r"\A[0-9-]+", "", plain)[:40].strip("-")
    return plain or otherwise


class Names:
    """Gives names out, none twice even where case does not count."""

    def __init__(self, *taken: str) -> None:
        self._taken = {name.casefold() for name in taken}

    def new(self, wanted: str) -> str:
        """*wanted*, or with a number where it is taken."""
        name, number = wanted, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add(name.casefold())
        return name
