"""Checks between the parts of a spec: plain functions over a Spec, called by the loader and by the models alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seccfg.spec.check import Problem
    from seccfg.spec.loader import Spec


def problems(spec: Spec) -> list[Problem]:
    """Everything wrong between the parts of *spec*."""
    return []
