"""Calls the WSGI middleware as a server would."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shipments_security import SecurityMiddleware
from shipments_security.runtime.deployment import Deployment


@dataclass(frozen=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    reached: bool
    """The application behind was called."""


class Client:
    """One middleware around an application that answers 200."""

    def __init__(self, deployment: Deployment) -> None:
        self._reached = False
        self._middleware = SecurityMiddleware(self._application, deployment=deployment)

    def ask(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], *, peer: str, scheme: str = "https"
    ) -> Reply:
        """One request without a body."""
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query, "RAW_URI": target,
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": peer,
            "wsgi.url_scheme": scheme, "wsgi.input": io.BytesIO(), "wsgi.input_terminated": True,
        }  # fmt: skip
        environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers})
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], int]:
            started.append((status, fields))
            return io.BytesIO().write

        self._reached = False
        for _ in self._middleware(environ, start_response):
            pass
        status, fields = started[-1]
        return Reply(int(status[:3]), {name.lower(): value for name, value in fields}, self._reached)

    def _application(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        self._reached = True
        start_response("200 OK", [])
        return (b"ok",)
