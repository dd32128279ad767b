"""AUDIT005."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="AUDIT005",
    name="trail-too-short",
    severity="warning",
    why=(
        "PCI DSS asks for a year of audit trail, three months of it ready to be searched; break-ins are found "
        "months after they began."
    ),
    fix="Set `retention.min` to `365d` or more and `retention.hot` to `90d` or more.",
    refs=("PCI-DSS-4.0.1:10.5.1",),
    needs=("audit.retention",),
    bad=("compliance: [pci-dss]\nservice: {owner: team-notes@example.com}\naudit: {retention: {min: 90d}}"),
    good=("compliance: [pci-dss]\nservice: {owner: team-notes@example.com}\naudit: {retention: {min: 365d, hot: 90d}}"),
)

_LEAST_S = {"min": 365 * 86_400, "hot": 90 * 86_400}


@RULE.check
def trails_last_a_year(spec: Spec) -> Iterator[Hit]:
    retention = spec.audit.retention if spec.audit is not None else None
    if retention is None or not any(tag.split(":")[0] in ("pci-dss", "pci") for tag in spec.compliance or ()):
        return
    for key, kept in (("min", retention.min), ("hot", retention.hot)):
        if kept is not None and duration_s(kept) < _LEAST_S[key]:
            yield Hit(
                ("audit", "retention", key), f"`{key}` is `{kept}`, and `pci-dss` asks for `{_LEAST_S[key] // 86_400}d`"
            )
