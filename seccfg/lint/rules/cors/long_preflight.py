"""CORS007."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="CORS007",
    name="long-preflight",
    severity="note",
    why=(
        "Browsers keep the answer for so long even after the profile was narrowed; they cut it to two hours or a "
        "day anyway."
    ),
    fix="Set `max_age` to `2h` or less.",
    refs=("https://developer.mozilla.org/docs/Web/HTTP/Headers/Access-Control-Max-Age",),
    needs=("cors.*.max_age",),
    bad=("cors: {web: {origins: [https://app.example.com], max_age: 7d}}\ndefaults: {cors: web}"),
    good=("cors: {web: {origins: [https://app.example.com], max_age: 10m}}\ndefaults: {cors: web}"),
)


@RULE.check
def preflights_are_asked_again(spec: Spec) -> Iterator[Hit]:
    for name, profile in (spec.cors or {}).items():
        if profile.max_age is not None and duration_s(profile.max_age) > 86_400:
            yield Hit(("cors", name, "max_age"), f"browsers keep what `{name}` allows for `{profile.max_age}`")
