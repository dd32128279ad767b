"""Hostile text in every text field: emitted files keep their structure, and say exactly what the spec says."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from seccfg.findings import render_path
from seccfg.record import Record
from seccfg.targetapi.escape import one_line
from seccfg.targetapi.hostile import HOSTILE
from seccfg.targetapi.kit.leaves import leaves
from seccfg.targetapi.kit.project import Project, replaced

__all__ = ["READERS", "HostileReport", "Parsed", "check_hostile"]

_MARK: Final = "qzmarkzq"
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.6.2: a name that files may hold in lower case, as the case of headers means nothing."""
_ALWAYS: Final = ('"', "'", "\\", '"""', "\n", "{{ x }}", "<!-- x -->")
"""Tried in every field."""
_CHOSEN: Final = 6
"""Further hostile texts tried in each field, others in the next."""


class Parsed(Record):
    """A file as its language reads it: a shape without texts, and every text in order."""

    shape: str
    texts: tuple[str, ...]


class HostileReport(Record):
    """What the test found."""

    fields: int
    """Text fields whose text reaches some file."""
    tried: int
    broken: tuple[str, ...]
    """`path, file: what` for each text that changed a file's structure or was not read back."""


def _python(content: bytes) -> Parsed:
    texts: list[str] = []
    tree = ast.parse(content)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
            node.value = ""
    return Parsed(ast.dump(tree), tuple(texts))


def _data(value: object) -> Parsed:
    texts: list[str] = []

    def shape(part: object) -> object:
        if isinstance(part, str):
            texts.append(part)
            return ""
        if isinstance(part, dict):
            return {key: shape(inner) for key, inner in part.items()}
        if isinstance(part, list):
            return [shape(inner) for inner in part]
        return part

    return Parsed(repr(shape(value)), tuple(texts))


READERS: Final[Mapping[str, Callable[[bytes], Parsed]]] = {
    ".py": _python,
    ".json": lambda content: _data(json.loads(content)),
    ".toml": lambda content: _data(tomllib.loads(content.decode())),
    ".md": lambda content: Parsed(str(content.decode().count("\n")), ()),
}
"""How files are read, by the end of their name. Prose has lines only."""


def check_hostile(project: Project, readers: Mapping[str, Callable[[bytes], Parsed]] = READERS) -> HostileReport:
    """
    Put hostile texts in every field that takes free text and whose text reaches a file.

    A field is found by a harmless mark: where files hold the mark, they must hold the hostile text instead, as the same
    text in the same structure; prose on one line may show it with white space and control characters made visible.
    """
    data = project.data()
    broken: list[str] = []
    fields = tried = 0
    for number, (path, value) in enumerate(leaves(data)):
        if not isinstance(value, str) or path[0] == "environments":
            continue
        marked = _compiled(project, replaced(data, path, _MARK))
        if marked is None or not any(_MARK.encode() in content for content in marked.values()):
            continue
        fields += 1
        before = _read(marked, readers)
        for text in _some(number):
            found = _compiled(project, replaced(data, path, text))
            if found is None:
                continue  # the language refuses it there, which is as good
            tried += 1
            broken += [f"{render_path(path)}, {problem}" for problem in _problems(before, found, readers, text)]
    return HostileReport(fields, tried, tuple(broken))


def _some(number: int) -> Iterator[str]:
    """What ends a text in most languages, and other texts in each field: all of them over a few fields."""
    yield from _ALWAYS
    for step in range(_CHOSEN):
        yield HOSTILE[(number * _CHOSEN + step) % len(HOSTILE)]


def _compiled(project: Project, data: object) -> dict[str, bytes] | None:
    if not isinstance(data, dict):
        raise TypeError("a spec is a map")
    effect = project.effect(data)
    return None if effect.refused else dict(effect.files)


def _read(
    files: Mapping[str, bytes], readers: Mapping[str, Callable[[bytes], Parsed]]
) -> dict[str, Parsed]:  # fmt: skip
    """The files that hold the mark, read."""
    found: dict[str, Parsed] = {}
    for path, content in files.items():
        reader = next((reader for end, reader in readers.items() if path.endswith(end)), None)
        if reader is not None and _MARK.encode() in content:
            found[path] = reader(content)
    return found


def _problems(
    before: Mapping[str, Parsed], files: Mapping[str, bytes], readers: Mapping[str, Callable[[bytes], Parsed]], text: str
) -> Iterator[str]:  # fmt: skip
    for path, expected in before.items():
        reader = next(reader for end, reader in readers.items() if path.endswith(end))
        if path not in files:
            yield f"{path}: is gone with {text!r}"
            continue
        try:
            parsed = reader(files[path])
        except (SyntaxError, ValueError) as error:
            yield f"{path}: cannot be read with {text!r}: {error}"
            continue
        if parsed.shape != expected.shape or len(parsed.texts) != len(expected.texts):
            yield f"{path}: has another structure with {text!r}"
        elif not _same_texts(expected.texts, parsed.texts, text):
            yield f"{path}: does not say {text!r}"


def _same_texts(marked: Sequence[str], found: Sequence[str], text: str) -> bool:
    """Whether *found* are the texts *marked*, with *text* for the mark; sets are sorted, so their order may differ."""
    left = Counter(found)
    for expected in marked:
        spellings = (expected,) if _MARK not in expected else _spellings(expected, text)
        spelled = next((spelling for spelling in spellings if left[spelling]), None)
        if spelled is None:
            return False
        left[spelled] -= 1
    return True


def _spellings(marked: str, text: str) -> Sequence[str]:
    """The text itself; inside a JSON text as JSON spells it; in prose on one line; a header's name in lower case."""
    inside = json.dumps(text)[1:-1]
    lowered = (text.lower(),) if _HEADER_NAME.fullmatch(text) else ()
    return [marked.replace(_MARK, spelled) for spelled in (text, inside, one_line(text), *lowered)]
