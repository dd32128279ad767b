"""Specs of any size, realistic in what a route says."""

from __future__ import annotations

_HEAD = """\
seccfg: 1
service: {name: bench, hosts: [api.example.com], base_path: /v1, owner: team@example.com}
upstreams: {main: {url: http://127.0.0.1:9000}}
auth:
  users:
    type: oidc
    issuer: https://id.example.com/
    audiences: [https://api.example.com]
    algorithms: [RS256]
    jwks: {file: keys/users.jwks.json}
    claims: {subject: sub, roles: roles, scopes: scope, department: dept, clearance: clearance}
roles:
  viewer: {permissions: [things.read]}
  editor: {inherits: [viewer], permissions: [things.write]}
  admin: {inherits: [editor], permissions: [things.delete]}
attributes:
  principal:
    department: {type: string, optional: true}
    clearance: {type: integer, optional: true}
  resource:
    department: {type: string, from: {path: department}}
conditions:
  same-department: principal.department == resource.department && principal.clearance >= 2
rate_limits:
  per-ip: {limit: 100000, window: 15m, by: ip}
  per-user: {limit: 100000, window: 1m, by: principal}
cors:
  web: {origins: [https://app.example.com], headers: [Authorization, Content-Type], credentials: true}
headers: {set: {X-Content-Type-Options: nosniff, Referrer-Policy: no-referrer}}
defaults: {auth: [users], cors: web, rate_limits: [per-ip, per-user]}
routes:
"""
_PATH = """\
  /things{n}:
    get:
      allow: [{{roles: [viewer]}}]
      query: {{limit: {{type: integer, minimum: 1, maximum: 100}}, status: {{enum: [open, done]}}}}
    post:
      allow: [{{permissions: [things.write]}}]
      body: {{max: 64KiB, content_types: [application/json]}}
  /departments/{{department}}/things{n}/{{thing_id}}:
    params: {{thing_id: {{type: string, format: uuid}}}}
    get: {{allow: [{{roles: [viewer], if: [same-department]}}, {{roles: [admin]}}]}}
    put: {{allow: [{{permissions: [things.write], if: [same-department]}}, {{roles: [admin]}}]}}
    delete: {{allow: [{{roles: [admin]}}]}}
"""


def spec_of(routes: int) -> str:
    """A spec of about *routes* routes, five to a pair of paths."""
    return _HEAD + "".join(_PATH.format(n=n) for n in range(max(routes // 5, 1)))
