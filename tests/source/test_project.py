"""Which files belong together: root, specs, includes, overlays, files beside the spec."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg.findings import Finding, InputError, SourceError
from seccfg.source.project import (
    environments,
    find_specs,
    load_spec_document,
    open_spec,
    project_root,
    read_beside,
)

Write = Callable[..., str]


def refused(path: str, env: str | None = None) -> list[str]:
    """Each finding as file name, line, column and rule."""
    return [f"{os.path.basename(f.at.path)}:{f.at.line}:{f.at.column} {f.rule}" for f in findings_of(path, env)]


def findings_of(path: str, env: str | None = None) -> tuple[Finding, ...]:
    with pytest.raises(SourceError) as error:
        load_spec_document(path, env)
    return error.value.findings


# ----------------------------------------------------------------- root and specs


@pytest.mark.parametrize(
    "marker, text",
    [
        ("seccfg.toml", ""),
        ("pyproject.toml", "[tool.seccfg]\n"),
        ("pyproject.toml", "[tool]\nseccfg = {}\n"),
        ("pyproject.toml", "tool = {seccfg = {}}\n"),
        (".git", "gitdir: elsewhere\n"),
    ],
)
def test_the_root_is_the_nearest_folder_with_a_marker(marker: str, text: str, tmp_path: Path) -> None:
    """Configuration or repository, whichever is nearer."""
    inner = tmp_path / "outer" / "inner" / "api"
    inner.mkdir(parents=True)
    (tmp_path / "outer" / ".git").mkdir()
    (tmp_path / "outer" / "inner" / marker).write_text(text)
    (inner / "pyproject.toml").write_text("[project]\nname = 'seccfg-user'\ndependencies = ['seccfg']\n")
    assert project_root(str(inner / "seccfg.yaml")) == str(tmp_path / "outer" / "inner")
    assert project_root(str(inner)) == str(tmp_path / "outer" / "inner")


def test_without_a_marker_the_root_is_the_specs_folder(tmp_path: Path) -> None:
    """So that a spec alone in a folder reads nothing above it."""
    assert project_root(str(tmp_path / "seccfg.yaml")) == str(tmp_path)


def test_specs_are_found_below_the_root(write: Write, tmp_path: Path) -> None:
    """All three names, sorted; not in hidden, dependency or build folders, not through links."""
    for name in (
        "seccfg.yaml", "b/seccfg.yml", "a/deep/seccfg.json", "a/other.yaml", ".hidden/seccfg.yaml",
        "a/.venv/seccfg.yaml",
        "node_modules/x/seccfg.yaml", "build/seccfg.yaml", "a/dist/seccfg.yaml", "venv/seccfg.yaml", "out/seccfg.yaml",
    ):  # fmt: skip
        write(name, "seccfg: 1\n")
    root = tmp_path / "project"
    os.symlink(root / "a", root / "link")
    found = [os.path.relpath(path, root) for path in find_specs(str(root), ("out",))]
    assert found == ["a/deep/seccfg.json", "b/seccfg.yml", "seccfg.yaml"]
    with pytest.raises(InputError):
        find_specs(str(root / "missing"))


def test_specs_below_the_working_folder_have_short_names(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Findings show them as the user would type them."""
    write("a/seccfg.yaml", "seccfg: 1\n")
    monkeypatch.chdir(tmp_path / "project")
    assert find_specs(".") == ("a/seccfg.yaml",)


# ----------------------------------------------------------------- includes

MAIN = """\
seccfg: 1
include: [shared/auth.yaml, shared/more.json]
roles:
  admin: {}
routes: {}
"""


