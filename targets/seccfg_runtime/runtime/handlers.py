"""Checks inside the application, on what the guard verified: `@require_role("admin")`, `@require("owns-order")`.

They work for functions and coroutine functions alike and read nothing from the request: without a request that passed
the guard they refuse. A refusal that an application answers with an error is answered with 403.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar

from .interface import Forwarding, Principal

_P = ParamSpec("_P")
_R = TypeVar("_R")
CURRENT: ContextVar[Forwarding | None] = ContextVar("seccfg_forwarding", default=None)
"""What the application handles now; servers set it around the call of the application."""


class AccessRefused(Exception):
    """A handler's own check does not hold. The message names the check, nothing of the request."""


def principal() -> Principal:
    """
    Who makes the request being handled.

    Raises:
        AccessRefused: Nobody the guard verified.
    """
    forwarding = CURRENT.get()
    if forwarding is None or forwarding.principal is None:
        raise _refused(forwarding, "no verified principal")
    return forwarding.principal


def require_role(*roles: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Let a handler run only for a principal with one of *roles* (those it inherits included)."""
    if not roles:
        raise ValueError("name at least one role")

    def check(arguments: tuple[object, ...], named: Mapping[str, object]) -> None:
        del arguments, named
        if principal().roles.isdisjoint(roles):
            raise _refused(CURRENT.get(), f"needs a role: {', '.join(roles)}")

    return _guarded(check)


def require(
    *conditions: str, resource: Callable[..., Mapping[str, object]] | None = None
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """
    Let a handler run only where every one of *conditions* (names of the policy) is TRUE.

    Args:
        resource: Called with the handler's arguments; gives attributes of the resource that only the application knows.
    """
    if not conditions:
        raise ValueError("name at least one condition")

    def check(arguments: tuple[object, ...], named: Mapping[str, object]) -> None:
        forwarding = CURRENT.get()
        if forwarding is None:
            raise _refused(None, "no verified request")
        context = forwarding.context
        known = context.resource if resource is None else {**context.resource, **resource(*arguments, **named)}
        for name in conditions:
            condition = context.conditions.get(name)
            if condition is None or condition.holds(context.principal, known, context.request) is not True:
                raise _refused(forwarding, f"condition {name} does not hold")

    return _guarded(check)


def _guarded(
    check: Callable[[tuple[object, ...], Mapping[str, object]], None],
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """A decorator that runs *check* before the handler."""

    def decorate(handler: Callable[_P, _R]) -> Callable[_P, _R]:
        if iscoroutinefunction(handler):

            @wraps(handler)
            async def checked(*args: _P.args, **kwargs: _P.kwargs) -> Any:
                check(args, kwargs)
                return await handler(*args, **kwargs)

            return checked  # type: ignore[return-value]  # a coroutine function, like *handler*

        @wraps(handler)
        def checked_now(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            check(args, kwargs)
            return handler(*args, **kwargs)

        return checked_now

    return decorate


def _refused(forwarding: Forwarding | None, message: str) -> AccessRefused:
    if forwarding is not None:
        forwarding.refuse_in_handler(message)
    return AccessRefused(message)
