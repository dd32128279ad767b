"""TLS011."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.certificates import found_certificates
from seccfg.lint.model import Context, Hit, Rule
from seccfg.lint.sample_certificates import CURRENT, EXPIRED
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS011",
    name="expired-certificate",
    severity="error",
    why=(
        "Clients refuse an expired server certificate, or are told to accept it and then accept any; "
        "certificates of an expired authority let nobody in."
    ),
    fix="Put the renewed certificate into the file.",
    refs=("CWE-298", "RFC5280:4.1.2.5"),
    needs=("tls.certificates", "auth.*.ca.file"),
    bad=(
        "tls: {certificates: [{host: notes.example.com, file: keys/expired.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    good=(
        "tls: {certificates: [{host: notes.example.com, file: keys/current.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    beside=(
        ("keys/expired.pem", EXPIRED),
        ("keys/current.pem", CURRENT),
    ),
)


@RULE.check_in_context
def certificates_are_current(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in found_certificates(spec, context):
        for certificate in found.certificates:
            end = certificate.not_valid_after_utc.date().isoformat()
            if end < context.today:
                yield Hit(found.at, f"the certificate in `{found.file}` ended on {end}")
