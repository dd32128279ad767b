"""The command as a process: what it imports, closed and full outputs, interrupts, and bugs of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINIMAL = ROOT / "examples" / "minimal" / "seccfg.yaml"
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS")},
    "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "targets"))),
    "SOURCE_DATE_EPOCH": "1767614400",
}
HEAVY = (
    "pydantic", "jsonschema", "jinja2", "deepdiff", "rich", "z3", "dataclasses", "importlib.metadata",
    "importlib.resources", "pathlib", "subprocess", "ruamel", "joserfc", "cryptography", "tomllib", "json", "hashlib",
    "seccfg.ir", "seccfg.resolve", "seccfg.semantics", "seccfg.targetapi", "seccfg.verify", "seccfg.write",
    "seccfg_python",
)  # fmt: skip
"""What `lint` must not import: it is run on every save, and each of these costs more than the linting."""

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs Python in an empty folder."""

    def start(*arguments: str | bytes, **options: object) -> subprocess.CompletedProcess[bytes]:
        if "stdout" not in options:
            options = {"capture_output": True, **options}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [sys.executable, *arguments], cwd=tmp_path, env=ENVIRONMENT, timeout=60, check=False, **options
        )

    return start


def loaded_by(run: Run, *arguments: str) -> list[str]:
    """Modules a command has imported when it ends."""
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, sep='\\n', file=sys.stderr))\n"
        f"sys.argv = ['seccfg', *{arguments!r}]\n"
        "from seccfg.cli.main import run\n"
        "run()\n"
    )
    return run("-c", code).stderr.decode().split()


def test_lint_imports_nothing_heavy(run: Run) -> None:
    """A sound spec: none of the heavy modules, and of the rules only those that can fire."""
    modules = loaded_by(run, "lint", str(MINIMAL))
    assert [name for name in modules if any(name == heavy or name.startswith(f"{heavy}.") for heavy in HEAVY)] == []
    assert "seccfg.lint.rules.limit.public_without_limit" in modules
    assert "seccfg.lint.rules.cors.credentials_for_strangers" not in modules


def test_plain_lint_needs_no_option_parser(run: Run) -> None:
    """What editors and hooks run on every save does without click; with an option it is there."""
    assert "click" not in loaded_by(run, "lint", str(MINIMAL))
    assert "click" in loaded_by(run, "lint", str(MINIMAL), "--format", "concise")


def test_lint_with_options_imports_nothing_heavy_either(run: Run) -> None:
    """Beyond what the option parser itself needs."""
    modules = loaded_by(run, "lint", str(MINIMAL), "--format", "concise")
    assert [name for name in modules if any(name == heavy or name.startswith(f"{heavy}.") for heavy in HEAVY)] == []


def test_the_module_runs_like_the_command(run: Run) -> None:
    """`python -m seccfg`."""
    ended = run("-m", "seccfg", "version")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.startswith(b"seccfg ")


def test_both_ways_of_parsing_agree(run: Run) -> None:
    """With and without the option parser, `lint` prints the same and ends the same."""
    for paths in ((str(MINIMAL),), ("nothing.yaml",), (), ("",), (".",)):
        plain, parsed = run("-m", "seccfg", "lint", *paths), run("-m", "seccfg", "lint", "--color", "auto", *paths)
        assert (plain.returncode, plain.stdout, plain.stderr) == (parsed.returncode, parsed.stdout, parsed.stderr)


def test_a_reader_who_has_seen_enough_is_no_error(run: Run) -> None:
    """The other end of the pipe is closed: no traceback, and the code still says what was found."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = run("-m", "seccfg", "lint", str(MINIMAL), stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize("arguments", [("lint", str(MINIMAL)), ("schema",), ("--help",), ("lint", "--help")])
def test_a_full_disk_is_said_in_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    """Output that could not be written is no success."""
    with open("/dev/full", "wb") as full:
        ended = run("-m", "seccfg", *arguments, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 2
    assert ended.stderr.count(b"\n") == 1
    assert b"no space left" in ended.stderr


@pytest.mark.skipif(os.name != "posix", reason="descriptors are closed by a shell")
def test_closed_outputs_are_survived() -> None:
    """Whoever closes standard output and standard error still learns the exit code."""
    lint = f"{sys.executable} -m seccfg lint"
    command = f"{lint} {MINIMAL} >&- 2>&-; echo $?; {lint} nothing >&- 2>&-; echo $?"
    ended = subprocess.run(["/bin/sh", "-c", command], env=ENVIRONMENT, capture_output=True, timeout=60, check=False)
    assert ended.stdout.split() == [b"0", b"2"]


def test_a_bug_is_said_to_be_one_without_a_traceback(run: Run) -> None:
    """Exit 70, the place and how to report it; nothing of the error's own text, which may hold a secret."""
    code = (
        "import sys, seccfg.lint.engine as engine\n"
        "def broken(*_): raise RuntimeError('hunter2')\n"
        "engine.check = broken\n"
        f"sys.argv = ['seccfg', 'lint', {str(MINIMAL)!r}]\n"
        "from seccfg.cli.main import run\n"
        "run()\n"
    )
    ended = run("-c", code)
    assert ended.returncode == 70
    first, second = ended.stderr.decode().splitlines()
    assert first.startswith("error: this is a bug in seccfg ")
    assert "RuntimeError at seccfg/cli/checking.py:" in first
    assert "report" in second
    assert b"hunter2" not in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_an_interrupt_is_no_traceback(run: Run) -> None:
    """130, as shells have it."""
    code = (
        "import sys, seccfg.cli.linting as linting\n"
        "def stopped(*_): raise KeyboardInterrupt\n"
        "linting.check_spec = stopped\n"
        f"sys.argv = ['seccfg', 'lint', {str(MINIMAL)!r}]\n"
        "from seccfg.cli.main import run\n"
        "run()\n"
    )
    ended = run("-c", code)
    assert (ended.returncode, ended.stderr) == (130, b"interrupted\n")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are Unicode there")
def test_names_that_are_no_text_can_be_linted_in_any_locale(run: Run, tmp_path: Path) -> None:
    """Bytes in, printable out, also where the terminal knows ASCII only."""
    name = b"caf\xe9.yaml"
    Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_text("title: é\n", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "seccfg", "lint", name], cwd=tmp_path, capture_output=True, timeout=60, check=False,
        env={**ENVIRONMENT, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr == b""
    assert ended.stdout.startswith(rb"caf\udce9.yaml:1:1: error[")


def test_a_fifo_is_refused_and_not_waited_for(run: Run, tmp_path: Path) -> None:
    """Somebody else's pipe would keep a hook waiting for ever."""
    os.mkfifo(tmp_path / "seccfg.yaml")
    ended = run("-m", "seccfg", "lint", "seccfg.yaml")
    assert (ended.returncode, ended.stderr) == (2, b"error: seccfg.yaml: not a regular file\n")
