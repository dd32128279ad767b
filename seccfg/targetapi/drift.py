"""What a target adds so that its running state can be compared with a spec: a module `drift` with `DRIFT` in its package."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Protocol, runtime_checkable

from seccfg.findings import InputError
from seccfg.record import Record
from seccfg.targetapi.base import Engine
from seccfg.targetapi.registry import reference_of

__all__ = ["Drift", "LiveDrift", "Normal", "Tree", "load_drift"]

Tree = Mapping[str, object]
"""JSON values: what is configured, by kind and name, without what the vendor adds or orders by itself."""


class Normal(Record):
    """Configuration without what means nothing. `foreign`: objects in the state that no spec owns, in words."""

    tree: Tree
    foreign: tuple[str, ...] = ()


@runtime_checkable
class Drift(Protocol):
    """
    Reads what runs.

    A state comes as files, whichever form the vendor exports: one file under its own name, or a folder's, each by its path
    with `/`. What a target emits is such a state too.
    """

    forms: str
    """What `--state` takes, for people."""

    def normal(self, state: Mapping[str, bytes], owned: Mapping[str, bytes]) -> Normal:
        """
        *state* without defaults, generated ids and orders that mean nothing.

        Args:
            owned: What the target emits for the spec: it says which objects are the spec's.
        Raises:
            InputError: this is no state of the vendor's.
        """
        ...

    def emitted(self, tree: Tree, beside: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The files for an engine that has *tree*; what *tree* does not speak of is taken from the emitted files *beside*."""
        ...

    def engine(self) -> Engine | None:
        """An engine that takes files nobody checked; None where none can run here."""
        ...


@runtime_checkable
class LiveDrift(Drift, Protocol):
    """A Drift that can ask what runs itself: `--state live:WHERE`. It changes nothing there."""

    def fetch(self, where: str) -> Mapping[str, bytes]:
        """
        The state *where* names, as files for `normal`.

        Raises:
            InputError: it cannot be asked, or there is nothing of that name.
        """
        ...


def load_drift(name: str) -> Drift:
    """How the target *name* reads its state back; `InputError` where it cannot."""
    package = reference_of(name).partition(":")[0]
    if find_spec(f"{package}.drift") is None:
        raise InputError(f"what runs on the target `{name}` cannot be read back yet")
    found = getattr(importlib.import_module(f"{package}.drift"), "DRIFT", None)
    if not isinstance(found, Drift):
        raise InputError(f"`{package}.drift` has no DRIFT as seccfg.targetapi.drift.Drift asks for one")
    return found
