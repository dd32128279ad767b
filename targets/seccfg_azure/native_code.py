"""`prefer: native`: who may call an operation, and which path parameters fit, as one `switch` over operations each.

Both are blocks of C# that give a reason to refuse, empty for none. Claims are read as the JSON they are, never through
`Jwt.Claims`, which make 5 of `"5"`. What throws is an error of the gateway, and its `on-error` refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from seccfg.expr.lower import Lowered
from seccfg.expr.types import INTEGER_LIMIT, Side
from seccfg.ir import policy as ir
from seccfg.program.model import (
    Branch,
    Cases,
    Check,
    Exactly,
    Fits,
    Form,
    HoldsAll,
    Item,
    Known,
    Meets,
    Program,
    Refuse,
    Size,
    Slot,
    Subset,
)
from seccfg_azure.conditions import ConditionPrinter
from seccfg_azure.csharp import indented, policy_string
from seccfg_azure.forms import FormPrinter
from seccfg_azure.values import list_lines, typed_lines

__all__ = ["UNREADABLE", "NotNative", "access_code", "claim", "input_code"]

UNREADABLE: Final = r'"[\\0\\ufffd]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]"'
"""A C# literal: what makes a text none that anything is compared with."""
_WHOLE: Final = r'"\\A-?(?:0|[1-9][0-9]{0,15})\\z"'


class NotNative(Exception):
    """The spec asks for something the native form has no words for; the message says what."""


def access_code(policy: ir.Policy, program: Program, named: Mapping[str, str], verifier: ir.JwtVerifier) -> str:
    """A block that gives why the caller may not call `context.Operation`, empty when it may."""
    shared = _Claims(policy, verifier)
    cases = _cases(policy, program, named, "authorize", shared)
    lines = ['JObject claims = JObject.Parse((string)context.Variables["claims"]);', *shared.lines]
    return _block([*lines, *_switch(cases), 'return "forbidden";'])


def input_code(policy: ir.Policy, program: Program, named: Mapping[str, str]) -> str:
    """A block that gives `invalid_input` where a path parameter does not fit; empty when nothing is asked of any."""
    cases = {text: ids for text, ids in _cases(policy, program, named, "validate", None).items() if len(text) > 1}
    return _block([*_switch(cases), 'return "";']) if cases else ""


def claim(path: Sequence[str]) -> str:
    """The member *path* leads to in `claims`; null when there is none."""
    found = "claims"
    for place, name in enumerate(path):
        found = f"{found}[{policy_string(name)}]" if place == 0 else f"({found} as JObject)?[{policy_string(name)}]"
    return found


def _block(lines: Sequence[str]) -> str:
    return "\n".join(["@{", *indented(lines), "}"])


def _switch(cases: Mapping[tuple[str, ...], Sequence[str]]) -> list[str]:
    lines = ["switch (context.Operation.Id) {"]
    for body, idents in cases.items():
        lines += indented([*(f'case "{ident}":' for ident in idents), "{", *indented(body), "}"])
    return [*lines, "}"]


def _cases(
    policy: ir.Policy, program: Program, named: Mapping[str, str], step: ir.StepName, claims: _Claims | None
) -> dict[tuple[str, ...], list[str]]:
    """What stands in a case -> the operations it is for."""
    branches = {branch.id: branch for branch in program.branches if branch.kind == "route"}
    found: dict[tuple[str, ...], list[str]] = {}
    for route in policy.routes:
        if claims is not None and route.public:
            continue
        lines = _Case(policy, program, route, branches[route.id], claims).lines(step)
        found.setdefault(tuple(lines), []).append(named[route.id])
    return found


