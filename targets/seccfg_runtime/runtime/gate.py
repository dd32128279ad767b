"""A Lambda authorizer over a table of rules: who asks, whether some grant of the route lets them, what its path may say.

API Gateway and its web ACL did the rest before: host, path, method, addresses, rates, preflights. Every refusal is explicit, and
what goes wrong in here raises, which API Gateway answers as an error: nothing passes but by the last line of `Gate.answer`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence

from .bearer import BadToken, Caller, Issuer, Tokens
from .paths import segments
from .structs import dataclass

Event = Mapping[str, object]
Values = Mapping[str, object]
Form = Callable[[Values, Values, Values], bool]
"""A condition over the values of principal, resource and request."""

_ONCE = ("host", "authorization", "content-length")
_REFUSED = ("x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url", "upgrade")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_DIGITS = re.compile("[0-9]{1,18}")
_WHOLE = re.compile("-?(?:0|[1-9][0-9]{0,15})")
_LARGEST = 2**53 - 1
_NOT_TEXT = re.compile("[\x00\ufffd\ud800-\udfff]")
_OF_NO_TYPE = object()
_NAMES = re.compile(r"\{[^{}+]*(\+?)\}")
REASONS = (
    "malformed", "no_route", "body_too_large", "media_type", "no_credential", "invalid_token", "forbidden",
    "insufficient_scope", "invalid_input",
)  # fmt: skip
"""Why a request is refused."""
_EVENTS = {
    "malformed": "input.rejected", "no_route": "input.rejected", "body_too_large": "input.rejected",
    "media_type": "input.rejected", "invalid_input": "input.rejected", "forbidden": "authz.denied",
    "insufficient_scope": "authz.denied", "pass": "access.allowed",
}  # fmt: skip
"""Of every other reason `auth.failed`."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One way to be allowed: all of it holds."""

    role_sets: tuple[frozenset[str], ...] = ()
    """The caller has a role of each set."""
    scopes: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    issuers: frozenset[str] = frozenset()
    conditions: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A path parameter that is a whole number within bounds."""

    name: str
    minimum: int | None = None
    maximum: int | None = None

    def fits(self, value: str) -> bool:
        """Whether *value* may stand in the path."""
        number = whole(value)
        if number is None:
            return False
        above = self.minimum is None or number >= self.minimum
        return above and (self.maximum is None or number <= self.maximum)


@dataclass(frozen=True, slots=True)
class Text:
    """A path parameter that is text of some length."""

    name: str
    min_length: int = 0
    max_length: int | None = None
    one_of: tuple[str, ...] = ()

    def fits(self, value: str) -> bool:
        """Whether *value* may stand in the path."""
        if _NOT_TEXT.search(value) or len(value) < self.min_length:
            return False
        short = self.max_length is None or len(value) <= self.max_length
        return short and (not self.one_of or value in self.one_of)


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be done with one method on one path."""

    method: str
    path: str
    issuers: tuple[str, ...] = ()
    """Whose tokens are looked at; none: anybody may call."""
    allow: tuple[Grant, ...] = ()
    require: tuple[Form, ...] = ()
    forbid: tuple[Form, ...] = ()
    """True when the forbidden thing is certainly not so."""
    resource: tuple[tuple[str, str, str], ...] = ()
    """(attribute, path parameter, `string` or `integer`) that conditions read."""
    params: tuple[WholeNumber | Text, ...] = ()
    max_bytes: int = 1_048_576
    content_types: tuple[str, ...] = ("application/json",)


class Refused(Exception):
    """A request that is not let through, and why in one word."""


