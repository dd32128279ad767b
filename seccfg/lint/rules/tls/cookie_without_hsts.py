"""TLS004."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import cookies
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS004",
    name="cookie-without-hsts",
    severity="warning",
    why=(
        "A browser that is led to the plain address shows whoever answers there a page in this host's name, "
        "where people sign in. HSTS is what stops it."
    ),
    fix="Add `tls: {hsts: {max_age: 365d, include_subdomains: true}}`.",
    refs=("RFC6797:7", "CWE-319"),
    needs=("auth.*.in",),
    bad="auth: {users: {in: [bearer, {cookie: __Host-session}]}}",
    good=("auth: {users: {in: [bearer, {cookie: __Host-session}]}}\ntls: {hsts: {max_age: 365d}}"),
)


@RULE.check
def browsers_keep_to_tls(spec: Spec) -> Iterator[Hit]:
    if spec.tls is not None and (spec.tls.hsts is not None or spec.tls.plain_http == "redirect"):
        return
    for at, name in cookies(spec):
        yield Hit(at, f"the cookie `{name}` carries a credential and browsers are not told to keep to TLS")
