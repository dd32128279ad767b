"""Resolve: what is implicit in a spec is explicit in its Policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seccfg import api
from seccfg.findings import SpecError
from seccfg.ir.policy import (
    Authenticate,
    Authorize,
    BodyLimit,
    ClientAddress,
    Cors,
    Forward,
    JwtVerifier,
    KeyVerifier,
    LiteralSegment,
    Origin,
    ParamSegment,
    Policy,
    RestSegment,
    Validate,
)
from seccfg.resolve.values import origin, san_pattern, segments, template_rank

ROOT = Path(__file__).resolve().parents[2]
KEYS = (ROOT / "examples" / "minimal" / "keys" / "users.json").read_text()
HEAD = """\
seccfg: 1
service: {name: notes, hosts: [notes.example.com], base_path: /v1}
upstreams: {main: {url: http://127.0.0.1:8000}, other: {url: http://127.0.0.1:8001}}
auth:
  users: {type: oidc, issuer: https://id.example.com/, audiences: [notes], algorithms: [RS256], jwks: {file: users.json}}
roles: {viewer: {permissions: [read]}, editor: {inherits: [viewer], permissions: [write]}, admin: {inherits: [editor]}}
rate_limits:
  per-ip: {limit: 100, window: 15m, by: ip}
  per-user: {limit: 10, window: 1m, by: principal, tiers: {editor: 50}}
network: {profiles: {everyone: {allow: [0.0.0.0/0, "::/0"]}, office: {allow: [198.51.100.0/24], deny: [198.51.100.9/32]}}}
cors: {web: {origins: [https://app.example.com, "https://*.example.net:8443"]}}
"""


def policy_of(tmp_path: Path, text: str, files: dict[str, str] | None = None) -> Policy:
    (tmp_path / "users.json").write_text(KEYS)
    for name, content in (files or {}).items():
        (tmp_path / name).write_text(content)
    (tmp_path / "seccfg.yaml").write_text(HEAD + text)
    return api.policy(api.load(str(tmp_path / "seccfg.yaml")))


DEFAULTS = "defaults: {auth: [users], upstream: main, rate_limits: [per-ip], network: everyone, cors: web}\n"


def test_defaults_are_flattened_into_each_route(tmp_path: Path) -> None:
    """A route that says nothing has every default; `without` takes one away; `cors: none` is no profile."""
    policy = policy_of(
        tmp_path,
        DEFAULTS
        + """
routes:
  /a: {get: {allow: authenticated}}
  /b: {get: {allow: authenticated, cors: none, rate_limits: [per-user], network: office, upstream: other,
             without: {rate_limits: [per-ip], reason: shared elsewhere}}}
""",
    )
    plain, changed = policy.routes
    assert [limit.name for limit in plain.limits()] == ["per-ip"]
    assert plain.one(Forward).url == "http://127.0.0.1:8000"
    assert plain.first(Cors) is not None
    assert [limit.name for limit in changed.limits()] == ["per-user"]
    assert changed.first(Cors) is None
    assert changed.one(Forward).url == "http://127.0.0.1:8001"
    assert [rule.name for rule in changed.one(ClientAddress).rules] == ["everyone", "office"]
    assert policy.evidence.reasons == (("GET /b", "shared elsewhere"),)


def test_path_level_keys_reach_every_method(tmp_path: Path) -> None:
    """Replacing keys of the method win, adding ones add up, maps merge key by key."""
    policy = policy_of(
        tmp_path,
        DEFAULTS
        + """
conditions: {known: principal.subject != "root"}
routes:
  /a/{id}:
    require: [known]
    params: {id: {type: integer}}
    allow: [{roles: [admin]}]
    body: {max: 2KiB}
    get: {allow: [{roles: [viewer]}], params: {id: {type: string}}}
    put: {body: {content_types: [text/plain]}}
""",
    )
    get, put = policy.routes
    assert json.loads(get.one(Validate).params[0].schema) == {"type": "string"}
    assert get.one(Authorize).allow[0].role_sets == (("admin", "editor", "viewer"),)
    assert put.one(Authorize).allow[0].role_sets == (("admin",),)
    assert len(get.one(Authorize).require) == len(put.one(Authorize).require) == 1
    assert put.one(BodyLimit) == BodyLimit(2048, ("text/plain",))


def test_roles_are_closed(tmp_path: Path) -> None:
    """A permission is the set of all roles that hold it; a tier counts for every role that gives it."""
    policy = policy_of(
        tmp_path,
        DEFAULTS
        + """
routes:
  /a: {get: {allow: [{permissions: [read, write], roles: [viewer]}], rate_limits: [per-user]}}
""",
    )
    (route,) = policy.routes
    assert route.one(Authorize).allow[0].role_sets == (
        ("admin", "editor", "viewer"),
        ("admin", "editor", "viewer"),
        ("admin", "editor"),
    )
    assert route.limits()[1].tiers == ((("admin", "editor"), 50),)
    assert dict(policy.roles)["admin"] == ("admin", "editor", "viewer")
    verifier = policy.verifier("users")
    assert isinstance(verifier, JwtVerifier)
    assert verifier.asserts == ("admin", "editor", "viewer")


def test_constants_of_a_route_are_folded_into_its_conditions(tmp_path: Path) -> None:
    """Two routes with different constants have different conditions; with equal ones they share it."""
    policy = policy_of(
        tmp_path,
        DEFAULTS
        + """
attributes:
  principal: {level: {type: integer}}
  resource: {needed: {type: integer, from: route}}
conditions: {high: principal.level >= resource.needed}
routes:
  /a: {resource: {needed: 2}, get: {allow: [{if: [high]}]}}
  /b: {resource: {needed: 3}, get: {allow: [{if: [high]}]}}
  /c: {resource: {needed: 2}, get: {allow: [{if: [high]}]}}
""".replace("roles: [users]", ""),
    )
    idents = [route.one(Authorize).allow[0].conditions[0] for route in policy.routes]
    assert idents[0] == idents[2] != idents[1]
    assert len(policy.conditions) == 2


def test_the_most_specific_template_comes_first(tmp_path: Path) -> None:
    """Literal before parameter before `{x+}`, segment by segment; the base path stands before all of them."""
    policy = policy_of(
        tmp_path,
        DEFAULTS
        + """
routes:
  /{rest+}: {get: {allow: authenticated}}
  /a/{id}: {get: {allow: authenticated}}
  /a/me: {get: {allow: authenticated}}
  /: {get: {allow: authenticated}}
""",
    )
    assert [route.template for route in policy.routes] == ["/v1", "/v1/a/me", "/v1/a/{id}", "/v1/{rest+}"]
    assert policy.hosts == ("notes.example.com",)


def test_every_credential_place_is_stripped(tmp_path: Path) -> None:
    """Also that of a method no route of the request names, and the header gateways use for open conditions."""
    policy = policy_of(
        tmp_path,
        """
defaults: {auth: [users], upstream: main}
forward: {identity: {X-User: principal.subject}}
routes:
  /a: {get: {allow: authenticated}}
  /open: {get: {public: true, reason: open to all}}
""".replace("auth: [users]", "auth: [users]"),
    )
    closed, public = policy.routes
    assert closed.one(Forward).strip == ("authorization", "x-authz-open", "x-user")
    assert [(i.header, i.field) for i in closed.one(Forward).set] == [("x-user", "subject")]
    assert public.one(Forward).set == ()
    assert public.one(Authenticate).alternatives == ()
    assert public.first(Authorize) is None


def test_values() -> None:
    """Origins, templates and SAN patterns as records."""
    assert origin("https://App.example.com:443") == Origin("https", "app.example.com", None, False)
    assert origin("https://*.example.net:8443").text == "https://*.example.net:8443"
    assert origin("http://[::1]:3000") == Origin("http", "[::1]", 3000, False)
    assert segments("/a/{b}/{c+}") == (LiteralSegment("a"), ParamSegment("b"), RestSegment("c"))
    assert template_rank(segments("/a")) < template_rank(segments("/{x}")) < template_rank(segments("/{x+}"))
    assert [getattr(part, "capture", None) for part in san_pattern("spiffe://x/{ns}/sa/*")] == [None, "ns", None, ""]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no JSON"),
        ("[]", "no key set"),
        ('{"keys": []}', "no key set"),
        ('{"keys": [{"kty": "RSA"}]}', "without `kid`"),
        ('{"keys": [{"kid": "a", "kty": "oct", "k": "c2VjcmV0"}]}', "private"),
        ('{"keys": [{"kid": "a", "kty": "RSA", "n": "x", "e": "AQAB", "d": "c2VjcmV0"}]}', "private"),
        ('{"keys": [{"kid": "a", "kty": "EC", "crv": "P-256"}]}', "fits RS256"),
        ('{"keys": [{"kid": "a", "kty": "RSA"}, {"kid": "a", "kty": "RSA"}]}', "two keys"),
        ('{"keys": 1, "keys": 2}', "twice"),
    ],
)
def test_a_bad_key_set_is_a_finding_at_the_key_that_names_it(tmp_path: Path, content: str, words: str) -> None:
    """The message says what is wrong and never repeats key material."""
    with pytest.raises(SpecError) as caught:
        policy_of(
            tmp_path,
            "defaults: {auth: [users], upstream: main}\nroutes: {/a: {get: {allow: authenticated}}}\n",
            {"users.json": content},
        )
    (finding,) = caught.value.findings
    assert words in finding.message
    assert finding.at.line == 5
    assert "c2VjcmV0" not in str(finding) + finding.help


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    """Every file that cannot be read is told of at once."""
    (tmp_path / "seccfg.yaml").write_text(
        HEAD
        + DEFAULTS
        + """
routes:
  /a: {post: {allow: authenticated, body: {schema: nowhere.json}}}
"""
    )
    with pytest.raises(SpecError) as caught:
        api.policy(api.load(str(tmp_path / "seccfg.yaml")))
    assert len(caught.value.findings) == 2


RECORD = {
    "id": "k1",
    "sha256": "0" * 64,
    "subject": "acme",
    "not_before": "2026-01-01T00:00:00Z",
    "expires": "2026-02-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "a.b"}, "usable `id`"),
        ({"sha256": "x"}, "usable `sha256`"),
        ({"subject": ""}, "no `subject`"),
        ({"secret": "hunter2"}, "unknown key"),
        ({"roles": "admin"}, "no list of texts"),
        ({"expires": "tomorrow"}, "no time"),
        ({"addresses": ["1.2.3"]}, "does not parse"),
        ({"expires": "2026-12-01T00:00:00Z"}, "longer than"),
        ({"expires": None}, "no end"),
        ({"attributes": []}, "no object"),
    ],
)
def test_bad_key_records_are_findings(tmp_path: Path, change: dict[str, object], words: str) -> None:
    """Each broken record is named by its id, and rotation is checked when records are read."""
    record = {key: value for key, value in {**RECORD, **change}.items() if value is not None}
    text = """
defaults: {auth: [users], upstream: main}
routes: {/a: {get: {allow: authenticated, auth: [partner]}}}
"""
    head = HEAD.replace(
        "roles:",
        "  partner: {type: api_key, in: {header: X-Key}, keys: {file: k.json}, rotation: {max_age: 90d}}\nroles:",
        1,
    )
    (tmp_path / "users.json").write_text(KEYS)
    (tmp_path / "k.json").write_text(json.dumps([record]))
    (tmp_path / "seccfg.yaml").write_text(head + text)
    with pytest.raises(SpecError) as caught:
        api.policy(api.load(str(tmp_path / "seccfg.yaml")))
    assert words in caught.value.findings[0].message
    assert "hunter2" not in str(caught.value)


def test_rotation_overlap_is_checked_between_records_of_one_subject(tmp_path: Path) -> None:
    """Two keys of one subject may be valid together for `overlap` and no longer."""
    second = {**RECORD, "id": "k2", "not_before": "2026-01-20T00:00:00Z", "expires": "2026-03-01T00:00:00Z"}
    head = HEAD.replace(
        "roles:",
        "  partner: {type: api_key, in: {header: X-Key}, keys: {file: k.json}, rotation: {max_age: 90d, overlap: 12d}}\nroles:",
        1,
    )
    body = "defaults: {auth: [users], upstream: main}\nroutes: {/a: {get: {allow: authenticated, auth: [partner]}}}\n"
    (tmp_path / "users.json").write_text(KEYS)
    (tmp_path / "k.json").write_text(json.dumps([RECORD, second]))
    (tmp_path / "seccfg.yaml").write_text(head + body)
    verifier = api.policy(api.load(str(tmp_path / "seccfg.yaml"))).verifier("partner")
    assert isinstance(verifier, KeyVerifier)
    assert [record.id for record in verifier.records] == ["k1", "k2"]
    (tmp_path / "seccfg.yaml").write_text((head + body).replace("overlap: 12d", "overlap: 11d"))
    with pytest.raises(SpecError, match="valid together"):
        api.policy(api.load(str(tmp_path / "seccfg.yaml")))
