"""The guide of reports says what there is."""

from __future__ import annotations

import re

import yaml

from seccfg.report.checks.registry import CHECKS
from seccfg.report.mapping import from_folder
from tests.conftest import ROOT

GUIDE = ROOT / "docs" / "guide" / "report.md"


def table() -> str:
    lines = ["| check | thresholds | holds when |", "|---|---|---|"]
    for name, check in CHECKS.items():
        shown = ", ".join(f"`{one}`{' (optional)' if one in check.optional else ''}" for one in check.params)
        lines.append(f"| `{name}` | {shown} | {check.about} |")
    return "\n".join(lines)


def test_the_checks_stand_in_the_guide(rewrite_golden: bool) -> None:
    """One row each."""
    text = GUIDE.read_text()
    made = re.sub(r"(<!-- checks: .*? -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}{table()}\n{m[2]}", text, flags=re.DOTALL)
    if rewrite_golden:
        GUIDE.write_text(made)
    assert GUIDE.read_text() == made, "pytest tests/report/test_guide.py --rewrite-golden"


def test_the_mapping_of_the_guide_is_one(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """It loads as it stands."""
    text = next(block for block in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL))
    path = tmp_path / "own.yaml"
    path.write_text(text)
    (framework,) = from_folder([str(path)])
    assert framework.id == yaml.safe_load(text)["framework"]
