"""Slots of the Program as C# locals, declared where what they are read from is known."""

from __future__ import annotations

from typing import Literal

from seccfg.expr.lower import Lowered
from seccfg.expr.types import Side
from seccfg.ir.policy import (
    Attr,
    ByAddress,
    ByAttribute,
    ByPrincipal,
    FromApplication,
    FromBody,
    FromClaims,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    FromRoute,
    JwtVerifier,
    KeyVerifier,
    ScalarType,
)
from seccfg.program.model import Program, Slot
from seccfg_azure.conditions import ConditionPrinter
from seccfg_azure.csharp import either, is_match, policy_string, texts
from seccfg_azure.schemas import SchemaPrinter
from seccfg_azure.values import ABSENT, list_lines, read_lines, text_of, typed_lines

__all__ = ["BlockSlots", "Stage"]

Stage = Literal["head", "tokens", "principal"]
"""When a local can be declared: with the request in pieces and its branch known, with credentials, with the principal."""

_BUILT_IN: dict[tuple[Side, str], tuple[ScalarType, str]] = {
    ("principal", "subject"): ("string", "subject == null ? null : new JValue(subject)"),
    ("principal", "method"): ("string", "who < 0 ? null : new JValue(names[who])"),
    ("principal", "client"): ("string", "client == null ? null : new JValue(client)"),
    ("principal", "roles"): ("string", "who < 0 ? null : new JArray(roles)"),
    ("principal", "scopes"): ("string", "who < 0 ? null : new JArray(scopes)"),
    ("request", "method"): ("string", "new JValue(method)"),
    ("request", "path"): ("string", "new JValue(path)"),
    ("request", "host"): ("string", "host == null ? null : new JValue(host)"),
    ("request", "ip"): ("string", "address == null ? null : new JValue(address)"),
    ("request", "time"): ("timestamp", "new JValue((long)now)"),
}  # fmt: skip
_PLAIN = {
    "method": "method", "target": "target", "path": "path", "query": "query", "authority": "authority", "host": "host",
    "media_type": "mediaType", "unclaimed": "unclaimed", "principal": "principal", "principal_client": "client",
}  # fmt: skip


_FOREIGN = policy_string(r"[^\x01-\x7f]+")
_SPACES = policy_string(r"[\t\n\x0b\x0c\r ]+")


