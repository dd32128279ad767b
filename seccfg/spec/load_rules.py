"""The rules the loader refuses a spec by: id, page and example, as for every rule of lint."""

from __future__ import annotations

from seccfg.findings import Severity
from seccfg.record import Record


class LoadRule(Record):
    """
    One reason a spec does not load.

    `bad` breaks exactly this rule, `good` none. Both are YAML fragments merged onto the minimal spec (maps merge, all
    else replaces); one that says `seccfg` is a whole spec.
    """

    id: str
    name: str
    severity: Severity
    why: str
    fix: str
    refs: tuple[str, ...]
    bad: str
    good: str


def _rule(id_: str, name: str, why: str, fix: str, bad: str, good: str, *refs: str) -> LoadRule:
    return LoadRule(id_, name, "error", why, fix, refs, bad, good)


_NO_DEFAULT = """\
seccfg: 1
service: {{name: notes, hosts: [notes.example.com]}}
upstreams: {{main: {{url: 'http://127.0.0.1:8000'}}}}
auth: {{users: {{type: oidc, issuer: 'https://id.example.com/', audiences: [notes], algorithms: [RS256]}}}}
routes: {{/notes: {{get: {}}}}}
"""

_SHAPE = (
    _rule(
        "DATA001",
        "unknown-key",
        "A key nobody reads protects nothing, however right it looks.",
        "Correct the spelling; the reference of the language lists every key.",
        "defaults: {rate_limit: [per-ip]}",
        "defaults: {rate_limits: [per-ip]}",
    ),
    _rule(
        "DATA002",
        "missing-key",
        "Without this key there is nothing to enforce, and no default would be safe.",
        "Write the key.",
        "upstreams: {batch: {timeout: 5s}}\ndefaults: {upstream: main}",
        "upstreams: {batch: {url: 'http://127.0.0.1:9100', timeout: 5s}}\ndefaults: {upstream: main}",
    ),
    _rule(
        "DATA003",
        "wrong-kind",
        "Text where a number is meant, or a map where a list is, would have to be guessed at; nothing is converted.",
        "Write the value in the form the message names.",
        "rate_limits: {per-ip: {limit: '100'}}",
        "rate_limits: {per-ip: {limit: 100}}",
    ),
    _rule(
        "DATA004",
        "malformed-value",
        "The value has not the form its key needs, so it would mean different things to different gateways.",
        "Write the value in the form the message names.",
        "rate_limits: {per-ip: {window: 15 minutes}}",
        "rate_limits: {per-ip: {window: 15m}}",
    ),
    _rule(
        "DATA005",
        "out-of-range",
        "Beyond its bounds the value would switch a check off or could not be enforced.",
        "Choose a value within the bounds the message names.",
        "auth: {users: {clock_skew: 1h}}",
        "auth: {users: {clock_skew: 30s}}",
    ),
    _rule(
        "DATA006",
        "unknown-choice",
        "The key knows a few words only, and this is none of them.",
        "Use one of the words the message names.",
        "auth: {users: {algorithms: [HS256]}}",
        "auth: {users: {algorithms: [ES256]}}",
    ),
    _rule(
        "DATA007",
        "empty-value",
        "An empty value can mean everything or nothing, and both have been meant.",
        "Write a value, or leave the key out for its default.",
        "defaults: {forbid: []}",
        "defaults: {rate_limits: [per-ip]}",
    ),
    _rule(
        "DATA008",
        "keys-do-not-go-together",
        "These keys are alternatives, or one of them must be there for the rest to mean anything.",
        "Write the keys the message asks for.",
        "routes: {/notes: {post: {allow: [{enforce: application}]}}}",
        "routes: {/notes: {post: {allow: [{scopes: [notes.write]}]}}}",
    ),
    _rule(
        "DATA009",
        "written-twice",
        "The same thing twice in one list or map is a slip, and often the trace of another value that was meant.",
        "Take one of the two away.",
        "defaults: {rate_limits: [per-ip, per-ip]}",
        "defaults: {rate_limits: [per-ip]}",
    ),
    _rule(
        "DATA010",
        "protocol-header",
        "This header says where a message ends or where it goes: changing it lets two servers read two different "
        "messages.",
        "Leave the header alone.",
        "headers: {set: {Transfer-Encoding: identity}}",
        "headers: {set: {X-Content-Type-Options: nosniff}}",
        "RFC9112:6.3",
        "CWE-444",
    ),
    _rule(
        "DATA011",
        "reserved-name",
        "The language itself uses this name.",
        "Choose another name.",
        "attributes: {principal: {subject: {type: string}}}",
        "attributes: {principal: {staff_number: {type: string}}}",
    ),
)

