"""Whatever cannot be carried out ends in 500 or 503 with the event `check.failed`, never in a pass."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from seccfg_runtime.runtime import arrival, passage, steps
from seccfg_runtime.runtime.drive import ClientGone, settle, settle_sync
from seccfg_runtime.runtime.interface import Answer, Forwarding, RequestHead, StoreUnavailable
from seccfg_runtime.runtime.model import Attribute, Authorize, Condition, FromApplication, FromBody, Grant, KeySet


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*args: object, **named: object) -> Any:
        raise error

    return fail


class Oops(Exception):
    """Something nobody expected, with a secret in its text."""


@pytest.mark.parametrize(
    "error", [Oops("s3cret"), KeyError("s3cret"), RecursionError("s3cret"), MemoryError("s3cret"), AssertionError("s3cret")]
)
def test_a_clock_that_fails(kit: Any, error: Exception) -> None:
    """No time, no decision; the event has the real time."""
    made = kit.world(kit.policy(kit.public()), clock=raising(error))
    assert made.refused() == "500 internal"
    assert made.log.events() == ["check.failed/internal"]
    assert "s3cret" not in made.log.lines[0]


@pytest.mark.parametrize("now", [float("nan"), float("inf"), None, "12"])
def test_a_clock_that_tells_nonsense(kit: Any, now: Any) -> None:
    """What is no time is none."""
    made = kit.world(kit.policy(kit.route()), clock=lambda: now)
    assert made.refused(bearer=kit.token()) == "500 internal"


@pytest.mark.parametrize("place", ["allow", "require", "forbid"])
@pytest.mark.parametrize("error", [Oops("s3cret"), StoreUnavailable("s3cret"), StopIteration("s3cret")])
def test_a_condition_that_raises(kit: Any, place: str, error: Exception) -> None:
    """Wherever it stands; its text reaches nobody."""
    bad = Condition("bad", raising(error), raising(error), frozenset())
    allow = (Grant(conditions=(bad,)),) if place == "allow" else (Grant(),)
    authorize = Authorize(allow, (bad,) if place == "require" else (), (bad,) if place == "forbid" else ())
    made = kit.world(kit.policy(kit.route(authorize=authorize)))
    answer = made.answer(bearer=kit.token())
    assert answer.status in (500, 503)
    assert b"s3cret" not in answer.body
    assert "s3cret" not in "".join(made.log.lines)


@pytest.mark.parametrize("error", [Oops("s3cret"), ValueError("s3cret")])
def test_keys_that_fail(kit: Any, error: Exception) -> None:
    """An error of the key source is not a missing key."""

    class Broken:
        key = staticmethod(raising(error))

    made = kit.world(kit.policy(), keys={"users": Broken()})
    assert made.refused(bearer=kit.token()) == "500 internal"
    assert "s3cret" not in "".join(made.log.lines)


def test_a_key_set_that_is_none_does_not_start(kit: Any) -> None:
    """At start, not at the first request."""
    with pytest.raises(Exception, match="JSON"):
        kit.world(kit.policy(verifiers=(kit.users(keys=KeySet("{")),)))


@pytest.mark.parametrize(
    "module, name",
    [(steps, "arrive"), (steps, "authorize"), (steps, "validate"), (steps, "forward"), (passage, "pass_on"), (arrival, "host")],
)
def test_a_step_with_a_bug(kit: Any, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """A step that raises refuses."""
    monkeypatch.setattr(module, name, raising(Oops("s3cret")))
    made = kit.world(kit.policy())
    answer = made.answer(bearer=kit.token())
    assert (answer.status, json.loads(answer.body)["reason"]) == (500, "internal")
    assert made.log.events() == ["check.failed/internal"]
    assert "Oops in fail" in json.loads(made.log.lines[0])["detail"]


def test_steps_that_end_without_an_outcome(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Running out of steps is no pass."""
    monkeypatch.setattr(steps, "forward", lambda x, plan: None)
    assert kit.world(kit.policy()).refused(bearer=kit.token()) == "500 internal"


OWNER = Attribute("resource", "owner", "string", FromApplication(), trust="application")
OWNS = Condition("owns", lambda p, r, q: r.get("owner") == p["subject"], lambda p, r, q: False, frozenset({"resource.owner"}))


def asking(kit: Any) -> Any:
    return kit.world(kit.policy(kit.route(authorize=Authorize((Grant(conditions=(OWNS,)),))), attributes=(OWNER,)))


