"""AUTH014."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Mtls, Spec

RULE = Rule(
    id="AUTH014",
    name="certificate-of-anybody",
    severity="warning",
    why=(
        "The pattern says nothing about who holds the certificate: whoever the certificate authority ever signed "
        "for is let in, for whatever purpose the certificate was issued."
    ),
    fix=(
        "Name the trust domain and at least one fixed part of the path, such as "
        "`spiffe://example.com/ns/payments/sa/*`."
    ),
    refs=("OWASP-API-2023:API2", "RFC5280:4.2.1.6", "CWE-295"),
    needs=("auth.*.type=mtls",),
    bad=(
        "auth: {mesh: {type: mtls, ca: {env: MESH_CA}, san: {uri: 'spiffe://example.com/*/*'}}}\n"
        "routes: {/notes: {get: {auth: [mesh], allow: authenticated}}}"
    ),
    good=(
        "auth: {mesh: {type: mtls, ca: {env: MESH_CA}, san: {uri: 'spiffe://example.com/ns/payments/sa/*'}}}\n"
        "routes: {/notes: {get: {auth: [mesh], allow: authenticated}}}"
    ),
)


@RULE.check
def subjects_are_matched(spec: Spec) -> Iterator[Hit]:
    for name, method in (spec.auth or {}).items():
        if isinstance(method, Mtls):
            authority, *segments = method.san.uri.partition(":")[2].removeprefix("//").split("/")
            fixed = [segment for segment in segments if segment[:1] not in ("", "*", "{")]
            if not authority or (segments and not fixed):
                yield Hit(
                    ("auth", name, "san", "uri"), f"`{method.san.uri}` fits every certificate its authority signs"
                )
