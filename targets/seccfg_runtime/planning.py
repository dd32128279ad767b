"""Plans an effective Policy as the runtime's own model, which `policy_module` prints. Nothing is decided here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar, assert_never

from seccfg.expr.ast import attributes
from seccfg.expr.lower import false_form, true_form, weaken
from seccfg.expr.types import AttributeKey
from seccfg.ir import policy as ir
from seccfg.record import Record
from seccfg_runtime import controls
from seccfg_runtime.plan import ConditionPlan, FunctionName, PolicyPlan
from seccfg_runtime.runtime import model

__all__ = ["plan_conditions", "plan_policy"]

_M = TypeVar("_M")
_R = TypeVar("_R", bound=Record)


def plan_policy(effective: ir.Policy) -> PolicyPlan:
    """
    *effective* in the words of the runtime.

    Raises:
        TypeError: It has a Session, an IntrospectVerifier or a route without what keeps it shut: a target takes out what
            the runtime does not know.
    """
    return _Planner(effective).run()


def plan_conditions(effective: ir.Policy) -> tuple[ConditionPlan, ...]:
    """The conditions of *effective* and the functions they become, by name."""
    return _name_conditions(effective.conditions, frozenset(effective.host.unseen))


class _Planner:
    def __init__(self, policy: ir.Policy) -> None:
        self._policy = policy
        self._converted: dict[int, object] = {}
        self._equal: dict[Record, object] = {}
        unseen = frozenset(policy.host.unseen)
        self._conditions = {plan.condition.id: plan for plan in _name_conditions(policy.conditions, unseen)}
        self._planned = {
            ident: model.Condition(
                plan.condition.name, FunctionName(plan.holds), FunctionName(plan.fails), _reads(plan.condition, unseen),
                ident, plan.open,
            )
            for ident, plan in self._conditions.items()
        }  # fmt: skip

    def run(self) -> PolicyPlan:
        policy = self._policy
        planned = model.Policy(
            name=policy.name,
            hosts=policy.hosts,
            routes=tuple(self._route(route) for route in policy.routes),
            verifiers=tuple(_verifier(verifier) for verifier in policy.verifiers),
            roles=policy.roles,
            attributes=tuple(a for attr in policy.attrs if (a := controls.attribute(attr)) is not None),
            conditions=tuple(self._planned[condition.id] for condition in policy.conditions),
            trusted_proxies=tuple(map(controls.cidr, policy.edge.address.trusted_proxies)),
            tls=model.Tls(policy.edge.transport.min_tls, policy.edge.transport.ciphers),
            edge=self._edge(policy.edge),
        )
        return PolicyPlan(planned, tuple(self._conditions[condition.id] for condition in policy.conditions))

    def _route(self, route: ir.Route) -> model.Route:
        planned = _Parts()
        for control in route.controls:
            match control:
                case ir.RequestTarget(websocket):
                    planned.websocket = websocket
                case ir.Transport(plain_http):
                    planned.plain_http = plain_http
                case ir.ClientAddress(rules):
                    planned.network = tuple(self._once(controls.address_rule, rule) for rule in rules)
                case ir.Cors():
                    planned.cors = self._once(controls.cors, control)
                case ir.BodyLimit():
                    planned.body = self._once(controls.body_limit, control)
                case ir.RateLimit():
                    planned.limits.append(self._once(controls.limit, control))
                case ir.Authenticate():
                    planned.authenticate = self._once(controls.authenticate, control)
                case ir.Revocation():
                    planned.revocation = self._once(controls.revocation, control)
                case ir.Authorize():
                    planned.authorize = self._authorize(control)
                case ir.Validate():
                    planned.validate = self._once(controls.validate, control)
                case ir.Forward():
                    planned.forward = self._once(controls.forward, control)
                case ir.ResponseHeaders():
                    planned.headers = self._once(controls.headers, control)
                case ir.Errors():
                    planned.errors = self._once(controls.errors, control)
                case ir.Audit():
                    planned.audit = self._once(controls.audit, control)
                case ir.Session():
                    raise TypeError("the effective Policy has no Session")
                case _:
                    assert_never(control)
        return planned.route(route)

    def _edge(self, edge: ir.Edge) -> model.Edge:
        return model.Edge(
            edge.transport.plain_http,
            tuple(self._once(controls.address_rule, rule) for rule in edge.address.rules),
            self._once(controls.headers, edge.headers),
            self._once(controls.errors, edge.errors),
            self._once(controls.audit, edge.audit),
        )

    def _authorize(self, control: ir.Authorize) -> model.Authorize:
        return model.Authorize(
            tuple(self._grant(grant) for grant in control.allow),
            tuple(self._planned[ident] for ident in control.require),
            tuple(self._planned[ident] for ident in control.forbid),
        )

    def _grant(self, grant: ir.Grant) -> model.Grant:
        return model.Grant(
            frozenset(grant.methods), frozenset(grant.clients), tuple(map(frozenset, grant.role_sets)),
            frozenset(grant.scopes), tuple(self._planned[ident] for ident in grant.conditions),
        )  # fmt: skip

    def _once(self, convert: Callable[[_R], _M], control: _R) -> _M:
        """*control* converted; equal controls of many routes become one object, which `emit` prints under one name."""
        found = self._converted.get(id(control))
        if found is None:
            found = self._equal.get(control)
            if found is None:
                found = self._equal[control] = convert(control)
            self._converted[id(control)] = found
        return found  # type: ignore[return-value]  # what *convert* made of an equal control


class _Parts:
    """A route while its controls are gone through."""

    def __init__(self) -> None:
        self.websocket = False
        self.plain_http: model.PlainHttp = "refuse"
        self.network: tuple[model.AddressRule, ...] = ()
        self.cors: model.Cors | None = None
        self.body = model.BodyLimit()
        self.limits: list[model.RateLimit] = []
        self.authenticate: model.Authenticate | None = None
        self.revocation: model.Revocation | None = None
        self.authorize: model.Authorize | None = None
        self.validate = model.Validate()
        self.forward: model.Forward | None = None
        self.headers = model.ResponseHeaders()
        self.errors = model.Errors()
        self.audit = model.Audit()

    def route(self, route: ir.Route) -> model.Route:
        """The planned route; a Policy without the two controls that keep it shut is no Policy."""
        if self.authenticate is None or self.forward is None:
            raise TypeError(f"{route.id} has no Authenticate or no Forward")
        if (self.authorize is None) != (self.authenticate.alternatives == ()):
            raise TypeError(f"{route.id} is neither public nor has it an Authorize")
        return model.Route(
            method=route.method, template=route.template, path=controls.segments(route.path), forward=self.forward,
            authenticate=self.authenticate, authorize=self.authorize, websocket=self.websocket,
            plain_http=self.plain_http, network=self.network, cors=self.cors, body=self.body, limits=tuple(self.limits),
            revocation=self.revocation, validate=self.validate, headers=self.headers, errors=self.errors,
            audit=self.audit,
        )  # fmt: skip


def _verifier(verifier: ir.Verifier) -> model.Verifier:
    if isinstance(verifier, ir.IntrospectVerifier):
        raise TypeError(f"{verifier.name} is asked about elsewhere, which the runtime does not do")
    return controls.verifier(verifier)


def _reads(condition: ir.Condition, unseen: frozenset[AttributeKey]) -> frozenset[str]:
    return frozenset(f"{side}.{name}" for side, name in attributes(condition.expr) - unseen)


def _name_conditions(
    conditions: tuple[ir.Condition, ...], unseen: frozenset[AttributeKey]
) -> tuple[ConditionPlan, ...]:
    """Function names: the condition's own, numbered where routes fold different constants into it."""
    used: set[str] = set()
    planned: list[ConditionPlan] = []
    for condition in sorted(conditions, key=lambda c: (c.name, c.id)):
        base = re.sub(r"[^a-z0-9]+", "_", condition.name.lower()).strip("_") or "condition"
        base = f"c_{base}" if base[0].isdigit() else base
        name, number = base, 1
        while name in used:
            number += 1
            name = f"{base}_{number}"
        used.add(name)
        holds, fails = weaken(true_form(condition.expr), unseen), weaken(false_form(condition.expr), unseen)
        left = not unseen.isdisjoint(attributes(condition.expr))
        planned.append(ConditionPlan(condition, f"{name}_holds", f"{name}_fails", holds, fails, left))
    return tuple(planned)
