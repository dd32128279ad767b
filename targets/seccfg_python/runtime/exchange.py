"""One request on its way through the guard, and what is kept of it for the answer."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from random import getrandbits
from typing import TYPE_CHECKING

from .addresses import Address
from .attributes import Reading
from .audit import line
from .credentials import Verified
from .headers import Seen, lines
from .interface import Answer, Context, Forwarding, Headers, Need, RequestHead
from .model import Event, Reason
from .plan import EdgePlan, RoutePlan
from .router import Template

if TYPE_CHECKING:
    from .guard import Guard

_NO_HEADERS: Headers = []
_NO_ORIGIN: Sequence[bytes] = ()


class Lookup:
    """What the request target alone says."""

    __slots__ = ("authority", "params", "path", "problem", "query", "target", "template")

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
        self.template = template
        self.params = params


class Exchange:
    """A request, what earlier steps found out, and the way back to the client."""

    __slots__ = (
        "_reading", "application", "body", "client", "failed_credential", "guard", "head", "host", "ident", "kept",
        "lookup", "matched", "media_type", "now", "outcome", "plan", "preflight", "refused_by_handler", "seen", "tls",
        "trusted_peer", "unread_bytes", "verified",
    )  # fmt: skip

    def __init__(self, guard: Guard, head: RequestHead, plan: EdgePlan, lookup: Lookup, now: float) -> None:
        self.guard = guard
        self.head = head
        self.plan = plan
        self.lookup = lookup
        self.ident = f"{getrandbits(96):024x}"
        self.seen: Seen = {}
        self.kept: Headers = []
        self.outcome: Answer | Forwarding | None = None
        self.matched = False
        self.tls = False
        self.trusted_peer = False
        self.client: Address | None = None
        self.host = ""
        self.now = now
        self.preflight = False
        self.failed_credential = False
        self.media_type = ""
        self.unread_bytes = 0
        """Declared length of a body that was not read yet."""
        self.verified: Sequence[Verified] = ()
        self.body: bytes | None = None
        self.application: Mapping[str, object] = {}
        self.refused_by_handler: Answer | None = None
        self._reading: Reading | None = None

    # ------------------------------------------------------------------------------------------------- on the way in
    def reading(self) -> Reading:
        """Where attributes are read from; asked for only by what looks at attributes or parameters."""
        reading = self._reading
        if reading is None:
            if self.client is None:
                raise RuntimeError("attributes are read before the client's address is known")
            lookup = self.lookup
            reading = self._reading = Reading(
                self.head.method, lookup.path, lookup.query, lookup.params, self.seen, self.host, self.client,
                self.trusted_peer, int(self.now),
            )  # fmt: skip
            if isinstance(self.plan, RoutePlan):
                reading.json_depth = self.plan.validation.json_depth
        reading.verified = self.verified[0] if self.verified else None
        reading.body = self.body or b""
        reading.application = self.application
        return reading

    def refuse(
        self, event: Event, reason: Reason, message: str, extra: Headers = _NO_HEADERS, status: int = 0
    ) -> None:
        """Let the answer be a refusal, and tell of it."""
        self.outcome = self.answer(event, reason, message, extra, status)

    def answer(
        self, event: Event, reason: Reason, message: str, extra: Headers = _NO_HEADERS, status: int = 0
    ) -> Answer:
        """The refusal, told of."""
        surface = self.plan.surface
        cors = self.cors() if self.matched else None
        answer = surface.refusal(
            reason, self.ident, self.tls, extra=extra, cors=cors, message=message, status=status
        )
        self.tell(event, reason, answer.status, message)
        return answer

    def cors(self) -> Headers:
        """CORS headers for the request's origin."""
        cors = self.plan.surface.cors
        return _NO_HEADERS if cors is None or b"origin" not in self.seen else cors.answer(lines(self.seen, b"origin"))

    def tell(self, event: Event, reason: str, status: int, message: str) -> bool:
        """Write an audit event where the route wants it; False when it had to be written and could not be."""
        audit = self.plan.audit
        if event not in audit.events:
            return True
        others = [
            {"method": other.principal.method, "subject": audit.subject(other.principal)} for other in self.verified
        ]
        written = self.guard.audit.write(
            line(
                now=self.now, event=event, reason=reason, status=status, ident=self.ident,
                service=self.guard.policy.name, method=self.head.method, path=self.lookup.path,
                client=self.head.peer if self.client is None else self.client.text, route=self.plan.label,
                principal=others[0] if others else None, also=others[1:], detail=message,
                user_agent=audit.header(self.head.headers, b"user-agent"),
            )
        )  # fmt: skip
        return written or not audit.required

    # ------------------------------------------------------------------------------------------------ on the way back
    def context(self) -> Context:
        """The attributes conditions are judged with."""
        if not isinstance(self.plan, RoutePlan):
            raise RuntimeError("a request that matched no route has no conditions")
        return self.plan.reader.context(self.reading(), self.plan.named_conditions)

    def response_headers(self, headers: Sequence[tuple[bytes, bytes]]) -> Headers:
        """The upstream's response headers with the policy's added, replaced and removed."""
        seen = self.seen
        origin = lines(seen, b"origin") if b"origin" in seen else _NO_ORIGIN
        return self.plan.surface.complete(headers, self.ident, self.tls, origin)

    def hidden_error(self, status: int) -> Answer | None:
        """What replaces an upstream's 5xx; None: it goes through."""
        if self.refused_by_handler is not None:
            return self.refused_by_handler
        surface = self.plan.surface
        if status < 500 or not surface.hidden:
            return None
        reason: Reason = "unavailable" if status in (502, 503, 504) else "internal"
        return surface.refusal(reason, self.ident, self.tls, extra=_NO_HEADERS, cors=self.cors(), status=status)

    def upstream_failed(self, status: int) -> Answer:
        """The answer when the upstream gave none."""
        return self.answer("check.failed", "unavailable", "the upstream gave no answer", status=status)

    def refuse_late(self, event: Event, reason: Reason, message: str) -> Answer:
        """A refusal after the request was passed on."""
        if self.refused_by_handler is not None:
            return self.refused_by_handler
        return self.answer(event, reason, message)

    def refuse_in_handler(self, message: str) -> None:
        """Remember that a handler refused: whatever the application makes of it, this is the answer."""
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
