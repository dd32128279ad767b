"""One request on its way through the node: what plugins read and change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seccfg.record import Record
from seccfg_kong.kongnode.config import Consumer, RouteEntity, ServiceEntity
from seccfg_kong.kongnode.http_server import RawRequest

__all__ = ["Answer", "Exchange", "Flow", "Headers", "UpstreamRequest"]

Headers = list[tuple[str, str]]


class Answer(Exception):
    """A plugin answers: the access phase ends. `source` is what Kong calls where it came from."""

    def __init__(
        self, status: int, body: bytes | Mapping[str, Any] | None, headers: Iterable[tuple[str, str]] = (), source: str = "exit"
    ) -> None:
        super().__init__(status)
        self.status, self.body, self.headers, self.source = status, body, tuple(headers), source


class KongError(Answer):
    """`kong.response.error`: a body in the form the client accepts."""

    def __init__(
        self, status: int, message: str | None = None, headers: Iterable[tuple[str, str]] = (), source: str = "exit"
    ) -> None:
        super().__init__(status, None, headers, source)
        self.message = message


class UpstreamRequest(Record):
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    service: str


class Exchange(Record):
    """What became of a request. `status` None: the connection was closed without an answer."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    route: str | None
    service: str | None
    consumer: str | None
    answered_by: str
    plugins_ran: tuple[str, ...]
    upstream: UpstreamRequest | None
    log: Mapping[str, Any]
    content: bytes = b""
    """The body before HEAD and statuses without a body took it away."""


class Flow:
    """The state of one request."""

    def __init__(self, request: RawRequest, client: str, path: bytes) -> None:
        self.request = request
        self.client = client
        """The address after the real-ip module."""
        self.path = path
        """Normalised, not escaped."""
        raw = request.target
        self.query: str | None = None
        if "?" in raw:
            self.query = raw.split("?", 1)[1].split("#", 1)[0]
        self.headers: Headers = [(name, value.strip(" \t")) for name, value in request.headers]
        """As plugins and the upstream see them."""
        self.route: RouteEntity | None = None
        self.service: ServiceEntity | None = None
        self.consumer: Consumer | None = None
        self.credential: Mapping[str, Any] | None = None
        self.token: str | None = None
        self.captures: tuple[dict[str, bytes], tuple[bytes, ...]] = ({}, ())
        self.groups: tuple[str, ...] | None = None
        self.forwarded: dict[str, str] = {}
        self.response_headers: Headers = []
        self.notes: dict[str, Any] = {}
        """What a plugin keeps for its later phases."""
        self.lua: Any = None
        self.given: dict[str, Any] = {}
        """What `lua` holds of all this."""

    # ------------------------------------------------------------------------------------------------------ headers
    def header(self, name: str) -> str | None:
        """The first value of a header of exactly that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def set_header(self, name: str, value: str) -> None:
        self.set_values(name, [value])

    def set_values(self, name: str, values: list[str]) -> None:
        """nginx puts a new value in the place of the first old one, under the old one's name."""
        texts = [value.replace("\r", "%0D").replace("\n", "%0A") for value in values]
        places = [n for n, pair in enumerate(self.headers) if pair[0].lower() == name.lower()]
        if not places:
            self.headers += ((name, text) for text in texts)
            return
        first = places[0]
        kept = [p for n, p in enumerate(self.headers) if n not in places[1:]]
        kept[first] = (self.headers[first][0], texts[0])
        self.headers = [*kept, *((name, text) for text in texts[1:])]

    def clear_header(self, name: str) -> None:
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def set_response(self, name: str, value: str) -> None:
        self.clear_response(name)
        self.response_headers.append((name, value))

    def clear_response(self, name: str) -> None:
        self.response_headers = [pair for pair in self.response_headers if pair[0].lower() != name.lower()]

    def response(self, name: str) -> str | None:
        return next((value for key, value in self.response_headers if key.lower() == name.lower()), None)

    # ----------------------------------------------------------------------------------------------------- consumers
    def authenticate(self, consumer: Consumer | None, credential: Mapping[str, Any] | None, identifier: str = "key") -> None:
        """What every authentication plugin tells the upstream."""
        self.consumer, self.credential = consumer, credential
        for name, value in (
            ("X-Consumer-ID", consumer.id if consumer else ""), ("X-Consumer-Custom-ID", consumer.custom_id if consumer else ""),
            ("X-Consumer-Username", consumer.username if consumer else ""),
            ("X-Credential-Identifier", str(credential.get(identifier, "")) if credential else ""),
        ):  # fmt: skip
            if value:
                self.set_header(name, value)
            else:
                self.clear_header(name)
        if credential is None:
            self.set_header("X-Anonymous-Consumer", "true")
        else:
            self.clear_header("X-Anonymous-Consumer")