def test_definitions_come_together(write: Write) -> None:
    """Names of all files stand side by side, each with the place it was written at."""
    write("api/shared/auth.yaml", "roles:\n  viewer: {permissions: [read]}\nauth: {staff: {type: jwt}}\n")
    write("api/shared/more.json", '{"attributes": {"principal": {"x": {}}},\n "roles": {"editor": {}}}')
    path = write("api/seccfg.yaml", MAIN + "attributes:\n  principal: {y: {}}\n  request: {h: {}}\n")
    document = load_spec_document(path)
    assert document.data == {
        "seccfg": 1,
        "roles": {"admin": {}, "viewer": {"permissions": ["read"]}, "editor": {}},
        "routes": {},
        "attributes": {"principal": {"y": {}, "x": {}}, "request": {"h": {}}},
        "auth": {"staff": {"type": "jwt"}},
    }

    def place(*at: str | int, key: bool = True) -> str:
        return os.path.relpath(str(document.span(at, key=key)), os.path.dirname(path))

    assert place("roles") == "seccfg.yaml:3:1"
    assert place("roles", "admin") == "seccfg.yaml:4:3"
    assert place("roles", "viewer") == "shared/auth.yaml:2:3"
    assert place("roles", "viewer", "permissions", 0) == "shared/auth.yaml:2:26"
    assert place("roles", "editor") == "shared/more.json:2:12"
    assert place("auth") == "shared/auth.yaml:3:1"
    assert place("auth", "staff", "type", key=False) == "shared/auth.yaml:3:22"
    assert place("auth", "nobody") == "shared/auth.yaml:3:1"
    assert place("attributes", "principal", "x") == "shared/more.json:1:31"
    assert place("attributes", "principal", "y") == "seccfg.yaml:7:15"
    assert place("attributes", "request", "h") == "seccfg.yaml:8:13"
    assert [os.path.basename(source.path) for source in document.sources] == ["seccfg.yaml", "auth.yaml", "more.json"]
    assert document.line(os.path.join(os.path.dirname(path), "shared/auth.yaml"), 1) == "roles:"
    assert document.root == os.path.dirname(os.path.dirname(path))


def test_the_digest_covers_every_file(write: Write) -> None:
    """A change in an included file is another spec."""
    path = write("seccfg.yaml", "seccfg: 1\ninclude: [a.yaml]\n")
    write("a.yaml", "roles: {a: {}}\n")
    before = load_spec_document(path).sha256()
    assert load_spec_document(path).sha256() == before
    write("a.yaml", "roles: {b: {}}\n")
    assert load_spec_document(path).sha256() != before


def test_suppressions_of_included_files_count(write: Write) -> None:
    """Each with the file it stands in."""
    path = write("seccfg.yaml", "seccfg: 1 # seccfg: ignore[REF001]\ninclude: [a.yaml]\n")
    write("a.yaml", "roles: {} # seccfg: ignore[REF002]\ncors: {} # seccfg: ignore\n")
    document = load_spec_document(path)
    assert [(os.path.basename(s.at.path), s.rules) for s in document.suppressions()] == [
        ("seccfg.yaml", ("REF001",)), ("a.yaml", ("REF002",)),
    ]  # fmt: skip
    assert [finding.rule for finding in document.warnings] == ["YAML022"]


