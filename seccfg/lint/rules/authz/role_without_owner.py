"""AUTHZ014."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ014",
    name="role-without-owner",
    severity="note",
    why=(
        "Other roles of this spec say who answers for them and this one does not: nobody is asked before it is "
        "given out, or when it is reviewed."
    ),
    fix="Say in `owner` which team decides who has the role.",
    refs=("NIST-SP-800-53:AC-2", "PCI-DSS-4.0.1:7.2.4"),
    needs=("roles.*.owner",),
    bad=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {viewer: {permissions: [notes.read], owner: team-notes@example.com}, admin: {permissions: "
        "[notes.write]}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}, post: {allow: [{permissions: "
        "[notes.write]}]}}}"
    ),
    good=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {viewer: {permissions: [notes.read], owner: team-notes@example.com}, admin: {permissions: "
        "[notes.write], owner: team-notes@example.com}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}, post: {allow: [{permissions: "
        "[notes.write]}]}}}"
    ),
)


@RULE.check
def roles_have_owners(spec: Spec) -> Iterator[Hit]:
    declared = spec.roles or {}
    if any(role.owner is not None for role in declared.values()):
        for name, role in declared.items():
            if role.owner is None:
                yield Hit(("roles", name), f"nobody answers for the role `{name}`", key=True)
