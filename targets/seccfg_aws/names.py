"""Logical ids: readable words, each once."""

from __future__ import annotations

import hashlib
import re

__all__ = ["Names"]

_LONGEST = 120


class Names:
    """Gives out logical ids: letters and digits."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, prefix: str, path: str) -> str:
        """An id for *path*; paths that read alike are told apart by a digest."""
        word = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", path)) or "Root"
        name = f"{prefix}{word}"
        if name in self._taken or len(name) > _LONGEST:
            name = f"{name[:_LONGEST]}{hashlib.sha256(path.encode()).hexdigest()[:8]}"
        if name in self._taken:
            raise ValueError(f"two resources called {name}")
        self._taken.add(name)
        return name