def test_a_name_in_two_files_is_an_error_at_both(write: Write) -> None:
    """Spec and include, two includes, and names below a section alike; each finding points at the other place."""
    write("one.yaml", "roles: {a: {}, b: {}}\nnetwork: {profiles: {p: {}}, trusted_proxies: []}\ncors: {}\n")
    write(
        "two.yaml", "roles:\n  b: {}\n  c: {}\nnetwork:\n  profiles: {p: {}, q: {}}\n  trusted_proxies: []\ncors: 1\n"
    )
    path = write("seccfg.yaml", "seccfg: 1\ninclude: [one.yaml, two.yaml]\nroles: {a: {}}\n")
    assert refused(path) == [
        "seccfg.yaml:3:9 YAML034", "one.yaml:1:9 YAML034",
        "one.yaml:1:16 YAML034", "two.yaml:2:3 YAML034",
        "one.yaml:2:22 YAML034", "two.yaml:5:14 YAML034",
        "one.yaml:2:30 YAML034", "two.yaml:6:3 YAML034",
        "one.yaml:3:1 YAML034", "two.yaml:7:1 YAML034",
    ]  # fmt: skip
    first, second = findings_of(path)[:2]
    assert first.related[0].span == second.at
    assert second.related[0].span == first.at
    assert first.message == "`roles.a` is defined in two files"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("include: shared.yaml\n", "YAML030"),
        ("include:\n", "YAML030"),
        ("include: [1]\n", "YAML030"),
        ("include: [[a.yaml]]\n", "YAML030"),
        ("include: [seccfg.yaml]\n", "YAML030"),
        ("include: [./seccfg.yaml]\n", "YAML030"),
        ("include: [ok.yaml, ./ok.yaml]\n", "YAML030"),
        ("include: [missing.yaml]\n", "YAML031"),
        ("include: ['']\n", "YAML031"),
        ("include: [.]\n", "YAML032"),
        ("include: [sub]\n", "YAML031"),
        ("include: [fifo]\n", "YAML031"),
        ("include: ['a\\b.yaml']\n", "YAML031"),
        ("include: [../outside.yaml]\n", "YAML032"),
        ("include: [sub/../../outside.yaml]\n", "YAML032"),
        ("include: [/etc/hostname]\n", "YAML032"),
        ("include: [link.yaml]\n", "YAML032"),
        ("include: [linked/outside.yaml]\n", "YAML032"),
        ("include: [routes.yaml]\n", "YAML033"),
        ("include: [nested.yaml]\n", "YAML033"),
        ("include: [list.yaml]\n", "YAML015"),
        ("include: [empty.yaml]\n", "YAML014"),
    ],
)
def test_includes_that_are_refused(text: str, expected: str, write: Write, tmp_path: Path) -> None:
    """Each with a finding under its own rule, at the entry of the list or in the included file."""
    path = write("seccfg.yaml", f"seccfg: 1\n{text}")
    write("ok.yaml", "roles: {}\n")
    write("routes.yaml", "routes: {}\n")
    write("nested.yaml", "include: [ok.yaml]\n")
    write("list.yaml", "[]\n")
    write("empty.yaml", "")
    write("sub/x.yaml", "roles: {}\n")
    (tmp_path / "outside.yaml").write_text("roles: {}\n")
    root = tmp_path / "project"
    os.mkfifo(root / "fifo")
    os.symlink(tmp_path / "outside.yaml", root / "link.yaml")
    os.symlink(tmp_path, root / "linked")
    assert [finding.rule for finding in findings_of(path)] == [expected]


def test_a_link_inside_the_project_is_followed(write: Write, tmp_path: Path) -> None:
    """Only links that lead out are refused."""
    path = write("seccfg.yaml", "seccfg: 1\ninclude: [link.yaml]\n")
    write("real.yaml", "roles: {a: {}}\n")
    os.symlink("real.yaml", tmp_path / "project" / "link.yaml")
    assert load_spec_document(path).data["roles"] == {"a": {}}


def test_findings_of_all_files_come_at_once(write: Write) -> None:
    """The spec's own first, then each included file's."""
    path = write("seccfg.yaml", "seccfg: 1\ninclude: [a.yaml, missing.yaml, b.yaml]\nenvironments: []\n")
    write("a.yaml", "roles: yes\n")
    write("b.yaml", "roles: {x: 1, x: 2}\n")
    assert refused(path) == [
        "seccfg.yaml:2:19 YAML031", "seccfg.yaml:3:1 YAML040", "a.yaml:1:8 YAML009", "b.yaml:1:15 YAML003",
    ]  # fmt: skip


# ----------------------------------------------------------------- environments

SPEC = """\
seccfg: 1
service: {name: orders, hosts: [a.example, b.example]}
auth: &auth
  staff: {issuer: https://id.example/, audiences: [x]}
copy: *auth
routes:
  /a:
    get: {allow: authenticated}
    auth: [staff]
environments:
  staging:
    service:
      hosts: [s.example]
    auth: {staff: {issuer: https://id.staging.example/}}
    tls: {min_version: "1.3"}
  prod: {}
"""


