"""Each rule's fix on the rule's own bad example: what it writes, that it puts right, and that it opens nothing."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml

from seccfg import api
from seccfg.cli.checking import check_spec
from seccfg.findings import Finding
from seccfg.lint.catalogue import lint_rules
from seccfg.lint.fixes import FIXES, SAFE, Fix, fix_of
from seccfg.lint.fixes.texts import TEXTS
from seccfg.source.edit import edited
from seccfg.source.replacements import replacements
from tests.conftest import EXAMPLES
from tests.lint.conftest import TODAY, merged, spec_text

PATCHES = Path(__file__).parent / "fixes.txt"
RULES = {rule.id: rule for rule in lint_rules() if rule.id in FIXES}
FINE = ("EQUIVALENT", "NARROWS", "NON-AUTHZ")


class Fixed:
    """A bad example before and after the first finding's fix."""

    def __init__(self, folder: Path, ident: str) -> None:
        rule = RULES[ident]
        (folder / "keys").mkdir(exist_ok=True)
        (folder / "seccfg.toml").touch()
        (folder / "keys" / "users.json").write_bytes((EXAMPLES / "minimal" / "keys" / "users.json").read_bytes())
        self.beside = rule.beside
        self._folder = folder
        self._write_beside()
        self.path = str(folder / "seccfg.yaml")
        self.rule = ident
        self.before = spec_text(rule.bad)
        checked = check_spec(self.path, TODAY, content=self.before.encode())
        self.data = checked.data
        self.found = checked.findings
        fix = fix_of(self._mine(self.found)[0], self.data)
        assert fix is not None, ident
        self.fix: Fix = fix
        self.after = edited(self.before, fix.edits)

    def _write_beside(self) -> None:
        for name, content in self.beside:
            (self._folder / name).write_text(content, encoding="utf-8")

    def _mine(self, findings: tuple[Finding, ...]) -> list[Finding]:
        return [finding for finding in findings if finding.rule == self.rule]

    def left(self) -> tuple[tuple[Finding, ...], int]:
        """What lint finds afterwards, and how many findings of the rule went."""
        self._write_beside()
        checked = check_spec(self.path, TODAY, content=self.after.encode())
        assert checked.loads, (self.rule, [str(finding) for finding in checked.findings])
        return checked.findings, len(self._mine(self.found)) - len(self._mine(checked.findings))

    def patch(self) -> str:
        """The lines that went and came, below what the fix says of itself."""
        lines = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=0)
        kept = [line for line in list(lines)[2:] if not line.startswith("@@")]
        return "\n".join([f"{self.rule} {'safe' if self.fix.safe else 'unsafe'}: {self.fix.title}", *kept])


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Fixed]:
    """`of(rule)`: its example before and after, made once."""
    folder = tmp_path_factory.mktemp("fixes")
    return cache(lambda ident: Fixed(folder, ident))


def test_what_each_fix_writes(of: Callable[[str], Fixed], rewrite_golden: bool) -> None:
    """`fixes.txt` shows it to reviewers; `--rewrite-golden` writes it anew."""
    shown = "\n\n".join(of(ident).patch() for ident in sorted(RULES)) + "\n"
    if rewrite_golden:
        PATCHES.write_text(shown)
    assert shown == PATCHES.read_text()


HIDDEN = {"TOKEN007": {"TOKEN008"}, "AUTHZ008": {"AUTHZ004"}}
"""What a fix brings to light: a prefix is asked for once the cookie is secure, a condition is named no more."""


