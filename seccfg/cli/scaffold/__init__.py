"""What `seccfg new` writes: a start that passes every check, and says where to go on."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Final

from seccfg.findings import InputError
from seccfg.targetapi.escape import python_literal, toml_string
from seccfg.targetapi.templates import Templates

__all__ = ["rule_files", "target_files"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_TARGET: Final = re.compile(r"[a-z][a-z0-9]{1,29}")

Files = list[tuple[str, bytes]]


def rule_files(area: str, name: str, taken: Sequence[str], root: str) -> tuple[str, Files]:
    """
    The id of a new rule and its file, below the checkout *root*.

    Args:
        area: The letters of its id.
        name: Kebab-case.
        taken: Every id there is: numbers are never used twice.
    Raises:
        InputError: the area or name is none, or *root* is no checkout.
    """
    areas = sorted({ident.rstrip("0123456789") for ident in taken})
    if area not in areas:
        raise InputError(f"`{area}` is no area; there are {', '.join(areas)}")
    if _NAME.fullmatch(name) is None:
        raise InputError("a rule is named in lower case with `-`, such as `token-without-audience`")
    folder = os.path.join(root, "seccfg", "lint", "rules")
    if not os.path.isdir(folder):
        raise InputError("rules live in seccfg itself: run this at the top of a checkout of it")
    number = max((int(ident[len(area) :]) for ident in taken if ident.rstrip("0123456789") == area), default=0) + 1
    ident = f"{area}{number:03}"
    content = Templates("seccfg.cli.scaffold", python_literal, "rule").render("rule.py.j2", {"id": ident, "name": name})
    package = os.path.join(folder, area.lower())
    files = [(os.path.join(package, f"{name.replace('-', '_')}.py"), content)]
    if not os.path.isdir(package):
        files.insert(0, (os.path.join(package, "__init__.py"), b""))
    return ident, files


def target_files(name: str, folder: str) -> Files:
    """
    The files of a package for a new target, below *folder*.

    Raises:
        InputError: *name* is no name for one.
    """
    if _TARGET.fullmatch(name) is None:
        raise InputError("a target is named with lower-case letters and digits, such as `envoy`")
    package = f"seccfg_{name}"
    values = {"name": name, "package": package}
    python = Templates("seccfg.cli.scaffold", python_literal, "target")
    toml = Templates("seccfg.cli.scaffold", lambda value: toml_string(str(value)), "target")
    text = Templates("seccfg.cli.scaffold", str, "target")
    code = {**values, "package_": _code(package)}
    made = {
        "pyproject.toml": toml.render("pyproject.toml.j2", {**values, "entry": f"{package}:TARGET", "name_": _code(name)}),
        "README.md": text.render("README.md.j2", values),
        f"{package}/__init__.py": python.render("init.py.j2", code),
        f"{package}/lower.py": python.render("lower.py.j2", code),
        f"{package}/emit.py": python.render("emit.py.j2", code),
        f"{package}/target.py": python.render("target.py.j2", code),
        f"{package}/py.typed": b"",
        "tests/test_target.py": python.render("test_target.py.j2", code),
    }
    return [(os.path.join(folder, *path.split("/")), content) for path, content in made.items()]


def _code(text: str) -> object:
    from seccfg.targetapi.templates import Code

    return Code(text)
