"""Audit events: one line of JSON each, nothing secret in any, never waiting for whoever reads them."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from typing import Any, get_args

import pytest

from seccfg_runtime.runtime.audit import LineWriter
from seccfg_runtime.runtime.interface import GuardSettings, PolicyError
from seccfg_runtime.runtime.model import (
    Audit,
    Authenticate,
    ByAddress,
    CookiePlace,
    Event,
    QueryPlace,
    RateLimit,
    SecretRef,
)

KEY = SecretRef(env="AUDIT_HASH_KEY")


def told(kit: Any, **audit: Any) -> Any:
    events = ("access.allowed", "auth.failed", "authz.denied", "input.rejected", "rate.limited", "check.failed")
    return kit.world(kit.policy(kit.route(audit=Audit(**{"events": events, **audit}))), GuardSettings(hash_keys={KEY: b"k" * 32}))


def test_an_event_says_who_what_and_why(kit: Any) -> None:
    """In fixed members, one line, ASCII."""
    made = told(kit)
    outcome = made.passed("/notes?token=abc", ("User-Agent", "curl\u00e9"), bearer=kit.token(), peer="2001:DB8::1")
    assert json.loads(made.log.lines[0]) == {
        "time": "2026-01-05T12:00:00.000Z",
        "event": "access.allowed",
        "reason": "pass",
        "status": 200,
        "id": outcome.id,
        "service": "notes",
        "method": "GET",
        "path": "/notes",
        "client": "2001:db8::1",
        "route": "GET /notes",
        "principal": {"method": "users", "subject": "ann"},
        "user_agent": "curl\u00e9",
    }
    assert made.log.lines[0].isascii()


def test_subjects_may_be_hashed_with_a_key(kit: Any) -> None:
    """The same principal has the same hash, the subject stands nowhere."""
    made = told(kit, hash_key=KEY)
    made.passed(bearer=kit.token())
    expected = hmac.new(b"k" * 32, f"jwt:{kit.issuer}\x1fann".encode(), hashlib.sha256).hexdigest()[:32]
    assert json.loads(made.log.lines[0])["principal"]["subject"] == expected
    assert "ann" not in made.log.lines[0]


def test_a_hash_key_that_is_not_given_does_not_start(kit: Any) -> None:
    """Never in clear instead."""
    with pytest.raises(PolicyError):
        kit.world(kit.policy(kit.route(audit=Audit(hash_key=KEY))))


def test_only_the_events_asked_for_are_written(kit: Any) -> None:
    """Each route its own."""
    made = told(kit, events=("authz.denied",))
    made.ask()
    made.ask(bearer=kit.token())
    assert made.log.lines == []


def test_redacted_headers_are_not_shown(kit: Any) -> None:
    """The one header events show may be redacted too."""
    made = told(kit, redact=("user-agent",))
    made.passed("/notes", ("User-Agent", "secret-agent"), bearer=kit.token())
    assert json.loads(made.log.lines[0])["user_agent"] == "[redacted]"


def test_lines_cannot_be_forged(kit: Any) -> None:
    """Whatever a client sends stays inside its own event."""
    made = told(kit)
    made.ask('/notes\r\n{"event":"x"}', ("User-Agent", 'a"}\n{"event":"x"}'), method='G"ET\n', bearer=kit.token(sub='a"\n'))
    made.ask("/" + "x" * 5000, ("User-Agent", "y" * 5000), method="M" * 5000)
    for line in made.log.lines:
        assert "\n" not in line
        assert len(line) < 4000
        assert json.loads(line)["event"] == "input.rejected"


def test_no_credential_is_in_any_answer_or_event(kit: Any) -> None:
    """Good or bad, in whatever place, whatever fails: neither answer nor log holds any part of it."""
    users = kit.users(places=(kit.bearer(), CookiePlace("session"), QueryPlace("token")))
    wanted = Authenticate((("users",), ("partners",)), "x-csrf")
    everything = get_args(Event)
    routes = [
        kit.route(method, authenticate=wanted, audit=Audit(everything), limits=(RateLimit("a", 6, 60, ByAddress()),))
        for method in ("GET", "POST")
    ]
    made = kit.world(kit.policy(*routes, verifiers=(users, kit.partners())))
    good, bad, key = kit.token(), kit.token(key="other"), "acme.wrong-secret"
    answers = []
    for _ in range(2):
        for sent in (good, bad, "SECRETxyz", ""):
            answers += [
                made.ask("/notes", bearer=sent),
                made.ask("/notes", ("Cookie", f"session={sent}")),
                made.ask(f"/notes?token={sent}"),
                made.ask("/notes", ("Cookie", f"session={sent}"), method="POST"),
                made.ask("/notes", ("Authorization", f"Basic {sent}"), scheme="http"),
            ]
        answers += [
            made.ask("/notes", key=key),
            made.ask("/notes", key=kit.secret),
            made.ask("/notes", key=kit.secret, bearer=good),
        ]
        made.now += 60
    texts = "".join(made.log.lines) + "".join(repr((a.headers, a.body)) for a in answers if hasattr(a, "status"))
    for secret in (good, bad, "SECRETxyz", key, kit.secret, "wrong-secret", good.split(".")[2], good.split(".")[1]):
        assert secret not in texts


def test_a_required_event_that_cannot_be_written_refuses(kit: Any) -> None:
    """503 instead of an access nobody hears of; without `required` it passes."""
    for required, expected in ((True, "503 unavailable"), (False, "pass")):
        made = told(kit, required=required)
        made.log.full = True
        assert made.refused(bearer=kit.token()) == expected


# ------------------------------------------------------------------------------------------------------------- writer
def wait_for(condition: Any) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_lines_are_written_in_order_by_a_thread_of_its_own() -> None:
    """And all of them before it closes."""
    written: list[str] = []
    writer = LineWriter(written.append)
    for number in range(100):
        assert writer.write(str(number))
    writer.close()
    assert "".join(written).split() == [str(number) for number in range(100)]
    assert not writer.write("late")


def test_a_reader_who_stalls_stalls_nobody() -> None:
    """What does not fit is dropped, counted, and told of when there is room."""
    gate, written = threading.Event(), []

    def stall(text: str) -> None:
        gate.wait(5)
        written.append(text)

    writer = LineWriter(stall, most=2)
    assert writer.write("first")
    wait_for(lambda: not writer._waiting)
    assert [writer.write(str(number)) for number in range(4)] == [True, True, False, False]
    gate.set()
    writer.close()
    assert "".join(written).split() == ["first", "0", "1", '{"event":"audit.dropped","count":2}']


def test_a_place_that_cannot_be_written_is_no_end() -> None:
    """The writer goes on, and says how much was lost."""
    calls: list[str] = []

    def fail_once(text: str) -> None:
        calls.append(text)
        if len(calls) == 1:
            raise OSError

    writer = LineWriter(fail_once)
    writer.write("lost")
    wait_for(lambda: len(calls) == 1)
    writer.write("kept")
    writer.close()
    assert calls[1] == 'kept\n{"event":"audit.dropped","count":1}\n'
