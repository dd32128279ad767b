"""Forms, slots and items of a Program as Lua expressions and statements (`seccfg.program.model`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from seccfg.expr.regex import Regex
from seccfg.expr.regex_print import print_regex
from seccfg.program import patterns
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
    Program,
    Readable,
    Refuse,
    SameText,
    Sendable,
    Size,
    Slot,
    SlotName,
    Step,
    Subset,
    Whole,
    Within,
)
from seccfg_kong.lua import Code, Constants, blocks, function, indented, list_of, lua, set_of, table
from seccfg_kong.plan import AskedOfRoute
from seccfg_kong.print_conditions import condition_function
from seccfg_kong.print_schemas import SchemaPrinter, parsed

__all__ = ["FormPrinter"]

_WELL_FORMED = patterns.compiled(patterns.WELL_FORMED_PATH)

_LUA_PATTERNS: Mapping[Regex, str] = {
    patterns.compiled(patterns.DOT_SEGMENT): "/%.%.?/", patterns.compiled(patterns.DOT_SEGMENT_LAST): "/%.%.?$",
    patterns.compiled(","): ",", patterns.compiled("%"): "%%", patterns.compiled(patterns.VISIBLE): '[^!"$-~]',
}  # fmt: skip
"""What some fixed expressions are as patterns of Lua; one that begins with `[^` says what must not be found. A request target is
never empty, so no character that is not visible means that all are."""

_PLAIN: Mapping[SlotName, str] = {
    "method": "q.method", "target": "q.target", "path": "q.path", "query": "q.query", "authority": "q.authority", "now": "q.now",
    "requested_headers": "head.requested_headers(q)", "host": "head.host(q)", "tls": "head.tls(q)", "peer": "head.peer(q)",
    "client": "head.client(q)", "declared_length": "head.declared_length(q)", "body_length": "head.body_length(q)",
    "chunked": "head.chunked(q)", "media_type": "head.media_type(q)", "filled_twice": "identity.filled_twice(q)",
    "credentials": "identity.credentials(q)", "unclaimed": "identity.unclaimed(q)", "from_cookie": "identity.from_cookie(q)",
    "certificate": "(host.certificate(q) ~= nil)", "revocation_store": "host.revocation_store(q)", "chosen": "identity.chosen(q)",
    "principal": "(q.who and q.who.id)", "principal_method": "(q.who and q.who.method)",
    "principal_client": "(q.who and q.who.client)", "principal_roles": "(q.who and q.who.roles)",
    "principal_scopes": "(q.who and q.who.scopes)", "query_names": "values.query_names(q)",
}  # fmt: skip
_BY_KEY: Mapping[SlotName, str] = {
    "line": "head.line", "count": "head.count", "filled": "identity.filled", "credential_size": "identity.credential_size",
    "token": "identity.token", "header_names": "identity.header_names", "keys_usable": "host.keys_usable",
    "signature": "identity.signature", "key_record": "identity.key_record", "key_not_before": "identity.key_not_before",
    "key_expires": "identity.key_expires", "key_address": "identity.key_address", "certificate_valid": "host.certificate_valid",
    "san": "identity.san", "lowest_version": "host.lowest_version", "not_before": "host.not_before", "identity": "values.identity",
}  # fmt: skip
_BY_CLAIM: Mapping[SlotName, str] = {
    "claim": "identity.claim", "claim_text": "identity.claim_text", "claim_texts": "identity.claim_texts",
    "claim_number": "identity.claim_number", "denied": "host.denied",
}  # fmt: skip
_BY_LIMIT: Mapping[SlotName, str] = {"limit_key": "limits.key", "limit_store": "limits.store", "wait": "limits.wait"}


class FormPrinter:
    """Prints what a Program's branches are made of; what they share is printed once, in tables `T C G Q H R S`."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.tables, self.blocks = Constants("T"), Constants("C")
        self.schemas, self.conditions = Constants("G"), Constants("Q")
        self.headers, self.refusals, self.steps = Constants("H"), Constants("R"), Constants("S")
        self._schemas = SchemaPrinter(self.schemas, self.tables, dict(program.formats))
        self._conditions = {condition.id: condition for condition in program.conditions}
        self._known: dict[Form, str] = {}
        self._steps: dict[Step, Code] = {}
        self._same: dict[int, Code] = {}
        """By the identity of a step: routes share the object of what they have in common."""
        self._refused: dict[Refuse, Code] = {}

    def text(self) -> str:
        """Everything printed so far, each before what names it."""
        parts = (self.tables, self.blocks, self.schemas, self.conditions, self.headers, self.refusals, self.steps)
        return "\n".join(part.text() for part in parts)

    # ------------------------------------------------------------------------------------------------------- steps
    def step(self, step: Step) -> Code:
        """The step as one table; equal steps of different branches are one."""
        known = self._same.get(id(step))
        if known is not None:
            return known
        found = self._steps.get(step)
        if found is None:
            found = self._steps[step] = self._printed(step)
        self._same[id(step)] = found
        return found

    def _printed(self, step: Step) -> Code:
        run = function("\n".join(self._items(step.items))) if step.items else Code("nil")
        return self.steps.ref(table((("name", lua(step.name)), ("run", run), ("headers", self._headers(step.headers)))))

    def _items(self, items: Sequence[Item]) -> list[str]:
        lines: list[str] = []
        limited: dict[int, Code] = {}
        for item in items:
            match item:
                case AskedOfRoute(holds, otherwise):
                    lines += [
                        f"if not ({self.form(holds)} and q.may and q.may(q)) then", f"  return {self._refusal(otherwise)}", "end",
                    ]  # fmt: skip
                case Check(holds, otherwise):
                    refusal = self._refusal(otherwise)
                    if isinstance(holds, Compare) and isinstance(holds.left, Slot) and holds.left.name == "wait":
                        limited[int(holds.left.key)] = refusal
                    lines += [f"if not ({self.form(holds)}) then", f"  return {refusal}", "end"]
                case Refuse():
                    lines.append(f"do return {self._refusal(item)} end")
                case Cases(cases, otherwise):
                    lines += self._cases([(self.form(case.when), case.items) for case in cases], otherwise)
                case Choose(alternative):
                    lines.append(f"identity.choose(q, {alternative + 1})")
                case Answer(headers):
                    members = (("status", lua(204)), ("reason", lua("preflight")), ("event", lua("")),
                               ("headers", self._headers(headers)))  # fmt: skip
                    lines.append(f"do return {self.refusals.ref(table(members))} end")
                case Charge(numbers):
                    lines += self._charge(numbers, limited)
        return lines

    def _cases(self, cases: list[tuple[str, Sequence[Item]]], otherwise: Sequence[Item]) -> list[str]:
        lines: list[str] = []
        for number, (when, items) in enumerate(cases):
            lines.append(f"{'elseif' if number else 'if'} {when} then")
            lines += indented("\n".join(self._items(items))).splitlines()
        if otherwise:
            inner = indented("\n".join(self._items(otherwise))).splitlines() if cases else self._items(otherwise)
            lines += ["else", *inner] if cases else inner
        return [*lines, "end"] if cases else lines

    def _charge(self, numbers: Sequence[int], limited: Mapping[int, Code]) -> list[str]:
        """Others may have exhausted a limit since it was asked: then the request is refused by it after all."""
        lines = [f"local lost = limits.charge(q, {list_of(n + 1 for n in numbers)})"]
        for number in numbers:
            lines += [f"if lost == {number + 1} then", f"  return {limited[number]}", "end"]
        return lines

    def _refusal(self, refuse: Refuse) -> Code:
        found = self._refused.get(refuse)
        if found is None:
            found = self._refused[refuse] = self._printed_refusal(refuse)
        return found

    def _printed_refusal(self, refuse: Refuse) -> Code:
        charges = list_of(n + 1 for n in refuse.charges) if refuse.charges else Code("nil")
        return self.refusals.ref(table((
            ("reason", lua(refuse.reason)), ("status", lua(refuse.status)), ("event", lua(refuse.event)),
            ("headers", self._headers(refuse.headers)), ("charges", charges),
        )))  # fmt: skip

    def _headers(self, headers: Sequence[Header]) -> Code:
        lines: list[str] = []
        for header in headers:
            pieces = (lua(piece) if isinstance(piece, str) else f"text.shown({self.slot(piece)})" for piece in header.value)
            line = f"out[{lua(header.name)}] = {' .. '.join(pieces)}"
            lines += [line] if header.when == Always(True) else [f"if {self.form(header.when)} then", f"  {line}", "end"]
        return self.headers.ref(function("\n".join(lines), "q, out")) if lines else Code("nil")

    # ------------------------------------------------------------------------------------------------------- forms
    def form(self, form: Form) -> str:
        """An expression that is true or false, and false over any absent slot."""
        found = self._known.get(form)
        if found is None:
            found = self._known[form] = self._form(form)
        return found

    def _form(self, form: Form) -> str:
        match form:
            case Always(value):
                return "true" if value else "false"
            case All(items):
                return " and ".join(f"({self.form(item)})" for item in items)
            case Any(items):
                return " or ".join(f"({self.form(item)})" for item in items)
            case Known(slot, expect):
                return f"{self.slot(slot)} {'~=' if expect else '=='} nil"
            case Is(slot, expect):
                return f"{self.slot(slot)} == {lua(expect)}"
            case Compare():
                return self._compare(form)
            case SameText(left, right):
                return f"forms.same_text({self.slot(left)}, {self.slot(right)})"
            case Holds(ident, expect):
                condition = self._conditions[ident]
                lowered = condition.holds if expect else condition.fails
                return f"{self.conditions.ref(condition_function(lowered, self.tables))}(q)"
            case BodyFits(schema):
                return f"values.body_fits(q, {self._schema(schema)})"
            case Fits(slot, kind, schema):
                return f"values.fits({self.slot(slot)}, {lua(kind)}, {self._schema(schema)})"
            case NoneShows(slot, screen):
                known = dict(self._program.screens)[screen]
                wanted = self.tables.ref(list_of(print_regex(regex, "pcre") for regex in known))
                return f"forms.none_shows({self.slot(slot)}, {wanted})"
            case Matches(slot, regex, expect):
                if regex == _WELL_FORMED and expect:
                    return f"forms.well_formed_path({self.slot(slot)})"
                if (pattern := _LUA_PATTERNS.get(regex)) is not None:
                    shows = expect != pattern.startswith("[^")
                    return f"forms.{'shows' if shows else 'lacks'}({self.slot(slot)}, {lua(pattern)})"
                return f"forms.{'found' if expect else 'not_found'}({self.slot(slot)}, {lua(print_regex(regex, 'pcre'))})"
            case Within(slot, cidrs, expect):
                known_blocks = self.blocks.ref(blocks(cidrs))
                return f"forms.{'within' if expect else 'outside'}({self.slot(slot)}, {known_blocks})"
            case Size(slot, op, value):
                return self._size(slot, op, value)
            case _:
                return self._over_texts(form)

    def _over_texts(self, form: Form) -> str:
        match form:
            case OneOf(slot, values, expect):
                return f"forms.{'one_of' if expect else 'none_of'}({self.slot(slot)}, {self.tables.ref(set_of(values))})"
            case Meets(slot, values, expect):
                return f"forms.{'meets' if expect else 'avoids'}({self.slot(slot)}, {self.tables.ref(set_of(values))})"
            case HoldsAll(slot, values):
                return f"forms.holds_all({self.slot(slot)}, {self.tables.ref(list_of(values))})"
            case Subset(slot, values):
                return f"forms.subset({self.slot(slot)}, {self.tables.ref(set_of(values))})"
            case Exactly(slot, values):
                return f"forms.exactly({self.slot(slot)}, {self.tables.ref(list_of(values))})"
            case Readable(slot):
                return f"forms.readable({self.slot(slot)})"
            case Sendable(slot):
                return f"forms.sendable({self.slot(slot)})"
            case Whole(slot):
                return f"forms.whole({self.slot(slot)})"
            case _:
                raise TypeError(f"no printer for {type(form).__name__}")

    def _compare(self, form: Compare) -> str:
        left, right = (self.slot(side) if isinstance(side, Slot) else str(side) for side in (form.left, form.right))
        if form.plus:
            right = f"forms.plus({right}, {form.plus})"
        return _compared(left, form.op, right)

    def _size(self, slot: Slot, op: str, value: int) -> str:
        return _compared(f"forms.size({self.slot(slot)})", op, str(value))

    def _schema(self, number: int) -> Code:
        return self._schemas.schema(parsed(self._program.schemas[number]))

    # ------------------------------------------------------------------------------------------------------- slots
    def slot(self, slot: Slot) -> str:
        """An expression for the slot's value, nil when it is absent."""
        name, key = slot.name, slot.key
        if name in _PLAIN:
            return _PLAIN[name]
        if name in _BY_KEY:
            return f"{_BY_KEY[name]}(q, {lua(key)})"
        if name in _BY_CLAIM:
            method, _, pointer = key.partition(" ")
            path = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
            return f"{_BY_CLAIM[name]}(q, {lua(method)}, {self.tables.ref(list_of(path))})"
        if name in _BY_LIMIT:
            return f"{_BY_LIMIT[name]}(q, {int(key) + 1})"
        if name in ("parameter", "given", "header_text"):
            first, _, second = key.partition(" ")
            owner = "identity" if name == "header_text" else "values"
            return f"{owner}.{name}(q, {lua(first)}, {lua(second)})"
        if name == "body_json":
            return "values.body_json(q)"
        if name == "inputs":
            return f"values.inputs(q, {self.tables.ref(list_of(key.split(',') if key else ()))})"
        raise LookupError(f"no slot called {name}")


_COMPARISONS: Mapping[str, Callable[[str, str], str]] = {
    "==": lambda a, b: f"forms.equal({a}, {b})",
    "<": lambda a, b: f"forms.less({a}, {b})",
    "<=": lambda a, b: f"forms.at_most({a}, {b})",
    ">": lambda a, b: f"forms.less({b}, {a})",
    ">=": lambda a, b: f"forms.at_most({b}, {a})",
}


def _compared(left: str, op: str, right: str) -> str:
    return _COMPARISONS[op](left, right)
