"""Who reaches the routes of one policy: asked by invariants and by `query`, answered as differences of two versions are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seccfg.analyse.atoms import Situation
from seccfg.analyse.bdd import FALSE, Node, TooLarge
from seccfg.analyse.concrete import Asked, shapes
from seccfg.analyse.proving import UNDECIDED, Proof, newly_allowed
from seccfg.analyse.rewriting import conjunction
from seccfg.analyse.sources import NOTHING, USELESS, Places
from seccfg.analyse.space import Space
from seccfg.analyse.viewpoint import Form, Viewpoint
from seccfg.diff.pairing import Paired
from seccfg.diff.populations import Population, Populations
from seccfg.diff.presented import Alternative, alternatives_of
from seccfg.diff.replay import Replay
from seccfg.expr.ast import And, Bool, Expr, Not, attributes
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import UNUSABLE
from seccfg.expr.types import AttributeKey
from seccfg.ir.policy import Grant, Policy, Route
from seccfg.ir.request import Judgement
from seccfg.record import Record
from seccfg.semantics.decide import judge
from seccfg.semantics.state import State

__all__ = ["Group", "Reach", "Reached"]

_FIXED: dict[AttributeKey, object] = {NOTHING: MISSING, USELESS: UNUSABLE}


class Group(Record):
    """
    Some principals: all that is said holds; None or empty: nothing is said.

    `role_sets`: one role of each. `conditions`: names of conditions that hold as the route has them.
    """

    methods: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    role_sets: tuple[tuple[str, ...], ...] = ()
    scopes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


class Reached(Record):
    """
    Somebody who passes on a route.

    `asked` None: analysis says so, and no request was found that shows it; `decided` false: it cannot tell.
    """

    route: Route
    method: str
    """The principal's auth method; empty: nobody asks."""
    who: str
    asked: Asked | None = None
    judgement: Judgement | None = None
    decided: bool = True


class Reach:
    """One policy, ready to be asked."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.places = Places()
        self._populations = Populations(policy, policy)
        self._replay: Replay | None = None

    def outside(self, route: Route, group: Group) -> Iterator[Reached]:
        """Those who pass on *route* and are not of *group*; first of each auth method, and nobody at all."""
        yield from self._those(route, group, inside=False)

    def inside(self, route: Route, group: Group) -> Iterator[Reached]:
        """Those of *group* who pass on *route*."""
        yield from self._those(route, group, inside=True)

    def anonymous(self, route: Route) -> Reached | None:
        """A request without a credential that passes on *route*."""
        if not route.public:
            return None
        return self._shown(route, (), "", ({},), Reached(route, "", "anyone"))

    # ------------------------------------------------------------------------------------------------------- asking
    def _those(self, route: Route, group: Group, *, inside: bool) -> Iterator[Reached]:
        if route.public:
            found = None if inside else self.anonymous(route)
            if found is not None:
                yield found
            return
        for alternative in alternatives_of(route):
            for population in self._populations.of(alternative[0]):
                found = self._of(route, alternative, population, group, inside)
                if found is not None:
                    yield found

    def _of(
        self, route: Route, alternative: Alternative, population: Population, group: Group, inside: bool
    ) -> Reached | None:
        view = Viewpoint(
            self.policy, route, route.path, self.policy.verifier(alternative[0]), self.places, population.new
        )
        form = view.form()
        of_group = self._belongs(view, form, group, alternative)
        label = population.label or f"somebody authenticated by `{alternative[0]}`"
        reached = Reached(route, alternative[0], label)
        if form.whole == Bool(False):
            return None
        try:
            space = self._space([form.whole, of_group], route)
            passes, belongs = space.true(form.whole), space.true(of_group)
            node = space.bdd.both(passes, belongs) if inside else space.bdd.minus(passes, belongs)
            if node != FALSE:
                found = self._shown(route, alternative, population.ident, self._situations(space, node), reached)
                if found.asked is not None:
                    return found
            elif space.exact:
                return None
        except TooLarge:
            pass
        return self._proven(route, alternative, population, form, of_group, inside, reached)

    def _proven(
        self, route: Route, alternative: Alternative, population: Population, form: Form, of_group: Expr, inside: bool,
        reached: Reached,
    ) -> Reached | None:  # fmt: skip
        old, new = (Bool(False), And((form.whole, of_group))) if inside else (of_group, form.whole)
        keys = {key for condition in (old, new) for key in attributes(condition)}
        proof: Proof = newly_allowed(old, new, shapes(keys, self.places, self.policy.hosts, [route]), _FIXED)
        if proof.none:
            return None
        if proof.situation is None or proof == UNDECIDED:
            return Reached(route, reached.method, reached.who, decided=False)
        return self._shown(route, alternative, population.ident, (proof.situation,), reached)

    def _belongs(self, view: Viewpoint, form: Form, group: Group, alternative: Alternative) -> Expr:
        """TRUE for those of *group*; not TRUE is outside, an error included."""
        if group.methods and not set(group.methods) & set(alternative[:1]):
            return Bool(False)
        parts: list[Expr] = [
            view.grant(Grant((), group.clients, group.role_sets, group.scopes, (), "gateway")).whole
        ]
        known = {c.name: expr for grant in form.grants for c, expr in grant.conditions}
        known.update((c.name, expr) for c, expr in form.require)
        known.update((f"!{c.name}", Not(expr)) for c, expr in form.forbid)
        parts += [known.get(name, Bool(False)) for name in group.conditions]
        return conjunction(parts)

    def _space(self, conditions: Sequence[Expr], route: Route) -> Space:
        keys = {key for condition in conditions for key in attributes(condition)}
        return Space(conditions, shapes(keys, self.places, self.policy.hosts, [route]), _FIXED)

    def _situations(self, space: Space, node: Node) -> Iterator[Situation]:
        for _ in range(6):
            found = space.situation(node)
            if found is None:
                return
            yield found
            cube = space.bdd.one(node) or {}
            here = space.bdd.all(
                space.bdd.variable(n) if value else space.bdd.no(space.bdd.variable(n)) for n, value in cube.items()
            )
            node = space.bdd.minus(node, here)

    # ------------------------------------------------------------------------------------------------------ showing
    def _shown(
        self, route: Route, alternative: Alternative, record: str, situations: Iterator[Situation] | Sequence[Situation],
        reached: Reached,
    ) -> Reached:  # fmt: skip
        """*reached* with the first request of *situations* that passes."""
        if self._replay is None:
            self._replay = Replay(self.policy, self.policy, self.places, [r.path for r in self.policy.routes])
        pair = Paired(route.method, route.path, route, route)
        for situation in situations:
            told = {key: value for key, value in situation.items() if key not in _FIXED}
            for asked in self._replay.requests("widens", pair, alternative, told, record=record):
                found = judge(self._replay.new.decide, asked.request, State(asked.surroundings))
                if found.decision.allowed:
                    who = reached.who if not asked.personas else ", ".join(p.describe() for p in asked.personas)
                    return Reached(route, reached.method, who, asked, found)
        return reached
