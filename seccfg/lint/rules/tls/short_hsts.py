"""TLS002."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="TLS002",
    name="short-hsts",
    severity="note",
    why=(
        "Browsers keep to TLS for that long after a visit; whoever comes back later is open again on the first request."
    ),
    fix="Raise `hsts.max_age` to `180d` or more once TLS works everywhere; `365d` is common.",
    refs=("RFC6797:11.2", "CWE-319"),
    needs=("tls.hsts",),
    bad="tls: {hsts: {max_age: 7d}}",
    good="tls: {hsts: {max_age: 365d}}",
)


@RULE.check
def promises_are_long(spec: Spec) -> Iterator[Hit]:
    hsts = spec.tls.hsts if spec.tls is not None else None
    if hsts is not None and not hsts.preload and duration_s(hsts.max_age) < 180 * 86_400:
        yield Hit(("tls", "hsts", "max_age"), f"browsers keep to TLS for `{hsts.max_age}` only")
