"""The policy as WSGI middleware.

WSGI decodes the path before anybody can judge it, so the server must also hand over the request target untouched, as
`RAW_URI` or `REQUEST_URI` (gunicorn, uWSGI, mod_wsgi, Werkzeug and Waitress do). Behind a server that does not, every
request is answered with an error and none is passed.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Protocol

from .deployment import Deployment, Resource
from .drive import ClientGone, settle_sync
from .handlers import CURRENT
from .interface import Answer, Forwarding, Headers, RequestHead, ResourceRequest
from .memo import Memo

Environ = dict[str, Any]
Fields = list[tuple[str, str]]
ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]
StartResponse = Callable[..., Callable[[bytes], object]]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

_log = logging.getLogger(__name__)
_READ_BYTES = 64 * 1024
_SINGLE = frozenset({"HTTP_HOST", "CONTENT_LENGTH"})
_BARE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
"""Headers that an environment names without `HTTP_`."""
_LONGEST_REMEMBERED = 64
_fields: Memo[str, bytes] = Memo(512)
_keys: Memo[bytes, str] = Memo(512)
_TWO_CREDENTIALS = re.compile(r"^bearer [^,]*,\s*[a-z]+ ", re.IGNORECASE)
"""Two `Authorization` lines that the server joined; a comma within one is the credential's own."""


class Input(Protocol):
    """`wsgi.input`."""

    def read(self, size: int = ..., /) -> bytes: ...


class SecurityMiddleware:
    """
    Runs the guard before *app* and completes every answer.

    What passed is in `environ["seccfg.forwarding"]`, a `Forwarding`. Refusals never reach *app*. An exception of *app* becomes the
    policy's error answer unless its own answer had begun.

    Args:
        app: The application behind.
        deployment: Policy, settings, stores and key sets.
        resource: Called with a `ResourceRequest`; gives the attributes only the application knows. Without it
            conditions over them do not hold.
    """

    def __init__(self, app: App, deployment: Deployment, *, resource: Resource | None = None) -> None:
        self.app = app
        self._deployment = deployment
        self._resource = resource
        self._started = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._started:
            self._started = True
            self._deployment.start()
        method: str = environ["REQUEST_METHOD"]
        target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
        if not target:
            _log.error("this server hands over no RAW_URI or REQUEST_URI, the target as it came in: nothing passes")
            return _answer(self._deployment.guard.fail(_head(environ, "")), method, start_response)
        try:
            source = _Source(environ, self._resource)
            step = settle_sync(self._deployment.guard.begin(_head(environ, target)), source)
        except ClientGone:
            start_response("400 Bad Request", [("Content-Length", "0")])
            return ()
        if isinstance(step, Forwarding) and step.body is None and environ.get("HTTP_TRANSFER_ENCODING"):
            step.body = source.read_body(step.max_body_bytes)
            if step.body is None:
                step = step.too_large()
        if isinstance(step, Answer):
            return _answer(step, method, start_response)
        return _Exchange(step, method, start_response).run(self.app, _inner(environ, step))


class _Exchange:
    """`start_response` and body of one request that passed. The head is held back until the first piece of the body."""

    def __init__(self, forwarding: Forwarding, method: str, start_response: StartResponse) -> None:
        self._forwarding = forwarding
        self._method = method
        self._start_response = start_response
        self._status = ""
        self._fields: Fields = []
        self._write: Callable[[bytes], object] | None = None
        self._pieces: Iterable[bytes] = ()

    def run(self, app: App, environ: Environ) -> Iterable[bytes]:
        token = CURRENT.set(self._forwarding)
        try:
            self._pieces = app(environ, self.start_response)
            pieces = iter(self._pieces)
            first = next((piece for piece in pieces if piece), b"")
        except Exception:
            if self._write is not None:
                raise
            answer = self._forwarding.failed()
            if answer.reason == "internal":
                _log.exception("the application failed on request %s", self._forwarding.id)
            return self._instead(answer)
        finally:
            CURRENT.reset(token)
        if self._write is None:
            if not self._status:
                _log.error("the application started no answer to request %s", self._forwarding.id)
                return self._instead(self._forwarding.failed())
            code = int(self._status[:3])
            hidden = self._forwarding.hidden_error(code)
            if hidden is not None:
                return self._instead(hidden)
            self._send_head()
        return _Body(first, pieces, self._close)

    def start_response(
        self, status: str, headers: Fields, exc_info: ErrorInfo | None = None
    ) -> Callable[[bytes], object]:
        if exc_info is not None and self._write is not None:
            raise exc_info[1].with_traceback(exc_info[2])
        if self._status and exc_info is None:
            raise RuntimeError("start_response was called twice")
        self._status, self._fields = status, list(headers)
        return self.write

    def write(self, data: bytes) -> None:
        """The imperative way out of old applications."""
        if self._write is None:
            self._send_head()
        if self._write is not None:
            self._write(data)

    def _send_head(self) -> None:
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._fields]
        self._write = self._start_response(self._status, _text(self._forwarding.response_headers(fields)))

    def _instead(self, answer: Answer) -> Iterable[bytes]:
        self._close()
        return _answer(answer, self._method, self._start_response)

    def _close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


