"""TLS017."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.addresses import is_private
from seccfg.lint.model import Hit, Rule
from seccfg.lint.sample_certificates import CURRENT
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS017",
    name="host-without-certificate",
    severity="note",
    why=(
        "The spec lists certificates, and none for this host: it is renewed by nobody the spec knows of, or "
        "served with a certificate of another name."
    ),
    fix="List the host's certificate too.",
    refs=("OWASP-API-2023:API9",),
    needs=("tls.certificates",),
    confidence="medium",
    bad=(
        "service: {hosts: [notes.example.com, api.example.com]}\n"
        "tls: {certificates: [{host: notes.example.com, file: keys/current.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    good=(
        "tls: {certificates: [{host: notes.example.com, file: keys/current.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    beside=(("keys/current.pem", CURRENT),),
)


@RULE.check
def every_host_has_one(spec: Spec) -> Iterator[Hit]:
    certificates = (spec.tls.certificates if spec.tls is not None else None) or ()
    named = {certificate.host for certificate in certificates}
    for index, host in enumerate(spec.service.hosts if named else ()):
        if host not in named and not is_private(host):
            yield Hit(("service", "hosts", index), f"no certificate is listed for `{host}`")
