"""LIMIT005."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="LIMIT005",
    name="local-counting",
    severity="note",
    why=(
        "When the shared counters cannot be reached each node counts alone, so a caller gets the limit once for "
        "every node: as many times as there are nodes, just when something is wrong."
    ),
    fix=(
        "Leave `on_store_failure` out (it means `refuse`) for limits that protect something; keep `local` where "
        "being reachable matters more."
    ),
    refs=("OWASP-API-2023:API4", "CWE-636"),
    needs=("rate_limits.*.on_store_failure",),
    bad="rate_limits: {per-ip: {on_store_failure: local}}",
    good="rate_limits: {per-ip: {on_store_failure: refuse}}",
)


@RULE.check
def counters_fail_closed(spec: Spec) -> Iterator[Hit]:
    for name, limit in (spec.rate_limits or {}).items():
        if limit.on_store_failure == "local":
            yield Hit(
                ("rate_limits", name, "on_store_failure"), f"without its store `{name}` is counted by each node alone"
            )
