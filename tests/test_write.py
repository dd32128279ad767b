"""Writing a target's folder: wholly ours, exchanged in one step, whole after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from seccfg import write as writer
from seccfg.findings import InputError
from seccfg.write import MANIFEST, Changes, WriteResult, check_tree, write_tree

OLD = [("policy.py", b"old\n"), ("runtime/app.py", b"same\n"), ("runtime/gone.py", b"x")]
NEW = [("policy.py", b"new\n"), ("runtime/app.py", b"same\n"), ("schemas/deep/order.json", b"{}")]
SPEC = "ab" * 32


def build(out: Path, files: list[tuple[str, bytes]] = NEW, force: bool = False, spec: str = SPEC) -> WriteResult:
    return write_tree(str(out), "python", files, spec_sha256=spec, tool_version="0.1.0", force=force)


def check(out: Path, files: list[tuple[str, bytes]] = NEW) -> Changes:
    return check_tree(str(out), "python", files, spec_sha256=SPEC, tool_version="0.1.0")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def leftovers(out: Path) -> list[str]:
    return [name for name in os.listdir(out) if name.startswith(".")]


def test_a_first_build(tmp_path: Path) -> None:
    """Exactly the files and the manifest, and nothing beside them."""
    out = tmp_path / "a" / "build"
    result = build(out)
    assert result.changed == ("policy.py", "runtime/app.py", "schemas/deep/order.json", MANIFEST)
    found = tree(out / "python")
    manifest = json.loads(found.pop(MANIFEST))
    assert found == dict(NEW)
    assert manifest == {
        "version": 1,
        "target": "python",
        "spec_sha256": SPEC,
        "tool_version": "0.1.0",
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in NEW},
    }
    assert os.listdir(out) == ["python"]


def test_the_same_build_changes_nothing(tmp_path: Path) -> None:
    """Not even the time of a file, so that what watches the folder stays quiet."""
    build(tmp_path)
    before = os.stat(tmp_path / "python" / "policy.py")
    assert build(tmp_path, list(reversed(NEW))).changed == ()
    after = os.stat(tmp_path / "python" / "policy.py")
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_second_build_replaces_the_tree(tmp_path: Path) -> None:
    """What is no longer emitted is gone; empty folders too."""
    build(tmp_path, OLD)
    (tmp_path / "python" / "empty").mkdir()
    assert build(tmp_path).changed == ("policy.py", "runtime/gone.py", "schemas/deep/order.json", MANIFEST)
    assert tree(tmp_path / "python").keys() == {*dict(NEW), MANIFEST}
    assert not (tmp_path / "python" / "empty").exists()
    assert os.listdir(tmp_path) == ["python"]


def test_only_the_manifest_knows_the_spec(tmp_path: Path) -> None:
    """Another spec with the same output changes one file."""
    build(tmp_path)
    assert build(tmp_path, spec="cd" * 32).changed == (MANIFEST,)


def test_targets_do_not_touch_each_other(tmp_path: Path) -> None:
    """Nor what else is in the output folder."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "kong").mkdir()
    (tmp_path / "kong" / "kong.yaml").write_text("theirs")
    build(tmp_path)
    assert tree(tmp_path / "kong") == {"kong.yaml": b"theirs"}
    assert (tmp_path / "notes.txt").read_text() == "mine"


def foreign_file(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def edited_file(folder: Path) -> None:
    (folder / "policy.py").write_text("patched")


def linked_file(folder: Path) -> None:
    (folder / "policy.py").unlink()
    os.symlink("/etc/hostname", folder / "policy.py")


def linked_folder(folder: Path) -> None:
    os.symlink("/etc", folder / "etc")


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "fifo")


def lost_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def broken_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b'{"files": [' + b"[" * 100_000)


def odd_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text('{"files": {"policy.py": 1}}')


def file_in_cache(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "pycache.txt").write_text("mine")


