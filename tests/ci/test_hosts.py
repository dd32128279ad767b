"""The GitHub action and the GitLab template, their scripts run as a runner would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import EXAMPLES, ROOT

SECCFG = Path(sys.executable).parent / "seccfg"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HEADER, JOB = yaml.safe_load_all((ROOT / "ci" / "gitlab" / "seccfg.yml").read_text())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a dangerous spec, and one in a folder with a star in its name."""
    shutil.copytree(EXAMPLES / "minimal" / "keys", tmp_path / "keys")
    text = (EXAMPLES / "minimal" / "seccfg.yaml").read_text().replace("[notes],", "['*'],")
    (tmp_path / "seccfg.yaml").write_text(text)
    (tmp_path / ".git").mkdir()
    return tmp_path


def act(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The action's step with *inputs*, the others at their defaults."""
    (step,) = ACTION["runs"]["steps"]
    values = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
    values.update({name.replace("_", "-"): value for name, value in inputs.items()})
    environment = {}
    for name, said in step["env"].items():
        match = re.fullmatch(r"\$\{\{ (?:inputs\.([a-z-]+)|github\.action_path) \}\}", said)
        assert match is not None, said
        environment[name] = values[match[1]] if match[1] else str(ROOT)
    more = {"GITHUB_OUTPUT": str(folder / "output"), "RUNNER_TEMP": str(folder), "SECCFG_COMMAND": str(SECCFG)}
    return subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=folder, env={**os.environ, **environment, **more}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def test_the_action_fails_on_an_error_and_annotates_it(checkout: Path) -> None:
    """As the run's own exit code says."""
    done = act(checkout)
    assert done.returncode == 1, done.stderr
    assert "::error file=seccfg.yaml,line=6,col=68" in done.stdout


def test_the_action_writes_sarif(checkout: Path) -> None:
    """And says where."""
    done = act(checkout, sarif_file="found.sarif")
    assert done.returncode == 1
    assert json.loads((checkout / "found.sarif").read_text())["version"] == "2.1.0"
    assert (checkout / "output").read_text() == "sarif-file=found.sarif\n"


def test_inputs_are_data(checkout: Path) -> None:
    """Nothing of them is run, nothing is a pattern or an option."""
    for inputs in ({"paths": "$(touch pwned) `touch pwned`"}, {"baseline": "; touch pwned"}, {"mode": "x; touch pwned"},
                   {"paths": "--help"}, {"format": "full; touch pwned"}):  # fmt: skip
        assert act(checkout, **inputs).returncode == 2, inputs
    assert not (checkout / "pwned").exists()
    assert "${{" not in (ACTION["runs"]["steps"][0]["run"])


def test_the_action_takes_paths_and_levels(checkout: Path) -> None:
    """Several paths are several words."""
    (checkout / "clean").mkdir()
    shutil.copytree(EXAMPLES / "minimal" / "keys", checkout / "clean" / "keys")
    shutil.copyfile(EXAMPLES / "minimal" / "seccfg.yaml", checkout / "clean" / "seccfg.yaml")
    assert act(checkout, paths="clean").returncode == 0
    assert act(checkout, paths="clean seccfg.yaml", format="concise").returncode == 1


def test_the_action_uses_no_other_action() -> None:
    """So there is none to pin."""
    assert all("uses" not in step for step in ACTION["runs"]["steps"])


def test_the_gitlab_job_writes_its_reports_and_fails(checkout: Path) -> None:
    """Its script, with the defaults of its inputs."""
    names = HEADER["spec"]["inputs"]
    (job,) = JOB.values()
    variables = {}
    for name, said in job["variables"].items():
        match = re.fullmatch(r"\$\[\[ inputs\.([a-z-]+) \]\]", said)
        assert match is not None
        variables[name] = names[match[1]]["default"]
    path = f"{SECCFG.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(job["script"])], cwd=checkout, env={**os.environ, **variables, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    reports = job["artifacts"]["reports"]
    (first, *_) = json.loads((checkout / reports["codequality"]).read_text())
    assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(first)
    assert (checkout / reports["junit"]).read_text().startswith("<?xml")
