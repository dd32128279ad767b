"""Edits of the examples, and the verdict each must give."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from seccfg import api
from seccfg.diff.model import Difference

EDITS = [
    ("guide", "needed level", "required_level: 3", "required_level: 2", "WIDENS"),
    ("guide", "or instead of and", "resource.department && principal", "resource.department || principal", "WIDENS"),
    (
        "guide",
        "delete for viewers",
        "delete: {allow: [{roles: [admin]}]}",
        "delete: {allow: [{roles: [viewer]}]}",
        "WIDENS",
    ),
    (
        "guide",
        "a permission for its role",
        "get: {allow: [{permissions: [documents.read]",
        "get: {allow: [{roles: [viewer]",
        "EQUIVALENT",
    ),
    (
        "guide",
        "another audience",
        "audiences: [https://api.example.com]",
        "audiences: [https://api.example.org]",
        "BOTH",
    ),
    ("guide", "a header less", "Cache-Control: no-store", "Cache-Control: private", "NON-AUTHZ"),
    (
        "guide",
        "a path more",
        "  /users/{user_id}:",
        "  /users/me: {get: {allow: authenticated}}\n  /users/{user_id}:",
        "BOTH",
    ),
    ("orders", "no second grant", "{permissions: [orders.write], if: [office-hours, small-order]}, ", "", "NARROWS"),
    ("orders", "no tenant asked for", "    require: [own-tenant]            #", "    #", "WIDENS"),
    ("orders", "nobody suspended", "  forbid: [suspended]\n", "", "WIDENS"),
    ("orders", "one credential of two", "auth: [{all: [mesh, staff]}]", "auth: [mesh]", "WIDENS"),
    ("orders", "a longer cookie session", "absolute_ttl: 24h", "absolute_ttl: 48h", "NON-AUTHZ"),
    ("orders", "shorter tokens", "max_token_age: 15m", "max_token_age: 10m", "NARROWS"),
    (
        "orders",
        "the office elsewhere",
        "office:   {allow: [198.51.100.0/24]}",
        "office:   {allow: [203.0.113.0/25]}",
        "BOTH",
    ),
    (
        "orders",
        "office hours turned round",
        "request.hour >= 7 && request.hour < 19",
        "19 > request.hour && 7 <= request.hour",
        "EQUIVALENT",
    ),
    ("orders", "a deny-listed address", "deny: [203.0.113.66/32]", "deny: [203.0.113.64/30]", "NARROWS"),
    ("minimal", "a scope less", "allow: [{scopes: [notes.write]}]", "allow: authenticated", "WIDENS"),
    ("minimal", "a scope more", "scopes: [notes.write]", "scopes: [notes.write, notes.read]", "NARROWS"),
    ("minimal", "no limit by address", ", rate_limits: [per-ip]}", "}", "NON-AUTHZ"),
    ("tictactoe", "nothing but a comment", "seccfg: 1\n", "seccfg: 1\n# reviewed\n", "EQUIVALENT"),
]


def compared(root: Path, folder: Path, example: str, old: str, new: str) -> Difference:
    """The example beside itself with one text replaced."""
    for version in ("before", "after"):
        shutil.copytree(root / "examples" / example, folder / version)
        (folder / version / "seccfg.toml").write_text("")
    path = folder / "after" / "seccfg.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return api.diff(str(folder / "before" / "seccfg.yaml"), str(path))


@pytest.mark.parametrize(
    "example, old, new, verdict", [(e[0], *e[2:]) for e in EDITS], ids=[f"{e[0]}: {e[1]}" for e in EDITS]
)
def test_verdict(root: Path, tmp_path: Path, example: str, old: str, new: str, verdict: str) -> None:
    """One edit, one word, and a request for every sentence."""
    found = compared(root, tmp_path, example, old, new)
    assert found.verdict == verdict
    for change in found.access:
        assert change.witness is not None, change.sentence
        assert change.witness.old.allowed == (change.direction == "narrows")
        assert change.witness.new.allowed == (change.direction == "widens")


def test_an_environment_whose_overlay_differs(root: Path, tmp_path: Path) -> None:
    """What only `staging` does differently is told, and says so."""
    text = (root / "examples/orders/seccfg.yaml").read_text()
    at = text.index("environments:")
    line = text[at:].index("login.staging.example.com") + at
    found = compared(
        root, tmp_path, "orders", text[line - 8 : line + 26], text[line - 8 : line + 26].replace("login.", "login2.")
    )
    assert found.verdict == "BOTH"
    assert all(change.sentence.endswith(", in the environment `staging`") for change in found.access)
