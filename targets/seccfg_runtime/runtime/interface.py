"""What the servers (ASGI, WSGI, proxy) and the guard say to each other.

The guard does no input or output of its own. `Guard.begin(head)` answers at once for nearly every request: with an
`Answer` to send (a refusal, preflight or redirect) or a `Forwarding` to pass on. When it needs something only the
server can get it returns a `Pending`; `drive.settle` and `drive.settle_sync` fetch it and resume the guard, with the
same code behind both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from .model import Condition, KeyRecord, Reason, Route, SecretRef, Values
from .structs import dataclass, field

Headers = list[tuple[bytes, bytes]]
"""Names are lower case where the guard made them; order as sent."""


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """
    What the guard is told at start besides the policy.

    Args:
        behind_gateway: A gateway in `trusted_proxies` decided already; only what it left open is judged here.
        key_records: Verifier name to the API key records of its environment variable or file.
        hash_keys: Reference to the key that subjects in audit events are hashed with.
    """

    behind_gateway: bool = False
    key_records: Mapping[str, tuple[KeyRecord, ...]] = field(default_factory=dict)
    hash_keys: Mapping[SecretRef, bytes] = field(default_factory=dict)


class PolicyError(Exception):
    """The guard cannot start with this policy and these settings; the message is one line and holds no secret."""


class StoreUnavailable(Exception):
    """Counters or revocations cannot be read or written: the request is answered with 503."""


@dataclass(slots=True)
class RequestHead:
    """One request as it arrived, before anybody normalised anything."""

    method: str
    target: bytes
    """The raw request target of the request line: `/v1/orders?limit=3`."""
    headers: Sequence[tuple[bytes, bytes]]
    """As sent, in order, `Host` included."""
    peer: str
    """Address of the connection's other end, without port; empty when the server does not know it."""
    scheme: str = "https"
    """Of the connection itself: `http` or `https`."""
    certificate: bytes | None = None
    """The client certificate of the TLS handshake, DER or PEM."""
    http_version: str = "1.1"


class Principal(NamedTuple):
    """Who makes the request, verified. `id` is unique over all methods: the key of the principal's limits."""

    method: str
    subject: str
    roles: frozenset[str]
    """After closure."""
    scopes: frozenset[str]
    client: str
    """The token's `azp`, else `client_id`; empty for other credentials."""
    attributes: Mapping[str, object]
    id: str


@dataclass(slots=True)
class Answer:
    """An answer that is sent without asking the upstream. `reason` is empty for a redirect that is no refusal."""

    status: int
    headers: Headers
    body: bytes
    reason: Reason
    id: str
    """Correlation id of the request."""


@dataclass(slots=True)
class Context:
    """The attributes the request's conditions were judged with."""

    principal: Values
    resource: Values
    request: Values
    conditions: Mapping[str, Condition]
    """Conditions of the policy by name, this route's first."""


@dataclass(slots=True)
class ResourceRequest:
    """What the `resource` callable is given to find the resource's attributes by."""

    method: str
    path: str
    """Raw path, as sent."""
    template: str
    params: Mapping[str, str]
    """Path parameters, decoded once."""
    principal: Principal | None
    names: frozenset[str]
    """Attributes some condition of the route needs."""




class Forwarding:
    """
    A request that passed: what to send on, and how to complete the upstream's answer. Only the guard makes one.

    The servers must send `headers` (hop-by-hop ones are gone; framing is theirs), refuse more than `max_body_bytes` of
    a streamed body with `too_large()`, and pass every answer through `response_headers`, or `hidden_error` for 5xx.
    """

    headers: Headers
    """For the upstream: what the client sent less what is stripped, with what was verified."""
    target: bytes
    """Origin-form, path and query unchanged."""
    principal: Principal | None
    id: str
    """Correlation id of the request."""
    body: bytes | None
    """The whole body when it had to be read; None: nothing was read yet."""
    refused_by_handler: Answer | None
    """What is answered because a check inside the application refused."""

    @property
    def route(self) -> Route:
        raise NotImplementedError

    @property
    def client(self) -> str:
        """Client address after trusted proxies."""
        raise NotImplementedError

    @property
    def scheme(self) -> str:
        """Scheme the client used, after trusted proxies."""
        raise NotImplementedError

    @property
    def max_body_bytes(self) -> int:
        raise NotImplementedError

    @property
    def websocket(self) -> bool:
        """The request asks to become a websocket, and may."""
        raise NotImplementedError

    @property
    def params(self) -> Mapping[str, str]:
        """Path parameters, decoded once."""
        raise NotImplementedError

    @property
    def context(self) -> Context:
        """The attributes conditions are judged with, for `require` in handlers."""
        raise NotImplementedError

    def response_headers(self, headers: Sequence[tuple[bytes, bytes]]) -> Headers:
        """The upstream's response headers with the policy's added, replaced and removed."""
        raise NotImplementedError

    def hidden_error(self, status: int) -> Answer | None:
        """What replaces an upstream's answer with *status*; None: it goes through as it is."""
        raise NotImplementedError

    def unreachable(self, status: Literal[502, 504] = 502) -> Answer:
        """The answer when the upstream gave none."""
        raise NotImplementedError

    def too_large(self) -> Answer:
        """The refusal of a streamed body that turned out longer than `max_body_bytes`."""
        raise NotImplementedError

    def failed(self) -> Answer:
        """The answer when the application or the server's own code raised before an answer was started."""
        raise NotImplementedError

    def refuse_in_handler(self, message: str) -> None:
        """Let the answer be a 403, whatever the application makes of a handler that refused."""
        raise NotImplementedError


