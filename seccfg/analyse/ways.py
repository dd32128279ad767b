"""Ways in: for each route and grant, who could be allowed and in which situation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from seccfg.analyse.credentials import Persona
from seccfg.analyse.requests import RequestMaker
from seccfg.analyse.samples import good_texts
from seccfg.analyse.situations import Goal, Key, Pools, Situation, find
from seccfg.expr import ast
from seccfg.expr.evaluate import Truth
from seccfg.ir.policy import (
    Authenticate,
    Authorize,
    ByAttribute,
    CertVerifier,
    Condition,
    FromHeader,
    FromPath,
    FromQuery,
    Grant,
    IntrospectVerifier,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    Param,
    Policy,
    Route,
    SanWildcard,
    Validate,
    Verifier,
)
from seccfg.ir.request import Request, Surroundings
from seccfg.record import Record, replace

__all__ = ["Way", "WayFinder"]


class Way(Record):
    """One way to be allowed on a route: a grant, an alternative of verifiers, who presents them, and the situation."""

    route: Route
    grant: Grant
    personas: tuple[Persona, ...]
    """One for each verifier of the alternative; the first is the principal."""
    situation: Situation

    @property
    def principal(self) -> Persona:
        return self.personas[0]

    @property
    def label(self) -> str:
        """`GET /v1/orders as staff roles viewer`."""
        return f"{self.route.id} as {' and '.join(p.describe() for p in self.personas)}"


class WayFinder:
    """Finds the ways of one exchanged Policy."""

    def __init__(self, maker: RequestMaker) -> None:
        self._maker = maker
        self._policy: Policy = maker.policy
        self._closure = {role: frozenset(gives) for role, gives in self._policy.roles}
        self._pools: dict[tuple[str, ...], Pools] = {}
        self._conditions = {c.id: c for c in self._policy.conditions}

    def ways(self, route: Route) -> Iterator[Way]:
        """Every way the search finds, grant by grant; a public route has none."""
        authorize = route.first(Authorize)
        if authorize is None:
            return
        for grant in authorize.allow:
            for alternative in route.one(Authenticate).alternatives:
                way = self._way(route, authorize, grant, alternative)
                if way is not None:
                    yield way

    def request(
        self,
        way: Way,
        personas: Sequence[Persona] | None = None,
        situation: Situation | None = None,
        now_s: int | None = None,
    ) -> Request:
        """The way's request, or the same by other *personas*, in another *situation* or at another time."""
        seen = way.situation if situation is None else situation
        made = tuple(self.dressed(p, seen) for p in (way.personas if personas is None else personas))
        return self._maker.with_csrf(way.route, self._maker.made_by(self._maker.bare(way.route, seen, now_s), made))

    def surroundings(self, way: Way, situation: Situation | None = None) -> Surroundings:
        """What the application and stores answer on this way."""
        return self._maker.surroundings(way.situation if situation is None else situation)

    def dressed(self, persona: Persona, situation: Situation) -> Persona:
        """*persona* with the principal attributes of *situation* in its credential."""
        if persona.record:
            return persona
        values = {name: value for (side, name), value in situation.items() if side == "principal"}
        subject = values.pop("subject", persona.subject)
        for built_in in ("roles", "scopes", "method", "client"):
            values.pop(built_in, None)
        return replace(
            persona,
            subject=subject if isinstance(subject, str) else persona.subject,
            attributes=tuple(sorted(values.items())),
        )

    def conditions(self, route: Route, grant: Grant) -> tuple[tuple[Condition, Truth], ...]:
        """Every condition that has a say on this grant, with the truth it needs."""
        authorize = route.one(Authorize)
        listed = [(ident, Truth.TRUE) for ident in (*grant.conditions, *authorize.require)]
        listed += [(ident, Truth.FALSE) for ident in authorize.forbid]
        return tuple((self._conditions[ident], truth) for ident, truth in dict(listed).items())

    def pools(self, route: Route) -> Pools:
        """Candidate values for the conditions of a route."""
        authorize = route.one(Authorize)
        idents = {*authorize.require, *authorize.forbid, *(c for g in authorize.allow for c in g.conditions)}
        key = tuple(sorted(idents))
        if key not in self._pools:
            self._pools[key] = Pools((self._conditions[i] for i in key), self._policy.attrs)
        return self._pools[key]

    def allowed(self, route: Route) -> dict[Key, Sequence[object]]:
        """Attributes whose values the route's own parameters or the text they are read from narrow."""
        narrowed: dict[Key, Sequence[object]] = {}
        params: dict[tuple[str, str], Param] = {(p.place, p.name): p for p in route.one(Validate).params}
        for attr in self._policy.attrs:
            match attr.source:
                case FromPath(name) | FromQuery(name) | FromHeader(name):
                    place = (
                        "path"
                        if isinstance(attr.source, FromPath)
                        else "query"
                        if isinstance(attr.source, FromQuery)
                        else "header"
                    )
                    param = params.get((place, name))
                    key: Key = (attr.side, attr.name)
                    if param is not None:
                        narrowed[key] = tuple(dict.fromkeys(_typed(attr.type, text) for text in good_texts(param)))
                    elif attr.type == "string":
                        narrowed[key] = tuple(
                            v for v in self.pools(route).of(key) if isinstance(v, str) and v.isalnum()
                        ) or ("x1",)
                case _:
                    pass
        return narrowed

    def _way(self, route: Route, authorize: Authorize, grant: Grant, alternative: tuple[str, ...]) -> Way | None:
        del authorize
        if grant.methods and alternative[0] not in grant.methods:
            return None
        verifier = self._policy.verifier(alternative[0])
        for persona in self._principals(verifier, grant):
            fixed = self.known(route, verifier, persona)
            goals = tuple(Goal(condition, truth) for condition, truth in self.conditions(route, grant))
            situation = find(goals, self.pools(route), fixed, self._with_own(self.allowed(route), fixed))
            if situation is None:
                continue
            situation = {**self._counted(route, situation), **situation}
            others = tuple(self.plain(self._policy.verifier(name)) for name in alternative[1:])
            return Way(route, grant, (persona, *others), situation)
        return None

    def _with_own(
        self, allowed: dict[Key, Sequence[object]], fixed: Mapping[Key, object]
    ) -> dict[Key, Sequence[object]]:
        """*allowed*, a path's text free to be what the principal's own record says too, where nothing else narrows it."""
        own = [v for (side, _), v in fixed.items() if side == "principal" and isinstance(v, str) and v.isalnum()]
        free = {(a.side, a.name) for a in self._policy.attrs if isinstance(a.source, FromPath) and a.type == "string"}
        return {key: tuple(dict.fromkeys((*values, *own))) if key in free else values for key, values in allowed.items()}

    def _counted(self, route: Route, situation: Situation) -> dict[Key, object]:
        """Values for the attributes limits count by, which no condition may have asked for."""
        keys = [(limit.key.side, limit.key.name) for limit in route.limits() if isinstance(limit.key, ByAttribute)]
        allowed, pools = self.allowed(route), self.pools(route)
        return {key: next(iter(allowed.get(key, ()) or pools.of(key))) for key in keys if key not in situation}

    def alone(self, way: Way) -> Situation | None:
        """A situation in which *way*'s grant holds and a condition of every other grant fails; None when there is none."""
        goals = [Goal(condition, truth) for condition, truth in self.conditions(way.route, way.grant)]
        mine = {goal.condition.id for goal in goals}
        for other in way.route.one(Authorize).allow:
            theirs = [ident for ident in other.conditions if ident not in mine]
            if other is not way.grant and theirs:
                goals.append(Goal(self._conditions[theirs[0]], Truth.FALSE))
                mine.add(theirs[0])
        if len(goals) == len(self.conditions(way.route, way.grant)):
            return None
        verifier = self._policy.verifier(way.principal.verifier)
        found = find(
            tuple(goals), self.pools(way.route), self.known(way.route, verifier, way.principal), self.allowed(way.route)
        )
        return None if found is None else {**self._counted(way.route, found), **found}

    def known(self, route: Route, verifier: Verifier, persona: Persona) -> dict[Key, object]:
        """The attributes that follow from who asks and what for."""
        asserted = tuple(role for role in self._asserted(verifier, persona) if role in self._closure)
        roles = sorted(frozenset[str]().union(*(self._closure[r] for r in asserted)))
        values: dict[Key, object] = {
            ("principal", "roles"): roles,
            ("principal", "scopes"): list(self._scopes(verifier, persona)),
            ("principal", "method"): verifier.name,
            ("request", "method"): route.method,
            ("request", "ip"): self._maker.address(route),
            ("request", "host"): self._maker.policy.hosts[0],
            ("request", "path"): self._maker.path(route),
            ("request", "time"): self._maker.now_s,
        }
        if persona.client_id:
            values["principal", "client"] = persona.client_id
        record = self.record(verifier, persona)
        if record is not None:
            values["principal", "subject"] = record.subject
            values.update({("principal", name): json.loads(text) for name, text in record.attributes})
        return values

    def record(self, verifier: Verifier, persona: Persona) -> KeyRecord | None:
        """The key record behind a persona."""
        if isinstance(verifier, KeyVerifier):
            return next((r for r in verifier.records if r.id == persona.record), None)
        return None

    def plain(self, verifier: Verifier) -> Persona:
        """Somebody a verifier believes, whoever it is."""
        if isinstance(verifier, KeyVerifier):
            return Persona(verifier.name, record=next((r.id for r in self._usable(verifier)), ""))
        return Persona(verifier.name)

    def _principals(self, verifier: Verifier, grant: Grant) -> Iterator[Persona]:
        match verifier:
            case JwtVerifier() | IntrospectVerifier():
                roles = self._roles_for(grant, verifier.asserts)
                ids = dict(verifier.clients)
                clients = [ids[c] for c in grant.clients if c in ids]
                if (
                    roles is not None
                    and (clients or not grant.clients)
                    and not isinstance(verifier, IntrospectVerifier)
                ):
                    yield Persona(
                        verifier.name, roles=roles, scopes=grant.scopes, client_id=clients[0] if clients else ""
                    )
            case KeyVerifier():
                for record in self._usable(verifier):
                    has = self._gives(role for role in record.roles if role in verifier.asserts)
                    if (
                        all(has & set(wanted) for wanted in grant.role_sets)
                        and set(grant.scopes) <= set(record.scopes)
                        and not grant.clients
                    ):
                        yield Persona(verifier.name, record=record.id)
            case CertVerifier():
                has = self._gives(role for role in verifier.roles if role in verifier.asserts)
                if all(has & set(wanted) for wanted in grant.role_sets) and not grant.scopes and not grant.clients:
                    yield Persona(verifier.name)

    def _usable(self, verifier: KeyVerifier) -> tuple[KeyRecord, ...]:
        now = self._maker.now_s
        good = [
            r
            for r in verifier.records
            if (r.not_before_s is None or r.not_before_s <= now) and (r.expires_s is None or now < r.expires_s)
        ]
        return tuple(sorted(good, key=lambda r: (bool(r.addresses), r.id)))

    def _gives(self, roles: Iterator[str]) -> frozenset[str]:
        return frozenset[str]().union(*(self._closure.get(role, frozenset((role,))) for role in roles))

    def _roles_for(self, grant: Grant, asserts: tuple[str, ...]) -> tuple[str, ...] | None:
        """The fewest, least powerful roles that meet every set; None when the method may assert none that do."""
        chosen: list[str] = []
        for wanted in grant.role_sets:
            if self._gives(iter(chosen)) & set(wanted):
                continue
            fitting = [role for role in wanted if role in asserts]
            if not fitting:
                return None
            chosen.append(min(fitting, key=lambda role: (len(self._closure[role]), role)))
        return tuple(chosen)

    def _asserted(self, verifier: Verifier, persona: Persona) -> tuple[str, ...]:
        record = self.record(verifier, persona)
        if record is not None:
            return tuple(role for role in record.roles if role in verifier.asserts)
        if isinstance(verifier, CertVerifier):
            return tuple(role for role in verifier.roles if role in verifier.asserts)
        return tuple(role for role in persona.roles if role in verifier.asserts)

    def _scopes(self, verifier: Verifier, persona: Persona) -> tuple[str, ...]:
        record = self.record(verifier, persona)
        return record.scopes if record is not None else persona.scopes


def _typed(kind: str, text: str) -> object:
    return int(text) if kind == "integer" and text.lstrip("-").isdigit() else text


def captures(verifier: CertVerifier) -> tuple[str, ...]:
    """Attributes a certificate's SAN carries."""
    return tuple(part.capture for part in verifier.san if isinstance(part, SanWildcard) and part.capture)


def reads(condition: Condition) -> tuple[Key, ...]:
    """The attributes a condition reads, sorted."""
    return tuple(sorted(ast.attributes(condition.expr)))
