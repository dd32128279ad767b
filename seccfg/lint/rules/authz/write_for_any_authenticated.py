"""AUTHZ001."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.findings import SpecPath
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import WRITING, Effective, label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ001",
    name="write-for-any-authenticated",
    severity="warning",
    why="Whoever has any credential at all, a trial account or a partner's key included, may change data here.",
    fix=(
        "Say in `allow` which roles, permissions, scopes or clients may write, or tie the route to its object with "
        "a condition."
    ),
    refs=("OWASP-API-2023:API5", "CWE-862"),
    bad="routes: {/notes: {post: {allow: authenticated}}}",
    good="routes: {/notes: {post: {allow: [{scopes: [notes.write]}]}}}",
)


@RULE.check
def writers_are_named(spec: Spec) -> Iterator[Hit]:
    for route in routes(spec):
        if route.at[-1] not in WRITING or route.public or route.allow is None or route.require:
            continue
        what = label(route)
        if isinstance(route.allow, str):
            yield _hit(route, (), f"any authenticated principal may {what}")
            continue
        for index, grant in enumerate(route.allow):
            if not (grant.clients or grant.roles or grant.permissions or grant.scopes or grant.if_):
                yield _hit(route, (index,), f"any principal of {_listed(grant.auth or ())} may {what}")


def _hit(route: Effective, below: SpecPath, message: str) -> Hit:
    """At the grant where the route writes its own, else at the route."""
    if route.allow_at[: len(route.at)] == route.at:
        return Hit((*route.allow_at, *below), message)
    return Hit(route.at, message, key=True, related=(((*route.allow_at, *below), "allowed here"),))


def _listed(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)
