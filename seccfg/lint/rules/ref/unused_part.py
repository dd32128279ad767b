"""REF104."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seccfg.findings import SpecPath
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import METHODS
from seccfg.spec.loader import Defaults, RouteKeys, Spec
from seccfg.spec.rules.effective import names_in

RULE = Rule(
    id="REF104",
    name="unused-part",
    severity="note",
    why=(
        "Nothing names it. An auth method, limit or profile that no route uses looks like a protection that "
        "holds; a stale upstream or client is one more thing to review for nothing."
    ),
    fix="Name it where it should hold, or remove it.",
    refs=("CWE-1164", "OWASP-API-2023:API9"),
    needs=("rate_limits", "cors", "network.profiles", "auth"),
    bad="rate_limits: {writes: {limit: 10, window: 1m, by: principal}}",
    good=(
        "rate_limits: {writes: {limit: 10, window: 1m, by: principal}}\n"
        "routes: {/notes: {post: {rate_limits: [writes]}}}"
    ),
)


@RULE.check
def parts_are_used(spec: Spec) -> Iterator[Hit]:
    own_file = spec.span(()).path
    network = (spec.network.profiles if spec.network is not None else None) or {}
    used = _used(spec)
    sections: tuple[tuple[SpecPath, str, Iterable[str]], ...] = (
        (("auth",), "auth method", spec.auth or ()),
        (("rate_limits",), "rate limit", spec.rate_limits or ()),
        (("cors",), "CORS profile", spec.cors or ()),
        (("network", "profiles"), "network profile", network),
    )
    for at, what, names in sections:
        for name in names:
            if name not in used[at[0]] and spec.span((*at, name), key=True).path == own_file:
                yield Hit((*at, name), f"no route uses the {what} `{name}`", key=True)


def _used(spec: Spec) -> dict[str | int, set[str]]:
    """Names of each section that routes and `defaults` name."""
    used: dict[str | int, set[str]] = {"auth": set(), "rate_limits": set(), "cors": set(), "network": set()}
    levels: list[Defaults | RouteKeys] = [spec.defaults] if spec.defaults is not None else []
    for item in spec.routes.values():
        levels += [item, *(route for method in METHODS if (route := getattr(item, method)) is not None)]
    for level in levels:
        used["auth"].update(names_in(level.auth or ()))
        used["rate_limits"].update(level.rate_limits or ())
        used["cors"].update(() if level.cors is None else (level.cors,))
        used["network"].update(() if level.network is None else (level.network,))
    return used