class BlockSlots:
    """The locals of one block, collected while its forms are printed."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._numbers = {method.name: number for number, method in enumerate(program.methods)}
        self._attrs = {(attr.side, attr.name): attr for attr in program.attributes}
        self._names: dict[object, str] = {}
        self._lines: dict[Stage, list[str]] = {"head": [], "tokens": [], "principal": []}
        self._conditions = ConditionPrinter(self.attribute, self.present)
        self.places: list[str] = []
        """Ids of the places that have to be looked into."""
        self.reads_body = False
        self.reads_address = False

    def lines(self, stage: Stage) -> list[str]:
        """Declarations of that stage."""
        return self._lines[stage]

    def _local(self, key: object, base: str, stage: Stage, lines: list[str]) -> str:
        """The local of *key*; *lines* declare it as `@`."""
        name = f"{base}{len(self._names)}"
        self._names[key] = name
        self._lines[stage] += [line.replace("@", name) for line in lines]
        return name

    # ------------------------------------------------------------------------------------------------ kinds of slots
    def text(self, slot: Slot) -> str:
        plain = _PLAIN.get(slot.name)
        if plain is not None:
            return plain
        match slot.name:
            case "line":
                return self._line(slot.key)
            case "chosen":
                return "chosen"
            case "principal_method":
                return "(who < 0 ? null : names[who])"
            case "header_text":
                name, _, member = slot.key.partition(" ")
                read = f"heads[{self._numbers[name]}]"
                return self._json_text(slot, f"{read} == null ? null : {read}[{policy_string(member)}]")
            case "claim_text":
                return self._json_text(slot, self._claim(slot.key))
            case "key_record":
                return self._record(slot.key, "id")
            case "identity":
                return self._identity(slot.key)
            case "limit_key":
                return self._limit_key(slot)
            case _:
                raise LookupError(f"{slot.name} is no text here")

    def _limit_key(self, slot: Slot) -> str:
        if slot not in self._names:
            stage: Stage = "principal"
            match self._program.limits[int(slot.key)].key:
                case ByAddress():
                    value = 'family == 4 ? low4.ToString("x8") : family == 6 ? high.ToString("x16") : null'
                    stage = "head"
                case ByPrincipal():
                    value = "principal"
                case ByAttribute(side, name):
                    value = self._as_text(side, name, letter=True)
            self._local(slot, "key", stage, [f"string @ = {value};"])
        return self._names[slot]

    def _line(self, header: str) -> str:
        if header == "host":
            return "line_host"
        key = ("line", header)
        if key not in self._names:
            quoted = policy_string(header)
            value = f"lines.ContainsKey({quoted}) && lines[{quoted}].Count == 1 ? lines[{quoted}][0] : null"
            self._local(key, "line", "head", [f"string @ = {value};"])
        return self._names[key]

    def _json_text(self, slot: Slot, value: str) -> str:
        if slot not in self._names:
            self._local(slot, "text", "tokens", [
                f"JToken @_raw = {value};",
                "string @ = @_raw != null && @_raw.Type == JTokenType.String ? (string)@_raw : null;",
            ])  # fmt: skip
        return self._names[slot]

    def number(self, slot: Slot) -> str:
        match slot.name:
            case "now" | "declared_length" | "body_length":
                return {"now": "now", "declared_length": "declaredLength", "body_length": "bodyLength"}[slot.name]
            case "count":
                quoted = policy_string(slot.key)
                return f"(lines.ContainsKey({quoted}) ? lines[{quoted}].Count : 0)"
            case "filled":
                return f"filled[{self.place(slot.key)}].Count"
            case "credential_size":
                return f"(held[{self._numbers[slot.key]}] ?? \"\").Length"
            case "claim_number":
                return self._claim_number(slot)
            case "key_not_before" | "key_expires":
                member = {"key_not_before": "not_before_s", "key_expires": "expires_s"}[slot.name]
                return self._record(slot.key, member)
            case "given":
                return self._given(slot.key)
            case "lowest_version" | "not_before":
                return f"{slot.name}_{self._numbers[slot.key]}"
            case _:
                raise LookupError(f"{slot.name} is no number here")

    def place(self, ident: str) -> int:
        """Number of a place of credentials."""
        if ident not in self.places:
            self.places.append(ident)
        return self.places.index(ident)

    def flag(self, slot: Slot) -> str:
        match slot.name:
            case "tls" | "chunked":
                return slot.name
            case "filled_twice":
                return "filledTwice"
            case "from_cookie":
                return "fromCookie"
            case "token":
                return f"(payloads[{self._numbers[slot.key]}] != null)"
            case "signature":
                return f"signed[{self._numbers[slot.key]}]"
            case "claim":
                return f"({self._claim(slot.key)} != null)"
            case "key_address":
                return self._record(slot.key, "address")
            case "body_json":
                self.reads_body = True
                return f"(bodyFine && bodyDepth <= {slot.key})"
            case "limit_store":
                return "true"
            case "revocation_store":
                return "(answers != null)"
            case "denied":
                return f"denied_{self._numbers[slot.key.partition(' ')[0]]}"
            case _:
                raise LookupError(f"{slot.name} is no flag here")

    def texts(self, slot: Slot) -> str:
        match slot.name:
            case "credentials":
                return "credentials"
            case "principal_roles" | "principal_scopes":
                return {"principal_roles": "roles", "principal_scopes": "scopes"}[slot.name]
            case "requested_headers":
                return self._requested(slot)
            case "header_names":
                if slot not in self._names:
                    head = f"heads[{self._numbers[slot.key]}]"
                    value = f"{head} == null ? new List<string>() : {head}.Properties().Select(each => each.Name).ToList()"
                    self._local(slot, "members", "tokens", [f"List<string> @ = {value};"])
                return self._names[slot]
            case "claim_texts":
                return self._claim_texts(slot)
            case "query_names":
                if slot not in self._names:
                    value = 'queryNames.Select(each => each ?? "\\ufffd").ToList()'
                    self._local(slot, "asked", "head", [f"List<string> @ = {value};"])
                return self._names[slot]
            case _:
                raise LookupError(f"{slot.name} is no list here")

    def _requested(self, slot: Slot) -> str:
        if slot not in self._names:
            self._local(slot, "requested", "head", [
                "List<string> @ = new List<string>();",
                'if (lines.ContainsKey("access-control-request-headers")) {',
                '    foreach (string each in string.Join(",", lines["access-control-request-headers"]).ToLowerInvariant().Split(\',\')) {',
                "        if (each.Trim(' ', '\\t').Length > 0) { @.Add(each.Trim(' ', '\\t')); }",
                "    }",
                "}",
            ])  # fmt: skip
        return self._names[slot]

    # -------------------------------------------------------------------------------------------------------- claims
    def _claim(self, key: str) -> str:
        """The local with the payload member that `method /pointer` leads to; null when there is none."""
        name, _, pointer = key.partition(" ")
        found = ("claim", key)
        if found not in self._names:
            path = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
            self._member(found, f"payloads[{self._numbers[name]}]", path, "tokens")
        return self._names[found]

    def _member(self, key: object, root: str, path: list[str], stage: Stage) -> None:
        self._local(key, "member", stage, [
            f"JToken @ = {root};",
            f"foreach (string each in {texts(path)}) {{ @ = @ is JObject ? ((JObject)@)[each] : null; }}",
        ])  # fmt: skip

    def _claim_number(self, slot: Slot) -> str:
        if slot not in self._names:
            raw = self._claim(slot.key)
            self._local(slot, "number", "tokens", typed_lines("number", raw, "@"))
        return self._names[slot]

    def _claim_texts(self, slot: Slot) -> str:
        if slot not in self._names:
            raw = self._claim(slot.key)
            self._local(slot, "words", "tokens", [
                f"List<string> @ = {raw} is JArray && {raw}.All(each => each.Type == JTokenType.String) "
                f"? {raw}.Select(each => (string)each).ToList() : null;",
                f"if ({raw} != null && {raw}.Type == JTokenType.String) {{ @ = new List<string>(); @.Add((string){raw}); }}",
            ])  # fmt: skip
        return self._names[slot]

    def _record(self, method: str, member: str) -> str:
        number = self._numbers[method]
        return {
            "id": f"recordIds[{number}]", "not_before_s": f"recordFrom[{number}]", "expires_s": f"recordUntil[{number}]",
            "address": f"recordNear[{number}]",
        }[member]  # fmt: skip

    # ---------------------------------------------------------------------------------------------------- attributes
    def _raw(self, side: Side, name: str) -> str:
        """The local with the attribute as the request gives it."""
        key = ("raw", side, name)
        if key in self._names:
            return self._names[key]
        stage: Stage = "principal" if side == "principal" else "head"
        built_in = _BUILT_IN.get((side, name)) if (side, name) not in self._attrs else None
        if built_in is not None:
            self.reads_address = self.reads_address or name == "ip"
            return self._local(key, "given", stage, [f"JToken @ = {built_in[1]};"])
        attr = self._attrs[side, name]
        if isinstance(attr.source, FromBody):
            return self._from_body(key, attr.source.path)
        return self._local(key, "given", stage, self._source(attr))

    def _from_body(self, key: object, path: tuple[str, ...]) -> str:
        self.reads_body = True
        return self._local(key, "given", "principal", [
            "JToken @ = bodyFine && bodyDepth <= depth ? roots[tokens * 2] : null;",
            f"foreach (string each in {texts(path)}) {{ @ = @ is JObject ? ((JObject)@)[each] : null; }}",
            f"if (body.Length > 0 && !(bodyFine && bodyDepth <= depth)) {{ @ = {ABSENT}; }}",
        ])  # fmt: skip

    def _source(self, attr: Attr) -> list[str]:
        match attr.source:
            case FromClaims():
                return self._from_claims(attr)
            case FromHeader(name):
                line, quoted = self._line(name), policy_string(name)
                usable = f"{line} != null && {line}.IndexOf(',') < 0 && !{line}.Any(sign => sign > 127)"
                there = f"lines.ContainsKey({quoted})" + (" && peerTrusted" if attr.trust == "proxy" else "")
                return self._from_text(attr, line, there, usable)
            case FromPath(name):
                quoted = policy_string(name)
                text = f"pathValues[{quoted}]"
                return ["JToken @ = null;", f"if (pathValues.ContainsKey({quoted})) {{",
                        f"    string @_text = {text};", *_read(attr.type, "@_text"), "}"]  # fmt: skip
            case FromQuery(name):
                quoted = policy_string(name)
                return [
                    f"List<int> @_all = Enumerable.Range(0, queryNames.Count).Where(each => queryNames[each] == {quoted}).ToList();",
                    "string @_text = @_all.Count == 1 ? queryValues[@_all[0]] : null;",
                    *self._from_text(attr, "@_text", "@_all.Count > 0", "@_text != null"),
                ]
            case FromClock(function):
                value = {
                    "hour_utc": "(long)(now % 86400D / 3600D)", "weekday_utc": "(long)((Math.Floor(now / 86400D) + 4D) % 7D)",
                }.get(function, "(long)now")  # fmt: skip
                return [f"JToken @ = new JValue({value});"]
            case FromBody() | FromApplication() | FromRoute():
                return ["JToken @ = null;"]

    def _from_text(self, attr: Attr, text: str, there: str, usable: str) -> list[str]:
        lines = ["JToken @ = null;", f"if ({there}) {{", f"    @ = {ABSENT};"]
        if not attr.list_of:
            lines += [f"    if ({usable}) {{", *("    " + line for line in _read(attr.type, text)), "    }"]
        return [*lines, "}"]

    def _from_claims(self, attr: Attr) -> list[str]:
        lines = ["JToken @ = null;"]
        for number, method in enumerate(self._program.methods):
            verifier = method.verifier
            if isinstance(verifier, JwtVerifier):
                path = next((a.path for a in verifier.attributes if a.name == attr.name), None)
                if path is not None:
                    lines += [
                        f"if (who == {number}) {{",
                        f"    @ = payloads[{number}];",
                        f"    foreach (string each in {texts(path)}) {{ @ = @ is JObject ? ((JObject)@)[each] : null; }}",
                        "}",
                    ]
            elif isinstance(verifier, KeyVerifier):
                quoted = policy_string(attr.name)
                lines.append(f"if (who == {number} && records[{number}] != null) {{ @ = records[{number}][\"attributes\"][{quoted}]; }}")
        return lines

    def attribute(self, side: Side, name: str) -> str:
        """The local with the attribute's typed value."""
        key = ("typed", side, name)
        if key not in self._names:
            raw = self._raw(side, name)
            attr = self._attrs.get((side, name))
            kind = attr.type if attr is not None else _BUILT_IN[side, name][0]
            listed = attr.list_of if attr is not None else name in ("roles", "scopes")
            body = attr is not None and isinstance(attr.source, FromBody)
            stage: Stage = "principal" if side == "principal" or body else "head"
            self._local(key, "value", stage, (list_lines if listed else typed_lines)(kind, raw, "@"))
        return self._names[key]

    def present(self, side: Side, name: str) -> str:
        """That the attribute is there and not null."""
        raw = self._raw(side, name)
        return f"({raw} != null && {raw}.Type != JTokenType.Null)"

    def condition(self, lowered: Lowered) -> str:
        return self._conditions.print(lowered)

    def _identity(self, field: str) -> str:
        key = ("identity", field)
        if key not in self._names:
            self._local(key, "told", "principal", [f"string @ = {self._as_text('principal', field, letter=False)};"])
        return self._names[key]

    def _as_text(self, side: Side, name: str, *, letter: bool) -> str:
        attr = self._attrs.get((side, name))
        if attr is None or (side == "principal" and name in ("subject", "roles", "scopes", "method", "client")):
            if name in ("roles", "scopes"):
                return f'(who < 0 ? null : string.Join(" ", {name}))'
            return {"subject": "subject", "client": "client", "method": "(who < 0 ? null : names[who])"}.get(
                name, self.attribute(side, name)
            )
        raw, typed = self._raw(side, name), self.attribute(side, name)
        if attr.list_of:
            words = f"{raw}.Select(each => {text_of(attr.type, 'each')})"
            return f"({typed} == null ? null : string.Join(\" \", {words}))"
        there = {"string": f"{typed} != null", "boolean": f"{typed} >= 0"}.get(attr.type, f"!double.IsNaN({typed})")
        text = text_of(attr.type, raw)
        if letter:
            text = f'"{attr.type[0]}" + {text}'
        return f"({there} ? {text} : null)"

    # ---------------------------------------------------------------------------------------------------- parameters
    def _parameter_text(self, key: str) -> str:
        """The local with the parameter's text, null when it is not given once and usable."""
        found = ("parameter", key)
        if found not in self._names:
            place, _, name = key.partition(" ")
            quoted = policy_string(name)
            if place == "path":
                value = f"pathValues.ContainsKey({quoted}) ? pathValues[{quoted}] : null"
            elif place == "header":
                line = self._line(name)
                value = f"{line} != null && {line}.IndexOf(',') < 0 && !{line}.Any(sign => sign > 127) ? {line} : null"
            else:
                value = f"{self._given(key)} == 1 ? queryValues[queryNames.IndexOf({quoted})] : null"
            self._local(found, "input", "head", [f"string @ = {value};"])
        return self._names[found]

    def _given(self, key: str) -> str:
        place, _, name = key.partition(" ")
        quoted = policy_string(name)
        if place == "path":
            return f"(pathValues.ContainsKey({quoted}) ? 1 : 0)"
        if place == "header":
            return f"(lines.ContainsKey({quoted}) ? lines[{quoted}].Count : 0)"
        return f"queryNames.Count(each => each == {quoted})"

    def parameter(self, slot: Slot, kind: str) -> str:
        """The local with the parameter read as *kind*; null when it is no such value."""
        key = ("read", slot, kind)
        if key not in self._names:
            text = self._parameter_text(slot.key)
            scalar: ScalarType = kind  # type: ignore[assignment]  # the model types it so
            again = [f"if (@.Type != JTokenType.Undefined) {{ @ = new JValue({text}); }}"] if kind == "timestamp" else []
            self._local(key, "param", "head", [
                "JToken @ = null;",
                f"if ({text} != null) {{",
                *("    " + line for line in (*read_lines(scalar, text, "@"), *again)),
                "    if (@.Type == JTokenType.Undefined) { @ = null; }",
                "}",
            ])  # fmt: skip
        return self._names[key]

    def schema(self, number: int, value: str) -> str:
        return SchemaPrinter(self._program.schemas[number], dict(self._program.formats)).print(value)

    def body_value(self) -> str:
        self.reads_body = True
        key = ("body value",)
        if key not in self._names:
            value = "bodyFine && bodyDepth <= depth ? roots[tokens * 2] : null"
            self._local(key, "document", "principal", [f"JToken @ = {value};"])
        return self._names[key]

    def shows(self, slot: Slot, screen: str) -> str:
        """That some text of the request shows the screen."""
        key = ("shows", slot, screen)
        if key not in self._names:
            inputs = self._inputs(slot)
            found = either([is_match("each", regex) for regex in dict(self._program.screens)[screen]])
            self._local(key, "shown", "principal", [f"bool @ = reason == null && {inputs}.Any(each => {found});"])
        return self._names[key]

    def _inputs(self, slot: Slot) -> str:
        if slot not in self._names:
            self.reads_body = True
            headers = texts(slot.key.split(",")) if slot.key else "new string[0]"
            self._local(slot, "screened", "principal", [
                "List<string> @ = new List<string>();",
                "@.AddRange(pathValues.Values);",
                "@.AddRange(queryNames.Concat(queryValues).Where(each => each != null));",
                f"foreach (string each in {headers}) {{ if (lines.ContainsKey(each)) {{ @.AddRange(lines[each]); }} }}",
                "if (body.Length > 0 && bodyFine && bodyDepth <= depth) {",
                "    var @_left = new Stack<JToken>();",
                "    @_left.Push(roots[tokens * 2]);",
                "    while (@_left.Count > 0) {",
                "        JToken @_next = @_left.Pop();",
                "        if (@_next.Type == JTokenType.String) { @.Add((string)@_next); }",
                "        if (@_next is JObject) { @.AddRange(((JObject)@_next).Properties().Select(each => each.Name)); }",
                "        if (@_next is JObject) { foreach (JProperty each in ((JObject)@_next).Properties()) { @_left.Push(each.Value); } }",
                "        if (@_next is JArray) { foreach (JToken each in (JArray)@_next) { @_left.Push(each); } }",
                "    }",
                "} else if (body.Length > 0) {",
                "    @.Add(new string(body.Select(each => (char)each).ToArray()));",
                "}",
                f'@ = @.Select(each => Regex.Replace(Regex.Replace(" " + each + " ", {_FOREIGN}, "?").ToLowerInvariant(), {_SPACES}, " ")).ToList();',
            ])  # fmt: skip
        return self._names[slot]


def _read(kind: ScalarType, text: str) -> list[str]:
    return ["    " + line for line in read_lines(kind, text, "@")]
