"""The only place that opens files for reading: regular files of bounded size, one-line errors, never a hang."""

from __future__ import annotations

import os
import stat

from seccfg.findings import InputError

MAX_BYTES = 16 * 1024 * 1024


class Unreadable(InputError):
    """A file that cannot be read; `reason` is the message without the file's name."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{show(path)}: {reason}")
        self.reason = reason


def read(path: str, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file; Unreadable with a one-line message for anything else, or above *limit* bytes."""
    try:
        # Without O_NONBLOCK, opening a FIFO nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        raise Unreadable(path, _reason(error)) from error
    try:
        kind = os.fstat(handle)
        if not stat.S_ISREG(kind.st_mode):
            what = "is a directory" if stat.S_ISDIR(kind.st_mode) else "not a regular file"
            raise Unreadable(path, what)
        if kind.st_size > limit:
            raise Unreadable(path, too_large(limit))
        chunks, total = [], 0
        while chunk := os.read(handle, 1 << 20):
            chunks.append(chunk)
            total += len(chunk)
            if total > limit:
                raise Unreadable(path, too_large(limit))
    except OSError as error:
        raise Unreadable(path, _reason(error)) from error
    finally:
        os.close(handle)
    return b"".join(chunks)


def lines(path: str) -> list[str]:
    """The lines of a text file for showing beside a finding; none when it cannot be read. Never raises."""
    try:
        text = read(path).decode("utf-8-sig", "replace")
    except InputError:
        return []
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def sha256(path: str) -> str:
    """Lower-case hex digest of a regular file of any size; Unreadable as `read`. A symlink is not followed."""
    import hashlib

    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    except (OSError, ValueError) as error:
        raise Unreadable(path, _reason(error)) from error
    digest = hashlib.sha256()
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Unreadable(path, "not a regular file")
        while chunk := os.read(handle, 1 << 20):
            digest.update(chunk)
    except OSError as error:
        raise Unreadable(path, _reason(error)) from error
    finally:
        os.close(handle)
    return digest.hexdigest()


def too_large(limit: int = MAX_BYTES) -> str:
    return f"larger than {limit // (1024 * 1024)} MiB, the most that is read"


def show(path: str) -> str:
    """A path as one printable line, whatever bytes its name has."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path)


def _reason(error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError():
            return "no such file"
        case PermissionError():
            return "permission denied"
        case IsADirectoryError():
            return "is a directory"
        case NotADirectoryError():
            return "a parent of it is not a directory"
        case OSError():
            return (error.strerror or "cannot be read").lower()
        case _:
            return "not a possible file name"
