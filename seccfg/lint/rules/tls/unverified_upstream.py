"""TLS006."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.addresses import host_of
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS006",
    name="unverified-upstream",
    severity="warning",
    why=(
        "Whoever can answer at that address inside the network gets every request, with the caller's identity in "
        "it, and answers in the service's name."
    ),
    fix="Leave `tls` out (it means `verify`), and give the service a certificate the gateway trusts.",
    refs=("CWE-295", "OWASP-API-2023:API8"),
    needs=("upstreams.*.tls",),
    bad="upstreams: {main: {url: https://notes.internal.example.com, tls: insecure}}",
    good="upstreams: {main: {url: https://notes.internal.example.com}}",
)


@RULE.check
def services_are_verified(spec: Spec) -> Iterator[Hit]:
    for name, upstream in spec.upstreams.items():
        if upstream.tls == "insecure":
            yield Hit(("upstreams", name, "tls"), f"the certificate of `{host_of(upstream.url)}` is not verified")
