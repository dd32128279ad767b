"""The semantics: what happens to a request, step by step. The first step that refuses decides; what no route declares
is refused.

`decide` gives the Decision, `judge` the Explanation as well. Both charge the counters of the State they are given;
without one each call starts with empty counters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from seccfg.ir.policy import Host, Policy, StepName
from seccfg.ir.request import Decision, Judgement, Request
from seccfg.semantics import (
    address,
    authenticate,
    authorize,
    body,
    cors,
    forward,
    host,
    limits,
    match,
    revocation,
    target,
    transport,
    validate,
)
from seccfg.semantics.answer import passed, preflighted, refused, refused_at_the_door
from seccfg.semantics.case import Answer, Case, Preflighted, Refusal
from seccfg.semantics.compiled import Compiled, compile_policy
from seccfg.semantics.explain import explain
from seccfg.semantics.state import State

__all__ = ["STEP_CHECKS", "compile_policy", "decide", "judge"]

STEP_CHECKS: Final[dict[StepName, Callable[[Case], Answer | None]]] = {
    "request_target": target.check,  # 400
    "host": host.check,  # 404
    "plain_http": transport.check,  # 308, 403
    "address": address.check,  # 403
    "route": match.check_route,  # 404
    "preflight": cors.check,  # 204
    "method": match.check_method,  # 405
    "body": body.check,  # 413, 415
    "address_limits": limits.check_address,  # 429
    "authenticate": authenticate.check,  # 401, 403
    "revocation": revocation.check,  # 401
    "principal_limits": limits.check_principal,  # 429
    "authorize": authorize.check,  # 403
    "validate": validate.check,  # 400
    "forward": forward.check,  # passes
}
"""What each step asks; the Policy says in which order."""


_REFERENCE: Final = Host()


def decide(policy: Policy, request: Request, state: State | None = None) -> Decision:
    """What *policy* answers to *request*."""
    return _run(compile_policy(policy), request, state)[1]


def judge(policy: Policy, request: Request, state: State | None = None) -> Judgement:
    """What *policy* answers to *request*, and why."""
    case, decision, refusal = _run(compile_policy(policy), request, state)
    return Judgement(decision, explain(case, decision, refusal))


def _run(compiled: Compiled, request: Request, state: State | None) -> tuple[Case, Decision, Refusal | None]:
    case = compiled.open(request, State() if state is None else state)
    if compiled.policy.host != _REFERENCE:
        refusal = transport.at_the_door(case) or target.at_the_door(case)
        if refusal is not None:
            return case, refused_at_the_door(refusal), refusal
    for step in compiled.policy.order:
        answer = STEP_CHECKS[step](case)
        if isinstance(answer, Refusal):
            return case, refused(case, step, answer), answer
        if isinstance(answer, Preflighted):
            return case, preflighted(case, step, answer), None
    return case, passed(case), None
