"""REF108."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Context, Hit, Rule
from seccfg.lint.weakening import weakenings
from seccfg.spec.loader import Spec

RULE = Rule(
    id="REF108",
    name="weaker-production",
    severity="warning",
    why=(
        "The overlay called production protects less than the spec it changes: what was reviewed and tested is "
        "stricter than what runs."
    ),
    fix="Move the weaker value to the environments that need it, and let production be the spec as it stands.",
    refs=("OWASP-API-2023:API8", "CWE-1188"),
    needs=("environments",),
    bad="environments: {production: {rate_limits: {per-ip: {limit: 5000}}}}",
    good="environments: {production: {rate_limits: {per-ip: {limit: 50}}}}",
)


@RULE.check_in_context
def production_is_no_weaker(spec: Spec, context: Context) -> Iterator[Hit]:
    if context.base is not None and context.environment.lower().startswith(("prod", "live")):
        for at, what in weakenings(context.base, spec):
            yield Hit(at, what)
