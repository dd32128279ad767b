"""What a vendor exported, read from disk: one file, or every file of a folder."""

from __future__ import annotations

import os

from seccfg.findings import InputError
from seccfg.source.files import Unreadable, show, too_large

__all__ = ["read_state"]

_MAX_BYTES = 64 << 20
_MAX_FILES = 20_000


def read_state(where: str) -> dict[str, bytes]:
    """
    Files by their path below *where*, with `/`; one file by its own name. Links are not followed.

    Raises:
        InputError: there is none, or they are too many or too large.
    """
    if os.path.isfile(where):
        return {os.path.basename(where): _read(where)}
    if not os.path.isdir(where):
        raise InputError(f"{show(where)}: no such file or folder")
    found: dict[str, bytes] = {}
    total = 0
    for folder, names, files in os.walk(where):
        names.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            content = _read(path)
            total += len(content)
            if total > 4 * _MAX_BYTES or len(found) >= _MAX_FILES:
                raise Unreadable(where, too_large())
            found[os.path.relpath(path, where).replace(os.sep, "/")] = content
    if not found:
        raise InputError(f"{show(where)}: the folder is empty")
    return found


def _read(path: str) -> bytes:
    try:
        if os.path.getsize(path) > _MAX_BYTES:
            raise Unreadable(path, too_large())
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InputError(f"{show(path)}: cannot be read") from error
