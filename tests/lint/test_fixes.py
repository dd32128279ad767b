"""Fixes: what they write, that they are proven, that one which widens access is never safe."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg.cli import fixing
from seccfg.cli.checking import check_spec
from seccfg.cli.commands import call
from seccfg.lint import fixes
from seccfg.lint.fixes import Fix, fix_of
from seccfg.lint.fixes.texts import TEXTS
from seccfg.source.edit import SetValue, edited
from seccfg.source.yaml import load
from tests.conftest import EXAMPLES
from tests.lint.conftest import TODAY, spec_text

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


def test_every_fix_of_loading_has_a_case() -> None:
    """One that nobody tries may write anything. Rules of lint are tried on their own examples."""
    assert set(TEXTS) == {*NAMES, "DATA001", "YAML009"}


CLIENT = (
    "clients: {nightly: {flow: client_credentials, tokens: users, client_id: n, token_url: https://id.example.com/t, "
    "secret: {env: S}}}\n"
)
NAMES = {
    "DATA006": ("tls: {plain_http: %s}", "redirct", "redirect"),
    "REF001": ("routes: {/a: {get: {auth: [%s], allow: authenticated}}}", "user", "users"),
    "REF002": ("roles: {viewer: {}}\nroutes: {/a: {get: {allow: [{roles: [%s]}]}}}", "veiwer", "viewer"),
    "REF003": ("conditions: {mine: request.method == 'GET'}\nroutes: {/a: {get: {allow: [{if: [%s]}]}}}", "mien", "mine"),
    "REF004": ("routes: {/a: {get: {rate_limits: [%s], allow: authenticated}}}", "per-ipp", "per-ip"),
    "REF005": ("cors: {web: {origins: [https://a.example.com]}}\ndefaults: {cors: %s}", "wep", "web"),
    "REF006": (
        "network: {profiles: {office: {allow: [192.0.2.0/24]}}}\nroutes: {/a: {get: {network: %s, allow: authenticated}}}",
        "ofice",
        "office",
    ),
    "REF007": ("routes: {/a: {get: {upstream: %s, allow: authenticated}}}", "mian", "main"),
    "REF008": (CLIENT + "routes: {/a: {get: {allow: [{clients: [%s]}]}}}", "nightli", "nightly"),
    "REF009": (
        "roles: {viewer: {permissions: [a.read]}}\nroutes: {/a: {get: {allow: [{permissions: [%s]}]}}}", "a.raed", "a.read"
    ),
    "REF014": (
        "targets: {python: {package: p}}\n"
        "accept: [{target: %s, gap: g, at: tls, reason: r, owner: o, expires: '2027-01-01'}]",
        "pyhton",
        "python",
    ),
    "REF015": ("tls: {certificates: [{host: %s, file: k.pem}]}", "note.example.com", "notes.example.com"),
}  # fmt: skip
"""A part of a spec with a name in it, one that is nearly right, and the right one."""


@pytest.mark.parametrize("rule", NAMES)
def test_a_name_that_is_nearly_one_becomes_it(write: Write, rule: str) -> None:
    """Only when asked for: nothing can be compared with a spec that did not load."""
    part, wrong, right = NAMES[rule]
    text = spec_text(part % wrong)
    found = [finding for finding in check_spec(str(write(text)), TODAY).findings if finding.rule == rule]
    assert len(found) == 1, found
    fix = fix_of(found[0], None)
    assert fix is not None, found
    assert not fix.safe
    assert edited(text, fix.edits) == spec_text(part % right)


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
