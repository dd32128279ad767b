"""Plan -> files. Templates hold layout, `printer` the policy's constructor calls; the runtime is copied as it stands."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from seccfg.expr.to_python import support_source
from seccfg.record import Record
from seccfg.targetapi.base import File, Gap
from seccfg.targetapi.escape import markdown_text, python_comment, python_docstring, python_literal, toml_string
from seccfg.targetapi.templates import Code, Templates
from seccfg_python.conditions import SUPPORT_MODULE, ConditionCode, condition_code
from seccfg_python.plan import PythonPlan
from seccfg_python.printer import WIDTH, ModulePrinter
from seccfg_python.readme import readme_values

__all__ = ["REQUIREMENTS", "emit"]

REQUIREMENTS: Final = {
    "cryptography": "cryptography>=43",
    "h11": "h11>=0.16",
    "httpx": "httpx>=0.27",
    "joserfc": "joserfc>=1.0",
    "jsonschema_rs": "jsonschema-rs>=0.26",
}
"""Import name -> requirement of every module outside the standard library that the runtime may import."""
_IMPORT: Final = re.compile(r"^ *(?:import|from) +([a-z0-9_]+)", re.MULTILINE)


class _Section(Record):
    """Definitions of one kind under one comment."""

    title: Code
    definitions: tuple[Code, ...]


def emit(plan: PythonPlan, gaps: Sequence[Gap]) -> tuple[File, ...]:
    """The files of the package, sorted by path."""
    package = plan.package
    code, prose, toml = _templates()
    named: dict[str, object] = {
        "service": Code(python_docstring(plan.policy.name)),
        "package": Code(package),
        "framework": Code(plan.framework),
    }
    made = {
        f"{package}/__init__.py": code.render("init.py.j2", named),
        f"{package}/__main__.py": code.render("main.py.j2", named),
        f"{package}/policy.py": code.render("policy.py.j2", {**named, **_policy_values(plan)}),
        f"{package}/py.typed": b"",
        **({f"{package}/{SUPPORT_MODULE}.py": support_source().encode()} if plan.conditions else {}),
        "pyproject.toml": toml.render("pyproject.toml.j2", _project_values(plan)),
        "README.md": prose.render("README.md.j2", readme_values(plan, gaps)),
        f"tests/test_{package}.py": code.render("test_package.py.j2", {**named, **_suite_values(plan)}),
        "tests/conftest.py": code.render("conftest.py.j2", named),
        "tests/client.py": code.render(f"client_{plan.framework}.py.j2", named),
        **{f"{package}/runtime/{name}": content for name, content in runtime_files().items()},
    }
    return tuple(File(path, made[path]) for path in sorted(made))


@functools.cache
def _templates() -> tuple[Templates, Templates, Templates]:
    """For Python, Markdown and TOML."""
    package = "seccfg_python"
    return Templates(package, python_literal), Templates(package, _markdown), Templates(package, _toml)


@functools.cache
def runtime_files() -> dict[str, bytes]:
    """Name and content of each module of the runtime, as installed."""
    folder = files("seccfg_python.runtime")
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".py")}


def runtime_imports() -> frozenset[str]:
    """Top-level names outside the standard library that the runtime imports."""
    found = {name for content in runtime_files().values() for name in _IMPORT.findall(content.decode())}
    return frozenset(name for name in found if name not in sys.stdlib_module_names)


def _markdown(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in a README")
    return markdown_text(value)


def _toml(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in pyproject.toml")
    return toml_string(value)


def _project_values(plan: PythonPlan) -> dict[str, object]:
    return {
        "distribution": plan.package.replace("_", "-"),
        "package": plan.package,
        "description": f"What the spec of service {plan.policy.name} allows, enforced in front of it.",
        "requirements": tuple(REQUIREMENTS[name] for name in sorted(runtime_imports())),
    }


# ------------------------------------------------------------------------------------------------------- policy.py
def _policy_values(plan: PythonPlan) -> dict[str, object]:
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
    return {
        "imports": Code(_imports(printer.used, code)),
        "conditions": Code(code.functions),
        "sections": tuple(sections),
        "routes": printed_routes,
        "policy": printed,
    }


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


# ----------------------------------------------------------------------------------------------------------- tests
def _suite_values(plan: PythonPlan) -> dict[str, object]:
    printer = ModulePrinter()
    cases = ((s.route, s.target, s.token, tuple((x.role, x.allowed) for x in s.samples)) for s in plan.suite)
    return {"cases": tuple(Code(f"    {printer.value(case, 4, 1)},") for case in cases)}
