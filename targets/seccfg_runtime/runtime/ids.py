"""Correlation ids: unique, short, cheap. They name a request in logs and answers and protect nothing."""

from __future__ import annotations

import os
from itertools import count

_numbers = count()
_start = ""


def _renew() -> None:
    """Every process has a start of its own."""
    global _start
    _start = f"{os.urandom(8).hex()}-"


def new_id() -> str:
    """The process's start and a number."""
    return f"{_start}{next(_numbers)}"


_renew()
os.register_at_fork(after_in_child=_renew)
