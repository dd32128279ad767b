"""AUTH003."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Mtls, Spec

RULE = Rule(
    id="AUTH003",
    name="credential-in-query",
    severity="error",
    why=(
        "URLs end up in access logs, browser histories, referrers and monitoring: a credential in the query is "
        "read by everybody who reads those."
    ),
    fix="Carry the credential in `Authorization` (`in: bearer`), another header or a cookie.",
    refs=("OWASP-API-2023:API2", "RFC9700:4.3.2", "CWE-598"),
    needs=("auth",),
    bad="auth: {users: {in: {query: access_token}}}",
    good="auth: {users: {in: {header: X-Access-Token}}}",
)


@RULE.check
def no_credential_in_the_url(spec: Spec) -> Iterator[Hit]:
    for name, method in (spec.auth or {}).items():
        if isinstance(method, Mtls) or isinstance(method.in_, str):
            continue
        listed = isinstance(method.in_, tuple)
        places = method.in_ if isinstance(method.in_, tuple) else (method.in_,)
        for index, place in enumerate(places):
            if not isinstance(place, str) and place.query is not None:
                at = ("auth", name, "in", index, "query") if listed else ("auth", name, "in", "query")
                yield Hit(at, f"`{name}` takes its credential from the query parameter `{place.query}`")