_REFERENCES = (
    _rule(
        "REF001",
        "unknown-auth-method",
        "A route that lists a method nobody defined can be called by nobody, or by more people than meant once it is "
        "defined.",
        "Define the method under `auth`, or correct the name.",
        "defaults: {auth: [user]}",
        "defaults: {auth: [users]}",
    ),
    _rule(
        "REF002",
        "unknown-role",
        "Nobody can have a role that is not defined, so what asks for it is closed or not checked as meant.",
        "Define the role under `roles`, or correct the name.",
        "roles: {viewer: {}}\nroutes: {/notes: {get: {allow: [{roles: [veiwer]}]}}}",
        "roles: {viewer: {}}\nroutes: {/notes: {get: {allow: [{roles: [viewer]}]}}}",
    ),
    _rule(
        "REF003",
        "unknown-condition",
        "A condition that is not defined cannot be checked.",
        "Define the condition under `conditions`, or correct the name.",
        "routes: {/notes: {get: {forbid: [suspended]}}}",
        "conditions: {suspended: principal.subject == 'mallory'}\nroutes: {/notes: {get: {forbid: [suspended]}}}",
    ),
    _rule(
        "REF004",
        "unknown-rate-limit",
        "A limit that is not defined limits nothing.",
        "Define the limit under `rate_limits`, or correct the name.",
        "routes: {/notes: {post: {rate_limits: [writes]}}}",
        "rate_limits: {writes: {limit: 10, window: 1m, by: principal}}\n"
        "routes: {/notes: {post: {rate_limits: [writes]}}}",
    ),
    _rule(
        "REF005",
        "unknown-cors-profile",
        "Without its profile nobody knows which origins were meant.",
        "Define the profile under `cors`, write `none`, or correct the name.",
        "defaults: {cors: web}",
        "cors: {web: {origins: ['https://app.example.com']}}\ndefaults: {cors: web}",
    ),
    _rule(
        "REF006",
        "unknown-network-profile",
        "Without its profile nobody knows which addresses were meant.",
        "Define the profile under `network.profiles`, or correct the name.",
        "routes: {/notes: {post: {network: office}}}",
        "network: {profiles: {office: {allow: [198.51.100.0/24]}}}\nroutes: {/notes: {post: {network: office}}}",
    ),
    _rule(
        "REF007",
        "unknown-upstream",
        "There is no server of this name to pass requests on to.",
        "Define the server under `upstreams`, or correct the name.",
        "defaults: {upstream: mian}",
        "defaults: {upstream: main}",
    ),
    _rule(
        "REF008",
        "unknown-client",
        "A client that is not defined has no id to compare tokens with.",
        "Define the client under `clients`, or correct the name.",
        "routes: {/notes: {get: {allow: [{clients: [nightly]}]}}}",
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: notes-nightly, "
        "token_url: 'https://id.example.com/token', secret: {env: NIGHTLY_SECRET}}}\n"
        "routes: {/notes: {get: {allow: [{clients: [nightly]}]}}}",
    ),
    _rule(
        "REF009",
        "permission-nobody-has",
        "No role gives this permission, so what asks for it is closed to everybody.",
        "Give the permission to a role, or correct the name.",
        "roles: {viewer: {permissions: [notes.read]}}\nroutes: {/notes: {get: {allow: [{permissions: [note.read]}]}}}",
        "roles: {viewer: {permissions: [notes.read]}}\nroutes: {/notes: {get: {allow: [{permissions: [notes.read]}]}}}",
    ),
    _rule(
        "REF010",
        "unknown-attribute",
        "Only declared attributes have a type, and only with a type can a value be compared safely.",
        "Declare the attribute under `attributes`, or correct the name.",
        "forward: {identity: {X-Tenant: principal.tenant}}",
        "attributes: {principal: {tenant: {type: string}}}\nforward: {identity: {X-Tenant: principal.tenant}}",
    ),
    _rule(
        "REF011",
        "role-cycle",
        "Roles that inherit each other are one role under several names; somebody meant something else.",
        "Take one `inherits` of the circle away.",
        "roles: {editor: {inherits: [admin]}, admin: {inherits: [editor]}}",
        "roles: {editor: {}, admin: {inherits: [editor]}}",
    ),
    _rule(
        "REF012",
        "no-upstream-chosen",
        "With several servers, guessing where a request goes would send data to the wrong one.",
        "Write `upstream` on the route or in `defaults`.",
        "upstreams: {batch: {url: 'http://127.0.0.1:9100'}}",
        "upstreams: {batch: {url: 'http://127.0.0.1:9100'}}\ndefaults: {upstream: main}",
    ),
    _rule(
        "REF013",
        "matches-no-route",
        "A pattern or test that speaks of no route shows nothing, and goes on showing nothing when the route changes.",
        "Correct the path; patterns are written without `base_path`, tests with it.",
        "invariants: [{never: anonymous, reaches: '* /note/**'}]",
        "invariants: [{never: anonymous, reaches: '* /notes/**'}]",
    ),
    _rule(
        "REF014",
        "unknown-target",
        "A gap of a target that is not built cannot be accepted.",
        "Name one of `targets`.",
        "targets: {python: {package: notes_security}}\naccept: [{target: pyhton, gap: session-endpoints, at: sessions, "
        "reason: not used, owner: team@example.com, expires: '2027-06-30'}]",
        "targets: {python: {package: notes_security}}\naccept: [{target: python, gap: session-endpoints, at: sessions, "
        "reason: not used, owner: team@example.com, expires: '2027-06-30'}]",
    ),
    _rule(
        "REF015",
        "unknown-host",
        "A host the service does not answer to is never asked for.",
        "Name one of `service.hosts`.",
        "tls: {certificates: [{host: note.example.com, file: keys/notes.pem}]}",
        "tls: {certificates: [{host: notes.example.com, file: keys/notes.pem}]}",
    ),
)

