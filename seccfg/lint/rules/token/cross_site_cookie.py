"""TOKEN009."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN009",
    name="cross-site-cookie",
    severity="warning",
    why=(
        "With `same_site: none` every page of the web sends the session cookie along with what it makes the "
        "browser ask for; the CSRF header is then all that is left."
    ),
    fix="Use `lax` or `strict`; a page on another site of your own can call through its own server.",
    refs=("CWE-1275", "CWE-352"),
    needs=("sessions.cookie",),
    bad=(
        "auth: {users: {in: [bearer, {cookie: __Host-session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "sessions: {cookie: {name: __Host-session, same_site: none}}"
    ),
    good=(
        "auth: {users: {in: [bearer, {cookie: __Host-session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "sessions: {cookie: {name: __Host-session, same_site: lax}}"
    ),
)


@RULE.check
def cookies_stay_on_the_site(spec: Spec) -> Iterator[Hit]:
    cookie = spec.sessions.cookie if spec.sessions is not None else None
    if cookie is not None and cookie.same_site == "none":
        yield Hit(("sessions", "cookie", "same_site"), f"pages of any site send the session cookie `{cookie.name}`")
