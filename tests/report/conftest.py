"""Reports of made-up specs, without and with engines."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from seccfg import api
from seccfg.cli.checking import check_spec
from seccfg.lint.selection import ALL_RULES, Selection
from seccfg.report.assemble import Material, assemble
from seccfg.report.mapping import built_in
from seccfg.report.model import Executed, Observation, Report, TargetSummary

DATA = Path(__file__).parent / "data"
TODAY = "2026-01-05"
ALL_TESTS = sorted({need.name for f in built_in() for c in f.controls for need in c.needs if need.kind == "test"})

MakeReport = Callable[..., Report]


def all_well() -> Executed:
    """Every kind of request was executed and answered as it should be."""
    one = {test: (Observation(test, "GET", "/", "as said", (("engine", "as said"),)),) for test in ALL_TESTS}
    return Executed(True, tuple(one.items()), ("made-up",), (), (("engine", "made-up"),))


def material(
    path: Path, executed: Executed, targets: Sequence[TargetSummary], selected: Selection, env: str | None
) -> Material:
    checked = check_spec(str(path), TODAY, selected)
    assert checked.loads, [str(finding) for finding in checked.findings]
    loaded = api.load(str(path), env)
    return Material(
        path=path.name, env="", document=loaded.document, spec=loaded.spec, policy=api.policy(loaded),
        findings=checked.findings, ran=selected.has, targets=tuple(targets), executed=executed, today=TODAY,
        tool_version="0.0.0", git_commit="", timestamp="2026-01-05T12:00:00Z",
    )  # fmt: skip


@pytest.fixture
def report_of(tmp_path: Path) -> MakeReport:
    """`report_of(text)`: the report on a spec that stands beside the keys of tests/report/data."""
    shutil.copytree(DATA / "keys", tmp_path / "keys")

    def make(
        text: str, executed: Executed | None = None, targets: Sequence[TargetSummary] = (),
        selected: Selection = ALL_RULES, wanted: Sequence[str] = (), env: str | None = None,
    ) -> Report:  # fmt: skip
        path = tmp_path / "seccfg.yaml"
        path.write_text(text)
        made = material(path, executed if executed is not None else all_well(), targets, selected, env)
        return assemble(made, built_in(), wanted)

    return make


def verdicts(report: Report) -> dict[str, str]:
    """Verdict by `framework:control`."""
    return {f"{v.framework}:{v.control.id}": v.verdict for v in report.verdicts}