@pytest.mark.parametrize("ident", sorted(RULES))
def test_a_fix_puts_its_finding_right(of: Callable[[str], Fixed], ident: str) -> None:
    """One finding less, none of another rule, nothing to do a second time, and an editor's changes come to the same."""
    fixed = of(ident)
    findings, gone = fixed.left()
    assert gone == 1
    assert {finding.rule for finding in findings} - {ident} == HIDDEN.get(ident, set())
    text = fixed.before.split("\n")
    for one in reversed(replacements(fixed.before, fixed.after)):
        head, tail = text[one.line - 1][: one.column - 1], text[one.end_line - 1][one.end_column - 1 :]
        text[one.line - 1 : one.end_line] = (head + one.text + tail).split("\n")
    assert "\n".join(text) == fixed.after
    if fixed.fix.safe:
        difference = api.diff_texts(fixed.path, fixed.before.encode(), fixed.after.encode())
        assert difference.verdict in FINE
        assert [change for change in difference.settings if change.strength == "weaker"] == []


@pytest.mark.parametrize("ident", sorted(RULES))
def test_comments_and_order_stay(of: Callable[[str], Fixed], ident: str) -> None:
    """With a comment above every line and behind it, what the fix does not change is as it was, character by character."""
    fixed = of(ident)
    lines = fixed.before.rstrip("\n").split("\n")
    commented = []
    for number, line in enumerate(lines):
        indent = " " * (len(line) - len(line.lstrip()))
        commented += [f"{indent}# above {number}", line if line.startswith("#") else f"{line}  # on {number}"]
    before = "\n".join([*commented, "# the end", ""])
    after = edited(before, fixed.fix.edits) if ident != "REF103" else before
    touched = sum(line[:1] == "-" for line in fixed.patch().split("\n"))
    missing = [line for line in before.split("\n") if line not in after.split("\n")]
    assert len(missing) <= 2 * touched + (touched > 1) + 1, missing
    kept = [line for line in before.split("\n") if line in after.split("\n")]
    assert [line for line in after.split("\n") if line in kept] == kept


def test_every_fix_is_of_a_rule_that_tries_it() -> None:
    """Those of rules of loading are tried in test_fixes.py; there is a fix for every second rule at least."""
    assert set(FIXES) == set(RULES) | set(TEXTS)
    assert len(RULES) >= 70


def test_what_is_called_safe_is(of: Callable[[str], Fixed]) -> None:
    """Pages and lists say of a rule what its example's fix is."""
    assert {ident for ident in RULES if of(ident).fix.safe} == SAFE


def test_no_fix_for_what_an_environment_says(
    on_minimal: Callable[[str], str], lint: Callable[..., tuple[Finding, ...]]
) -> None:
    """Its place in the spec is not where the finding's path points."""
    found = lint(on_minimal("environments: {staging: {tls: {hsts: {max_age: 7d}}}}"), select=("TLS002",))
    assert [fix_of(finding, {"tls": {"hsts": {"max_age": "7d"}}}) for finding in found] == [None]


def test_no_safe_fix_lets_anybody_do_more_whatever_stands_beside_it(tmp_path: Path) -> None:
    """Each safe fix where its bad example is merged onto one that another rule was drawn for."""
    rng = Random(11)
    others = [rule.bad for rule in lint_rules() if not rule.beside and rule.judges == "spec"]
    path = tmp_path / "seccfg.yaml"
    (tmp_path / "seccfg.toml").touch()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "users.json").write_bytes((EXAMPLES / "minimal" / "keys" / "users.json").read_bytes())
    tried = []
    for rule in (rule for rule in RULES.values() if rule.judges == "spec" and not rule.beside):
        beside = yaml.safe_load(rng.choice(others))
        text = spec_text(yaml.safe_dump(merged(beside, yaml.safe_load(rule.bad)), sort_keys=False))
        checked = check_spec(str(path), TODAY, content=text.encode())
        for finding in checked.findings if checked.loads else ():
            fix = fix_of(finding, checked.data)
            if finding.rule == rule.id and fix is not None and fix.safe:
                after = edited(text, fix.edits)
                difference = api.diff_texts(str(path), text.encode(), after.encode())
                assert difference.verdict in FINE, (finding, text)
                assert not any(change.strength == "weaker" for change in difference.settings), (finding, text)
                tried.append(rule.id)
    assert len(set(tried)) >= 20
