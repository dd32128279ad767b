"""LIMIT006."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="LIMIT006",
    name="tier-without-effect",
    severity="warning",
    why=(
        "The largest of the base limit and the tiers counts, so a tier that is not above the base changes "
        "nothing: whoever wrote it expects a limit that does not hold."
    ),
    fix="Raise the tier above `limit`, or lower `limit` and give the others tiers.",
    refs=("CWE-561",),
    needs=("rate_limits.*.tiers",),
    bad=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {admin: {permissions: [notes.delete]}}\n"
        "rate_limits: {writes: {limit: 10, window: 1m, by: principal, tiers: {admin: 5}}}\n"
        "routes: {/notes: {post: {allow: [{roles: [admin]}], rate_limits: [writes]}}}"
    ),
    good=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {admin: {permissions: [notes.delete]}}\n"
        "rate_limits: {writes: {limit: 10, window: 1m, by: principal, tiers: {admin: 100}}}\n"
        "routes: {/notes: {post: {allow: [{roles: [admin]}], rate_limits: [writes]}}}"
    ),
)


@RULE.check
def tiers_raise_the_limit(spec: Spec) -> Iterator[Hit]:
    for name, limit in (spec.rate_limits or {}).items():
        for role, number in (limit.tiers or {}).items():
            if number <= limit.limit:
                yield Hit(
                    ("rate_limits", name, "tiers", role),
                    f"`{role}` gets {max(number, limit.limit)} of `{name}`, not {number}",
                    related=((("rate_limits", name, "limit"), "the base limit"),),
                )
