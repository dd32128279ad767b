"""Policy to Program: router, branches and tables. The steps themselves are lowered in `edge_steps`, `identity_steps` and
`route_steps`.

`unseen` names attributes a target cannot see (what only the application knows; bodies, for an authorizer that gets none): every
atom over them is TRUE in the Program's conditions, which is the tightest condition that refuses nothing the whole one would
allow, and the branch says which conditions are left open. All open conditions must hold: where several grants of a
route could be left open, the first that otherwise holds is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from seccfg.expr.ast import attributes
from seccfg.expr.lower import false_form, true_form, weaken
from seccfg.expr.regex import Regex
from seccfg.expr.types import AttributeKey
from seccfg.ir.policy import (
    CertVerifier,
    Condition,
    Control,
    Cors,
    FromApplication,
    Json,
    JwtVerifier,
    KeyVerifier,
    LiteralSegment,
    ParamSegment,
    Policy,
    RateLimit,
    RestSegment,
    Route,
    Segment,
    StepName,
    Validate,
    Verifier,
)
from seccfg.program.edge_steps import edge_branch, routable, undeclared_branch
from seccfg.program.model import Branch, ConditionForms, Header, Item, Limit, Method, Node, Program, Step, Template
from seccfg.program.patterns import compiled
from seccfg.program.route_steps import RouteLowering
from seccfg.semantics.formats import FORMATS
from seccfg.semantics.screens import SCREENS

__all__ = ["application_attributes", "lower"]

_T = TypeVar("_T")


def application_attributes(policy: Policy) -> frozenset[AttributeKey]:
    """What no gateway can see."""
    return frozenset((a.side, a.name) for a in policy.attrs if isinstance(a.source, FromApplication))


def lower(policy: Policy, unseen: frozenset[AttributeKey] = frozenset()) -> Program:
    """The Program of *policy*, for a target that sees every attribute but *unseen*."""
    tables = Tables(policy, unseen)
    branches: list[Branch] = [edge_branch(policy)]
    router = _Router()
    for route in policy.routes:
        lowering = RouteLowering(policy, route, tables)
        template = router.template(route.path, route.template)
        template.methods.append((route.method, len(branches)))
        branches.append(lowering.branch(preflight=False))
        if route.first(Cors) is not None:
            template.preflights.append((route.method, len(branches)))
            branches.append(lowering.branch(preflight=True))
    templates: list[Template] = []
    for found in router.templates:
        allow = ", ".join(sorted(method for method, _ in found.methods))
        templates.append(Template(found.text, tuple(found.methods), tuple(found.preflights), len(branches)))
        branches.append(undeclared_branch(policy, found.text, allow, branches[0]))
    used = {name for route in policy.routes for name in route.one(Validate).screens}
    return Program(
        policy.name, policy.hosts, policy.edge.address.trusted_proxies, routable(), router.nodes(), tuple(templates),
        tuple(branches), 0,
        tuple(_method(verifier) for verifier in policy.verifiers), policy.roles, policy.attrs,
        tuple(tables.condition(condition) for condition in policy.conditions), tables.limits(), tables.schemas(),
        tuple((name, Regex(compiled(pattern).body, True, True)) for name, pattern in FORMATS.items()),
        tuple((name, tuple(map(compiled, patterns))) for name, patterns in SCREENS.items() if name in used),
        tuple(sorted(unseen)),
    )  # fmt: skip


class Tables:
    """What branches refer to by number, collected while they are lowered."""

    def __init__(self, policy: Policy, unseen: frozenset[AttributeKey]) -> None:
        self._unseen = unseen
        self._limits: dict[Limit, int] = {}
        self._schemas: dict[Json, int] = {}
        self._numbers: dict[Control | None, int] = {}
        self._known: dict[int, int] = {}
        self._once: dict[tuple[object, ...], Any] = {}
        self._steps: dict[tuple[str, int, int], Step] = {}
        self._conditions = {condition.id: condition for condition in policy.conditions}
        self.order: tuple[StepName, ...] = policy.order

    def number(self, control: Control | None) -> int:
        """Equal controls have one number. By identity first: a hash of everything below costs more than what it saves."""
        found = self._known.get(id(control))
        if found is None:
            found = self._known[id(control)] = self._numbers.setdefault(control, len(self._numbers))
        return found

    def once(self, key: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """What *make* gives, made for the first caller with an equal *key*."""
        if key not in self._once:
            self._once[key] = make()
        found: _T = self._once[key]
        return found

    def step(self, name: StepName, items: tuple[Item, ...], headers: tuple[Header, ...]) -> Step:
        """One object for every step of the same items and headers, which are told apart as objects: equal ones would do."""
        key = (name, id(items), id(headers))
        if key not in self._steps:
            self._steps[key] = Step(name, items, headers)
        return self._steps[key]

    def limit(self, limit: RateLimit, route: Route) -> int:
        """Number of the counter *limit* is on *route*."""
        own = route.id if limit.scope == "route" else ""
        made = Limit(
            limit.name, limit.algorithm, limit.limit, limit.window_s, limit.burst, limit.key, limit.tiers, own,
            limit.on_store_failure,
        )  # fmt: skip
        return self._limits.setdefault(made, len(self._limits))

    def schema(self, text: Json) -> int:
        """Number of a JSON schema."""
        return self._schemas.setdefault(text, len(self._schemas))

    def is_open(self, ident: str) -> bool:
        """The condition reads something unseen."""
        return not self._unseen.isdisjoint(attributes(self._conditions[ident].expr))

    def name_of(self, ident: str) -> str:
        """The condition's name in the spec."""
        return self._conditions[ident].name

    def condition(self, condition: Condition) -> ConditionForms:
        """Both forms, weakened where something is unseen."""
        holds, fails = (weaken(form(condition.expr), self._unseen) for form in (true_form, false_form))
        return ConditionForms(condition.id, condition.name, holds, fails, self.is_open(condition.id))

    def limits(self) -> tuple[Limit, ...]:
        return tuple(self._limits)

    def schemas(self) -> tuple[Json, ...]:
        return tuple(self._schemas)


