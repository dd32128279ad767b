"""TLS015."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.certificates import found_certificates
from seccfg.lint.model import Context, Hit, Rule
from seccfg.lint.sample_certificates import CURRENT
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS015",
    name="certificate-not-there",
    severity="warning",
    why=(
        "The file is missing or holds no certificate in PEM form, so nobody can say when it ends or whether it "
        "is for this host."
    ),
    fix="Put the certificate, never its key, where the spec says, relative to the spec.",
    refs=("CWE-295",),
    needs=("tls.certificates",),
    bad=(
        "tls: {certificates: [{host: notes.example.com, file: keys/missing.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    good=(
        "tls: {certificates: [{host: notes.example.com, file: keys/current.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    beside=(("keys/current.pem", CURRENT),),
)


@RULE.check_in_context
def certificates_are_there(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in found_certificates(spec, context):
        if found.kind == "server" and not found.certificates:
            yield Hit(found.at, f"`{found.file}` holds no certificate that can be read")
