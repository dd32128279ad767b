"""
The only place that writes: each target owns `OUT/<target>/` wholly.

A new tree is written beside the old one and the two are exchanged in one step, so that the folder is the old tree or
the new one whenever the process ends. `seccfg.manifest.json` lists what is ours; a file it does not list, or one that
was edited, stops the build.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterator, Sequence

from seccfg.findings import InputError
from seccfg.record import Record
from seccfg.source.files import read, sha256, show

MANIFEST = "seccfg.manifest.json"

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
# What running or testing an emitted package leaves in its folder; dropped with the next build, never a reason to stop.
_CACHE_FOLDERS = frozenset({"__pycache__", ".pytest_cache"})


class WriteResult(Record):
    """What a build changed: paths below the target's folder, in order; empty when all was as it should be."""

    target: str
    changed: tuple[str, ...]


class Changes(Record):
    """What a build would do to a target's folder."""

    target: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    foreign: tuple[str, ...] = ()
    """Files in the folder that no build wrote or that were edited since: they stop a build without `force`."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def write_tree(
    out_dir: str,
    target: str,
    files: Sequence[tuple[str, bytes]],
    *,
    spec_sha256: str,
    tool_version: str,
    force: bool = False,
) -> WriteResult:
    """
    Make `out_dir/target` hold exactly *files* and the manifest, in one step.

    Args:
        files: (path, content); paths relative to the folder, with `/`.
        force: Replace a folder that holds files of others or edited ones.
    Raises:
        InputError: a path leads out of the folder, a foreign file is in the way, or the file system refuses.
    """
    tree = _tree(target, files, spec_sha256, tool_version)
    place = _Place(out_dir, target)
    with _one_line_errors(out_dir, "written"):
        os.makedirs(out_dir, exist_ok=True)
        with _locked(out_dir):
            place.repair()
            changes = _compare(place, tree)
            if not changes:
                return WriteResult(target, ())
            if changes.foreign and not force:
                raise InputError(_refusal(place, changes.foreign))
            place.replace_with(tree)
    return WriteResult(target, tuple(sorted({*changes.added, *changes.changed, *changes.removed})))


def check_tree(
    out_dir: str, target: str, files: Sequence[tuple[str, bytes]], *, spec_sha256: str, tool_version: str
) -> Changes:
    """What `write_tree` with the same arguments would change; writes nothing, repairs nothing."""
    tree = _tree(target, files, spec_sha256, tool_version)
    with _one_line_errors(out_dir, "read"):
        return _compare(_Place(out_dir, target), tree)


def write_new(files: Sequence[tuple[str, bytes]]) -> None:
    """
    Write files that do not exist yet, all of them or none; their folders are made.

    Raises:
        InputError: one of them exists, or the file system refuses.
    """
    for path, _ in files:
        if os.path.lexists(path):
            raise InputError(f"{show(path)}: exists already; nothing was written")
    written: list[str] = []
    try:
        for path, content in files:
            with _one_line_errors(path, "written"):
                os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
                _write_file(path, content)
                written.append(path)
    except InputError:
        for path in written:
            with contextlib.suppress(OSError):
                os.unlink(path)
        raise


def replace_file(path: str, content: bytes) -> None:
    """
    Make *path* a file that holds *content*, in one step: readers see the old file or the new one.

    Raises:
        InputError: the file system refuses.
    """
    beside = f"{path}.seccfg-new"
    with _one_line_errors(path, "written"):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if os.path.lexists(beside):
            os.unlink(beside)  # of a run that was killed
        _write_file(beside, content)
        os.replace(beside, path)


# ----------------------------------------------------------------- what should be there


def _tree(target: str, files: Sequence[tuple[str, bytes]], spec_sha256: str, tool_version: str) -> dict[str, bytes]:
    """Path -> content of everything in the folder, the manifest last."""
    import hashlib

    if not target.replace("-", "").replace("_", "").isalnum() or not target.isascii():
        raise InputError(f"`{show(target)}` is no name for a target's folder")
    tree: dict[str, bytes] = {}
    taken: dict[str, bool] = {}
    """Every name without regard to case, as some file systems see it: True for a file, False for a folder."""
    for path, content in sorted(files):
        _refuse_path(target, path)
        parts = path.casefold().split("/")
        below_file = any(taken.setdefault("/".join(parts[:depth]), False) for depth in range(1, len(parts)))
        if below_file or "/".join(parts) in taken:
            raise InputError(f"target {target}: `{show(path)}` is the name of another file or folder too")
        taken["/".join(parts)] = True
        tree[path] = content
    manifest = {
        "version": 1,
        "target": target,
        "spec_sha256": spec_sha256,
        "tool_version": tool_version,
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in tree.items()},
    }
    tree[MANIFEST] = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    return tree


def _refuse_path(target: str, path: str) -> None:
    parts = path.split("/")
    if (
        not path
        or not path.isprintable()
        or "\\" in path
        or any(part in ("", ".", "..") for part in parts)
        or path.casefold() == MANIFEST
        or _CACHE_FOLDERS.intersection(parts)
        or len(path.encode("utf-8", "replace")) > 1000
    ):
        raise InputError(f"target {target}: `{show(path)}` is no path for an emitted file")


# ----------------------------------------------------------------- what is there


def _compare(place: _Place, tree: dict[str, bytes]) -> Changes:
    import hashlib

    present = place.present()
    listed = place.listed()
    ours = {MANIFEST: present.get(MANIFEST, ""), **listed}
    wanted = {path: hashlib.sha256(content).hexdigest() for path, content in tree.items()}
    foreign = () if not present else tuple(sorted(p for p, digest in present.items() if ours.get(p) != digest))
    return Changes(
        place.target,
        added=tuple(sorted(wanted.keys() - present.keys())),
        changed=tuple(sorted(path for path in wanted.keys() & present.keys() if wanted[path] != present[path])),
        removed=tuple(sorted(present.keys() - wanted.keys())),
        foreign=tuple(path for path in foreign if wanted.get(path) != present[path]),
    )


def _refusal(place: _Place, foreign: tuple[str, ...]) -> str:
    listed = place.listed()
    shown = [f"`{show(path)}` {'was edited' if path in listed else 'is not ours'}" for path in foreign[:5]]
    more = f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
    return f"{show(place.folder)}: {', '.join(shown)}{more}; nothing was written: move it away, or build with --force"


class _Place:
    """A target's folder and the two names beside it that a build uses."""

    def __init__(self, out_dir: str, target: str) -> None:
        self.out_dir = out_dir
        self.target = target
        self.folder = os.path.join(out_dir, target)
        self.staging = os.path.join(out_dir, f".{target}.seccfg-new")
        """The new tree before the exchange; the old one after it."""
        self.displaced = os.path.join(out_dir, f".{target}.seccfg-old")
        """The old tree where two names cannot be exchanged in one step."""

    def present(self) -> dict[str, str]:
        """Path -> sha256 of what is in the folder; for anything but a regular file the digest is empty."""
        if os.path.islink(self.folder) or (os.path.lexists(self.folder) and not os.path.isdir(self.folder)):
            raise InputError(f"{show(self.folder)}: not a folder of its own; remove it first")
        return dict(_digests(self.folder, "")) if os.path.lexists(self.folder) else {}

    def listed(self) -> dict[str, str]:
        """Path -> sha256 as the manifest in the folder says; nothing when there is no manifest that can be read."""
        path = os.path.join(self.folder, MANIFEST)
        if not os.path.isfile(path) or os.path.islink(path):
            return {}
        try:
            manifest = json.loads(read(path))
        except (InputError, ValueError, RecursionError):
            return {}
        files = manifest.get("files") if isinstance(manifest, dict) else None
        return {str(p): str(digest) for p, digest in files.items()} if isinstance(files, dict) else {}

    def repair(self) -> None:
        """Complete or clear away what a run that was killed has left."""
        if os.path.lexists(self.displaced):
            if not os.path.lexists(self.folder):
                # Killed between two renames: the new tree is complete, or it would not have come to the first of them.
                complete = os.path.lexists(os.path.join(self.staging, MANIFEST))
                os.rename(self.staging if complete else self.displaced, self.folder)
            _remove(self.displaced)
        _remove(self.staging)

    def replace_with(self, tree: dict[str, bytes]) -> None:
        os.mkdir(self.staging)
        made = {""}
        for path, content in tree.items():
            folder = os.path.dirname(path)
            if folder not in made:
                os.makedirs(os.path.join(self.staging, folder), exist_ok=True)
                made.add(folder)
            _write_file(os.path.join(self.staging, path), content)
        if not os.path.lexists(self.folder):
            os.rename(self.staging, self.folder)
            return
        if not _exchange(self.staging, self.folder):
            os.rename(self.folder, self.displaced)
            os.rename(self.staging, self.folder)
        _remove(self.displaced)
        _remove(self.staging)


