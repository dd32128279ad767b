"""DATA201."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA201",
    name="details-shown",
    severity="warning",
    why=(
        "What went wrong inside, names of checks and versions among it, helps whoever looks for a way in; people "
        "who run the service find it in the log by the correlation id."
    ),
    fix="Leave `errors.details` out (it means `hidden`); show details in the overlay of a development environment.",
    refs=("CWE-209", "OWASP-API-2023:API8"),
    needs=("errors.details",),
    bad="errors: {details: shown}",
    good="errors: {details: hidden}",
)


@RULE.check
def refusals_say_little(spec: Spec) -> Iterator[Hit]:
    if spec.errors is not None and spec.errors.details == "shown":
        yield Hit(("errors", "details"), "every caller is told what went wrong inside")