# ------------------------------------------------------------------------------------------------------------ needs
@dataclass(frozen=True, slots=True)
class ReadBody:
    """
    Read the whole body, or stop as soon as it is longer than `limit`. Resumed with the bytes, None when it was
    longer.
    """

    limit: int


@dataclass(frozen=True, slots=True)
class AskResource:
    """Ask the application for attributes of a resource. Resumed with a mapping."""

    request: ResourceRequest


@dataclass(frozen=True, slots=True)
class AskStore:
    """Call a store that is not in this process, in either way. Resumed with the result."""

    call: Callable[[], object]
    call_async: Callable[[], Awaitable[object]]


Need = ReadBody | AskResource | AskStore
Outcome = Answer | Forwarding


class Pending(Protocol):
    """A decision that waits for `need`."""

    @property
    def need(self) -> Need: ...

    def resume(self, value: object) -> Answer | Forwarding | Pending:
        """Go on with what was needed."""

    def fail(self, error: Exception) -> Answer | Forwarding | Pending:
        """Go on without it: what was needed could not be had."""

    def abandon(self) -> None:
        """The client went away; nobody waits for an answer."""


# ----------------------------------------------------------------------------------------------------------- stores
@dataclass(slots=True)
class Charge:
    """
    One counter a request wants to take one from.

    `counter` names it uniquely. `spend` false: only look (a limit that counts refused credentials is charged when one
    is).
    """

    counter: str
    algorithm: Literal["fixed-window", "sliding-window", "token-bucket"]
    limit: int
    window_s: int
    burst: int
    spend: bool = True


class Charged(NamedTuple):
    """`exhausted` is the index of the first counter without room, -1 when all had: then all were charged, else none."""

    exhausted: int = -1
    retry_after_s: int = 0


ADMITTED = Charged()


class LimitStore(Protocol):
    """Counters. `local` true: nothing here blocks or waits, and the guard calls the plain methods directly."""

    @property
    def local(self) -> bool: ...

    def charge(self, charges: Sequence[Charge], now: float) -> Charged:
        """
        Check every counter in order; charge all that `spend`, or none. Atomic, in one round trip.

        Raises:
            StoreUnavailable: It could not be done.
        """

    async def charge_async(self, charges: Sequence[Charge], now: float) -> Charged: ...

    def add(self, charges: Sequence[Charge], now: float) -> None:
        """Charge without checking: a presented credential was refused. StoreUnavailable when it could not be done."""

    async def add_async(self, charges: Sequence[Charge], now: float) -> None: ...


@dataclass(frozen=True, slots=True)
class RevocationQuery:
    """A token and its principal's id. An empty `deny` is not asked about."""

    deny: str
    principal: str


@dataclass(frozen=True, slots=True)
class Revoked:
    """`denied`: the token is on the list; `version` and `not_before_s`: lowest ones still good for the principal."""

    denied: bool = False
    version: int | None = None
    not_before_s: int | None = None


class RevocationStore(Protocol):
    """What was revoked. `local` as for `LimitStore`."""

    @property
    def local(self) -> bool: ...

    def look_up(self, queries: Sequence[RevocationQuery]) -> Sequence[Revoked]:
        """One answer for each query, in order, in one round trip; StoreUnavailable when it cannot tell."""

    async def look_up_async(self, queries: Sequence[RevocationQuery]) -> Sequence[Revoked]: ...
