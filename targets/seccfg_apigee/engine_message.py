"""Messages and flow variables of one request, as the message processor keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

__all__ = ["Message", "Variables"]

_HEADER = re.compile(r"(request|response|message|error)\.header\.([^.]+)(?:\.(.+))?")


class Message:
    """A request or a response: headers by lower-case name, all lines of one name joined."""

    def __init__(self, headers: tuple[tuple[str, str], ...] = (), content: str = "", status: int = 0) -> None:
        self.headers: dict[str, list[str]] = {}
        self.names: dict[str, str] = {}
        self.content = content
        self.status = status
        for name, value in headers:
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        self.names.setdefault(name.lower(), name)
        self.headers.setdefault(name.lower(), []).append(value.strip(" \t"))

    def set(self, name: str, value: str) -> None:
        self.names[name.lower()] = name
        self.headers[name.lower()] = [value]

    def remove(self, name: str) -> None:
        self.headers.pop(name.lower(), None)
        self.names.pop(name.lower(), None)

    def joined(self, name: str) -> str | None:
        """All values: Apigee does not tell several lines from one with commas."""
        found = self.headers.get(name.lower())
        return None if found is None else ",".join(found)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple((self.names[key], value) for key, values in self.headers.items() for value in values)


class Variables:
    """Everything `context.getVariable` and conditions can ask for; what is not there is null."""

    def __init__(self, request: Message, facts: Mapping[str, str]) -> None:
        self.request = request
        self.response = Message()
        self.phase = "request"
        self.cors: Mapping[str, str] | None = None
        """Headers the CORS policy adds to the answer, whatever it is."""
        self.query = facts.get("request.querystring", "")
        self._facts = dict(facts)
        self._set: dict[str, str] = {}

    @property
    def message(self) -> Message:
        """What `message` is at this point of the flow."""
        return self.request if self.phase == "request" else self.response

    def _of(self, word: str) -> Message:
        return {"request": self.request, "message": self.message}.get(word, self.response)

    def get(self, name: str) -> str | None:
        header = _HEADER.fullmatch(name)
        if header is not None:
            return _header(self._of(header[1]), header[2], header[3])
        if name in ("message.content", "response.content", "error.content", "request.content"):
            return self._of(name.split(".")[0]).content
        if name in ("message.status.code", "response.status.code", "error.status.code"):
            return str(self._of(name.split(".")[0]).status) if self.phase != "request" else None
        if name == "request.headers.names":
            return "[" + ", ".join(self.request.names.values()) + "]"
        if name.startswith("request.queryparam."):
            return self._query_parameter(name.removeprefix("request.queryparam."))
        return self._set.get(name, self._facts.get(name))

    def set(self, name: str, value: str) -> None:
        header = _HEADER.fullmatch(name)
        if header is not None and header[3] is None:
            self._of(header[1]).set(header[2], value)
        elif name in ("message.content", "response.content", "error.content", "request.content"):
            self._of(name.split(".")[0]).content = value
        elif name in ("message.status.code", "response.status.code", "error.status.code"):
            self._of(name.split(".")[0]).status = int(value)
        else:
            self._set[name] = value

    def remove(self, name: str) -> None:
        header = _HEADER.fullmatch(name)
        if header is not None:
            self._of(header[1]).remove(header[2])
        elif name.startswith("request.queryparam."):
            gone = name.removeprefix("request.queryparam.")
            self.query = "&".join(p for p in self.query.split("&") if p and _decoded(p.partition("=")[0]) != gone)
        else:
            self._set.pop(name, None)
            self._facts.pop(name, None)

    def snapshot(self) -> dict[str, str]:
        """Every variable a script can read, by name."""
        found = {**self._facts, **self._set}
        found["request.content"] = self.request.content
        found["request.headers.names"] = str(self.get("request.headers.names"))
        for word in ("request", "message") if self.phase != "request" else ("request",):
            message = self._of(word)
            for name in message.headers:
                found[f"{word}.header.{name}"] = str(_header(message, name, None))
                found[f"{word}.header.{name}.values.string"] = str(_header(message, name, "values.string"))
        return found

    def _query_parameter(self, name: str) -> str | None:
        for piece in self.query.split("&"):
            key, _, value = piece.partition("=")
            if piece and _decoded(key) == name:
                return _decoded(value)
        return None


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")


def _header(message: Message, name: str, more: str | None) -> str | None:
    joined = message.joined(name)
    if joined is None:
        return None
    elements = [element.strip(" ") for element in joined.split(",")]
    if more is None:
        return elements[0]
    if more == "values.string":
        return joined
    if more == "values.count":
        return str(len(elements))
    return elements[int(more) - 1] if more.isdigit() and 0 < int(more) <= len(elements) else None
