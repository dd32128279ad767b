"""Step 14: parameters, query names, body, screens. A request that does not fit is `invalid_input`."""

from __future__ import annotations

from collections.abc import Iterator

from .attributes import Reading, header_text
from .bodies import BodyError, strings
from .headers import lines
from .interface import PolicyError
from .memo import Memo
from .model import Param, Route
from .paths import query_values
from .schemas import Validator, compile_schema
from .screens import SCREENS, shows
from .structs import dataclass
from .values import INVALID, from_text

_AS_TEXT = ("timestamp", "duration")
_types: Memo[bytes, str] = Memo(256)


@dataclass(frozen=True, slots=True)
class _Param:
    param: Param
    header: bytes
    validator: Validator
    as_text: bool

    def problem(self, reading: Reading) -> str:
        """Why the parameter is refused; empty when it is not."""
        param = self.param
        present, text = self._text(reading)
        if not present:
            return f"{param.place} parameter {param.name} is missing" if param.required else ""
        value = INVALID if text is None else from_text(text, param.type)
        if value is INVALID:
            return f"{param.place} parameter {param.name} is no {param.type}"
        if not self.validator.is_valid(text if self.as_text else value):
            return f"{param.place} parameter {param.name} is outside its bounds"
        return ""

    def _text(self, reading: Reading) -> tuple[bool, str | None]:
        """Whether it is present, and its text; None for a text that is none."""
        if self.param.place == "path":
            text = reading.params.get(self.param.name)
            return text is not None, text
        if self.param.place == "header":
            return self.header in reading.seen, header_text(lines(reading.seen, self.header))
        found = query_values(reading.query, self.param.name)
        return bool(found), found[0] if len(found) == 1 else None


class RouteValidation:
    """What one route takes. `idle`: nothing is checked on a request without body."""

    def __init__(self, route: Route) -> None:
        control = route.validate
        unknown = [name for name in control.screens if name not in SCREENS]
        if unknown:
            raise PolicyError(f"there is no screen `{unknown[0]}`")
        self._control = control
        self._params = tuple(
            _Param(
                param,
                param.name.lower().encode("latin-1") if param.place == "header" else b"",
                compile_schema(param.schema, f"{param.place} parameter {param.name} of {route.id}",
                               as_text=param.type in _AS_TEXT),
                param.type in _AS_TEXT,
            )
            for param in control.params
        )  # fmt: skip
        self._body = compile_schema(control.body_schema, f"the body of {route.id}") if control.body_schema else None
        self._query_names = frozenset(param.name for param in control.params if param.place == "query")
        self.idle = not (self._params or control.closed_query or control.body_required or control.screens)
        self.by_target_alone = not any(param.header for param in self._params)
        """A request without body is judged by its target and nothing else, so what was found may be remembered."""
        self.json_depth = control.json_depth
        self.headers = frozenset(param.header for param in self._params if param.header)

    def needs_body(self, media_type: str) -> bool:
        """Whether a present body of this type must be read before the request may pass."""
        return bool(self._body is not None or self._control.screens or is_json(media_type))

    def run(self, reading: Reading, media_type: str) -> str:
        """Why the request is refused; empty when it is not."""
        for param in self._params:
            problem = param.problem(reading)
            if problem:
                return problem
        if self._control.closed_query and not all(name in self._query_names for name, _ in reading.query):
            return "an undeclared query parameter"
        problem = self._body_problem(reading, media_type)
        if not problem and self._control.screens:
            name = shows(self._control.screens, self._texts(reading))
            problem = f"the request looks like {name}" if name else ""
        return problem

    def _body_problem(self, reading: Reading, media_type: str) -> str:
        if not reading.body:
            return "the body is missing" if self._control.body_required else ""
        if self._body is None and not is_json(media_type):
            return ""
        try:
            value = reading.json()
        except BodyError as error:
            return str(error)
        return "" if self._body is None or self._body.is_valid(value) else "the body does not fit its schema"

    def _texts(self, reading: Reading) -> Iterator[str]:
        yield from reading.params.values()
        for name, value in reading.query:
            yield from (text for text in (name, value) if text is not None)
        for header in self.headers:
            yield from (line.decode("latin-1") for line in lines(reading.seen, header))
        if reading.body:
            try:
                body = reading.json()
            except BodyError:
                yield reading.body.decode("latin-1")
            else:
                yield from strings(body)


def essence(line: bytes) -> str:
    """The media type of a `Content-Type` line in lower case without parameters."""
    found = _types.recall(line)
    if found is None:
        found = line.decode("latin-1").partition(";")[0].strip(" \t").lower()
        if len(line) <= 256:
            _types.store(line, found)
    return found


def is_json(media_type: str) -> bool:
    """`application/json` or a type that says it is JSON (RFC 6839)."""
    return media_type == "application/json" or media_type.endswith("+json")
