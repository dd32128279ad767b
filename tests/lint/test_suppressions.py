"""What silences a finding, when it does, and what is said of it when it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.findings import Finding, InputError
from seccfg.lint.selection import selection

Lint = Callable[..., tuple[Finding, ...]]

SPEC = """seccfg: 1
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: http://127.0.0.1:8000}}
routes:
  /a: {get: {public: true, reason: probe}}%s
%s"""
WAIVER = "waivers: [{rule: %s, at: '%s', reason: %s, owner: team, expires: %s}]\n"


def found(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.ignored) for finding in findings]


def test_a_comment_silences_its_line(lint: Lint) -> None:
    """The finding stays in the list, with the reason why it does not count."""
    assert found(lint(SPEC % ('  # seccfg: ignore[LIMIT001] reason="probed"', ""))) == [("LIMIT001", "probed")]


def test_a_comment_for_another_rule_silences_nothing(lint: Lint) -> None:
    """Only the rules it names; those that do not fire there are said to be stale."""
    findings = lint(SPEC % ('  # seccfg: ignore[INPUT001] reason="probed"', ""))
    assert found(findings) == [("LIMIT001", ""), ("REF101", "")]


def test_a_blank_reason_is_none(lint: Lint) -> None:
    """White space explains nothing."""
    assert found(lint(SPEC % ('  # seccfg: ignore[LIMIT001] reason="  "', ""))) == [("LIMIT001", ""), ("REF103", "")]


@pytest.mark.parametrize(
    "today, expected",
    [("2026-06-30", [("LIMIT001", "x")]), ("2026-07-01", [("LIMIT001", ""), ("REF102", "")])],
)
def test_a_waiver_holds_until_the_end_of_its_day(lint: Lint, today: str, expected: list[tuple[str, str]]) -> None:
    """On the day it names it still counts, on the next it does not."""
    text = SPEC % ("", WAIVER % ("LIMIT001", "routes./a.get", "x", "2026-06-30"))
    assert found(lint(text, today=today)) == expected


@pytest.mark.parametrize("place", ["routes", "routes./a", "routes./a.get.public", "/a", "routes./A.get"])
def test_a_waiver_is_for_one_place_exactly(lint: Lint, place: str) -> None:
    """A broader one would silence what is added later."""
    findings = lint(SPEC % ("", WAIVER % ("LIMIT001", place, "x", "2099-01-01")))
    assert found(findings) == [("LIMIT001", ""), ("REF101", "")]
    assert "it does at `routes./a.get`" in findings[1].message


def test_an_expired_waiver_is_not_called_stale_too(lint: Lint) -> None:
    """One finding says what to do about it."""
    text = SPEC % ("", WAIVER % ("TLS001", "tls.hsts.preload", "x", "2020-01-01"))
    assert [rule for rule, _ in found(lint(text))] == ["LIMIT001", "REF102"]


def test_nothing_is_stale_about_a_rule_that_did_not_run(lint: Lint) -> None:
    """Whether a waiver is of use is only known when its rule was looked at."""
    text = SPEC % ("", WAIVER % ("TLS001", "tls.hsts.preload", "x", "2099-01-01"))
    assert found(lint(text, ignore=("TLS",))) == [("LIMIT001", "")]
    assert found(lint(text, select=("LIMIT", "REF"))) == [("LIMIT001", "")]


def test_findings_on_suppressions_cannot_be_silenced(lint: Lint) -> None:
    """What judges waivers is not subject to waivers; it can be left out of a run."""
    text = SPEC % ("", WAIVER % ("REF101", "waivers[0]", "x", "2099-01-01"))
    assert [rule for rule, _ in found(lint(text))] == ["LIMIT001", "REF101"]
    assert found(lint(text, ignore=("REF101",))) == [("LIMIT001", "")]


def test_an_unknown_rule_is_said_to_be_one(lint: Lint) -> None:
    """With the rule that was meant."""
    (_, stale) = lint(SPEC % ("", WAIVER % ("LIMTI001", "routes./a.get", "x", "2099-01-01")))
    assert stale.message == "the waiver names `LIMTI001`, which is no rule; did you mean `LIMIT001`?"


def test_a_malformed_comment_is_a_finding_that_can_be_left_out(lint: Lint) -> None:
    """It silences nothing, and is a finding of reading."""
    text = SPEC % ("  # seccfg: ignore LIMIT001", "")
    assert [rule for rule, _ in found(lint(text))] == ["LIMIT001", "YAML022"]
    assert [rule for rule, _ in found(lint(text, ignore=("YAML022",)))] == ["LIMIT001"]


def test_areas_prefixes_and_names_select() -> None:
    """`AUTH` is an area and leaves `AUTHZ` out; an id may be begun."""
    assert selection(("AUTH",), ()).has("AUTH004")
    assert not selection(("AUTH",), ()).has("AUTHZ001")
    assert selection(("AUTHZ00",), ()).has("AUTHZ001")
    assert not selection((), ("any-audience",)).has("AUTH004")
    assert selection((), ("any-audience",)).has("AUTH003")
    assert not selection(("AUTH",), ("AUTH004",)).has("AUTH004")


@pytest.mark.parametrize("name", ["", "AUT", "AUTH9", "auth", "no-such-rule", "AUTH004X", "*"])
def test_a_name_that_means_no_rule_is_an_error_of_usage(name: str) -> None:
    """A misspelt rule would silently check nothing."""
    with pytest.raises(InputError, match="is no rule"):
        selection((name,), ())
