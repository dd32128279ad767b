"""Forms, items and headers of a Program as ES5 over a run: what `runtime/` calls steps, branches and header lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from seccfg.ir.policy import Cidr
from seccfg.program.model import (
    All,
    Always,
    Answer,
    Any,
    BodyFits,
    Cases,
    Charge,
    Check,
    Choose,
    Compare,
    Exactly,
    Fits,
    Form,
    Header,
    Holds,
    HoldsAll,
    Is,
    Item,
    Known,
    Matches,
    Meets,
    NoneShows,
    OneOf,
    Readable,
    Refuse,
    SameText,
    Sendable,
    Size,
    Slot,
    Subset,
    Whole,
    Within,
)
from seccfg.targetapi.escape import js_string, js_value
from seccfg_apigee.conditions import regex_literal

__all__ = ["CheckPrinter", "blocks"]

def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(map(js_string, values)) + "]"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def blocks(cidrs: Sequence[Cidr]) -> str:
    """Address blocks as [family, words of 32 bits, bits]."""
    printed = []
    for cidr in cidrs:
        size = 1 if cidr.family == 4 else 4
        words = [(cidr.network >> (32 * (size - 1 - at))) & 0xFFFFFFFF for at in range(size)]
        printed.append([cidr.family, words, cidr.bits])
    return json.dumps(printed)


class CheckPrinter:
    """Prints forms and items. *conditions* names the function pair of each condition id."""

    def __init__(self, conditions: dict[str, str], identity: dict[str, str]) -> None:
        self._conditions = conditions
        self._identity = identity
        self._slots: dict[Slot, str] = {}

    # ------------------------------------------------------------------------------------------------------- slots
    def slot(self, slot: Slot) -> str:
        """The expression of a slot's value, null when it is absent."""
        if slot not in self._slots:
            self._slots[slot] = self._slot(slot)
        return self._slots[slot]

    def _slot(self, slot: Slot) -> str:
        name, key = slot.name, slot.key
        first, _, rest = key.partition(" ")
        quoted, method = js_string(key), js_string(first)
        simple = {
            "method": "run.request.method", "target": "run.request.target", "path": "run.request.path",
            "query": "run.request.query", "authority": "run.request.authority", "host": "run.request.host()",
            "tls": "run.request.tls()", "peer": "run.request.peer()", "client": "run.request.peer()",
            "now": "run.request.now()", "declared_length": "run.request.declaredLength()",
            "body_length": "run.request.bodyLength()", "chunked": "run.request.chunked()",
            "media_type": "run.request.mediaType()", "filled_twice": "run.filledTwice()",
            "requested_headers": 'run.request.elements("access-control-request-headers")',
            "credentials": "run.credentials()", "unclaimed": "run.unclaimed()", "certificate": "run.certificate()",
            "from_cookie": "run.fromCookie()", "keys_usable": "run.keysUsable", "chosen": "run.chosen",
            "principal": 'run.principal("id")', "principal_method": 'run.principal("method")',
            "principal_client": 'run.principal("client")', "principal_roles": 'run.principal("roles")',
            "principal_scopes": 'run.principal("scopes")', "query_names": "run.request.queryNames()",
        }  # fmt: skip
        if name in simple:
            return simple[name]
        keyed = {
            "line": f"run.request.line({quoted})", "count": f"run.request.count({quoted})",
            "filled": f"run.filled({quoted}).length", "credential_size": f"run.credential({quoted}).length",
            "token": f"(run.token({quoted}) !== null)", "header_names": f"run.headerNames({quoted})",
            "signature": f"run.signature({quoted})", "key_record": f"run.keyId({quoted})",
            "key_not_before": f'run.keyTime({quoted}, "notBefore")', "key_expires": f'run.keyTime({quoted}, "expires")',
            "key_address": f"run.keyAddress({quoted})", "certificate_valid": f"run.certificateValid({quoted})",
            "san": f"run.san({quoted})", "lowest_version": f'run.revocationNumber({quoted}, "version")',
            "not_before": f'run.revocationNumber({quoted}, "since")', "denied": f"run.denied({method})",
            "limit_key": f"LIMITS[{key}].key(run)", "body_json": f"(run.request.json({key}) !== null)",
            "inputs": f"run.inputs({_texts(n for n in key.split(',') if n)})",
            "header_text": f"run.headerText({method}, {js_string(rest)})",
            "parameter": f"run.parameter({method}, {js_string(rest)})", "given": f"run.given({method}, {js_string(rest)})",
            "identity": self._identity.get(key, "null"),
        }  # fmt: skip
        if name in keyed:
            return keyed[name]
        path = _texts(part.replace("~1", "/").replace("~0", "~") for part in rest.split("/")[1:])
        claims = {"claim": "hasClaim", "claim_text": "claimText", "claim_texts": "claimTexts", "claim_number": "claimNumber"}
        if name in claims:
            return f"run.{claims[name]}({method}, {path})"
        if name == "revocation_store":
            return "run.revocationReadable()"
        raise LookupError(f"no expression for slot {name}")

    # ------------------------------------------------------------------------------------------------------- forms
    def form(self, form: Form) -> str:
        """An expression that is true when the form holds."""
        match form:
            case Always(value):
                return _flag(value)
            case All(items):
                return "(" + " && ".join(map(self.form, items)) + ")"
            case Any(items):
                return "(" + " || ".join(map(self.form, items)) + ")"
            case Known(slot, expect):
                return f"{self.slot(slot)} {'!==' if expect else '==='} null"
            case Is(slot, expect):
                return f"{self.slot(slot)} === {_flag(expect)}"
            case OneOf(slot, (value,), expect):
                if expect:
                    return f"{self.slot(slot)} === {js_string(value)}"
                return f"differs({self.slot(slot)}, {js_string(value)})"
            case OneOf(slot, values, expect):
                return f"{'isOneOf' if expect else 'isNoneOf'}({self.slot(slot)}, {_texts(values)})"
            case SameText(left, right):
                return f"sameText({self.slot(left)}, {self.slot(right)})"
            case Matches(slot, regex, expect):
                return f"{'finds' if expect else 'lacks'}({regex_literal(regex)}, {self.slot(slot)})"
            case Readable(slot):
                return f"isReadable({self.slot(slot)})"
            case Sendable(slot):
                return f"isSendable({self.slot(slot)})"
            case Compare():
                return self._compare(form)
            case Whole(slot):
                return f"isWhole({self.slot(slot)})"
            case Within(slot, cidrs, expect):
                return f"within({self.slot(slot)}, {blocks(cidrs)}) === {_flag(expect)}"
            case Meets(slot, values, expect):
                return f"{'meets' if expect else 'meetsNone'}({self.slot(slot)}, {_texts(values)})"
            case HoldsAll(slot, values):
                return f"holdsAll({self.slot(slot)}, {_texts(values)})"
            case Subset(slot, values):
                return f"isSubset({self.slot(slot)}, {_texts(values)})"
            case Exactly(slot, values):
                return f"areExactly({self.slot(slot)}, {_texts(values)})"
            case Size(slot, op, number):
                return f"{self.slot(slot)}.length {_op(op)} {number}"
            case NoneShows(slot, screen):
                return f"showsNone({self.slot(slot)}, screen({js_string(screen)}))"
            case Fits(slot, kind, schema):
                return f"parameterFits({self.slot(slot)}, {js_string(kind)}, schema_{schema})"
            case BodyFits(schema):
                return f"run.bodyFits(schema_{schema})"
            case Holds(ident, expect):
                return f"{self._conditions[ident]}_{'holds' if expect else 'fails'}(run)"

    def _compare(self, form: Compare) -> str:
        sides = [self.slot(side) if isinstance(side, Slot) else js_value(side) for side in (form.left, form.right)]
        slots = [text for text, side in zip(sides, (form.left, form.right), strict=True) if isinstance(side, Slot)]
        known = [f"{text} !== null" for text in slots if not text.endswith(".length")]
        plus = f" + {form.plus}" if form.plus > 0 else f" - {-form.plus}" if form.plus < 0 else ""
        return "(" + " && ".join([*known, f"{sides[0]} {_op(form.op)} {sides[1]}{plus}"]) + ")"

    # ------------------------------------------------------------------------------------------------------- items
    def items(self, items: Sequence[Item], indent: str) -> list[str]:
        """Statements that return the outcome of the first item that refuses or answers."""
        lines: list[str] = []
        held: list[str] = []
        for at, item in enumerate(items):
            match item:
                case Check(Compare(Slot("wait", number)), otherwise):
                    plain = Refuse(otherwise.reason, otherwise.status, otherwise.event, (), otherwise.charges)
                    lines.append(f"{indent}run.enforce({number}, LIMITS[{number}].key(run), {self.refusal(plain)});")
                case Check(Is(Slot("limit_store"))):
                    continue
                case Check(form, otherwise):
                    held.append(self.form(form))
                    following = items[at + 1] if at + 1 < len(items) else None
                    if isinstance(following, Check) and following.otherwise == otherwise and not _is_wait(following):
                        continue
                    tests = f" &&\n{indent}    ".join(held)
                    lines.append(f"{indent}if (fails({tests})) {{")
                    lines.append(f"{indent}  return {self.refusal(otherwise)};")
                    lines.append(f"{indent}}}")
                    held = []
                case Refuse():
                    lines.append(f"{indent}return {self.refusal(item)};")
                case Answer(headers):
                    lines.append(f"{indent}return preflight({self.headers(headers)});")
                case Choose(alternative):
                    lines.append(f"{indent}run.choose({alternative});")
                case Charge(limits):
                    lines.append(f"{indent}run.charge({json.dumps(list(limits))});")
                case Cases():
                    lines += self._cases(item, indent)
        return lines

    def _cases(self, item: Cases, indent: str) -> list[str]:
        lines: list[str] = []
        for at, case in enumerate(item.cases):
            word = "if" if at == 0 else "} else if"
            lines.append(f"{indent}{word} ({self.form(case.when)}) {{")
            lines += self.items(case.items, indent + "  ")
        if not item.cases:
            return self.items(item.otherwise, indent)
        if item.otherwise:
            lines.append(f"{indent}}} else {{")
            lines += self.items(item.otherwise, indent + "  ")
        return [*lines, f"{indent}}}"]

    def refusal(self, refuse: Refuse) -> str:
        """What a refusal is made of."""
        reason, event = js_string(refuse.reason), js_string(refuse.event)
        return f"refusal({reason}, {refuse.status}, {event}, {self.headers(refuse.headers)}, {json.dumps(list(refuse.charges))})"

    def headers(self, headers: Sequence[Header]) -> str:
        """A list of [name, value, whether it is sent]."""
        printed = []
        for header in headers:
            value = " + ".join(js_string(p) if isinstance(p, str) else f"String({self.slot(p)})" for p in header.value) or '""'
            printed.append(f"[{js_string(header.name)}, {value}, {self.form(header.when)}]")
        return "[" + ", ".join(printed) + "]"


def _is_wait(check: Check) -> bool:
    form = check.holds
    is_store = isinstance(form, Is) and form.slot.name == "limit_store"
    return is_store or (isinstance(form, Compare) and isinstance(form.left, Slot) and form.left.name == "wait")


def _op(op: str) -> str:
    return "===" if op == "==" else op