@pytest.mark.parametrize(
    "found, expected",
    [
        ({"owner": "ann"}, "pass"),
        ({"owner": "bob"}, "403 forbidden"),
        ({}, "403 forbidden"),
        (None, "500 internal"),
        ([], "500 internal"),
        ("owner", "500 internal"),
    ],
)
def test_an_application_that_answers_nonsense(kit: Any, found: Any, expected: str) -> None:
    """What is no mapping is an error, what lacks the attribute refuses."""
    made = asking(kit)
    made.server.attributes = found
    assert made.refused(bearer=kit.token()) == expected


def head(kit: Any) -> RequestHead:
    return RequestHead(
        "GET", b"/notes", [(b"host", b"notes.example.com"), (b"authorization", f"Bearer {kit.token()}".encode())], "198.51.100.7"
    )


class Raising:
    """A server whose every service raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def read_body(self, limit: int) -> Any:
        raise self.error

    def resource(self, request: object) -> Any:
        raise self.error


class RaisingAsync(Raising):
    """The same, awaited."""

    async def read_body(self, limit: int) -> Any:
        raise self.error

    async def resource(self, request: object) -> Any:
        raise self.error


@pytest.mark.parametrize("error, status", [(Oops("s3cret"), 500), (StoreUnavailable("s3cret"), 503), (TimeoutError("s3cret"), 500)])
def test_servers_that_fail(kit: Any, error: Exception, status: int) -> None:
    """Blocking and asynchronous alike."""
    made = asking(kit)
    first = settle_sync(made.guard.begin(head(kit)), Raising(error))
    second = asyncio.run(settle(made.guard.begin(head(kit)), RaisingAsync(error)))
    for answer in (first, second):
        assert isinstance(answer, Answer)
        assert answer.status == status
    assert "s3cret" not in "".join(made.log.lines)


def test_a_client_that_went_away(kit: Any) -> None:
    """Is answered by nobody; the decision ends."""
    made = asking(kit)
    step = made.guard.begin(head(kit))
    with pytest.raises(ClientGone):
        settle_sync(step, Raising(ClientGone()))
    with pytest.raises(ClientGone):
        asyncio.run(settle(made.guard.begin(head(kit)), RaisingAsync(ClientGone())))
    assert made.log.lines == []


class Async:
    """A server that has what is needed."""

    async def read_body(self, limit: int) -> bytes | None:
        return b'{"a": "ann"}'

    async def resource(self, request: object) -> dict[str, object]:
        return {"owner": "ann"}


def test_asynchronous_servers_decide_the_same(kit: Any) -> None:
    """The same code behind both."""
    body = Attribute("resource", "a", "string", FromBody(("a",)), trust="caller")
    same = Condition(
        "same", lambda p, r, q: r.get("a") == r.get("owner"), lambda p, r, q: False, frozenset({"resource.a", "resource.owner"})
    )
    made = kit.world(kit.policy(kit.route("POST", authorize=Authorize((Grant(conditions=(same,)),))), attributes=(OWNER, body)))
    asked = head(kit)
    asked.method = "POST"
    asked.headers = [*asked.headers, (b"content-length", b"12"), (b"content-type", b"application/json")]
    outcome = asyncio.run(settle(made.guard.begin(asked), Async()))
    assert isinstance(outcome, Forwarding)
    assert outcome.body == b'{"a": "ann"}'


def test_a_request_that_could_not_be_handed_over(kit: Any) -> None:
    """A server that has no raw target asks for this answer."""
    made = kit.world(kit.policy(kit.public()))
    answer = made.guard.fail(RequestHead("GET", b"", [], "198.51.100.7"))
    assert (answer.status, answer.reason) == (500, "internal")
    assert made.log.events() == ["check.failed/internal"]


@pytest.mark.parametrize("required, expected", [(True, "503 unavailable"), (False, "pass")])
def test_an_audit_log_that_raises(kit: Any, monkeypatch: pytest.MonkeyPatch, required: bool, expected: str) -> None:
    """Has written nothing: an access that must be told of is refused, and a refusal stays what it was."""
    from dataclasses import replace

    route = kit.route()
    audit = replace(route.audit, events=("access.allowed", "auth.failed"), required=required)
    made = kit.world(kit.policy(replace(route, audit=audit)))
    monkeypatch.setattr(made.log, "write", raising(Oops("s3cret")))
    assert made.refused(bearer=kit.token()) == expected
    assert made.refused(bearer="junk") == "401 invalid_token"
