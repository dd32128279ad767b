"""Requests a second that verify asks of each engine, and how many examples/orders has."""

from __future__ import annotations

import time
from pathlib import Path

from seccfg import api
from seccfg.targetapi.registry import installed, load_target

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """One line an engine; the reference's own decisions and the making of requests included."""
    print("verify examples/orders")
    loaded = api.load(str(ROOT / "examples" / "orders" / "seccfg.yaml"))
    for target in installed():
        for info in load_target(target).engines():
            if info.missing:
                print(f"  {info.name}: not run, {info.missing}")
                continue
            spans: list[float] = []

            def progress(said: str, spans: list[float] = spans, name: str = info.name) -> None:
                if said.startswith(f"{name}:"):
                    spans.append(time.perf_counter())

            started = time.perf_counter()
            report = api.verify(loaded, (target,), "2026-01-05", (info.name,), progress)
            ended = time.perf_counter()
            asking = ended - (spans[0] if spans else started)
            print(
                f"  {info.name}: {report.requests} requests, {report.differ} differ, {report.requests / asking:.0f} a second "
                f"while asking, {ended - started:.1f} s in all"
            )
