"""LIMIT003."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.limits import counted_by
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="LIMIT003",
    name="evadable-limit",
    severity="warning",
    why=(
        "The caller chooses the value the requests are counted by, and with a new value for each request is "
        "never stopped."
    ),
    fix="Count by `ip`, by `principal`, or by an attribute of the credential.",
    refs=("OWASP-API-2023:API4", "CWE-799"),
    needs=("rate_limits.*.by.attribute",),
    bad=(
        "attributes: {resource: {device: {type: string, from: {header: X-Device}, trust: caller}}}\n"
        "rate_limits: {by-it: {limit: 10, window: 1m, by: {attribute: resource.device}}}\n"
        "routes: {/notes: {post: {rate_limits: [by-it]}}}"
    ),
    good=(
        "attributes: {principal: {tenant: {type: string}}}\n"
        "auth: {users: {claims: {tenant: tenant}}}\n"
        "rate_limits: {by-it: {limit: 10, window: 1m, by: {attribute: principal.tenant}}}\n"
        "routes: {/notes: {post: {rate_limits: [by-it]}}}"
    ),
)


@RULE.check
def counted_values_are_not_chosen(spec: Spec) -> Iterator[Hit]:
    for name, limit in (spec.rate_limits or {}).items():
        source = counted_by(spec, limit)
        if source is not None and source.trust == "caller":
            yield Hit(("rate_limits", name, "by", "attribute"), f"the caller of `{name}` chooses what is counted")
