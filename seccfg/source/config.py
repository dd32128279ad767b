"""The project's configuration: `seccfg.toml`, or `[tool.seccfg]` in pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

from seccfg.findings import Finding, InputError, Severity, SourceError, Span
from seccfg.record import Record, replace
from seccfg.source.files import read, show
from seccfg.source.suggest import did_you_mean

FILE = "seccfg.toml"
SHARED_FILE = "pyproject.toml"


Levels = tuple[tuple[str, Severity], ...]
"""(rule, severity), as a table of the configuration states them."""


class PathConfig(Record):
    """What is different for the specs whose path below the project root fits `pattern`."""

    pattern: str
    ignore: tuple[str, ...] = ()
    severity: Levels = ()


class Config(Record):
    """What a project sets for every run; a command-line option of the same name replaces a value."""

    path: str = ""
    """The file it was read from; empty when there is none."""
    select: tuple[str, ...] = ()
    """Rule ids, names or id prefixes to run; empty means all."""
    ignore: tuple[str, ...] = ()
    fail_level: Severity = "warning"
    format: str = "full"
    targets: tuple[str, ...] = ()
    """Targets to build when the command names none; empty means those the spec names."""
    output: str = ""
    """Folder to build into, relative to the project root; empty means `build/` beside the spec."""
    extend_select: tuple[str, ...] = ()
    """Further rules to run, those that the profile leaves out included."""
    mandatory: tuple[str, ...] = ()
    """Rules that no comment and no waiver silences."""
    profile: str = ""
    """`baseline`, `strict` or `audit`; empty means `audit`, every rule."""
    min_confidence: str = ""
    """Rules less sure than this are left out."""
    baseline: str = ""
    """File of known findings, relative to the project root."""
    severity: Levels = ()
    """Rules that weigh more or less here than they say themselves."""
    per_path: tuple[PathConfig, ...] = ()


class _Wrong(Exception):
    """A value of the wrong type; the text says what is expected."""


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _Wrong("a list of names expected")
    return tuple(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _Wrong("a text expected")
    return value


def _format(value: object) -> str:
    return _one_of(
        value, ("auto", "full", "concise", "json", "sarif", "github", "junit", "gitlab", "markdown", "html")
    )


def _one_of(value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _Wrong(f"one of {', '.join(known)} expected")
    return str(value)


def _profile(value: object) -> str:
    return _one_of(value, ("baseline", "strict", "audit"))


def _confidence(value: object) -> str:
    return _one_of(value, ("low", "medium", "high"))


def _level(value: object) -> Severity:
    if value == "error" or value == "warning" or value == "note":
        return value
    raise _Wrong("`error`, `warning` or `note` expected")


def _levels(value: object) -> Levels:
    if not isinstance(value, dict):
        raise _Wrong('a table of rules expected, as in `AUTH020 = "error"`')
    return tuple((name, _level(said)) for name, said in value.items())


def _per_path(value: object) -> tuple[PathConfig, ...]:
    if not isinstance(value, dict):
        raise _Wrong("a table of paths expected")
    found = []
    for pattern, said in value.items():
        if not isinstance(said, dict) or not said or set(said) - {"ignore", "severity"}:
            raise _Wrong(f"`{show(pattern)}` is a table of `ignore` and `severity`")
        found.append(PathConfig(_folder(pattern), _names(said.get("ignore", [])), _levels(said.get("severity", {}))))
    return tuple(found)


def _folder(value: object) -> str:
    text = _text(value)
    if os.path.isabs(text) or ".." in text.replace("\\", "/").split("/"):
        raise _Wrong("a path inside the project expected")
    return text


_KEYS: dict[str, Callable[[object], object]] = {
    "select": _names,
    "ignore": _names,
    "extend_select": _names,
    "mandatory": _names,
    "profile": _profile,
    "min_confidence": _confidence,
    "baseline": _folder,
    "fail_level": _level,
    "format": _format,
    "targets": _names,
    "output": _folder,
    "severity": _levels,
    "per_path": _per_path,
}


def has_config(folder: str) -> bool:
    """Whether *folder* holds a configuration of seccfg."""
    return os.path.lexists(os.path.join(folder, FILE)) or _shared_table(folder) is not None


def load_config(root: str) -> Config:
    """
    The configuration in the folder *root*; all defaults when it has none.

    Raises:
        SourceError: it is no TOML, or has unknown keys or wrong values; one finding each, with its line.
        InputError: it cannot be read, or both files hold one.
    """
    own = os.path.join(root, FILE)
    shared = _shared_table(root)
    if not os.path.lexists(own):
        return shared if isinstance(shared, Config) else _typed(*shared) if shared else Config()
    if shared is not None:
        raise InputError(f"{show(own)}: pyproject.toml beside it has [tool.seccfg] too; keep one of the two")
    text = _decode(own, read(own))
    return _typed(own, text, _parse(own, text), "")


def _shared_table(folder: str) -> tuple[str, str, object, str] | None:
    """Path, text, table and header of `[tool.seccfg]`. A pyproject.toml that says nothing of seccfg is none of ours."""
    path = os.path.join(folder, SHARED_FILE)
    if not os.path.isfile(path):
        return None
    data = read(path)
    if not _mentions_table(data):  # spares other projects the import of tomllib
        return None
    text = _decode(path, data)
    tool = _parse(path, text).get("tool", {})
    if not isinstance(tool, dict) or "seccfg" not in tool:
        return None
    return path, text, tool["seccfg"], "tool.seccfg"


def _mentions_table(data: bytes) -> bool:
    if b"seccfg" not in data:
        return False
    compact = [line.translate(None, b" \t\"'") for line in data.splitlines() if b"seccfg" in line or b"tool" in line]
    keys = (b"[tool.seccfg", b"tool.seccfg", b"tool={")
    return any(line.startswith(keys) for line in compact) or (
        any(line.startswith(b"[tool]") for line in compact) and any(line.startswith(b"seccfg") for line in compact)
    )


def _decode(path: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _refuse("YAML050", Span(path, line, 1), "not UTF-8", error)


def _parse(path: str, text: str) -> dict[str, object]:
    if not text.strip(" \t\r\n"):  # a file that only marks where the project begins
        return {}
    import re
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, _, where = str(error).partition(" (at ")
        found = re.search(r"line ([0-9]+), column ([0-9]+)", where)
        line, column = (int(found[1]), int(found[2])) if found else (text.count("\n") + 1, 1)
        _refuse("YAML050", Span(path, line, column), f"not TOML: {said[:1].lower()}{said[1:]}", error)
    except (RecursionError, ValueError) as error:  # nesting and numbers beyond what tomllib takes
        _refuse("YAML050", Span(path, 1, 1), "not TOML: nested too deep, or a number out of range", error)


def _refuse(rule: str, at: Span, message: str, cause: Exception) -> NoReturn:
    from seccfg.source.rules import load_finding

    raise SourceError((load_finding(rule, message, at),)) from cause


def _typed(path: str, text: str, table: object, header: str) -> Config:
    from seccfg.source.rules import load_finding

    if not isinstance(table, dict):
        raise SourceError((load_finding("YAML051", f"`{header}` is a table", _place(path, text, header, "seccfg")),))
    values: dict[str, object] = {}
    findings: list[Finding] = []
    for key, value in table.items():
        check = _KEYS.get(key)
        at = _place(path, text, header, key)
        if check is None:
            message = f"unknown key `{show(key)}`{did_you_mean(key, _KEYS)}"
            findings.append(load_finding("YAML051", message, at, help=f"known keys: {', '.join(_KEYS)}"))
            continue
        try:
            values[key] = check(value)
        except _Wrong as error:
            findings.append(load_finding("YAML051", f"`{key}`: {error}", at, help=str(error)))
    if findings:
        raise SourceError(tuple(sorted(findings, key=lambda finding: (finding.at.line, finding.at.column))))
    return replace(Config(path), **values)  # each was typed by its entry in _KEYS


def _place(path: str, text: str, header: str, key: str) -> Span:
    """The line that sets *key* below *header*: tomllib gives none, so it is looked for."""
    import re

    name = re.escape(key)
    setting = re.compile(rf"""\s*(?:\[\s*)?(?:[\w."' -]*\.\s*)?["']?(?P<key>{name})["']?\s*[=.\]]""")
    inside = not header
    fallback = 1
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            found = re.sub(r"[\s\"'\[\]]", "", line.split("#")[0])
            inside = found == header or found.startswith(f"{header}.") if header else True
            fallback = number if found == header else fallback
        if (inside or not header) and (match := setting.match(line)):
            return Span(path, number, match.start("key") + 1, number, match.end("key") + 1)
    return Span(path, fallback, 1)


def places_of(config: Config) -> dict[str, Span]:
    """Where the configuration *config* sets each key it sets."""
    if not config.path:
        return {}
    text = _decode(config.path, read(config.path))
    table: object = _parse(config.path, text)
    header = "" if os.path.basename(config.path) == FILE else "tool.seccfg"
    for part in header.split(".") if header else ():
        table = table.get(part, {}) if isinstance(table, dict) else {}
    names = [key for key in table if key in _KEYS] if isinstance(table, dict) else []
    return {name: _place(config.path, text, header, name) for name in names}
