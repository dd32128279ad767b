"""AUTH020."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="AUTH020",
    name="wide-clock-skew",
    severity="note",
    why=(
        "For that long after its end a token still works, one that was stolen too. Servers that keep time by NTP "
        "differ by less than a second."
    ),
    fix="Set `clock_skew` to `60s` or less.",
    refs=("RFC7519:4.1.4",),
    needs=("auth.*.clock_skew",),
    bad="auth: {users: {clock_skew: 300s}}",
    good="auth: {users: {clock_skew: 30s}}",
)


@RULE.check
def clocks_agree(spec: Spec) -> Iterator[Hit]:
    for name, method in token_methods(spec):
        if duration_s(method.clock_skew) > 60:
            yield Hit(
                ("auth", name, "clock_skew"), f"tokens of `{name}` work for `{method.clock_skew}` after their end"
            )
