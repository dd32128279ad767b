"""What the target builds, in Kong's words. Records only: `lower` makes them, `emit` writes them down."""

from __future__ import annotations

from typing import Literal

from seccfg.ir.policy import Evidence, Json
from seccfg.program.model import Check, Program
from seccfg.record import Record

__all__ = [
    "Answers", "AskedOfRoute", "Authority", "BranchExtra", "Credential", "KongOptions", "KongPlan", "KongRoute", "KongService",
    "LogPlugin", "NativePlan", "NodeSettings", "RedisPlace", "RouteText", "Setting", "StockPlugin",
]


class RedisPlace(Record):
    """Where the store of counters and revocations is. Its password is in the node's environment."""

    host: str = "127.0.0.1"
    port: int = 6379
    database: int = 0
    tls: bool = False


class KongOptions(Record):
    """`targets.kong` of the spec, with what it is when left out."""

    edition: Literal["oss", "enterprise"]
    version: str
    mode: Literal["serverless", "plugin"]
    prefer: Literal["exact", "native"]
    redis: RedisPlace = RedisPlace()
    """Of `mode: plugin`."""


class Authority(Record):
    """A root that certificates of clients chain up to, as Kong knows it. `pem` is the root itself."""

    id: str
    pem: str


class KongRoute(Record):
    """One route entity: one method of one template."""

    name: str
    key: str
    """What the decision program calls it: `GET /v1/orders`; empty for the one that catches the rest."""
    methods: tuple[str, ...]
    path: str
    """`~` and a regular expression with both ends, or `/`."""
    priority: int
    signed: bool
    """Some method of it is checked by the jwt plugin."""
    tags: tuple[str, ...]
    authorities: tuple[str, ...] = ()
    """Ids of those that the mtls-auth plugin takes certificates of; without any, there is no such plugin."""


class KongService(Record):
    """One upstream and the routes that lead to it."""

    name: str
    url: str
    verify_tls: bool
    timeout_ms: int
    routes: tuple[KongRoute, ...]


class Credential(Record):
    """A public key as the jwt plugin looks it up. `pem` is the key itself."""

    id: str
    kid: str
    algorithm: str
    pem: str


class Answers(Record):
    """How answers look on a branch."""

    set: tuple[tuple[str, str], ...]
    remove: tuple[str, ...]
    hsts: str
    codes: tuple[tuple[str, int], ...]
    content_type: str
    correlation: str
    hidden: bool


class BranchExtra(Record):
    """What a branch has besides its steps."""

    answers: Answers
    logged: tuple[str, ...]
    """Events of the branch that are audited."""


class LogPlugin(Record):
    """A plugin that sends log entries somewhere, with its configuration as JSON."""

    name: str
    config: Json


class Setting(Record):
    """A line of kong.conf and why it stands there."""

    name: str
    value: str
    why: str


class NodeSettings(Record):
    """What only the node's own configuration can set."""

    settings: tuple[Setting, ...]


class StockPlugin(Record):
    """An instance of one of Kong's own plugins, with its configuration as JSON."""

    name: str
    config: Json


class AskedOfRoute(Check):
    """Holds where the route's own function says so as well."""


class RouteText(Record):
    """Statements that define `may`, in Lua, and the runtime modules they name."""

    text: str
    modules: tuple[str, ...]


class NativePlan(Record):
    """What `prefer: native` leaves to Kong's own plugins, by scope."""

    everywhere: tuple[StockPlugin, ...]
    catch_all: tuple[StockPlugin, ...]
    """Instead of a function."""
    services: tuple[tuple[str, tuple[StockPlugin, ...]], ...]
    """By upstream."""
    routes: tuple[tuple[str, tuple[StockPlugin, ...]], ...]
    """By the route's key."""
    functions: tuple[tuple[str, RouteText], ...] = ()
    """By the route's key: of routes that say themselves who may call them."""


class KongPlan(Record):
    """Everything the emitter needs."""

    options: KongOptions
    service: str
    program: Program
    extras: tuple[BranchExtra, ...]
    """By branch."""
    routes: tuple[str, ...]
    """By branch: the key of its Kong route, empty for branches that end before one counts."""
    services: tuple[KongService, ...]
    catch_all: KongRoute
    credentials: tuple[Credential, ...]
    known_headers: tuple[str, ...]
    """Header names that we read or set, lower case."""
    proxied_headers: tuple[str, ...]
    """Headers only trusted proxies may send on."""
    identity_headers: tuple[str, ...]
    """Headers that carry a verified identity to some upstream, lower case."""
    log_subject: bool
    logs: tuple[LogPlugin, ...]
    node: NodeSettings
    pems: tuple[tuple[str, str], ...]
    """JWK text -> its public key as PEM, for signatures that the program checks itself."""
    needs_store: bool
    """Something is counted or can be revoked outside the node."""
    revocable: bool
    """Tokens can be revoked."""
    deny_claim: tuple[str, ...]
    """Path of the claim that the deny list names; empty: there is none."""
    evidence: Evidence
    hosts: tuple[str, ...]
    native: NativePlan | None = None
    authorities: tuple[Authority, ...] = ()
