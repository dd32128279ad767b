"""AWS's own linter finds nothing in the templates of the examples."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from seccfg_aws import TARGET
from tests.targets.aws.plainer import plainer_policy
from tests.targets.aws.test_template import CASES, built

LINTER = Path(__file__).resolve().parents[3] / ".engines" / "aws" / "bin" / "cfn-lint"


@pytest.fixture
def linter() -> Path:
    if not LINTER.exists():
        if os.environ.get("SECCFG_REQUIRE_ENGINES"):
            pytest.fail("no cfn-lint; tests/engines/aws.sh installs it")
        pytest.skip("no cfn-lint; `bash tests/engines/aws.sh` installs it")
    return LINTER


def test_nothing_is_found_in_any_example(linter: Path, tmp_path: Path) -> None:
    """One run over all of them, and over one with a mistake, which is found."""
    for case in CASES:
        (tmp_path / f"{case}.json").write_text(json.dumps(built(case)))
    (tmp_path / "guide-native.json").write_text(json.dumps(built("guide", "native")))
    files = TARGET.compile(plainer_policy(3), {"prefer": '"native"'}).files
    (tmp_path / "addresses.json").write_bytes(next(f.content for f in files if f.path == "template.json"))
    broken = json.loads(json.dumps(built("minimal")))
    broken["Resources"]["Authorizer"]["Properties"]["AuthorizerResultTtlInSeconds"] = 3601
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    paths = sorted(str(path) for path in tmp_path.glob("*.json"))
    shown = subprocess.run([str(linter), "--format", "parseable", "--", *paths], capture_output=True, text=True, check=False)
    found = [line for line in shown.stdout.splitlines() if line.strip()]
    assert [line for line in found if "broken.json" not in line] == []
    assert any("E3718" in line for line in found), shown.stdout + shown.stderr
