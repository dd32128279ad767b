"""TLS003."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS003",
    name="redirect-without-hsts",
    severity="note",
    why=(
        "Each visit by the plain address starts with a request anybody on the network can answer instead; the "
        "redirect comes too late for that one."
    ),
    fix="Add `tls.hsts: {max_age: 365d}`, or refuse plain requests (`plain_http: refuse`).",
    refs=("RFC6797:7", "CWE-319"),
    needs=("tls.plain_http",),
    bad="tls: {plain_http: redirect}",
    good="tls: {plain_http: redirect, hsts: {max_age: 365d}}",
)


@RULE.check
def redirects_are_remembered(spec: Spec) -> Iterator[Hit]:
    if spec.tls is not None and spec.tls.plain_http == "redirect" and spec.tls.hsts is None:
        yield Hit(("tls", "plain_http"), "plain requests are redirected, and browsers never learn to keep to TLS")
