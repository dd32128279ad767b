"""INPUT007."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.lint.body_schemas import parameter_patterns, schema_patterns
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

_REPEATS = r"[*+}].*[*+}]|\|.*[*+}]"

RULE = Rule(
    id="INPUT007",
    name="slow-pattern",
    severity="warning",
    why=(
        "A gateway or service that matches by trying (most do) needs exponential or very long time for some "
        "texts against this pattern: a few requests with such texts stop it. A limit on the length helps little."
    ),
    fix="Write the pattern so that each text can be matched in one way only: no repeated group whose parts overlap.",
    refs=("OWASP-API-2023:API4", "CWE-1333"),
    needs=("route.query", "route.params", "route.header_params", "route.body"),
    bad="routes: {/notes: {get: {query: {name: {maxLength: 64, pattern: '([a-z]+)+x'}}}}}",
    good="routes: {/notes: {get: {query: {name: {maxLength: 64, pattern: '[a-z]+x'}}}}}",
)


@RULE.check_in_context
def patterns_are_quick(spec: Spec, context: Context) -> Iterator[Hit]:
    for at, pattern in (*parameter_patterns(spec), *schema_patterns(spec, context)):
        slow = _slowness(pattern)
        if slow:
            yield Hit(at, f"matching `{pattern[:60].replace('`', chr(39))}` {slow}", key=True)


def _slowness(pattern: str) -> str:
    if not re.search(_REPEATS, pattern):
        return ""  # one repetition without a choice inside is never tried twice
    from seccfg.expr.regex import RegexError, parse_regex
    from seccfg.expr.regex_automaton import slowness

    try:
        return slowness(parse_regex(pattern))
    except RegexError:
        return ""  # a form this reader does not know is not judged
