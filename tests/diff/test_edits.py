"""Edits of a spec, written by hand, and the verdict each must give."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.diff.model import Difference
from seccfg.record import replace
from tests.diff.shown import shown_by_requests

Edited = Callable[..., Difference]
Edits = dict[str, str]
GET_NOTES = "allow: [{permissions: [notes.read]}]"
GET_NOTE = "get: {allow: [{roles: [reader]}]}"
DELETE = "delete: {allow: [{roles: [admin]}], network: office}"
OWN_TEAM = "own-team: principal.team == resource.team && principal.level >= resource.needed"
HOURS = "office-hours: request.hour >= 7 && request.hour < 19"
BLOCKED = 'blocked: has(principal.team) && principal.team == "blocked"'
SYNC = "/sync: {post: {auth: [mesh], allow: [{roles: [robot]}], cors: none}}"
IMPORT = "{scopes: [notes.import], clients: [app]}"
PUT = "put: {allow: [{roles: [reader], if: [owner], enforce: application}, {roles: [admin]}]}"
POST_NOTES = (
    "post: {allow: [{roles: [writer], if: [small]}, {scopes: [notes.import], clients: [app]}], rate_limits: [writes]}"
)
WIDENS: list[tuple[str, Edits, str]] = [
    ("a role more", {DELETE: DELETE.replace("[admin]", "[admin, writer]")}, "`writer` may now DELETE /v1/notes/{id}"),
    ("a role lower", {DELETE: DELETE.replace("[admin]", "[reader]")}, "`reader` may now DELETE /v1/notes/{id}"),
    (
        "a condition dropped",
        {"if: [own-team, office-hours]": "if: [own-team]"},
        "`writer` may now POST /v1/teams/{team}/notes where `office-hours` does not hold",
    ),
    (
        "a constant of the route lower",
        {"needed: 2": "needed: 1"},
        "`reader` may now GET /v1/teams/{team}/notes where `own-team` now holds",
    ),
    (
        "an hour more",
        {HOURS: HOURS.replace("19", "20")},
        "`writer` may now POST /v1/teams/{team}/notes where `office-hours` now holds",
    ),
    (
        "a bound moved by one",
        {"resource.size <= 100": "resource.size <= 101"},
        "`writer` may now POST /v1/notes where `small` now holds",
    ),
    (
        "an && made an ||",
        {"resource.team && principal.level": "resource.team || principal.level"},
        "where `own-team` now holds",
    ),
    (
        "a second way",
        {GET_NOTE: GET_NOTE.replace("}]", "}, {scopes: [notes.get]}]")},
        "anyone authenticated with scope `notes.get` may now GET /v1/notes/{id}",
    ),
    (
        "a scope dropped",
        {IMPORT: "{clients: [app]}"},
        "client `app` may now POST /v1/notes without scope `notes.import`",
    ),
    (
        "a client dropped",
        {IMPORT: "{scopes: [notes.import]}"},
        "anyone authenticated with scope `notes.import` may now POST /v1/notes, not only through client `app`",
    ),
    (
        "a forbid dropped",
        {", forbid: [blocked]": ""},
        "`reader` may now GET /v1/teams/{team}/notes, no longer stopped by `blocked`",
    ),
    (
        "a forbid that forbids less",
        {BLOCKED: BLOCKED + " && principal.level < 5"},
        "`admin` may now GET /v1/teams/{team}/notes",
    ),
    (
        "a route added",
        {"  /both:": "  /new: {get: {allow: [{roles: [admin]}]}}\n  /both:"},
        "`admin` may now GET /v1/new",
    ),
    (
        "a method added",
        {"/sync: {post:": "/sync: {get: {auth: [robots], allow: authenticated}, post:"},
        "every key of `robots` may now GET /v1/sync",
    ),
    (
        "made public",
        {GET_NOTE: "get: {public: true, reason: docs}"},
        "anyone may now GET /v1/notes/{id} without a credential",
    ),
    (
        "for anybody authenticated",
        {GET_NOTE: "get: {allow: authenticated}"},
        "anyone authenticated may now GET /v1/notes/{id}",
    ),
    (
        "an auth method more",
        {SYNC: SYNC.replace("[mesh]", "[mesh, robots]")},
        "key `sync` of `robots` may now POST /v1/sync",
    ),
    (
        "one credential instead of two",
        {"auth: [{all: [users, robots]}]": "auth: [users, {all: [users, robots]}]"},
        "anyone authenticated by `users` may now GET /v1/both",
    ),
    (
        "a wider address block",
        {"allow: [198.51.100.0/24]": "allow: [198.51.100.0/23]"},
        "who calls from 198.51.101.0/24 may now DELETE /v1/notes/{id}",
    ),
    (
        "no address rule",
        {", network: office": ""},
        "who calls from outside 198.51.100.0/24 may now DELETE /v1/notes/{id}",
    ),
    (
        "a permission more",
        {
            "permissions: [notes.write]}": "permissions: [notes.write, notes.delete]}",
            DELETE: DELETE.replace("roles: [admin]", "permissions: [notes.delete]"),
        },
        "`writer` may now DELETE /v1/notes/{id}",
    ),
    (
        "another grant for one of two methods",
        {GET_NOTES: "allow: [{permissions: [notes.read]}, {scopes: [x]}]"},
        "anyone authenticated by `users` with scope `x` may now GET /v1/notes",
    ),
    (
        "a path that was no value",
        {"  /notes/{id}:": "  /notes/all: {get: {allow: [{roles: [admin]}]}}\n  /notes/{id}:"},
        "`admin` may now GET /v1/notes/all",
    ),
    (
        "an audience more",
        {"audiences: [notes, notes-beta]": "audiences: [notes, notes-beta, other]"},
        "`users` now accepts tokens for audience other",
    ),
    (
        "more skew",
        {"clock_skew: 30s": "clock_skew: 31s"},
        "`users` accepts tokens now up to 31 s after they expire (before: 30 s)",
    ),
    (
        "older tokens",
        {"max_token_age: 1h": "max_token_age: 2h"},
        "`users` accepts tokens now up to 7200 s old (before: 3600 s)",
    ),
    ("tokens of any age", {"    max_token_age: 1h\n": ""}, "`users` accepts tokens now of any age (before: 3600 s)"),
    (
        "another place for credentials",
        {"in: {header: X-API-Key}": "in: [{header: X-API-Key}, {header: X-Key}]"},
        "`robots` now takes credentials from the header x-key",
    ),
    (
        "a role more to assert",
        {
            "asserts: {roles: [reader, writer, admin]}": "asserts: {roles: [reader, writer, admin, robot]}",
            SYNC: SYNC.replace("[mesh]", "[mesh, users]"),
        },
        "`robot`, authenticated by `users`, may now GET /v1/notes",
    ),
    (
        "another host",
        {"hosts: [notes.example.com]": "hosts: [notes.example.com, n.example.com]"},
        "requests for host n.example.com are now served",
    ),
    (
        "no revocation",
        {", revocation: {deny_list: {claim: jti}, staleness: 5s}": ""},
        "the deny list no longer revokes tokens",
    ),
    (
        "certificates of more names",
        {"/ns/{team}/sa/*": "/*/{team}/sa/*"},
        "`mesh` now accepts certificates for spiffe://example.com/*/{team}/sa/*",
    ),
]
BOTH: list[tuple[str, Edits, list[str]]] = [
    (
        "another role",
        {
            DELETE: DELETE.replace("admin", "robot"),
            "asserts: {roles: [reader, writer, admin]}": "asserts: {roles: [reader, writer, admin, robot]}",
        },
        ["`robot` may now DELETE /v1/notes/{id}", "`admin` may no longer DELETE /v1/notes/{id}"],
    ),
    (
        "roles exchanged",
        {
            "reader: {permissions: [notes.read]}": "reader: {inherits: [writer], permissions: [notes.read]}",
            "writer: {inherits: [reader], permissions": "writer: {permissions",
            "admin: {inherits: [writer]": "admin: {inherits: [reader]",
        },
        ["`reader` may now POST /v1/notes if `small` holds", "`writer` may no longer GET /v1/notes/{id}"],
    ),
    (
        "other hours",
        {HOURS: HOURS.replace("7", "8").replace("19", "20")},
        [
            "`writer` may now POST /v1/teams/{team}/notes where `office-hours` now holds",
            "`writer` may no longer POST /v1/teams/{team}/notes where `office-hours` no longer holds",
        ],
    ),
    (
        "an attribute from another claim",
        {"team: team, level: level": "team: org, level: level"},
        [
            "`reader` may now GET /v1/teams/{team}/notes where `own-team` now holds",
            "`reader` may no longer GET /v1/teams/{team}/notes where `own-team` no longer holds",
        ],
    ),
    (
        "roles from another claim",
        {"roles: roles, scopes": "roles: groups, scopes"},
        ["`reader` may now GET /v1/notes/{id}", "`reader` may no longer GET /v1/notes/{id}"],
    ),
    (
        "another issuer",
        {"issuer: https://id.example.com/": "issuer: https://id.example.org/"},
        [
            "`users` now accepts tokens of https://id.example.org/",
            "`users` no longer accepts tokens of https://id.example.com/",
        ],
    ),
    (
        "a more specific path",
        {
            "  /notes/{id}:": "  /notes/7: {get: {allow: [{roles: [robot, admin]}], auth: [users, mesh]}}\n  /notes/{id}:"
        },
        [
            "certificates of `mesh` may now GET /v1/notes/7",
            "`reader` may no longer GET /v1/notes/7",
            "`admin` may no longer DELETE /v1/notes/7",
        ],
    ),
    (
        "another host only",
        {"hosts: [notes.example.com]": "hosts: [n.example.com]"},
        ["requests for host n.example.com are now served", "requests for host notes.example.com are no longer served"],
    ),
    (
        "another address block",
        {"allow: [198.51.100.0/24]": "allow: [203.0.113.0/24]"},
        [
            "who calls from 203.0.113.0/24 may now DELETE /v1/notes/{id}",
            "who calls from 198.51.100.0/24 may no longer DELETE /v1/notes/{id}",
        ],
    ),
    (
        "a trusted proxy more",
        {"trusted_proxies: [10.0.0.0/8]": "trusted_proxies: [10.0.0.0/8, 198.51.0.0/16]"},
        ["what 198.51.0.0/16 says of client addresses is now believed"],
    ),
    (
        "another CSRF header",
        {"header: X-CSRF-Token": "header: X-Other"},
        ["credentials in cookies pass without the header x-csrf-token"],
    ),
    (
        "another certificate pattern",
        {"/ns/{team}/sa/*": "/ns/{team}/svc/*"},
        ["`mesh` now accepts certificates for spiffe://example.com/ns/{team}/svc/*"],
    ),
    (
        "a condition reads another attribute",
        {
            "principal.level >= resource.needed": "principal.level >= resource.needed && has(principal.team)",
            "resource.size <= 100": "resource.size >= 100",
        },
        ["`writer` may now POST /v1/notes where `small` now holds"],
    ),
]
EQUIVALENT: list[tuple[str, Edits]] = [
    ("a renamed role", {"writer": "editor"}),
    ("two renamed roles", {"admin": "owner-of-all", "writer": "editor"}),
    ("a renamed condition", {"own-team": "same-team"}),
    (
        "a renamed attribute",
        {"principal.level": "principal.rank", "    level: {type": "    rank: {type", "level: level}": "rank: level}"},
    ),
    ("a renamed resource attribute", {"resource.size": "resource.bytes", "    size: {type": "    bytes: {type"}),
    ("a renamed client", {"  app:\n": "  site:\n", "clients: [app]": "clients: [site]"}),
    ("a renamed limit", {"writes": "written"}),
    ("a renamed CORS profile", {"  web: {origins": "  site: {origins", "cors: web": "cors: site"}),
    ("a renamed network profile", {"office:": "inside:", "network: office": "network: inside"}),
    ("a renamed path parameter", {"/notes/{id}": "/notes/{note}", "params: {id:": "params: {note:"}),
    ("a renamed permission", {"notes.delete": "notes.remove", "notes.read": "notes.see"}),
    (
        "operands the other way round",
        {OWN_TEAM: "own-team: principal.level >= resource.needed && resource.team == principal.team"},
    ),
    ("a comparison turned round", {"small: resource.size <= 100": 'small: "!(resource.size > 100)"'}),
    ("an integer's bound said in another way", {"resource.size <= 100": "101 > resource.size"}),
    ("De Morgan", {HOURS: '"office-hours": "!(request.hour < 7 || request.hour >= 19)"'}),
    ("a part that says nothing", {HOURS: "office-hours: request.hour >= 7 && request.hour < 19 && request.hour <= 23"}),
    ("a list for comparisons", {BLOCKED: 'blocked: has(principal.team) && principal.team in ["blocked"]'}),
    ("a has() that is implied", {OWN_TEAM: OWN_TEAM.replace("own-team: ", "own-team: has(principal.team) && ")}),
    (
        "a condition in two",
        {
            "  owner: principal": "  level-reached: principal.level >= resource.needed\n"
            "  team-only: principal.team == resource.team\n  owner: principal",
            "if: [own-team, office-hours]": "if: [office-hours, team-only, level-reached]",
        },
    ),
    (
        "grants the other way round",
        {
            POST_NOTES: POST_NOTES.replace(
                "{roles: [writer], if: [small]}, " + IMPORT, IMPORT + ", {roles: [writer], if: [small]}"
            )
        },
    ),
    ("a grant that another includes", {GET_NOTE: GET_NOTE.replace("}]", "}, {roles: [admin], scopes: [x]}]")}),
    (
        "an inherited role named as well",
        {DELETE: DELETE, GET_NOTE: GET_NOTE.replace("[reader]", "[reader, writer, admin]")},
    ),
    (
        "a permission for its role",
        {
            GET_NOTE: GET_NOTE.replace("roles: [reader]", "permissions: [notes.read]"),
            "robot: {permissions: [notes.read]}": "robot: {}",
            GET_NOTES: "allow: [{roles: [reader, robot]}]",
        },
    ),
    (
        "maps in another order",
        {
            "  reader: {permissions: [notes.read]}\n  writer": "  writer",
            "  robot: {permissions: [notes.read]}\n": "  robot: {permissions: [notes.read]}\n"
            "  reader: {permissions: [notes.read]}\n",
        },
    ),
    (
        "lists in another order",
        {
            "audiences: [notes, notes-beta]": "audiences: [notes-beta, notes]",
            "[RS256, PS256]": "[PS256, RS256]",
            "auth: [users, robots]": "auth: [robots, users]",
        },
    ),
    ("a default said on the route", {GET_NOTE: GET_NOTE.replace("get: {", "get: {auth: [users], cors: web, ")}),
    ("durations and sizes in other units", {"1MiB": "1024KiB", "window: 15m": "window: 900s"}),
    ("an address block in two", {"allow: [198.51.100.0/24]": "allow: [198.51.100.0/25, 198.51.100.128/25]"}),
    ("comments and blank lines", {"roles:\n  reader": "# who may do what\n\nroles:\n  reader"}),
    ("a condition nobody uses", {"  owner: principal": "  unused: request.hour == 3\n  owner: principal"}),
    (
        "an address that was never outside",
        {"office: {allow: [198.51.100.0/24]}": "office: {allow: [198.51.100.0/24], deny: [203.0.113.0/24]}"},
    ),
]
SETTINGS: list[tuple[str, Edits, str, str]] = [
    ("a higher limit", {"limit: 100, window: 15m": "limit: 200, window: 15m"}, "limits", "weaker"),
    ("a longer window", {"limit: 10, window: 1m": "limit: 10, window: 2m"}, "limits", "stronger"),
    ("a higher tier", {"tiers: {admin: 50}": "tiers: {admin: 60}"}, "limits", "weaker"),
    ("a limit dropped", {", rate_limits: [writes]": ""}, "limits", "weaker"),
    (
        "a bucket instead of a window",
        {"window: 1m, by: principal,": "window: 1m, by: principal, algorithm: token-bucket,"},
        "limits",
        "changed",
    ),
    (
        "another origin",
        {"origins: [https://app.example.com]": "origins: [https://app.example.com, https://b.example.com]"},
        "cors",
        "weaker",
    ),
    ("no CORS", {"rate_limits: [per-ip], cors: web}": "rate_limits: [per-ip]}"}, "cors", "stronger"),
    ("credentials of other origins", {"credentials: true": "credentials: false"}, "cors", "stronger"),
    ("TLS 1.3", {'min_version: "1.2"': 'min_version: "1.3"'}, "tls", "stronger"),
    ("plain http refused", {"plain_http: redirect": "plain_http: refuse"}, "tls", "stronger"),
    ("plain http served", {"reason: probe}": "reason: probe, plain_http: true}"}, "tls", "weaker"),
    ("less HSTS", {"max_age: 365d": "max_age: 30d"}, "tls", "weaker"),
    ("an unchecked upstream", {"tls: verify}}": "tls: insecure}}"}, "tls", "weaker"),
    ("a header less", {"{X-Content-Type-Options: nosniff}": "{X-Frame-Options: DENY}"}, "headers", "weaker"),
    ("more shown of errors", {"details: hidden": "details: shown"}, "errors", "weaker"),
    ("another status", {"details: hidden": "details: hidden, status: {invalid_token: 403}"}, "errors", "changed"),
    ("a larger body", {"max: 1MiB": "max: 2MiB"}, "validation", "weaker"),
    (
        "another media type",
        {"content_types: [application/json]": "content_types: [application/json, text/plain]"},
        "validation",
        "weaker",
    ),
    ("a looser parameter", {"maximum: 100}}": "maximum: 1000}}"}, "validation", "weaker"),
    (
        "a tighter parameter",
        {"id: {type: integer, minimum: 1}": "id: {type: integer, minimum: 2}"},
        "validation",
        "stronger",
    ),
    ("a required parameter", {"maximum: 100}}": "maximum: 100, required: true}}"}, "validation", "stronger"),
    ("screens", {"errors: {details": "screen: [xss]\nerrors: {details"}, "validation", "stronger"),
    ("an event less", {"events: [auth.failed, authz.denied]": "events: [auth.failed]"}, "audit", "weaker"),
    ("another redacted header", {"redact: [X-Secret]": "redact: [X-Other]"}, "audit", "changed"),
    (
        "another identity header",
        {"X-User: principal.subject": "X-User: principal.subject, X-Roles: principal.roles"},
        "forwarding",
        "changed",
    ),
    ("another upstream", {"10.1.1.1:8443": "10.1.1.2:8443"}, "forwarding", "changed"),
    ("revocations later", {"staleness: 5s": "staleness: 60s"}, "sessions", "weaker"),
    (
        "a role to assert that no key has",
        {"asserts: {roles: [reader, robot]}": "asserts: {roles: [reader, robot, admin]}"},
        "keys",
        "weaker",
    ),
    ("an algorithm no key fits", {"[RS256, PS256]": "[RS256, PS256, ES512]"}, "keys", "weaker"),
]
TEXTS: list[tuple[str, Edits, str]] = [
    ("a title", {"title: Notes": "title: Our notes"}, "service.title"),
    (
        "an owner of a role",
        {"robot: {permissions: [notes.read]}": "robot: {permissions: [notes.read], owner: ops@example.com}"},
        "roles.robot",
    ),
    (
        "a redirect URI of a client",
        {"https://app.example.com/cb": "https://app.example.com/callback"},
        "clients.app.redirect_uris[0]",
    ),
    (
        "a test",
        {
            "expect: allow}": "expect: allow}\n  - {name: another, request: {method: GET, path: /v1/health}, expect: allow}"
        },
        "tests[1]",
    ),
]


def test_the_table_is_long_enough() -> None:
    """A table of sixty edits was promised; the edits that widen are taken back as well."""
    assert 2 * len(WIDENS) + len(BOTH) + len(EQUIVALENT) + len(SETTINGS) + len(TEXTS) >= 60


def test_nothing_at_all(edited: Edited) -> None:
    found = edited({})
    assert found.routes
    assert replace(found, routes=()) == Difference("EQUIVALENT")


@pytest.mark.parametrize("edits, said", [e[1:] for e in WIDENS], ids=[e[0] for e in WIDENS])
def test_widens(edited: Edited, edits: Edits, said: str) -> None:
    """The new version lets somebody in, says whom, and every sentence has a request both versions answered."""
    found = edited(edits)
    assert found.verdict == "WIDENS"
    assert said in " / ".join(change.sentence for change in found.access)
    shown_by_requests(found)


@pytest.mark.parametrize("edits", [e[1] for e in WIDENS], ids=[e[0] for e in WIDENS])
def test_taken_back(edited: Edited, edits: Edits) -> None:
    """The same edit the other way round takes access away and gives none."""
    found = edited(edits, back=True)
    assert found.verdict == "NARROWS"
    shown_by_requests(found)


@pytest.mark.parametrize("edits, said", [e[1:] for e in BOTH], ids=[e[0] for e in BOTH])
def test_both(edited: Edited, edits: Edits, said: list[str]) -> None:
    """Some are let in and others no longer."""
    found = edited(edits)
    assert found.verdict == "BOTH"
    sentences = {change.sentence for change in found.access}
    assert set(said) <= sentences
    shown_by_requests(found)


@pytest.mark.parametrize("edits", [e[1] for e in EQUIVALENT], ids=[e[0] for e in EQUIVALENT])
def test_equivalent(edited: Edited, edits: Edits) -> None:
    """Said differently, meant the same."""
    found = edited(edits)
    assert (found.verdict, found.access, found.settings, found.rest) == ("EQUIVALENT", (), (), ())


@pytest.mark.parametrize("edits, area, strength", [e[1:] for e in SETTINGS], ids=[e[0] for e in SETTINGS])
def test_other_protections(edited: Edited, edits: Edits, area: str, strength: str) -> None:
    """Access is the same, a protection is not: which, and in what direction."""
    found = edited(edits)
    assert (found.verdict, found.access) == ("NON-AUTHZ", ())
    assert (area, strength) in {(change.area, change.strength) for change in found.settings}


@pytest.mark.parametrize("edits, path", [e[1:] for e in TEXTS], ids=[e[0] for e in TEXTS])
def test_texts(edited: Edited, edits: Edits, path: str) -> None:
    """What only people and pipelines read is told, and is no access."""
    found = edited(edits)
    assert (found.verdict, found.access, found.settings) == ("NON-AUTHZ", (), ())
    assert any(change.path.startswith(path) for change in found.rest)
