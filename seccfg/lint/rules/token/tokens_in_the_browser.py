"""TOKEN015."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import AuthorizationCode, Spec

RULE = Rule(
    id="TOKEN015",
    name="tokens-in-the-browser",
    severity="note",
    why=(
        "A public client that a browser runs holds its tokens where scripts can read them. A server of its own "
        "that keeps them and gives the browser a `http_only` cookie takes that away."
    ),
    fix=(
        "Give the application a back end that signs in as a confidential client and keeps the session in a "
        "cookie (`sessions.cookie`); or accept that every script on the page has the tokens."
    ),
    refs=("https://datatracker.ietf.org/doc/html/draft-ietf-oauth-browser-based-apps", "CWE-922"),
    needs=("clients.*.public",),
    confidence="low",
    bad=(
        "clients: {web: {flow: authorization_code, tokens: users, client_id: web, public: true, pkce: S256, "
        "redirect_uris: [https://app.example.com/callback], authorization_url: https://id.example.com/authorize, "
        "token_url: https://id.example.com/token}}"
    ),
    good=(
        "clients: {app: {flow: authorization_code, tokens: users, client_id: app, public: true, pkce: S256, "
        "redirect_uris: ['com.example.app:/callback'], authorization_url: https://id.example.com/authorize, "
        "token_url: https://id.example.com/token}}"
    ),
)


@RULE.check
def browsers_hold_no_tokens(spec: Spec) -> Iterator[Hit]:
    if spec.sessions is not None and spec.sessions.cookie is not None:
        return
    for name, client in (spec.clients or {}).items():
        if not isinstance(client, AuthorizationCode) or not client.public:
            continue
        if any(uri.lower().startswith("https:") for uri in client.redirect_uris):
            yield Hit(("clients", name, "public"), f"the browser that runs `{name}` holds its tokens")
