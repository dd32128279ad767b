"""Step 3: plain http. The scheme is the connection's; across a trusted proxy it is what `X-Forwarded-Proto` says.

From a trusted proxy that sends the header, only exactly one line saying `https` (in any case) is TLS. A redirect
needs a host of the service and a well-formed path, which steps 1 and 2 saw to; in an order that puts this step before
them, a request without either is refused. A credential is anything in a place some method of the spec owns, and any
`Authorization`.
"""

from __future__ import annotations

from seccfg.semantics.address import peer_is_trusted
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.host import host_of
from seccfg.semantics.places import presented

__all__ = ["at_the_door", "check", "is_tls"]


def is_tls(case: Case) -> bool:
    """The client's own connection was encrypted."""
    forwarded = case.headers.get("x-forwarded-proto")
    if forwarded is not None and peer_is_trusted(case):
        return len(forwarded) == 1 and forwarded[0].lower() == "https"
    return case.request.scheme == "https"


def at_the_door(case: Case) -> Refusal | None:
    """Refuse a connection nothing listens for, where `Policy.host` says so."""
    host = case.compiled.policy.host
    if host.door and host.https_only and case.request.scheme == "http":
        return Refusal("plain_http", "nothing listens for plain http", status=403)
    return None


def check(case: Case) -> Refusal | None:
    """Redirect or refuse plain http."""
    if case.compiled.policy.host.https_only and case.request.scheme == "http":
        return Refusal("plain_http", "nothing listens for plain http")
    if is_tls(case):
        return None
    transport = case.settings.transport
    if transport.plain_http == "allow":
        return None
    host = host_of(case)
    if (
        transport.plain_http == "redirect"
        and case.request.method in ("GET", "HEAD")
        and host in case.compiled.hosts
        and not case.target.problem
        and not _carries_credential(case)
    ):
        location = f"https://{host}{case.target.path}{case.target.query_text}"
        return Refusal("plain_http", "plain http is redirected", (("location", location),), 308)
    return Refusal("plain_http", "plain http is refused")


def _carries_credential(case: Case) -> bool:
    if "authorization" in case.headers:
        return True
    return any(presented(case, place) for place in case.compiled.places)
