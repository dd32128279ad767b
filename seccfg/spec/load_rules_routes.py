"""The rules the loader refuses a spec by that are about who may do what, and about what a request may hold."""

from __future__ import annotations

from typing import Final

from seccfg.spec.load_rule import LoadRule
from seccfg.spec.load_rule import refusing as _rule

__all__ = ["AUTHORIZATION", "REQUESTS"]

_NO_DEFAULT = """\
seccfg: 1
service: {{name: notes, hosts: [notes.example.com]}}
upstreams: {{main: {{url: 'http://127.0.0.1:8000'}}}}
auth: {{users: {{type: oidc, issuer: 'https://id.example.com/', audiences: [notes], algorithms: [RS256]}}}}
routes: {{/notes: {{get: {}}}}}
"""

AUTHORIZATION: Final[tuple[LoadRule, ...]] = (
    _rule(
        "AUTHZ101",
        "nobody-said-who",
        "A route that says nothing about who may call it is open or closed by accident.",
        "Write `allow`, or `public: true` with a `reason`.",
        "routes: {/notes: {delete: {rate_limits: [per-ip]}}}",
        "routes: {/notes: {delete: {allow: [{scopes: [notes.write]}], rate_limits: [per-ip]}}}",
        "OWASP-API-2023:API5",
    ),
    _rule(
        "AUTHZ102",
        "public-without-reason",
        "Whoever reviews an open route must see why it is open.",
        "Write `reason`.",
        "routes: {/status: {get: {public: true}}}",
        "routes: {/status: {get: {public: true, reason: shown on the status page}}}",
        "OWASP-API-2023:API2",
    ),
    _rule(
        "AUTHZ103",
        "public-and-restricted",
        "Public routes look at no credential, so a restriction beside `public` is never checked.",
        "Take one of the two away; a method below a public path says `public: false`.",
        "routes: {/status: {get: {public: true, reason: shown on the status page, allow: authenticated}}}",
        "routes: {/status: {get: {public: true, reason: shown on the status page}}}",
    ),
    _rule(
        "AUTHZ104",
        "no-auth-method",
        "Somebody is allowed and nobody can prove to be that somebody.",
        "List methods under `auth` of the route or of `defaults`.",
        _NO_DEFAULT.format("{allow: authenticated}"),
        _NO_DEFAULT.format("{auth: [users], allow: authenticated}"),
    ),
    _rule(
        "AUTHZ105",
        "not-there-to-take-away",
        "`without` takes away what a level above adds; what does not hold, or is added again below, shows a "
        "misunderstanding.",
        "Name something that holds here, or take the name out of `without`.",
        "rate_limits: {per-hour: {limit: 5, window: 1h, by: ip}}\n"
        "routes: {/health: {get: {without: {rate_limits: [per-hour], reason: probed every second}}}}",
        "routes: {/health: {get: {without: {rate_limits: [per-ip], reason: probed every second}}}}",
    ),
    _rule(
        "AUTHZ106",
        "constant-nobody-reads",
        "A route states constants only for attributes `from: route`; others come from the request.",
        "Take the constant away, or declare the attribute `from: route`.",
        "attributes: {resource: {tenant: {type: string, from: {query: tenant}, trust: caller}}}\n"
        "routes: {/notes: {resource: {tenant: acme}}}",
        "attributes: {resource: {tenant: {type: string, from: route}}}\nroutes: {/notes: {resource: {tenant: acme}}}",
    ),
    _rule(
        "AUTHZ107",
        "wrong-type",
        "A value of another type than declared makes every comparison with it an error, and so a refusal.",
        "Write a value of the declared type, or declare the type the value has.",
        "attributes: {resource: {level: {type: integer, from: route}}}\nroutes: {/notes: {resource: {level: '2'}}}",
        "attributes: {resource: {level: {type: integer, from: route}}}\nroutes: {/notes: {resource: {level: 2}}}",
    ),
    _rule(
        "AUTHZ108",
        "trust-without-meaning",
        "`trust` says why a value the caller could choose may decide; here it would say something that is not so.",
        "Take `trust` away, or read the attribute from where the message says.",
        "attributes: {resource: {tenant: {type: string, from: {path: tenant}, trust: proxy}}}",
        "attributes: {resource: {tenant: {type: string, from: {path: tenant}}}}",
    ),
    _rule(
        "AUTHZ111",
        "condition-syntax",
        "A condition that cannot be read cannot be checked.",
        "Correct the expression; the guide describes the language of conditions.",
        "conditions: {own: principal.subject = 'ada'}",
        "conditions: {own: principal.subject == 'ada'}",
    ),
    _rule(
        "AUTHZ112",
        "condition-type",
        "Comparing values of different types has no answer that every gateway would give.",
        "Compare values of one type; the declared type of each attribute counts.",
        "conditions: {own: principal.subject == 7}",
        "conditions: {own: principal.subject == '7'}",
    ),
    _rule(
        "AUTHZ113",
        "caller-decides",
        "Whoever calls chooses this value, so a grant that asks for it is granted by the caller.",
        "Take the value from a token or a trusted proxy (`trust: proxy`), or accept it with `trust: caller`.",
        "attributes: {resource: {region: {type: string, from: {header: X-Region}}}}\n"
        "conditions: {near: resource.region == 'eu'}\nroutes: {/notes: {get: {allow: [{if: [near]}]}}}",
        "attributes: {resource: {region: {type: string, from: {header: X-Region}, trust: proxy}}}\n"
        "conditions: {near: resource.region == 'eu'}\nroutes: {/notes: {get: {allow: [{if: [near]}]}}}",
        "CWE-639",
        "OWASP-API-2023:API1",
    ),
    _rule(
        "AUTHZ114",
        "attribute-nobody-provides",
        "No credential this route accepts carries the attribute: what asks for it refuses everybody.",
        "Say under `claims` of a method where the attribute stands, or ask with `has()` first.",
        "attributes: {principal: {team: {type: string}}}\nconditions: {left: principal.team == 'former'}\n"
        "routes: {/notes: {get: {forbid: [left]}}}",
        "attributes: {principal: {team: {type: string, optional: true}}}\n"
        "conditions: {left: has(principal.team) && principal.team == 'former'}\n"
        "routes: {/notes: {get: {forbid: [left]}}}",
    ),
    _rule(
        "AUTHZ115",
        "constant-missing",
        "The condition reads a constant of the route, and the route states none.",
        "State the constant under `resource` of the route or its path.",
        "attributes: {resource: {level: {type: integer, from: route}}}\nconditions: {low: resource.level < 3}\n"
        "routes: {/notes: {get: {allow: [{if: [low]}]}}}",
        "attributes: {resource: {level: {type: integer, from: route}}}\nconditions: {low: resource.level < 3}\n"
        "routes: {/notes: {resource: {level: 2}, get: {allow: [{if: [low]}]}}}",
    ),
    _rule(
        "AUTHZ116",
        "parameter-missing",
        "The condition reads a parameter that this path does not have, so it is never true here.",
        "Use the condition on paths with the parameter only, or ask with `has()` first.",
        "attributes: {resource: {tenant: {type: string, from: {path: tenant}}}}\n"
        "conditions: {acme: resource.tenant == 'acme'}\n"
        "routes: {/notes: {get: {allow: [{if: [acme]}]}}}",
        "attributes: {resource: {tenant: {type: string, from: {path: tenant}}}}\n"
        "conditions: {acme: resource.tenant == 'acme'}\n"
        "routes: {'/t/{tenant}/notes': {get: {allow: [{if: [acme]}]}}}",
    ),
    _rule(
        "AUTHZ117",
        "who-enforces",
        "Only the service knows this attribute: without `enforce: application` no gateway could decide the grant, "
        "and with it on a "
        "grant that reads no such attribute the gateway would decide less than it can.",
        "Write `enforce: application` on grants that read an attribute `from: application`, and on no others.",
        "attributes: {resource: {owner: {type: string, from: application}}}\n"
        "conditions: {mine: principal.subject == resource.owner}\n"
        "routes: {/notes: {get: {allow: [{if: [mine]}]}}}",
        "attributes: {resource: {owner: {type: string, from: application}}}\n"
        "conditions: {mine: principal.subject == resource.owner}\n"
        "routes: {/notes: {get: {allow: [{if: [mine], enforce: application}]}}}",
    ),
)

