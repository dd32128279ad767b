"""The rules the loader refuses a spec by: id, page and example, as for every rule of lint."""

from __future__ import annotations

from seccfg.spec.load_rule import LoadRule
from seccfg.spec.load_rule import refusing as _rule
from seccfg.spec.load_rules_routes import AUTHORIZATION, REQUESTS

__all__ = ["LOAD_RULES", "RULES", "LoadRule"]

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

LOAD_RULES: tuple[LoadRule, ...] = (*_SHAPE, *_REFERENCES, *_AUTHENTICATION, *AUTHORIZATION, *REQUESTS)
RULES: dict[str, LoadRule] = {rule.id: rule for rule in LOAD_RULES}
