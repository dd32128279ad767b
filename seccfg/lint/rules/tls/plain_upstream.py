"""TLS007."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.addresses import host_of, is_private
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS007",
    name="plain-upstream",
    severity="warning",
    why=(
        "Requests leave the gateway unencrypted for a host the public network reaches, with whatever they carry "
        "and whoever made them."
    ),
    fix="Use `https` for the upstream, or an address of this machine or of the private network.",
    refs=("CWE-319", "OWASP-API-2023:API8", "PCI-DSS-4.0.1:4.2.1"),
    confidence="medium",
    bad="upstreams: {main: {url: http://notes.example.com}}",
    good="upstreams: {main: {url: https://notes.example.com}}",
)


@RULE.check
def services_are_reached_by_tls(spec: Spec) -> Iterator[Hit]:
    for name, upstream in spec.upstreams.items():
        host = host_of(upstream.url)
        if upstream.url.startswith("http:") and not is_private(host):
            yield Hit(("upstreams", name, "url"), f"requests go to `{host}` unencrypted")
