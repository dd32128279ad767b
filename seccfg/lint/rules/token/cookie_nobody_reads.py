"""TOKEN014."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import cookies
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN014",
    name="cookie-nobody-reads",
    severity="warning",
    why=(
        "The session cookie is set under one name and no auth method looks for it there, so its protection "
        "covers a cookie that decides nothing."
    ),
    fix="Use the same name in `sessions.cookie.name` and in `in: {cookie: ...}` of the auth method.",
    refs=("CWE-1287",),
    needs=("sessions.cookie",),
    bad=(
        "auth: {users: {in: [bearer, {cookie: __Host-sid}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "sessions: {cookie: {name: __Host-session}}"
    ),
    good=(
        "auth: {users: {in: [bearer, {cookie: __Host-session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "sessions: {cookie: {name: __Host-session}}"
    ),
)


@RULE.check
def the_cookie_set_is_the_cookie_read(spec: Spec) -> Iterator[Hit]:
    cookie = spec.sessions.cookie if spec.sessions is not None else None
    if cookie is not None and cookie.name not in {name for _, name in cookies(spec)}:
        yield Hit(("sessions", "cookie", "name"), f"no auth method reads the cookie `{cookie.name}`")