REQUESTS: Final[tuple[LoadRule, ...]] = (
    _rule(
        "INPUT101",
        "same-path-twice",
        "Two paths that differ only in what their parameters are called match the same requests; one of them would "
        "never be reached.",
        "Merge the two.",
        "routes: {'/notes/{id}': {get: {allow: authenticated}}, '/notes/{note}': {delete: {allow: authenticated}}}",
        "routes: {'/notes/{id}': {get: {allow: authenticated}, delete: {allow: authenticated}}}",
    ),
    _rule(
        "INPUT102",
        "unknown-parameter",
        "A check of a parameter that the path does not have checks nothing.",
        "Name a parameter of the path.",
        "routes: {'/notes/{id}': {params: {note: {format: uuid}}, get: {allow: authenticated}}}",
        "routes: {'/notes/{id}': {params: {id: {format: uuid}}, get: {allow: authenticated}}}",
    ),
    _rule(
        "INPUT103",
        "upgrade-of-no-get",
        "Only a GET request can become a WebSocket.",
        "Write `websocket` on `get`.",
        "routes: {/notes: {post: {websocket: true}}}",
        "routes: {/notes: {get: {websocket: true}}}",
        "RFC6455:4.1",
    ),
    _rule(
        "INPUT104",
        "impossible-parameter",
        "The parts of this check contradict each other, so it refuses everything or less than meant.",
        "Correct the bounds, or the type.",
        "routes: {/notes: {get: {query: {limit: {type: integer, minimum: 10, maximum: 1}}}}}",
        "routes: {/notes: {get: {query: {limit: {type: integer, minimum: 1, maximum: 10}}}}}",
    ),
    _rule(
        "INPUT105",
        "unsafe-pattern",
        "The pattern is outside the subset of regular expressions that every gateway reads alike.",
        "Use literals, classes, groups and counted repetition only.",
        "routes: {/notes: {get: {query: {tag: {pattern: '(?i)x'}}}}}",
        "routes: {/notes: {get: {query: {tag: {pattern: '[a-z]{1,8}'}}}}}",
        "CWE-1333",
    ),
    _rule(
        "LIMIT101",
        "burst-without-bucket",
        "Only a token bucket has a size; windows know no burst.",
        "Write `algorithm: token-bucket`, or take `burst` away.",
        "rate_limits: {per-ip: {burst: 20}}",
        "rate_limits: {per-ip: {algorithm: token-bucket, burst: 20}}",
    ),
    _rule(
        "LIMIT102",
        "tiers-of-addresses",
        "Limits by address are counted before anybody is known, so roles cannot raise them.",
        "Count `by: principal`, or take `tiers` away.",
        "roles: {admin: {}}\nrate_limits: {per-ip: {tiers: {admin: 1000}}}",
        "roles: {admin: {}}\nrate_limits: {per-one: {limit: 10, window: 1m, by: principal, tiers: {admin: 1000}}}",
    ),
    _rule(
        "LIMIT103",
        "failures-of-nobody",
        "Who failed to authenticate is not known, so failures can only be counted by address.",
        "Write `by: ip`.",
        "rate_limits: {logins: {limit: 10, window: 30m, by: principal, count: auth.failed}}",
        "rate_limits: {logins: {limit: 10, window: 30m, by: ip, count: auth.failed}}",
    ),
    _rule(
        "LIMIT104",
        "limit-of-nobody",
        "A public route knows nobody, so a limit by principal would refuse every request to it.",
        "Count by address there, or take the limit away with `without`.",
        "rate_limits: {per-one: {limit: 10, window: 1m, by: principal}}\n"
        "routes: {/health: {get: {rate_limits: [per-one]}}}",
        "rate_limits: {per-one: {limit: 10, window: 1m, by: principal}}\n"
        "routes: {/notes: {get: {rate_limits: [per-one]}}}",
    ),
    _rule(
        "AUDIT101",
        "kept-too-short",
        "Records that are deleted before they may be deleted cannot be kept as promised.",
        "Raise `max`, or lower the other.",
        "audit: {retention: {min: 365d, max: 30d}}",
        "audit: {retention: {min: 30d, max: 365d}}",
    ),
)
