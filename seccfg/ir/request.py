"""A Request, the state around it and the Decision on it. Data only."""

from __future__ import annotations

from typing import Literal

from seccfg.findings import NOWHERE, Span
from seccfg.ir.policy import Event, Json, Reason, StepName
from seccfg.record import Record


class Request(Record):
    """One HTTP request as it arrives, before anybody normalised anything."""

    method: str
    target: str
    """The raw request target of the request line: `/v1/orders?limit=3`; bytes above 0x7F as Latin-1."""
    headers: tuple[tuple[str, str], ...]
    """As sent, in order, `Host` included; values as Latin-1 text."""
    body: bytes = b""
    chunked: bool = False
    """The body came without a declared length; otherwise an engine sends `Content-Length` unless `headers` has one."""
    scheme: Literal["http", "https"] = "https"
    peer: str = "198.51.100.7"
    """Address of the connection's other end."""
    certificate: str = ""
    """PEM of the client certificate the handshake carried; empty when none."""
    now_s: int = 1_767_614_400  # 2026-01-05T12:00:00Z

    def header(self, name: str) -> tuple[str, ...]:
        """Values of *name* (lower case), in order."""
        return tuple(value for key, value in self.headers if key.lower() == name)


class Surroundings(Record):
    """What a decision depends on besides Policy and Request, set up before a scenario."""

    denied: tuple[str, ...] = ()
    """Values of the deny-list claim that were revoked."""
    versions: tuple[tuple[str, int], ...] = ()
    """(principal id, lowest token version still good)."""
    not_before: tuple[tuple[str, int], ...] = ()
    """(principal id, Unix seconds): tokens issued earlier are revoked."""
    application: tuple[tuple[str, Json], ...] = ()
    """Values of `from: application` attributes of the resource asked for; a name left out is missing."""
    store: Literal["up", "down"] = "up"
    """`down`: counters and revocation cannot be read."""
    keys: Literal["fresh", "stale"] = "fresh"
    """`stale`: every key set is older than its `max_stale`."""


Outcome = Literal["pass", "refuse", "preflight"]


class Decision(Record):
    """What must be equal on every target: pass or refuse, status, reason and the headers that matter."""

    outcome: Outcome
    status: int
    """200 for a pass, whatever the upstream answers."""
    reason: Reason | Literal["pass"]
    step: StepName
    headers: tuple[tuple[str, str], ...] = ()
    """Lower-case name and value, sorted: www-authenticate (scheme and error), allow, retry-after, location, access-control-*,
    strict-transport-security, vary."""
    forwarded: tuple[tuple[str, str], ...] = ()
    """Identity headers the upstream receives, sorted; every name of `forward.identity` a client sent is gone."""
    upstream: str = ""
    events: tuple[Event, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.outcome == "pass"


def differences(expected: Decision, actual: Decision) -> tuple[str, ...]:
    """What of two Decisions must be equal and is not (design section 2, "Equal"): field or header names, sorted.

    `WWW-Authenticate` is compared by scheme and `error` only; step, upstream and events are not part of it.
    """
    wrong = {
        name
        for name in ("outcome", "status", "reason", "forwarded")
        if getattr(expected, name) != getattr(actual, name)
    }
    mine, theirs = dict(map(_comparable, expected.headers)), dict(map(_comparable, actual.headers))
    wrong |= {name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}
    return tuple(sorted(wrong))


def _comparable(header: tuple[str, str]) -> tuple[str, str]:
    name, value = header
    if name != "www-authenticate":
        return name, value
    scheme, _, parameters = value.partition(" ")
    error = next((p.strip() for p in parameters.split(",") if p.strip().startswith("error=")), "")
    return name, f"{scheme} {error}".strip()


class ConditionValue(Record):
    """A condition at the time of the decision; `value` is three-valued, `because` names the attribute behind an ERR."""

    name: str
    value: Literal["true", "false", "error"]
    attributes: tuple[tuple[str, Json], ...]
    """(`side.name`, value or "missing") of what it read."""
    because: str = ""
    pos: Span = NOWHERE


class GrantResult(Record):
    """How one grant fared; `failed` names the keys that did not hold (`auth`, `roles`, `scopes`, `if`, ...)."""

    text: str
    held: bool
    failed: tuple[str, ...]
    conditions: tuple[ConditionValue, ...] = ()
    pos: Span = NOWHERE


class Explanation(Record):
    """Why a Decision came out as it did."""

    route: str
    """Route id, empty when none matched."""
    message: str
    """One sentence for people: which check refused and what it saw; never a credential."""
    principal: str = ""
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    grants: tuple[GrantResult, ...] = ()
    conditions: tuple[ConditionValue, ...] = ()
    """`require` and `forbid` conditions."""
    method: str = ""
    """Name of the verifier that gave the principal; empty when nobody was authenticated."""
    client: str = ""
    """The spec's name of the client the token was issued to."""
    pos: Span = NOWHERE


class Judgement(Record):
    decision: Decision
    explanation: Explanation