class Gate:
    """
    The rules of one API at work.

    Args:
        rules: The most specific path first.
        unauthorized: Reasons that API Gateway is told by the exception `Unauthorized`, which it answers 401.
        events: What is written to the log.
        now: Seconds since the Unix epoch, a seam for tests. `log` likewise takes every decision.
    """

    def __init__(
        self,
        issuers: Sequence[Issuer],
        rules: Sequence[Rule],
        *,
        unauthorized: Sequence[str] = (),
        events: Sequence[str] = (),
        now: Callable[[], float] = time.time,
        log: Callable[[str], object] | None = None,
    ) -> None:
        self._tokens = Tokens(issuers)
        self._rules = {(rule.method, rule.path): rule for rule in rules}
        self._paths = tuple(dict.fromkeys((rule.path, tuple(rule.path.split("/")[1:])) for rule in rules))
        self._unauthorized = frozenset(unauthorized)
        self._events = frozenset(events)
        self._now = now
        self._log = log

    def answer(self, event: Event, context: object = None) -> dict[str, object]:
        """What API Gateway is told of the request of *event*. Raises `Unauthorized`, or anything else for an error."""
        del context
        try:
            subject = self._judge(event)
        except Refused as refused:
            reason = str(refused)
            self._tell(event, reason, "")
            if reason in self._unauthorized:
                raise Exception("Unauthorized") from None
            return _said("Deny", event, "nobody", reason)
        self._tell(event, "pass", subject)
        return _said("Allow", event, subject, "pass")

    def _judge(self, event: Event) -> str:
        """The caller's subject; Refused for whoever may not."""
        rule, params = self._rule(event)
        headers = _headers(event)
        _well_formed(headers)
        _body(rule, headers, rule.method)
        if not rule.issuers:
            _check(all(_fits(param, params) for param in rule.params), "invalid_input")
            return "anonymous"
        caller = self._caller(rule, headers)
        _authorize(rule, caller, {name: _read(params[param], kind) for name, param, kind in rule.resource})
        _check(all(_fits(param, params) for param in rule.params), "invalid_input")
        return caller.subject

    def _rule(self, event: Event) -> tuple[Rule, dict[str, str]]:
        """The rule of the path as it was sent, which must be the one API Gateway found."""
        found = segments(str(event["path"]).encode("utf-8", "replace"))
        _check(not isinstance(found, str), "malformed")
        for path, template in self._paths:
            params = _matched(template, found or ("",))
            rule = self._rules.get((str(event["httpMethod"]), path))
            if params is not None:
                if rule is None or _shape(path) != _shape(str(event["resource"])):
                    break
                return rule, params
        raise Refused("no_route")

    def _caller(self, rule: Rule, headers: Mapping[str, Sequence[str]]) -> Caller:
        scheme, _, token = "".join(headers.get("authorization", ())).partition(" ")
        _check(scheme.lower() == "bearer", "no_credential")
        try:
            return self._tokens.caller(token.encode("latin-1", "replace"), rule.issuers, int(self._now()))
        except BadToken:
            raise Refused("invalid_token") from None

    def _tell(self, event: Event, reason: str, subject: str) -> None:
        """One line of what was decided. No token, no query."""
        name = _EVENTS.get(reason, "auth.failed")
        line = json.dumps({
            "event": name, "reason": reason, "method": event["httpMethod"], "route": event["resource"], "subject": subject,
            "id": _request_id(event),
        })  # fmt: skip
        if self._log is not None:
            self._log(line)
        elif name in self._events:
            print(line, flush=True)


def _check(holds: bool, reason: str) -> None:
    if not holds:
        raise Refused(reason)


def _headers(event: Event) -> dict[str, list[str]]:
    """Values by lower-case name; absent headers come as null."""
    found: dict[str, list[str]] = {}
    sent = event["multiValueHeaders"]
    if isinstance(sent, Mapping):
        for name, values in sent.items():
            found.setdefault(str(name).lower(), []).extend(str(value).strip(" \t") for value in values)
    return found


