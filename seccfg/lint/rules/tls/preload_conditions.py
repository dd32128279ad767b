"""TLS001."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="TLS001",
    name="preload-conditions",
    severity="warning",
    why=(
        "Browsers' built-in lists take a host only when the header promises a year or more and covers all "
        "subdomains; until then `preload` protects nobody, and the first visit stays open to interception."
    ),
    fix="Set `hsts.max_age` to `365d` or more and `include_subdomains: true`, or drop `preload`.",
    refs=("RFC6797", "https://hstspreload.org/#submission-requirements"),
    needs=("tls",),
    bad="tls: {hsts: {max_age: 90d, include_subdomains: true, preload: true}}",
    good="tls: {hsts: {max_age: 365d, include_subdomains: true, preload: true}}",
)

_YEAR_S = 365 * 86400


@RULE.check
def preload_is_accepted(spec: Spec) -> Iterator[Hit]:
    hsts = spec.tls.hsts if spec.tls is not None else None
    if hsts is None or not hsts.preload:
        return
    at = ("tls", "hsts", "preload")
    if duration_s(hsts.max_age) < _YEAR_S:
        yield Hit(
            at,
            f"preload needs `max_age` of at least `365d`, not `{hsts.max_age}`",
            related=((("tls", "hsts", "max_age"), "promised here"),),
        )
    if not hsts.include_subdomains:
        yield Hit(at, "preload needs `include_subdomains: true`")
