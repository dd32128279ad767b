"""Targets by name."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seccfg.findings import InputError
from seccfg.targetapi import registry

_ROOT = Path(__file__).parents[2]


def test_built_in_names_are_this_project_s_entry_points() -> None:
    """The table that spares reading package metadata says the same as the packaging."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"][registry.GROUP] == registry.BUILT_IN


def test_every_target_folder_is_named() -> None:
    """A folder under targets/ that nobody can load would be dead code."""
    folders = {path.name for path in (_ROOT / "targets").iterdir() if path.name.startswith("seccfg_")}
    folders.remove("seccfg_runtime")  # what targets copy into packages, no target itself
    assert folders == {reference.partition(":")[0] for reference in registry.BUILT_IN.values()}


def test_an_unknown_name_is_a_usage_error() -> None:
    """The message names what is installed."""
    with pytest.raises(InputError, match=f"installed: {', '.join(sorted(registry.BUILT_IN))}"):
        registry.load_target("no-such-target")


def test_what_is_no_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is missing, or an object without the interface, is a one-line error."""
    for reference in ("no_such_module:TARGET", "json:TARGET", "json:dumps"):
        monkeypatch.setitem(registry.BUILT_IN, "broken", reference)
        with pytest.raises(InputError):
            registry.load_target("broken")


def test_a_built_in_name_needs_no_package_metadata() -> None:
    """Loading a built-in target's module table imports neither importlib.metadata nor the target."""
    code = (
        "import sys, seccfg.targetapi.registry as r; r.BUILT_IN['python'];"
        "assert not {'importlib.metadata', 'seccfg_python', 'jinja2'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={"PYTHONPATH": str(_ROOT)})
