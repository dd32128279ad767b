"""Mutation operators over the text-free form of a spec: every edit of one place, each with a name that says where and what."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from functools import partial

from seccfg.record import Record

__all__ = ["Edit", "edits"]

Path = tuple[str | int, ...]
_UNTOUCHED = frozenset({
    "seccfg", "tests", "invariants", "waivers", "targets", "accept", "environments", "compliance", "title", "owner",
    "reviewed", "contact", "data", "reason", "flow", "url", "file", "env", "token_url", "authorization_url",
    "device_authorization_url", "redirect_uris", "sinks", "type", "without",
})  # fmt: skip
"""What no request can show, or what a spec does not load without."""
_NUMBERS = re.compile(r"(?<![\w.-])\d+(?![\w.-])")
_TURNED = (
    ("&&", "||"), ("||", "&&"), (">=", ">"), ("<=", "<"), ("==", "!="), (" > ", " >= "), (" < ", " <= "), ("!=", "=="),
)  # fmt: skip
_TIMES = re.compile(r"(\d+)(s|m|h|d)")


class Edit(Record):
    """A spec with one place changed; it is copied when it is asked for, since most edits of a sample never are."""

    name: str
    make: Callable[[], dict[str, object]]

    @property
    def data(self) -> dict[str, object]:
        """The changed spec, a new one each time."""
        return self.make()


def edits(data: dict[str, object]) -> Iterator[Edit]:
    """Every edit of *data*, the same ones in the same order each time; many do not load."""
    every = list(_nodes(data))
    words: dict[str, list[object]] = {}
    for path, value in every:
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            kind = _kind(path)
            if value not in words.setdefault(kind, []):
                words[kind].append(value)
    for path, value in every:
        where = ".".join(map(str, path))
        yield Edit(f"{where} deleted", _later(data, path, _GONE))
        for name, other in _others(path, value, words.get(_kind(path), [])):
            yield Edit(f"{where} {name}", _later(data, path, other))
    for template, item in _routes(data):
        for method in item:
            if method in ("get", "put", "post", "delete", "patch"):
                yield from _of_route(data, ("routes", template, method))
    yield from _of_routes(data)
    yield from _of_roles(data)


def _kind(path: Path) -> str:
    """Places that hold words of one kind have one name: list items by their list's key, others by their own."""
    named = [step for step in path if isinstance(step, str)]
    return named[-1] if named else ""


def _others(path: Path, value: object, words: list[object]) -> Iterator[tuple[str, object]]:
    if isinstance(value, bool):
        yield "turned round", not value
    elif isinstance(value, int):
        yield "one more", value + 1
        yield "one less", value - 1
    elif isinstance(value, str):
        if path[0] == "conditions":
            yield from _of_condition(value)
        else:
            for match in list(_TIMES.finditer(value))[:1]:
                yield "a second more", f"{int(match[1]) * {'s': 1, 'm': 60, 'h': 3600, 'd': 86400}[match[2]] + 1}s"
            for word in [word for word in words if word != value][:3]:
                yield f"is {word}", word
    elif isinstance(value, list) and value:
        yield "turned round", value[::-1]
        kind = _kind(path)
        if all(isinstance(item, str) for item in value):
            more = [word for word in words if word not in value]
            if more:
                yield f"also {more[0]}", [*value, more[0]]
        if kind == "allow":
            yield "also anyone with a scope", [*value, {"scopes": ["of.another.kind"]}]


def _of_condition(text: str) -> Iterator[tuple[str, object]]:
    for old, new in _TURNED:
        if old in text:
            yield f"{old} is {new}", text.replace(old, new, 1)
    for match in list(_NUMBERS.finditer(text))[:2]:
        yield f"{match[0]} and one", f"{text[: match.start()]}{int(match[0]) + 1}{text[match.end() :]}"
    yield "turned round", f"!({text})"
    yield "said twice", f"({text}) && ({text})"
    yield "or not", f"({text}) || !({text})"


