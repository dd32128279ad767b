"""Versions out of git: everything read from the revision, nothing touched in the work tree."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from seccfg import api
from seccfg.findings import InputError, SourceError
from seccfg.source.revision import Revision, split_revision

SPEC = """\
seccfg: 1
include: [shared/roles.yaml]
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: http://127.0.0.1:8000}}
auth: {robots: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/robots.json}}}
defaults: {auth: [robots]}
routes:
  /notes:
    get: {allow: [{roles: [reader]}]}
    post: {allow: [{roles: [writer]}], body: {schema: schemas/note.json}}
"""
ROLES = "roles: {reader: {permissions: [notes.read]}, writer: {inherits: [reader], permissions: [notes.write]}}\n"
KEYS = [{"id": "a", "sha256": "1" * 64, "subject": "a", "roles": ["reader"]}]
SCHEMA = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "maxLength": 10}}}


class Repository:
    """A git repository with one spec in the folder `api`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")
        self.write(SPEC, ROLES, KEYS, SCHEMA)
        self.commit()

    def git(self, *words: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *identity, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout

    def write(self, spec: str, roles: str, keys: object, schema: object) -> None:
        folder = self.folder / "api"
        for name, content in (
            ("seccfg.yaml", spec),
            ("shared/roles.yaml", roles),
            ("keys/robots.json", json.dumps(keys)),
            ("schemas/note.json", json.dumps(schema)),
        ):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", "a version")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (tmp_path / "work").mkdir()
    made = Repository(tmp_path / "work")
    monkeypatch.chdir(made.folder)
    return made


def test_a_revision_and_the_work_tree(repository: Repository) -> None:
    """Keys, includes and schemas of the old version are those of the revision, though the work tree has others."""
    repository.write(
        SPEC,
        ROLES.replace("[notes.read]", "[notes.read, x]"),
        [{**KEYS[0], "roles": ["reader", "writer"]}],
        {**SCHEMA, "required": []},
    )
    found = api.diff("HEAD:api/seccfg.yaml", "api/seccfg.yaml")
    assert [change.sentence for change in found.access] == ["every key of `robots` may now POST /notes"]
    assert [(c.what, c.strength) for c in found.settings] == [("body schema", "weaker")]
    assert found.access[0].old_at.path == "HEAD:api/seccfg.yaml"
    assert found.access[0].new_at.path == "api/seccfg.yaml"


def test_two_revisions(repository: Repository) -> None:
    """Neither version needs the work tree, which may hold anything."""
    repository.write(
        SPEC.replace("post: {allow: [{roles: [writer]}]", "post: {allow: [{roles: [reader]}]"), ROLES, KEYS, SCHEMA
    )
    repository.commit()
    (repository.folder / "api" / "seccfg.yaml").write_text("{")
    assert api.diff("HEAD~1:api/seccfg.yaml", "main:api/seccfg.yaml").verdict == "WIDENS"
    assert api.diff("main:api/seccfg.yaml", "HEAD^:api/seccfg.yaml").verdict == "NARROWS"


def test_from_the_current_folder(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """As git has it: a path is from the top of the repository, one with `./` from where one is."""
    monkeypatch.chdir(repository.folder / "api")
    assert api.diff("HEAD:./seccfg.yaml", "HEAD:api/seccfg.yaml").verdict == "EQUIVALENT"
    assert api.diff("HEAD:./seccfg.yaml", "seccfg.yaml").verdict == "EQUIVALENT"


def test_the_work_tree_stays_as_it_is(repository: Repository) -> None:
    """Neither files nor index nor HEAD change, and nothing is left lying about."""

    def state() -> tuple[object, ...]:
        files = sorted(
            (str(p), p.stat().st_mtime_ns, p.read_bytes())
            for p in (repository.folder / "api").rglob("*")
            if p.is_file()
        )
        return tuple(files), repository.git("status", "--porcelain"), (repository.folder / ".git/index").read_bytes()

    (repository.folder / "api" / "seccfg.yaml").write_text(SPEC + "# edited\n")
    before = state()
    api.diff("HEAD:api/seccfg.yaml", "api/seccfg.yaml")
    assert state() == before


def test_a_broken_version_names_itself(repository: Repository) -> None:
    """A finding in a revision has the revision in its place."""
    repository.write(SPEC.replace("roles: [reader]}]}", "roles: [raeder]}]}"), ROLES, KEYS, SCHEMA)
    repository.commit()
    with pytest.raises(SourceError) as caught:
        api.diff("HEAD~1:api/seccfg.yaml", "HEAD:api/seccfg.yaml")
    assert caught.value.findings[0].at.path == "HEAD:api/seccfg.yaml"
    assert caught.value.findings[0].at.line == 9


@pytest.mark.parametrize(
    "where, said",
    [
        ("nowhere:api/seccfg.yaml", "git has no revision `nowhere`"),
        ("HEAD:api/none.yaml", "no such file in that revision"),
        ("HEAD:api", "not a regular file"),
        ("HEAD:../outside.yaml", "no path of the repository"),
        ("HEAD:/etc/passwd", "no path of the repository"),
        ("--output=x:api/seccfg.yaml", "git has no revision"),
    ],
)
def test_what_is_not_there(repository: Repository, where: str, said: str) -> None:
    """One line says what; a revision that looks like an option is none."""
    with pytest.raises(InputError, match=said):
        api.diff(where, "api/seccfg.yaml")
    assert not (repository.folder / "x").exists()


def test_files_outside_the_project_are_not_read(repository: Repository) -> None:
    """What a spec names has to lie inside its project and be a file: neither `..` nor a symbolic link leads out."""
    repository.write(SPEC.replace("keys/robots.json", "../robots.json"), ROLES, KEYS, SCHEMA)
    (repository.folder / "robots.json").write_text(json.dumps(KEYS))
    (repository.folder / "api" / "seccfg.toml").write_text("")
    repository.commit()
    with pytest.raises(SourceError, match="outside the project root"):
        api.diff("HEAD:api/seccfg.yaml", "HEAD:api/seccfg.yaml")
    repository.write(SPEC, ROLES, KEYS, SCHEMA)
    (repository.folder / "api" / "keys" / "robots.json").unlink()
    (repository.folder / "api" / "keys" / "robots.json").symlink_to("../../robots.json")
    repository.commit()
    with pytest.raises(SourceError, match="is a symbolic link"):
        api.diff("HEAD:api/seccfg.yaml", "HEAD:api/seccfg.yaml")


def test_no_hook_and_no_filter_of_the_repository_runs(repository: Repository) -> None:
    """A repository somebody else wrote cannot make reading it run its commands."""
    mark = repository.folder.parent / "ran"
    (repository.folder / ".gitattributes").write_text("*.yaml diff=evil filter=evil\n")
    for key in ("diff.evil.textconv", "filter.evil.smudge", "core.fsmonitor", "core.pager", "diff.external"):
        repository.git("config", key, f"touch {mark} #")
    api.diff("HEAD:api/seccfg.yaml", "api/seccfg.yaml")
    assert not mark.exists()


def test_what_is_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`REV:path`, unless a file of that very name exists."""
    monkeypatch.chdir(tmp_path)
    assert split_revision("HEAD~2:a/b.yaml") == ("HEAD~2", "a/b.yaml")
    assert split_revision("origin/main:a.yaml") == ("origin/main", "a.yaml")
    assert split_revision("a/b.yaml") is None
    assert split_revision(":a.yaml") is None
    (tmp_path / "x:y.yaml").write_text("")
    assert split_revision("x:y.yaml") is None


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match="is in no git repository"):
        Revision("HEAD")
