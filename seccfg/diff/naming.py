"""
Names that changed while everything they name stayed: seen through, so that a renaming is no difference.

A name is renamed when it is gone, another has come, and both stand in exactly the same places. The old version is then
told again in the new names; whatever is still different is a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from seccfg.analyse.rewriting import rewrite
from seccfg.diff.model import Renaming
from seccfg.expr.ast import Attribute, Compare, Exists, Expr, ForAll, In, ListLiteral, String, Variable
from seccfg.expr.canonical import expr_id
from seccfg.expr.types import AttributeKey
from seccfg.ir.policy import (
    AttrClaim,
    Authenticate,
    Authorize,
    ByAttribute,
    CertVerifier,
    Condition,
    Control,
    Forward,
    Grant,
    IdentityHeader,
    IntrospectVerifier,
    JwtVerifier,
    KeyVerifier,
    Policy,
    RateLimit,
    Route,
    SanWildcard,
    Verifier,
)
from seccfg.record import Record, replace

__all__ = ["Names", "names_of", "retold"]

_K = TypeVar("_K", str, AttributeKey)
_ALIKE: Final = 0.6
"""Share of a role's places that have to be the same for another name to be the same role."""


class Names(Record):
    """Old name -> new name, of each kind of thing."""

    roles: tuple[tuple[str, str], ...] = ()
    verifiers: tuple[tuple[str, str], ...] = ()
    clients: tuple[tuple[str, str], ...] = ()
    attributes: tuple[tuple[AttributeKey, AttributeKey], ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()

    def listed(self) -> tuple[Renaming, ...]:
        """For people."""
        found = [Renaming("role", old, new) for old, new in self.roles]
        found += [Renaming("auth method", old, new) for old, new in self.verifiers]
        found += [Renaming("client", old, new) for old, new in self.clients]
        found += [Renaming("attribute", ".".join(old), ".".join(new)) for old, new in self.attributes]
        found += [Renaming("condition", old, new) for old, new in self.conditions]
        return tuple(found)


def names_of(old: Policy, new: Policy) -> Names:
    """What was renamed between *old* and *new*."""
    roles = _likened(_uses_of_roles(old), _uses_of_roles(new))
    told = retold(old, Names(roles))
    verifiers = _paired(
        {v.name: repr(replace(v, name="")) for v in told.verifiers}, {v.name: repr(replace(v, name="")) for v in new.verifiers}
    )
    clients = _paired(_clients(told), _clients(new))
    attributes = _paired(_uses_of_attributes(told), _uses_of_attributes(new))
    names = Names(tuple(roles), tuple(verifiers), tuple(clients), tuple(attributes))
    told = retold(old, names)
    known = {condition.id: condition.name for condition in new.conditions}
    taken = {condition.name for condition in old.conditions}
    conditions = [
        (was.name, known[is_.id])
        for was, is_ in zip(old.conditions, _conditions_in_order(told, old, names), strict=True)
        if is_.id in known and known[is_.id] != was.name and known[is_.id] not in taken
    ]
    return replace(names, conditions=tuple(dict.fromkeys(conditions)))


def _paired(old: Mapping[_K, object], new: Mapping[_K, object]) -> tuple[tuple[_K, _K], ...]:
    """Names only *old* has with those only *new* has that stand in the same places, in the order of their names."""
    gone = sorted((name for name in old if name not in new), key=str)
    come = sorted((name for name in new if name not in old), key=str)
    found: list[tuple[_K, _K]] = []
    for name in gone:
        partner = next((other for other in come if old[name] == new[other]), None)
        if partner is not None:
            come.remove(partner)
            found.append((name, partner))
    return tuple(found)


def _likened(old: Mapping[str, frozenset[str]], new: Mapping[str, frozenset[str]]) -> tuple[tuple[str, str], ...]:
    """As `_paired`, for names that stand in mostly the same places: what else changed is told under the new name."""
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    ranked = sorted(
        ((len(old[a] & new[b]) / (len(old[a] | new[b]) or 1), a, b) for a in gone for b in come), key=lambda r: (-r[0], r[1], r[2])
    )
    found: dict[str, str] = {}
    for alike, was, is_ in ranked:
        if alike >= _ALIKE and was not in found and is_ not in found.values():
            found[was] = is_
    return tuple(sorted(found.items()))


# --------------------------------------------------------------------------------------------------- where names stand
def _uses_of_roles(policy: Policy) -> dict[str, frozenset[str]]:
    """Where each role stands; one that stands nowhere is told apart by how many roles it gives and is given by."""
    found: dict[str, set[str]] = {role: set() for role, _ in policy.roles}

    def add(roles: Iterable[str], place: object) -> None:
        for role in roles:
            if role in found:
                found[role].add(repr(place))

    for verifier in policy.verifiers:
        if isinstance(verifier, CertVerifier):
            add(verifier.roles, ("certificate", verifier.name))
        elif isinstance(verifier, KeyVerifier):
            for record in verifier.records:
                add(record.roles, ("record", verifier.name, record.id))
    for route in policy.routes:
        authorize = route.first(Authorize)
        for number, grant in enumerate(authorize.allow if authorize is not None else ()):
            for at, roles in enumerate(grant.role_sets):
                add(roles, ("grant", route.id, number, at))
        for limit in route.limits():
            for roles, count in limit.tiers:
                add(roles, ("tier", route.id, limit.name, count))
    for condition in policy.conditions:
        for number, role in enumerate(_roles_named(condition.expr)):
            add((role,), ("condition", condition.name, number))
    for role, gives in policy.roles:
        if not found[role]:
            found[role] = {f"gives {len(gives)}, given by {sum(role in others for _, others in policy.roles)}"}
    return {role: frozenset(places) for role, places in found.items()}


def _roles_named(expr: Expr) -> list[str]:
    named: list[str] = []

    def note(role: str) -> str:
        named.append(role)
        return role

    rewrite(expr, _role_constants(note))
    return named


def _clients(policy: Policy) -> dict[str, object]:
    return {
        name: (verifier.name, ident)
        for verifier in policy.verifiers
        if isinstance(verifier, (JwtVerifier, IntrospectVerifier))
        for name, ident in verifier.clients
    }


def _uses_of_attributes(policy: Policy) -> dict[AttributeKey, object]:
    """What each declared attribute is, and where each method takes it from."""
    found: dict[AttributeKey, object] = {}
    for attr in policy.attrs:
        taken: list[object] = []
        if attr.side == "principal":
            for verifier in policy.verifiers:
                match verifier:
                    case JwtVerifier(attributes=claims) | IntrospectVerifier(attributes=claims):
                        taken += [(verifier.name, claim.path) for claim in claims if claim.name == attr.name]
                    case KeyVerifier(records=records):
                        taken += [(verifier.name, r.id, json) for r in records for name, json in r.attributes if name == attr.name]
                    case CertVerifier(san=parts):
                        taken += [
                            (verifier.name, at) for at, part in enumerate(parts)
                            if isinstance(part, SanWildcard) and part.capture == attr.name
                        ]
            if not taken:  # an attribute nobody provides is like any other
                continue
        found[attr.side, attr.name] = repr((attr.side, replace(attr, name=""), taken))
    return found


# ------------------------------------------------------------------------------------------------------- telling again
def retold(policy: Policy, names: Names) -> Policy:
    """*policy* in the new names."""
    if names == Names():
        return policy
    roles, verifiers, clients = dict(names.roles), dict(names.verifiers), dict(names.clients)
    attributes = dict(names.attributes)

    def many(known: Mapping[str, str], listed: Iterable[str]) -> tuple[str, ...]:
        return tuple(known.get(name, name) for name in listed)

    def ordered(known: Mapping[str, str], listed: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(many(known, listed)))

    def principal(name: str) -> str:
        return attributes.get(("principal", name), ("principal", name))[1]

    conditions = {c.id: _retold_condition(c, roles, verifiers, clients, attributes) for c in policy.conditions}
    idents = {ident: condition.id for ident, condition in conditions.items()}

    def grant(told: Grant) -> Grant:
        return replace(
            told, methods=ordered(verifiers, told.methods), clients=ordered(clients, told.clients),
            role_sets=tuple(ordered(roles, wanted) for wanted in told.role_sets), conditions=many(idents, told.conditions),
        )

    def control(told: Control) -> Control:
        match told:
            case Authenticate(alternatives):
                return replace(told, alternatives=tuple(many(verifiers, alternative) for alternative in alternatives))
            case Authorize(allow, require, forbid):
                return replace(
                    told, allow=tuple(grant(g) for g in allow), require=many(idents, require), forbid=many(idents, forbid)
                )
            case RateLimit(key=key, tiers=tiers):
                if isinstance(key, ByAttribute):
                    side, name = attributes.get((key.side, key.name), (key.side, key.name))
                    key = ByAttribute(side, name)
                return replace(told, key=key, tiers=tuple(sorted((ordered(roles, wanted), count) for wanted, count in tiers)))
            case Forward(set=told_headers):
                return replace(told, set=tuple(IdentityHeader(h.header, principal(h.field)) for h in told_headers))
            case _:
                return told

    def verifier(told: Verifier) -> Verifier:
        name, asserts = verifiers.get(told.name, told.name), ordered(roles, told.asserts)
        match told:
            case JwtVerifier() | IntrospectVerifier():
                return replace(
                    told, name=name, asserts=asserts,
                    attributes=tuple(sorted((AttrClaim(principal(a.name), a.path) for a in told.attributes), key=lambda a: a.name)),
                    clients=tuple(sorted((clients.get(client, client), ident) for client, ident in told.clients)),
                )
            case KeyVerifier(records=records):
                kept = tuple(
                    replace(
                        record, roles=ordered(roles, record.roles),
                        attributes=tuple(sorted((principal(n), json) for n, json in record.attributes)),
                    )
                    for record in records
                )
                return replace(told, name=name, asserts=asserts, records=kept)
            case CertVerifier(san=parts):
                san = tuple(SanWildcard(principal(p.capture)) if isinstance(p, SanWildcard) and p.capture else p for p in parts)
                return replace(told, name=name, asserts=asserts, roles=ordered(roles, told.roles), san=san)

    def route(told: Route) -> Route:
        return replace(told, controls=tuple(control(c) for c in told.controls))

    renamed = {(a.side, a.name): attributes.get((a.side, a.name), (a.side, a.name)) for a in policy.attrs}
    attrs = (replace(a, side=renamed[a.side, a.name][0], name=renamed[a.side, a.name][1]) for a in policy.attrs)
    return replace(
        policy,
        roles=tuple(sorted((roles.get(role, role), ordered(roles, gives)) for role, gives in policy.roles)),
        verifiers=tuple(sorted((verifier(v) for v in policy.verifiers), key=lambda v: v.name)),
        attrs=tuple(sorted(attrs, key=lambda a: (a.side, a.name))),
        conditions=tuple(sorted({c.id: c for c in conditions.values()}.values(), key=lambda c: c.id)),
        routes=tuple(route(r) for r in policy.routes),
    )


def _conditions_in_order(told: Policy, old: Policy, names: Names) -> list[Condition]:
    """The conditions of *told* in the order of those of *old* they were."""
    roles, verifiers, clients = dict(names.roles), dict(names.verifiers), dict(names.clients)
    known = {condition.id: condition for condition in told.conditions}
    again = [_retold_condition(c, roles, verifiers, clients, dict(names.attributes)) for c in old.conditions]
    return [known[condition.id] for condition in again]


def _retold_condition(
    condition: Condition, roles: Mapping[str, str], verifiers: Mapping[str, str], clients: Mapping[str, str],
    attributes: Mapping[AttributeKey, AttributeKey],
) -> Condition:  # fmt: skip
    expr = condition.expr
    if roles:
        expr = rewrite(expr, _role_constants(lambda role: roles.get(role, role)))
    for side_and_name, known in ((("principal", "method"), verifiers), (("principal", "client"), clients)):
        if known:
            expr = rewrite(expr, _constants_beside(side_and_name, known))
    if attributes:
        expr = rewrite(expr, _attributes_renamed(attributes))
    if expr == condition.expr:
        return condition
    return replace(condition, id=expr_id(expr), expr=expr)


def _attributes_renamed(names: Mapping[AttributeKey, AttributeKey]) -> Callable[[Expr], Expr | None]:
    def change(node: Expr) -> Expr | None:
        if isinstance(node, Attribute) and (node.side, node.name) in names:
            side, name = names[node.side, node.name]
            return replace(node, side=side, name=name)
        return None

    return change


def _role_constants(to: Callable[[str], str]) -> Callable[[Expr], Expr | None]:
    """Texts that are compared with the principal's roles, each handed to *to*."""

    def is_roles(node: Expr) -> bool:
        return isinstance(node, Attribute) and (node.side, node.name) == ("principal", "roles")

    def of_element(variable: str) -> Callable[[Expr], Expr | None]:
        def change(node: Expr) -> Expr | None:
            match node:
                case Compare("==" | "!=", Variable(name), String(role)) if name == variable:
                    return replace(node, right=String(to(role)))
                case Compare("==" | "!=", String(role), Variable(name)) if name == variable:
                    return replace(node, left=String(to(role)))
                case In(Variable(name), ListLiteral(items)) if name == variable:
                    return replace(node, container=ListLiteral(tuple(String(to(i.value)) for i in items if isinstance(i, String))))
                case _:
                    return None

        return change

    def change(node: Expr) -> Expr | None:
        match node:
            case In(String(role), container) if is_roles(container):
                return replace(node, item=String(to(role)))
            case Exists(items, variable, body) | ForAll(items, variable, body) if is_roles(items):
                return replace(node, body=rewrite(body, of_element(variable)))
            case _:
                return None

    return change


def _constants_beside(key: tuple[str, str], names: Mapping[str, str]) -> Callable[[Expr], Expr | None]:
    """Texts that are compared with the attribute *key*, renamed."""

    def is_it(node: Expr) -> bool:
        return isinstance(node, Attribute) and (node.side, node.name) == key

    def to(text: str) -> String:
        return String(names.get(text, text))

    def change(node: Expr) -> Expr | None:
        match node:
            case Compare("==" | "!=", left, String(text)) if is_it(left):
                return replace(node, right=to(text))
            case Compare("==" | "!=", String(text), right) if is_it(right):
                return replace(node, left=to(text))
            case In(item, ListLiteral(items)) if is_it(item):
                return replace(node, container=ListLiteral(tuple(to(i.value) for i in items if isinstance(i, String))))
            case _:
                return None

    return change