_AUTHENTICATION = (
    _rule(
        "AUTH101",
        "literal-secret",
        "A secret in a spec is a secret in the repository, in every build of it and in every copy of either.",
        "Write `{env: NAME}` or `{file: PATH}`, and replace the secret: it has been seen.",
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: notes-nightly, "
        "token_url: 'https://id.example.com/token', secret: correct-horse}}",
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: notes-nightly, "
        "token_url: 'https://id.example.com/token', secret: {env: NIGHTLY_SECRET}}}",
        "CWE-798",
    ),
    _rule(
        "AUTH102",
        "equal-issuers",
        "Two methods of one route that trust the same issuer cannot be told apart: a token of one would be judged by "
        "the other.",
        "Let the route list one of them, or merge them.",
        "auth: {staff: {type: jwt, issuer: 'https://id.example.com/', audiences: [staff], algorithms: [RS256], "
        "jwks: {file: keys/users.json}}}\ndefaults: {auth: [users, staff]}",
        "auth: {staff: {type: jwt, issuer: 'https://staff.example.com/', audiences: [staff], algorithms: [RS256], "
        "jwks: {file: keys/users.json}}}\ndefaults: {auth: [users, staff]}",
        "RFC8725:3.8",
    ),
    _rule(
        "AUTH103",
        "no-keys",
        "Without keys no signature can be checked. Only `oidc` can find them by itself.",
        "Write `url` or `file` under `jwks`.",
        "auth: {staff: {type: jwt, issuer: 'https://staff.example.com/', audiences: [staff], algorithms: [RS256], "
        "jwks: {refresh: 5m}}}",
        "auth: {staff: {type: jwt, issuer: 'https://staff.example.com/', audiences: [staff], algorithms: [RS256], "
        "jwks: {file: keys/users.json, refresh: 5m}}}",
    ),
    _rule(
        "AUTH104",
        "same-place",
        "A credential that two methods would read in the same place is judged by whichever looks first.",
        "Give each method a place of its own, such as a header.",
        "auth: {partner: {type: api_key, keys: {file: keys/partners.json}}}\ndefaults: {auth: [users, partner]}",
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/partners.json}}}\n"
        "defaults: {auth: [users, partner]}",
    ),
    _rule(
        "AUTH105",
        "client-without-tokens",
        "A client gets tokens; this method takes keys or certificates.",
        "Let `tokens` name a method of type `oidc`, `jwt` or `introspection`.",
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/partners.json}}}\n"
        "clients: {nightly: {flow: client_credentials, tokens: partner, client_id: n, token_url: 'https://id.example.com/token'}}",
        "clients: {nightly: {flow: client_credentials, tokens: users, client_id: n, token_url: 'https://id.example.com/token'}}",
    ),
    _rule(
        "AUTH106",
        "public-client-with-secret",
        "What runs in a browser or on somebody's phone cannot keep a secret from them.",
        "Take `secret` away and use PKCE, or take `public` away.",
        "clients: {kiosk: {flow: client_credentials, tokens: users, client_id: k, token_url: "
        "'https://id.example.com/token', "
        "public: true, secret: {env: KIOSK_SECRET}}}",
        "clients: {kiosk: {flow: client_credentials, tokens: users, client_id: k, token_url: "
        "'https://id.example.com/token', "
        "secret: {env: KIOSK_SECRET}}}",
        "RFC6749:2.1",
    ),
    _rule(
        "AUTH107",
        "all-of-one",
        "`all` asks for several methods at once; with one, the second that was meant is missing.",
        "Name the other method, or write the name alone.",
        "defaults: {auth: [{all: [users]}]}",
        "defaults: {auth: [users]}",
    ),
)

_AUTHORIZATION = (
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

_REQUESTS = (
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

LOAD_RULES: tuple[LoadRule, ...] = (*_SHAPE, *_REFERENCES, *_AUTHENTICATION, *_AUTHORIZATION, *_REQUESTS)
RULES: dict[str, LoadRule] = {rule.id: rule for rule in LOAD_RULES}
