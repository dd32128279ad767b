"""Requests a second that verify asks of each engine once it has started, and how many examples/orders has."""

from __future__ import annotations

import re
import time
from pathlib import Path

from seccfg import api
from seccfg.targetapi.registry import installed, load_target

_ASKED = re.compile(r"(.*): (\d+) of \d+")
ROOT = Path(__file__).resolve().parents[2]


def main(*targets: str) -> None:
    """One line an engine. Asking is building the request, the engine's answer and its comparison with the expected one."""
    print("verify examples/orders")
    loaded = api.load(str(ROOT / "examples" / "orders" / "seccfg.yaml"))
    for target in targets or installed():
        for info in load_target(target).engines():
            if info.missing:
                print(f"  {info.name}: not run, {info.missing}")
                continue
            marks: list[tuple[int, float]] = []

            def progress(said: str, marks: list[tuple[int, float]] = marks, name: str = info.name) -> None:
                asked = _ASKED.fullmatch(said)
                if asked and asked[1] == name:
                    marks.append((int(asked[2]), time.perf_counter()))

            started = time.perf_counter()
            report = api.verify(loaded, (target,), "2026-01-05", (info.name,), progress)
            ended = time.perf_counter()
            (first, began), (last, stopped) = marks[0], marks[-1]
            print(
                f"  {info.name}: {report.requests} requests, {report.differ} differ, "
                f"{(last - first) / (stopped - began):.0f} a second while asking, {ended - started:.1f} s in all"
            )
