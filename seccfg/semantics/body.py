"""Step 8: the body's declared length, its media type, its real length (413, 415), in this order.

A body is present when its declared length is above 0 or when it comes in chunks, however many bytes follow: the type is
judged before anything is read. Several `Content-Type` lines name no type. A body shorter or longer than it declares is
malformed (400).
"""

from __future__ import annotations

from seccfg.ir.request import Request
from seccfg.semantics.case import Case, Headers, Refusal

__all__ = ["check", "declared_length", "essence", "is_json", "is_present"]


def declared_length(request: Request, headers: Headers) -> int | None:
    """What the request says its body's length is; None for a chunked body."""
    lines = headers.get("content-length")
    if lines is not None:
        return int(lines[0]) if lines[0].isascii() and lines[0].isdigit() else None
    return None if is_chunked(request, headers) else len(request.body)


def is_chunked(request: Request, headers: Headers) -> bool:
    """The body came without a declared length."""
    return request.chunked or "transfer-encoding" in headers


def is_present(case: Case) -> bool:
    """There is a body, as far as the head of the request tells."""
    length = declared_length(case.request, case.headers)
    return length is None or length > 0


def essence(headers: Headers) -> str:
    """The media type in lower case without parameters; empty when there is none or more than one line."""
    lines = headers.get("content-type", ())
    return lines[0].partition(";")[0].strip(" \t").lower() if len(lines) == 1 else ""


def is_json(media_type: str) -> bool:
    """`application/json` or a type that says it is JSON (RFC 6839)."""
    return media_type == "application/json" or media_type.endswith("+json")


def check(case: Case) -> Refusal | None:
    """Refuse bodies that are too long or of a type not listed."""
    if case.view is None:
        return None
    limit = case.view.body
    declared = declared_length(case.request, case.headers)
    unseen = case.compiled.policy.host.bodies != "judged"
    if declared is None and unseen:
        return Refusal("body_too_large", "a body without declared length, which nobody measures")
    measured_last = case.compiled.policy.host.measured_last
    if declared is not None and declared > limit.max_bytes and not measured_last:
        return Refusal("body_too_large", f"the body declares more than {limit.max_bytes} bytes")
    if (declared is None or declared > 0) and essence(case.headers) not in limit.content_types:
        return Refusal("media_type", "the body's media type is not accepted")
    real = len(case.request.body)
    if real > limit.max_bytes and not unseen and not measured_last:
        return Refusal("body_too_large", f"the body has more than {limit.max_bytes} bytes")
    if declared is not None and real != declared:
        return Refusal("malformed", "the body's length differs from what it declares")
    if measured_last and max(real, declared or 0) > limit.max_bytes:
        return Refusal("body_too_large", f"the body has more than {limit.max_bytes} bytes")
    return None
