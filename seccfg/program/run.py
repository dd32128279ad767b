"""Decides by a Program, reading nothing else: shows that a Program says all that a target needs. For tests.

It shares no code with the semantics: its prelude (`fill_head`, `fill_identity`, `fill_values`, `counters`) is written anew, as
a target's is.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import jsonschema
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from seccfg.expr.holds import holds
from seccfg.expr.regex import Regex
from seccfg.expr.regex_print import print_regex
from seccfg.ir.policy import STEPS, Event, Json
from seccfg.ir.request import Decision, Request, Surroundings
from seccfg.program.counters import Counters
from seccfg.program.fill_head import Address, Head, body_as_json, within
from seccfg.program.fill_identity import Identity, is_number
from seccfg.program.fill_values import Values, read_text
from seccfg.program.model import (
    All,
    Always,
    Answer,
    Any,
    BodyFits,
    Branch,
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
    Step,
    Subset,
    Template,
    Whole,
    Within,
)

__all__ = ["Evaluator", "State", "left_open", "run"]

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class State:
    """Counters and surroundings of one scenario."""

    def __init__(self, surroundings: Surroundings | None = None) -> None:
        self.surroundings = Surroundings() if surroundings is None else surroundings
        self.counters = Counters()


def run(program: Program, request: Request, state: State | None = None) -> Decision:
    """What *program* answers to *request*."""
    return Evaluator(program, request, State() if state is None else state).decide()


def left_open(program: Program, request: Request, state: State | None = None) -> tuple[str, ...]:
    """Names of the conditions a passed *request* leaves to the service."""
    evaluator = Evaluator(program, request, State() if state is None else state)
    evaluator.decide()
    return evaluator.open_conditions()


def _find(program: Program, number: int, segments: list[str], at: int) -> Template | None:
    node = program.nodes[number]
    if at == len(segments):
        return program.templates[node.here] if node.here >= 0 else None
    literal = dict(node.literals).get(segments[at], -1)
    ways = [literal, node.parameter if segments[at] else -1]
    for way in ways:
        found = _find(program, way, segments, at + 1) if way >= 0 else None
        if found is not None:
            return found
    return program.templates[node.rest] if node.rest >= 0 and "" not in segments[at:] else None


class Evaluator:
    """One request on its branch."""

    def __init__(self, program: Program, request: Request, state: State) -> None:
        self._program = program
        self._state = state
        self.head = Head(request, program.trusted_proxies)
        self._conditions = {condition.id: condition for condition in program.conditions}
        self.branch = program.branches[program.edge]
        self._use(self.branch)
        self.branch = self._route()
        self._use(self.branch)

    def _use(self, branch: Branch) -> None:
        program, state = self._program, self._state
        self._identity = Identity(program, branch, self.head)
        self._values = Values(program, branch, self.head, self._identity, state.surroundings)

    def _route(self) -> Branch:
        """The branch that decides the request."""
        program, head = self._program, self.head
        segments = head.segments if self.form(program.routable) else None
        template = None if segments is None else _find(program, 0, segments, 0)
        if template is None:
            return program.branches[program.edge]
        method, origin = head.request.method, head.line("origin")
        asked = head.line("access-control-request-method")
        if method == "OPTIONS" and asked is not None and origin is not None and "," not in origin:
            preflight = dict(template.preflights).get(asked)
            if preflight is not None:
                return program.branches[preflight]
        return program.branches[dict(template.methods).get(method, template.undeclared)]

    def decide(self) -> Decision:
        """Run the steps."""
        for step in self.branch.steps:
            ended = self._items(step.items)
            if isinstance(ended, Refuse):
                return self._refused(step, ended)
            if isinstance(ended, Answer):
                return Decision("preflight", 204, "preflight", step.name, self._headers(ended.headers))
        last = self.branch.steps[-1]
        if last.name != STEPS[-1]:
            raise ValueError(f"{self.branch.id} ends without a decision")
        events: tuple[Event, ...] = ("access.allowed", "key.used") if self._identity.used_keys else ("access.allowed",)
        forward = self.branch.forward
        fields = () if forward is None else forward.set
        identity = ((entry.header, self._values.identity_text(entry.field)) for entry in fields)
        forwarded = tuple(sorted((name, text) for name, text in identity if text is not None))
        upstream = "" if forward is None else forward.upstream
        return Decision("pass", 200, "pass", last.name, self._headers(last.headers), forwarded, upstream, events)

    def open_conditions(self) -> tuple[str, ...]:
        """What the service has to decide of a request that passed."""
        grant = next((option.names for option in self.branch.may_be_open if self.form(option.when)), ())
        return tuple(sorted({*self.branch.always_open, *grant}))

    def _items(self, items: tuple[Item, ...]) -> Refuse | Answer | None:
        for item in items:
            match item:
                case Check(form, otherwise):
                    if not self.form(form):
                        return otherwise
                case Refuse() | Answer():
                    return item
                case Cases(cases, otherwise):
                    chosen = next((case.items for case in cases if self.form(case.when)), otherwise)
                    ended = self._items(chosen)
                    if ended is not None:
                        return ended
                case Choose(alternative):
                    self._identity.choose(alternative)
                case Charge(limits):
                    for number in limits:
                        self._charge(number)
        return None

    def _refused(self, step: Step, refuse: Refuse) -> Decision:
        headers = self._headers((*refuse.headers, *step.headers))
        for number in refuse.charges:
            self._charge(number)
        return Decision("refuse", refuse.status, refuse.reason, step.name, headers, events=(refuse.event,))

    def _charge(self, number: int) -> None:
        limit = self._program.limits[number]
        key = self._values.limit_key(limit.key)
        if key is not None:
            self._state.counters.charge(limit, key, self._size(number), self.head.request.now_s)

    def _size(self, number: int) -> int:
        limit = self._program.limits[number]
        who = self._identity.who
        roles = set() if who is None else set(who.roles)
        return max([limit.limit, *(size for holders, size in limit.tiers if roles & set(holders))])

    def _headers(self, headers: tuple[Header, ...]) -> tuple[tuple[str, str], ...]:
        sent = (h for h in headers if self.form(h.when))
        return tuple(sorted((h.name, "".join(p if isinstance(p, str) else str(self.slot(p)) for p in h.value)) for h in sent))

    # ------------------------------------------------------------------------------------------------------ forms
    def form(self, form: Form) -> bool:
        """Whether the form holds."""
        match form:
            case Always(constant):
                return constant
            case All(items):
                return all(self.form(item) for item in items)
            case Any(items):
                return any(self.form(item) for item in items)
            case Holds(ident, expect):
                condition = self._conditions[ident]
                return holds(condition.holds if expect else condition.fails, self._values.context())
            case BodyFits(schema):
                is_json, body = body_as_json(self.head.request.body, self.branch.json_depth)
                return is_json and self._fits(schema, body)
            case Known(slot, expect):
                return (self.slot(slot) is not None) is expect
            case Compare(left, op, right, plus):
                a, b = (self.slot(side) if isinstance(side, Slot) else side for side in (left, right))
                return isinstance(a, (int, float)) and isinstance(b, (int, float)) and _OPERATORS[op](a, b + plus)
            case SameText(left, right):
                a, b = self.slot(left), self.slot(right)
                return isinstance(a, str) and isinstance(b, str) and _lower(a) == _lower(b)
            case _:
                value = self.slot(form.slot)
                return value is not None and self._atom(form, value)

    def _atom(self, form: Form, value: object) -> bool:
        match form, value:
            case (Is(_, expect), bool()):
                return value is expect
            case (OneOf(_, values, expect), str()):
                return (value in values) is expect
            case (Matches(_, regex, expect), str()):
                return (_pattern(regex).search(value) is not None) is expect
            case (Readable(), str()):
                return value != "" and isinstance(read_text(value, "string"), str)
            case (Sendable(), str()):
                plain = all(" " <= mark < "\x7f" or "\xa0" <= mark <= "\xff" for mark in value)
                return plain and value == value.strip(" ")
            case (Fits(_, kind, schema), str()):
                read = read_text(value, kind)
                if isinstance(read, (str, int, float)):
                    return self._fits(schema, value if kind in ("timestamp", "duration") else read)
                return False
            case (Whole(), int() | float()):
                return value == int(value)
            case (Size(_, op, number), list()):
                return _OPERATORS[op](len(value), number)
            case (Meets(_, values, expect), list()):
                return (not set(value).isdisjoint(values)) is expect
            case (HoldsAll(_, values), list()):
                return set(values) <= set(value)
            case (Subset(_, values), list()):
                return set(value) <= set(values)
            case (Exactly(_, values), list()):
                return sorted(value) == sorted(values)
            case (NoneShows(_, screen), list()):
                patterns = dict(self._program.screens)[screen]
                return not any(_pattern(regex).search(text) for regex in patterns for text in value)
            case (Within(_, blocks, expect), _):
                return within(value, blocks) is expect if isinstance(value, Address) else False
            case _:
                return False

    def _fits(self, schema: int, value: object) -> bool:
        validator = _validator(self._program.schemas[schema], self._program.formats)
        try:
            return not any(True for _ in validator.iter_errors(value))  # type: ignore[arg-type]
        except (Unresolvable, RecursionError):
            return False

    # ------------------------------------------------------------------------------------------------------ slots
    def slot(self, slot: Slot) -> object:
        """The slot's value, None when it is absent."""
        head, identity, values, key = self.head, self._identity, self._values, slot.key
        match slot.name:
            case "method" | "target":
                return head.request.method if slot.name == "method" else head.request.target
            case "path" | "query" | "authority" | "host" | "tls" | "peer" | "client" | "chunked" | "declared_length":
                return getattr(head, slot.name)
            case "line":
                return head.line(key)
            case "count":
                return len(head.lines.get(key, []))
            case "requested_headers":
                lines = ",".join(head.lines.get("access-control-request-headers", [])).lower().split(",")
                return [name for name in (part.strip(" \t") for part in lines) if name]
            case "now":
                return head.request.now_s
            case "body_length":
                return len(head.request.body)
            case "media_type":
                return head.media_type
            case "filled":
                return len(identity.filled(key))
            case "filled_twice" | "unclaimed" | "from_cookie":
                return getattr(identity, slot.name)
            case "credentials":
                return [name for _, _, name in identity.presented]
            case "certificate":
                return head.request.certificate != ""
            case "credential_size":
                return identity.size(key)
            case "limit_key" | "limit_store" | "wait":
                return self._limit(slot.name, int(key))
            case "parameter" | "given" | "inputs":
                return getattr(values, slot.name)(key)
            case "query_names":
                return ["\ufffd" if name is None else name for name, _ in head.query_pairs]
            case "body_json":
                return body_as_json(head.request.body, int(key))[0]
            case "identity":
                return values.identity_text(key)
            case "revocation_store":
                return self._state.surroundings.store == "up"
            case "denied" | "lowest_version" | "not_before":
                return self._revocation(slot)
            case "chosen" | "principal" | "principal_method" | "principal_client" | "principal_roles" | "principal_scopes":
                return self._principal(slot)
            case _:
                return self._credential(slot)

    def _credential(self, slot: Slot) -> object:
        identity, key = self._identity, slot.key
        method, _, member = key.partition(" ")
        token = identity.token(method)
        match slot.name:
            case "token":
                return token is not None
            case "header_names":
                return [] if token is None else list(token.header)
            case "header_text":
                found = None if token is None else token.header.get(member)
                return found if isinstance(found, str) else None
            case "keys_usable":
                return self._state.surroundings.keys == "fresh"
            case "signature":
                return identity.signature(method)
            case "claim":
                return identity.claim(key) is not ...
            case "claim_text":
                text = identity.claim(key)
                return text if isinstance(text, str) else None
            case "claim_texts":
                value = identity.claim(key)
                texts = [value] if isinstance(value, str) else value
                return texts if isinstance(texts, list) and all(isinstance(t, str) for t in texts) else None
            case "claim_number":
                number = identity.claim(key)
                return number if is_number(number) else None
            case "key_record" | "key_not_before" | "key_expires":
                record = identity.record(method)
                if record is None:
                    return None
                return {"key_record": record.id, "key_not_before": record.not_before_s, "key_expires": record.expires_s}[slot.name]
            case "key_address":
                return identity.key_address(method)
            case "certificate_valid":
                return identity.certificate_valid(method)
            case "san":
                return identity.san(method)
            case _:
                raise LookupError(f"no slot called {slot.name}")

    def _principal(self, slot: Slot) -> object:
        who = self._identity.who
        if slot.name == "chosen":
            return None if self._identity.chosen is None else str(self._identity.chosen)
        if who is None:
            return None
        return {
            "principal": who.id, "principal_method": who.method, "principal_client": who.client or None,
            "principal_roles": list(who.roles), "principal_scopes": list(who.scopes),
        }[slot.name]  # fmt: skip

    def _limit(self, name: str, number: int) -> object:
        limit = self._program.limits[number]
        key = self._values.limit_key(limit.key)
        if name == "limit_key" or key is None:
            return key
        if name == "limit_store":
            return self._state.surroundings.store == "up" or limit.on_store_failure == "local"
        return self._state.counters.wait(limit, key, self._size(number), self.head.request.now_s)

    def _revocation(self, slot: Slot) -> object:
        surroundings, method = self._state.surroundings, slot.key.partition(" ")[0]
        if slot.name == "denied":
            return self._identity.claim(slot.key) in surroundings.denied
        known = surroundings.versions if slot.name == "lowest_version" else surroundings.not_before
        return dict(known).get(self._identity.principal_id(method))


