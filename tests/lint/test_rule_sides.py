"""Both sides of rules that judge by more than one thing: what fires besides the example, and what must not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.findings import Finding

Lint = Callable[..., tuple[Finding, ...]]

ATTRIBUTES = (
    "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, "
    "request: {hour: {type: integer, from: {clock: hour_utc}}}}\n"
    "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
)


ASKED = (
    "auth: {o: {type: introspection, issuer: https://i.example/, audiences: [n], endpoint: https://10.0.0.5/, "
    "client_id: n, secret: {env: S}}}"
)
TEAMS = ATTRIBUTES + "conditions: {red: principal.team == 'red', blue: principal.team == 'blue'}\n"


def condition(text: str, grant: str = "[{if: [c]}]") -> str:
    return f"{ATTRIBUTES}conditions: {{c: '{text}'}}\nroutes: {{/notes: {{get: {{allow: {grant}}}}}}}"


def body(schema: str) -> str:
    return f"routes: {{/notes: {{post: {{body: {{schema: {schema}}}}}}}}}"

def device(said: str) -> str:
    return (
        "clients: {kiosk: {flow: device_code, tokens: users, client_id: kiosk, device_authorization_url: "
        f"https://id.example.com/device, token_url: https://id.example.com/token, device: {{{said}}}}}}}"
    )


SIDES = [
    # every way a rule of several has to fire
    ("AUTH005", ASKED, 1),
    ("AUTH005", "auth: {o: {type: oidc, issuer: https://10.0.0.5/, audiences: [n], algorithms: [RS256]}}", 1),
    ("AUTHZ011", TEAMS + "routes: {/notes: {get: {require: [red], forbid: [blue]}}}", 1),
    ("AUTHZ011", TEAMS + "routes: {/notes: {get: {forbid: [blue]}}}", 0),
    ("AUTH018", device("interval: 4s"), 1),
    ("AUTH018", device("interval: 5s, code_lifetime: 30m, user_code_attempts: 10"), 0),
    ("AUTH018", device("user_code_attempts: 11"), 1),
    ("AUTHZ001", "routes: {/notes: {post: {allow: [{auth: [users]}]}}}", 1),
    ("AUTHZ018", "roles: {a: {permissions: [p.x]}, b: {inherits: [a]}, c: {inherits: [b, a]}}", 1),
    ("CORS001", "cors: {web: {origins: ['*'], credentials: true}}\ndefaults: {cors: web}", 1),
    ("INPUT001", "routes: {/notes: {body: {max: 11MiB}}}", 1),
    ("INPUT001", "routes: {/notes: {post: {body: {max: 11MiB}}}}", 1),
    ("INPUT012", "routes: {'/links/{token}': {get: {allow: authenticated, params: {token: {maxLength: 9}}}}}", 1),
    ("LIMIT002", "rate_limits: {per-ip: {count: auth.failed}}", 1),
    ("TLS001", "tls: {hsts: {max_age: 365d, include_subdomains: false, preload: true}}", 1),
    ("TOKEN001", "auth: {users: {max_token_age: 25h}}", 1),
    ("TOKEN001", "auth: {users: {max_token_age: 24h}}", 0),
    # conditions: what the clock can say counts, a guard is no idle comparison, absence matters where it lets in
    ("AUTHZ006", condition("request.hour == 24"), 1),
    ("AUTHZ006", condition("request.hour == 23"), 0),
    ("AUTHZ007", condition("request.hour < 24"), 1),
    ("AUTHZ007", condition("has(principal.team)"), 0),
    ("AUTHZ010", condition('has(principal.team) && principal.team == "red"'), 0),
    ("AUTHZ010", condition('principal.team == "red" || principal.team in ["red", "blue"]'), 1),
    ("AUTHZ010", condition("request.hour >= 7 && request.hour < 19"), 0),
    ("AUTHZ013", condition("!has(principal.team) || principal.level > 3"), 1),
    ("AUTHZ013", condition('has(principal.team) && principal.team != "red"'), 0),
    ("AUTHZ013", condition('principal.level > 3 || (has(principal.team) && principal.team == "red")'), 0),
    ("AUTHZ008", condition("principal.level > 5", "[{if: [c], auth: [users]}]"), 0),
    # grants: the wider one may be wider by its condition only; other methods are other people
    ("AUTHZ009", condition("principal.level > 5", "[{if: [c]}, {if: [c], scopes: [a]}]"), 1),
    ("AUTHZ009", condition("principal.level > 5", "[{if: [c]}, {scopes: [a]}]"), 0),
    ("AUTHZ019", "routes: {/notes: {put: {allow: [{permissions: [notes.read], roles: [r]}]}}}\n"
     "roles: {r: {permissions: [notes.read]}}", 0),
    ("AUTHZ016", "routes: {/administrators: {get: {allow: authenticated}}}", 0),
    ("AUTHZ016", "routes: {/internal/x: {get: {public: true, reason: r}}}", 1),
    # bodies: closed by either word, by a reference, or open on purpose for a map of values
    ("INPUT002", body("{type: object, unevaluatedProperties: false, properties: {a: {enum: [x]}}}"), 0),
    ("INPUT002", body("{type: object, properties: {a: {enum: [x]}}, "
          "additionalProperties: {type: integer, minimum: 0, maximum: 9}}"), 0),
    ("INPUT002", body("{type: array, maxItems: 3, items: {type: object, properties: {a: {enum: [x]}}}}"), 1),
    ("INPUT003", body("{type: object, additionalProperties: false, properties: {a: {$ref: '#/$defs/t'}}, "
          "$defs: {t: {type: string}}}"), 1),
    ("INPUT005", body("{type: object, additionalProperties: false, properties: {a: {type: number, minimum: 0}}}"), 1),
    ("INPUT007", "routes: {/notes: {get: {query: {q: {maxLength: 9, pattern: '(a|a)*b'}}}}}", 1),
    ("INPUT007", "routes: {/notes: {get: {query: {q: {maxLength: 9, pattern: '[a-z]+@[a-z]+'}}}}}", 0),
    ("INPUT012", "routes: {/notes: {get: {query: {continuation_token: {maxLength: 9}}}}}", 0),
    ("INPUT012", "routes: {'/reset/{token}': {get: {public: true, reason: mail}}}", 1),
    ("INPUT014", "routes: {/notes: {get: {query: {curl: {maxLength: 9}}}}}", 0),
    # addresses
    ("AUTH005", "auth: {users: {jwks: {url: https://keys.cluster.local/x}}}", 1),
    ("AUTH005", "auth: {users: {jwks: {url: https://www.googleapis.com/oauth2/v3/certs}}}", 0),
    ("TLS007", "upstreams: {main: {url: http://notes.svc}}", 0),
    ("TLS007", "upstreams: {main: {url: 'http://[2001:db8::1]'}}", 1),
    ("TLS009", "network: {trusted_proxies: ['::/0', 10.0.0.0/8]}", 1),
    ("TLS010", "network: {trusted_proxies: [10.0.0.0/8, 172.16.0.0/12, 198.51.100.0/24]}", 0),
    ("TLS005", "tls: {ciphers: [TLS_CHACHA20_POLY1305_SHA256, ECDHE-ECDSA-AES256-GCM-SHA384]}", 0),
    ("TLS005", "tls: {ciphers: [ECDHE-RSA-AES128-SHA, DES-CBC3-SHA, AES256-GCM-SHA384]}", 3),
    ("CORS003", "cors: {web: {origins: ['https://*.example.com']}}\ndefaults: {cors: web}", 0),
    # limits: windows that do not nest may each run out first
    ("LIMIT007", "rate_limits: {per-ip: {limit: 100, window: 15m}, b: {limit: 100, window: 7m, by: ip}}\n"
     "routes: {/notes: {get: {rate_limits: [b]}}}", 0),
    ("LIMIT006", "roles: {r: {permissions: [p]}}\nauth: {users: {claims: {roles: roles}}}\n"
     "rate_limits: {per-user: {limit: 5, window: 1m, by: principal, tiers: {r: 6}}}\n"
     "routes: {/notes: {get: {allow: [{roles: [r]}], rate_limits: [per-user]}}}", 0),
    # sessions and answers
    ("TOKEN005", "sessions: {access_ttl: 2h, refresh: {ttl: 1h}, absolute_ttl: 1h}", 1),
    ("TOKEN010", "auth: {users: {max_token_age: 4s}}\nsessions: {revocation: {not_before: true}}", 1),
    ("DATA206", "headers: {set: {Content-Security-Policy: \"default-src 'self'; img-src *\"}}", 0),
    ("DATA206", "headers: {set: {Content-Security-Policy: \"script-src 'self' https:\"}}", 1),
    ("DATA205", "errors: {status: {rate_limited: 503}}", 1),
    ("AUDIT003", "routes: {/notes: {get: {data: [personal]}}}", 0),
    ("REF109", "environments: {dev: {errors: {details: shown}}}", 0),
    ("REF108", "environments: {dev: {rate_limits: {per-ip: {limit: 9000}}}}", 0),
    ("REF108", "environments: {live: {cors: {web: {origins: ['*']}}}}\ncors: {web: {origins: [https://a.example.com]}}\n"
     "defaults: {cors: web}", 1),
]  # fmt: skip


@pytest.mark.parametrize("rule, fragment, hits", SIDES, ids=lambda value: str(value)[:60] if isinstance(value, str) else None)
def test_both_sides(lint: Lint, on_minimal: Callable[[str], str], rule: str, fragment: str, hits: int) -> None:
    """A rule that fires where nothing is wrong is worse than none."""
    assert len([finding for finding in lint(on_minimal(fragment)) if finding.rule == rule]) == hits
