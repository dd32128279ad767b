"""Attributes and conditions for made-up specs: every source and operator."""

from __future__ import annotations

from random import Random
from typing import Final

from seccfg.record import Record
from seccfg.targetapi.hostile import HOSTILE_ONE_LINE

__all__ = ["PRINCIPAL_ATTRIBUTES", "RandomCondition", "attributes_and_conditions"]

Data = dict[str, object]

PRINCIPAL_ATTRIBUTES: Final[dict[str, tuple[object, bool]]] = {
    "department": ("string", True), "level": ("integer", True), "tenant": ("string", True),
    "verified": ("boolean", True), "teams": ({"list": "string"}, True), "since": ("timestamp", True),
    "score": ("number", True),
}  # fmt: skip
"""Name -> (type, optional)."""


class RandomCondition(Record):
    """A condition and what a route must have for it to be sensible there."""

    name: str
    text: str
    path: str = ""
    """Path parameter it needs."""
    constant: str = ""
    """Resource constant it needs."""
    body: bool = False
    application: bool = False
    principal: bool = True


def attributes_and_conditions(rng: Random) -> tuple[Data, tuple[RandomCondition, ...]]:
    """Attribute declarations, and conditions over them that a spec may pick from."""
    principal = {name: {"type": kind, "optional": optional} for name, (kind, optional) in PRINCIPAL_ATTRIBUTES.items()}
    resource: Data = {
        "department": {"type": "string", "from": {"path": "department"}},
        "number": {"type": "integer", "from": {"path": "number"}},
        "required_level": {"type": "integer", "from": "route"},
        "region": {"type": "string", "from": {"header": "X-Region"}, "trust": rng.choice(("proxy", "caller"))},
        "amount": {
            "type": rng.choice(("integer", "number")),
            "from": {"body": ["order", "amount"]},
            "trust": "caller",
        },
        "tags": {"type": {"list": "string"}, "from": {"body": "tags"}, "trust": "caller", "optional": True},
        "draft": {"type": "boolean", "from": {"query": "draft"}, "trust": "caller", "optional": True},
        "owner": {"type": "string", "from": "application"},
    }
    request: Data = {
        "hour": {"type": "integer", "from": {"clock": "hour_utc"}},
        "weekday": {"type": "integer", "from": {"clock": "weekday_utc"}},
    }
    literal = _literal(rng)
    level, low, high = rng.randint(1, 9), rng.randint(0, 12), rng.randint(13, 23)
    amount = str(rng.choice((10, 1000))) if resource["amount"]["type"] == "integer" else "10.5"  # type: ignore[index]
    known = (
        RandomCondition("same-department", "principal.department == resource.department", path="department"),
        RandomCondition("level", f"principal.level >= {level}"),
        RandomCondition("level-and-team", f'principal.level > {level} && "red" in principal.teams'),
        RandomCondition(
            "reaches", "has(principal.level) && principal.level >= resource.required_level", constant="required_level"
        ),
        RandomCondition("hours", f"request.hour >= {low} && request.hour < {high}", principal=False),
        RandomCondition("weekend", "request.weekday == 0 || request.weekday == 6", principal=False),
        RandomCondition("near", 'resource.region in ["eu", "us"]', principal=False),
        RandomCondition("small", f"resource.amount <= {amount}", body=True, principal=False),
        RandomCondition(
            "tagged", 'resource.tags.exists(t, t.startsWith("a")) || size(resource.tags) > 2', body=True,
            principal=False,
        ),
        RandomCondition("all-short", "resource.tags.all(t, size(t) < 5)", body=True, principal=False),
        RandomCondition("not-draft", "!has(resource.draft) || resource.draft == false", principal=False),
        RandomCondition("owns", "principal.subject == resource.owner", application=True),
        RandomCondition(
            "owns-or-level", f"principal.subject == resource.owner || principal.level >= {level}", application=True
        ),
        RandomCondition("odd-name", f"has(principal.department) && principal.department == {literal}"),
        RandomCondition("verified", "principal.verified == true && !(principal.score < 0.5)"),
        RandomCondition("fresh", 'principal.since >= timestamp("2025-06-01T00:00:00Z")'),
        RandomCondition("recent", 'request.time - principal.since < duration("720h")'),
        RandomCondition("pattern", 'principal.tenant.matches("^[a-z]{2,8}(-[0-9]+)?$")'),
        RandomCondition("reads", 'request.method == "GET" || "admin" in principal.roles'),
        RandomCondition(
            "under-path", 'request.path.startsWith("/") && !request.host.endsWith(".internal")', principal=False
        ),
        RandomCondition("positive", "resource.number > 0", path="number", principal=False),
    )  # fmt: skip
    return {"principal": principal, "resource": resource, "request": request}, known


def _literal(rng: Random) -> str:
    """A hostile text as a literal of the condition language."""
    text = rng.choice([t for t in HOSTILE_ONE_LINE if t.isascii() and t.isprintable()])
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
