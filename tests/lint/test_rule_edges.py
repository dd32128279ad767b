"""Edges of single rules that their examples do not show."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.findings import Finding

Lint = Callable[..., tuple[Finding, ...]]
OnMinimal = Callable[[str], str]


def rules(lint: Lint, text: str, rule: str) -> list[str]:
    """Messages of *rule*."""
    return [finding.message for finding in lint(text) if finding.rule == rule]


CODE = (
    "clients: {web: {flow: authorization_code, tokens: users, client_id: web, public: true, %s"
    "authorization_url: https://id.example.com/authorize, token_url: https://id.example.com/token}}"
)


@pytest.mark.parametrize(
    "uri, problem",
    [
        ("https://app.example.com/callback", ""),
        ("http://127.0.0.1:8080/callback", ""),
        ("http://[::1]/callback", ""),
        ("http://localhost:3000/", ""),
        ("com.example.app:/callback", ""),
        ("http://app.example.com/callback", "plain http"),
        ("http://127.0.0.1.example.com/", "plain http"),
        ("http://localhost@example.com/", "plain http"),
        ("HTTP://example.com/", "plain http"),
        ("https://*.example.com/callback", "pattern"),
        ("https:app.example.com", "names no host"),
        ("myapp:/callback", "any app can claim"),
        ("javascript:alert(1)", "any app can claim"),
    ],
)
def test_redirect_uris(lint: Lint, on_minimal: OnMinimal, uri: str, problem: str) -> None:
    """Exact https, a loopback address, or a scheme in reverse-domain form; nothing else keeps a code to its client."""
    found = rules(lint, on_minimal(CODE % f"pkce: S256, redirect_uris: ['{uri}'], "), "AUTH002")
    assert [problem in message for message in found] == ([True] if problem else [])


def test_plain_pkce_protects_nothing(lint: Lint, on_minimal: OnMinimal) -> None:
    """The verifier itself travels with the request."""
    text = on_minimal(CODE % "pkce: plain, redirect_uris: [https://app.example.com/cb], ")
    assert rules(lint, text, "AUTH002") == ["`web` sends its PKCE verifier in the clear; only `S256` protects a code"]


@pytest.mark.parametrize(
    "limits, allowed",
    [
        ("{x: {limit: 1, window: 1s, by: ip}}", True),
        ("{x: {limit: 1, window: 1s, by: ip, count: auth.failed}}", False),
    ],
)
def test_a_limit_that_never_counts_is_none(lint: Lint, on_minimal: OnMinimal, limits: str, allowed: bool) -> None:
    """A public route refuses no credential, so counting refused ones limits nobody."""
    text = on_minimal(f"rate_limits: {limits}\nroutes: {{/open: {{get: {{public: true, reason: r, without: "
                      f"{{rate_limits: [per-ip], reason: r}}, rate_limits: [x]}}}}}}")  # fmt: skip
    assert bool(rules(lint, text, "LIMIT001")) is not allowed


@pytest.mark.parametrize(
    "grant, fires",
    [
        ("authenticated", True),
        ("[{scopes: [a]}]", True),
        ("[{roles: [r]}]", False),
        ("[{permissions: [p]}]", False),
        ("[{if: [own]}]", False),
        ("[{roles: [r]}, {scopes: [a]}]", True),
        ("[{if: [other]}]", True),
    ],
)
def test_objects_without_owner(lint: Lint, on_minimal: OnMinimal, grant: str, fires: bool) -> None:
    """A grant is tied to its object by a condition over `resource`, or by a role that means every object."""
    text = on_minimal(
        "attributes: {resource: {owner: {type: string, from: {path: id}}}}\n"
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {r: {permissions: [p]}}\n"
        "conditions: {own: principal.subject == resource.owner, other: principal.subject != 'x'}\n"
        f"routes: {{'/notes/{{id}}': {{get: {{allow: {grant}}}}}}}"
    )
    assert bool(rules(lint, text, "AUTHZ002")) is fires


@pytest.mark.parametrize(
    "params, fires",
    [
        ("{type: integer, minimum: 1, maximum: 31}", False),
        ("{enum: [open, paid]}", False),
        ("{type: integer, minimum: 1}", True),
        ("{type: integer, minimum: 1, maximum: 100000}", True),
        ("{type: string, format: uuid}", True),
    ],
)
def test_a_few_fixed_values_are_no_objects(lint: Lint, on_minimal: OnMinimal, params: str, fires: bool) -> None:
    """A day or a state in the path names nobody's object."""
    text = on_minimal(f"routes: {{'/days/{{day}}': {{get: {{allow: authenticated, params: {{day: {params}}}}}}}}}")
    assert bool(rules(lint, text, "AUTHZ002")) is fires


