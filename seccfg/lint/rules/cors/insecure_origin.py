"""CORS004."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.addresses import host_of, is_loopback
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="CORS004",
    name="insecure-origin",
    severity="warning",
    why=(
        "A page that came without TLS is whatever the network in between made of it, and it reads the answers as "
        "the listed page would. A loopback origin is any program on the reader's own machine."
    ),
    fix="List `https` origins; keep loopback ones to the overlay of a development environment.",
    refs=("OWASP-API-2023:API8", "CWE-942"),
    needs=("cors",),
    bad=("cors: {web: {origins: ['http://app.example.com']}}\ndefaults: {cors: web}"),
    good=("cors: {web: {origins: [https://app.example.com]}}\ndefaults: {cors: web}"),
)


@RULE.check
def origins_use_tls(spec: Spec) -> Iterator[Hit]:
    for name, profile in (spec.cors or {}).items():
        for index, origin in enumerate(profile.origins):
            if origin.startswith("http:") and not profile.credentials:
                whose = (
                    "any program on the reader's machine"
                    if is_loopback(host_of(origin))
                    else "a page that came without TLS"
                )
                yield Hit(("cors", name, "origins", index), f"`{name}` lets {whose} read answers")
