"""`prefer: native`: who may call a route, as a function that stands in the route's own post-function."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seccfg.ir.policy import Authorize, Condition, Grant, Route
from seccfg.program.model import ConditionForms
from seccfg.targetapi.escape import one_line
from seccfg_kong.lua import Constants, lua, set_of
from seccfg_kong.print_conditions import condition_function

__all__ = ["RouteFunction", "says_itself"]

_MODULES = ("forms", "head", "identity", "json", "limits", "loops", "text", "times", "values")
"""What printed conditions may name."""


def says_itself(route: Route) -> bool:
    """Whether one answer is enough: scopes that are missing are told apart from what is forbidden, which the program does."""
    authorize = route.first(Authorize)
    return authorize is not None and not route.public and not any(grant.scopes for grant in authorize.allow)


class RouteFunction:
    """`may(q)` of one route, as the statements of a chunk."""

    def __init__(self, route: Route, conditions: Mapping[str, Condition], lowered: Mapping[str, ConditionForms]) -> None:
        self._conditions, self._lowered = conditions, lowered
        self._roles, self._lists = Constants("roles"), Constants("lists")
        self._names: dict[tuple[str, bool], str] = {}
        self._functions: list[str] = []
        authorize = route.one(Authorize)
        forbidden = [self._holds(ident, expect=False) for ident in authorize.forbid]
        required = [self._holds(ident) for ident in authorize.require]
        ways = [self._grant(grant) for grant in authorize.allow]
        granted = ways[0] if len(ways) == 1 else "(" + " or ".join(f"({way})" for way in ways) + ")" if ways else "false"
        self._body = "\n    and ".join([*forbidden, *required, granted])

    def text(self) -> str:
        """What the function needs, and itself; the modules it names are locals still to be filled."""
        inside = "\n".join([*self._functions, self._body])
        lists = [text for constants in (self._roles, self._lists) if "\n" in (text := constants.text())]
        modules = ", ".join(self.modules(inside))
        return "\n".join((
            *((f"local {modules}",) if modules else ()), *lists, *self._functions,
            "local function may(q)", "  local who = q.who", f"  return {self._body}", "end",
        ))  # fmt: skip

    def modules(self, text: str = "") -> list[str]:
        """Those named in the function."""
        inside = text or "\n".join([*self._functions, self._body])
        return [name for name in _MODULES if re.search(rf"\b{name}\.", inside)]

    def _grant(self, grant: Grant) -> str:
        parts: list[str] = []
        if grant.methods:
            parts.append(_any_of("who.method", grant.methods))
        if grant.clients:
            parts.append(_any_of("who.client", grant.clients))
        parts += (f"q.has(who.roles, {self._roles.ref(set_of(holders))})" for holders in grant.role_sets)
        parts += (self._holds(ident) for ident in grant.conditions)
        return " and ".join(parts) if parts else "true"

    def _holds(self, ident: str, *, expect: bool = True) -> str:
        key = (ident, expect)
        if key not in self._names:
            condition, forms = self._conditions[ident], self._lowered[ident]
            plain = re.sub(r"[^A-Za-z0-9]+", "_", condition.name, flags=re.ASCII)
            name = f"{'holds' if expect else 'fails'}_{plain}_{len(self._names) + 1}"
            printed = condition_function(forms.holds if expect else forms.fails, self._lists)
            what = f"-- {one_line(condition.name)}{'' if expect else ' does not hold'}: {one_line(condition.text)}"
            self._functions.append(f"{what}\nlocal {name} = {printed}")
            self._names[key] = name
        return f"{self._names[key]}(q)"


def _any_of(what: str, values: tuple[str, ...]) -> str:
    tests = [f"{what} == {lua(value)}" for value in values]
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"
