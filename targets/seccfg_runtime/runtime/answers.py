"""What every answer carries: one error shape, security headers, CORS headers, correlation id, and what is taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http import HTTPStatus

from .cors import CorsPlan
from .interface import Answer, Headers, PolicyError
from .model import DEFAULT_STATUS, Errors, Hsts, Reason, ResponseHeaders

_CORS_HEADERS = frozenset({
    b"access-control-allow-origin", b"access-control-allow-credentials", b"access-control-allow-methods",
    b"access-control-allow-headers", b"access-control-expose-headers", b"access-control-max-age",
    b"access-control-allow-private-network",
})  # fmt: skip
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile("[^\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]*")
_HSTS = b"strict-transport-security"
_VARY = (b"vary", b"Origin")
_NO_STORE = (b"cache-control", b"no-store")


def hsts_value(hsts: Hsts) -> bytes:
    """Value of `Strict-Transport-Security`."""
    value = f"max-age={hsts.max_age_s}"
    if hsts.include_subdomains:
        value += "; includeSubDomains"
    if hsts.preload:
        value += "; preload"
    return value.encode("ascii")


class Surface:
    """
    How the answers on one route, or at the edge, are completed.

    Args:
        challenge: Scheme of `WWW-Authenticate`; empty: 401 carries none.
        realm: The service's name.
    """

    def __init__(
        self, headers: ResponseHeaders, errors: Errors, cors: CorsPlan | None = None, challenge: str = "",
        realm: str = "",
    ) -> None:  # fmt: skip
        self.cors = cors
        self.hidden = errors.details == "hidden"
        self._errors = errors
        self._status: dict[Reason, int] = {**DEFAULT_STATUS, **dict(errors.status)}
        wrong = [reason for reason, status in errors.status if not 400 <= status <= 599]
        if wrong:
            raise PolicyError(f"`errors.status` of {wrong[0]} is no error status")
        self._correlation = _field(errors.correlation_header, "")[0]
        self._over_http: Headers = [_field(name, value) for name, value in headers.set]
        hsts = [(_HSTS, hsts_value(headers.hsts))] if headers.hsts is not None else []
        self._over_tls: Headers = [*self._over_http, *hsts]
        vary = [] if cors is None else [_VARY]
        self._added_over_http = [*self._over_http, *vary]
        self._added_over_tls = [*self._over_tls, *vary]
        replaced = {name for name, _ in self._over_tls} | {name.lower().encode("latin-1") for name in headers.remove}
        self._replaced = frozenset(replaced | _CORS_HEADERS | {self._correlation})
        self._own_cache_control = any(name == b"cache-control" for name, _ in self._over_http)
        form = "application/problem+json" if errors.format == "problem+json" else "application/json"
        self._content_type = (b"content-type", form.encode("ascii"))
        self._challenges = _challenges(challenge, realm)
        self._bodies: dict[tuple[int, Reason], bytes] = {}

    def status(self, reason: Reason) -> int:
        """The status *reason* is answered with."""
        return self._status[reason]

    def complete(
        self, headers: Sequence[tuple[bytes, bytes]], ident: str, tls: bool, origin: Sequence[bytes]
    ) -> Headers:
        """
        An upstream's response headers with ours added, replaced and removed.

        Args:
            ident: Correlation id.
            tls: Whether the client's own connection is encrypted.
            origin: The request's `Origin` lines.
        """
        replaced = self._replaced
        out = [pair for pair in headers if pair[0].lower() not in replaced] if headers else []
        out += self._added_over_tls if tls else self._added_over_http
        out.append((self._correlation, ident.encode()))
        if origin and self.cors is not None:
            out += self.cors.answer(origin)
        return out

    def refusal(
        self, reason: Reason, ident: str, tls: bool, *, extra: Headers, cors: Headers | None, message: str = "",
        status: int = 0,
    ) -> Answer:  # fmt: skip
        """
        The answer to a request that goes no further.

        Args:
            extra: Headers of this refusal alone: `Allow`, `Retry-After`, `Location`.
            cors: CORS headers, without `Vary`; None before a route was matched.
            message: Shown only where the policy says `details: shown`.
            status: Instead of the reason's own.
        """
        code = status or self._status[reason]
        headers = [self._content_type, *(self._over_tls if tls else self._over_http), *extra]
        challenge = self._challenges.get((code, reason))
        if challenge is not None:
            headers.append(challenge)
        if not self._own_cache_control:
            headers.append(_NO_STORE)
        headers.append((self._correlation, ident.encode("ascii")))
        if cors is not None and self.cors is not None:
            headers.append(_VARY)
            headers += cors
        return Answer(code, headers, self._body(code, reason, ident, message), reason, ident)

    def preflight(self, ident: str, tls: bool, cors: Headers) -> Answer:
        """The answer to a preflight: 204, `Vary` and the CORS headers *cors*."""
        own = self._over_tls if tls else self._over_http
        headers = [*own, (self._correlation, ident.encode("ascii")), _VARY, *cors]
        return Answer(204, headers, b"", "preflight", ident)

    def _body(self, code: int, reason: Reason, ident: str, message: str) -> bytes:
        if message and not self.hidden:
            return json.dumps({**_problem(code, reason), "id": ident, "detail": message}).encode("ascii")
        start = self._bodies.get((code, reason))
        if start is None:
            start = json.dumps(_problem(code, reason)).encode("ascii")[:-1] + b', "id": "'
            self._bodies[(code, reason)] = start
        return start + ident.encode("ascii") + b'"}'


def _problem(code: int, reason: Reason) -> dict[str, object]:
    try:
        title = HTTPStatus(code).phrase
    except ValueError:
        title = "Refused"
    return {"type": "about:blank", "title": title, "status": code, "reason": reason}


def _challenges(scheme: str, realm: str) -> dict[tuple[int, Reason], tuple[bytes, bytes]]:
    """`WWW-Authenticate` by status and reason."""
    if not scheme:
        return {}

    def challenge(error: str) -> tuple[bytes, bytes]:
        quoted = realm.replace("\\", "\\\\").replace('"', '\\"')
        value = f'{scheme} realm="{quoted}"' + (f', error="{error}"' if error else "")
        return b"www-authenticate", value.encode("ascii", "replace")

    found: dict[tuple[int, Reason], tuple[bytes, bytes]] = {
        (403, "insufficient_scope"): challenge("insufficient_scope"),
        (401, "no_credential"): challenge(""),
    }
    reasons: tuple[Reason, ...] = (
        "several_credentials", "invalid_token", "invalid_key", "invalid_certificate", "revoked",
    )  # fmt: skip
    found.update({(401, reason): challenge("invalid_token") for reason in reasons})
    return found


def _field(name: str, value: str) -> tuple[bytes, bytes]:
    """A header of the policy; PolicyError when no answer could carry it."""
    if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
        raise PolicyError(f"`{_printable(name)}` or its value cannot be sent as a header")
    return name.lower().encode("ascii"), value.encode("latin-1")


def _printable(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode("ascii")
