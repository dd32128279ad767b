"""The API's operations: one a method and template, and OPTIONS where a preflight is answered."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from seccfg.ir.policy import BodyLimit, Param, Policy, Route, Validate
from seccfg.program.model import Program
from seccfg_azure.plan import Operation

__all__ = ["Reach", "operations", "type_of"]

_TYPES: Final = {"integer": "integer", "number": "number", "boolean": "boolean"}
_BODIES: Final = ("POST", "PUT", "PATCH")


def operations(program: Program, policy: Policy) -> tuple[Operation, ...]:
    """Every operation, in the order of the Program's templates; *policy* says which parameters it takes."""
    routes = {(route.template, route.method): route for route in policy.routes}
    found: list[Operation] = []
    for number, template in enumerate(program.templates):
        spelled, names = _spelled(template.text)
        methods = [method for method, _ in template.methods]
        if template.preflights and "OPTIONS" not in methods:
            methods.append("OPTIONS")
        for method in methods:
            ident = _id(method, template.text)
            route = routes.get((template.text, method))
            params = () if route is None else _params(route)
            segments = [part for part in template.text.split("/") if part.startswith("{") and not part.endswith("+}")]
            typed = {param.name: param.type for param in params if param.place == "path"}
            types = tuple(_TYPES.get(typed.get(part.strip("{}"), "string"), "string") for part in segments)
            asked = tuple(param for param in params if param.place != "path")
            body = None if route is None else route.first(BodyLimit)
            content_types = body.content_types if body is not None and method in _BODIES else ()
            title = f"{method} {template.text}"
            found.append(Operation(ident, method, spelled, title, (number,), names, types, asked, content_types))
    return tuple(found)


def _params(route: Route) -> tuple[Param, ...]:
    validate = route.first(Validate)
    return () if validate is None else validate.params


def type_of(param: Param) -> str:
    """What the service calls its type."""
    return _TYPES.get(param.type, "string")


class Reach:
    """
    (template, depth) the program may find for a request the gateway matched to an operation.

    A gateway may compare letters without case and prefer another template, so any template a path of that many segments
    could have counts. The number of segments, `*` for any, keeps apart what a decoded slash would join.
    """

    def __init__(self, program: Program) -> None:
        self._segments = [template.text.split("/")[1:] for template in program.templates]
        self._alike: dict[tuple[int, str], list[int]] = {}
        self._rest: list[int] = []
        for number, segments in enumerate(self._segments):
            if segments[-1].endswith("+}"):
                self._rest.append(number)
            else:
                self._alike.setdefault((len(segments), _first(segments)), []).append(number)
                self._alike.setdefault((len(segments), "*"), []).append(number)

    def of(self, operation: Operation) -> tuple[tuple[int, str], ...]:
        """Those of *operation*."""
        own = operation.templates[0]
        segments = self._segments[own]
        if segments[-1].endswith("+}"):
            return ((own, "*"),)
        first = _first(segments)
        known = [*self._alike.get((len(segments), first), ()), *self._alike.get((len(segments), "{"), ())]
        if first == "{":
            known = self._alike[len(segments), "*"]
        depth = len(segments) if segments != [""] else 0
        found = {number for number in (*known, *self._rest) if _overlap(self._segments[number], segments)}
        return tuple((number, str(depth)) for number in sorted(found))


def _first(segments: list[str]) -> str:
    """What templates are told apart by first: a literal's letters, `{` for a parameter."""
    return "{" if segments[0].startswith("{") else f"/{segments[0].lower()}"


def _overlap(template: list[str], segments: list[str]) -> bool:
    """Some path of as many segments as *segments* could be of *template*, letters compared without case."""
    rest = template[-1].endswith("+}")
    if len(template) > len(segments) or (len(template) < len(segments) and not rest):
        return False
    return all(a.startswith("{") or b.startswith("{") or a.lower() == b.lower() for a, b in zip(template, segments, strict=False))


def _spelled(text: str) -> tuple[str, tuple[str, ...]]:
    """The template as the service spells it: parameters by number and name, `{x+}` as `*`."""
    names: list[str] = []

    def put(found: re.Match[str]) -> str:
        if found[1].endswith("+"):
            return "*"
        name = f"p{len(names) + 1}-{re.sub(r'[^A-Za-z0-9_-]', '-', found[1])}"
        names.append(name)
        return f"{{{name}}}"

    parts = [re.sub(r"^\{(.+)\}$", put, part) for part in text.split("/")]
    return "/".join(parts), tuple(names)


def _id(method: str, text: str) -> str:
    """Letters, digits and dashes; a digest keeps what looks alike apart."""
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48] or "root"
    digest = hashlib.sha256(f"{method} {text}".encode()).hexdigest()[:8]
    return f"{method.lower()}-{base}-{digest}"
