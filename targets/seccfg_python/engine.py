"""
Runs an emitted package and says what it decided. Reads only the emitted files; knows nothing of what emitted them.

In process the package's middleware is called as a server would call it, over sockets its proxy is. Clock, peer address,
stores, key freshness and audit log go in through the constructor arguments the package has for tests and for real stores.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Coroutine, Iterable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from seccfg.ir.request import Decision, Request, Surroundings
from seccfg.targetapi.base import Engine, EngineInfo
from seccfg.targetapi.emitted import EmittedPackage, NoPackage
from seccfg.targetapi.observe import EngineFailed, Received, Response, observe
from seccfg_python.engine_world import World

__all__ = ["AsgiEngine", "PackageEngine", "WsgiEngine", "engines", "make"]

_NEEDED: Final = ("joserfc", "cryptography", "jsonschema_rs")


def engines() -> tuple[EngineInfo, ...]:
    """Every engine of the target."""
    in_process, sockets = _missing(_NEEDED), _missing((*_NEEDED, "h11"))
    how = "pip install 'seccfg[python]'"
    return (
        EngineInfo("python-asgi", in_process, how if in_process else ""),
        EngineInfo("python-wsgi", in_process, how if in_process else ""),
        EngineInfo("python-sockets", sockets, how if sockets else ""),
    )


def make(name: str) -> Engine:
    """A fresh engine; KeyError for an unknown name."""
    if name == "python-sockets":
        from seccfg_python.engine_sockets import SocketsEngine

        return SocketsEngine()
    return {"python-asgi": AsgiEngine, "python-wsgi": WsgiEngine}[name]()


def _missing(modules: Sequence[str]) -> str:
    from importlib.util import find_spec

    absent = [name for name in modules if find_spec(name) is None]
    return f"{', '.join(absent)} not installed" if absent else ""


class PackageEngine:
    """What the engines share: the package, its deployment in a made-up world, reading of answers."""

    name = ""

    def __init__(self) -> None:
        self._package: EmittedPackage | None = None
        self.world = World()
        self._identity: frozenset[str] = frozenset()

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str]) -> None:
        """Import the package and put its policy to work; EngineFailed when it does not start."""
        try:
            self._package = EmittedPackage(files)
            policy = self._package.module("policy").POLICY
            self._identity = _identity_headers(policy)
            self.serve(self._package, self.world.deploy(self._package, policy, environment))
        except NoPackage as error:
            raise EngineFailed(str(error)) from error
        except Exception as error:  # whatever emitted code raises, it is the emitted files that fail
            raise EngineFailed(f"the package does not start: {type(error).__name__}: {error}") from error

    def serve(self, package: EmittedPackage, deployment: Any) -> None:
        """Put the deployment behind whatever the engine asks through."""
        raise NotImplementedError

    def exchange(self, request: Request) -> tuple[Response, Received | None]:
        """Ask, and say what came back and what the upstream got."""
        raise NotImplementedError

    def reset(self, surroundings: Surroundings) -> None:
        """Empty counters, and the world as *surroundings* say."""
        self.world.reset(surroundings)

    def answer(self, request: Request) -> Decision:
        """What the package decides."""
        self.world.begin(request)
        response, received = self.exchange(request)
        reason, events = self.world.told()
        return observe(response, received, self._identity, reason=reason, events=events)

    def close(self) -> None:
        """Forget the package."""
        if self._package is not None:
            self._package.close()
            self._package = None


def _identity_headers(policy: Any) -> frozenset[str]:
    """Headers that may name a principal to the upstream: those the policy sets and those it keeps clients from sending."""
    found: set[str] = set()
    for route in policy.routes:
        found.update(name.lower() for name, _ in route.forward.identity)
        found.update(route.forward.strip)
    return frozenset(found - {"x-authz-open"})


def framed(request: Request) -> tuple[tuple[str, str], ...]:
    """The request's headers with the framing a client adds for its body."""
    if request.chunked:
        return (*request.headers, ("Transfer-Encoding", "chunked"))
    if request.body and not request.header("content-length"):
        return (*request.headers, ("Content-Length", str(len(request.body))))
    return request.headers


