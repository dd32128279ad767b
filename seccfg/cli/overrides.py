"""What a project's configuration says for some of its specs only."""

from __future__ import annotations

import os
import re

from seccfg.source.config import Config, PathConfig

__all__ = ["fits", "for_path"]


def for_path(config: Config, root: str, path: str) -> PathConfig:
    """What *config* adds for the spec at *path* of the project at *root*: of every entry that fits, in their order."""
    name = os.path.relpath(os.path.abspath(path), root).replace(os.sep, "/")
    fitting = [entry for entry in config.per_path if fits(entry.pattern, name)]
    return PathConfig(
        name,
        tuple(rule for entry in fitting for rule in entry.ignore),
        tuple(level for entry in fitting for level in entry.severity),
    )


def fits(pattern: str, name: str) -> bool:
    """Whether *name* fits *pattern*: `*` is anything within a name, `**` any number of folders; a folder means all below."""
    parts = []
    for part in pattern.removesuffix("/").split("/"):
        if part == "**":
            parts.append("(?:[^/]+/)*")
        else:
            parts.append("".join("[^/]*" if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in part) + "/")
    return re.fullmatch("".join(parts) + "(?:.*/)?", f"{name}/") is not None