def _of_route(data: dict[str, object], at: Path) -> Iterator[Edit]:
    where = ".".join(map(str, at))
    route = dict(_at(data, at))  # type: ignore[call-overload]

    def edit(name: str, **keys: object) -> Edit:
        kept = {key: value for key, value in {**route, **keys}.items() if value is not None}
        return Edit(f"{where} {name}", _later(data, at, kept))

    yield edit("public", public=True, reason="why not", allow=None, forbid=None, require=None, auth=None)
    if "allow" in route:
        yield edit("anyone", allow="authenticated")
        if isinstance(route["allow"], list):
            yield edit("a grant twice", allow=[*route["allow"], route["allow"][0]])
            for number, grant in enumerate(route["allow"]):
                for key in grant if isinstance(grant, dict) else ():
                    if len(grant) > 1:
                        less = {other: value for other, value in grant.items() if other != key}
                        changed = [*route["allow"][:number], less, *route["allow"][number + 1 :]]
                        yield edit(f"grant {number} without {key}", allow=changed)
        for role in list(data.get("roles") or {})[:3]:  # type: ignore[call-overload]
            yield edit(f"for {role} alone", allow=[{"roles": [role]}])
    for condition in list(data.get("conditions") or {})[:3]:  # type: ignore[call-overload]
        yield edit(f"requires {condition}", require=[condition])
        yield edit(f"forbids {condition}", forbid=[condition])
    for method in list(data.get("auth") or {}):  # type: ignore[call-overload]
        yield edit(f"by {method}", auth=[method])
    methods = list(data.get("auth") or {})  # type: ignore[call-overload]
    if len(methods) > 1:
        yield edit("by either", auth=methods[:2])
        yield edit("by both", auth=[{"all": methods[:2]}])
    for profile in (data.get("network") or {}).get("profiles") or {}:  # type: ignore[attr-defined]
        yield edit(f"from {profile}", network=profile)


def _of_routes(data: dict[str, object]) -> Iterator[Edit]:
    templates = [template for template, _ in _routes(data)]
    for template in templates:
        literal = re.sub(r"\{[^}]*\}$", "zzz", template)
        if literal != template:
            yield Edit(f"routes {literal} added", _later(data, ("routes", literal), {"get": {"allow": "authenticated"}}))
        item = dict(_at(data, ("routes", template)))  # type: ignore[call-overload]
        for method in ("get", "delete"):
            if method not in item:
                yield Edit(
                    f"routes {template} {method} added", _later(data, ("routes", template, method), {"allow": "authenticated"})
                )
        yield Edit(f"routes {template} moved", partial(_moved, data, template))


def _of_roles(data: dict[str, object]) -> Iterator[Edit]:
    roles = data.get("roles") or {}
    for role in roles:  # type: ignore[attr-defined]
        for other in roles:  # type: ignore[attr-defined]
            item = dict(roles[role])  # type: ignore[index]
            if other != role and other not in item.get("inherits", ()):
                yield Edit(
                    f"roles.{role} inherits {other}",
                    _later(data, ("roles", role), {**item, "inherits": [*item.get("inherits", ()), other]}),
                )


_GONE = object()


def _routes(data: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    return list((data.get("routes") or {}).items())  # type: ignore[attr-defined]


def _nodes(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict):
        for key, below in value.items():
            if key not in _UNTOUCHED:
                yield (*path, key), below
                yield from _nodes(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield (*path, number), below
            yield from _nodes(below, (*path, number))


def _at(data: object, path: Path) -> object:
    for step in path:
        data = data[step]  # type: ignore[index]
    return data


def _moved(data: dict[str, object], template: str) -> dict[str, object]:
    changed = copy.deepcopy(data)
    routes = changed["routes"]
    routes[f"{template}/moved"] = routes.pop(template)  # type: ignore[index,attr-defined]
    return changed


def _later(data: dict[str, object], path: Path, value: object) -> Callable[[], dict[str, object]]:
    return partial(_with, data, path, value)


def _with(data: dict[str, object], path: Path, value: object) -> dict[str, object]:
    changed = copy.deepcopy(data)
    parent = _at(changed, path[:-1])
    if value is _GONE:
        del parent[path[-1]]  # type: ignore[attr-defined]
    else:
        parent[path[-1]] = copy.deepcopy(value)  # type: ignore[index]
    return changed
