"""One request on its way through the guard, and the way back of its answer."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from .addresses import Address
from .attributes import Reading
from .audit import AuditPlan, line
from .credentials import Verified
from .headers import Seen, lines
from .ids import new_id
from .interface import Answer, Context, Forwarding, Headers, Need, Principal
from .model import Event, Reason, Route
from .plan import EdgePlan, RoutePlan
from .router import Template

if TYPE_CHECKING:
    from .guard import Guard

_NO_HEADERS: Headers = []
_NO_ORIGIN: Sequence[bytes] = ()
_NO_VALUES: Mapping[str, object] = {}
START_OF_TIME = float("-inf")


class Lookup:
    """What the request target alone says."""

    __slots__ = ("authority", "fits", "params", "path", "problem", "query", "target", "template", "well_formed")

    def __init__(
        self, target: bytes, path: bytes, query: bytes, authority: bytes | None, problem: str,
        template: Template[RoutePlan] | None, params: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.target = target
        """Origin-form."""
        self.path = path
        self.query = query
        self.authority = authority
        self.problem = problem
        self.well_formed = not problem and authority is None
        """Step 1 has nothing against the target, and no `Host` to compare it with."""
        self.template = template
        self.params = params
        self.fits: tuple[int, ...] = ()
        """Numbers of routes it passes step 14 on, when nothing but the target is looked at there."""


class Exchange(Forwarding):
    """A request and what earlier steps found out; itself what is passed on when no step refused."""

    address: Address | None = None
    """The client's; before step 4 the peer's."""
    application: Mapping[str, object] = _NO_VALUES
    body: bytes | None = None
    failed_credential = False
    """A presented credential was refused."""
    host = ""
    look_closer = False
    """Target, method or some header needs step 1's attention."""
    matched = False
    """Step 5 is past: answers carry CORS headers."""
    media_type = ""
    now = START_OF_TIME
    now_s = 0
    """Whole seconds: what tokens and conditions are judged by."""
    outcome: Answer | None = None
    """What some step answered instead of passing the request on."""
    passed = False
    """The last step let it pass. Such a request is not its own `outcome`: the cycle would cost a collection."""
    preflight = False
    principal: Principal | None = None
    tls = False
    """The client's own connection is encrypted."""
    trusted_peer = False
    unread_bytes = 0
    """Declared length of a body that was not read yet."""
    verified: Sequence[Verified] = ()
    _reading: Reading | None = None
    _context: Context | None = None

    def __init__(
        self, guard: Guard, plan: EdgePlan, lookup: Lookup, method: str, sent: Sequence[tuple[bytes, bytes]], peer: str,
        peer_scheme: str, certificate: bytes | None, http_version: str,
    ) -> None:  # fmt: skip
        self.guard = guard
        self.method = method
        self.sent = sent
        """The headers as they arrived."""
        self.peer = peer
        self.peer_scheme = peer_scheme
        self.certificate = certificate
        self.http_version = http_version
        self.plan = plan
        self.lookup = lookup
        self.target = lookup.target
        self.seen: Seen = {}
        self.headers = []
        self.id = new_id()
        self.refused_by_handler = None

    # ------------------------------------------------------------------------------------------------- on the way in
    def reading(self) -> Reading:
        """Where attributes are read from; asked for only by what looks at attributes or parameters."""
        reading = self._reading
        if reading is None:
            if self.address is None:
                raise TypeError("attributes are read before the client's address is known")
            lookup = self.lookup
            reading = self._reading = Reading(
                self.method, lookup.path, lookup.query, lookup.params, self.seen, self.host, self.address,
                self.trusted_peer, self.now_s,
            )  # fmt: skip
            if isinstance(self.plan, RoutePlan):
                reading.json_depth = self.plan.validation.json_depth
        reading.verified = self.verified[0] if self.verified else None
        reading.body = self.body or b""
        reading.application = self.application
        return reading

    def refuse(self, event: Event, reason: Reason, message: str, extra: Headers = _NO_HEADERS, status: int = 0) -> None:
        """Let the answer be a refusal, and tell of it."""
        self.outcome = self.answer(event, reason, message, extra, status)

    def answer(
        self, event: Event, reason: Reason, message: str, extra: Headers = _NO_HEADERS, status: int = 0
    ) -> Answer:
        """The refusal, told of."""
        answer = self.plan.surface.refusal(
            reason, self.id, self.tls, extra=extra, cors=self._cors() if self.matched else None, message=message,
            status=status,
        )  # fmt: skip
        self.tell(event, reason, answer.status, message)
        return answer

    def _cors(self) -> Headers:
        cors = self.plan.cors
        return _NO_HEADERS if cors is None or b"origin" not in self.seen else cors.answer(lines(self.seen, b"origin"))

    def tell(self, event: Event, reason: str, status: int, message: str) -> bool:
        """Write an audit event where the route wants it; False when it had to be written and could not be."""
        audit = self.plan.audit
        if event not in audit.events:
            return True
        try:
            written = self.guard.audit.write(self._line(audit, event, reason, status, message))
        except Exception:  # noqa: BLE001 - a log that fails has written nothing
            written = False
        return written or not audit.required

    def _line(self, audit: AuditPlan, event: Event, reason: str, status: int, message: str) -> str:
        known = [
            {"method": credential.principal.method, "subject": audit.subject(credential.principal)}
            for credential in self.verified
        ]
        return line(
            now=self.now, event=event, reason=reason, status=status, ident=self.id,
            service=self.guard.policy.name, method=self.method, path=self.lookup.path,
            client=self.peer if self.address is None else self.address.text, route=self.plan.label,
            principal=known[0] if known else None, also=known[1:], detail=message,
            user_agent=audit.header(self.sent, b"user-agent"),
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------ on the way back
    @property
    def route(self) -> Route:
        return self.route_plan.route

    @property
    def route_plan(self) -> RoutePlan:
        """The plan of the route; only what passed step 7 has one."""
        if not isinstance(self.plan, RoutePlan):
            raise TypeError("a request that matched no route was passed on")
        return self.plan

    @property
    def client(self) -> str:
        return "" if self.address is None else self.address.text

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    @property
    def max_body_bytes(self) -> int:
        return self.route_plan.max_body_bytes

    @property
    def websocket(self) -> bool:
        return b"upgrade" in self.seen

    @property
    def params(self) -> Mapping[str, str]:
        return self.lookup.params

    @property
    def context(self) -> Context:
        if self._context is None:
            plan = self.route_plan
            self._context = plan.handler_reader.context(self.reading(), plan.named_conditions)
        return self._context

    def decision_context(self) -> Context:
        """The attributes the route's own conditions read, as far as they are known now."""
        plan = self.route_plan
        return plan.reader.context(self.reading(), plan.named_conditions)

    def response_headers(self, headers: Sequence[tuple[bytes, bytes]]) -> Headers:
        seen = self.seen
        origin = lines(seen, b"origin") if b"origin" in seen else _NO_ORIGIN
        return self.plan.surface.complete(headers, self.id, self.tls, origin)

    def hidden_error(self, status: int) -> Answer | None:
        surface = self.plan.surface
        if self.refused_by_handler is not None or status < 500 or not surface.hidden:
            return self.refused_by_handler
        reason: Reason = "unavailable" if status in (502, 503, 504) else "internal"
        return surface.refusal(reason, self.id, self.tls, extra=_NO_HEADERS, cors=self._cors(), status=status)

    def unreachable(self, status: int = 502) -> Answer:
        return self.answer("check.failed", "unavailable", "the upstream gave no answer", status=status)

    def too_large(self) -> Answer:
        return self.answer("input.rejected", "body_too_large", "the body is longer than the route takes")

    def failed(self) -> Answer:
        if self.refused_by_handler is not None:
            return self.refused_by_handler
        return self.answer("check.failed", "internal", "the application failed")

    def refuse_in_handler(self, message: str) -> None:
        if self.refused_by_handler is None:
            self.refused_by_handler = self.answer("authz.denied", "forbidden", message)


Steps = Generator[Need, object, None]


class Waiting:
    """A decision that waits for what its server must fetch."""

    __slots__ = ("_exchange", "_steps", "need")

    def __init__(self, exchange: Exchange, steps: Steps, need: Need) -> None:
        self._exchange = exchange
        self._steps = steps
        self.need: Need = need

    def resume(self, value: object) -> Answer | Forwarding | Waiting:
        """Go on with what was needed."""
        return self._exchange.guard.advance(self._exchange, self._steps, value)

    def fail(self, error: Exception) -> Answer | Forwarding | Waiting:
        """Go on without it: the request is refused."""
        self._steps.close()
        return self._exchange.guard.broken(self._exchange, error)

    def abandon(self) -> None:
        """The client went away; nobody waits for an answer."""
        self._steps.close()
