"""What a route of the native form judges in a script of its own: conditions over claims and the path, bounds of parameters.

A condition that is TRUE leaves "yes" in `seccfg.condition.NAME`, one that is FALSE "no", one that can be neither nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final

from seccfg.expr.ast import attributes
from seccfg.expr.lower import Lowered, false_form, true_form
from seccfg.expr.types import Side
from seccfg.ir import policy as ir
from seccfg.record import Record
from seccfg.targetapi.escape import js_string, js_value, one_line
from seccfg_apigee.conditions import print_condition

__all__ = ["Rules", "plan_rules"]

_KNOWN: Final = frozenset({
    "typed", "typedList", "claim", "segment", "words", "attribute", "startsWith", "endsWith", "isAscii", "function", "some",
    "every", "read", "clients", "closed", "test", "indexOf",
})  # fmt: skip
"""Functions of claims.js, and what Rhino has itself."""
_NUMBER: Final = frozenset({"type", "minimum", "maximum"})
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class Rules(Record):
    """The script of a route."""

    script: str
    names: tuple[tuple[str, str], ...]
    """(condition id, the NAME of its variable)."""
    input: bool
    """Parameters are judged: `seccfg.input` is "ok" where they fit."""


def plan_rules(policy: ir.Policy, route: ir.Route) -> Rules | str | None:
    """The script, None where there is nothing to judge, or in a few words what of it no script of this form can judge."""
    authorize = route.first(ir.Authorize)
    held = [] if authorize is None else [*authorize.require, *(ident for g in authorize.allow for ident in g.conditions)]
    failed = [] if authorize is None else list(authorize.forbid)
    conditions = [policy.condition(ident) for ident in dict.fromkeys([*held, *failed])]
    reader = _Reader(policy, route)
    for condition in conditions:
        for side, name in sorted(attributes(condition.expr)):
            if reader.read(side, name) == "":
                return f"condition `{condition.name}` reads {side}.{name}"
    tests = [reader.parameter(param) for param in route.one(ir.Validate).params]
    if "" in tests:
        return "parameters beyond whole numbers and text of a length"
    if not conditions and not tests:
        return None
    names = _names(conditions)
    lines = [f"// {_ascii(route.id)}", ""]
    calls: list[str] = []
    for condition in conditions:
        for wanted, form, word in ((held, true_form, "yes"), (failed, false_form, "no")):
            if condition.id in wanted:
                lines += _function(condition, names[condition.id], form(condition.expr), word, reader)
                calls += _call(names[condition.id], word)
    used = set(re.findall(r"\b([A-Za-z]\w*)\(", "\n".join(lines)))
    beyond = used - _KNOWN - {_identifier(name, word) for name in names.values() for word in ("yes", "no")}
    if beyond - {"if"}:
        return "a condition over times or lengths"
    if tests:
        calls += [f"if ({' && '.join(tests)}) {{", '  context.setVariable("seccfg.input", "ok");', "}"]
    text = "\n".join([*lines[:2], *reader.declared(), *lines[2:], *calls]) + "\n"
    return Rules(text, tuple(names.items()), bool(tests))


def _function(condition: ir.Condition, name: str, form: Lowered, word: str, reader: _Reader) -> Iterable[str]:
    yield f"// {_ascii(condition.name)} is {'TRUE' if word == 'yes' else 'FALSE'}: {_ascii(condition.text)}"
    yield f"function {_identifier(name, word)}() {{"
    yield '  "use strict";'
    yield from (f"  {line}" for line in print_condition(form, reader.read, reader.given))
    yield "}"
    yield ""


def _call(name: str, word: str) -> tuple[str, ...]:
    test = f"if ({_identifier(name, word)}()) {{"
    return (test, f'  context.setVariable("seccfg.condition.{name}", "{word}");', "}")


def _identifier(name: str, word: str) -> str:
    return f"{'holds' if word == 'yes' else 'fails'}_{name.replace('-', '_')}"


def _ascii(text: str) -> str:
    return "".join(mark if " " <= mark <= "~" else "?" for mark in one_line(text))


def _names(conditions: Sequence[ir.Condition]) -> dict[str, str]:
    found: dict[str, str] = {}
    for condition in conditions:
        plain = condition.name if _PLAIN.fullmatch(condition.name) else "condition"
        name, number = plain, 2
        while name.replace("-", "_") in {held.replace("-", "_") for held in found.values()}:
            name, number = f"{plain}-{number}", number + 1
        found[condition.id] = name
    return found


class _Reader:
    """Expressions that read what conditions and parameters ask about; empty for what is not read."""

    def __init__(self, policy: ir.Policy, route: ir.Route) -> None:
        self._attributes = {(attr.side, attr.name): attr for attr in policy.attrs}
        self._roles = dict(policy.roles)
        names = [name for (name, *_) in route.one(ir.Authenticate).alternatives]
        self._methods = [v for v in policy.verifiers if v.name in names and isinstance(v, ir.JwtVerifier)]
        self._places: dict[str, int] = {}
        for at, part in enumerate(route.path):
            if isinstance(part, ir.ParamSegment):
                self._places[part.name] = at

    def declared(self) -> list[str]:
        """The variables that the expressions name."""
        if not self._methods:
            return []
        if len(self._methods) == 1:
            (method,) = self._methods
            return [f"var TOKEN = readObject({js_string(f'jwt.VJ-{method.name}.payload-json')});", ""]
        return [
            'var METHOD = read("seccfg.method");', 'var TOKEN = readObject("jwt.VJ-" + METHOD + ".payload-json");', "",
        ]

    def read(self, side: Side, name: str) -> str:
        attr = self._attributes.get((side, name))
        if attr is None:
            return self._built_in(name) if side == "principal" else ""
        if isinstance(attr.source, ir.FromPath) and attr.type in ("string", "integer") and not attr.list_of:
            at = self._places.get(attr.source.name)
            return "null" if at is None else f"segment({at}, {js_string(attr.type)})"
        return self._claim(name) if isinstance(attr.source, ir.FromClaims) else ""

    def given(self, side: Side, name: str) -> str:
        attr = self._attributes.get((side, name))
        if attr is not None and isinstance(attr.source, ir.FromPath):
            return "true" if attr.source.name in self._places else "false"
        return f"({self.read(side, name)} !== null)"

    def _claim(self, name: str) -> str:
        paths = {v.name: next((list(a.path) for a in v.attributes if a.name == name), None) for v in self._methods}
        return self._at(paths)

    def _at(self, paths: dict[str, list[str] | None]) -> str:
        known = {method: path for method, path in paths.items() if path}
        if not known:
            return "null"
        if len(self._methods) == 1:
            return f"claim(TOKEN, {js_value(next(iter(known.values())))})"
        return f"attribute(TOKEN, {js_value(known)}, METHOD)"

    def _built_in(self, name: str) -> str:
        if name == "method":
            return 'read("seccfg.method")'
        if name == "client":
            return 'read("seccfg.client")'
        if name == "subject":
            return self._at({v.name: list(v.subject_claim) for v in self._methods})
        if name == "scopes":
            return f"words({self._at({v.name: list(v.scopes_claim) for v in self._methods})})"
        if name == "roles" and len(self._methods) == 1:
            (method,) = self._methods
            given = {role: sorted(self._roles.get(role, ())) for role in method.asserts}
            return f"closed(words({self._at({method.name: list(method.roles_claim)})}), {js_value(given)})"
        return ""

    def parameter(self, param: ir.Param) -> str:
        """The expression that is true where the parameter fits."""
        schema, at = json.loads(param.schema), self._places.get(param.name)
        if param.place != "path" or at is None or not isinstance(schema, dict):
            return ""
        value = f"segment({at}, {js_string(param.type)})"
        tests = [f"{value} !== null"]
        if param.type == "integer" and _NUMBER.issuperset(schema) and schema.get("type", "integer") == "integer":
            bounds = [(op, schema[name]) for op, name in ((">=", "minimum"), ("<=", "maximum")) if name in schema]
            if all(type(bound) is int for _, bound in bounds):
                return " && ".join([*tests, *(f"{value} {op} {bound}" for op, bound in bounds)])
        if param.type == "string" and {"type", "enum"}.issuperset(schema) and schema.get("type", "string") == "string":
            listed = schema.get("enum")
            if listed is None or (listed and all(isinstance(entry, str) for entry in listed)):
                return " && ".join([*tests, *(() if listed is None else (f"{js_value(listed)}.indexOf({value}) >= 0",))])
        return ""