class _Claims:
    """Locals of the whole block: what the token says."""

    def __init__(self, policy: ir.Policy, verifier: ir.JwtVerifier) -> None:
        self._policy = policy
        self.verifier = verifier
        self.lines: list[str] = []
        self._known: set[str] = set()
        self._attributes: dict[str, str] = {}

    def _once(self, name: str, lines: Sequence[str]) -> str:
        if name not in self._known:
            self._known.add(name)
            self.lines += lines
        return name

    def texts(self, name: str) -> str:
        """`roles` or `scopes`: an array of nothing but texts, or one text split on spaces."""
        path = self.verifier.roles_claim if name == "roles" else self.verifier.scopes_claim
        if not path:
            return self._once(name, [f"string[] {name} = new string[0];"])
        told = f"{name}Claim"
        lines = [
            f"JToken {told} = {claim(path)};",
            f"string[] {name} = {told} is JArray && {told}.All(each => each.Type == JTokenType.String) "
            f"? {told}.Select(each => (string)each).ToArray()",
            f"    : {told} != null && {told}.Type == JTokenType.String ? ((string){told}).Split(' ') : new string[0];",
        ]
        declared = {role for role, _ in self._policy.roles}
        if name == "roles" and not declared <= set(self.verifier.asserts):
            lines.append(f"roles = roles.Intersect({_listed(self.verifier.asserts)}).ToArray();")
        return self._once(name, lines)

    def client(self) -> str:
        """The spec's name of the token's client, null for none it knows."""
        known = "(string)null"
        for client, ident in reversed(self.verifier.clients):
            known = f'caller.Type == JTokenType.String && (string)caller == {policy_string(ident)} ? {policy_string(client)} : {known}'
        return self._once("client", [
            'JToken caller = claims["azp"] ?? claims["client_id"];', f"string client = caller == null ? null : {known};",
        ])  # fmt: skip

    def attribute(self, name: str) -> tuple[str, str]:
        """(the local with its typed value, the one with what the token says or null) of a principal's attribute."""
        attr = next((a for a in self._policy.attrs if (a.side, a.name) == ("principal", name)), None)
        path = next((a.path for a in self.verifier.attributes if a.name == name), None)
        if attr is None or path is None:
            raise NotNative(f"a condition reads principal.{name}")
        local = self._attributes.setdefault(name, _local("own", name))
        told = f"{local}_claim"
        self._once(local, [f"JToken {told} = {claim(path)};", *self._read(attr, told, local)])
        return local, f"({told} == null || {told}.Type == JTokenType.Null ? null : {told})"


    def _read(self, attr: ir.Attr, told: str, local: str) -> list[str]:
        """The claim in *told* as a value of the attribute's type in *local*: null, NaN or -1 when it is none."""
        if attr.list_of:
            return list_lines(attr.type, told, local)
        if attr.type != "string":
            return typed_lines(attr.type, told, local)
        self._once("unreadable", [f"string unreadable = {UNREADABLE};"])
        fits = f"{told} != null && {told}.Type == JTokenType.String && !Regex.IsMatch((string){told}, unreadable)"
        return [f"string {local} = {fits} ? (string){told} : null;"]


class _Case:
    """One operation's case: its locals and its checks."""

    def __init__(self, policy: ir.Policy, program: Program, route: ir.Route, branch: Branch, claims: _Claims | None) -> None:
        self._policy, self._program, self._route, self._branch, self._claims = policy, program, route, branch, claims
        self._locals: dict[str, str] = {}
        self._forms = _Forms(program, self)
        self._printer = ConditionPrinter(self._typed_local, self._present)

    def lines(self, name: ir.StepName) -> list[str]:
        """Statements that return the first reason to refuse, else an empty text."""
        items = next((step.items for step in self._branch.steps if step.name == name), ())
        checks = self._items([item for item in items if (_of_path(item) if name == "validate" else not _of_anybody(item))])
        return [*self._locals.values(), *checks, 'return "";'] if checks else ['return "";']

    def _items(self, items: Sequence[Item]) -> list[str]:
        lines: list[str] = []
        for item in items:
            match item:
                case Check(holds, Refuse(reason)):
                    lines.append(f'if (!({self._forms.form(holds)})) {{ return "{reason}"; }}')
                case Refuse(reason):
                    lines.append(f'return "{reason}";')
                case Cases(cases, otherwise):
                    lines += self._chain(cases, otherwise)
                case _:
                    raise NotNative("a step does more than check")
        return lines

    def _chain(self, cases: Sequence[object], otherwise: Sequence[Item]) -> list[str]:
        lines: list[str] = []
        done = [case for case in cases if not case.items]  # type: ignore[attr-defined]  # Cases holds Case
        if len(done) == len(cases) and len(otherwise) == 1:  # every case means yes
            yes = " || ".join(self._forms.form(case.when) for case in done)  # type: ignore[attr-defined]
            return [f"if (!({yes})) {{", *indented(self._items(otherwise)), "}"]
        for case in cases:
            word = "} else if" if lines else "if"
            lines += [f"{word} ({self._forms.form(case.when)}) {{", *indented(self._items(case.items))]  # type: ignore[attr-defined]
        return [*lines, "} else {", *indented(self._items(otherwise)), "}"]

    # ---------------------------------------------------------------------------------------------------------- slots
    def text(self, slot: Slot) -> str:
        if self._claims is not None and slot.name == "principal":
            return "claims"
        if self._claims is not None and slot.name == "principal_method":
            return policy_string(self._claims.verifier.name)
        if self._claims is not None and slot.name == "principal_client":
            return self._claims.client()
        return self._none(slot)

    def texts(self, slot: Slot) -> str:
        if self._claims is not None and slot.name in ("principal_roles", "principal_scopes"):
            return self._claims.texts(slot.name.removeprefix("principal_"))
        return self._none(slot)

    def number(self, slot: Slot) -> str:
        return self._none(slot)

    def flag(self, slot: Slot) -> str:
        return self._none(slot)

    def condition(self, lowered: Lowered) -> str:
        return self._printer.print(lowered)

    def schema(self, number: int, value: str) -> str:
        """That the number or text in the local *value* fits; only what is said about one value."""
        schema = json.loads(self._program.schemas[number])
        kind = schema.pop("type", None)
        forms: list[str] = []
        for key, wanted in schema.items():
            sign = {"minimum": ">=", "maximum": "<="}.get(key) if kind == "integer" else None
            length = {"minLength": ">=", "maxLength": "<="}.get(key) if kind == "string" else None
            if sign is None and length is None and not (key == "enum" and kind == "string"):
                raise NotNative(f"a parameter's schema says `{key}`")
            if key == "enum":
                forms.append(f"{_listed([str(one) for one in wanted])}.Contains({value})")
            else:
                forms.append(f"{value}{'' if length is None else '.Length'} {sign or length} {int(wanted)}")
        if kind not in ("integer", "string"):
            raise NotNative(f"a parameter's schema is one of {kind}")
        if kind == "integer":
            forms.insert(0, f"!double.IsNaN({value})")
        return " && ".join(forms) or "true"

    def parameter(self, slot: Slot, kind: str) -> str:
        """The local with a path parameter: a text, or a number where it is an integer."""
        place, _, name = slot.key.partition(" ")
        if place != "path" or kind not in ("integer", "string"):
            raise NotNative("a parameter is a header, in the query, or neither text nor integer")
        local, text = _local("given", name), self._matched(name)
        if kind == "string":
            self._locals[local] = f"string {local} = {text};"
        else:
            self._locals[local] = _whole(local, text)
        return local

    def body_value(self) -> str:
        return self._none(Slot("body_json"))

    def shows(self, slot: Slot, screen: str) -> str:  # noqa: ARG002 - whichever it is
        raise NotNative(f"texts are screened for {screen}")

    def _none(self, slot: Slot) -> NoReturn:
        raise NotNative(f"something asks for {slot.name.replace('_', ' ')}")

    # ----------------------------------------------------------------------------------------------------- attributes
    def _typed_local(self, side: Side, name: str) -> str:
        if side == "principal" and self._claims is not None:
            return self._claims.attribute(name)[0]
        attr = next((a for a in self._policy.attrs if (a.side, a.name) == (side, name)), None)
        if attr is None or not isinstance(attr.source, ir.FromPath) or attr.list_of or attr.type not in ("string", "integer"):
            raise NotNative(f"a condition reads {side}.{name}")
        local, text = _local("asked", name), self._matched(attr.source.name)
        if attr.type == "string":
            self._locals[local] = f"string {local} = {text};"
        else:
            self._locals[local] = _whole(local, text)
        return local

    def _present(self, side: Side, name: str) -> str:
        if side == "principal" and self._claims is not None:
            return f"({self._claims.attribute(name)[1]} != null)"
        raise NotNative(f"a condition asks whether there is {side}.{name}")

    def _matched(self, name: str) -> str:
        """The path parameter *name* of the spec, as the operation calls it."""
        at = 0
        for segment in self._route.path:
            if isinstance(segment, ir.ParamSegment):
                at += 1
                if segment.name == name:
                    return f'context.Request.MatchedParameters["p{at}-{re.sub(r"[^A-Za-z0-9_-]", "-", name)}"]'
        raise NotNative(f"a path parameter called {name}")


