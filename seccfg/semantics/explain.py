"""Why a Decision came out as it did, for people. Reads what deciding left in the Case and decides nothing."""

from __future__ import annotations

import json
from typing import Literal

from seccfg.expr.ast import attributes
from seccfg.expr.evaluate import Truth, Unusable
from seccfg.findings import NOWHERE, Span
from seccfg.ir.policy import STEPS, StepName
from seccfg.ir.request import ConditionValue, Decision, Explanation, GrantResult
from seccfg.semantics.attributes import MISSING, value_of
from seccfg.semantics.authorize import Reading, failed_keys
from seccfg.semantics.case import Case, Refusal

__all__ = ["explain"]

_WORDS: dict[Truth, Literal["true", "false", "error"]] = {
    Truth.TRUE: "true", Truth.FALSE: "false", Truth.ERR: "error",
}  # fmt: skip


def explain(case: Case, decision: Decision, refusal: Refusal | None) -> Explanation:
    """The explanation of *decision*."""
    view, principal = case.view, case.principal
    grants: tuple[GrantResult, ...] = ()
    conditions: tuple[ConditionValue, ...] = ()
    if view is not None and view.authorize is not None and case.reading is not None and principal is not None:
        reading = case.reading
        for grant in view.authorize.allow:
            failed = failed_keys(grant, principal, reading)
            values = tuple(_condition(case, reading, ident) for ident in grant.conditions)
            grants += (GrantResult(grant.text, not failed, failed, values, grant.pos),)
        conditions = tuple(_condition(case, reading, i) for i in (*view.authorize.require, *view.authorize.forbid))
    return Explanation(
        "" if view is None else view.route.id,
        _message(decision, refusal),
        "" if principal is None else principal.id,
        () if principal is None else principal.roles,
        () if principal is None else principal.scopes,
        grants,
        conditions,
        "" if principal is None else principal.method,
        "" if principal is None else principal.client,
        _position(case, decision.step, refusal),
    )


def _message(decision: Decision, refusal: Refusal | None) -> str:
    if refusal is not None:
        return f"step {STEPS.index(decision.step) + 1}: {refusal.message}"
    return "answered as a preflight" if decision.outcome == "preflight" else "no step refuses"


def _condition(case: Case, reading: Reading, ident: str) -> ConditionValue:
    condition = case.compiled.conditions[ident]
    read: list[tuple[str, str]] = []
    because = ""
    for key in sorted(attributes(condition.expr)):
        found = value_of(case, key)
        name = f"{key[0]}.{key[1]}"
        if isinstance(found, Unusable):
            because = because or name
            read.append((name, "missing" if found is MISSING else "no value of its type"))
        else:
            read.append((name, json.dumps(found, sort_keys=True, separators=(",", ":"))))
    value = _WORDS[reading.of(ident)]
    return ConditionValue(condition.name, value, tuple(read), because if value == "error" else "", condition.pos)


def _position(case: Case, step: StepName, refusal: Refusal | None) -> Span:
    view, settings = case.view, case.settings
    if refusal is not None and refusal.pos != NOWHERE:
        return refusal.pos
    if step == "request_target":
        return settings.target.pos
    if step == "plain_http":
        return settings.transport.pos
    if step == "address":
        return settings.address.pos
    if view is None:
        return NOWHERE
    controls = {
        "preflight": view.cors, "body": view.body, "authenticate": view.authenticate, "revocation": view.revocation,
        "authorize": view.authorize, "validate": view.validate, "forward": view.forward,
    }  # fmt: skip
    control = controls.get(step)
    return view.route.pos if control is None else control.pos
