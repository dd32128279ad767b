"""The rule that files a spec names must keep: id, page and example, as for every rule of lint."""

from __future__ import annotations

from seccfg.source.rules import LoadRule

__all__ = ["FILE_RULES"]

_SPEC = """\
seccfg: 1
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: 'http://127.0.0.1:8000'}}
auth: {users: {type: api_key, in: {header: X-API-Key}, keys: {file: keys.json}}}
routes: {/notes: {get: {auth: [users], allow: authenticated}}}
"""
_RECORD = '[{"id": "k1", "sha256": "' + "0" * 64 + '", "subject": "acme"}]'

FILE_RULES: tuple[LoadRule, ...] = (
    LoadRule(
        id="REF020",
        name="named-file",
        severity="error",
        why="A key set, key record, certificate authority or schema that cannot be read protects nothing, and no default "
        "would be safe.",
        fix="Put the file where the spec says, relative to the spec and inside the project, in the form the message names. "
        "Private keys never belong there.",
        refs=("RFC7517", "CWE-321"),
        bad=_SPEC.replace("keys.json", "missing.json"),
        good=_SPEC,
        beside=(("keys.json", _RECORD),),
    ),
)
