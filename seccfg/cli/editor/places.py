"""What stands at a place of a text: a key, a value, a name that means something defined elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from seccfg.findings import Span, SpecPath
from seccfg.record import Record
from seccfg.source.document import Document

__all__ = ["SECTIONS", "Here", "context_of", "here", "names_of"]

SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "roles": ("roles",),
    "inherits": ("roles",),
    "tiers": ("roles",),
    "if": ("conditions",),
    "require": ("conditions",),
    "forbid": ("conditions",),
    "auth": ("auth",),
    "all": ("auth",),
    "tokens": ("auth",),
    "clients": ("clients",),
    "rate_limits": ("rate_limits",),
    "cors": ("cors",),
    "network": ("network", "profiles"),
    "upstream": ("upstreams",),
    "permissions": ("permissions",),
    "scopes": ("scopes",),
    "rule": ("rules",),
}
"""A key -> where the names that may stand as its value are defined; the last three are collected."""
_WORD: Final = re.compile(r"[A-Za-z0-9_.:/-]+")
_RULE: Final = re.compile(r"\b[A-Z]{2,8}[0-9]{3}\b")
_RULE_NAME: Final = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
_OPEN: Final = re.compile(r"(?P<key>[A-Za-z_]+)\s*:\s*(?:\[[^\[\]{}]*|[^\s,{}\[\]#]*)$")
_IGNORE: Final = re.compile(r"#\s*seccfg:\s*ignore\[[A-Za-z0-9, -]*$")


class Here(Record):
    """What stands at a place: `path` of the key or value, the `word`, and the key it is a value of."""

    path: SpecPath
    word: str
    span: Span
    is_key: bool
    key: str = ""


def here(document: Document, line: int, column: int, text: str) -> Here | None:
    """What stands at *line* and *column*, both from 1; *text* is that line."""
    word, start = _word(text, column)
    rule = next((m for m in _rules_on(text) if m.start() < column <= m.end() + 1), None)
    if rule is not None:
        at = Span(document.path, line, rule.start() + 1, line, rule.end() + 1)
        return Here((), rule[0], at, False, "rule")
    for path, is_key in _nodes(document):
        span = document.span(path, is_key)
        if span.path == document.path and span.line == line and span.column <= column <= span.end_column:
            if span.end_line != span.line:
                continue
            if is_key:
                return Here(path, str(path[-1]), span, True, _parent_key(path))
            at = Span(document.path, line, start + 1, line, start + 1 + len(word))
            return Here(path, word, at, False, _value_key(path))
    return None


def _word(text: str, column: int) -> tuple[str, int]:
    for match in _WORD.finditer(text):
        if match.start() <= column - 1 <= match.end():
            return match[0], match.start()
    return "", column - 1


def _nodes(document: Document) -> Iterator[tuple[SpecPath, bool]]:
    """Every key, then every scalar, with its path."""
    pending: list[tuple[SpecPath, object]] = [((), document.data)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            for name, item in value.items():
                yield (*path, name), True
                pending.append(((*path, name), item))
        elif isinstance(value, list):
            pending += [((*path, index), item) for index, item in enumerate(value)]
        else:
            yield path, False


def _value_key(path: SpecPath) -> str:
    """The key the value at *path* is written under, list items under the list's."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _rules_on(text: str) -> Iterator[re.Match[str]]:
    """Ids of rules on a line, wherever they stand, and names of rules where a comment ignores them."""
    yield from _RULE.finditer(text)
    start = text.find("ignore[", max(text.find("seccfg:"), 0)) if "#" in text else -1
    if start >= 0:
        yield from _RULE_NAME.finditer(text, start, max(text.find("]", start), start))


def _parent_key(path: SpecPath) -> str:
    """`tiers` for the names in it: keys that are names themselves."""
    return str(path[-2]) if len(path) > 1 and path[-2] == "tiers" else ""


def context_of(lines: list[str], line: int, column: int) -> str:
    """The key whose value is being written at *line*, *column* (from 1), whatever the rest of the text looks like."""
    before = lines[line - 1][: column - 1] if line <= len(lines) else ""
    if _IGNORE.search(before):
        return "rule"
    found = _OPEN.search(before)
    if found is not None:
        return found["key"]
    item = re.match(r"\s*-\s*[^\s:#]*$", before)
    if item is None:
        return ""
    indent = len(before) - len(before.lstrip())
    for above in reversed(lines[: line - 1]):
        inner = above.strip()
        depth = len(above) - len(above.lstrip())
        if not inner or inner.startswith("#") or (depth >= indent and inner.startswith("-")):
            continue
        key = re.match(r"(?:-\s*)?([A-Za-z_]+)\s*:\s*(?:#.*)?$", inner)
        return key[1] if key is not None and depth <= indent else ""
    return ""


def names_of(document: Document, key: str) -> dict[str, str]:
    """The names that may stand under *key*, each with a few words."""
    section = SECTIONS.get(key, ())
    if section == ("rules",):
        from seccfg.lint.catalogue import rules

        return {rule.id: rule.name for rule in rules() if rule.stage == "lint" or rule.severity != "error"}
    if section == ("permissions",):
        return {name: f"of {', '.join(holders)}" for name, holders in permissions(document).items()}
    if section == ("scopes",):
        return dict.fromkeys(_scopes(document), "scope")
    value: object = document.data
    for step in section:
        value = value.get(step) if isinstance(value, dict) else None
    if not section or not isinstance(value, dict):
        return {}
    return {str(name): _summary(item) for name, item in value.items()}


def permissions(document: Document) -> dict[str, list[str]]:
    """Each permission with the roles that have it themselves."""
    found: dict[str, list[str]] = {}
    roles = document.data.get("roles")
    for name, role in roles.items() if isinstance(roles, dict) else ():
        held = role.get("permissions") if isinstance(role, dict) else None
        for permission in held if isinstance(held, list) else ():
            found.setdefault(str(permission), []).append(name)
    return found


def _scopes(document: Document) -> list[str]:
    found: dict[str, None] = {}
    pending: list[object] = [document.data]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                if key == "scopes" and isinstance(item, list):
                    found.update(dict.fromkeys(str(one) for one in item))
                pending.append(item)
        elif isinstance(value, list):
            pending += value
    return sorted(found)


def _summary(item: object) -> str:
    if isinstance(item, dict):
        return ", ".join(f"{key}: {value}" for key, value in item.items() if isinstance(value, (str, int)))[:120]
    return str(item)[:120]
