"""INPUT001."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.findings import SpecPath
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import METHODS
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import size_bytes

RULE = Rule(
    id="INPUT001",
    name="large-body",
    severity="warning",
    why=(
        "Bodies are held in memory while they are checked: a few callers that send large ones at once exhaust a "
        "gateway or the service."
    ),
    fix="Set `body.max` to what the route needs, at most `10MiB`; take large uploads through an object store.",
    refs=("OWASP-API-2023:API4", "CWE-770"),
    bad="body: {max: 11MiB}",
    good="body: {max: 10MiB}",
)

_MOST = 10 * 2**20


@RULE.check
def bodies_are_small(spec: Spec) -> Iterator[Hit]:
    if spec.body is not None:
        yield from _large(("body", "max"), spec.body.max)
    for template, item in spec.routes.items():
        if item.body is not None:
            yield from _large(("routes", template, "body", "max"), item.body.max)
        for method in METHODS:
            route = getattr(item, method)
            if route is not None and route.body is not None:
                yield from _large(("routes", template, method, "body", "max"), route.body.max)


def _large(at: SpecPath, size: str | None) -> Iterator[Hit]:
    if size is not None and size_bytes(size) > _MOST:
        yield Hit(at, f"bodies up to `{size}` are read, above `10MiB`")
