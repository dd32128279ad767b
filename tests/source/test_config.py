"""The project's configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg.findings import Finding, InputError, SourceError
from seccfg.source.config import Config, load_config
from seccfg.source.project import project_root

Write = Callable[..., str]


def refused(root: str) -> tuple[Finding, ...]:
    with pytest.raises(SourceError) as error:
        load_config(root)
    return error.value.findings


def test_all_keys(write: Write) -> None:
    """Own file: keys at the top."""
    path = write(
        "seccfg.toml",
        'select = ["AUTH"]\nignore = ["TLS001"]\nfail_level = "error"\n'
        'format = "json"\ntargets = ["python"]\noutput = "out"\n',
    )
    assert load_config(project_root(path)) == Config(path, ("AUTH",), ("TLS001",), "error", "json", ("python",), "out")


@pytest.mark.parametrize(
    "text",
    [
        '[tool.seccfg]\nselect = ["AUTH"]\n',
        '[ tool . "seccfg" ]\nselect = ["AUTH"]\n',
        '[tool]\nseccfg.select = ["AUTH"]\n',
        'tool.seccfg.select = ["AUTH"]\n',
        'tool = {seccfg = {select = ["AUTH"]}}\n',
    ],
)
def test_the_shared_file(text: str, write: Write) -> None:
    """In pyproject.toml under `tool.seccfg`, however it is written."""
    path = write("pyproject.toml", text)
    assert load_config(project_root(path)) == Config(path, ("AUTH",))


def test_defaults(write: Write) -> None:
    """No file, an empty one, and a pyproject.toml of others, which need not even be TOML."""
    root = project_root(write("seccfg.yaml", "seccfg: 1\n"))
    assert load_config(root) == Config()
    write("pyproject.toml", "[project]\nname = 'seccfg-user'\n")
    assert load_config(root) == Config()
    write("pyproject.toml", "not toml")
    assert load_config(root) == Config()
    write("pyproject.toml", "")
    path = write("seccfg.toml", "")
    assert load_config(root) == Config(path)


def test_two_configurations_are_refused(write: Write) -> None:
    """One of them would be ignored."""
    write("pyproject.toml", "[tool.seccfg]\n")
    path = write("seccfg.toml", "")
    with pytest.raises(InputError, match=r"pyproject.toml beside it has \[tool.seccfg\] too"):
        load_config(project_root(path))


@pytest.mark.parametrize(
    "name, text, line, column",
    [
        ("seccfg.toml", '# selct\n\n"selct" = []\n', 3, 2),
        ("seccfg.toml", "[selct]\nx = 1\n", 1, 2),
        ("seccfg.toml", "selct.x = 1\n", 1, 1),
        ("pyproject.toml", "[project]\nselct = 1\n[tool.seccfg]\n  selct = []\n[tool.other]\nselct = 1\n", 4, 3),
        ("pyproject.toml", "[tool.seccfg.selct]\nx = 1\n", 1, 14),
    ],
)
def test_an_unknown_key_has_a_place_and_a_suggestion(
    name: str, text: str, line: int, column: int, write: Write
) -> None:
    """File, line and the key that was probably meant."""
    path = write(name, text)
    (finding,) = refused(project_root(path))
    assert finding.message == "unknown key `selct`; did you mean `select`?"
    assert (finding.rule, finding.at.path, finding.at.line, finding.at.column) == ("YAML051", path, line, column)


@pytest.mark.parametrize(
    "setting",
    [
        'select = "AUTH"', "select = [1]", 'select = [""]', "ignore = {}", "fail_level = 1", 'fail_level = "fatal"',
        'format = "xml"', "targets = true", "output = 1", 'output = ""', 'output = "/tmp"', 'output = "../out"',
    ],
)  # fmt: skip
def test_wrong_values(setting: str, write: Write) -> None:
    """Each with its line; the value itself is not repeated."""
    path = write("seccfg.toml", f"\n{setting}\n")
    (finding,) = refused(project_root(path))
    assert (finding.rule, finding.at.line) == ("YAML051", 2)
    assert finding.message.startswith(f"`{setting.split()[0]}`: ")


def test_all_mistakes_at_once_in_source_order(write: Write) -> None:
    """One run shows them all."""
    path = write("seccfg.toml", "format = 1\nzzz = 1\nselect = 1\n")
    assert [finding.at.line for finding in refused(project_root(path))] == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [b"select = [", b"a = 1\na = 2\n", b"\xff", b"\x00", b"= 1", b"a = " + b"[" * 50_000, b"a = 1e", b"a = 1979-99-99"],
)
def test_what_is_no_toml(text: bytes, write: Write) -> None:
    """A finding with a place, for whatever bytes."""
    path = write("seccfg.toml", text)
    (finding,) = refused(project_root(path))
    assert finding.rule == "YAML050"
    assert finding.at.line >= 1


def test_a_broken_shared_file_that_speaks_of_us_is_refused(write: Write) -> None:
    """What it demands must not be lost."""
    path = write("pyproject.toml", "[tool.seccfg]\nselect = [\n")
    with pytest.raises(SourceError):
        project_root(path)


def test_unreadable_configuration_is_one_line(tmp_path: Path) -> None:
    """A folder of that name is no configuration."""
    (tmp_path / "seccfg.toml").mkdir()
    with pytest.raises(InputError, match=r"is a directory$"):
        load_config(str(tmp_path))
