"""DATA210."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA210",
    name="nobody-answers-for-it",
    severity="warning",
    why=(
        "The service handles data the law or a contract protects, and the spec does not say who decides about "
        "access to it, or who to ask when something went wrong."
    ),
    fix="Set `service.owner` to a team or role address.",
    refs=("OWASP-API-2023:API9", "PCI-DSS-4.0.1:12.5.1", "GDPR:24"),
    needs=("service.data", "compliance"),
    bad="service: {data: [personal]}",
    good="service: {data: [personal], owner: team-notes@example.com}",
)


@RULE.check
def services_have_owners(spec: Spec) -> Iterator[Hit]:
    if spec.service.owner is None and (spec.service.data or spec.compliance):
        what = (
            f"`{spec.service.data[0]}` data"
            if spec.service.data
            else f"what `{spec.compliance[0]}` covers"
            if spec.compliance
            else ""
        )
        yield Hit(("service",), f"nobody answers for a service that handles {what}", key=True)
