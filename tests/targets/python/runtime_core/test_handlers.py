"""`require_role` and `require` inside the application."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from seccfg_runtime.runtime.handlers import CURRENT, AccessRefused, principal, require, require_role
from seccfg_runtime.runtime.model import Attribute, Condition, FromApplication, FromPath

OWNER = Attribute("resource", "owner", "string", FromApplication(), trust="application")
PATH = Attribute("resource", "id", "string", FromPath("id"))
OWNS = Condition("owns", lambda p, r, q: r.get("owner") == p.get("subject"), lambda p, r, q: False, frozenset({"resource.owner"}))
FIRST = Condition("first", lambda p, r, q: r.get("id") == "1", lambda p, r, q: False, frozenset({"resource.id"}))
TWICE = (
    Condition("twice", lambda p, r, q: True, lambda p, r, q: False, frozenset(), "a"),
    Condition("twice", lambda p, r, q: True, lambda p, r, q: False, frozenset(), "b"),
)


@contextmanager
def handling(forwarding: Any) -> Iterator[None]:
    """While the application handles *forwarding*."""
    token = CURRENT.set(forwarding)
    try:
        yield
    finally:
        CURRENT.reset(token)


@pytest.fixture
def passed(kit: Any) -> Any:
    route = kit.route(template="/notes/{id}")
    made = kit.world(kit.policy(route, attributes=(OWNER, PATH), conditions=(OWNS, FIRST, *TWICE)))
    return made.passed("/notes/1", bearer=kit.token()), made


@require_role("admin", "viewer")
def reads(number: int) -> int:
    """A handler."""
    return number + 1


@require_role("admin")
async def deletes() -> str:
    return "gone"


@require("owns", "first", resource=lambda owner: {"owner": owner})
def edits(owner: str) -> str:
    return owner


def test_without_a_request_everything_is_refused() -> None:
    """Called outside, or before anything passed the guard."""
    with pytest.raises(AccessRefused):
        reads(1)
    with pytest.raises(AccessRefused):
        asyncio.run(deletes())
    with pytest.raises(AccessRefused):
        edits("ann")
    with pytest.raises(AccessRefused):
        principal()


def test_one_of_the_roles_is_needed(passed: Any) -> None:
    """Inherited ones count; the handler keeps its name and text."""
    outcome, _ = passed
    with handling(outcome):
        assert reads(1) == 2
        assert principal().subject == "ann"
        with pytest.raises(AccessRefused, match="admin"):
            asyncio.run(deletes())
    assert (reads.__name__, reads.__doc__) == ("reads", "A handler.")


def test_every_condition_must_hold(passed: Any) -> None:
    """With what the handler knows about the resource."""
    outcome, _ = passed
    with handling(outcome):
        assert edits("ann") == "ann"
        with pytest.raises(AccessRefused, match="owns"):
            edits("bob")


@pytest.mark.parametrize("name", ["nonsense", "twice"])
def test_names_without_one_meaning_refuse(passed: Any, name: str) -> None:
    """Unknown ones, and those that mean something else on every route."""
    outcome, _ = passed
    with handling(outcome), pytest.raises(AccessRefused):
        require(name)(lambda: None)()


def test_a_refusal_is_the_answer_whatever_the_application_says(passed: Any, kit: Any) -> None:
    """403, and an event; once."""
    outcome, made = passed
    assert outcome.failed().status == 500
    with handling(outcome):
        for _ in range(2):
            with pytest.raises(AccessRefused):
                edits("bob")
    hidden = outcome.hidden_error(500)
    assert (hidden.status, hidden.reason) == (403, "forbidden")
    assert outcome.failed() is hidden
    assert made.log.events() == ["check.failed/internal", "authz.denied/forbidden"]
    assert kit.header(hidden.headers, "x-request-id") == [outcome.id]


def test_public_routes_have_no_principal(kit: Any) -> None:
    """A role cannot be had by nobody."""
    outcome = kit.world(kit.policy(kit.public())).passed(bearer=kit.token())
    with handling(outcome), pytest.raises(AccessRefused):
        reads(1)


def test_checks_name_something() -> None:
    """An empty check would let everybody in."""
    with pytest.raises(ValueError, match="role"):
        require_role()
    with pytest.raises(ValueError, match="condition"):
        require()