def test_a_requirement_of_the_route_ties_every_grant(lint: Lint, on_minimal: OnMinimal) -> None:
    """`require` is ANDed with each of them, wherever it is written."""
    text = on_minimal(
        "attributes: {resource: {owner: {type: string, from: {path: id}}}}\n"
        "conditions: {own: principal.subject == resource.owner}\n"
        "routes: {'/notes/{id}': {require: [own], get: {allow: authenticated}, post: {allow: authenticated}}}"
    )
    assert rules(lint, text, "AUTHZ002") == []
    assert rules(lint, text, "AUTHZ001") == []


def test_a_default_that_lets_anybody_write_is_shown_at_the_route(lint: Lint, on_minimal: OnMinimal) -> None:
    """The finding stands where the route is, and points at the default."""
    text = on_minimal("defaults: {allow: authenticated}\nroutes: {/notes: {put: {upstream: main}}}")
    (finding,) = (finding for finding in lint(text) if finding.rule == "AUTHZ001")
    assert finding.spec_path == ("routes", "/notes", "put")
    assert finding.related[0].label == "allowed here"


def test_reading_is_no_writing(lint: Lint, on_minimal: OnMinimal) -> None:
    """GET, HEAD and OPTIONS change nothing."""
    text = on_minimal(
        "routes: {/x: {get: {allow: authenticated}, head: {allow: authenticated}, options: {allow: authenticated}}}"
    )
    assert rules(lint, text, "AUTHZ001") == []


def test_roles_in_use_are_found_through_inheritance_and_permissions(lint: Lint, on_minimal: OnMinimal) -> None:
    """Used: a role that is asked for, that gives one or a permission that is, or that another role is built on."""
    text = on_minimal(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {base: {permissions: [p]}, top: {inherits: [base]}, lone: {permissions: [q]}, tiered: {}}\n"
        "rate_limits: {t: {limit: 1, window: 1s, by: principal, tiers: {tiered: 5}}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [p]}], rate_limits: [t]}}}"
    )
    assert rules(lint, text, "AUTHZ004") == ["the role `lone` gives nothing that any grant asks for"]


def test_with_several_methods_each_asserts_only_what_it_names(lint: Lint, on_minimal: OnMinimal) -> None:
    """Without `asserts` a second method gives no role at all; an asserted role gives what it inherits."""
    text = on_minimal(
        "auth: {users: {claims: {roles: roles}, asserts: {roles: [top]}}, "
        "keys: {type: api_key, in: {header: X-Key}, keys: {env: KEYS}}}\n"
        "roles: {base: {permissions: [p]}, top: {inherits: [base]}, other: {permissions: [p]}}\n"
        "routes: {/notes: {get: {auth: [users, keys], allow: [{permissions: [p]}]}}}"
    )
    assert rules(lint, text, "AUTHZ005") == ["no auth method may assert the role `other`"]


def test_a_role_no_token_can_carry(lint: Lint, on_minimal: OnMinimal) -> None:
    """A grant asks for it, the only method may assert it, and reads no roles from its tokens."""
    text = on_minimal("roles: {r: {}}\nroutes: {/notes: {get: {allow: [{roles: [r]}]}}}")
    assert rules(lint, text, "AUTHZ005") == [
        "a grant asks for `r`, which `users` may assert, but `claims` says not where tokens carry roles"
    ]


