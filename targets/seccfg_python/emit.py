"""Plan -> files. Templates hold layout, `printer` the policy's constructor calls; the runtime is copied as it stands."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Sequence
from typing import Final

from seccfg.expr.to_python import support_source
from seccfg.targetapi.base import File, Gap
from seccfg.targetapi.escape import markdown_text, python_docstring, python_literal, toml_string
from seccfg.targetapi.templates import Code, Templates
from seccfg_python.plan import PythonPlan
from seccfg_python.readme import readme_values
from seccfg_runtime.conditions import SUPPORT_MODULE
from seccfg_runtime.plan import PolicyPlan
from seccfg_runtime.policy_module import policy_module
from seccfg_runtime.printer import ModulePrinter
from seccfg_runtime.sources import python_sources

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
        f"{package}/policy.py": policy_module(PolicyPlan(plan.policy, plan.conditions), plan.policy.name),
        f"{package}/py.typed": b"",
        **({f"{package}/{SUPPORT_MODULE}.py": support_source().encode()} if plan.conditions else {}),
        "pyproject.toml": toml.render("pyproject.toml.j2", _project_values(plan)),
        "README.md": prose.render("README.md.j2", readme_values(plan, gaps)),
        f"tests/test_{package}.py": code.render("test_package.py.j2", {**named, **_suite_values(plan)}),
        "tests/conftest.py": code.render("conftest.py.j2", named),
        "tests/client.py": code.render(f"client_{plan.framework}.py.j2", named),
        **{f"{package}/runtime/{name}": content for name, content in python_sources().items()},
    }
    return tuple(File(path, made[path]) for path in sorted(made))


@functools.cache
def _templates() -> tuple[Templates, Templates, Templates]:
    """For Python, Markdown and TOML."""
    package = "seccfg_python"
    return Templates(package, python_literal), Templates(package, _markdown), Templates(package, _toml)


def runtime_imports() -> frozenset[str]:
    """Top-level names outside the standard library that the runtime imports."""
    found = {name for content in python_sources().values() for name in _IMPORT.findall(content.decode())}
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


# ----------------------------------------------------------------------------------------------------------- tests
def _suite_values(plan: PythonPlan) -> dict[str, object]:
    printer = ModulePrinter()
    cases = ((s.route, s.target, s.token, tuple((x.role, x.allowed) for x in s.samples)) for s in plan.suite)
    return {"cases": tuple(Code(f"    {printer.value(case, 4, 1)},") for case in cases)}