# ------------------------------------------------------------------------------------------------------------- ASGI
class AsgiEngine(PackageEngine):
    """The ASGI middleware around an application that records what it is called with and answers 200."""

    name = "python-asgi"

    def serve(self, package: EmittedPackage, deployment: Any) -> None:
        """Wrap the recording application."""
        middleware = package.module("runtime.asgi").SecurityMiddleware
        self._app = middleware(self._upstream, deployment, resource=self.world.resource)
        self._received: Received | None = None

    def exchange(self, request: Request) -> tuple[Response, Received | None]:
        """One call of the middleware, run to its end without an event loop: nothing in it waits."""
        path, _, query = request.target.encode("latin-1").partition(b"?")
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": request.method, "scheme": request.scheme, "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path, "query_string": query, "root_path": "", "client": (request.peer, 50000),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in framed(request)],
            "server": ("127.0.0.1", 443), "extensions": {},
        }  # fmt: skip
        if request.certificate:
            scope["extensions"] = {"tls": {"client_cert_chain": [request.certificate]}}
        messages = _Messages(request)
        self._received = None
        _run(self._app(scope, messages.receive, messages.send))
        return messages.response(), self._received

    async def _upstream(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        self._received = Received(
            scope["method"], target.decode("latin-1"),
            tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body, scope["seccfg"].route.forward.upstream,
        )  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"ok"})


class _Messages:
    """Both ends of one ASGI call."""

    def __init__(self, request: Request) -> None:
        body = request.body
        half = len(body) // 2
        pieces = [body[:half], body[half:]] if request.chunked and half else [body]
        self._pieces = [
            {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
            for number, piece in enumerate(pieces)
        ]
        self._status = 0
        self._headers: Iterable[tuple[bytes, bytes]] = ()
        self._body = b""

    async def receive(self) -> dict[str, Any]:
        return self._pieces.pop(0) if self._pieces else {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = list(message.get("headers", ()))
        else:
            self._body += message.get("body", b"")

    def response(self) -> Response:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers)
        return Response(self._status, headers, self._body)


def _run(call: Coroutine[Any, Any, None]) -> None:
    try:
        call.send(None)
    except StopIteration:
        return
    call.close()
    raise EngineFailed("the middleware waits for something outside it")


# ------------------------------------------------------------------------------------------------------------- WSGI
class WsgiEngine(PackageEngine):
    """The WSGI middleware, called as gunicorn calls an application."""

    name = "python-wsgi"

    def serve(self, package: EmittedPackage, deployment: Any) -> None:
        """Wrap the recording application."""
        middleware = package.module("runtime.wsgi").SecurityMiddleware
        self._app = middleware(self._upstream, deployment, resource=self.world.resource)
        self._received: Received | None = None

    def exchange(self, request: Request) -> tuple[Response, Received | None]:
        """One call of the middleware."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            del exc_info
            started.append((status, headers))
            return io.BytesIO().write

        self._received = None
        pieces = self._app(_environ(request), start_response)
        body = b"".join(pieces)
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
        if not started:
            raise EngineFailed("the middleware started no answer")
        status, headers = started[-1]
        return Response(int(status[:3]), tuple(headers), body), self._received

    def _upstream(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        headers = tuple(
            (name.removeprefix("HTTP_").replace("_", "-").lower(), value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        )
        self._received = Received(
            environ["REQUEST_METHOD"], environ["RAW_URI"], headers, body, environ["seccfg.forwarding"].route.forward.upstream
        )
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"ok",)


@lru_cache(maxsize=1024)
def _key(header: str) -> str:
    key = header.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


_NO_ERRORS = io.StringIO()


def _environ(request: Request) -> dict[str, Any]:
    """gunicorn's: names with an underscore are dropped, repeated headers joined by a comma."""
    path, _, query = request.target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method, "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query, "RAW_URI": request.target, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": request.peer, "wsgi.version": (1, 0), "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.body), "wsgi.input_terminated": True, "wsgi.errors": _NO_ERRORS,
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    if request.certificate:
        environ["SSL_CLIENT_CERT"] = request.certificate
    for name, value in framed(request):
        if "_" in name:
            continue
        key = _key(name)
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ

