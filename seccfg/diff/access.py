"""Who may do what on one route, in both versions: the differences, each with the situations that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from seccfg.analyse.addresses import NOWHERE_AT_ALL, AddressSet, admitted
from seccfg.analyse.atoms import Situation
from seccfg.analyse.bdd import FALSE, Bdd, Node, TooLarge
from seccfg.analyse.concrete import shapes, takes
from seccfg.analyse.proving import UNDECIDED, Proof, newly_allowed
from seccfg.analyse.sources import NOTHING, USELESS, Places, Roles, Scopes
from seccfg.analyse.space import Space
from seccfg.analyse.viewpoint import Form, GrantForm, Viewpoint, roles_place, scopes_place
from seccfg.diff.model import Direction
from seccfg.diff.pairing import Paired
from seccfg.diff.populations import Population, Populations
from seccfg.diff.presented import Alternative, alternatives_of, chosen, credential_sets
from seccfg.diff.sentences import Fact, holds, reasons, tail_of, who_of
from seccfg.expr.ast import Attribute, Bool, Expr, In, String, attributes
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import UNUSABLE
from seccfg.expr.types import AttributeKey
from seccfg.findings import NOWHERE, Span
from seccfg.ir.policy import (
    Authenticate,
    Authorize,
    ByAttribute,
    CertVerifier,
    ClientAddress,
    IntrospectVerifier,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    ParamSegment,
    Policy,
    RestSegment,
    Route,
)
from seccfg.record import Record, replace

__all__ = ["Finding", "Routes", "Way"]

_FIXED: Final[Mapping[AttributeKey, object]] = {NOTHING: MISSING, USELESS: UNUSABLE}
_TRIES: Final = 8
_NO_FORM: Final = Form((), (), (), (), Bool(False))


class Finding(Record):
    """A fact about a route and how to show it."""

    fact: Fact
    alternative: Alternative
    """The auth methods the version that lets it pass asks for; none: no credential."""
    situations: tuple[Situation, ...]
    beside: Alternative = ()
    """Auth methods whose credentials the request carries as well: they are what the other version asks for."""
    record: str = ""
    """Key record to use."""
    records: tuple[tuple[str, str], ...] = ()
    """Key records of other methods to use."""
    address: str = ""
    """Client address to use; empty: any that is admitted."""
    decided: bool = True
    conditions: tuple[Expr, Expr] | None = None
    """What the refusing version asks for, and what the other does: for a prover, where cells show no request."""
    old_at: Span = NOWHERE
    new_at: Span = NOWHERE


class Way(Record):
    """A route, and somebody whom it lets in in both versions, were the credential believed."""

    pair: Paired
    alternative: Alternative
    situation: Situation
    record: str = ""


class Routes:
    """Compares routes of two versions; remembers what it said of routes that say the same."""

    def __init__(self, old: Policy, new: Policy) -> None:
        self._old = old
        self._new = new
        self.places = Places()
        self._hosts = tuple(host for host in new.hosts if host in old.hosts) or new.hosts
        self._same_context = _context(old) == _context(new)
        self._known: dict[tuple[object, ...], tuple[Finding, ...]] = {}
        self._populations = Populations(old, new)

    def findings(self, pair: Paired) -> tuple[Finding, ...]:
        """What is newly allowed or refused on *pair*."""
        old, new = _key(pair.old), _key(pair.new)
        if self._same_context and pair.kept and old == new:
            return ()
        key = (old, new, () if pair.kept else pair.path, pair.method)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = tuple(self._compare(pair))
        return found

    def shared(self, pair: Paired) -> tuple[Alternative, ...]:
        """The alternatives both versions of *pair* list."""
        news = alternatives_of(pair.new)
        return tuple(alternative for alternative in alternatives_of(pair.old) if alternative in news)

    def way(self, pair: Paired, alternative: Alternative, record: str = "") -> Way | None:
        """Somebody both versions of *pair* let in; None when the analysis finds nobody."""
        if pair.old is None or pair.new is None or not alternative:
            return Way(pair, (), {})
        populations = self._populations
        for population in (populations.holding(alternative[0], record),) if record else populations.of(alternative[0]):
            if not population.in_old or not population.in_new:
                continue
            try:
                before = self._form(self._old, pair.old, pair, alternative, population.old)
                after = self._form(self._new, pair.new, pair, alternative, population.new)
                if before is None or after is None:
                    continue
                space = self._space([before.whole, after.whole], [pair.new, pair.old])
                situation = space.situation(space.bdd.both(space.true(before.whole), space.true(after.whole)))
            except TooLarge:
                continue
            if situation is not None:
                return Way(pair, alternative, {key: v for key, v in situation.items() if key not in _FIXED}, population.ident)
        return None

    # -------------------------------------------------------------------------------------------------- one route
    def _compare(self, pair: Paired) -> Iterator[Finding]:
        before, after = _addresses(pair.old), _addresses(pair.new)
        old_public, new_public = pair.old is not None and pair.old.public, pair.new is not None and pair.new.public
        anyone, alone = "anyone", " without a credential"
        if new_public and not old_public and after:
            yield Finding(Fact("widens", anyone, alone), (), ({},), old_at=_at(pair.old), new_at=_at(pair.new))
        elif old_public and not new_public and before:
            yield Finding(Fact("narrows", anyone, alone), (), ({},), old_at=_at(pair.old), new_at=_at(pair.new))
        elif not new_public:
            facts: dict[Fact, list[Finding]] = {}
            for credentials in credential_sets(pair.old, pair.new):
                for finding in self._of_credentials(pair, credentials, before, after):
                    facts.setdefault(finding.fact, []).append(finding)
            yield from _merged(facts, pair)
        if pair.old is not None and pair.new is not None and before != after:
            yield from self._of_addresses(pair, pair.old, pair.new, "widens", after.minus(before))
            yield from self._of_addresses(pair, pair.old, pair.new, "narrows", before.minus(after))

    def _of_addresses(
        self, pair: Paired, old: Route, new: Route, direction: Direction, gained: AddressSet
    ) -> Iterator[Finding]:
        shown = self._somebody(pair, direction == "widens")
        if gained and shown is not None:
            alternative, situation, record = shown
            fact = Fact(direction, f"who calls from {gained.words()}", "")
            at = old.one(ClientAddress).pos, new.one(ClientAddress).pos
            address = gained.some(NOWHERE_AT_ALL)
            yield Finding(fact, alternative, (situation,), record=record, address=address, old_at=at[0], new_at=at[1])

    def _somebody(self, pair: Paired, new: bool) -> tuple[Alternative, Situation, str] | None:
        """Somebody a version lets in, whatever the address."""
        policy, route = (self._new, pair.new) if new else (self._old, pair.old)
        if route is None:
            return None
        if route.public:
            return (), {}, ""
        for alternative in alternatives_of(route):
            verifier = policy.verifier(alternative[0])
            for population in self._populations.of(alternative[0]):
                record = population.new if new else population.old
                if not (population.in_new if new else population.in_old):
                    continue
                form = Viewpoint(policy, route, pair.path, verifier, self.places, record).form()
                space = self._space([form.whole], [route])
                situation = space.situation(space.true(form.whole))
                if situation is not None:
                    return alternative, situation, population.ident
        return None

    # ---------------------------------------------------------------------------------------- one set of credentials
    def _of_credentials(
        self, pair: Paired, credentials: Alternative, before: AddressSet, after: AddressSet
    ) -> Iterator[Finding]:
        was = chosen(self._old, pair.old, credentials) if before else None
        is_ = chosen(self._new, pair.new, credentials) if after else None
        if was is not None and is_ is not None and was[0] != is_[0]:
            yield from self._of_two(pair, was, is_)
        elif was is not None or is_ is not None:
            yield from self._of_principal(pair, (was or is_ or credentials)[0], was, is_, credentials)

    def _of_two(self, pair: Paired, was: Alternative, is_: Alternative) -> Iterator[Finding]:
        """Requests with the credentials of both, of which one says who asks in the old version and another in the new."""
        for first, second in product(self._populations.of(was[0]), self._populations.of(is_[0])):
            if not first.in_old or not second.in_new:
                continue
            old = self._form(self._old, pair.old, pair, was, first.old, of=was[0])
            new = self._form(self._new, pair.new, pair, is_, second.new, of=is_[0])
            for finding in self._of_sides(pair, _Side(was, first, was[0]), _Side(is_, second, is_[0]), old, new):
                widens = finding.fact.direction == "widens"
                mine, others, population = (is_, was, first) if widens else (was, is_, second)
                records = ((others[0], population.ident),) if population.ident else ()
                yield replace(finding, beside=tuple(name for name in others if name not in mine), records=records)

    def _of_principal(
        self, pair: Paired, name: str, was: Alternative | None, is_: Alternative | None, credentials: Alternative
    ) -> Iterator[Finding]:
        populations = self._populations.of(name)
        found: dict[Fact, list[Finding]] = {}
        for population in populations:
            old = None if was is None or not population.in_old else self._form(self._old, pair.old, pair, was, population.old)
            new = None if is_ is None or not population.in_new else self._form(self._new, pair.new, pair, is_, population.new)
            sides = (_Side(was or is_ or credentials, population), _Side(is_ or was or credentials, population))
            for told in self._of_sides(pair, *sides, old, new):
                finding = replace(told, beside=tuple(name for name in credentials if name not in told.alternative))
                found.setdefault(replace(finding.fact, who="") if population.label else finding.fact, []).append(finding)
        for findings in found.values():
            if len(populations) > 1 and len(findings) == len(populations):
                yield replace(findings[0], fact=replace(findings[0].fact, who=f"every key of `{name}`"))
            else:
                yield from findings

    def _form(
        self, policy: Policy, route: Route | None, pair: Paired, alternative: Alternative, record: KeyRecord | None,
        of: str = "",
    ) -> Form | None:  # fmt: skip
        if route is None or not takes(route, pair.path):
            return None
        return Viewpoint(policy, route, pair.path, policy.verifier(alternative[0]), self.places, record, of=of).form()

    def _of_sides(self, pair: Paired, was: _Side, is_: _Side, old: Form | None, new: Form | None) -> Iterator[Finding]:
        if old is None and new is None:
            return
        before, after = old or _NO_FORM, new or _NO_FORM
        routes = [route for route in (pair.new, pair.old) if route is not None]
        try:
            space = self._space([before.whole, after.whole], routes)
            allowed, allowed_now = space.remember(before.whole)[0], space.remember(after.whole)[0]
            directions: tuple[tuple[Direction, Node, Form, Form, Policy, _Side], ...] = (
                ("widens", space.bdd.minus(allowed_now, allowed), after, before, self._new, is_),
                ("narrows", space.bdd.minus(allowed, allowed_now), before, after, self._old, was),
            )
            for direction, node, passing, refusing, policy, side in directions:
                if node != FALSE:
                    view = _View(space, policy, side, self.places)
                    for finding in view.findings(direction, node, passing, refusing):
                        yield _placed(replace(finding, conditions=(refusing.whole, passing.whole)), pair)
                elif not space.exact and not self._surely_none(before.whole, after.whole, direction, routes):
                    yield from self._open(direction, side, pair, refusing, passing)
        except TooLarge:
            yield from self._open("widens", is_, pair, before, after)
            yield from self._open("narrows", was, pair, after, before)

    def _open(self, direction: Direction, side: _Side, pair: Paired, refusing: Form, passing: Form) -> Iterator[Finding]:
        """What the cells leave open, put to the prover where there is one."""
        if refusing.whole == passing.whole:
            return
        proof = self._ask(pair, refusing.whole, passing.whole)
        if proof.none:
            return
        if proof.situation is None:
            yield _undecided(direction, side, pair)
            return
        who = side.population.label or f"somebody authenticated by `{side.alternative[0]}`"
        shown = {key: value for key, value in proof.situation.items() if key not in _FIXED}
        grant = next((g for g in passing.grants if holds(g.whole, proof.situation)), None)
        tail = "" if grant is None else tail_of(direction, reasons(refusing, proof.situation, grant.grant), grant)
        yield Finding(
            Fact(direction, who, tail), side.alternative, (shown,), record=side.population.ident, old_at=_at(pair.old),
            new_at=_at(pair.new),
        )  # fmt: skip

    def proven(self, pair: Paired, finding: Finding) -> Finding | None:
        """*finding* with a situation of the prover's; None where there is no prover, or none it finds."""
        proof = UNDECIDED if finding.conditions is None else self._ask(pair, *finding.conditions)
        if proof.situation is None:
            return None
        return replace(finding, situations=({k: v for k, v in proof.situation.items() if k not in _FIXED},))

    def _ask(self, pair: Paired, old: Expr, new: Expr) -> Proof:
        keys = {key for condition in (old, new) for key in attributes(condition)}
        routes = [route for route in (pair.new, pair.old) if route is not None]
        return newly_allowed(old, new, shapes(keys, self.places, self._hosts, routes), _FIXED)

    def _surely_none(self, old: Expr, new: Expr, direction: Direction, routes: Sequence[Route]) -> bool:
        outer = self._space([old, new], routes, outer=True)
        passing, refusing = (new, old) if direction == "widens" else (old, new)
        return outer.bdd.minus(outer.true(passing), outer.true(refusing)) == FALSE

    def _space(self, conditions: Sequence[Expr], routes: Sequence[Route], *, outer: bool = False) -> Space:
        keys = {key for condition in conditions for key in attributes(condition)}
        return Space(conditions, shapes(keys, self.places, self._hosts, routes), _FIXED, outer=outer)


class _Side(Record):
    """Who asks, as one version has it."""

    alternative: Alternative
    population: Population
    of: str = ""
    """The principal's auth method, where it is another in the other version."""


class _View:
    """One population's part in one direction of one route."""

    def __init__(self, space: Space, policy: Policy, side: _Side, places: Places) -> None:
        self._space = space
        self._bdd: Bdd = space.bdd
        self._policy = policy
        self._alternative = side.alternative
        self._population = side.population
        self._places = places
        verifier = policy.verifier(side.alternative[0])
        record = side.population.new or side.population.old
        self._carried_roles = roles_place(verifier, record, side.of)
        self._carried_scopes = scopes_place(verifier, record, side.of)
        self._gives = dict(policy.roles)
        self._roles = self._role_nodes()

    def _role_nodes(self) -> dict[str, Node]:
        """Each role some condition of the space asks a token for, and where the token carries it."""
        if self._carried_roles is None:
            return {}
        carried = Attribute(*self._places.key(self._carried_roles, "list<string>"), "list<string>")
        found: dict[str, Node] = {}
        for role in sorted(self._gives, key=lambda r: (len(self._gives[r]), r)):
            asked = In(String(role), carried)
            if self._space.knows(asked):
                found[role] = self._space.true(asked)
        return found

    def findings(self, direction: Direction, node: Node, passing: Form, refusing: Form) -> Iterator[Finding]:
        """What there is to say of *node*: grant by grant, role by role, each thing once."""
        told: dict[Fact, None] = {}
        for grant in passing.grants:
            of_grant = self._bdd.both(node, self._space.true(grant.whole))
            if of_grant == FALSE:
                continue
            for roles, part in self._by_roles(of_grant):
                finding = self._finding(direction, part, roles, grant, refusing)
                if finding is not None and finding.fact not in told:
                    told[finding.fact] = None
                    yield finding

    def _by_roles(self, node: Node) -> Iterator[tuple[tuple[str, ...] | None, Node]]:
        """*node* for somebody without roles; else for each role that does by itself; else for whatever roles it takes."""
        bdd = self._bdd
        none = bdd.all(bdd.no(role) for role in self._roles.values())
        alone = bdd.both(node, none)
        if alone != FALSE or not self._roles:
            yield (), alone if self._roles else node
            return
        seen: dict[str, Node] = {}
        for role, carried in self._roles.items():
            others = bdd.all(bdd.no(other) for name, other in self._roles.items() if name != role)
            part = bdd.all((node, carried, others))
            if part == FALSE:
                continue
            rest = bdd.restrict(part, {self._variable(name): name == role for name in self._roles})
            if not any(seen.get(given) == rest for given in self._gives[role] if given != role):
                yield (role,), part
            seen[role] = rest
        if not seen:
            yield None, node

    def _variable(self, role: str) -> int:
        return next(iter(self._bdd.support(self._roles[role])))

    def _finding(
        self, direction: Direction, node: Node, roles: tuple[str, ...] | None, grant: GrantForm, refusing: Form
    ) -> Finding | None:
        situations = tuple(self._situations(node))
        if not situations:
            return None
        shown = situations[0]
        if roles is None:
            roles = self._carried(shown, self._carried_roles)
        why = reasons(refusing, {**shown, **_FIXED}, grant.grant)
        scopes = [scope for scope in self._carried(shown, self._carried_scopes) if scope in grant.grant.scopes]
        who = self._population.label or who_of(roles, scopes, grant.grant.clients if not roles else ())
        fact = Fact(direction, who, tail_of(direction, why, grant))
        here, there = grant.grant.pos, why.at or NOWHERE
        old_at, new_at = (there, here) if direction == "widens" else (here, there)
        return Finding(fact, self._alternative, situations, record=self._population.ident, old_at=old_at, new_at=new_at)

    def _carried(self, situation: Situation, place: Roles | Scopes | None) -> tuple[str, ...]:
        if place is None:
            return ()
        value = situation.get(self._places.key(place, "list<string>"), ())
        return tuple(str(item) for item in value) if isinstance(value, tuple) else ()

    def _situations(self, node: Node) -> Iterator[Situation]:
        """Some situations of *node*, each in other cells than those before, then others of the first cells."""
        first = node
        for _ in range(_TRIES):
            found = self._space.situation(node)
            if found is None:
                break
            yield {key: value for key, value in found.items() if key not in _FIXED}
            cube = self._bdd.one(node) or {}
            here = self._bdd.all(
                self._bdd.variable(number) if value else self._bdd.no(self._bdd.variable(number)) for number, value in cube.items()
            )
            node = self._bdd.minus(node, here)
        yield from (
            {key: value for key, value in other.items() if key not in _FIXED} for other in self._space.alternatives(first)
        )


