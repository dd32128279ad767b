"""What the README and the architecture page say is executed: specs, matrix, refusals, gaps, paths."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from seccfg import api

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
MINIMAL = ROOT / "examples" / "minimal" / "seccfg.yaml"


def blocks(language: str) -> list[str]:
    """Contents of the fenced blocks of one language."""
    found: list[str] = []
    inside: str | None = None
    for line in README.splitlines(keepends=True):
        if not line.startswith("```"):
            if inside == language:
                found[-1] += line
        elif inside is None:
            inside = line[3:].strip()
            if inside == language:
                found.append("")
        else:
            inside = None
    return found


def test_the_minimal_spec_is_the_minimal_example() -> None:
    """What the README shows is what the example builds."""
    shown = blocks("yaml")[0]
    assert MINIMAL.read_text().partition("\n")[2] == shown


WHO: tuple[dict[str, str], ...] = ({}, {"auth": "users"}, {"auth": "users", "scopes": "notes.write"})
ROWS = re.findall(r"^\| `(\w+) (\S+)` \| (.*) \|$", README, re.MULTILINE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_the_access_matrix_is_what_the_reference_decides(row: tuple[str, str, str]) -> None:
    """Each cell is asked of the reference."""
    method, path, cells = row
    loaded = api.load(str(MINIMAL))
    said = [cell.strip() for cell in cells.split("|")]
    decided = []
    for who in WHO:
        decision = api.explain(loaded, method, path, who).decision
        decided.append("yes" if decision.allowed else str(decision.status))
    assert decided == said


def test_there_is_a_matrix() -> None:
    """Five rows of it."""
    assert len(ROWS) == 5


CONSOLE = [
    (command, output)
    for block in blocks("")
    for command, output in re.findall(r"^\$ seccfg (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.mark.parametrize(("command", "output"), CONSOLE, ids=[command for command, _ in CONSOLE])
def test_what_the_console_shows_is_what_it_prints(command: str, output: str) -> None:
    """Command and output as they stand."""
    done = subprocess.run(
        [sys.executable, "-m", "seccfg", *command.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == output


def gap_table() -> str:
    """The gaps of examples/orders on the python target as the README shows them."""
    loaded = api.load(str(ROOT / "examples" / "orders" / "seccfg.yaml"))
    (built,) = api.build(loaded, ("python",), "2026-01-05")
    lines = ["| in the spec | gap | instead |", "|---|---|---|"]
    lines += [f"| `{gap.place}` | `{gap.id}`, {gap.kind} | {gap.bound} |" for gap in built.output.gaps]
    assert built.blocking == ()
    return "\n".join(lines)


def test_the_gap_table_is_what_build_prints() -> None:
    """No gap more, none less."""
    assert gap_table() in README


def test_commands_in_the_readme_exist() -> None:
    """Every `seccfg WORD` is a command, every option of it an option."""
    for line in re.findall(r"^seccfg (.*?)(?:\s+#.*)?$", "\n".join(blocks("")), re.MULTILINE):
        command, *words = line.split()
        done = subprocess.run(
            [sys.executable, "-m", "seccfg", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, line
        for word in words:
            if word.startswith("-"):
                assert word in done.stdout, f"{line}: {word}"


@pytest.mark.parametrize("page", ["docs/architecture.md", "README.md", "CONTRIBUTING.md"])
def test_paths_in_pages_exist(page: str) -> None:
    """Every path in backquotes below a top-level folder is there."""
    text = (ROOT / page).read_text()
    for path in re.findall(r"`((?:seccfg|targets|tests|docs|examples|schemas)/[A-Za-z0-9_./*-]*)`", text):
        assert list(ROOT.glob(path.rstrip("/"))), f"{page}: {path}"


def test_the_semantics_page_has_the_steps_and_their_statuses() -> None:
    """Each step in its place, each status one of those the reasons of that step have."""
    from seccfg.ir.policy import DEFAULT_STATUS, STEPS

    text = (ROOT / "docs" / "guide" / "semantics.md").read_text()
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| .* \| ([\w, ]+) \|$", text, re.MULTILINE)
    assert [(int(number), name) for number, name, _ in rows] == list(enumerate(STEPS, 1))
    known = {str(status) for status in DEFAULT_STATUS.values()} | {"308", "pass"}
    for _, name, statuses in rows:
        assert set(statuses.split(", ")) <= known, name
