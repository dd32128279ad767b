"""Invariants are proven, or shown to be broken; lint and build say so; and questions are answered."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg import api
from seccfg.cli.checking import check_spec
from seccfg.diff.invariants import Proven
from seccfg.findings import InputError
from seccfg.resolve.rules import INVARIANT_RULES
from tests.diff.conftest import BASE, Versions, replaced

Prove = Callable[..., Proven]
REVERSED = "get: {allow: [{roles: [reader], if: [own-team]}, {roles: [admin]}], forbid: [blocked]}"


@pytest.fixture
def prove(versions: Versions) -> Prove:
    """The outcome of one invariant on the base spec, some texts replaced."""

    def outcome(invariant: str, edits: dict[str, str] | None = None) -> Proven:
        text = f"{replaced(BASE, edits or {})}invariants: [{invariant}]\n"
        (found,) = api.prove(api.load(versions.write("spec", text)))
        return found

    return outcome


KEPT = [
    "{never: anonymous, reaches: '* /notes/**'}",
    "{only: {roles: [admin]}, reaches: 'DELETE /**'}",
    "{never: {auth: [robots]}, reaches: '* /teams/**'}",
    "{only: {permissions: [notes.read]}, reaches: 'GET /teams/**'}",
    "{only: {auth: [mesh]}, reaches: '* /sync'}",
    "{always: [office-hours, own-team], reaches: 'POST /teams/**'}",
    "{never: {roles: [robot]}, reaches: 'POST /notes'}",
]
BROKEN = [
    ("{never: anonymous, reaches: '* /health'}", {}, "anyone"),
    ("{only: {roles: [admin]}, reaches: '* /notes/**'}", {}, "GET /v1/notes"),
    ("{always: [own-team], reaches: 'GET /teams/**'}", {}, "admin"),
    ("{never: {scopes: [notes.import]}, reaches: 'POST /notes'}", {}, "POST /v1/notes"),
    ("{only: {roles: [writer]}, reaches: 'POST /notes'}", {}, "notes.import"),
    (
        "{only: {roles: [admin]}, reaches: 'DELETE /**'}",
        {"delete: {allow: [{roles: [admin]}]": "delete: {allow: [{roles: [writer]}]"}, "writer",
    ),
    ("{never: {auth: [robots]}, reaches: '* /notes'}", {}, "robots key crawler"),
]  # fmt: skip


@pytest.mark.parametrize("invariant", KEPT)
def test_what_holds_is_proven(prove: Prove, invariant: str) -> None:
    """Proven for every request there can be."""
    found = prove(invariant)
    assert (found.kept, found.decided, found.broken_by) == (True, True, "")
    assert found.routes


@pytest.mark.parametrize("invariant, edits, by", BROKEN)
def test_what_does_not_hold_is_shown(prove: Prove, invariant: str, edits: dict[str, str], by: str) -> None:
    """By a request the reference lets pass."""
    found = prove(invariant, edits)
    assert not found.kept
    assert by in found.broken_by
    assert found.judgement is not None
    assert found.judgement.decision.allowed


def test_a_condition_that_is_asked_in_another_way_counts(prove: Prove) -> None:
    """What a route requires holds for all its grants."""
    edits = {REVERSED: f"{REVERSED[:-1]}, require: [office-hours]}}"}
    assert prove("{always: [office-hours], reaches: 'GET /teams/**'}", edits).kept


def test_no_new_access(versions: Versions, tmp_path: Path) -> None:
    """Compared with a git revision; what only narrows keeps it, what opens somebody something breaks it."""
    line = "invariants: [{no_new_access: HEAD, reaches: '* /notes/**'}]\n"
    path = versions.write("new", BASE + line)
    folder = Path(path).parent
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    (same,) = api.prove(api.load(path))
    assert (same.kept, same.decided) == (True, True)
    wider = BASE.replace("delete: {allow: [{roles: [admin]}]", "delete: {allow: [{roles: [writer]}]")
    Path(path).write_text(wider + line)
    (found,) = api.prove(api.load(path))
    assert (found.kept, found.broken_by) == (False, "`writer` may now DELETE /v1/notes/{id}")
    Path(path).write_text(wider + line.replace("/notes/**", "/teams/**"))
    (elsewhere,) = api.prove(api.load(path))
    assert elsewhere.kept
    Path(path).write_text(BASE + line.replace("HEAD", "gone"))
    (unknown,) = api.prove(api.load(path))
    assert (unknown.kept, unknown.decided) == (True, False)


@pytest.mark.parametrize("rule", INVARIANT_RULES, ids=lambda rule: rule.id)
def test_lint_says_so(rule: object, tmp_path: Path) -> None:
    """The examples of both rules: `bad` has exactly this finding, `good` none of either."""
    (tmp_path / "seccfg.toml").write_text("")
    for name, content in rule.beside:  # type: ignore[attr-defined]
        (tmp_path / name).write_text(content)
    path = tmp_path / "seccfg.yaml"
    told = {}
    for which in ("bad", "good"):
        path.write_text(getattr(rule, which))
        told[which] = {f.rule for f in check_spec(str(path), "2026-01-05").findings} & {r.id for r in INVARIANT_RULES}
    assert told == {"bad": {rule.id}, "good": set()}  # type: ignore[attr-defined]


ASKED = [
    ("who can DELETE /notes/*", ["`admin` may DELETE /v1/notes/{id}"]),
    ("who can GET /notes", ["`reader` (and so `writer`, `admin`), authenticated by `users`, may GET /v1/notes"]),
    ("Who can * /sync?", ["certificates of `mesh` may POST /v1/sync"]),
    ("what can anonymous do", ["anyone may GET /v1/health without a credential"]),
]


@pytest.mark.parametrize("text, told", ASKED)
def test_questions(versions: Versions, text: str, told: list[str]) -> None:
    """Every sentence has a request that passes."""
    found = api.query(api.load(versions.write("spec", BASE)), text)
    assert [access.sentence for access in found][: len(told)] == told
    assert all(access.asked is not None for access in found)


def test_what_a_role_can_do(versions: Versions) -> None:
    """What takes more is not listed, what its heirs may is not either."""
    loaded = api.load(versions.write("spec", BASE))
    reads = {access.route for access in api.query(loaded, "what can reader do")}
    assert "GET /v1/notes/{id}" in reads
    assert "DELETE /v1/notes/{id}" not in reads
    assert reads < {access.route for access in api.query(loaded, "what can users do")}
    assert "POST /v1/sync" in {access.route for access in api.query(loaded, "what can robot do")}


@pytest.mark.parametrize("text", ["why", "who can GET notes", "what can stranger do", "who can GET /nowhere", "what can do"])
def test_what_is_no_question(versions: Versions, text: str) -> None:
    """Said with what would be one."""
    with pytest.raises(InputError):
        api.query(api.load(versions.write("spec", BASE)), text)
