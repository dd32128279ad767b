"""Edits of records of API keys, written by hand, and what is said of each; and of a body's attribute."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg import api
from seccfg.diff.model import Difference
from tests.diff.shown import shown_by_requests

Edited = Callable[..., Difference]
Edits = dict[str, str]
ROOT = Path(__file__).resolve().parents[2]


def changed(records: list[dict[str, object]], ident: str, **members: object) -> dict[str, str]:
    """The file of key records with one of them changed; a member that is None goes."""
    found = [{**record, **members} if record["id"] == ident else record for record in records]
    return {"keys/robots.json": json.dumps([{k: v for k, v in record.items() if v is not None} for record in found])}


@pytest.mark.parametrize(
    "ident, members, verdict, said",
    [
        ("crawler", {"roles": ["reader", "robot"]}, "EQUIVALENT", ""),
        ("old", {"roles": ["reader"]}, "WIDENS", "key `old` of `robots` may now GET /v1/notes"),
        ("crawler", {"roles": []}, "NARROWS", "key `crawler` of `robots` may no longer GET /v1/notes"),
        ("sync", {"expires": "2027-06-01T00:00:00Z"}, "WIDENS", "key `sync` of `robots` is now valid longer"),
        ("sync", {"expires": "2026-02-01T00:00:00Z"}, "NARROWS", "key `sync` of `robots` is no longer valid that long"),
        ("sync", {"not_before": "2026-01-01T00:00:00Z"}, "NARROWS", "key `sync` of `robots` is no longer valid that early"),
        ("crawler", {"addresses": ["192.0.2.0/24"]}, "NARROWS", "may no longer be used from"),
        ("crawler", {"sha256": "9" * 64}, "BOTH", "former key `crawler` of `robots` may no longer GET /v1/notes"),
        ("crawler", {"id": "spider"}, "BOTH", "new key `spider` of `robots` may now GET /v1/notes"),
    ],
)  # fmt: skip
def test_key_records(
    edited: Edited, records: list[dict[str, object]], ident: str, members: dict[str, object], verdict: str, said: str
) -> None:
    """The records of a key file are part of the spec, wherever the file says who may do what."""
    found = edited({}, changed(records, ident, **members))
    assert found.verdict == verdict
    assert any(said in change.sentence for change in found.access) or not said
    shown_by_requests(found)


def test_secrets_are_not_shown(edited: Edited, records: list[dict[str, object]]) -> None:
    """Neither hashes of keys nor credentials of witnesses stand in anything that is printed."""
    from seccfg.cli.console import Style
    from seccfg.cli.render.difference import text
    from seccfg.cli.render.difference_json import as_json
    from seccfg.cli.render.difference_markdown import markdown

    found = edited({}, changed(records, "crawler", sha256="9" * 64))
    for shown in (text(found, Style(False), 80), as_json(found), markdown(found)):
        assert "9" * 64 not in shown
        assert "1" * 64 not in shown
        assert "witness-" not in shown, "a generated key is a credential as well"
        assert "eyJ" not in shown, "so is a token"


def test_a_body_no_schema_takes_shows_no_widening(tmp_path: Path) -> None:
    """An amount read where the schema asks for an object: nobody passes with a number there, whatever the condition says."""
    import shutil

    shutil.copytree(ROOT / "examples" / "orders", tmp_path / "orders")
    spec = tmp_path / "orders" / "seccfg.yaml"
    text = spec.read_text()
    spec.write_text(text.replace("from: {body: [order, amount]}", "from: {body: [order]}"))
    assert spec.read_text() != text
    found = api.diff(str(ROOT / "examples" / "orders" / "seccfg.yaml"), str(spec))
    assert found.verdict == "NARROWS"
    assert all(change.decided and change.witness for change in found.access)
