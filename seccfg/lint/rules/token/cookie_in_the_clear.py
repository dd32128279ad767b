"""TOKEN007."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN007",
    name="cookie-in-the-clear",
    severity="error",
    why=(
        "A cookie that is not `secure` goes out with any plain request to the host, and whoever is on the "
        "network reads it."
    ),
    fix="Leave `secure` out or set it to `true`.",
    refs=("CWE-614", "OWASP-ASVS-4.0.3:3.4.1"),
    needs=("sessions.cookie",),
    bad=(
        "auth: {users: {in: [bearer, {cookie: session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "sessions: {cookie: {name: session, secure: false}}"
    ),
    good=(
        "auth: {users: {in: [bearer, {cookie: __Host-session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "sessions: {cookie: {name: __Host-session}}"
    ),
)


@RULE.check
def cookies_keep_to_tls(spec: Spec) -> Iterator[Hit]:
    cookie = spec.sessions.cookie if spec.sessions is not None else None
    if cookie is not None and not cookie.secure:
        yield Hit(("sessions", "cookie", "secure"), f"the session cookie `{cookie.name}` is sent without TLS too")
