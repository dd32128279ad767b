"""What a rule was once called stands for it wherever rules are named, and whoever still writes it is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from seccfg.cli.linting import Wish, lint
from seccfg.lint import baseline, selection
from seccfg.lint.catalogue import find
from seccfg.lint.fingerprint import fingerprint
from seccfg.record import replace
from tests.lint.conftest import TODAY

SPEC = """seccfg: 1
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: http://127.0.0.1:8000}}
routes:
  /a: {get: {public: true, reason: probe}}%s
"""
WAIVER = "waivers: [{rule: %s, at: routes./a.get, reason: probed, owner: team, expires: 2027-01-01}]\n"


@pytest.fixture(autouse=True)
def _renamed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(selection.FORMER_IDS, "LIMIT901", "LIMIT001")
    monkeypatch.setitem(selection.FORMER_IDS, "limitless-public", "LIMIT001")
    monkeypatch.chdir(tmp_path)
    Path("seccfg.toml").write_text("")


def run(text: str, wish: Wish = Wish(format="concise")) -> int:  # noqa: B008
    Path("seccfg.yaml").write_text(text)
    return lint(("seccfg.yaml",), wish, now=TODAY)


@pytest.mark.parametrize("name", ["LIMIT001", "public-without-limit"])
def test_a_waiver_takes_an_id_or_a_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of either."""
    assert run(SPEC % "" + WAIVER % name) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["LIMIT901", "limitless-public"])
def test_a_waiver_and_a_comment_take_a_former_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They silence as before; the notice names the place, and fails nothing."""
    assert run(SPEC % "" + WAIVER % name) == 0
    assert capsys.readouterr() == ("", f"notice: seccfg.yaml:6:11: `{name}` is called `LIMIT001` now\n")
    assert run(SPEC % f'  # seccfg: ignore[{name}] reason="probed"') == 0
    assert capsys.readouterr() == ("", f"notice: seccfg.yaml:5:45: `{name}` is called `LIMIT001` now\n")


def test_options_and_configuration_take_a_former_name(capsys: pytest.CaptureFixture[str]) -> None:
    """One notice a name, wherever it stands and however often."""
    assert run(SPEC % "", Wish(format="concise", ignore=("LIMIT901",))) == 0
    assert capsys.readouterr() == ("", "notice: `LIMIT901` is called `LIMIT001` now\n")
    Path("seccfg.toml").write_text('ignore = ["limitless-public"]\n[per_path."*"]\nignore = ["LIMIT901"]\n')
    assert run(SPEC % "") == 0
    notices = ["notice: `limitless-public` is called `LIMIT001` now", "notice: `LIMIT901` is called `LIMIT001` now"]
    assert capsys.readouterr().err.splitlines() == notices


def test_a_name_that_no_rule_ever_had_is_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    """With the right one beside it; the waiver silences nothing."""
    assert run(SPEC % "" + WAIVER % "public-without-limits") == 1
    said = capsys.readouterr().out
    assert "names `public-without-limits`, which is no rule; did you mean `public-without-limit`?" in said
    assert "LIMIT001" in said


def test_a_baseline_written_under_a_former_name_still_counts() -> None:
    """Its fingerprints hold the name of their day."""
    Path("seccfg.yaml").write_text(SPEC % "")
    from seccfg.cli.checking import check_spec

    checked = check_spec("seccfg.yaml", TODAY)
    (finding,) = checked.counting()
    old = replace(finding, rule="LIMIT901")
    entry = baseline.Entry("seccfg.yaml", "LIMIT901", "routes./a.get", fingerprint(old, checked.data))
    known = baseline.Baseline([entry])
    assert known.apply([finding], checked.data, "seccfg.yaml", lambda _: True)[0].ignored == baseline.IN_BASELINE
    assert known.stale() == ()
    unused = baseline.Baseline([entry])
    unused.apply([], checked.data, "seccfg.yaml", {"LIMIT001"}.__contains__)
    assert unused.stale() == (entry,)


def test_a_page_is_found_under_a_former_name() -> None:
    """`seccfg explain` prints the page of today's rule."""
    assert find("LIMIT901") == find("LIMIT001") == find("limitless-public")