def test_an_overlay_merges_maps_and_replaces_the_rest(write: Write) -> None:
    """Positions point at the line that won; a value shared through an alias changes only where the overlay says."""
    path = write("seccfg.yaml", SPEC)
    document = load_spec_document(path, "staging")
    assert document.data == {
        "seccfg": 1,
        "service": {"name": "orders", "hosts": ["s.example"]},
        "auth": {"staff": {"issuer": "https://id.staging.example/", "audiences": ["x"]}},
        "copy": {"staff": {"issuer": "https://id.example/", "audiences": ["x"]}},
        "routes": {"/a": {"get": {"allow": "authenticated"}, "auth": ["staff"]}},
        "tls": {"min_version": "1.3"},
    }
    lines = {
        ("service",): 2, ("service", "name"): 2, ("service", "hosts"): 13, ("service", "hosts", 0): 13, ("auth",): 3,
        ("auth", "staff", "issuer"): 14, ("auth", "staff", "audiences", 0): 4, ("copy", "staff", "issuer"): 4,
        ("tls",): 15,
        ("tls", "min_version"): 15, ("routes", "/a", "auth"): 9, ("auth", "staff", "nothing"): 4,
    }  # fmt: skip
    assert {at: document.span(at, key=True).line for at in lines} == lines
    assert document.environment == "staging"
    assert document.definition(("copy",)) is not None


def test_each_environment_starts_from_the_spec(write: Write) -> None:
    """Reading one overlay leaves the spec and the other overlays as they are."""
    files = open_spec(write("seccfg.yaml", SPEC))
    assert files.environments == ("staging", "prod")
    plain = files.document()
    files.document("staging")
    assert files.document("prod").data == plain.data == files.document().data
    assert plain.span(("service", "hosts")).line == 2
    assert "environments" not in plain.data
    digests = {files.document(env).sha256() for env in (None, "staging", "prod")}
    assert len(digests) == 3


def test_overlays_reach_included_definitions(write: Write) -> None:
    """Definitions of included files merge like the spec's own."""
    path = write(
        "seccfg.yaml", "seccfg: 1\ninclude: [a.yaml]\nroles: {y: {}}\nenvironments: {e: {roles: {x: {o: 2}, z: {}}}}\n"
    )
    write("a.yaml", "roles: {x: {o: 1, p: 1}}\n")
    document = load_spec_document(path, "e")
    assert document.data["roles"] == {"y": {}, "x": {"o": 2, "p": 1}, "z": {}}
    places = [
        str(document.span(("roles", *rest), key=True)).rpartition("/")[2]
        for rest in (("x",), ("x", "o"), ("x", "p"), ("z",))
    ]
    assert places == ["a.yaml:1:9", "seccfg.yaml:4:32", "a.yaml:1:19", "seccfg.yaml:4:39"]


def test_names(write: Write) -> None:
    """In the order written; none without the section."""
    assert environments(write("seccfg.yaml", SPEC)) == ("staging", "prod")
    assert environments(write("seccfg.yaml", "seccfg: 1\n")) == ()


def test_an_unknown_environment_is_one_line(write: Write) -> None:
    """With the name that was probably meant, or those there are."""
    path = write("seccfg.yaml", SPEC)
    with pytest.raises(InputError, match=r": no environment `stagin`; did you mean `staging`\?$"):
        load_spec_document(path, "stagin")
    with pytest.raises(InputError, match=r": no environment `x`; it has staging, prod$"):
        load_spec_document(path, "x")
    with pytest.raises(InputError, match=r": no environment `x`; it has none$"):
        load_spec_document(write("seccfg.yaml", "seccfg: 1\n"), "x")


