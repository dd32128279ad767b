"""AUTH015."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import ClientCredentials, Spec

RULE = Rule(
    id="AUTH015",
    name="machine-without-owner",
    severity="warning",
    why=(
        "A client that acts for itself has no person behind it who notices when it does too much, or is no "
        "longer needed."
    ),
    fix="Say in `owner` which team answers for the client.",
    refs=("OWASP-API-2023:API9", "NIST-SP-800-53:AC-2", "PCI-DSS-4.0.1:7.2.5"),
    needs=("clients.*.flow=client_credentials",),
    bad=(
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: nightly, token_url: "
        "https://id.example.com/token, secret: {env: S}, scopes: [notes.read]}}"
    ),
    good=(
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: nightly, token_url: "
        "https://id.example.com/token, secret: {env: S}, scopes: [notes.read], owner: team-notes@example.com}}"
    ),
)


@RULE.check
def machines_have_owners(spec: Spec) -> Iterator[Hit]:
    for name, client in (spec.clients or {}).items():
        if isinstance(client, ClientCredentials) and client.owner is None:
            yield Hit(("clients", name), f"`{name}` acts for itself and nobody answers for it", key=True)