@pytest.mark.parametrize("year, found", [("364d", 1), ("365d", 0), ("8760h", 0), ("8759h", 1)])
def test_preload_asks_for_a_year(lint: Lint, on_minimal: OnMinimal, year: str, found: int) -> None:
    """31536000 seconds, however they are written."""
    text = on_minimal(f"tls: {{hsts: {{max_age: {year}, include_subdomains: true, preload: true}}}}")
    assert len(rules(lint, text, "TLS001")) == found


def test_preload_asks_for_subdomains_too(lint: Lint, on_minimal: OnMinimal) -> None:
    """Both conditions are said at once; without `preload` neither is asked for."""
    assert len(rules(lint, on_minimal("tls: {hsts: {max_age: 1d, preload: true}}"), "TLS001")) == 2
    assert rules(lint, on_minimal("tls: {hsts: {max_age: 1d}}"), "TLS001") == []


@pytest.mark.parametrize(
    "where", ["body: {max: %s}", "routes: {/notes: {body: {max: %s}}}", "routes: {/notes: {post: {body: {max: %s}}}}"]
)
def test_large_bodies_are_found_wherever_they_are_allowed(lint: Lint, on_minimal: OnMinimal, where: str) -> None:
    """For all routes, for a path or for one method; 10 MiB itself is fine."""
    assert len(rules(lint, on_minimal(where % "10241KiB"), "INPUT001")) == 1
    assert rules(lint, on_minimal(where % "10240KiB"), "INPUT001") == []


def test_every_place_of_a_credential_is_looked_for(lint: Lint, on_minimal: OnMinimal) -> None:
    """Header names are compared without case, a cookie is carried by `Cookie`."""
    auth = "auth: {users: {in: [bearer, {cookie: sid}, {header: X-Token}]}}\n"
    assert rules(lint, on_minimal(auth + "audit: {redact: [x-TOKEN]}"), "AUDIT001") == [
        "`redact` lacks `Authorization`, which carries the credential of `users`",
        "`redact` lacks `Cookie`, which carries the credential of `users`",
    ]
    assert rules(lint, on_minimal(auth + "audit: {required: true}"), "AUDIT001") == []


def test_only_credentials_make_an_origin_dangerous(lint: Lint, on_minimal: OnMinimal) -> None:
    """Without them `*` gives away what everybody may read anyway."""
    origins = "['http://a.example.com', 'capacitor://localhost']"
    text = f"cors: {{web: {{origins: {origins}, credentials: %s}}}}\ndefaults: {{cors: web}}"
    assert len(rules(lint, on_minimal(text % "true"), "CORS001")) == 2
    assert rules(lint, on_minimal(text % "false"), "CORS001") == []


def test_one_family_of_keys(lint: Lint, on_minimal: OnMinimal) -> None:
    """RS and PS sign with the same kind of key; EdDSA does not."""
    assert rules(lint, on_minimal("auth: {users: {algorithms: [RS256, PS512]}}"), "AUTH001") == []
    (message,) = rules(lint, on_minimal("auth: {users: {algorithms: [RS256, ES256, EdDSA]}}"), "AUTH001")
    assert "3 families" in message


def test_an_attribute_is_not_found_inside_a_longer_name(lint: Lint, on_minimal: OnMinimal) -> None:
    """`resource.amount` is not read by a condition over `resource.amount_due`."""
    text = on_minimal(
        "attributes: {resource: {amount: {type: integer, from: {body: amount}, trust: caller}, "
        "amount_due: {type: integer, from: route}}}\n"
        "conditions: {small: resource.amount_due <= 5}\n"
        "routes: {/notes: {post: {resource: {amount_due: 1}, allow: [{scopes: [w], if: [small]}]}}}"
    )
    assert rules(lint, text, "AUTHZ003") == []