def _lower(text: str) -> str:
    return "".join(mark.lower() if mark.isascii() else mark for mark in text)


@lru_cache(maxsize=2048)
def _pattern(regex: Regex) -> re.Pattern[str]:
    return re.compile(print_regex(regex, "python"), re.ASCII)


@lru_cache(maxsize=512)
def _validator(schema: Json, formats: tuple[tuple[str, Regex], ...]) -> Validator:
    loaded = json.loads(schema)
    if loaded.get("type") in ("timestamp", "duration"):
        loaded["type"] = "string"
    checker = jsonschema.FormatChecker(formats=())
    for name, regex in formats:
        checker.checks(name)(lambda value, regex=regex: not isinstance(value, str) or _pattern(regex).search(value) is not None)
    made: Validator = _DRAFT(loaded, format_checker=checker, registry=Registry())
    return made


def _schema_pattern(validator: Validator, pattern: str, value: object, schema: Mapping[str, object]) -> object:
    del validator, schema
    ends = re.sub(r"((?:[^\\\[$]|\\.|\[(?:[^\\\]]|\\.)*\])*)\$", r"\1\\Z", pattern)
    if isinstance(value, str) and re.search(ends, value, re.ASCII) is None:
        yield jsonschema.ValidationError("the text does not match")


_DRAFT: type[Validator] = extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"pattern": _schema_pattern}
)
