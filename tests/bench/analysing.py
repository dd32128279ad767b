"""Questions about conditions, and `seccfg diff` of two large specs beside the lints of both."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from seccfg.analyse import questions
from seccfg.expr.ast import Expr
from seccfg.expr.check import check
from seccfg.expr.parser import parse
from seccfg.expr.types import AttributeType, TypeEnv
from tests.bench.specs import spec_of

ROOT = Path(__file__).resolve().parents[2]
ROUTES = 200
_ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
    "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "targets"))),
}
"""As installed: bytecode is kept, the warm-up run writes it."""
_ENV = TypeEnv(
    {
        ("principal", "team"): AttributeType("string", True),
        ("principal", "level"): AttributeType("integer", True),
        ("principal", "vip"): AttributeType("boolean", True),
        ("resource", "owner"): AttributeType("string"),
    }
)
_WORDS = ("sales", "legal", "sa", "x-1", "adm")


def atom(r: random.Random) -> str:
    """One comparison: roles three times in ten, texts, numbers, flags, one attribute with another."""
    word, number = r.choice(_WORDS), r.randrange(6)
    operator = r.choice(("==", "!=", "<", "<=", ">", ">="))
    return r.choice(
        (
            *(f'"role-{r.randrange(8)}" in principal.roles' for _ in range(3)),
            f'principal.team == "{word}"', f'principal.team != "{word}"',
            f'principal.team.startsWith("{word}")', f'principal.team.endsWith("{word}")', f'principal.team.contains("{word}")',
            f"principal.level {operator} {number}", "principal.vip", "principal.subject == resource.owner",
        )
    )  # fmt: skip


def policy(r: random.Random) -> str:
    """One to three grants of five comparisons each."""
    return " || ".join(f"({' && '.join(atom(r) for _ in range(5))})" for _ in range(r.randrange(1, 4)))


def typed(text: str) -> Expr:
    return check(parse(text), _ENV).expr


def ask(pairs: list[tuple[Expr, Expr]]) -> tuple[float, dict[str, int]]:
    """CPU seconds of two questions a pair, and the answers."""
    verdicts: dict[str, int] = {}
    started = time.process_time()
    for old, new in pairs:
        for answer in (questions.newly_allowed(old, new), questions.newly_refused(old, new)):
            verdicts[answer.verdict] = verdicts.get(answer.verdict, 0) + 1
    return time.process_time() - started, verdicts


def large(folder: Path, routes: int = 10_000) -> None:
    """Two specs of so many routes of which ten differ, and the keys they name."""
    (folder / "keys").mkdir()
    (folder / "seccfg.toml").write_text("")
    (folder / "keys" / "users.jwks.json").write_bytes((ROOT / "examples/guide/keys/users.jwks.json").read_bytes())
    text = spec_of(routes)
    (folder / "old.yaml").write_text(text)
    parts = text.split("    delete: {allow: [{roles: [admin]}]}\n")
    every = routes // 50
    changed = "".join(
        f"{part}    delete: {{allow: [{{roles: [{'editor' if number % every == 0 and number < 10 * every else 'admin'}]}}]}}\n"
        for number, part in enumerate(parts[:-1])
    )
    (folder / "new.yaml").write_text(changed + parts[-1])


def cpu_s(words: list[str], folder: Path, runs: int = 3) -> float:
    """Median CPU seconds of a command of this checkout, after one warm-up."""
    times = []
    for number in range(runs + 1):
        process = subprocess.Popen(
            [sys.executable, "-m", "seccfg", *words], cwd=folder, stdout=subprocess.DEVNULL, env=_ENVIRONMENT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"seccfg {' '.join(words)} ended with {process.returncode}")
        if number:
            times.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(times)


def structural(folder: Path) -> str:
    """What two documents do not have in common, beside DeepDiff over the whole of both."""
    from deepdiff import DeepDiff

    from seccfg.api import _opened
    from seccfg.diff.leftovers import apart, document_leftovers
    from seccfg.diff.same import different_keys

    old, new = (_opened(str(folder / name)).version(None).document for name in ("old.yaml", "new.yaml"))
    times = []
    for _ in range(5):
        started = time.process_time()
        parts = apart(old.data, new.data, different_keys(old.data, new.data))
        tuple(document_leftovers(old, new, parts, ()))
        times.append(time.process_time() - started)
    started = time.process_time()
    DeepDiff(old.data, new.data)
    return f"{min(times) * 1000:.1f} ms = 1/{(time.process_time() - started) / min(times):.0f} of DeepDiff"


def main() -> None:
    """400 questions over 200 routes in two versions; a diff in lints of both versions."""
    print("analysis")
    r = random.Random(7)
    pairs = []
    for _ in range(ROUTES):
        old = policy(r)
        new = (old.replace("sales", "legal") if "sales" in old else policy(r)) if r.random() < 0.3 else old
        pairs.append((typed(old), typed(new)))
    ask(pairs[:10])
    seconds, verdicts = ask(pairs)
    print(f"  {2 * ROUTES} questions over {ROUTES} routes x 2 versions, 30 % changed: {seconds:.2f} s, {verdicts}")
    seconds, verdicts = ask([(typed(policy(r)), typed(policy(r))) for _ in range(ROUTES)])
    print(f"  the same with every route changed: {seconds:.2f} s, {verdicts}")
    with tempfile.TemporaryDirectory() as name:
        from tests.bench.pairs import pair

        folder = Path(name)
        pair(folder)
        print(f"  diff of 200 routes with three in ten changed: {cpu_s(['diff', 'old.yaml', 'new.yaml'], folder):.2f} s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large(folder, 2_000)
        print(f"  structural diff of 2,000 routes with 10 changed: {structural(folder)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large(folder)
        lint = cpu_s(["lint", "old.yaml"], folder)
        diff = cpu_s(["diff", "old.yaml", "new.yaml"], folder)
        words = [sys.executable, "-m", "seccfg", "diff", "old.yaml", "new.yaml"]
        shown = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True, env=_ENVIRONMENT).stdout
        verdict = shown.split()[0]
        ratio = f"{diff:.2f} s = {diff / (2 * lint):.2f} of two lints ({2 * lint:.2f} s)"
        print(f"  diff of 10,000 routes with 10 changed ({verdict}): {ratio}")
