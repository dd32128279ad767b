"""CORS005."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import takes_cookie
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="CORS005",
    name="csrf-header-not-allowed",
    severity="warning",
    why=(
        "A request with a cookie credential needs the CSRF header, and the browser does not send one the profile "
        "leaves out: every write from these pages is refused, and somebody will switch the protection off to "
        "make it work."
    ),
    fix="Add the CSRF header (`sessions.csrf.header`, else `X-CSRF-Token`) to `headers` of the profile.",
    refs=("CWE-352", "https://fetch.spec.whatwg.org/#http-cors-protocol"),
    needs=("cors.*.credentials",),
    bad=(
        "auth: {users: {in: [bearer, {cookie: __Host-session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "cors: {web: {origins: [https://app.example.com], credentials: true, headers: [Content-Type]}}\n"
        "defaults: {cors: web}"
    ),
    good=(
        "auth: {users: {in: [bearer, {cookie: __Host-session}]}}\n"
        "tls: {hsts: {max_age: 365d}}\n"
        "cors: {web: {origins: [https://app.example.com], credentials: true, headers: [Content-Type, "
        "X-CSRF-Token]}}\n"
        "defaults: {cors: web}"
    ),
)


@RULE.check
def pages_can_send_the_header(spec: Spec) -> Iterator[Hit]:
    if not any(takes_cookie(method) for method in (spec.auth or {}).values()):
        return
    csrf = spec.sessions.csrf if spec.sessions is not None else None
    header = csrf.header if csrf is not None else "X-CSRF-Token"
    for name, profile in (spec.cors or {}).items():
        if profile.credentials and header.lower() not in {h.lower() for h in profile.headers or ()}:
            yield Hit(("cors", name), f"pages of `{name}` may send cookies and not the header `{header}`", key=True)
