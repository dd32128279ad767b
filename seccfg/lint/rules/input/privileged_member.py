"""INPUT006."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.lint.body_schemas import bodies
from seccfg.lint.model import Context, Hit, Rule
from seccfg.lint.routes import Effective
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT006",
    name="privileged-member",
    severity="warning",
    why=(
        "The name of the member says that it decides what somebody may do, or whose the object is, and callers "
        "of this route may set it. Unless the service ignores it, they choose their own rights."
    ),
    fix="Take the member out of the schema, or ask for a role on the route that may decide it.",
    refs=("OWASP-API-2023:API3", "CWE-915"),
    needs=("route.body",),
    confidence="low",
    bad=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: "
        "{is_admin: {type: boolean}}}}}}}"
    ),
    good=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {title: "
        "{type: string, maxLength: 80}}}}}}}"
    ),
)

_PRIVILEGED = (
    r"(?i)(?:is_?)?(?:admin|superuser|staff)|roles?|permissions?|privileges?|scopes?|owner_?(?:id)?|tenant_?(?:id)?|verified"
    r"|(?:email|account)_?verified|credit_?limit|balance|password_?hash"
)


@RULE.check_in_context
def rights_are_not_sent(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in bodies(spec, context):
        if found.route is not None and not _for_anybody(found.route):
            continue
        names = [node.member for node in found.nodes() if re.fullmatch(_PRIVILEGED, node.member)]
        if names:
            yield Hit(found.at, f"whoever may call this may send `{names[0][:64]}`", key=True)


def _for_anybody(route: Effective) -> bool:
    """Whether some grant asks for neither role nor permission nor a condition: those decide what may be sent."""
    if route.public or not isinstance(route.allow, tuple):
        return not route.require
    return any(not (grant.roles or grant.permissions or grant.if_ or grant.clients) for grant in route.allow)
