"""REF105."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="REF105",
    name="expired-acceptance",
    severity="warning",
    why=(
        "Somebody accepted until a day that has passed that a target does less exactly what the spec says; since "
        "then the build stops at that gap again."
    ),
    fix="Close the gap, or decide anew and give a later `expires`.",
    refs=(),
    needs=("accept",),
    bad=(
        "targets: {python: {package: notes_security}}\n"
        "accept: [{target: python, gap: audit-retention, at: audit.retention, reason: kept by the collector, "
        "owner: team-notes@example.com, expires: 2025-06-30}]"
    ),
    good=(
        "targets: {python: {package: notes_security}}\n"
        "accept: [{target: python, gap: audit-retention, at: audit.retention, reason: kept by the collector, "
        "owner: team-notes@example.com, expires: 2098-06-30}]"
    ),
)


@RULE.check_in_context
def acceptances_are_current(spec: Spec, context: Context) -> Iterator[Hit]:
    for index, entry in enumerate(spec.accept or ()):
        if entry.expires < context.today:
            yield Hit(
                ("accept", index, "expires"),
                f"the gap `{entry.gap}` of `{entry.target}` was accepted until {entry.expires}",
            )
