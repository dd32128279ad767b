"""TOKEN006."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN006",
    name="readable-cookie",
    severity="error",
    why=(
        "A script that gets onto the page, through one library or one unescaped text, reads the cookie and takes "
        "the session elsewhere."
    ),
    fix="Leave `http_only` out or set it to `true`.",
    refs=("CWE-1004", "OWASP-ASVS-4.0.3:3.4.2"),
    needs=("sessions.cookie",),
    bad=(
        "auth: {users: {in: [bearer, {cookie: __Host-session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "sessions: {cookie: {name: __Host-session, http_only: false}}"
    ),
    good=(
        "auth: {users: {in: [bearer, {cookie: __Host-session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "sessions: {cookie: {name: __Host-session}}"
    ),
)


@RULE.check
def scripts_cannot_read_cookies(spec: Spec) -> Iterator[Hit]:
    cookie = spec.sessions.cookie if spec.sessions is not None else None
    if cookie is not None and not cookie.http_only:
        yield Hit(("sessions", "cookie", "http_only"), f"scripts can read the session cookie `{cookie.name}`")
