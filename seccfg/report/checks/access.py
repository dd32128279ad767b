"""Checks of who is allowed, and of who answers for it."""

from __future__ import annotations

from seccfg.findings import SpecPath
from seccfg.ir.policy import Authorize
from seccfg.report.checks.facts import Facts, Thresholds, every, key_paths, whole_days
from seccfg.report.model import Judged


def default_deny(facts: Facts, _: Thresholds) -> Judged:
    count = len(facts.policy.routes)
    return Judged("holds", f"{count} routes are declared; every other path, method and host is refused", (("routes",),))


def access_rules(facts: Facts, _: Thresholds) -> Judged:
    closed = [route for route in facts.policy.routes if not route.public]
    wrong: list[SpecPath] = [tuple(r.at) for r in closed if r.first(Authorize) is None or not r.one(Authorize).allow]
    covers = tuple(dict.fromkeys(path for r in closed for path in key_paths(r, "allow", "require", "forbid", "auth")))
    return every(wrong, (("routes",),), f"{len(closed)} routes say who is allowed", "routes that say nothing",
                 (("conditions",), ("roles",), *covers))  # fmt: skip


def data_not_public(facts: Facts, _: Thresholds) -> Judged:
    public = [route for route in facts.policy.routes if route.public]
    wrong: list[SpecPath] = [(*route.at, "data") for route in public if facts.data_of(route)]
    covers = tuple(dict.fromkeys(path for r in facts.policy.routes for path in key_paths(r, "auth", "public")))
    return every(wrong, (("routes",),), "routes with classified data ask for authentication",
                 "public routes handle classified data", (("auth",), *covers))  # fmt: skip


def public_routes_justified(facts: Facts, _: Thresholds) -> Judged:
    public = [route for route in facts.policy.routes if route.public]
    if not public:
        return Judged("holds", "no route is public", (("routes",),))
    return Judged("holds", f"{len(public)} public, each with a reason", tuple((*r.at, "reason") for r in public))


def roles_defined(facts: Facts, _: Thresholds) -> Judged:
    roles = facts.spec.roles or {}
    at = ("roles",)
    if not roles:
        return Judged("fails", "no roles are defined", (at,), (at,))
    wrong: list[SpecPath] = [("roles", name) for name, role in roles.items() if not role.permissions and not role.inherits]
    return every(wrong, (at,), f"{len(roles)} roles", "roles without permissions", (at,))


def roles_owned(facts: Facts, _: Thresholds) -> Judged:
    roles = facts.spec.roles or {}
    if not roles:
        return Judged("fails", "no roles are defined", (("roles",),), ())
    wrong: list[SpecPath] = [("roles", name) for name, role in roles.items() if not role.owner]
    return every(wrong, (("roles",),), f"{len(roles)} roles with owners", "roles without an owner", ())


def roles_reviewed(facts: Facts, wanted: Thresholds) -> Judged:
    roles = facts.spec.roles or {}
    if not roles:
        return Judged("fails", "no roles are defined", (("roles",),), ())
    days = wanted.seconds("within") // 86_400
    wrong: list[SpecPath] = [
        ("roles", name, "reviewed") for name, role in roles.items()
        if not role.reviewed or not 0 <= whole_days(role.reviewed, facts.today) <= days
    ]  # fmt: skip
    return every(wrong, (("roles",),), f"every role reviewed within {days} days",
                 f"roles not reviewed within {days} days", ())  # fmt: skip


def owner_named(facts: Facts, _: Thresholds) -> Judged:
    at = ("service", "owner")
    if not facts.spec.service.owner:
        return Judged("fails", "the service names no owner", (at,))
    return Judged("holds", facts.spec.service.owner, (at,))


def contact_named(facts: Facts, _: Thresholds) -> Judged:
    at = ("service", "contact")
    if not facts.spec.service.contact:
        return Judged("fails", "the service names no contact", (at,))
    return Judged("holds", facts.spec.service.contact, (at,))


def data_classified(facts: Facts, _: Thresholds) -> Judged:
    classes = sorted({name for _, found in facts.data for name in found} | set(facts.spec.service.data or ()))
    at = ("service", "data")
    if not classes:
        return Judged("fails", "no class of data is named", (at,))
    return Judged("holds", ", ".join(classes), (at,))
