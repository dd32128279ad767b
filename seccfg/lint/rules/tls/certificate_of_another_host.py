"""TLS013."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seccfg.lint.certificates import found_certificates
from seccfg.lint.model import Context, Hit, Rule
from seccfg.lint.sample_certificates import CURRENT, OTHER_HOST
from seccfg.spec.loader import Spec

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

RULE = Rule(
    id="TLS013",
    name="certificate-of-another-host",
    severity="error",
    why=(
        "Clients refuse a certificate that does not name the host they asked for; whoever tells them not to look "
        "takes TLS away."
    ),
    fix="Put the certificate of this host into the file, or correct `host`.",
    refs=("CWE-297", "RFC9525:6"),
    needs=("tls.certificates",),
    bad=(
        "tls: {certificates: [{host: notes.example.com, file: keys/other.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    good=(
        "tls: {certificates: [{host: notes.example.com, file: keys/current.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    beside=(
        ("keys/other.pem", OTHER_HOST),
        ("keys/current.pem", CURRENT),
    ),
)


@RULE.check_in_context
def certificates_name_their_host(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in found_certificates(spec, context):
        if found.kind == "server" and found.certificates:
            names = _names(found.certificates[0])
            parent = found.host.partition(".")[2]
            if found.host not in names and f"*.{parent}" not in names:
                shown = f"`{names[0][:80]}`" if names else "no host"
                yield Hit(found.at, f"the certificate in `{found.file}` is for {shown}, not `{found.host}`")


def _names(certificate: Certificate) -> list[str]:
    """The DNS names it is for, in lower case; the common name has not counted for years."""
    from cryptography.x509 import DNSName, ExtensionNotFound, SubjectAlternativeName

    try:
        found = certificate.extensions.get_extension_for_class(SubjectAlternativeName)
    except (ExtensionNotFound, ValueError):
        return []
    return [name.lower().replace("`", "'") for name in found.value.get_values_for_type(DNSName)]
