"""Fixes: what they write, that they are proven, that one which widens access is never safe."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg.cli import fixing
from seccfg.cli.commands import call
from seccfg.lint import fixes
from seccfg.lint.fixes import FIXES, Fix
from seccfg.source.edit import SetValue
from seccfg.source.yaml import load
from tests.conftest import EXAMPLES

MINIMAL = """\
seccfg: 1
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: http://127.0.0.1:8000}}
auth:
  users: {type: oidc, issuer: https://id.example.com/, audiences: [notes], algorithms: [RS256], jwks: {file: keys/users.json}}
rate_limits: {per-ip: {limit: 100, window: 15m, by: ip}}
defaults: {auth: [users], rate_limits: [per-ip]}
routes:
  /notes:
    get: {allow: authenticated}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """`write(text)`: seccfg.yaml in the current folder, with the keys of the minimal example."""
    shutil.copytree(EXAMPLES / "minimal" / "keys", tmp_path / "keys")
    (tmp_path / ".git").touch()
    monkeypatch.chdir(tmp_path)

    def make(text: str) -> Path:
        (tmp_path / "seccfg.yaml").write_text(text)
        return tmp_path / "seccfg.yaml"

    return make


CASES = {
    "AUDIT001": ("audit: {redact: [X-Other]}\n", "audit: {redact: [X-Other, Authorization]}\n", True),
    "TLS001": (
        "tls: {hsts: {max_age: 90d, include_subdomains: true, preload: true}}\n",
        "tls: {hsts: {max_age: 365d, include_subdomains: true, preload: true}}\n",
        True,
    ),
    "REF101": ("waivers: [{rule: CORS001, at: cors, reason: x, owner: me, expires: 2027-01-01}]\n", "", True),
    "AUTHZ004": ("roles: {idle: {permissions: [a.b]}}\n", "", False),
    "DATA001": ("adit: {required: true}\n", "audit: {required: true}\n", False),
    "YAML009": ("forward: {credentials: no}\n", "forward: {credentials: false}\n", False),
}


def test_every_fix_has_a_case() -> None:
    """One that nobody tries may write anything."""
    assert set(CASES) == set(FIXES)


@pytest.mark.parametrize("rule", [rule for rule in CASES if rule != "YAML009"])
def test_a_fix_writes_what_it_says(write: Write, rule: str) -> None:
    """An unsafe one only when asked for; nothing else of the file changes."""
    before, after, safe = CASES[rule]
    path = write(MINIMAL + before)
    call(["lint", "--fix", "--select", f"{rule},CORS001", "--now", "2026-01-05"])
    assert path.read_text() == (MINIMAL + after if safe else MINIMAL + before)
    call(["lint", "--fix", "--unsafe-fixes", "--select", f"{rule},CORS001", "--now", "2026-01-05"])
    assert path.read_text() == MINIMAL + after


def test_a_look_alike_of_a_boolean_becomes_one(write: Write) -> None:
    """Only when asked for: the spec did not load before, so nothing can be proven."""
    text = MINIMAL.replace("audiences: [notes]", "audiences: [notes]").replace("tls:", "tls:")
    path = write(text + "audit: {required: no}\n")
    assert call(["lint", "--fix", "--now", "2026-01-05"]) == 2
    assert "required: no" in path.read_text()
    call(["lint", "--fix", "--unsafe-fixes", "--now", "2026-01-05"])
    assert "required: false" in path.read_text()


def test_a_fix_that_widens_is_not_safe_whatever_it_claims(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried, `diff` says it widens, and it is left alone; asked for, it is made."""
    opens = SetValue(("routes", "/notes", "get"), {"public": True, "reason": "why not"})
    monkeypatch.setattr(fixes, "FIXES", {"TLS001": lambda _: Fix("open it", (opens, *_preload()), True)})
    path = write(MINIMAL + CASES["TLS001"][0])
    call(["lint", "--fix", "--select", "TLS001", "--now", "2026-01-05"])
    assert path.read_text() == MINIMAL + CASES["TLS001"][0]
    call(["lint", "--fix", "--unsafe-fixes", "--select", "TLS001", "--now", "2026-01-05"])
    assert load(path.read_bytes(), "x").data["routes"]["/notes"]["get"]["public"] is True


def _preload() -> tuple[SetValue, ...]:
    return (SetValue(("tls", "hsts", "max_age"), "365d"),)


def test_a_fix_that_weakens_a_protection_is_not_safe(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A larger limit is no access, and no safe fix either."""
    loose = SetValue(("rate_limits", "per-ip", "limit"), 100_000)
    monkeypatch.setattr(fixes, "FIXES", {"TLS001": lambda _: Fix("loosen", (loose, *_preload()), True)})
    path = write(MINIMAL + CASES["TLS001"][0])
    call(["lint", "--fix", "--select", "TLS001", "--now", "2026-01-05"])
    assert path.read_text() == MINIMAL + CASES["TLS001"][0]


def test_a_fix_that_breaks_the_spec_is_dropped(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when asked for."""
    monkeypatch.setattr(fixes, "FIXES", {"TLS001": lambda _: Fix("break", (SetValue(("routes",), 1),), True)})
    path = write(MINIMAL + CASES["TLS001"][0])
    call(["lint", "--fix", "--unsafe-fixes", "--select", "TLS001", "--now", "2026-01-05"])
    assert path.read_text() == MINIMAL + CASES["TLS001"][0]


def test_a_patch_is_one(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """`git apply` takes it; nothing is written, and the exit code is that of a change."""
    import subprocess

    path = write(MINIMAL + CASES["TLS001"][0])
    assert call(["lint", "--diff", "--select", "TLS001", "--now", "2026-01-05"]) == 4
    assert path.read_text() == MINIMAL + CASES["TLS001"][0]
    shown = capsys.readouterr().out
    (path.parent / ".git").unlink()
    subprocess.run(["git", "apply", "-"], input=shown.encode(), cwd=path.parent, check=True)
    assert path.read_text() == MINIMAL + CASES["TLS001"][1]
    assert call(["lint", "--diff", "--select", "TLS001", "--now", "2026-01-05"]) == 0


def test_ignored_findings_are_left_alone(write: Write) -> None:
    """Somebody said why they stand."""
    text = MINIMAL + CASES["TLS001"][0].replace("\n", '  # seccfg: ignore[TLS001] reason="soon"\n')
    path = write(text)
    call(["lint", "--fix", "--now", "2026-01-05"])
    assert path.read_text() == text


def test_a_patch_says_where_a_file_ends_without_a_line_end() -> None:
    """As git does."""
    assert "\\ No newline at end of file" in fixing.patch("x.yaml", "a: 1", "a: 1\n")