@pytest.mark.parametrize(
    "over, rule, key",
    [
        ("{routes: {/b: {get: {}}}}", "YAML041", "/b"),
        ("{routes: {/a: {post: {}}}}", "YAML041", "post"),
        ("{routes: {/a: {POST: {}}}}", "YAML041", "POST"),
        ("{routes: {/a: null}}", "YAML042", "/a"),
        ("{routes: {/a: {get: {allow: ~}}}}", "YAML042", "allow"),
        ("{service: null}", "YAML042", "service"),
        ("{brand_new: null}", "YAML042", "brand_new"),
        ("{include: []}", "YAML040", "include"),
        ("{environments: {}}", "YAML040", "environments: {}"),
        ("[]", "YAML040", "staging"),
        ("null", "YAML040", "staging"),
        ("text", "YAML040", "staging"),
    ],
)
def test_what_an_overlay_may_not_do(over: str, rule: str, key: str, write: Write) -> None:
    """No new routes, nothing removed, no files or environments of its own; the finding stands at the overlay's key."""
    line = f"environments: {{staging: {over}}}"
    path = write("seccfg.yaml", f"routes: {{/a: {{get: {{allow: x}}}}}}\nservice: {{}}\n{line}\n")
    assert refused(path, "staging") == [f"seccfg.yaml:3:{line.index(key) + 1} {rule}"]


def test_an_overlay_may_change_a_route(write: Write) -> None:
    """Keys of a method or path that exists may be set."""
    text = (
        "routes: {/a: {get: {allow: x}}}\nenvironments: {s: {routes: {/a: {get: {allow: y, cors: none}, auth: [z]}}}}\n"
    )
    document = load_spec_document(write("seccfg.yaml", text), "s")
    assert document.data["routes"] == {"/a": {"get": {"allow": "y", "cors": "none"}, "auth": ["z"]}}


def test_routes_in_an_overlay_of_a_spec_without_any_are_new(write: Write) -> None:
    """A whole section of routes is new routes."""
    assert refused(write("seccfg.yaml", "seccfg: 1\nenvironments: {s: {routes: {/a: {}}}}\n"), "s") == [
        "seccfg.yaml:2:20 YAML041"
    ]


@pytest.mark.parametrize("name", ["''", "a/b", "'a b'", "é", "'..'"])
def test_names_of_environments_are_plain(name: str, write: Write) -> None:
    """They stand in commands and file names."""
    path = write("seccfg.yaml", f"seccfg: 1\nenvironments: {{{name}: {{}}}}\n")
    assert [finding.rule for finding in findings_of(path)] == ["YAML040"]


# ----------------------------------------------------------------- files beside the spec


def test_files_beside_the_spec(write: Write, tmp_path: Path) -> None:
    """Relative to the spec's folder, inside the project, also one folder up."""
    path = write("api/seccfg.yaml", "seccfg: 1\n")
    write("api/keys/a.json", "1")
    write("shared/b.json", "2")
    document = load_spec_document(path)
    assert read_beside(document, "keys/a.json") == b"1"
    assert read_beside(document, "../shared/b.json") == b"2"
    (tmp_path / "outside").write_bytes(b"secret")
    os.symlink(tmp_path / "outside", tmp_path / "project" / "api" / "link")
    for name, reason in (
        ("keys/none.json", "no such file"),
        ("keys", "is a directory"),
        ("../../outside", "outside the project root"),
        ("/etc/hostname", "outside the project root"),
        ("link", "a symbolic link leads outside the project root"),
        ("", "not a possible file name"),
        ("a\0b", "not a possible file name"),
    ):
        with pytest.raises(InputError, match=reason):
            read_beside(document, name)


def test_a_spec_named_relative_to_the_working_folder(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Paths in findings stay as short as they were given."""
    write("seccfg.yaml", "seccfg: 1\ninclude: [a/b.yaml]\n")
    write("a/b.yaml", "roles: {}\nroles: {}\n")
    monkeypatch.chdir(tmp_path / "project")
    assert [str(finding.at) for finding in findings_of("seccfg.yaml")] == ["a/b.yaml:2:1"]
