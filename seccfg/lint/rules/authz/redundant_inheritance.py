"""AUTHZ018."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.roles import closures
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ018",
    name="redundant-inheritance",
    severity="note",
    why=(
        "The role has this already through another one it inherits. When that one is narrowed, nothing changes "
        "here, and whoever narrowed it believes it did."
    ),
    fix="Remove what is inherited anyway, or keep it alone and remove the inheritance.",
    refs=("CWE-1164",),
    needs=("roles.*.inherits",),
    bad=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {viewer: {permissions: [notes.read]}, admin: {inherits: [viewer], permissions: [notes.read, "
        "notes.write]}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}, post: {allow: [{permissions: "
        "[notes.write]}]}}}"
    ),
    good=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {viewer: {permissions: [notes.read]}, admin: {inherits: [viewer], permissions: [notes.write]}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}, post: {allow: [{permissions: "
        "[notes.write]}]}}}"
    ),
)


@RULE.check
def roles_say_it_once(spec: Spec) -> Iterator[Hit]:
    declared = spec.roles or {}
    closure = closures(declared)
    for name, role in declared.items():
        bases = role.inherits or ()
        for index, base in enumerate(bases):
            if any(base in closure.get(other, ()) for other in bases if other != base):
                yield Hit(
                    ("roles", name, "inherits", index), f"`{name}` inherits `{base}` through another role already"
                )
        inherited = {p for base in bases for given in closure.get(base, ()) for p in declared[given].permissions or ()}
        for index, permission in enumerate(role.permissions or ()):
            if permission in inherited:
                yield Hit(("roles", name, "permissions", index), f"`{name}` inherits `{permission}` already")
