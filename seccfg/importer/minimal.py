"""The smallest spec that is worth having, to start from."""

from __future__ import annotations

from seccfg.importer.layout import SCHEMA_FILE
from seccfg.importer.names import dns_label
from seccfg.importer.print_yaml import Block, Comment, Entry, print_block

__all__ = ["KEY_FILE", "minimal_spec"]

KEY_FILE = "keys/users.jwks.json"
"""The key set the spec names."""
_BLANK = Comment(("",))


def minimal_spec(name: str) -> str:
    """A spec for the API *name*: one issuer, one limit, a public probe, one thing to read and to write."""
    label = dns_label(name, "api")
    users = Block((
        Entry("type", "oidc"),
        Comment(("edit: `iss` of the tokens of your issuer, compared exactly",)),
        Entry("issuer", "https://id.example.com/"),
        Comment(("edit: what the issuer calls this API, `aud` of its tokens",)),
        Entry("audiences", [label]),
        Entry("algorithms", ["RS256"]),
        Comment((f"the issuer's keys: `seccfg keys pin SPEC users` writes {KEY_FILE}",)),
        Entry("jwks", {"file": KEY_FILE}),
    ))  # fmt: skip
    routes = Block((
        Comment(("what no route declares is refused",)),
        Entry("/health", {"get": {"public": True, "reason": "load balancer probe"}}),
        Entry(
            f"/{label}",
            Block((
                Entry("get", {"allow": "authenticated"}),
                Entry("post", {"allow": [{"scopes": [f"{label}.write"]}]}),
            )),
        ),
    ))  # fmt: skip
    return print_block(
        Block((
            Comment((f"yaml-language-server: $schema=./{SCHEMA_FILE}",)),
            Entry("seccfg", 1),
            _BLANK,
            Comment(("edit: the name and the hosts the API is reached by",)),
            Entry("service", {"name": label, "hosts": [f"{label}.example.com"]}),
            Comment(("edit: where the service itself listens",)),
            Entry("upstreams", {"main": {"url": "http://127.0.0.1:8000"}}),
            _BLANK,
            Entry("auth", Block((Entry("users", users),))),
            Entry("rate_limits", {"per-ip": {"limit": 100, "window": "15m", "by": "ip"}}),
            Entry("defaults", {"auth": ["users"], "rate_limits": ["per-ip"]}),
            _BLANK,
            Entry("routes", routes),
        ))
    ).text  # fmt: skip
