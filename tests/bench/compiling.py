"""Build of every target at 10,000 routes, beside a round-trip YAML load of a tenth of the same file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from ruamel.yaml import YAML

from seccfg import api
from seccfg.targetapi.registry import installed
from tests.bench.specs import spec_of

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """CPU seconds and the ratio; the round-trip load is measured at 1,000 routes and is linear."""
    print("build of 10,000 routes")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "keys").mkdir()
        (folder / "keys" / "users.jwks.json").write_bytes((ROOT / "examples/guide/keys/users.jwks.json").read_bytes())
        started = time.process_time()
        YAML(typ="rt").load(spec_of(1_000))
        round_trip = (time.process_time() - started) * 10
        (folder / "seccfg.yaml").write_text(spec_of(10_000))
        started = time.process_time()
        loaded = api.load(str(folder / "seccfg.yaml"))
        read = time.process_time()
        policy = api.policy(loaded)
        resolved = time.process_time()
        for target in installed():
            before = time.process_time()
            api.build(loaded, (target,), "2026-01-05", policy)
            print(f"  {target}: {time.process_time() - before:.2f} s")
        total = time.process_time() - started
        print(
            f"  load {read - started:.2f} s, resolve {resolved - read:.2f} s, all {total:.2f} s = "
            f"1/{round_trip / total:.0f} of a round-trip YAML load ({round_trip:.0f} s)"
        )
