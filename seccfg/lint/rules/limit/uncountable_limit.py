"""LIMIT004."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.limits import counted_by
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="LIMIT004",
    name="uncountable-limit",
    severity="warning",
    why=(
        "Only the service knows the value, and no gateway sees it before it has passed the request on: the limit "
        "is one that no target can count."
    ),
    fix="Count by `ip`, by `principal`, or by an attribute of the credential or the path.",
    refs=("OWASP-API-2023:API4",),
    needs=("rate_limits.*.by.attribute",),
    bad=(
        "attributes: {resource: {owner: {type: string, from: application}}}\n"
        "rate_limits: {by-it: {limit: 10, window: 1m, by: {attribute: resource.owner}}}\n"
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
def limits_can_be_counted(spec: Spec) -> Iterator[Hit]:
    for name, limit in (spec.rate_limits or {}).items():
        source = counted_by(spec, limit)
        if source is not None and source.from_ == "application":
            yield Hit(("rate_limits", name, "by", "attribute"), f"no target knows what `{name}` counts by")
