"""Step 2: the service the request is for. `Host` without its port, in ASCII lower case, is one of `service.hosts`
(404).

No `Host` line at all is 400. More than one was refused by step 1; where another order puts this step first, it is 400
too.
"""

from __future__ import annotations

import re

from seccfg.ir.policy import CertVerifier
from seccfg.semantics.case import Case, Headers, Refusal
from seccfg.semantics.certificates import is_issued

__all__ = ["check", "host_name", "host_of"]

_HOST = re.compile(r"(.*?)(?::[0-9]*)?", re.DOTALL)
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def host_of(case: Case) -> str | None:
    """The host asked for, as it is compared; None when there is not exactly one `Host` line."""
    return host_name(case.headers)


def host_name(headers: Headers) -> str | None:
    """The same of a request's headers."""
    lines = headers.get("host", ())
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
    if host in (case.compiled.policy.host.certificate_hosts or ()) and not _shook_hands(case):
        return Refusal("invalid_certificate", "the handshake ends without a certificate its authority issued")
    return None


def _shook_hands(case: Case) -> bool:
    """A client certificate that some method's authority issued, whoever it names."""
    pem, now_s = case.request.certificate, case.request.now_s
    verifiers = case.compiled.verifiers.values()
    return pem != "" and any(is_issued(v, pem, now_s) for v in verifiers if isinstance(v, CertVerifier))
