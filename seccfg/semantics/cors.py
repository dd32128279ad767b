"""Step 6: preflights, answered here (204), and the CORS headers of every other answer.

A preflight is OPTIONS with one `Origin` and one `Access-Control-Request-Method`, where the route of that method on
this path has a CORS profile. Everything the browser asks for must be allowed, or no `Access-Control-*` header is sent
at all. Empty elements of `Access-Control-Request-Headers` are skipped (RFC 9110 section 5.6.1); names are compared
without case.

CORS headers are sent once a route is matched: refusals of the steps up to `route` in the policy's order carry none,
nor does 405. An `Origin` given twice, or `null`, is never allowed, `*` included.
"""

from __future__ import annotations

from seccfg.ir.policy import Cors, HostCors
from seccfg.semantics.case import Case, Preflighted
from seccfg.semantics.origins import allowed_origin

__all__ = ["check", "host_headers", "is_preflight", "response_headers"]

Headers = tuple[tuple[str, str], ...]


def is_preflight(method: str, headers: dict[str, list[str]]) -> bool:
    """Asks like a preflight; whether it is one depends on the route of the method it asks about."""
    return (
        method == "OPTIONS"
        and len(headers.get("origin", ())) == 1
        and "," not in headers["origin"][0]  # two lines that a server joined
        and len(headers.get("access-control-request-method", ())) == 1
    )


def check(case: Case) -> Preflighted | None:
    """Answer a preflight; anything else goes on. A host that answers every OPTIONS alike does so here."""
    if case.request.method == "OPTIONS" and case.template is not None:
        fixed = case.compiled.preflights.get(case.template.text)
        if fixed is not None:
            return Preflighted(fixed)
    host = case.compiled.policy.host.cors
    if host is not None:
        asks = "origin" in case.headers and "access-control-request-method" in case.headers
        if not asks or case.request.method != "OPTIONS":
            return None
        return Preflighted(host_headers(host, host.preflight, case))
    if not case.preflight or case.view is None or case.view.cors is None:
        return None
    return Preflighted(_answer(case.view.cors, case))


def _answer(cors: Cors, case: Case) -> Headers:
    headers = case.headers
    origin = _origin(cors, case, headers["origin"])
    if not origin or headers["access-control-request-method"][0] not in cors.methods:
        return ()
    asked = ",".join(headers.get("access-control-request-headers", ())).lower().split(",")
    allowed = {name.lower() for name in cors.headers}
    if not all(name in allowed for name in (part.strip(" \t") for part in asked) if name):
        return ()
    answer = [("access-control-allow-origin", origin), ("access-control-allow-methods", ", ".join(cors.methods))]
    if cors.headers:
        answer.append(("access-control-allow-headers", ", ".join(cors.headers)))
    if cors.credentials:
        answer.append(("access-control-allow-credentials", "true"))
    if cors.max_age_s is not None:
        answer.append(("access-control-max-age", str(cors.max_age_s)))
    return tuple(answer)


def host_headers(host: HostCors, headers: Headers, case: Case) -> Headers:
    """Those of *headers* that a host gives whoever asks."""
    if not host.origins:
        return headers
    lines = case.headers.get("origin", [])
    if len(lines) != 1 or lines[0] not in host.origins:
        return ()
    return (("access-control-allow-origin", lines[0]), *headers)


def _origin(cors: Cors, case: Case, sent: list[str]) -> str:
    """The origin to allow; a host that compares without case echoes what was sent."""
    if not case.compiled.policy.host.any_case_origins or len(sent) != 1:
        return allowed_origin(cors, sent)
    if cors.any_origin:
        return "*"
    return sent[0] if allowed_origin(cors, [sent[0].lower()]) else ""


def response_headers(cors: Cors, case: Case) -> Headers:
    """CORS headers of an answer that is no preflight, without `Vary`."""
    lines = case.headers.get("origin")
    origin = _origin(cors, case, lines) if lines is not None else ""
    if not origin:
        return ()
    answer = [("access-control-allow-origin", origin)]
    if cors.credentials:
        answer.append(("access-control-allow-credentials", "true"))
    if cors.expose:
        answer.append(("access-control-expose-headers", ", ".join(cors.expose)))
    return tuple(answer)
