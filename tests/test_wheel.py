"""What users install: the wheel holds everything a build and a verification need."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    code = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(wheel: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(wheel), "COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_is_what_runs(wheel: Path, tmp_path: Path) -> None:
    """Not the checkout: the rest of this module would show nothing otherwise."""
    done = run(wheel, tmp_path, "-c", "import seccfg, seccfg_python; print(seccfg.__file__, seccfg_python.__file__)")
    assert all(path.startswith(str(wheel)) for path in done.stdout.split())
    assert len(done.stdout.split()) == 2


def test_the_wheel_builds_and_verifies(wheel: Path, tmp_path: Path) -> None:
    """Lint, build and verify of the minimal example, from a folder of its own."""
    (tmp_path / "keys").mkdir()
    for name in ("seccfg.yaml", "keys/users.json"):
        (tmp_path / name).write_bytes((ROOT / "examples" / "minimal" / name).read_bytes())
    lint = run(wheel, tmp_path, "-m", "seccfg", "lint")
    assert (lint.returncode, lint.stdout) == (0, "no findings in 1 spec\n")
    build = run(wheel, tmp_path, "-m", "seccfg", "build", "-t", "python")
    assert build.returncode == 0, build.stderr
    assert (tmp_path / "build" / "python" / "notes_security" / "runtime" / "guard.py").is_file()
    check = run(wheel, tmp_path, "-m", "seccfg", "build", "-t", "python", "--check")
    assert check.returncode == 0, check.stdout
    verify = run(wheel, tmp_path, "-m", "seccfg", "verify", "-t", "python")
    assert verify.returncode == 0, verify.stdout + verify.stderr
    assert verify.stdout.endswith(" 0 differ\n")


def test_the_wheel_names_its_licence(wheel: Path) -> None:
    """Licence and metadata travel with it."""
    (info,) = wheel.glob("seccfg-*.dist-info")
    assert (info / "licenses" / "LICENSE").is_file()
    assert "seccfg.targets" in (info / "entry_points.txt").read_text()