def _digests(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + entry.name
            if entry.is_symlink():
                yield path, ""
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in _CACHE_FOLDERS:
                    yield from _digests(entry.path, f"{path}/")
            elif entry.is_file(follow_symlinks=False):
                yield path, sha256(entry.path)
            else:
                yield path, ""


# ----------------------------------------------------------------- the file system


@contextlib.contextmanager
def _one_line_errors(out_dir: str, doing: str) -> Iterator[None]:
    if "\0" in out_dir:
        raise InputError(f"{show(out_dir)}: not a possible file name")
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError(f"{show(out_dir)}: cannot be {doing}: {reason}") from error


@contextlib.contextmanager
def _locked(folder: str) -> Iterator[None]:
    """One build at a time in *folder*; the lock goes with the process, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows: two builds at once into one folder are the user's to avoid
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems have no locks on folders; the build itself needs none.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write_file(path: str, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _exchange(left: str, right: str) -> bool:
    """Exchange two names in one step (Linux renameat2); False where the system or file system cannot."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    result: int = renameat2(_AT_FDCWD, os.fsencode(left), _AT_FDCWD, os.fsencode(right), _RENAME_EXCHANGE)
    if result == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM):
        return False
    raise OSError(number, os.strerror(number), left)


def _remove(path: str) -> None:
    """Remove a file, a link, or a folder with all that is in it; links are never followed."""
    if not os.path.lexists(path):
        return
    if stat.S_ISDIR(os.lstat(path).st_mode):
        import shutil

        shutil.rmtree(path)
    else:
        os.unlink(path)
