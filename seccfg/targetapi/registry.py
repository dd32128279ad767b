"""Targets by name: built-in ones by a table, third-party ones through the entry point group `seccfg.targets`.

A target is imported when a command asks for it, never before. The metadata of installed packages is read only for a
name that is not built in, or to list them all.
"""

from __future__ import annotations

import importlib
from typing import Final

from seccfg.findings import InputError
from seccfg.targetapi.base import Target

__all__ = ["BUILT_IN", "GROUP", "installed", "load_target", "reference_of"]

GROUP: Final = "seccfg.targets"
BUILT_IN: Final[dict[str, str]] = {
    "aws": "seccfg_aws:TARGET",
    "azure": "seccfg_azure:TARGET",
    "kong": "seccfg_kong:TARGET",
    "opa": "seccfg_opa:TARGET",
    "apigee": "seccfg_apigee:TARGET",
    "python": "seccfg_python:TARGET",
}
"""Name -> `module:attribute`, equal to this project's own entry points (a test compares them)."""


def load_target(name: str) -> Target:
    """The target called *name*; `InputError` when none is installed or what is installed is no target."""
    reference = reference_of(name)
    module, _, attribute = reference.partition(":")
    try:
        target = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"target `{name}` cannot be loaded from `{reference}`: {error}") from error
    if not isinstance(target, Target):
        raise InputError(f"`{reference}` is no target: it lacks a member of seccfg.targetapi.base.Target")
    if target.name != name:
        raise InputError(f"`{reference}` calls itself `{target.name}`, not `{name}`")
    return target


def reference_of(name: str) -> str:
    """`module:attribute` of the target called *name*; `InputError` when none is installed."""
    reference = BUILT_IN.get(name) or _entry_points().get(name)
    if reference is None:
        raise InputError(f"unknown target `{name}`; installed: {', '.join(installed())}")
    return reference


def installed() -> tuple[str, ...]:
    """Names of every target that can be loaded here, sorted."""
    return tuple(sorted({*BUILT_IN, *_entry_points()}))


def _entry_points() -> dict[str, str]:
    """Third-party targets. A package cannot take the name of a built-in one; of two with one name the first counts."""
    from importlib.metadata import entry_points

    found: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        if point.name not in BUILT_IN:
            found.setdefault(point.name, point.value)
    return found
