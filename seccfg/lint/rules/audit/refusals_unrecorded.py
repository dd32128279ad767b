"""AUDIT002."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUDIT002",
    name="refusals-unrecorded",
    severity="warning",
    why="Who guesses credentials or tries doors leaves refusals behind, and this list writes them down nowhere.",
    fix=(
        "Add `auth.failed` and `authz.denied` to `audit.events`, or leave `events` out: then all refusals are recorded."
    ),
    refs=("OWASP-API-2023:API8", "CWE-778", "PCI-DSS-4.0.1:10.2.1.4"),
    needs=("audit.events",),
    bad="audit: {events: [access.allowed, authz.denied]}",
    good="audit: {events: [access.allowed, auth.failed, authz.denied]}",
)


@RULE.check
def refusals_are_recorded(spec: Spec) -> Iterator[Hit]:
    events = spec.audit.events if spec.audit is not None else None
    missing = [event for event in ("auth.failed", "authz.denied") if event not in events] if events is not None else []
    if missing:
        yield Hit(
            ("audit", "events"), f"`{'` and `'.join(missing)}` {'is' if len(missing) == 1 else 'are'} not recorded"
        )
