"""The emitted package: readable, the same to the byte, clean, and its own tests pass."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from seccfg.analyse.exchange import exchange
from seccfg.ir.policy import CertVerifier, JwtVerifier, KeyVerifier, Policy
from seccfg.record import replace
from seccfg.targetapi.kit.project import Project
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg_python import TARGET
from seccfg_python.emit import REQUIREMENTS, runtime_imports
from seccfg_runtime.sources import python_sources

ROOT = Path(__file__).resolve().parents[3]
CASES = ("guide", "minimal", "orders", "tictactoe")
TODAY = "2026-01-05"


def policy_of(case: str) -> tuple[Policy, Mapping[str, str]]:
    with Project(str(ROOT / "examples" / case), TARGET, TODAY) as project:
        return project.policy()


def files_of(policy: Policy, options: Mapping[str, str] | None = None) -> dict[str, bytes]:
    return {file.path: file.content for file in TARGET.compile(policy, options or {}).files}


def written(files: Mapping[str, bytes], folder: Path) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "", "MYPYPATH": ""}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


@pytest.mark.parametrize("framework", ["asgi", "wsgi"])
@pytest.mark.parametrize("case", CASES)
def test_the_package_s_own_tests_pass(case: str, framework: str, tmp_path: Path) -> None:
    """The generated suite runs alone, with keys it makes itself, against the emitted package."""
    policy, options = policy_of(case)
    folder = written(files_of(policy, {**options, "framework": f'"{framework}"'}), tmp_path)
    done = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize("seed", [1, 6, 8, 13])
def test_the_tests_of_made_up_packages_pass(seed: int, tmp_path: Path) -> None:
    """So do those of packages nobody wrote a spec for."""
    done = run(written(files_of(random_policy(seed)), tmp_path), "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout


def test_the_package_s_own_tests_notice_a_widened_grant(tmp_path: Path) -> None:
    """Tests that could not fail would say nothing."""
    files = files_of(*policy_of("guide"))
    policy = files["guide_security/policy.py"]
    widened = policy.replace(b'role_sets=(frozenset({"admin"}),)', b'role_sets=(frozenset({"admin", "viewer"}),)')
    assert widened != policy
    done = run(written({**files, "guide_security/policy.py": widened}, tmp_path), "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 1, done.stdout


@pytest.mark.parametrize("case", ["guide", "orders"])
def test_emitted_code_is_clean(case: str, tmp_path: Path) -> None:
    """mypy --strict and this project's own linter find nothing, functions with a fixed signature apart."""
    folder = written(files_of(*policy_of(case)), tmp_path)
    package = f"{case}_security"
    types = run(folder, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), package, "tests")
    assert types.returncode == 0, types.stdout
    style = run(
        folder, "-m", "ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), "--ignore", "ARG001,S101", ".",
    )  # fmt: skip
    assert style.returncode == 0, style.stdout


@pytest.mark.parametrize("seed", range(12))
def test_the_same_bytes_twice(seed: int) -> None:
    """Nothing of this run is in a file."""
    policy = random_policy(seed)
    assert TARGET.compile(policy, {}) == TARGET.compile(random_policy(seed), {})


def test_exchanged_keys_change_key_material_only() -> None:
    """What verify runs is what a build writes, with other keys in it."""
    policy, options = policy_of("orders")
    ring = exchange(policy, 1_767_614_400)
    before, after = files_of(policy, options), files_of(ring.build, options)
    assert before.keys() == after.keys()
    assert [path for path in before if before[path] != after[path]] == ["orders_security/policy.py"]

    def bare(kept: Policy) -> Policy:
        return replace(kept, verifiers=tuple(map(_without_keys, kept.verifiers)))

    assert files_of(bare(policy), options) == files_of(bare(ring.build), options)


def _without_keys(verifier: object) -> object:
    match verifier:
        case JwtVerifier():
            return replace(verifier, jwks=replace(verifier.jwks, keys=()))
        case KeyVerifier():
            return replace(verifier, records=tuple(replace(record, sha256="0" * 64) for record in verifier.records))
        case CertVerifier():
            return replace(verifier, ca_pem="")
        case _:
            return verifier


def test_the_runtime_is_copied_as_it_stands() -> None:
    """What is reviewed in this repository is what runs."""
    files = files_of(*policy_of("minimal"))
    folder = ROOT / "targets" / "seccfg_runtime" / "runtime"
    copied = {path.rpartition("/")[2]: content for path, content in files.items() if "/runtime/" in path}
    assert copied == python_sources() == {name: (folder / name).read_bytes() for name in copied}


def test_requirements_name_every_import_of_the_runtime() -> None:
    """Installing the package brings all it imports, and nothing it does not."""
    assert runtime_imports() <= REQUIREMENTS.keys()
    project = files_of(*policy_of("minimal"))["pyproject.toml"].decode()
    assert all((requirement in project) == (name in runtime_imports()) for name, requirement in REQUIREMENTS.items())


@pytest.mark.parametrize("case", CASES)
def test_nothing_hangs_on_assert(case: str) -> None:
    """`python -O` changes nothing: the package has no assert statement."""
    for path, content in files_of(*policy_of(case)).items():
        if path.endswith(".py") and not path.startswith("tests/"):
            assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(content))), path


def test_the_package_needs_nothing_of_this_project() -> None:
    """No emitted module imports seccfg."""
    for path, content in files_of(*policy_of("orders")).items():
        if path.endswith(".py"):
            names = {
                name.partition(".")[0]
                for node in ast.walk(ast.parse(content))
                for name in (
                    [alias.name for alias in node.names] if isinstance(node, ast.Import)
                    else [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                )
            }  # fmt: skip
            assert not {name for name in names if name.startswith("seccfg")}, path


def test_the_readme_says_what_matters() -> None:
    """Who may do what, what is left out, who keeps the TLS floor, which settings there are."""
    readme = files_of(*policy_of("orders"))["README.md"].decode()
    for said in (
        "`GET /v1/orders`", "`small-order`", "`sessions.refresh`", "that\nserver keeps this floor", "`AUDIT_HASH_KEY`",
        "`ORDERS_SECURITY_BEHIND`", "`ORDERS_SECURITY_JWKS_STAFF_FILE`", "accepted by",
    ):  # fmt: skip
        assert said in readme, said


def test_python_m_tells_how_it_is_used(tmp_path: Path) -> None:
    """The proxy starts from the command line, and refuses to without a listener."""
    folder = written(files_of(*policy_of("minimal")), tmp_path)
    helped = run(folder, "-m", "notes_security", "--help")
    assert helped.returncode == 0, helped.stderr
    assert "--upstream" in helped.stdout
    assert run(folder, "-O", "-m", "notes_security").returncode == 2


def test_files_of_an_example_are_few_and_named() -> None:
    """A user finds the package, its tests, and two files about it."""
    names = {path for path in files_of(*policy_of("guide")) if "/runtime/" not in path}
    assert names == {
        "README.md", "pyproject.toml", "guide_security/__init__.py", "guide_security/__main__.py", "guide_security/policy.py",
        "guide_security/condition_values.py", "guide_security/py.typed", "tests/client.py", "tests/conftest.py",
        "tests/test_guide_security.py",
    }  # fmt: skip
