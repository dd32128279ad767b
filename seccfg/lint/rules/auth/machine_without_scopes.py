"""AUTH016."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import ClientCredentials, Spec

RULE = Rule(
    id="AUTH016",
    name="machine-without-scopes",
    severity="note",
    why=(
        "Without a list the issuer gives the client every scope it is registered for, and nobody reading this "
        "spec knows which."
    ),
    fix="List in `scopes` what the client needs.",
    refs=("RFC6749:3.3", "RFC9700:2.3", "CWE-272"),
    needs=("clients.*.flow=client_credentials",),
    confidence="medium",
    bad=(
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: nightly, token_url: "
        "https://id.example.com/token, secret: {env: S}, owner: team-notes@example.com}}"
    ),
    good=(
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: nightly, token_url: "
        "https://id.example.com/token, secret: {env: S}, scopes: [notes.read], owner: team-notes@example.com}}"
    ),
)


@RULE.check
def machines_name_scopes(spec: Spec) -> Iterator[Hit]:
    for name, client in (spec.clients or {}).items():
        if isinstance(client, ClientCredentials) and client.scopes is None:
            yield Hit(("clients", name), f"`{name}` does not say which scopes it asks for", key=True)
