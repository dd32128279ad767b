"""TOKEN011."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Introspection, Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="TOKEN011",
    name="irrevocable-token",
    severity="warning",
    why=(
        "Tokens that live for more than an hour and that nothing can take back give whoever copied one all of "
        "that time."
    ),
    fix="Shorten the lifetime, or add `sessions.revocation` (`deny_list`, `version_claim` or `not_before`).",
    refs=("RFC9700:4.14", "CWE-613"),
    needs=("auth.*.max_token_age",),
    bad="auth: {users: {max_token_age: 8h}}",
    good=("auth: {users: {max_token_age: 8h}}\nsessions: {revocation: {deny_list: {claim: jti}}}"),
)

_MOST_S = 3600


@RULE.check
def long_tokens_can_be_taken_back(spec: Spec) -> Iterator[Hit]:
    revocation = spec.sessions.revocation if spec.sessions is not None else None
    if revocation is not None and (revocation.deny_list or revocation.version_claim or revocation.not_before):
        return
    for name, method in token_methods(spec):
        age = method.max_token_age
        if age is not None and _MOST_S < duration_s(age) <= 24 * _MOST_S and not isinstance(method, Introspection):
            yield Hit(("auth", name, "max_token_age"), f"a token of `{name}` works for `{age}` and cannot be revoked")
