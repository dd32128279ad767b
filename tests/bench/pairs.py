"""A spec of 200 routes with conditions of their own, and the same with three in ten changed."""

from __future__ import annotations

import random
from pathlib import Path

from tests.bench.analysing import ROOT, policy

_HEAD = """\
seccfg: 1
service: {name: pairs, hosts: [pairs.example.com]}
upstreams: {main: {url: "http://127.0.0.1:9000"}}
auth:
  users:
    type: jwt
    issuer: https://id.example.com
    audiences: [pairs]
    algorithms: [RS256]
    jwks: {file: keys/users.jwks.json}
    asserts: {roles: [role-0, role-1, role-2, role-3, role-4, role-5, role-6, role-7]}
    claims: {subject: sub, roles: roles, team: team, level: level, vip: vip}
attributes:
  principal:
    team: {type: string, optional: true}
    level: {type: integer, optional: true}
    vip: {type: boolean, optional: true}
  resource:
    owner: {type: string, from: {path: owner}}
roles: {role-0: {}, role-1: {}, role-2: {}, role-3: {}, role-4: {}, role-5: {}, role-6: {}, role-7: {}}
defaults: {auth: [users]}
"""


def pair(folder: Path, routes: int = 200) -> None:
    """`old.yaml` and `new.yaml` in *folder*, with the key set they name."""
    r = random.Random(7)
    (folder / "keys").mkdir()
    (folder / "seccfg.toml").write_text("")
    (folder / "keys" / "users.jwks.json").write_bytes((ROOT / "examples/guide/keys/users.jwks.json").read_bytes())
    texts = {"old": ["conditions:\n"], "new": ["conditions:\n"]}
    paths = ["routes:\n"]
    for number in range(routes):
        old = policy(r)
        changed = r.random() < 0.3
        new = (old.replace("sales", "legal") if "sales" in old else policy(r)) if changed else old
        for name, text in (("old", old), ("new", new)):
            texts[name].append(f"  may-{number}: '{text}'\n")
        paths.append(f"  /things-{number}/{{owner}}: {{get: {{allow: [{{if: [may-{number}]}}]}}}}\n")
    for name, parts in texts.items():
        (folder / f"{name}.yaml").write_text("".join([_HEAD, *parts, *paths]))
