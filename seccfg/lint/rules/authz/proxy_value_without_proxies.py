"""AUTHZ023."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ023",
    name="proxy-value-without-proxies",
    severity="warning",
    why=(
        "The attribute is taken from trusted proxies only and the spec trusts none, so it is missing from every "
        "request: grants that need it let nobody in."
    ),
    fix="List your proxies in `network.trusted_proxies`.",
    refs=("CWE-348",),
    needs=("attributes",),
    bad=(
        "attributes: {resource: {region: {type: string, from: {header: X-Region}, trust: proxy}}}\n"
        "conditions: {eu: resource.region == 'eu'}\n"
        "routes: {/notes: {get: {allow: [{if: [eu]}]}}}"
    ),
    good=(
        "network: {trusted_proxies: [10.0.0.0/8]}\n"
        "attributes: {resource: {region: {type: string, from: {header: X-Region}, trust: proxy}}}\n"
        "conditions: {eu: resource.region == 'eu'}\n"
        "routes: {/notes: {get: {allow: [{if: [eu]}]}}}"
    ),
)


@RULE.check
def proxies_are_named(spec: Spec) -> Iterator[Hit]:
    if spec.attributes is None or (spec.network is not None and spec.network.trusted_proxies):
        return
    for side, declared in (("resource", spec.attributes.resource), ("request", spec.attributes.request)):
        for name, attribute in (declared or {}).items():
            if attribute.trust == "proxy":
                yield Hit(
                    ("attributes", side, name, "trust"),
                    f"`{side}.{name}` is missing from every request: no proxy is trusted",
                )
