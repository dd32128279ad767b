"""Opening files: one-line errors, never a hang."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from seccfg.findings import InputError
from seccfg.source.files import lines, read, sha256


def test_reads_a_file(tmp_path: Path) -> None:
    """Bytes as they are."""
    path = tmp_path / "a"
    path.write_bytes(b"\x00\xff\r\n")
    assert read(str(path)) == b"\x00\xff\r\n"
    assert sha256(str(path)) == hashlib.sha256(b"\x00\xff\r\n").hexdigest()


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    """Name and reason, whatever kind of thing the path is."""
    (tmp_path / "file").write_bytes(b"x" * 11)
    os.mkfifo(tmp_path / "fifo")
    os.symlink("loop", tmp_path / "loop")
    os.symlink("nowhere", tmp_path / "dangling")
    for name, reason in (
        ("missing", "no such file"),
        (".", "is a directory"),
        ("fifo", "not a regular file"),
        ("loop", "too many levels of symbolic links"),
        ("dangling", "no such file"),
        ("file/below", "a parent of it is not a directory"),
        ("x" * 5000, "file name too long"),
        ("nul\0", "not a possible file name"),
    ):
        with pytest.raises(InputError) as refused:
            read(os.path.join(str(tmp_path), name))
        assert str(refused.value).endswith(f": {reason}")
        assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match="not a regular file"):
        read("/dev/null")
    with pytest.raises(InputError, match="larger than"):
        read(str(tmp_path / "file"), limit=10)
    assert read(str(tmp_path / "file"), limit=11) == b"x" * 11


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_no_permission_is_one_line(tmp_path: Path) -> None:
    """A file one may not read is named as such."""
    (tmp_path / "secret").write_bytes(b"")
    (tmp_path / "secret").chmod(0)
    with pytest.raises(InputError, match=r"permission denied$"):
        read(str(tmp_path / "secret"))


def test_a_hostile_name_stays_on_one_line() -> None:
    """Line breaks and escapes in a file name do not reach the terminal."""
    with pytest.raises(InputError) as refused:
        read("no\nsuch\x1b[31m\udcff")
    assert str(refused.value) == "no\\nsuch\\x1b[31m\\udcff: no such file"


def test_lines_never_fail(tmp_path: Path) -> None:
    """For showing beside a finding: bad bytes are replaced, a missing file has none."""
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfx\r\ny\xff\rz")
    assert lines(str(tmp_path / "a")) == ["x", "y\ufffd", "z"]
    assert lines(str(tmp_path / "missing")) == []


def test_a_link_has_no_digest(tmp_path: Path) -> None:
    """Emitted files are compared as they are, not as what they point to."""
    (tmp_path / "a").write_bytes(b"")
    os.symlink("a", tmp_path / "link")
    with pytest.raises(InputError):
        sha256(str(tmp_path / "link"))
