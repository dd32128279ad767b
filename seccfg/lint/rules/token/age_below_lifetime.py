"""TOKEN016."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="TOKEN016",
    name="age-below-lifetime",
    severity="warning",
    why=(
        "Tokens issued for `access_ttl` are refused here once they are `max_token_age` old: clients see random "
        "sign-outs and learn to ignore them."
    ),
    fix="Make `max_token_age` of the method at least as long as `sessions.access_ttl`.",
    refs=("CWE-703",),
    needs=("auth.*.max_token_age",),
    bad=("auth: {users: {max_token_age: 5m}}\nsessions: {access_ttl: 15m}"),
    good=("auth: {users: {max_token_age: 15m}}\nsessions: {access_ttl: 15m}"),
)


@RULE.check
def tokens_live_as_long_as_they_say(spec: Spec) -> Iterator[Hit]:
    lives = spec.sessions.access_ttl if spec.sessions is not None else None
    for name, method in token_methods(spec):
        age = method.max_token_age
        if lives is not None and age is not None and duration_s(age) < duration_s(lives):
            yield Hit(
                ("auth", name, "max_token_age"),
                f"tokens of `{name}` are refused after `{age}` and issued for `{lives}`",
                related=((("sessions", "access_ttl"), "issued for"),),
            )
