"""AUDIT001."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import AuthMethod, Mtls, Spec

RULE = Rule(
    id="AUDIT001",
    name="credential-not-redacted",
    severity="warning",
    why=(
        "A credential in the audit trail is one more copy to steal: logs are kept for months and read by many. "
        "`redact` names some headers and leaves out one that carries a credential."
    ),
    fix=(
        "Add the header to `audit.redact` (`Cookie` for cookies), or leave `redact` out: then every credential "
        "place is redacted."
    ),
    refs=("CWE-532", "PCI-DSS-4.0.1:8.3.2", "GDPR:32(1)(a)"),
    needs=("audit",),
    bad="auth: {users: {in: {header: X-Token}}}\naudit: {redact: [Authorization]}",
    good="auth: {users: {in: {header: X-Token}}}\naudit: {redact: [x-token]}",
)


@RULE.check
def credentials_are_redacted(spec: Spec) -> Iterator[Hit]:
    if spec.audit is None or spec.audit.redact is None:
        return
    redacted = {name.lower() for name in spec.audit.redact}
    missing: dict[str, str] = {}
    for name, method in (spec.auth or {}).items():
        for header in _headers(method):
            if header.lower() not in redacted:
                missing.setdefault(header, name)
    for header, name in missing.items():
        yield Hit(
            ("audit", "redact"),
            f"`redact` lacks `{header}`, which carries the credential of `{name}`",
            related=((("auth", name), "carried by this method"),),
        )


def _headers(method: AuthMethod) -> Iterator[str]:
    """Names of the request headers that carry credentials of *method*."""
    if isinstance(method, Mtls):
        return
    for place in method.in_ if isinstance(method.in_, tuple) else (method.in_,):
        if isinstance(place, str):
            yield "Authorization"
        elif place.header is not None:
            yield place.header
        elif place.cookie is not None:
            yield "Cookie"
