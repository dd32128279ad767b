"""Step 2: the service the request is for. `Host` without its port, in ASCII lower case, is one of `service.hosts`
(404).

No `Host` line at all is 400. More than one was refused by step 1; where another order puts this step first, it is 400
too.
"""

from __future__ import annotations

import re

from seccfg.semantics.case import Case, Refusal

__all__ = ["check", "host_of"]

_HOST = re.compile(r"(.*?)(?::[0-9]*)?", re.DOTALL)
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def host_of(case: Case) -> str | None:
    """The host asked for, as it is compared; None when there is not exactly one `Host` line."""
    lines = case.headers.get("host", ())
    if len(lines) != 1:
        return None
    match = _HOST.fullmatch(lines[0])
    return None if match is None else match[1].translate(_LOWER)


def check(case: Case) -> Refusal | None:
    """Refuse a request for somebody else."""
    host = host_of(case)
    if host is None:
        return Refusal("malformed", "exactly one Host header is needed")
    if host not in case.compiled.hosts:
        return Refusal("wrong_host", "the Host header names no host of this service")
    return None