class _Body:
    """What the server iterates over; closing it closes the application's own iterable."""

    def __init__(self, first: bytes, rest: Iterator[bytes], close: Callable[[], None]) -> None:
        self._first = first
        self._rest = rest
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        if self._first:
            yield self._first
        yield from self._rest


class _Source:
    """What the guard may ask this server for."""

    def __init__(self, environ: Mapping[str, Any], resource: Resource | None) -> None:
        self._environ = environ
        self._resource = resource

    def read_body(self, limit: int) -> bytes | None:
        stream: Input = self._environ["wsgi.input"]
        declared = self._environ.get("CONTENT_LENGTH") or ""
        if declared:
            return _read(stream, int(declared), limit, exact=True)
        if not self._environ.get("HTTP_TRANSFER_ENCODING"):
            return b""
        if not self._environ.get("wsgi.input_terminated"):
            raise OSError("this server cannot tell where a chunked body ends")
        return _read(stream, limit + 1, limit, exact=False)

    def resource(self, request: ResourceRequest) -> Any:
        return {} if self._resource is None else self._resource(request)


def _read(stream: Input, length: int, limit: int, *, exact: bool) -> bytes | None:
    """At most *length* bytes, None when there are more than *limit*; ClientGone when *exact* and there are fewer."""
    if exact and length > limit:
        return None
    body = bytearray()
    while len(body) < length:
        piece = stream.read(min(_READ_BYTES, length - len(body)))
        if not piece:
            if exact:
                raise ClientGone
            break
        body += piece
    return None if len(body) > limit else bytes(body)


def _head(environ: Mapping[str, Any], target: str) -> RequestHead:
    headers: Headers = []
    for name, value in environ.items():
        field = _fields.new.get(name)
        if field is None:
            field = _field_of(name)
        if not field or not (value or name.startswith("HTTP_")):
            continue
        if name in _SINGLE or (name == "HTTP_AUTHORIZATION" and _TWO_CREDENTIALS.match(value)):
            headers += [(field, line.strip().encode("latin-1")) for line in value.split(",")]
        else:
            headers.append((field, value.strip().encode("latin-1")))
    certificate = environ.get("SSL_CLIENT_CERT") or None
    return RequestHead(
        environ["REQUEST_METHOD"],
        target.encode("latin-1"),
        headers,
        environ.get("REMOTE_ADDR", ""),
        environ.get("wsgi.url_scheme", "http"),
        certificate.encode("latin-1") if isinstance(certificate, str) else None,
        environ.get("SERVER_PROTOCOL", "HTTP/1.1").removeprefix("HTTP/"),
    )


def _field_of(name: str) -> bytes:
    """The header that is called *name* in an environment, in lower case; empty when it is none."""
    of_request = name.startswith("HTTP_") or name in _BARE
    field = name.removeprefix("HTTP_").replace("_", "-").lower().encode("latin-1") if of_request else b""
    if len(name) <= _LONGEST_REMEMBERED:
        _fields.store(name, field)
    return field


def _key_of(field: bytes) -> str:
    """What header *field* is called in an environment."""
    key = field.decode("latin-1").upper().replace("-", "_")
    key = key if key in _BARE else f"HTTP_{key}"
    if len(field) <= _LONGEST_REMEMBERED:
        _keys.store(field, key)
    return key


def _inner(environ: Environ, forwarding: Forwarding) -> Environ:
    """The environment the application sees: only the headers that were let through, several of one name as one list."""
    found = {name: value for name, value in environ.items() if not name.startswith("HTTP_")}
    for name, value in forwarding.headers:
        key = _keys.new.get(name) or _key_of(name)
        text = value.decode("latin-1")
        if key in found and key not in _BARE:
            found[key] += f"{'; ' if key == 'HTTP_COOKIE' else ', '}{text}"
        else:
            found[key] = text
    if forwarding.body is not None:
        found["wsgi.input"] = io.BytesIO(forwarding.body)
        found["CONTENT_LENGTH"] = str(len(forwarding.body))
        found.pop("HTTP_TRANSFER_ENCODING", None)
    found["seccfg.forwarding"] = forwarding
    return found


def _answer(answer: Answer, method: str, start_response: StartResponse) -> Iterable[bytes]:
    fields = _text(answer.headers)
    if answer.status not in (204, 304):
        fields.append(("Content-Length", str(len(answer.body))))
    start_response(f"{answer.status} {_phrase(answer.status)}", fields)
    return () if method == "HEAD" else (answer.body,)


def _text(headers: Headers) -> Fields:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
