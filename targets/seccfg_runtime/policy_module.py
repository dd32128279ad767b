"""Prints `policy.py`: a planned policy as a readable module beside the runtime that enforces it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from seccfg.record import Record
from seccfg.targetapi.escape import python_comment, python_docstring, python_literal
from seccfg.targetapi.templates import Code, Templates
from seccfg_runtime.conditions import SUPPORT_MODULE, ConditionCode, condition_code
from seccfg_runtime.plan import PolicyPlan
from seccfg_runtime.printer import WIDTH, ModulePrinter

__all__ = ["policy_module"]


class _Section(Record):
    """Definitions of one kind under one comment."""

    title: Code
    definitions: tuple[Code, ...]


def policy_module(plan: PolicyPlan, service: str) -> bytes:
    """The module `policy.py` of *plan*, for the service called *service*."""
    policy = plan.policy
    code = condition_code(plan.conditions)
    printer = ModulePrinter()
    sections: list[_Section] = []

    def section(title: str, parts: Sequence[object]) -> None:
        start = len(printer.definitions)
        printer.define(parts)
        added = tuple(Code(d.text) for d in printer.definitions[start:])
        if added:
            sections.append(_Section(Code(python_comment(title)), added))

    edge, routes = policy.edge, policy.routes
    section("Conditions with the attributes they read.", policy.conditions)
    section("How a request proves who it is.", policy.verifiers)
    section("Client addresses.", [*edge.network, *(rule for route in routes for rule in route.network)])
    section("Pages of other origins.", [route.cors for route in routes if route.cors is not None])
    section("Bodies.", [route.body for route in routes])
    section("How much.", [limit for route in routes for limit in route.limits])
    section("Who may ask at all.", [route.authenticate for route in routes])
    section("Tokens taken back.", [route.revocation for route in routes if route.revocation is not None])
    section("What the upstreams receive.", [route.forward for route in routes])
    section("Headers of every answer.", [edge.headers, *(route.headers for route in routes)])
    section("Refusals.", [edge.errors, *(route.errors for route in routes)])
    section("Events.", [edge.audit, *(route.audit for route in routes)])
    printed_routes = tuple(Code(f"    {printer.value(route, 4, 1)},") for route in routes)
    printed = Code(printer.policy(policy))
    values: dict[str, object] = {
        "service": Code(python_docstring(service)),
        "imports": Code(_imports(printer.used, code)),
        "conditions": Code(code.functions),
        "sections": tuple(sections),
        "routes": printed_routes,
        "policy": printed,
    }
    return _templates().render("policy.py.j2", values)


def _imports(used: set[str], code: ConditionCode) -> str:
    lines = [_import(SUPPORT_MODULE, code.names)] if code.names else []
    return "\n".join((*lines, _import("runtime.model", tuple(used))))


def _import(module: str, names: Sequence[str]) -> str:
    """`from .module import ...` in the order linters ask for: constants, classes, functions."""
    ordered = sorted(names, key=lambda name: (name[0].islower(), name))
    flat = f"from .{module} import {', '.join(ordered)}"
    if len(flat) <= WIDTH:
        return flat
    return f"from .{module} import (\n{''.join(f'    {name},{chr(10)}' for name in ordered)})"


@functools.cache
def _templates() -> Templates:
    return Templates("seccfg_runtime", python_literal)
