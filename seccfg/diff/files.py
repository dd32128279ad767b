"""What a change does to emitted files, without what means nothing: order of members, space, digests, packed copies."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from seccfg.record import Record

__all__ = ["FileChange", "file_changes"]

_PACKED: Final = (".tar.gz", ".tgz", ".zip")
_DIGESTS: Final = frozenset({"spec_sha256", "sha256", "revision", "tool_version"})
"""Members of a manifest that follow from everything else."""
_MANIFESTS: Final = ("seccfg.manifest.json", ".manifest")
_CONTEXT: Final = 2
_MEMBER: Final = r"""(?P<indent> *)(?P<key>"(?:[^"\\]|\\.)*": )?(?P<text>"(?:[^"\\]|\\.)*"),?"""


class FileChange(Record):
    """One file; `lines` are those of a unified diff, without its two head lines."""

    path: str
    kind: Literal["added", "removed", "changed"]
    lines: tuple[str, ...]


def file_changes(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[FileChange]:
    """The files of two emissions of a target that say something different, by path."""
    for path in sorted({*old, *new}):
        if path.endswith(_PACKED):  # what is in it stands beside it
            continue
        if path not in old or path not in new:
            kind: Literal["added", "removed"] = "added" if path in new else "removed"
            yield FileChange(path, kind, ())
            continue
        before, after = _lines(path, old[path]), _lines(path, new[path])
        if before != after:
            told = tuple(difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""))[2:]
            yield FileChange(path, "changed", told)


def _lines(path: str, content: bytes) -> list[str]:
    """The file in one form: JSON and YAML with their members sorted, everything else line by line."""
    text = content.decode("utf-8", "replace")
    value: object = None
    if path.endswith((".json", *_MANIFESTS)):
        try:
            value = json.loads(text)
        except ValueError:
            value = None
    elif path.endswith((".yaml", ".yml")):
        import yaml

        try:
            value = yaml.load(text, yaml.CSafeLoader)
        except yaml.YAMLError:
            value = None
    if value is None:
        return [line.rstrip() for line in text.splitlines()]
    if path.endswith(_MANIFESTS) and isinstance(value, dict):
        value = {key: below for key, below in value.items() if key not in _DIGESTS and key != "files"}
    dumped = json.dumps(value, indent=1, sort_keys=True, default=str).splitlines()
    return [line for each in dumped for line in _written_out(each)]


def _written_out(line: str) -> list[str]:
    """A member that is a program or a document of its own is told by its lines, as YAML writes a block."""
    found = re.fullmatch(_MEMBER, line) if "\\n" in line else None
    text = json.loads(found["text"]) if found is not None else ""
    if found is None or "\n" not in text.rstrip("\n"):
        return [line]
    indent = found["indent"]
    return [f"{indent}{found['key'] or ''}|", *(f"{indent} {part}".rstrip() for part in text.split("\n"))]
