"""AUTHZ015."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import parse_date

RULE = Rule(
    id="AUTHZ015",
    name="stale-review",
    severity="warning",
    why=(
        "Nobody has looked for more than a year at what the role permits and who has it. Roles only ever grow "
        "when nobody does."
    ),
    fix="Review the role with its owner and set `reviewed` to that day.",
    refs=("PCI-DSS-4.0.1:7.2.4", "NIST-SP-800-53:AC-2", "SOC2:CC6.3"),
    needs=("roles.*.reviewed",),
    bad=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {viewer: {permissions: [notes.read], reviewed: 2024-06-01}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}}}"
    ),
    good=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {viewer: {permissions: [notes.read], reviewed: 2025-12-01}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}}}"
    ),
)


@RULE.check_in_context
def roles_are_reviewed(spec: Spec, context: Context) -> Iterator[Hit]:
    if not context.today:  # nobody says which day it is
        return
    year, month, day = parse_date(context.today)
    for name, role in (spec.roles or {}).items():
        if role.reviewed is not None and parse_date(role.reviewed) < (year - 1, month, day):
            yield Hit(("roles", name, "reviewed"), f"`{name}` was last reviewed on {role.reviewed}")