def _method(verifier: Verifier) -> Method:
    if isinstance(verifier, KeyVerifier):
        return Method(verifier.name, verifier, verifier.asserts, f"key:{verifier.name}\x1f", verifier.records)
    if isinstance(verifier, CertVerifier):
        return Method(verifier.name, verifier, verifier.asserts, "cert:", (), verifier.san)
    prefix = f"jwt:{verifier.issuer}\x1f" if isinstance(verifier, JwtVerifier) else f"introspect:{verifier.issuer}\x1f"
    return Method(verifier.name, verifier, verifier.asserts, prefix)


class _Template:
    def __init__(self, text: str) -> None:
        self.text = text
        self.methods: list[tuple[str, int]] = []
        self.preflights: list[tuple[str, int]] = []


class _Place:
    def __init__(self) -> None:
        self.literals: dict[str, int] = {}
        self.parameter = self.rest = self.here = -1


class _Router:
    """The tree of templates, numbered as it grows."""

    def __init__(self) -> None:
        self._places = [_Place()]
        self.templates: list[_Template] = []

    def template(self, path: tuple[Segment, ...], text: str) -> _Template:
        at = self._places[0]
        for segment in path:
            match segment:
                case LiteralSegment(literal):
                    at = self._places[at.literals.setdefault(literal, self._grown(literal not in at.literals))]
                case ParamSegment():
                    if at.parameter < 0:
                        at.parameter = self._grown(True)
                    at = self._places[at.parameter]
                case RestSegment():
                    if at.rest < 0:
                        at.rest = self._new(text)
                    return self.templates[at.rest]
        if at.here < 0:
            at.here = self._new(text)
        return self.templates[at.here]

    def _grown(self, needed: bool) -> int:
        if needed:
            self._places.append(_Place())
        return len(self._places) - 1

    def _new(self, text: str) -> int:
        self.templates.append(_Template(text))
        return len(self.templates) - 1

    def nodes(self) -> tuple[Node, ...]:
        return tuple(Node(tuple(sorted(p.literals.items())), p.parameter, p.rest, p.here) for p in self._places)
