"""Target, Output, File, Gap and Engine: the interface between the core and a backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

from seccfg.findings import NOWHERE, Span, SpecPath, render_path
from seccfg.ir.policy import Control, Json, Policy, Verifier
from seccfg.ir.request import Decision, Request, Surroundings
from seccfg.record import Record

GapKind = Literal["approximate", "delegated", "outside", "unsupported"]


class LimitBound(Record):
    """The four numbers of a limit's deviation, the reference's beside the target's (parity.md section 4)."""

    aligned: int
    """Most admitted in one aligned window."""
    anywhere: int
    """Most admitted in any window of that length."""
    long_run: int
    """Most admitted per window in the long run."""
    burst_refused: int | None
    """Smallest burst from idle refused wrongly; None: none."""


class Gap(Record):
    """A control a target cannot enforce exactly.

    `at` is the spec path of the key; `bound` the printed deviation an `accept:` entry repeats; `enforced` what holds
    instead. `status_only`: allowed or refused is the same, only a status differs, so it never blocks.
    """

    id: str
    at: SpecPath
    kind: GapKind
    why: str
    """One sentence for people: what the target does instead, or what to do outside it."""
    bound: str
    widens: bool
    enforced: tuple[Control | Verifier, ...] = ()
    delegated_to: str = ""
    status_only: bool = False
    reference: LimitBound | None = None
    actual: LimitBound | None = None
    pos: Span = NOWHERE

    @property
    def place(self) -> str:
        return render_path(self.at)


class File(Record):
    """One emitted file; `path` is relative to the target's folder, with `/`."""

    path: str
    content: bytes


class Output(Record):
    """What a target makes of a Policy. `effective` is the Policy its files enforce, order and status map included."""

    files: tuple[File, ...]
    gaps: tuple[Gap, ...]
    effective: Policy


@runtime_checkable
class Engine(Protocol):
    """Executes a target's emitted files. Knows nothing of the code that emitted them.

    `start` is called once per Output, `reset` before each scenario (counters empty, clock free, *surroundings* set),
    `answer` for each request of it, with the request's own clock and peer address; `close` ends processes and sockets.
    """

    name: str

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str]) -> None: ...

    def reset(self, surroundings: Surroundings) -> None: ...

    def answer(self, request: Request) -> Decision: ...

    def close(self) -> None: ...


class EngineInfo(Record):
    """An engine a target has: how to make one, and why it cannot run here (empty when it can)."""

    name: str
    missing: str
    how_to_get: str


@runtime_checkable
class Target(Protocol):
    """A backend. Entry point group `seccfg.targets`; the object is stateless."""

    name: str
    summary: str

    def compile(self, policy: Policy, options: Mapping[str, Json]) -> Output:
        """Policy to files and gaps; total: it never raises for a Policy that resolve made."""
        ...

    def engines(self) -> Sequence[EngineInfo]:
        """Every engine of this target, runnable here or not."""
        ...

    def engine(self, name: str) -> Engine:
        """A fresh engine; KeyError for an unknown name."""
        ...
