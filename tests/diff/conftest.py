"""Two versions of a spec side by side, written out, compared as `seccfg diff` compares files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg import api
from seccfg.diff.model import Difference

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BASE = """\
seccfg: 1
service: {name: notes, title: Notes, hosts: [notes.example.com], base_path: /v1}
upstreams: {main: {url: "https://10.1.1.1:8443", tls: verify}}
auth:
  users:
    type: oidc
    issuer: https://id.example.com/
    audiences: [notes, notes-beta]
    algorithms: [RS256, PS256]
    jwks: {file: keys/users.json}
    in: [bearer, {cookie: session}]
    clock_skew: 30s
    max_token_age: 1h
    asserts: {roles: [reader, writer, admin]}
    claims: {subject: sub, roles: roles, scopes: scope, team: team, level: level}
  robots:
    type: api_key
    in: {header: X-API-Key}
    keys: {file: keys/robots.json}
    asserts: {roles: [reader, robot]}
  mesh:
    type: mtls
    ca: {file: keys/mesh-ca.pem}
    san: {uri: "spiffe://example.com/ns/{team}/sa/*"}
    asserts: {roles: [robot]}
    gives: {roles: [robot]}
clients:
  app:
    {flow: authorization_code, tokens: users, client_id: notes-app, public: true, pkce: S256,
     redirect_uris: [https://app.example.com/cb], authorization_url: https://id.example.com/authorize,
     token_url: https://id.example.com/token}
sessions: {csrf: {mode: header, header: X-CSRF-Token}, revocation: {deny_list: {claim: jti}, staleness: 5s}}
roles:
  reader: {permissions: [notes.read]}
  writer: {inherits: [reader], permissions: [notes.write]}
  admin: {inherits: [writer], permissions: [notes.delete]}
  robot: {permissions: [notes.read]}
attributes:
  principal:
    team: {type: string, optional: true}
    level: {type: integer, optional: true}
  resource:
    team: {type: string, from: {path: team}}
    needed: {type: integer, from: route}
    size: {type: integer, from: {body: size}, trust: caller}
    owner: {type: string, from: application}
  request:
    hour: {type: integer, from: {clock: hour_utc}}
conditions:
  own-team: principal.team == resource.team && principal.level >= resource.needed
  small: resource.size <= 100
  office-hours: request.hour >= 7 && request.hour < 19
  owner: principal.subject == resource.owner
  blocked: has(principal.team) && principal.team == "blocked"
rate_limits:
  per-ip: {limit: 100, window: 15m, by: ip}
  writes: {limit: 10, window: 1m, by: principal, tiers: {admin: 50}}
network:
  trusted_proxies: [10.0.0.0/8]
  profiles: {office: {allow: [198.51.100.0/24]}}
cors:
  web: {origins: [https://app.example.com], headers: [Authorization], credentials: true, max_age: 10m}
tls: {min_version: "1.2", plain_http: redirect, hsts: {max_age: 365d, include_subdomains: true, preload: false}}
body: {max: 1MiB, content_types: [application/json]}
errors: {details: hidden}
headers: {set: {X-Content-Type-Options: nosniff}, remove: [Server]}
forward: {identity: {X-User: principal.subject}}
audit: {events: [auth.failed, authz.denied], redact: [X-Secret]}
defaults: {auth: [users], rate_limits: [per-ip], cors: web}
routes:
  /health: {get: {public: true, reason: probe}}
  /notes:
    get:
      auth: [users, robots]
      allow: [{permissions: [notes.read]}]
      query: {limit: {type: integer, minimum: 1, maximum: 100}}
    post: {allow: [{roles: [writer], if: [small]}, {scopes: [notes.import], clients: [app]}], rate_limits: [writes]}
  /notes/{id}:
    params: {id: {type: integer, minimum: 1}}
    get: {allow: [{roles: [reader]}]}
    put: {allow: [{roles: [reader], if: [owner], enforce: application}, {roles: [admin]}]}
    delete: {allow: [{roles: [admin]}], network: office}
  /teams/{team}/notes:
    resource: {needed: 2}
    get: {allow: [{roles: [reader], if: [own-team]}, {roles: [admin]}], forbid: [blocked]}
    post: {allow: [{roles: [writer], if: [own-team, office-hours]}]}
  /sync: {post: {auth: [mesh], allow: [{roles: [robot]}], cors: none}}
  /both: {get: {auth: [{all: [users, robots]}], allow: authenticated}}
tests:
  - {name: a reader reads, as: {auth: users, roles: [reader]}, request: {method: GET, path: /v1/notes}, expect: allow}
"""
RECORDS = [
    {"id": "crawler", "sha256": "1" * 64, "subject": "crawler", "roles": ["reader"]},
    {"id": "sync", "sha256": "2" * 64, "subject": "sync", "roles": ["robot"], "expires": "2026-06-01T00:00:00Z"},
    {"id": "old", "sha256": "3" * 64, "subject": "old", "roles": [], "addresses": ["203.0.113.0/24"]},
]


class Versions:
    """A folder for each version of the base spec; `seen` is what was written last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, text: str, files: dict[str, str | bytes] | None = None) -> str:
        """The path of *text* as a spec, with the keys it names; *files* stand beside it, or instead of those."""
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "keys").mkdir(parents=True)
        (folder / "seccfg.toml").write_text("")
        shutil.copyfile(EXAMPLES / "orders/keys/staff.jwks.json", folder / "keys/users.json")
        shutil.copyfile(EXAMPLES / "orders/keys/mesh-ca.pem", folder / "keys/mesh-ca.pem")
        (folder / "keys/robots.json").write_text(json.dumps(RECORDS))
        for path, content in (files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        (folder / "seccfg.yaml").write_text(text)
        return str(folder / "seccfg.yaml")

    def compare(
        self,
        old: str,
        new: str,
        old_files: dict[str, str | bytes] | None = None,
        new_files: dict[str, str | bytes] | None = None,
    ) -> Difference:
        """The difference between two texts."""
        return api.diff(self.write("old", old, old_files), self.write("new", new, new_files))


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path)


@pytest.fixture
def base() -> str:
    return BASE


@pytest.fixture
def records() -> list[dict[str, object]]:
    return [dict(record) for record in RECORDS]


@pytest.fixture
def edited(versions: Versions) -> Callable[..., Difference]:
    """`edited({"old text": "new text"}, files)`: the base spec and the same with those texts replaced, or the way back."""

    def compare(
        edits: dict[str, str], files: dict[str, str | bytes] | None = None, *, back: bool = False
    ) -> Difference:
        after = replaced(BASE, edits)
        return versions.compare(after, BASE, files) if back else versions.compare(BASE, after, None, files)

    return compare


def replaced(text: str, edits: dict[str, str]) -> str:
    for old, new in edits.items():
        assert old in text, f"the spec does not say {old!r}"
        text = text.replace(old, new)
    return text
