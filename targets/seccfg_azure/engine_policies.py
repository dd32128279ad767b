"""An interpreter of policy documents: what each element does to a request, as the vendor's reference says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from seccfg.record import Record
from seccfg.targetapi.observe import EngineFailed
from seccfg_azure.engine_access import filtered, response_headers
from seccfg_azure.engine_counters import Counters
from seccfg_azure.engine_expressions import ExpressionFailed, Expressions, code_of
from seccfg_azure.engine_jwt import JwtFailed, validate

__all__ = ["Answered", "Exchange", "PolicyError", "Policies", "expressions_of"]

_NAMED: Final = re.compile(r"\{\{([A-Za-z0-9._-]+)\}\}")
_TOGETHER: Final = ("set-header", "choose")
_TRUE: Final = {"true": True, "false": False}


class PolicyError(Exception):
    """What `context.LastError` says, and the status the service answers by itself."""

    def __init__(self, source: str, reason: str, message: str, status: int, policy: str = "") -> None:
        super().__init__(message)
        self.source, self.reason, self.message, self.status, self.policy = source, reason, message, status, policy


class Answered(Exception):
    """`return-response`: the pipeline ends here."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
        super().__init__(status)
        self.status, self.headers, self.body = status, headers, body


class Called(Record):
    """A request a policy makes: what the service it asks is shown."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str


class Exchange:
    """A request on its way, and what policies made of it."""

    def __init__(self, headers: list[tuple[str, str]], now_s: int, peer: str = "") -> None:
        self.request_headers = headers
        self.peer = peer
        self.cors_headers: list[tuple[str, str]] = []
        """What `cors` adds to the answer, whoever gives it."""
        self.response_headers: list[tuple[str, str]] = []
        self.now_s = now_s
        self.backend = ""
        self.unsent: set[str] = set()
        """Query parameters taken out of what is forwarded."""
        self.section = "inbound"
        self.response_body = b""


def expressions_of(documents: list[Element], named: Mapping[str, str]) -> Iterator[str]:
    """Every expression of *documents*, with named values in it."""
    for document in documents:
        for node in document.iter():
            for text in (*node.attrib.values(), node.text or ""):
                filled = fill(text, named)
                if code_of(filled) is not None:
                    yield filled


def fill(text: str, named: Mapping[str, str]) -> str:
    """*text* with the values of the named values it mentions; EngineFailed for an unknown one."""
    if "{{" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        if found[1] not in named:
            raise EngineFailed(f"a policy mentions the named value {found[1]}, which is not deployed")
        return named[found[1]]

    return _NAMED.sub(value, text)


class Policies:
    """Runs the sections of one API's policy."""

    def __init__(
        self, policy: Element, fragments: Mapping[str, Element], named: Mapping[str, str], expressions: Expressions,
        counters: Counters, loggers: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._policy = policy
        self._fragments = fragments
        self._named = named
        self._expressions = expressions
        self._counters = counters
        self.services: Mapping[str, object] = {}
        self._known: dict[str, object] = {}
        self._loggers = loggers
        self.told: list[str] = []
        """Traces."""
        self.sent: list[str] = []
        """Messages to an Event Hub."""

    def section(self, name: str, exchange: Exchange) -> None:
        """Run a section; PolicyError and Answered end it."""
        found = self._policy.find(name)
        exchange.section = name
        if found is not None:
            self._all(found, exchange)

    def _all(self, parent: Element, exchange: Exchange) -> None:
        nodes = list(parent)
        for place, node in enumerate(nodes):
            if node.tag in _TOGETHER and not self._known:
                run = itertools.takewhile(lambda other, tag=node.tag: other.tag == tag, nodes[place:])  # type: ignore[misc]
                self._ahead([*run] if node.tag == "set-header" else [child for choose in run for child in choose], node.tag)
            self._one(node, exchange)
            if place + 1 == len(nodes) or nodes[place + 1].tag != node.tag:
                self._known.clear()

    def _ahead(self, nodes: list[Element], tag: str) -> None:
        """
        Ask for every expression of *nodes* at once: setting headers changes nothing an expression of them sees, and
        neither does a `choose` none of whose conditions holds.
        """
        parts = (part for node in nodes for part in (node.iter() if tag != "choose" else (node,)))
        texts = (text for part in parts for text in (*part.attrib.values(), part.text or "") if "@" in text)
        filled = dict.fromkeys(fill(text, self._named) for text in texts)
        self._known = self._expressions.values([text for text in filled if code_of(text) is not None])

    def _one(self, node: Element, exchange: Exchange) -> None:
        try:
            self._run(node, exchange)
        except ExpressionFailed as error:
            raise PolicyError(node.tag, "ExpressionValueEvaluationFailure", str(error), 500, node.get("id", "")) from error

    def _run(self, node: Element, exchange: Exchange) -> None:
        match node.tag:
            case "base":
                pass
            case "trace":
                self.told.append(self._value(node.find("message"), ""))
            case "log-to-eventhub":
                if self._text(node, "logger-id") not in self._loggers:
                    raise EngineFailed(f"no logger is called {self._text(node, 'logger-id')}")
                self.sent.append(self._value(node, ""))
            case "include-fragment":
                self._all(self._fragments[node.get("fragment-id", "")], exchange)
            case "choose":
                self._choose(node, exchange)
            case "set-variable":
                self._variable(node)
            case "set-header":
                self._header(node, exchange.request_headers if exchange.section == "inbound" else exchange.response_headers)
            case "set-query-parameter":
                if self._text(node, "exists-action", "override") != "delete":
                    raise EngineFailed("this interpreter knows how to take query parameters away only")
                exchange.unsent.add(self._text(node, "name"))
            case "set-backend-service":
                exchange.backend = self._text(node, "base-url")
            case "set-body" if exchange.section == "outbound":
                exchange.response_body = self._value(node, "").encode()
            case "return-response":
                self._return(node)
            case "rate-limit-by-key":
                self._rate_limit(node, exchange)
            case "quota-by-key":
                self._quota(node, exchange)
            case "validate-jwt":
                self._validate_jwt(node, exchange)
            case "send-request":
                self._send(node)
            case "cors":
                exchange.cors_headers = response_headers(node, exchange.request_headers)
            case "ip-filter":
                refused = filtered(node, exchange.peer)
                if refused:
                    raise PolicyError("ip-filter", refused, "the caller's address is not allowed", 403, node.get("id", ""))
            case _:
                raise EngineFailed(f"a policy of a kind this interpreter does not know: {node.tag}")

    # -------------------------------------------------------------------------------------------------------- values
    def _evaluated(self, text: str) -> object:
        filled = fill(text, self._named)
        if filled in self._known:
            return self._known[filled]
        return filled if code_of(filled) is None else self._expressions.value(filled)

    def _text(self, node: Element, name: str, otherwise: str = "") -> str:
        found = node.get(name)
        return otherwise if found is None else _spelled(self._evaluated(found))

    def _value(self, node: Element | None, otherwise: str) -> str:
        return otherwise if node is None or node.text is None else _spelled(self._evaluated(node.text))

    def _flag(self, node: Element, name: str, otherwise: bool) -> bool:
        found = node.get(name)
        value = otherwise if found is None else self._evaluated(found)
        if isinstance(value, str):
            value = _TRUE.get(value.lower())
        if not isinstance(value, bool):
            raise PolicyError(node.tag, "ExpressionValueEvaluationFailure", f"{name} is no boolean", 500)
        return value

    def _number(self, node: Element, name: str, otherwise: int = 0) -> int:
        return int(self._text(node, name, str(otherwise)))

    # ------------------------------------------------------------------------------------------------------- policies
    def _choose(self, node: Element, exchange: Exchange) -> None:
        for child in node:
            if child.tag == "otherwise" or self._flag(child, "condition", False):
                self._known.clear()
                self._all(child, exchange)
                self._known.clear()
                return

    def _variable(self, node: Element) -> None:
        name, text = node.get("name", ""), fill(node.get("value", ""), self._named)
        if code_of(text) is None:
            self._expressions.tell("put", name=name, value=text)
        else:
            self._expressions.set(name, text)

    def _header(self, node: Element, headers: list[tuple[str, str]]) -> None:
        name, action = self._text(node, "name"), self._text(node, "exists-action", "override")
        values = [self._value(child, "") for child in node.findall("value")]
        there = any(key.lower() == name.lower() for key, _ in headers)
        if action == "skip" and there:
            return
        if action in ("override", "delete"):
            headers[:] = [pair for pair in headers if pair[0].lower() != name.lower()]
        if action != "delete":
            headers += [(name, value) for value in values]

    def _return(self, node: Element) -> None:
        status, body = 200, ""
        self._ahead(list(node), node.tag)
        headers: list[tuple[str, str]] = []
        for child in node:
            if child.tag == "set-status":
                status = self._number(child, "code")
            elif child.tag == "set-header":
                self._header(child, headers)
            elif child.tag == "set-body":
                body = self._value(child, "")
        self._known.clear()
        raise Answered(status, headers, body)

    def _rate_limit(self, node: Element, exchange: Exchange) -> None:
        counted = self._flag(node, "increment-condition", True)
        wait = self._counters.slide(
            self._text(node, "counter-key"), self._number(node, "calls"), self._number(node, "renewal-period"),
            exchange.now_s, self._number(node, "increment-count", 1) if counted else 0,
        )  # fmt: skip
        if wait:
            name = node.get("retry-after-variable-name")
            if name:
                self._expressions.tell("put", name=name, value=wait)
            raise PolicyError("rate-limit-by-key", "RateLimitExceeded", "Rate limit is exceeded.", 429, node.get("id", ""))

    def _quota(self, node: Element, exchange: Exchange) -> None:
        counted = self._flag(node, "increment-condition", True)
        if self._counters.window(
            self._text(node, "counter-key"), self._number(node, "calls"), self._number(node, "renewal-period"),
            exchange.now_s, 1 if counted else 0,
        ):  # fmt: skip
            raise PolicyError("quota-by-key", "QuotaExceeded", "Out of call volume quota.", 403, node.get("id", ""))

    def _validate_jwt(self, node: Element, exchange: Exchange) -> None:
        status = self._number(node, "failed-validation-httpcode", 401)
        if node.get("token-value") is not None:
            token: str | None = self._text(node, "token-value")
        else:
            token = _bearer(exchange.request_headers, self._text(node, "header-name", "Authorization"), self._text(node, "require-scheme"))
        try:
            validate(node, token, exchange.now_s, lambda part: self._value(part, ""), self._number(node, "clock-skew", 0))
        except JwtFailed as error:
            raise PolicyError("validate-jwt", error.reason, str(error), status, node.get("id", "")) from error

    def _send(self, node: Element) -> None:
        headers = tuple((self._text(child, "name"), self._value(child.find("value"), "")) for child in node.findall("set-header"))
        called = Called(
            self._value(node.find("set-method"), "GET"), self._value(node.find("set-url"), ""), headers,
            self._value(node.find("set-body"), ""),
        )  # fmt: skip
        service = self.services.get("send")
        answer = service(called) if callable(service) else None
        if answer is None and node.get("ignore-error", "false") != "true":
            raise PolicyError("send-request", "Timeout", "no answer", 500, node.get("id", ""))
        status, body = answer if answer is not None else (None, "")
        self._expressions.tell("result", name=node.get("response-variable-name", ""), status=status, body=body)


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _bearer(headers: list[tuple[str, str]], name: str, scheme: str) -> str | None:
    values = [value for key, value in headers if key.lower() == name.lower()]
    if not values:
        return None
    first, _, rest = values[0].partition(" ")
    if scheme and first.lower() != scheme.lower():
        return None
    return rest if rest else first
