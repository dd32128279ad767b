"""AUTH002."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import AuthorizationCode, Spec

RULE = Rule(
    id="AUTH002",
    name="loose-code-client",
    severity="error",
    why=(
        "An authorization code travels through the browser. Without PKCE `S256`, or with a redirect URI that "
        "others can receive (a wildcard, plain http, a scheme any app may claim), whoever intercepts the code gets "
        "the tokens."
    ),
    fix=(
        "Set `pkce: S256`, and list exact `https` redirect URIs; plain http only for a loopback address, a private "
        "scheme only in reverse-domain form such as `com.example.app:/callback`."
    ),
    refs=("RFC9700:2.1", "RFC7636", "RFC8252:7", "OWASP-API-2023:API2"),
    needs=("clients",),
    bad=(
        "clients: {web: {flow: authorization_code, tokens: users, client_id: web, secret: {env: S}, redirect_uris: "
        "[https://app.example.com/callback], authorization_url: https://id.example.com/authorize, token_url: "
        "https://id.example.com/token}}"
    ),
    good=(
        "clients: {web: {flow: authorization_code, tokens: users, client_id: web, secret: {env: S}, pkce: S256, "
        "redirect_uris: [https://app.example.com/callback, 'http://127.0.0.1/callback', "
        "'com.example.app:/callback'], authorization_url: https://id.example.com/authorize, token_url: "
        "https://id.example.com/token}}"
    ),
)

_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})


@RULE.check
def codes_stay_with_the_client(spec: Spec) -> Iterator[Hit]:
    for name, client in (spec.clients or {}).items():
        if not isinstance(client, AuthorizationCode):
            continue
        if client.pkce is None:
            yield Hit(("clients", name), f"`{name}` gets its tokens by authorization code without PKCE", key=True)
        elif client.pkce != "S256":
            yield Hit(
                ("clients", name, "pkce"), f"`{name}` sends its PKCE verifier in the clear; only `S256` protects a code"
            )
        for index, uri in enumerate(client.redirect_uris):
            problem = _problem(uri)
            if problem:
                yield Hit(("clients", name, "redirect_uris", index), f"the redirect URI of `{name}` {problem}")


def _problem(uri: str) -> str:
    """Why others could receive what is sent to *uri*; empty when they cannot."""
    scheme, _, rest = uri.partition(":")
    scheme = scheme.lower()
    if "*" in uri:
        return "is a pattern; the issuer must compare it exactly"
    if scheme == "https":
        return "" if rest.startswith("//") else "names no host"
    if scheme == "http":
        authority = rest.removeprefix("//").split("/", 1)[0].split("?", 1)[0].lower()
        host = authority[: authority.find("]") + 1] if authority.startswith("[") else authority.split(":", 1)[0]
        return "" if host in _LOOPBACK else "is plain http to a host that is not the loopback"
    return "" if "." in scheme else f"has the scheme `{scheme}`, which any app can claim"