DAMAGE = [
    foreign_file, edited_file, linked_file, linked_folder, fifo, lost_manifest, broken_manifest, odd_manifest,
    file_in_cache,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_what_is_not_ours_stops_the_build(damage: object, tmp_path: Path) -> None:
    """Nothing is written; with force the folder is replaced, and what a link points to is left alone."""
    build(tmp_path, OLD)
    damage(tmp_path / "python")  # type: ignore[operator]
    before = {path: os.lstat(path).st_ino for path in (tmp_path / "python").rglob("*")}
    with pytest.raises(InputError, match="nothing was written: move it away, or build with --force") as refused:
        build(tmp_path)
    assert "\n" not in str(refused.value)
    assert {path: os.lstat(path).st_ino for path in (tmp_path / "python").rglob("*")} == before
    assert check(tmp_path).foreign
    build(tmp_path, force=True)
    assert tree(tmp_path / "python").keys() == {*dict(NEW), MANIFEST}
    assert os.path.exists("/etc/passwd")


def test_the_message_names_what_is_in_the_way(tmp_path: Path) -> None:
    """Edited and foreign files are told apart; a long list is cut."""
    build(tmp_path, OLD)
    edited_file(tmp_path / "python")
    for number in range(9):
        (tmp_path / "python" / f"z{number}").write_text("")
    with pytest.raises(InputError) as refused:
        build(tmp_path)
    assert "`policy.py` was edited, `z0` is not ours" in str(refused.value)
    assert "and 5 more" in str(refused.value)


def test_a_foreign_file_that_is_as_it_should_be_is_no_obstacle(tmp_path: Path) -> None:
    """A copy of the output without its manifest is taken over."""
    build(tmp_path)
    lost_manifest(tmp_path / "python")
    assert build(tmp_path).changed == (MANIFEST,)


def test_caches_of_a_package_that_ran_are_no_obstacle(tmp_path: Path) -> None:
    """Bytecode and pytest's cache come from using what was built."""
    build(tmp_path)
    for name in ("__pycache__", "runtime/__pycache__", ".pytest_cache"):
        (tmp_path / "python" / name).mkdir()
        (tmp_path / "python" / name / "x.pyc").write_bytes(b"x")
    assert not check(tmp_path)
    assert build(tmp_path).changed == ()
    build(tmp_path, OLD)
    assert tree(tmp_path / "python").keys() == {*dict(OLD), MANIFEST}


def test_the_targets_folder_may_not_be_a_link(tmp_path: Path) -> None:
    """Writing through it would write elsewhere, even with force."""
    (tmp_path / "elsewhere").mkdir()
    os.symlink("elsewhere", tmp_path / "python")
    for force in (False, True):
        with pytest.raises(InputError, match="not a folder of its own"):
            build(tmp_path, force=force)
    os.unlink(tmp_path / "python")
    (tmp_path / "python").write_text("")
    with pytest.raises(InputError, match="not a folder of its own"):
        build(tmp_path)
    assert os.listdir(tmp_path / "elsewhere") == []


@pytest.mark.parametrize(
    "path",
    ["", "/etc/x", "../x", "a/../x", "a/./x", ".", "..", "a//x", "a/", "a\\x", "a\0x", "a\nx", MANIFEST,
     MANIFEST.upper(), "__pycache__/x", "a" * 2000, "\ud800"],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(path: str, tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(InputError):
        build(tmp_path / "out", [("ok", b""), (path, b"")])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("paths", [("a", "a"), ("a", "A"), ("a", "a/b"), ("a/b", "A"), ("a/b/c", "a/B")])
def test_names_that_collide_are_refused(paths: tuple[str, str], tmp_path: Path) -> None:
    """Also where only case differs, which some file systems do not see."""
    for pair in (paths, paths[::-1]):
        with pytest.raises(InputError, match="the name of another file or folder too"):
            build(tmp_path, [(path, b"") for path in pair])


@pytest.mark.parametrize("target", ["", ".", "..", "a/b", ".hidden", "a b", "é", "a\0"])
def test_names_of_targets_are_plain(target: str, tmp_path: Path) -> None:
    """A target's name is a folder's."""
    with pytest.raises(InputError):
        write_tree(str(tmp_path), target, NEW, spec_sha256=SPEC, tool_version="0")


def test_what_the_file_system_refuses_is_one_line(tmp_path: Path) -> None:
    """A file where the output folder should be, and a name that cannot be one."""
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below", f"{tmp_path}/x\0", tmp_path / ("x" * 300)):
        with pytest.raises(InputError) as refused:
            write_tree(str(out), "python", NEW, spec_sha256=SPEC, tool_version="0")
        assert "\n" not in str(refused.value)


def test_check_says_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    """Added, changed and removed, and nothing when all is up to date."""
    assert check(tmp_path / "none").added == ("policy.py", "runtime/app.py", "schemas/deep/order.json", MANIFEST)
    assert not (tmp_path / "none").exists()
    build(tmp_path, OLD)
    before = tree(tmp_path)
    assert check(tmp_path) == Changes(
        "python", ("schemas/deep/order.json",), ("policy.py", MANIFEST), ("runtime/gone.py",)
    )
    assert check(tmp_path)
    assert not check(tmp_path, OLD)
    assert tree(tmp_path) == before


def test_two_builds_at_once_both_leave_a_whole_tree(tmp_path: Path) -> None:
    """One waits for the other."""
    failures: list[Exception] = []

    def run(files: list[tuple[str, bytes]]) -> None:
        try:
            for _ in range(10):
                build(tmp_path, files)
        except (InputError, OSError) as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(files,)) for files in (OLD, NEW)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = tree(tmp_path / "python")
    del found[MANIFEST]
    assert found in (dict(OLD), dict(NEW))
    assert leftovers(tmp_path) == []


# ----------------------------------------------------------------- kill -9

CHILD = """
import os, signal, sys
sys.path[:0] = {path!r}
from seccfg import write
if not {exchange}:
    write._exchange = lambda left, right: False
whole = write._write_file
def half(path, content):
    if path.endswith({half!r}):
        whole(path, content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    whole(path, content)
if {half!r}:
    write._write_file = half
import ctypes, hashlib, json, shutil
left = [{steps}]
def die(event, args):
    # Everything that touches the file system announces itself first; the process ends before the step is done.
    if event.split(".")[0] in ("open", "os", "shutil", "ctypes", "fcntl") and event != "os.kill":
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
write.write_tree({out!r}, "python", {files!r}, spec_sha256={spec!r}, tool_version="0.1.0")
os._exit(0)
"""


@pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "renames"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_a_kill_at_any_step_leaves_the_old_tree_or_the_new(exchange: bool, first: bool, tmp_path: Path) -> None:
    """Killed before each step in turn; the next build then clears up and completes."""
    allowed = [{} if first else dict(OLD), dict(NEW)]
    seen = set()
    for steps in range(200):
        out = tmp_path / str(steps)
        out.mkdir()
        if not first:
            build(out, OLD)
        done = killed_build(out, exchange=exchange, steps=steps)
        found = whole(out)
        if exchange:
            assert found in allowed
        else:
            assert found in (*allowed, {})  # between two renames there is no folder, until the next build repairs it
        seen.add(done.returncode)
        if done.returncode == 0:
            assert found == allowed[1]
            break
        assert done.returncode == -9, done.stderr
        writer._Place(str(out), "python").repair()
        assert whole(out) in allowed
        assert leftovers(out) == []
        build(out)
        assert whole(out) == allowed[1]
        assert os.listdir(out) == ["python"]
    assert seen == {0, -9}


@pytest.mark.parametrize("name", ["policy.py", "order.json", MANIFEST])
def test_a_kill_in_the_middle_of_a_file_leaves_the_old_tree(name: str, tmp_path: Path) -> None:
    """Half a file, or half a manifest, is never in the target's folder."""
    build(tmp_path, OLD)
    assert killed_build(tmp_path, half=name).returncode == -9
    assert whole(tmp_path) == dict(OLD)
    build(tmp_path)
    assert whole(tmp_path) == dict(NEW)
    assert os.listdir(tmp_path) == ["python"]


def killed_build(
    out: Path, *, exchange: bool = True, steps: int = 1000, half: str = ""
) -> subprocess.CompletedProcess[str]:
    code = CHILD.format(path=sys.path, exchange=exchange, steps=steps, half=half, out=str(out), files=NEW, spec=SPEC)
    return subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, timeout=60)


def whole(out: Path) -> dict[str, bytes]:
    """The files of a tree that agrees with its own manifest; none where there is no folder."""
    if not (out / "python").exists():
        return {}
    found = tree(out / "python")
    manifest = json.loads(found.pop(MANIFEST))
    assert {path: hashlib.sha256(content).hexdigest() for path, content in found.items()} == manifest["files"]
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux exchanges two names in one step")
def test_names_are_exchanged_in_one_step_here(tmp_path: Path) -> None:
    """The system call is really there: without it the test above would prove less."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "x").write_text("")
    assert writer._exchange(str(tmp_path / "a"), str(tmp_path / "b"))
    assert os.listdir(tmp_path / "b") == ["x"]
    with pytest.raises(OSError, match="No such file"):
        writer._exchange(str(tmp_path / "a"), str(tmp_path / "missing"))
