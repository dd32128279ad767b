"""What the loader says of a file that is no spec."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seccfg.findings import SpecError
from seccfg.spec import loader

HEAD = """\
seccfg: 1
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: http://127.0.0.1:8000}}
auth:
  users: {type: oidc, issuer: https://id.example.com/, audiences: [notes], algorithms: [RS256]}
"""


def lines(language: Any, text: str) -> list[str]:
    return [str(finding).removeprefix("seccfg.yaml:") for finding in language.text_findings(text)]


def test_all_findings_at_once_in_source_order(language: Any) -> None:
    """One run names everything that is wrong, from the top of the file to its end, each at its place."""
    text = HEAD + (
        "roles: {viewer: {}}\n"
        "rate_limits: {per-ip: {limit: many, window: 15 minutes, by: ip}}\n"
        "defaults: {auth: [user], rate_limit: [per-ip]}\n"
        "routes:\n"
        "  /notes:\n"
        "    get: {allow: [{roles: [veiwer]}]}\n"
        "    delete: {public: true}\n"
    )
    assert lines(language, text) == [
        "7:31: error[DATA003] `limit` must be a whole number, not text",
        "7:45: error[DATA004] `window` is not a duration: write a whole number and one of `s m h d`, such as `15m`",
        "8:19: error[REF001] unknown auth method `user`; did you mean `users`?",
        "8:26: error[DATA001] unknown key `rate_limit` in `defaults`; did you mean `rate_limits`?",
        "11:28: error[REF002] unknown role `veiwer`; did you mean `viewer`?",
        "12:5: error[AUTHZ102] `DELETE /notes` is public and gives no `reason`",
    ]


def test_a_broken_part_breaks_nothing_else(language: Any) -> None:
    """What refers to a part that could not be read is not called unknown: one mistake, one finding."""
    text = HEAD + (
        "roles: {viewer: {permission: [notes.read]}, editor: {inherits: viewer}}\n"
        "conditions: {mine: 7}\n"
        "routes:\n"
        "  /notes: {get: {auth: [users], allow: [{roles: [editor], permissions: [notes.read], if: [mine]}]}}\n"
    )
    assert lines(language, text) == [
        "6:18: error[DATA001] unknown key `permission` in `viewer`; did you mean `permissions`?",
        "6:64: error[DATA003] `inherits` must be a list, not text",
        "7:20: error[DATA003] `mine` must be a condition, not a number",
    ]


def test_missing_keys_are_named_at_their_map(language: Any) -> None:
    """A required key that is not there is reported where its map stands."""
    assert lines(language, "seccfg: 1\nservice: {name: notes}\nroutes: {/x: {get: {public: true, reason: x}}}\n") == [
        "1:1: error[DATA002] the spec lacks `upstreams`",
        "2:1: error[DATA002] `service` lacks `hosts`",
    ]


@pytest.mark.parametrize("text", ["[]", "7", "null", "true", '"x"', "{}"])
def test_the_top_is_a_map(language: Any, text: str) -> None:
    """Whatever is no map of the language is refused with a finding, not a traceback."""

    class Plain:
        data = json.loads(text)
        span = staticmethod(lambda path, key=False: language.read("a: 1").span(()))
        line = staticmethod(lambda path, number: "")

    with pytest.raises(SpecError):
        loader.load(Plain())


def test_keys_that_are_no_text_are_refused(language: Any) -> None:
    """A key of another kind, which no reader of ours makes, is a finding."""

    class Plain:
        data = {**language.minimal, 7: "x"}
        span = staticmethod(lambda path, key=False: language.read("a: 1").span(()))
        line = staticmethod(lambda path, number: "")

    with pytest.raises(SpecError, match="a key that is not text"):
        loader.load(Plain())


def test_messages_use_no_words_of_python(language: Any) -> None:
    """Every kind of node at every place of the example: no message names a type of Python or breaks its line."""
    words = ("NoneType", "None", "dict", "str ", "str`", "int ", "bool", "tuple", "float", "object", "Traceback")
    for key, value in language.example.items():
        for other in (None, True, 7, 1.5, "x\ny", [], {}, [1], {"x": 1}):
            if type(other) is type(value):
                continue
            for finding in language.findings({**language.example, key: other}):
                assert not any(
                    word in finding.message for word in words if word != "bool" or "boolean" not in finding.message
                )
                assert "\n" not in finding.message + finding.help
                assert finding.help


SECRETS = [
    ("clients", "nightly", "secret"),
    ("auth", "partner", "keys"),
    ("auth", "mesh", "ca"),
    ("audit", "subject", "keyed_hash"),
    ("audit", "sinks", "siem", "token"),
    ("audit", "sinks", "siem", "url"),
    ("audit", "sinks", "dd", "api_key"),
]


@pytest.mark.parametrize("path", SECRETS, ids=".".join)
@pytest.mark.parametrize(
    "form",
    ["{}", '{{"env": "{}"}}', '{{"file": "/{}"}}', '{{"value": "{}"}}', '{{"{}": "x"}}', '["{}"]', '{{"env": ["{}"]}}'],
)
def test_no_secret_is_ever_repeated(language: Any, lay_on: Any, path: tuple[str, ...], form: str) -> None:
    """Whatever form a literal secret is written in where a reference belongs, it is refused and no message holds it."""
    secret = "hunter2-correct horse"
    node: Any = secret if form == "{}" else json.loads(form.format(secret))
    if path[-1] == "url" and form == "{}":
        node = f"https://user:{secret}@siem.example.com/".replace(" ", "")
        secret = secret.replace(" ", "")
    data = json.loads(json.dumps(language.example))
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = node
    found = language.findings(data)
    assert found
    assert not any(secret in finding.message + finding.help for finding in found)
    assert {finding.rule for finding in found} <= {"AUTH101", "DATA003", "DATA004", "DATA008"}
    if form == "{}" and path[-1] != "url":
        assert [finding.rule for finding in found] == ["AUTH101"]


@pytest.mark.parametrize(
    "written, place",
    [
        ("  own: principal.subject == tenant\n", "7:29"),
        ("  own: 'principal.subject == tenant'\n", "7:30"),
        ('  own: "principal.subject == tenant"\n', "7:30"),
        ("  own: >-\n    principal.subject ==\n    tenant\n", "9:5"),
        ("  own: |\n    principal.subject == tenant\n", "8:26"),
        ("  own: principal.subject ==\n    tenant\n", "8:5"),
    ],
)
def test_places_inside_conditions(language: Any, written: str, place: str) -> None:
    """A finding in a condition points into its text, however YAML writes the text."""
    routes = "routes: {/notes: {get: {public: true, reason: x}}}\n"
    (finding,) = language.text_findings(HEAD + "conditions:\n" + written + routes)
    assert (finding.rule, f"{finding.at.line}:{finding.at.column}") == ("AUTHZ111", place)


def test_values_stay_as_written(language: Any) -> None:
    """Durations, sizes and URLs are texts in the Spec: an issuer is compared byte for byte."""
    spec = language.load("upstreams: {main: {timeout: 60s}}")
    users = spec.auth["users"]
    assert users.type == "oidc"
    assert (users.issuer, spec.upstreams["main"].timeout) == ("https://id.example.com/", "60s")
    assert spec.routes["/notes"].post.pos == ("routes", "/notes", "post")


def test_equal_specs_are_equal_wherever_they_stand(language: Any) -> None:
    """Places take no part in equality."""
    text = (HEAD + "routes: {/notes: {get: {public: true, reason: x}}}\n").replace("notes.example.com", "n.example.com")
    assert loader.load(language.read(text)) == loader.load(language.read("\n\n" + text))


def test_a_spec_knows_where_it_stands(language: Any) -> None:
    """`Spec.span` gives the place of any path."""
    spec = loader.load(language.read(HEAD + "routes: {/notes: {get: {public: true, reason: x}}}\n"))
    span = spec.span(("auth", "users", "issuer"))
    assert (span.line, span.column) == (5, 31)


def test_a_hopeless_file_comes_to_an_end(language: Any) -> None:
    """Thousands of unknown names give thousands of findings; only the first are compared with what is known."""
    roles = {f"role{number}": {} for number in range(1000)}
    grants = [{"roles": [f"rolle{number}"]} for number in range(2000)]
    data = {**language.minimal, "roles": roles, "routes": {"/x": {"get": {"allow": grants}}}}
    found = language.findings(data)
    assert len(found) == 2000
    assert found[0].message.endswith("did you mean `role0`?")
    assert found[-1].message == "unknown role `rolle1999`"


@pytest.mark.parametrize(
    "written, message",
    [
        ("routes: {/x: {gett: {}}}", "unknown key `gett` in `/x`; did you mean `get`?"),
        ("routes: {/x: {get: {public: true, raeson: x}}}", "unknown key `raeson` in `get`; did you mean `reason`?"),
        ("upstreams: {other: {urll: http://h}}", "unknown key `urll` in `other`; did you mean `url`?"),
        ("clients: {c: {flow: device_cod}}", "`device_cod` is no value of `flow`; did you mean `device_code`?"),
        (
            "clients: {c: {fow: device_code}}",
            "`c` lacks `flow`, which is `authorization_code`, `client_credentials` or `device_code`",
        ),
        ("audit: {subject: {keyed_hash: {evn: X}}}", "`keyed_hash` may only say `env` or `file`"),
    ],
)
def test_one_slip_is_one_finding(language: Any, written: str, message: str) -> None:
    """A misspelt key is not also called missing."""
    data = language.on_minimal(written)
    if "upstreams" in written:
        data["defaults"] = {**data["defaults"], "upstream": "main"}
    assert [finding.message for finding in language.findings(data)] == [message]
