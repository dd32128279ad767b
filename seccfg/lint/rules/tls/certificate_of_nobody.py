"""TLS016."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.sample_certificates import CURRENT
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS016",
    name="certificate-of-nobody",
    severity="note",
    why=(
        "Certificates end on a day known years before, and services still stop on that day because nobody had it to do."
    ),
    fix="Give each certificate an `owner` and `renew_before`.",
    refs=("NIST-SP-1800-16", "OWASP-API-2023:API9"),
    needs=("tls.certificates",),
    bad="tls: {certificates: [{host: notes.example.com, file: keys/current.pem}]}",
    good=(
        "tls: {certificates: [{host: notes.example.com, file: keys/current.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    beside=(("keys/current.pem", CURRENT),),
)


@RULE.check
def certificates_have_owners(spec: Spec) -> Iterator[Hit]:
    for index, certificate in enumerate((spec.tls.certificates if spec.tls is not None else None) or ()):
        missing = [key for key in ("owner", "renew_before") if getattr(certificate, key) is None]
        if missing:
            yield Hit(
                ("tls", "certificates", index, "host"), f"the certificate of `{certificate.host}` has no `{missing[0]}`"
            )