# ---------------------------------------------------------------------------------------------------------- one route
def _addresses(route: Route | None) -> AddressSet:
    return NOWHERE_AT_ALL if route is None else admitted(route.one(ClientAddress).rules)


def _at(route: Route | None) -> Span:
    if route is None:
        return NOWHERE
    authorize = route.first(Authorize)
    return route.one(Authenticate).pos if authorize is None else authorize.pos


def _key(route: Route | None) -> tuple[object, ...]:
    """All of *route* that decides who may use it, names that mean nothing left out."""
    if route is None:
        return ()
    authorize = route.first(Authorize)
    grants = () if authorize is None else tuple(
        (g.methods, g.clients, g.role_sets, g.scopes, g.conditions) for g in authorize.allow
    )
    conditions = () if authorize is None else (tuple(sorted(set(authorize.require))), tuple(sorted(set(authorize.forbid))))
    counted = tuple((limit.name, limit.key) for limit in route.limits() if isinstance(limit.key, ByAttribute))
    used = bool(conditions and any(conditions)) or bool(counted) or any(grant[4] for grant in grants)
    path = tuple((at, s.name) for at, s in enumerate(route.path) if isinstance(s, (ParamSegment, RestSegment))) if used else ()
    listed = tuple(sorted(alternatives_of(route)))
    return tuple(sorted(set(grants), key=repr)), conditions, listed, path, counted, _addresses(route)


