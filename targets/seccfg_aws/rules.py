"""The readable function of `prefer: native`: which specs a table of rules can hold, and the table as a Python module."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Final

from seccfg.expr.ast import attributes
from seccfg.ir import policy as ir
from seccfg.record import Record
from seccfg.targetapi.escape import python_docstring, python_literal
from seccfg.targetapi.templates import Code, Templates
from seccfg_runtime.conditions import SUPPORT_MODULE, condition_code
from seccfg_runtime.plan import ConditionPlan, FunctionName
from seccfg_runtime.planning import plan_conditions
from seccfg_runtime.printer import WIDTH, ModulePrinter
from seccfg_runtime.runtime import bearer, gate
from seccfg_runtime.runtime.keyset_plain import ALGORITHMS

__all__ = ["RulesPlan", "plan_rules", "rules_module"]

_PRINCIPAL: Final = frozenset({"subject", "roles", "scopes", "method", "client"})
_NUMBER: Final = frozenset({"type", "minimum", "maximum"})
_TEXT: Final = frozenset({"type", "minLength", "maxLength", "enum"})


class RulesPlan(Record):
    """The table."""

    issuers: tuple[bearer.Issuer, ...]
    rules: tuple[gate.Rule, ...]
    conditions: tuple[ConditionPlan, ...]
    events: tuple[str, ...]


def plan_rules(policy: ir.Policy, counted: set[str]) -> RulesPlan | str:
    """
    The table for *policy*, or in a few words what of the policy it does not hold.

    Args:
        counted: Limits that something else counts.
    """
    why = next(_beyond(policy, counted), "")
    if why:
        return why
    conditions = {plan.condition.id: plan for plan in plan_conditions(policy)}
    roles = dict(policy.roles)
    issuers = tuple(_issuer(v, roles) for v in policy.verifiers if isinstance(v, ir.JwtVerifier))
    rules = tuple(_rule(policy, route, conditions) for route in policy.routes)
    events = tuple(dict.fromkeys(event for route in policy.routes for event in route.one(ir.Audit).events))
    return RulesPlan(issuers, rules, tuple(conditions.values()), events)


# ------------------------------------------------------------------------------------------------------ what it holds
def _beyond(policy: ir.Policy, counted: set[str]) -> Iterator[str]:
    """What the table cannot hold."""
    for verifier in policy.verifiers:
        why = _verifier(verifier)
        if why:
            yield f"method `{verifier.name}` {why}"
    profiles = {c for route in policy.routes if (c := route.first(ir.Cors)) is not None}
    if len({(c.origins, c.credentials, c.expose, c.any_origin) for c in profiles}) > 1:
        yield "CORS headers of refusals differ by route"
    elif any(len(c.origins) != 1 or c.origins[0].one_label or c.any_origin for c in profiles):
        yield "CORS headers of refusals depend on who asks"
    if len({route.one(ir.ResponseHeaders) for route in policy.routes} | {policy.edge.headers}) > 1:
        yield "headers of answers differ by route"
    if policy.host.unseen:
        yield "a condition is left open for the service"
    declared = {(attr.side, attr.name): attr for attr in policy.attrs}
    for condition in policy.conditions:
        for key in attributes(condition.expr):
            attr = declared.get(key)
            if key[0] == "principal" and (attr is not None or key[1] in _PRINCIPAL):
                continue
            if attr is None or not isinstance(attr.source, ir.FromPath) or attr.type not in ("string", "integer"):
                yield f"condition `{condition.name}` reads {key[0]}.{key[1]}"
    for route in policy.routes:
        yield from _route(route, counted)


def _verifier(verifier: ir.Verifier) -> str:
    """What is beyond tokens in `Authorization` whose keys the build knows."""
    if not isinstance(verifier, ir.JwtVerifier):
        return "takes no tokens" if not isinstance(verifier, ir.IntrospectVerifier) else "asks the issuer about each token"
    if verifier.jwks.url or not verifier.jwks.keys:
        return "reads its keys again and again (`jwks.url`)"
    if verifier.places != (ir.Bearer(),):
        return "is looked for elsewhere than in `Authorization`"
    return "" if verifier.algorithms and ALGORITHMS.issuperset(verifier.algorithms) else "has no algorithm that is left"


def _route(route: ir.Route, counted: set[str]) -> Iterator[str]:
    authenticate, validate, forward = route.one(ir.Authenticate), route.one(ir.Validate), route.one(ir.Forward)
    audit = route.one(ir.Audit)
    left = [limit.name for limit in route.limits() if limit.name not in counted]
    checks: Sequence[tuple[object, str]] = (
        (left, f"limit `{left[0] if left else ''}` is counted by the function"),
        (any(len(names) != 1 for names in authenticate.alternatives), "several credentials at once"),
        (authenticate.csrf_header, "a CSRF header"),
        (route.first(ir.Revocation) is not None, "revocation of tokens"),
        (any(_param(param) is None for param in validate.params), "parameters beyond whole numbers and text in the path"),
        (validate.closed_query, "names of the query"),
        (validate.screens, "screens"),
        (forward.set, "identity headers for the service"),
        (audit.hash_key is not None, "hashed subjects in events"),
        (route.one(ir.RequestTarget).websocket, "a websocket"),
    )
    for beyond, what in checks:
        if beyond:
            yield f"{route.id} asks for {what}"


# --------------------------------------------------------------------------------------------------------- the table
def _issuer(verifier: ir.JwtVerifier, roles: dict[str, tuple[str, ...]]) -> bearer.Issuer:
    keys = ",\n".join(key.json for key in verifier.jwks.keys)
    return bearer.Issuer(
        verifier.name, verifier.issuer, verifier.audiences, verifier.algorithms, f'{{"keys": [\n{keys}\n]}}',
        tuple((role, roles.get(role, ())) for role in verifier.asserts), verifier.skew_s, verifier.max_age_s,
        verifier.subject_claim, verifier.roles_claim, verifier.scopes_claim,
        tuple((claim.name, claim.path) for claim in verifier.attributes), verifier.clients,
    )  # fmt: skip


def _rule(policy: ir.Policy, route: ir.Route, conditions: dict[str, ConditionPlan]) -> gate.Rule:
    authorize, body = route.first(ir.Authorize), route.one(ir.BodyLimit)
    allow = () if authorize is None else tuple(_grant(grant, conditions) for grant in authorize.allow)
    used = set() if authorize is None else {
        *authorize.require, *authorize.forbid, *(ident for grant in authorize.allow for ident in grant.conditions),
    }  # fmt: skip
    read = {key for ident in used for key in attributes(conditions[ident].condition.expr)}
    return gate.Rule(
        route.method,
        route.template,
        tuple(name for (name,) in route.one(ir.Authenticate).alternatives),
        allow,
        () if authorize is None else tuple(FunctionName(conditions[ident].holds) for ident in authorize.require),
        () if authorize is None else tuple(FunctionName(conditions[ident].fails) for ident in authorize.forbid),
        tuple(
            (attr.name, attr.source.name, attr.type)
            for attr in policy.attrs
            if isinstance(attr.source, ir.FromPath) and (attr.side, attr.name) in read
        ),
        tuple(found for param in route.one(ir.Validate).params if (found := _param(param)) is not None),
        body.max_bytes,
        body.content_types,
    )


def _grant(grant: ir.Grant, conditions: dict[str, ConditionPlan]) -> gate.Grant:
    return gate.Grant(
        tuple(map(frozenset, grant.role_sets)), frozenset(grant.scopes), frozenset(grant.clients), frozenset(grant.methods),
        tuple(FunctionName(conditions[ident].holds) for ident in grant.conditions),
    )  # fmt: skip


def _param(param: ir.Param) -> gate.WholeNumber | gate.Text | None:
    """A path parameter as the table says it; None for what it has no words for."""
    schema = json.loads(param.schema)
    if param.place != "path" or not isinstance(schema, dict):
        return None
    if param.type == "integer" and _NUMBER.issuperset(schema) and schema.get("type", "integer") == "integer":
        bounds = [schema.get("minimum"), schema.get("maximum")]
        if all(bound is None or type(bound) is int for bound in bounds):
            return gate.WholeNumber(param.name, bounds[0], bounds[1])
    if param.type == "string" and _TEXT.issuperset(schema) and schema.get("type", "string") == "string":
        listed = schema.get("enum", [])
        if all(isinstance(entry, str) for entry in listed) and ("enum" not in schema or listed):
            return gate.Text(param.name, schema.get("minLength", 0), schema.get("maxLength"), tuple(listed))
    return None


# ---------------------------------------------------------------------------------------------------------- the module
def rules_module(plan: RulesPlan, service: str, unauthorized: Sequence[str]) -> bytes:
    """The module `policy.py`: issuers, conditions, one rule for each method and path."""
    printer = ModulePrinter()
    code = condition_code(plan.conditions, frozenset(_used(plan.rules)))
    issuers = printer.assignment("ISSUERS", plan.issuers)
    rules = printer.assignment("RULES", plan.rules)
    raised = tuple(reason for reason in unauthorized if reason in gate.REASONS)
    values: dict[str, object] = {
        "service": Code(python_docstring(service)),
        "imports": Code("\n".join(_imports(printer.used, code.names))),
        "issuers": Code(issuers),
        "conditions": Code(code.functions),
        "rules": Code(rules),
        "unauthorized": Code(printer.assignment("UNAUTHORIZED", raised)),
        "events": Code(printer.assignment("EVENTS", plan.events)),
    }
    return _templates().render("rules.py.j2", values)


def _used(rules: Sequence[gate.Rule]) -> Iterator[str]:
    for rule in rules:
        for form in (*rule.require, *rule.forbid, *(form for grant in rule.allow for form in grant.conditions)):
            if isinstance(form, FunctionName):
                yield form.name


def _imports(used: set[str], support: Sequence[str]) -> Iterator[str]:
    for module, names in (
        (SUPPORT_MODULE, set(support)), ("runtime.bearer", used & {"Issuer"}), ("runtime.gate", used - {"Issuer"}),
    ):  # fmt: skip
        if names:
            ordered = sorted(names, key=lambda name: (name[0].islower(), name))
            flat = f"from .{module} import {', '.join(ordered)}"
            yield flat if len(flat) <= WIDTH else f"from .{module} import (\n" + "".join(f"    {n},\n" for n in ordered) + ")"


@functools.cache
def _templates() -> Templates:
    return Templates("seccfg_aws", python_literal)
