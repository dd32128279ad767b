"""`seccfg lint` from an installed wheel, beside a bare interpreter start: CPU time of whole processes."""

from __future__ import annotations

import compileall
import json
import math
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.bench.specs import spec_of

ROOT = Path(__file__).resolve().parents[2]
RUNS = 15


_MEASURE = """
import json, os, sys
words, runs = json.loads(sys.argv[1]), int(sys.argv[2])
null = os.open(os.devnull, os.O_RDWR)

def run(words):
    pid = os.fork()
    if pid == 0:
        os.dup2(null, 1); os.dup2(null, 2)
        os.execv(words[0], words)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{words} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss

run(words)
pairs = [(run([words[0], "-c", "pass"]), run(words)) for _ in range(runs)]
starts, lints = zip(*pairs)
middle = lambda times: sorted(time for time, _ in times)[runs // 2]
print(json.dumps([middle(lints), middle(starts), max(peak for _, peak in lints)]))
"""
"""Runs in a small process of its own: a child's peak memory counts from its parent's. A bare interpreter starts before each
run: how fast the machine is changes within a minute."""


def cpu_s(words: list[str], folder: Path, runs: int = RUNS) -> tuple[float, float, int]:
    """Median CPU seconds of *runs* runs after one warm-up and of as many bare interpreters, largest resident set in KiB."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", _MEASURE, json.dumps(words), str(runs)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    median, bare, peak = json.loads(done.stdout)
    return float(median), float(bare), int(peak)


def installed(folder: Path) -> str:
    """An interpreter with the project's wheel and what it needs on it, bytecode compiled."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(ROOT)], check=True
    )
    wheel = next(folder.glob("seccfg-*.whl"))
    venv.create(folder / "venv", with_pip=False)
    site = next((folder / "venv" / "lib").glob("python*")) / "site-packages"
    # what the wheel needs comes from the environment this runs in, so that no registry is asked
    own = Path(json.loads(subprocess.run(
        [sys.executable, "-c", "import json, yaml, os; print(json.dumps(os.path.dirname(os.path.dirname(yaml.__file__))))"],
        capture_output=True, check=True, text=True,
    ).stdout))  # fmt: skip
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True)
    for name in ("yaml", "_yaml", "click"):
        if (own / name).exists():
            os.symlink(own / name, site / name)
    compileall.compile_dir(str(site), quiet=2)
    return str(folder / "venv" / "bin" / "python")


def main() -> None:
    """Lint of 100, 1,000 and 10,000 routes in interpreter starts, the growth exponent and memory."""
    print("lint, in starts of a bare interpreter (CPU time, median)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = installed(folder)
        found = {}
        for routes in (1, 100, 1_000, 10_000):
            work = folder / str(routes)
            (work / "keys").mkdir(parents=True)
            (work / "seccfg.toml").write_text("")
            (work / "keys" / "users.jwks.json").write_bytes((ROOT / "examples/guide/keys/users.jwks.json").read_bytes())
            (work / "seccfg.yaml").write_text(spec_of(routes))
            found[routes], bare, peak = cpu_s(
                [python, "-m", "seccfg", "lint", "seccfg.yaml"], work, RUNS if routes < 10_000 else 5
            )
            print(
                f"  {routes:>6} routes: {found[routes] / bare:5.1f} starts ({found[routes] * 1000:.0f} of {bare * 1000:.1f} ms), "
                f"{peak / 1024:.0f} MiB"
            )
        base = found[1]
        exponent = math.log((found[10_000] - base) / (found[1_000] - base)) / math.log(10)
        print(f"  growth exponent from 1,000 to 10,000 routes: {exponent:.2f}")
