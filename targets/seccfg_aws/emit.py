"""Plan -> files: the template, the function's package, and how to apply them."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from seccfg.expr.to_python import support_source
from seccfg.targetapi.base import File, Gap
from seccfg.targetapi.escape import json_text, markdown_text, python_docstring, python_literal
from seccfg.targetapi.templates import Code, Templates
from seccfg_aws.plan import AwsPlan
from seccfg_aws.readme import readme_values
from seccfg_aws.rules import rules_module
from seccfg_aws.sizes import checked
from seccfg_aws.template import template
from seccfg_aws.terraform import terraform
from seccfg_runtime.conditions import SUPPORT_MODULE
from seccfg_runtime.policy_module import policy_module
from seccfg_runtime.sources import lambda_sources, rules_sources

__all__ = ["emit"]


def emit(plan: AwsPlan, gaps: Sequence[Gap]) -> tuple[File, ...]:
    """The files, sorted by path."""
    code, prose = _templates()
    package = package_name(plan)
    named: dict[str, object] = {"service": Code(python_docstring(plan.name)), "package": Code(package)}
    function = _rules(plan, code, named, package) if plan.native.rules is not None else _runtime(plan, code, named, package)
    key = f"{plan.name}/authorizer-{_digest(function)[:16]}.zip"
    values = readme_values(plan, gaps, key)
    made = {
        **_stack(plan, template(plan, key)),
        **{f"authorizer/{path}": content for path, content in function.items()},
        **({"truststore.pem": plan.truststore.encode()} if plan.truststore else {}),
        "APPLY.md": prose.render("APPLY.md.j2", values),
        "README.md": prose.render("README.md.j2", values),
    }
    return tuple(File(path, made[path]) for path in sorted(made))


def _runtime(plan: AwsPlan, code: Templates, named: Mapping[str, object], package: str) -> dict[str, bytes]:
    """The policy as data, and the runtime that decides by it."""
    return {
        "index.py": code.render("index.py.j2", named),
        f"{package}/__init__.py": code.render("init.py.j2", named),
        f"{package}/policy.py": policy_module(plan.module, plan.name),
        **({f"{package}/{SUPPORT_MODULE}.py": support_source().encode()} if plan.module.conditions else {}),
        **{f"{package}/runtime/{name}": content for name, content in lambda_sources().items()},
    }


def _rules(plan: AwsPlan, code: Templates, named: Mapping[str, object], package: str) -> dict[str, bytes]:
    """A table of rules, and the few modules that go by it."""
    rules = plan.native.rules
    if rules is None:
        raise TypeError("a plan without rules")
    return {
        "index.py": code.render("rules_index.py.j2", named),
        f"{package}/__init__.py": code.render("init.py.j2", named),
        f"{package}/policy.py": rules_module(rules, plan.name, plan.unauthorized),
        **({f"{package}/{SUPPORT_MODULE}.py": support_source().encode()} if rules.conditions else {}),
        **{f"{package}/runtime/{name}": content for name, content in rules_sources().items()},
    }


def _stack(plan: AwsPlan, stack: dict[str, Any]) -> dict[str, bytes]:
    """The one file that says what is made."""
    if plan.options.format == "terraform":
        return {"main.tf.json": (json_text(terraform(plan, stack), indent=1) + "\n").encode()}
    content = (json_text(stack, indent=1) + "\n").encode()
    sizes = (len(stack[part]) for part in ("Resources", "Parameters", "Outputs"))
    return {"template.json": checked(content, lambda: (json_text(stack) + "\n").encode(), *sizes)}


def package_name(plan: AwsPlan) -> str:
    """Import name of the function's package."""
    return f"{plan.name.replace('-', '_')}_authorizer"


def _digest(files: Mapping[str, bytes]) -> str:
    """Of every path and its content: another function stands under another key."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(f"{path}\0{len(files[path])}\0".encode() + files[path])
    return whole.hexdigest()


@functools.cache
def _templates() -> tuple[Templates, Templates]:
    """For Python and Markdown."""
    return Templates("seccfg_aws", python_literal), Templates("seccfg_aws", _markdown)


def _markdown(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in a README")
    return markdown_text(value)
