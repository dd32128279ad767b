"""Printed Python: readable, typed, and closed to whatever text is in a condition."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg.expr.ast import And, Attribute, Compare, Expr, In, ListLiteral, String, TextTest
from seccfg.expr.canonical import print_expr
from seccfg.expr.check import check
from seccfg.expr.lower import false_form, true_form
from seccfg.expr.parser import parse
from seccfg.expr.to_python import print_function, support_names, support_source
from seccfg.expr.types import AttributeType, TypeEnv

Condition = Callable[[str], Expr]


def test_readable(condition: Condition) -> None:
    """One local for each attribute, guards once, no `not` but before a test of text."""
    expr = condition("principal.department == resource.department && principal.level >= resource.required")
    assert print_function("same_department", true_form(expr), "TRUE: same-department") == '''\
def same_department(principal: Values, resource: Values, request: Values) -> bool:
    """TRUE: same-department"""
    principal_department = text(principal, "department")
    resource_department = text(resource, "department")
    principal_level = integer(principal, "level")
    resource_required = integer(resource, "required")
    return (
        principal_department is not None
        and resource_department is not None
        and principal_department == resource_department
        and principal_level is not None
        and resource_required is not None
        and principal_level >= resource_required
    )
'''


HOSTILE = ['"', "'", '"""', "\\", "\n", "'''", '\\"', "{x}", "%s", "\u2028",
           "\u202e", "#", "\r", "a'); import os; ('", '\\N{DASH}', "\x85"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_stays_text(hostile: str) -> None:
    """Quotes, backslashes, line ends and code in constants, names and docstrings change no structure."""
    env = TypeEnv({("resource", "x"): AttributeType("string"), ("resource", hostile): AttributeType("string")})
    value = String(hostile)
    expr = check(And((
        Compare("==", Attribute("resource", hostile), value), TextTest("contains", Attribute("resource", "x"), value),
        In(Attribute("resource", "x"), ListLiteral((value, String("a"))))
    )), env).expr
    assert check(parse(print_expr(expr)), env).expr == expr
    for form in (true_form(expr), false_form(expr)):
        source = print_function("f", form, hostile)
        tree = ast.parse(source)
        assert [type(node) for node in tree.body] == [ast.FunctionDef]
        assert ast.get_docstring(tree.body[0], clean=False) == hostile  # type: ignore[arg-type]
        assert not any(isinstance(node, (ast.Import, ast.ImportFrom, ast.Global)) for node in ast.walk(tree))
        constants = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
        assert hostile in constants


def test_names_that_read_alike_stay_apart() -> None:
    """`a-b` and `a_b` are two attributes and two locals."""
    env = TypeEnv({("resource", name): AttributeType("string") for name in ("a-b", "a_b", "a.b")})
    expr = check(parse('resource["a-b"] == resource.a_b && resource.a_b == resource["a.b"]'), env).expr
    namespace: dict[str, Callable[..., bool]] = {}
    exec(support_source() + "\n" + print_function("f", true_form(expr)), namespace)
    assert namespace["f"]({}, {"a-b": "x", "a_b": "x", "a.b": "x"}, {}) is True
    assert namespace["f"]({}, {"a-b": "x", "a_b": "x", "a.b": "y"}, {}) is False


@pytest.mark.parametrize("name", ["", "1a", "a b", "import", "é", "a;b"])
def test_only_identifiers_name_functions(name: str, condition: Condition) -> None:
    """A function's name is never built from unchecked text."""
    with pytest.raises(ValueError, match="not a name"):
        print_function(name, true_form(condition("true")))


def test_printed_code_type_checks(condition: Condition, tmp_path: Path) -> None:
    """What is emitted passes the strict type checker as it is, beside its support module."""
    pytest.importorskip("mypy")
    texts = [
        "principal.mfa && !(principal.level in [1, 2]) || size(resource.tags) > 3",
        "resource.tags.exists(t, t.startsWith('a') && t == principal.department) && !request.host.matches('^a')",
        "request.time - resource.created < resource.lifetime && request.time.getDayOfWeek() in [1, 2]",
        "resource.grades.all(g, g > principal.level) || resource.score in [1, 2.5] || has(principal.mfa)",
        "request.time.getFullYear() == 2026 && request.time.getDayOfYear() < 9 && resource.lifetime.getHours() == 2",
    ]
    functions = [print_function(f"{form.__name__}_{at}", form(condition(text)), text)
                 for at, text in enumerate(texts) for form in (true_form, false_form)]
    (tmp_path / "support.py").write_text(support_source(), "utf-8")
    header = f"from support import {', '.join(support_names())}\n\n\n"
    (tmp_path / "emitted.py").write_text(header + "\n\n".join(functions), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--cache-dir", str(tmp_path / "cache"), "emitted.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": "", "MYPYPATH": ""})
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_support_module_stands_alone() -> None:
    """It imports the standard library only, and holds every name the printer uses."""
    tree = ast.parse(support_source())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= {"__future__", "re", "collections.abc", "typing"}
    namespace: dict[str, object] = {}
    exec(support_source(), namespace)
    assert set(support_names()) <= namespace.keys()
