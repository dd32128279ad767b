"""What `api: http` makes of the parts of a Policy that only a REST API has: one more gap each, and what holds instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seccfg.ir import policy as ir
from seccfg.record import replace
from seccfg.targetapi.gaps import GapList
from seccfg_aws.http_api import RESERVED
from seccfg_aws.sizes import API_QUOTA
from seccfg_aws.statuses import REASONS

__all__ = ["http_errors", "http_fixed", "http_forward", "http_headers", "http_routes", "http_status", "http_validate"]

_DENIED: Final = 403
_OWN: Final[dict[ir.Reason, int]] = {"no_route": 404, "method": 404, "unavailable": 500, "internal": 500, "preflight": 204}


def http_status() -> tuple[tuple[ir.Reason, int], ...]:
    """An HTTP API's answers where they are not the default ones; sorted."""
    found: dict[ir.Reason, int] = {reason: _OWN.get(reason, _DENIED) for reason in REASONS}
    return tuple(sorted((reason, code) for reason, code in found.items() if code != ir.DEFAULT_STATUS[reason]))


def http_fixed() -> tuple[ir.FixedAnswer, ...]:
    """Every refusal is AWS's own text and carries nothing of ours."""
    return (
        ir.FixedAnswer("plain_http", (), 0, ()),
        ir.FixedAnswer("host", (), 403, ()),
        ir.FixedAnswer("route", (), 404, ()),
        ir.FixedAnswer("method", (), 404, ()),
        ir.FixedAnswer("", ("unavailable", "internal"), 0, ()),
        ir.FixedAnswer("", tuple(r for r in REASONS if r not in _OWN), _DENIED, ()),
    )


def http_errors(errors: ir.Errors, gaps: GapList) -> None:
    """Bodies and headers of refusals."""
    for key, written in (("format", errors.format), ("correlation_header", errors.correlation_header)):
        gaps.approximate(
            ("errors", key), f"errors-{key}".replace("_", "-"), bound='{"message": "..."}', widens=False,
            why=f"an HTTP API words its refusals itself and names the request in apigw-requestid, whatever {written} says",
        )  # fmt: skip


def http_headers(headers: ir.ResponseHeaders, gaps: GapList) -> None:
    """Headers of refusals."""
    if headers.set:
        gaps.unsupported(
            ("headers", "set"), "headers-on-refusals", bound="on no refusal",
            why=f"refusals of an HTTP API carry no header of ours ({', '.join(name for name, _ in headers.set)})",
        )  # fmt: skip
    if headers.hsts is not None:
        gaps.unsupported(
            ("tls", "hsts"), "hsts-on-refusals", bound="on no refusal",
            why="refusals of an HTTP API carry no header of ours (Strict-Transport-Security)",
        )  # fmt: skip


def http_validate(route: ir.Route, control: ir.Validate, gaps: GapList) -> ir.Validate:
    """No validator looks at a body."""
    if control.body_schema:
        gaps.delegated(
            (*route.at, "body", "schema"), "body-schema", to="python", widens=True,
            why="an HTTP API has no validator: a body is judged by its declared length and type alone",
        )  # fmt: skip
    return replace(control, body_schema="", body_required=False)


def http_forward(forward: ir.Forward, gaps: GapList) -> ir.Forward:
    """Headers that no mapping may take away."""
    kept = tuple(header for header in forward.strip if RESERVED.fullmatch(header))
    if "authorization" in kept:
        gaps.unsupported(
            ("forward", "credentials"), "credentials-kept", bound="the upstream sees Authorization", widens=True,
            why="no mapping of an HTTP API may take the header Authorization away: the service sees the client's token and "
            "must neither log it nor hand it on",
        )  # fmt: skip
    return replace(forward, strip=tuple(header for header in forward.strip if header not in kept))


def http_routes(routes: Sequence[ir.Route], gaps: GapList) -> None:
    """How many there may be."""
    needed = len(routes) + len({route.template for route in routes if route.first(ir.Cors) is not None})
    if needed > API_QUOTA:
        gaps.outside(
            ("routes",), "api-quota", bound=f"{needed} routes",
            why=f"the API needs {needed} routes, and AWS allows an account {API_QUOTA} until it is asked for more (Service "
            "Quotas, Amazon API Gateway, routes per API): ask before the stack is applied",
        )  # fmt: skip