def _local(kind: str, name: str) -> str:
    """A C# name; different names stay different."""
    return f"{kind}_{re.sub(r'[^A-Za-z0-9]', lambda found: '_' if found[0] == '_' else f'_{ord(found[0]):x}_', name)}"


def _whole(local: str, text: str) -> str:
    """The local with the integer that *text* spells; NaN, which compares with nothing, where it spells none."""
    fits = f"Regex.IsMatch({text}, {_WHOLE}) && Math.Abs(long.Parse({text})) <= {INTEGER_LIMIT}"
    return f"double {local} = {fits} ? long.Parse({text}) : double.NaN;"


class _Forms(FormPrinter):
    """Lists of the native form are never null, and neither are path parameters."""

    def _form(self, form: Form) -> str:
        if isinstance(form, Fits):
            return self._slots.schema(form.schema, self._slots.parameter(form.slot, form.kind))
        return super()._form(form)

    def _of_texts(self, form: Meets | HoldsAll | Subset | Exactly | Size) -> str:
        found = self._slots.texts(form.slot)
        match form:
            case Meets(_, values, expect):
                return f"{'' if expect else '!'}{found}.Intersect({_listed(values)}).Any()"
            case HoldsAll(_, values):
                return f"!{_listed(values)}.Except({found}).Any()"
            case _:
                return super()._of_texts(form)


def _listed(values: Sequence[str]) -> str:
    return f"new[] {{ {', '.join(map(policy_string, values))} }}" if values else "new string[0]"


def _of_anybody(item: Item) -> bool:
    """Asks whether anybody is known: without a token nobody comes this far."""
    return isinstance(item, Check) and item.holds == Known(Slot("principal"))


def _of_path(item: Item) -> bool:
    """Asks about a parameter; what it asks about a body has no place here, and schemas of bodies are not native."""
    return isinstance(item, Check) and isinstance(item.holds, Fits)
