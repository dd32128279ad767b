"""TLS012."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from seccfg.lint.certificates import found_certificates
from seccfg.lint.model import Context, Hit, Rule
from seccfg.lint.sample_certificates import CURRENT, ENDING
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="TLS012",
    name="certificate-ends-soon",
    severity="warning",
    why=(
        "The certificate ends within the time the spec sets for renewing it (`renew_before`, 30 days where it "
        "says nothing): it should have been renewed by now."
    ),
    fix="Renew it now, and find out why that did not happen by itself.",
    refs=("CWE-298", "NIST-SP-800-57:5.3"),
    needs=("tls.certificates", "auth.*.ca.file"),
    bad=(
        "tls: {certificates: [{host: notes.example.com, file: keys/ending.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    good=(
        "tls: {certificates: [{host: notes.example.com, file: keys/current.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    beside=(
        ("keys/ending.pem", ENDING),
        ("keys/current.pem", CURRENT),
    ),
)


@RULE.check_in_context
def certificates_are_renewed(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in found_certificates(spec, context):
        for certificate in found.certificates:
            end = certificate.not_valid_after_utc.date()
            renew = end - timedelta(seconds=duration_s(found.renew_before))
            if renew.isoformat() <= context.today <= end.isoformat():
                yield Hit(found.at, f"the certificate in `{found.file}` ends on {end.isoformat()}")
