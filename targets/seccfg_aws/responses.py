"""Gateway responses: what API Gateway says by itself, and how it words what the function decided."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from seccfg.targetapi.escape import json_text
from seccfg_aws.edges import hsts_value
from seccfg_aws.plan import AwsPlan

__all__ = ["edge_headers", "gateway_responses", "refusal_body"]

_PLAIN: Final = "plain"
_TOLD: Final = "told"
_CONTEXT: Final = (
    ("Vary", "vary"), ("Access-Control-Allow-Origin", "allow_origin"),
    ("Access-Control-Allow-Credentials", "allow_credentials"), ("Access-Control-Expose-Headers", "expose_headers"),
    ("Strict-Transport-Security", "transport_security"),
)  # fmt: skip
"""Headers that differ by request, with the key of the authorizer's context that holds each."""


def gateway_responses(plan: AwsPlan) -> dict[str, dict[str, Any]]:
    """
    Properties by response type.

    No type inherits anything, so each repeats the headers of every answer. Types that come after the function's answer take
    from its context what differs by request; the others say nothing of the request.
    """
    status = plan.status
    told: dict[str, tuple[int, str]] = {
        "ACCESS_DENIED": (status.denied, "$context.authorizer.reason"),
        "INVALID_API_KEY": (status.limited, "$context.authorizer.reason"),
        "BAD_REQUEST_BODY": (status.body, "invalid_input"),
        "INTEGRATION_FAILURE": (502, "unavailable"),
        "INTEGRATION_TIMEOUT": (504, "unavailable"),
        "UNSUPPORTED_MEDIA_TYPE": (415, "media_type"),
        "THROTTLED": (429, "rate_limited"),
        "QUOTA_EXCEEDED": (429, "rate_limited"),
    }
    plain: dict[str, tuple[int, str]] = {
        "MISSING_AUTHENTICATION_TOKEN": (status.missing, ""),
        "RESOURCE_NOT_FOUND": (status.missing, "no_route"),
        "AUTHORIZER_FAILURE": (status.unavailable, ""),
        "AUTHORIZER_CONFIGURATION_ERROR": (status.unavailable, ""),
        "API_CONFIGURATION_ERROR": (500, "internal"),
        "BAD_REQUEST_PARAMETERS": (400, "invalid_input"),
        "WAF_FILTERED": (403, "forbidden"),
        "INVALID_SIGNATURE": (403, "forbidden"),
        "EXPIRED_TOKEN": (403, "forbidden"),
    }
    found = {kind: _response(plan, kind, code, reason, _TOLD) for kind, (code, reason) in told.items()}
    found |= {kind: _response(plan, kind, code, reason, _PLAIN) for kind, (code, reason) in plain.items()}
    found["UNAUTHORIZED"] = _response(plan, "UNAUTHORIZED", status.unauthorized, "", _PLAIN)
    return found


def _response(plan: AwsPlan, kind: str, code: int, reason: str, form: str) -> dict[str, Any]:
    json_type = "application/problem+json" if plan.errors.format == "problem+json" else "application/json"
    headers = {"Content-Type": _static(json_type), plan.errors.correlation_header: "context.requestId"}
    headers |= {name: _static(value) for name, value in plan.headers.set}
    if not any(name.lower() == "cache-control" for name, _ in plan.headers.set):
        headers["Cache-Control"] = _static("no-store")
    if form == _TOLD and plan.native.rules is not None:
        headers |= {name: _static(value) for name, value in _fixed(plan)}
    elif form == _TOLD:
        headers |= {name: f"context.authorizer.{key}" for name, key in _CONTEXT}
    elif hsts_value(plan.headers.hsts):
        headers["Strict-Transport-Security"] = _static(hsts_value(plan.headers.hsts))
    if kind == "ACCESS_DENIED" and plan.native.rules is None:
        headers["WWW-Authenticate"] = "context.authorizer.challenge"
    if kind in ("INVALID_API_KEY",):
        headers["Retry-After"] = "context.authorizer.retry_after"
    elif kind in ("THROTTLED", "QUOTA_EXCEEDED"):
        headers["Retry-After"] = _static("1")
    if kind == "UNAUTHORIZED":
        headers |= {name: _static(value) for name, value in plan.fixed}
    elif kind in ("AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"):
        headers |= {name: _static(value) for name, value in plan.fixed if name != "www-authenticate"}
    return {
        "RestApiId": {"Ref": "RestApi"},
        "ResponseType": kind,
        "StatusCode": str(code),
        "ResponseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()},
        "ResponseTemplates": {"application/json": _body(code, reason)},
    }


def edge_headers(plan: AwsPlan) -> tuple[tuple[str, str], ...]:
    """Headers of what is refused before API Gateway sees it, the content type aside."""
    every = dict(plan.headers.set)
    if not any(name.lower() == "cache-control" for name in every):
        every["Cache-Control"] = "no-store"
    return (*every.items(), *_fixed(plan))


def _fixed(plan: AwsPlan) -> tuple[tuple[str, str], ...]:
    """Headers of every refusal that are the same whoever asks, the challenge aside."""
    hsts = hsts_value(plan.headers.hsts)
    kept = tuple((name, value) for name, value in plan.fixed if name != "www-authenticate")
    return (*((("Strict-Transport-Security", hsts),) if hsts else ()), *kept)


def refusal_body(code: int, reason: str) -> str:
    """The shape of refusals where nothing of the request can be put into it."""
    return json_text({"type": "about:blank", "title": _title(code), "status": code, "reason": reason})


def _title(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Refused"


def _static(value: str) -> str:
    """A value that is none of the request: API Gateway wants it in quotes of its own."""
    return f"'{value}'"


def _body(code: int, reason: str) -> str:
    """The one shape of refusals. Only names of reasons and the id of the request are put into it."""
    title = _title(code)
    said = f', "reason": "{reason}"' if reason else ""
    return f'{{"type": "about:blank", "title": "{title}", "status": {code}{said}, "id": "$context.requestId"}}'
