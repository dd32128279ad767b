"""The emitted template on an interpreter of policies. Reads the emitted files alone.

Sections run in the vendor's order; `return-response` cancels the pipeline; an error jumps to `on-error`, which sees a
request that matched no operation as well; expressions run as C#. What the service answers before any policy (plain http on
an API that takes https alone, a request line it cannot read) is answered here in its stead.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote_plus

from seccfg.ir.request import Decision, Request, Surroundings
from seccfg.targetapi.base import Engine, EngineInfo
from seccfg.targetapi.observe import EngineFailed, Received, Response, observe
from seccfg_azure.engine_access import preflight_headers, requested_method
from seccfg_azure.engine_counters import Counters
from seccfg_azure.engine_expressions import HOW_TO_GET, Expressions, missing
from seccfg_azure.engine_policies import Answered, Called, Exchange, Policies, PolicyError, expressions_of
from seccfg_azure.engine_template import Deployed, Operation, read_template

__all__ = ["PolicyEngine", "engines", "make"]

_NAME: Final = "azure-policies"
_OBLIGATION: Final = "x-authz-open"


def engines() -> tuple[EngineInfo, ...]:
    """The interpreter, where Mono is found."""
    return (EngineInfo(_NAME, missing(), HOW_TO_GET),)


def make(name: str) -> Engine:
    """A fresh engine; KeyError for an unknown name."""
    return {_NAME: PolicyEngine}[name]()


class PolicyEngine:
    """`azuredeploy.json` on a gateway of our own."""

    name = _NAME

    def __init__(self, *, running: bool = False) -> None:
        """*running*: what it is given was taken by the service already."""
        self._running = running
        self._deployed: Deployed | None = None
        self._expressions: Expressions | None = None
        self._policies: Policies | None = None
        self._identity: frozenset[str] = frozenset()
        self._named: Mapping[str, str] = {}
        self._surroundings = Surroundings()
        self._count = 0
        self.upstream: tuple[int, bytes] = (200, b"")
        """Status and body the upstream answers with."""
        self._answered: Response | None = None
        self.operation = ""
        """Display name of the operation the last request matched."""
        self.received: Received | None = None
        """What the upstream got of the last request, None when it got none."""

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str]) -> None:
        """Read the template, compile its expressions."""
        first = files["azuredeploy.json"]
        more = [content for path, content in sorted(files.items()) if path.startswith("azuredeploy.operations-")]
        deployed = read_template([first, *more], environment, running=self._running)
        self._deployed = deployed
        documents = [deployed.policy, *deployed.fragments.values()]
        texts = tuple(dict.fromkeys(expressions_of(documents, deployed.named)))
        self._expressions = Expressions(texts)
        inbound = deployed.policy.find("inbound")
        setters = [] if inbound is None else inbound.findall("set-header")
        names = {n.get("name", "").lower() for n in setters if n.find("value") is not None}
        self._identity = frozenset(names - {_OBLIGATION, "cookie"} - {n for n in names if n.startswith("x-forwarded-")})
        self.reset(Surroundings())

    def reset(self, surroundings: Surroundings) -> None:
        """Empty counters."""
        self._surroundings = surroundings
        self._count = 0
        if self._deployed is None or self._expressions is None:
            raise EngineFailed("the engine was not started")
        d = self._deployed
        self._policies = Policies(d.policy, d.fragments, d.named, self._expressions, Counters(), d.loggers)
        self._policies.services = {"send": self._revocation}

    def close(self) -> None:
        """End the process that runs expressions."""
        if self._expressions is not None:
            self._expressions.close()
            self._expressions = None

    @property
    def expressions(self) -> Expressions:
        """What runs the expressions, for tests that count."""
        if self._expressions is None:
            raise EngineFailed("the engine was not started")
        return self._expressions

    @property
    def written(self) -> tuple[list[str], list[str]]:
        """Traces, and messages to the Event Hub, of the last request."""
        return self._told()

    @property
    def answered(self) -> Response | None:
        """What the client got last."""
        return self._answered

    def last_exchange(self) -> object:
        """Status, headers and body the client got, what the upstream got, and what was written down."""
        return self._answered, self.received, tuple(self._told()[0]), tuple(self._told()[1])

    def _told(self) -> tuple[list[str], list[str]]:
        return ([], []) if self._policies is None else (self._policies.told, self._policies.sent)

    def answer(self, request: Request) -> Decision:
        """What the gateway answers."""
        deployed, policies = self._deployed, self._policies
        if deployed is None or policies is None:
            raise EngineFailed("the engine was not started")
        if request.scheme not in deployed.protocols:
            return observe(Response(404, (), b""), None, self._identity, reason="plain_http")
        self.received = None
        self._answered = None
        policies.told.clear()
        policies.sent.clear()
        headers = _sent(request)
        preflight = self._preflight(request, headers, deployed)
        if preflight is not None:
            self._answered = Response(200, tuple(preflight), b"")
            return observe(self._answered, None, self._identity, reason="preflight")
        operation = self._arrive(request, headers, deployed)
        self.operation = "" if operation is None else operation.title
        exchange = Exchange(list(headers), request.now_s, request.peer)
        try:
            if operation is None:
                raise PolicyError("configuration", "OperationNotFound", "Unable to match incoming request to an operation.", 404)
            if deployed.wants_subscription:  # no request of ours carries a key by the name the API gives it
                raise PolicyError("authorization", "SubscriptionKeyNotFound", "Access denied due to missing subscription key.", 401)
            policies.section("inbound", exchange)
            policies.section("backend", exchange)
            status, exchange.response_body = self.upstream
            self.expressions.tell("response", status=status, headers=[["Content-Type", "text/plain"]])
            policies.section("outbound", exchange)
        except Answered as answer:
            return self._refused(answer, exchange)
        except PolicyError as error:
            return self._failed(error, exchange)
        target = _without(request.target, exchange.unsent)
        received = Received(request.method, target, tuple(exchange.request_headers), request.body, "")
        self.received = received
        response = Response(status, (*exchange.response_headers, *exchange.cors_headers), exchange.response_body)
        self._answered = response
        return observe(response, received, self._identity)

    def _failed(self, error: PolicyError, exchange: Exchange) -> Decision:
        policies = self._policies
        if policies is None:
            raise EngineFailed("the engine was not started")
        self.expressions.tell(
            "error", source=error.source, reason=error.reason, message=error.message, section=exchange.section,
            policy=error.policy,
        )  # fmt: skip
        self.expressions.tell("response", status=error.status, headers=[])
        try:
            policies.section("on-error", exchange)
        except Answered as answer:
            return self._refused(answer, exchange)
        except PolicyError as again:
            raise EngineFailed(f"on-error fails: {again.message}") from again
        body = json.dumps({"statusCode": error.status, "message": error.message}).encode()
        response = Response(error.status, tuple(exchange.response_headers), body)
        self._answered = response
        return observe(response, None, self._identity)

    def _refused(self, answer: Answered, exchange: Exchange) -> Decision:
        reason = "preflight" if answer.status == 204 else ""
        response = Response(answer.status, (*answer.headers, *exchange.cors_headers), answer.body.encode())
        self._answered = response
        return observe(response, None, self._identity, reason=reason)

    def _preflight(
        self, request: Request, headers: list[tuple[str, str]], deployed: Deployed
    ) -> list[tuple[str, str]] | None:
        """What `cors` answers, before any other policy, where no operation takes OPTIONS; None: no preflight."""
        cors = deployed.policy.find("inbound/cors")
        asked = requested_method(request.method, headers)
        if cors is None or not asked:
            return None
        path = request.target.partition("?")[0]
        if _match(deployed, "OPTIONS", path)[0] is not None or _match(deployed, asked, path)[0] is None:
            return None
        return preflight_headers(cors, headers, asked)

    def _arrive(
        self, request: Request, headers: list[tuple[str, str]], deployed: Deployed
    ) -> Operation | None:  # fmt: skip
        """Tell the context of the request; the operation it matches."""
        rest, authority = request.target, ""
        if not rest.startswith("/"):
            scheme, mark, after = rest.partition("://")
            if not mark or scheme.lower() not in ("http", "https") or "/" not in after or "?" in after.partition("/")[0]:
                after = ""  # no path at all: shown as it is
            authority, _, rest = after.partition("/")
            rest = f"/{rest}" if after else request.target
        path, mark, query = rest.partition("?")
        hosts = [value.strip(" \t") for name, value in headers if name.lower() == "host"]
        host, port = _split(authority or (hosts[0] if len(hosts) == 1 else ""), request.scheme)
        operation, parameters = _match(deployed, request.method, path)
        self._count += 1
        self.expressions.tell(
            "request", method=request.method, scheme=request.scheme, host=host, port=port, path=path,
            query=f"?{query}" if mark else "", headers=[list(pair) for pair in headers], ip=request.peer,
            body=base64.b64encode(request.body).decode() if request.body or request.chunked else None,
            now=request.now_s, id=str(uuid.UUID(int=self._count)), api=deployed.api,
            operation=None if operation is None else {"id": operation.id, "method": operation.method, "template": operation.template},
            parameters=parameters,
        )  # fmt: skip
        return operation

    def _revocation(self, called: Called) -> tuple[int, str] | None:
        """The service that knows what was revoked: see the emitted APPLY.md for what it is asked and answers."""
        surroundings = self._surroundings
        if surroundings.store == "down":
            return None
        asked = json.loads(called.body)
        answers = [
            {
                "denied": entry["denied"] in surroundings.denied if entry["denied"] is not None else False,
                "lowest_version": dict(surroundings.versions).get(entry["principal"]),
                "not_before": dict(surroundings.not_before).get(entry["principal"]),
            }
            for entry in asked["tokens"]
        ]
        return 200, base64.b64encode(json.dumps({"tokens": answers}).encode()).decode()


def _without(target: str, unsent: set[str]) -> str:
    """The request target less these query parameters."""
    path, mark, query = target.partition("?")
    kept = "&".join(part for part in query.split("&") if unquote_plus(part.partition("=")[0]) not in unsent)
    return f"{path}?{kept}" if mark and kept else path if unsent else target


def _sent(request: Request) -> list[tuple[str, str]]:
    """Headers as they arrive: a body has a length, or comes in chunks."""
    headers = list(request.headers)
    names = {name.lower() for name, _ in headers}
    if request.chunked and "transfer-encoding" not in names:
        headers.append(("Transfer-Encoding", "chunked"))
    elif not request.chunked and request.body and "content-length" not in names and "transfer-encoding" not in names:
        headers.append(("Content-Length", str(len(request.body))))
    return headers


def _split(authority: str, scheme: str) -> tuple[str, int]:
    host, mark, port = authority.rpartition(":")
    usual = 443 if scheme == "https" else 80
    if mark and port.isascii() and port.isdigit():
        return host, min(int(port), 65_535)
    return (host if mark and not port else authority), usual


def _match(deployed: Deployed, method: str, path: str) -> tuple[Operation | None, dict[str, str]]:
    """The operation of a path: letters of any case, a literal before a parameter before `*`."""
    given = path.removeprefix("/").split("/") if path != "/" else [""]
    best: tuple[tuple[int, ...], Operation, dict[str, str]] | None = None
    for operation in deployed.operations:
        found = _fits(operation.segments, given)
        if operation.method == method and found is not None and (best is None or found[0] < best[0]):
            best = (found[0], operation, found[1])
    return (None, {}) if best is None else (best[1], best[2])


def _fits(segments: Sequence[str], given: Sequence[str]) -> tuple[tuple[int, ...], dict[str, str]] | None:
    rank: list[int] = []
    values: dict[str, str] = {}
    for place, segment in enumerate(segments):
        if segment == "*":
            return ((*rank, 2), values) if len(given) > place else None
        if place >= len(given):
            return None
        if segment.startswith("{"):
            if not given[place]:
                return None
            rank.append(1)
            values[segment.strip("{}")] = given[place]
        elif segment.lower() == given[place].lower():
            rank.append(0)
        else:
            return None
    return (tuple(rank), values) if len(given) == len(segments) else None