def _context(policy: Policy) -> tuple[object, ...]:
    """What the meaning of every route's grants depends on."""
    verifiers = []
    for verifier in policy.verifiers:
        told: tuple[object, ...] = (verifier.name, type(verifier).__name__, tuple(sorted(verifier.asserts)))
        match verifier:
            case JwtVerifier() | IntrospectVerifier():
                told += (
                    verifier.subject_claim, verifier.roles_claim, verifier.scopes_claim, verifier.attributes, verifier.clients,
                )  # fmt: skip
            case KeyVerifier(records=records):
                told += (tuple((r.id, r.sha256, r.roles, r.scopes, r.subject, r.attributes) for r in records),)
            case CertVerifier():
                told += (verifier.roles, verifier.san)
        verifiers.append(told)
    attrs = tuple((a.side, a.name, a.type, a.list_of, a.source, a.trust == "proxy") for a in policy.attrs)
    return policy.roles, tuple(verifiers), attrs


def _merged(facts: Mapping[Fact, Sequence[Finding]], pair: Paired) -> Iterator[Finding]:
    """Each fact once, with the methods it is true of where it is not true of all the route's."""
    for fact, findings in facts.items():
        route = pair.new if fact.direction == "widens" else pair.old
        mine = {finding.alternative for finding in findings}
        named = " of `" in fact.who
        by = () if named or mine >= set(alternatives_of(route)) else tuple(" and ".join(names) for names in sorted(mine))
        yield replace(findings[0], fact=replace(fact, by=by))


def _placed(finding: Finding, pair: Paired) -> Finding:
    """*finding* with a place in each version that has the route."""
    return replace(
        finding,
        old_at=finding.old_at if finding.old_at != NOWHERE else _at(pair.old),
        new_at=finding.new_at if finding.new_at != NOWHERE else _at(pair.new),
    )


def _undecided(direction: Direction, side: _Side, pair: Paired) -> Finding:
    who = side.population.label or f"somebody authenticated by `{side.alternative[0]}`"
    fact = Fact(direction, who, " (not decided: the conditions are beyond the analysis)")
    return Finding(
        fact, side.alternative, (), record=side.population.ident, decided=False, old_at=_at(pair.old), new_at=_at(pair.new)
    )
