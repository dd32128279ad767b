"""Paths as code hosts want them: relative to the top of the repository, with `/`."""

from __future__ import annotations

import os

from seccfg.source.files import show

__all__ = ["Repository"]


class Repository:
    """The folder that paths are relative to: the nearest one above with `.git`, else the current one."""

    __slots__ = ("top",)

    def __init__(self, start: str = ".") -> None:
        here = os.path.abspath(start)
        folder = here
        while not os.path.lexists(os.path.join(folder, ".git")):
            parent = os.path.dirname(folder)
            if parent == folder:
                folder = here
                break
            folder = parent
        self.top = folder

    def relative(self, path: str) -> str:
        """*path* from the top; one outside stays as it was given."""
        try:
            full = os.path.abspath(path)
        except (OSError, ValueError):
            return show(path)
        if not full.startswith(self.top.rstrip(os.sep) + os.sep):
            return show(path).replace(os.sep, "/")
        return show(os.path.relpath(full, self.top)).replace(os.sep, "/")
