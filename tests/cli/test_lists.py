"""Commands that list what there is: rules, targets, the schema, the version; and which exit code wins."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest

from seccfg import __version__
from seccfg.cli import exits
from seccfg.cli.commands import COMMANDS, call, main
from seccfg.lint.catalogue import rules
from seccfg.targetapi.registry import installed, load_target

ROOT = Path(__file__).parents[2]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints when all is well."""
    assert call(arguments) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out


def test_rules_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each: id, severity, stage, kind of fix, name."""
    lines = printed(capsys, "rules").splitlines()
    assert [line.split() for line in lines] == [[r.id, r.severity, r.stage, r.fixed or "-", r.name] for r in rules()]


def test_rules_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The texts too, for whoever builds a page of them."""
    listed = json.loads(printed(capsys, "rules", "--format", "json"))
    assert listed["version"] == 1
    assert [rule["id"] for rule in listed["rules"]] == [rule.id for rule in rules()]
    assert all(rule["why"] and rule["fix"] for rule in listed["rules"])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_every_rule_can_be_explained(capsys: pytest.CaptureFixture[str], rule: object) -> None:
    """By id and by name, the same page; nothing on it moves a terminal's cursor."""
    ident, name = getattr(rule, "id", ""), getattr(rule, "name", "")
    page = printed(capsys, "explain", ident)
    assert page.startswith(f"{ident} {name}\n")
    assert page == printed(capsys, "explain", name)
    assert all(c.isprintable() or c == "\n" for c in page)


def test_targets_lists_every_installed_target_and_engine(capsys: pytest.CaptureFixture[str]) -> None:
    """With what is missing for an engine that cannot run here."""
    text = printed(capsys, "targets")
    listed = json.loads(printed(capsys, "targets", "--format", "json"))["targets"]
    assert set(listed) == set(installed())
    for name in installed():
        target = load_target(name)
        assert f"{name}: {target.summary}\n" in text
        for engine in target.engines():
            assert f"  {engine.name}: {'cannot run' if engine.missing else 'runs here'}" in text
        assert [engine["name"] for engine in listed[name]["engines"]] == [engine.name for engine in target.engines()]


def test_schema_is_the_committed_one(capsys: pytest.CaptureFixture[str]) -> None:
    """What editors are pointed at."""
    assert printed(capsys, "schema") == (ROOT / "schemas" / "seccfg.v1.schema.json").read_text(encoding="utf-8")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The package's own."""
    assert printed(capsys, "version") == f"seccfg {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """It begins with the line the list of commands shows, and fits eighty columns."""
    text = printed(capsys, name, "--help")
    assert text.splitlines()[0].startswith(f"Usage: seccfg {name}")
    assert COMMANDS[name] in " ".join(text.split())
    assert all(len(line) <= 80 for line in text.splitlines())


def test_commands_are_the_modules_they_name() -> None:
    """Each is found, and is called what the list calls it."""
    import click

    context = click.Context(main, **main.context_settings)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
    assert main.get_command(context, "checking") is None


@pytest.mark.parametrize(
    "codes, winner", [((), 0), ((0, 0), 0), ((0, 4), 4), ((4, 1), 1), ((1, 5, 4), 5), ((5, 2, 1, 4, 0), 2)]
)
def test_the_worst_code_of_several_inputs_wins(codes: tuple[int, ...], winner: int) -> None:
    """2, 5, 1, 4, in that order, whichever input came first."""
    assert {exits.worst(order) for order in permutations(codes)} == {winner}
