"""AUTH019."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.addresses import host_of, site_of
from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import AuthorizationCode, Spec

RULE = Rule(
    id="AUTH019",
    name="tokens-from-another-site",
    severity="note",
    why=(
        "The client sends codes and secrets to a site that is not the one whose tokens it is to get. Large "
        "providers do that on purpose; a copied configuration does it by mistake, and hands codes to the wrong "
        "server."
    ),
    fix="Check that the issuer's own metadata (`/.well-known/openid-configuration`) names this URL.",
    refs=("RFC9700:4.4", "RFC8414:2"),
    needs=("clients",),
    confidence="low",
    bad=(
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: nightly, token_url: "
        "https://id.example.net/token, secret: {env: S}, scopes: [notes.read], owner: team-notes@example.com}}"
    ),
    good=(
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: nightly, token_url: "
        "https://id.example.com/token, secret: {env: S}, scopes: [notes.read], owner: team-notes@example.com}}"
    ),
)


@RULE.check
def clients_ask_their_issuer(spec: Spec) -> Iterator[Hit]:
    issuers = {name: method.issuer for name, method in token_methods(spec)}
    for name, client in (spec.clients or {}).items():
        own = site_of(host_of(issuers.get(client.tokens, "")))
        urls = [("token_url", client.token_url)]
        if isinstance(client, AuthorizationCode):
            urls.append(("authorization_url", client.authorization_url))
        for key, url in urls:
            if own and site_of(host_of(url)) != own:
                yield Hit(
                    ("clients", name, key),
                    f"`{host_of(url)}` is another site than the issuer of `{client.tokens}`",
                    related=((("auth", client.tokens, "issuer"), "the issuer"),),
                )
