"""The rule that files a spec names must keep: id, page and example, as for every rule of lint."""

from __future__ import annotations

from seccfg.source.rules import LoadRule

__all__ = ["FILE_RULES", "INVARIANT_RULES"]

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

_OPEN = """\
seccfg: 1
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: 'http://127.0.0.1:8000'}}
auth: {users: {type: api_key, in: {header: X-API-Key}, keys: {file: keys.json}, asserts: {roles: [reader]}}}
roles: {reader: {permissions: [notes.read]}}
routes: {/notes: {get: {auth: [users], allow: authenticated}}}
invariants: [{only: {roles: [reader]}, reaches: 'GET /notes'}]
"""

INVARIANT_RULES: tuple[LoadRule, ...] = (
    LoadRule(
        id="AUTHZ090",
        name="broken-invariant",
        severity="error",
        why="The spec says what must always hold of its routes, and a request shows that it does not.",
        fix="Narrow the route that the message names, or change the invariant where it asks for too much.",
        refs=("OWASP-API-2023:API5", "CWE-285"),
        bad=_OPEN,
        good=_OPEN.replace("allow: authenticated", "allow: [{roles: [reader]}]"),
        beside=(("keys.json", _RECORD),),
    ),
    LoadRule(
        id="AUTHZ091",
        name="invariant-not-proven",
        severity="warning",
        why="Nothing was found that breaks the invariant, and it could not be proven either: it may not hold.",
        fix="Install `seccfg[prove]`, say the conditions of the route in a simpler way, or make the revision available that "
        "`no_new_access` names.",
        refs=("CWE-285",),
        bad=_OPEN.replace("{only: {roles: [reader]}, reaches", "{no_new_access: no-such-revision, reaches"),
        good=_OPEN.replace("allow: authenticated", "allow: [{roles: [reader]}]"),
        beside=(("keys.json", _RECORD),),
    ),
)