def _well_formed(headers: Mapping[str, Sequence[str]]) -> None:
    """Nothing that somebody behind could read in another way."""
    _check(not any(len(headers.get(name, ())) > 1 for name in _ONCE), "malformed")
    _check(not any(name in headers for name in _REFUSED), "malformed")
    _check("," not in "".join(headers.get("host", ())), "malformed")
    if "content-length" in headers:
        _check(_DIGITS.fullmatch(headers["content-length"][0]) is not None, "malformed")
        _check("transfer-encoding" not in headers, "malformed")


def _body(rule: Rule, headers: Mapping[str, Sequence[str]], method: str) -> None:
    """The body itself is not shown: its declared length and type are judged."""
    if "content-length" not in headers:
        _check("transfer-encoding" not in headers and method not in _WITH_BODY, "body_too_large")
        return
    declared = int(headers["content-length"][0])
    _check(declared <= rule.max_bytes, "body_too_large")
    types = headers.get("content-type", ())
    kind = types[0].partition(";")[0].strip(" \t").lower() if len(types) == 1 else ""
    _check(not declared or kind in rule.content_types, "media_type")


def _authorize(rule: Rule, caller: Caller, resource: Values) -> None:
    """Some grant holds, all of `require` and `forbid` do."""

    def hold(forms: Sequence[Form]) -> bool:
        return all(form(caller.values, resource, {}) is True for form in forms)

    _check(hold(rule.forbid) and hold(rule.require), "forbidden")
    lacking_scopes = False
    for grant in rule.allow:
        if _is_meant(grant, caller) and hold(grant.conditions):
            if grant.scopes <= caller.scopes:
                return
            lacking_scopes = True
    raise Refused("insufficient_scope" if lacking_scopes else "forbidden")


def _is_meant(grant: Grant, caller: Caller) -> bool:
    """Everything of *grant* but its scopes and conditions holds."""
    if (grant.issuers and caller.issuer not in grant.issuers) or (grant.clients and caller.client not in grant.clients):
        return False
    return all(not caller.roles.isdisjoint(roles) for roles in grant.role_sets)


def _matched(template: Sequence[str], found: Sequence[str]) -> dict[str, str] | None:
    """The parameters of a path that fits *template*; None for one that does not."""
    params: dict[str, str] = {}
    rest = bool(template) and template[-1].endswith("+}")
    if len(found) != len(template) and not (rest and len(found) > len(template)):
        return None
    for at, part in enumerate(template):
        if part.endswith("+}"):
            params[part[1:-2]] = "/".join(found[at:])
            return params if all(found[at:]) else None
        if part.startswith("{"):
            if not found[at]:
                return None
            params[part[1:-1]] = found[at]
        elif part != found[at]:
            return None
    return params


def _fits(param: WholeNumber | Text, params: Mapping[str, str]) -> bool:
    return param.fits(params[param.name])


def whole(text: str) -> int | None:
    """The whole number *text* says, as JSON numbers are exact; None for none."""
    number = int(text) if _WHOLE.fullmatch(text) else None
    return number if number is not None and -_LARGEST <= number <= _LARGEST else None


def _read(text: str, kind: str) -> object:
    """A path parameter as conditions read it: there, but of no type, where it is none of its own."""
    value = whole(text) if kind == "integer" else None if _NOT_TEXT.search(text) else text
    return _OF_NO_TYPE if value is None else value


def _shape(template: str) -> str:
    """A path template without the names of its parameters."""
    return _NAMES.sub(r"{\1}", template)


def _request_id(event: Event) -> str:
    around = event.get("requestContext")
    return str(around.get("requestId", "")) if isinstance(around, Mapping) else ""


def _said(effect: str, event: Event, subject: str, reason: str) -> dict[str, object]:
    """
    One explicit statement. Nothing is cached, so it counts for this request alone, and the path is left out of it: a path
    may be longer than a statement takes and hold the characters that match others.
    """
    verb = "/".join(str(event["methodArn"]).split("/")[:3])
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{verb}/*"}
    return {
        "principalId": subject,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"reason": reason},
    }
