"""Audit events: a trace of each, and a message to the Event Hub where the spec names sinks. No credential, address or subject."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seccfg.ir.policy import Audit, Event, KeyVerifier
from seccfg.targetapi.escape import policy_string
from seccfg_azure.document import Element, Expression, element
from seccfg_azure.plan import AzurePlan
from seccfg_azure.telemetry import hub_logger

__all__ = ["passed_events", "passes_told", "refused_events"]

_EDGE: Final = 'JObject.Parse((string)context.Variables["seccfg-edge"])'
_ACCESS: Final = 'JObject.Parse((string)context.Variables["seccfg-access"])'
_ANSWER: Final = 'JObject.Parse((string)context.Variables["seccfg-answer"])'
_PASSES: Final[tuple[Event, ...]] = ("access.allowed", "key.used")
_OPERATION: Final = 'context.Operation == null ? "" : context.Operation.Id'


def passes_told(plan: AzurePlan) -> dict[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """
    Events of requests that pass -> the branches that tell them, each with the alternatives of credentials that do.

    `key.used` is told of alternatives with a key in them.
    """
    keyed = {method.name for method in plan.program.methods if isinstance(method.verifier, KeyVerifier)}
    audited = _audited(plan)
    told: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for number, branch in enumerate(plan.program.branches):
        events = audited.get(branch.id, frozenset()) if branch.kind == "route" else frozenset()
        for place, alternative in enumerate(branch.alternatives or ((),)):
            found = tuple(e for e in _PASSES if e in events and (e != "key.used" or keyed.intersection(alternative)))
            if found:
                told.setdefault(found, []).append((str(place) if branch.alternatives else "", number))
    return {events: tuple(places) for events, places in told.items()}


def _audited(plan: AzurePlan) -> dict[str, frozenset[Event]]:
    """Route -> its events."""
    return {route.id: frozenset(route.one(Audit).events) for route in plan.policy.routes}


def passed_events(plan: AzurePlan) -> list[Element]:
    """One message for each event of a request that passes."""
    if not passes_told(plan):
        return []
    message = (
        f'@(new JObject(new JProperty("events", {_ACCESS}["told"]), new JProperty("operation", {_OPERATION}), '
        'new JProperty("id", context.RequestId.ToString())).ToString(Formatting.None))'
    )
    return [_choose(f'{_ACCESS}["told"].Any()', _written(plan, message))]


def refused_events(plan: AzurePlan) -> list[Element]:
    """One message of each refusal the spec wants told."""
    everywhere = frozenset(plan.policy.edge.audit.events) - set(_PASSES)
    event = f'(string){_ANSWER}["event"]'
    holds = [f"{_listed(everywhere)}.Contains({event})"] if everywhere else []
    audited = _audited(plan)
    more: dict[frozenset[Event], list[int]] = {}
    for number, branch in enumerate(plan.program.branches):
        own = audited.get(branch.id, frozenset()) - everywhere - set(_PASSES)
        if branch.kind == "route" and own:
            more.setdefault(own, []).append(number)
    for own, numbers in more.items():
        here = f"new int[] {{ {', '.join(map(str, numbers))} }}.Contains((int){_EDGE}[\"branch\"])"
        holds.append(f'(context.Variables.ContainsKey("seccfg-edge") && {here} && {_listed(own)}.Contains({event}))')
    if not holds:
        return []
    message = (
        f'@(new JObject(new JProperty("events", new JArray({event})), new JProperty("reason", (string){_ANSWER}["reason"]), '
        f'new JProperty("status", (int){_ANSWER}["status"]), new JProperty("operation", {_OPERATION}), '
        'new JProperty("id", context.RequestId.ToString())).ToString(Formatting.None))'
    )
    return [_choose(" || ".join(holds), _written(plan, message))]


def _written(plan: AzurePlan, message: str) -> list[Element]:
    found = [element("trace", [element("message", text=Expression(message))], source="seccfg", severity="information")]
    if hub_logger(plan):
        found.append(element("log-to-eventhub", text=Expression(message), logger_id=hub_logger(plan)))
    return found


def _choose(condition: str, children: list[Element]) -> Element:
    return element("choose", [element("when", children, condition=Expression(f"@({condition})"))])


def _listed(events: Iterable[str]) -> str:
    return f"new string[] {{ {', '.join(policy_string(event) for event in sorted(events))} }}"
