"""AUTHZ016."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import Effective, label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ016",
    name="open-administration",
    severity="warning",
    why=(
        "The path says that the route is for administrators or for the inside, and any authenticated principal, "
        "or anybody at all, may call it."
    ),
    fix="Ask for a role or permission, or rename the path if the route is for everybody.",
    refs=("OWASP-API-2023:API5", "CWE-285"),
    confidence="medium",
    bad="routes: {/admin/notes: {get: {allow: authenticated}}}",
    good=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {admin: {permissions: [notes.admin]}}\n"
        "routes: {/admin/notes: {get: {allow: [{roles: [admin]}]}}}"
    ),
)

_INSIDE = frozenset(
    {"admin", "administration", "internal", "debug", "actuator", "management", "private", "backoffice", "superuser"}
)


@RULE.check
def administration_is_closed(spec: Spec) -> Iterator[Hit]:
    for route in routes(spec):
        segment = next((part for part in route.template.lower().split("/") if part in _INSIDE), "")
        if (
            segment
            and (route.public or route.allow == "authenticated")
            and not route.require
            and not _by_address(spec, route)
        ):
            who = "anybody" if route.public else "any authenticated principal"
            yield Hit(route.at, f"{who} may call {label(route)}, which `{segment}` says is not for everybody", key=True)


def _by_address(spec: Spec, route: Effective) -> bool:
    """Whether a network profile admits some addresses only."""
    profiles = (spec.network.profiles if spec.network is not None else None) or {}
    default = spec.defaults.network if spec.defaults is not None else None
    names = [name for name in (default, route.item.network, route.route.network) if name is not None]
    return any(block.partition("/")[2] != "0" for name in names for block in profiles[name].allow or ("::/0",))
