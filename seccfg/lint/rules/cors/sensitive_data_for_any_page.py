"""CORS009."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="CORS009",
    name="sensitive-data-for-any-page",
    severity="warning",
    why="The route handles data of a class the spec names, and pages of any origin may read its answers.",
    fix="Give the route a profile with listed origins, or `cors: none`.",
    refs=("OWASP-API-2023:API8", "CWE-942"),
    needs=("cors",),
    bad=("cors: {web: {origins: ['*']}}\nroutes: {/notes: {get: {data: [personal], cors: web}}}"),
    good=("cors: {web: {origins: [https://app.example.com]}}\nroutes: {/notes: {get: {data: [personal], cors: web}}}"),
)


@RULE.check
def sensitive_answers_are_not_for_all(spec: Spec) -> Iterator[Hit]:
    open_profiles = {name for name, profile in (spec.cors or {}).items() if "*" in profile.origins}
    default = spec.defaults.cors if spec.defaults is not None else None
    for route in routes(spec) if open_profiles else ():
        data = (*(spec.service.data or ()), *(route.item.data or ()), *(route.route.data or ()))
        name = route.route.cors or route.item.cors or default
        if data and name in open_profiles and not route.public:
            yield Hit(route.at, f"{label(route)} handles `{data[-1]}` data and any page may read it", key=True)
