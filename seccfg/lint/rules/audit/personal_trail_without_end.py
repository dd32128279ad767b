"""AUDIT006."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUDIT006",
    name="personal-trail-without-end",
    severity="note",
    why=(
        "Who did what and from where is personal data too. Kept without an end it grows into something the law "
        "asks to be deleted and a thief likes to find."
    ),
    fix="Set `retention.max`.",
    refs=("GDPR:5(1)(e)",),
    needs=("audit.retention",),
    bad=("compliance: [gdpr]\nservice: {owner: team-notes@example.com}\naudit: {retention: {min: 365d}}"),
    good=("compliance: [gdpr]\nservice: {owner: team-notes@example.com}\naudit: {retention: {min: 365d, max: 400d}}"),
)


@RULE.check
def personal_records_end(spec: Spec) -> Iterator[Hit]:
    retention = spec.audit.retention if spec.audit is not None else None
    personal = "personal" in (spec.service.data or ()) or any(
        tag.split(":")[0] == "gdpr" for tag in spec.compliance or ()
    )
    if personal and retention is not None and retention.max is None:
        yield Hit(("audit", "retention"), "records of what people did are kept without an end", key=True)
