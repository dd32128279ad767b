"""TOKEN008."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import cookies
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN008",
    name="cookie-without-prefix",
    severity="note",
    why=(
        "Any host of the same domain, and anybody who can answer a plain request, can set a cookie of this name. "
        "Browsers take one whose name starts with `__Host-` from this host over TLS only."
    ),
    fix="Name the cookie `__Host-session`, or `__Secure-...` where subdomains share it.",
    refs=("RFC6265:8.6", "https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie#cookie_prefixes"),
    needs=("auth.*.in",),
    bad=("auth: {users: {in: [bearer, {cookie: session}]}}\ntls: {hsts: {max_age: 365d}}"),
    good=("auth: {users: {in: [bearer, {cookie: __Host-session}]}}\ntls: {hsts: {max_age: 365d}}"),
)


@RULE.check
def cookies_are_of_this_host(spec: Spec) -> Iterator[Hit]:
    insecure = spec.sessions is not None and spec.sessions.cookie is not None and not spec.sessions.cookie.secure
    for at, name in cookies(spec):
        if not name.startswith(("__Host-", "__Secure-")) and not insecure:
            yield Hit(at, f"other hosts of the domain can set the cookie `{name}`")
