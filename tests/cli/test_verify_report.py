"""What `seccfg verify` prints and returns for each way a run can end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seccfg import api
from seccfg.cli.commands import call
from seccfg.ir.request import Decision, Request
from seccfg.record import replace
from seccfg.targetapi.base import Gap
from seccfg.verify.run import Difference, EngineReport, GapReport, Report, TargetReport

EXPECTED = Decision("refuse", 401, "no_credential", "authenticate")
ACTUAL = Decision("pass", 200, "pass", "forward")
DIFFERENCE = Difference("notes/anonymous", 2, Request("GET", "/notes", ()), EXPECTED, ACTUAL, ("outcome", "status"))
SOUND = EngineReport("python-asgi", 10, 0, ())
GAP = Gap("open-door", ("routes", "/health", "get"), "approximate", "The door is a curtain.", "anybody", True)


def report(
    *engines: EngineReport, gaps: tuple[GapReport, ...] = (), missing: tuple[tuple[str, str, str], ...] = ()
) -> Report:
    return Report("0" * 64, 10, 7, (), (), (TargetReport("python", engines, missing, gaps),))


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The minimal spec in the current folder."""
    minimal = Path(__file__).parents[2] / "examples" / "minimal"
    (tmp_path / "keys").mkdir()
    for name in ("seccfg.yaml", "keys/users.json"):
        (tmp_path / name).write_bytes((minimal / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def verified(
    made: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """Exit code, output and errors of a run whose report is *made*."""
    monkeypatch.setattr(api, "verify", lambda *_: made)
    code = call(["verify", "seccfg.yaml", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.mark.usefixtures("spec")
def test_agreement_is_fine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts per engine and in all, and that the keys were not the real ones."""
    code, out, err = verified(report(SOUND), monkeypatch, capsys)
    assert (code, err) == (0, "")
    assert out == (
        "seccfg.yaml: 10 boundary requests; keys were exchanged\n"
        "python on python-asgi: 10 requests, 10 agree, 0 differ\n"
        "10 requests, 10 agree, 0 differ\n"
    )


@pytest.mark.usefixtures("spec")
def test_a_difference_fails_and_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The request, both decisions, and where they differ; of many, the first few."""
    many = EngineReport("python-asgi", 30, 14, (DIFFERENCE,) * 14)
    code, out, _ = verified(report(many), monkeypatch, capsys)
    assert code == 1
    assert (
        "  notes/anonymous, request 2: GET /notes\n"
        "    reference: refuse 401 no_credential\n"
        "    engine:    pass 200 pass\n"
        "    differ in: outcome, status\n"
    ) in out
    assert out.count("request 2") == 10
    assert "  and 4 more\n" in out
    assert out.endswith("30 requests, 16 agree, 14 differ\n")


@pytest.mark.usefixtures("spec")
def test_headers_that_differ_are_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Both values, or that there is none; identity headers as what was passed on."""
    expected = replace(EXPECTED, headers=(("allow", "GET"),), forwarded=(("x-user", "alice"),))
    actual = replace(EXPECTED, headers=(("vary", "Origin"),))
    difference = Difference("x", 1, Request("GET", "/", ()), expected, actual, ("allow", "forwarded", "vary"))
    _, out, _ = verified(report(EngineReport("python-asgi", 1, 1, (difference,))), monkeypatch, capsys)
    assert "    allow: `GET`, not none\n    vary: none, not `Origin`\n" in out
    assert "    forwarded: `x-user: alice`, not nothing\n" in out


@pytest.mark.usefixtures("spec")
def test_an_engine_that_breaks_off_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What it had answered until then proves nothing."""
    code, out, _ = verified(
        report(SOUND, EngineReport("python-wsgi", 3, 0, (), "the server went away")), monkeypatch, capsys
    )
    assert code == 1
    assert "  broke off: the server went away\n" in out


@pytest.mark.usefixtures("spec")
def test_an_engine_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how to get it; the others count."""
    code, out, _ = verified(report(SOUND, missing=(("opa", "no opa here", "install opa"),)), monkeypatch, capsys)
    assert code == 0
    assert "python on opa: not run: no opa here; install opa\n" in out


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize("accepted, code", [(False, 5), (True, 0)])
def test_a_gap_is_shown_with_its_price(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], accepted: bool, code: int
) -> None:
    """Where build would refuse, so does verify."""
    gap = GapReport(GAP, accepted, not accepted, 3, "health/anonymous")
    ended, out, _ = verified(report(SOUND, gaps=(gap,)), monkeypatch, capsys)
    assert ended == code
    assert "  open-door at routes./health.get" in out
    assert f"    {'accepted' if accepted else 'blocks'}: approximate, widens access\n" in out
    assert "    3 scenarios are decided differently, such as health/anonymous\n" in out


@pytest.mark.usefixtures("spec")
def test_json_is_the_reports_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but JSON on standard output."""
    code, out, err = verified(report(SOUND), monkeypatch, capsys, "--format", "json")
    assert (code, err) == (0, "")
    value = json.loads(out)
    assert (value["version"], value["requests"], value["agree"], value["differ"]) == (1, 10, 10, 0)
