"""`servers` of a description: the hosts an API is reached by, its base path, and where the service may stand."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from seccfg.findings import SpecPath
from seccfg.importer.description import Description, NotCarried, quoted
from seccfg.importer.outcome import Notes
from seccfg.record import Record
from seccfg.source.document import Data
from seccfg.spec import scalars

__all__ = ["NO_HOST", "NO_UPSTREAM", "Servers", "check_own_servers", "read_servers"]

NO_HOST = "api.invalid"
NO_UPSTREAM = "http://127.0.0.1:8000"
_MAX_SERVERS = 200


class Server(Record):
    """One usable server; no host: it is wherever the description is."""

    host: str
    base_path: str
    upstream: str


class Servers(Record):
    """Hosts in the order written (the placeholder when none is known), the base path, an address to pass requests to."""

    hosts: tuple[str, ...]
    base_path: str
    upstream: str


def read_servers(description: Description, notes: Notes) -> Servers:
    """The servers of the whole API."""
    found = _usable(description, description.data.get("servers"), ("servers",), notes)
    base = found[0][0].base_path if found else ""
    hosts: list[str] = []
    upstream = ""
    for server, at in found:
        if server.base_path != base:
            notes.add(
                f"a server with the base path {quoted(server.base_path or '/')} is left out: a spec has one, and "
                f"{quoted(base or '/')} comes first",
                description.place(at),
            )
            continue
        if server.host and server.host not in hosts:
            hosts.append(server.host)
        upstream = upstream or server.upstream
    return Servers(tuple(hosts) or (NO_HOST,), base, upstream or NO_UPSTREAM)


def check_own_servers(description: Description, value: Data, at: SpecPath, servers: Servers, notes: Notes) -> None:
    """NotCarried where a path or an operation has servers of its own that are not those of the API."""
    if value is None:
        return
    own = _usable(description, value, at, notes)
    hosts = {server.host for server, _ in own if server.host}
    if not own or any(server.base_path != servers.base_path for server, _ in own) or not hosts <= set(servers.hosts):
        raise NotCarried(
            "it has servers of its own", "write a spec of its own for the API at that host or base path", at
        )


def _usable(description: Description, value: Data, at: SpecPath, notes: Notes) -> list[tuple[Server, SpecPath]]:
    found: list[tuple[Server, SpecPath]] = []
    for index, item in enumerate(value[:_MAX_SERVERS] if isinstance(value, list) else ()):
        where: SpecPath = (*at, index)
        url = item.get("url") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(url, str):
            notes.add("a server without a `url` is left out", description.place(where))
            continue
        filled = _fill_in(url, item.get("variables"))
        if filled != url:
            notes.add("a server's variables are taken at their defaults", description.place(where))
        server = _server(filled)
        if server is None:
            notes.add(f"the server {quoted(url)} is left out: no host or path a spec can name", description.place(where))
            continue
        if filled.lower().startswith("http:"):
            notes.add(
                f"the server {quoted(url)} is plain http: requests without TLS are refused until a route says "
                "`plain_http: true`",
                description.place(where),
            )
        found.append((server, where))
    return found


def _fill_in(url: str, variables: Data) -> str:
    values = variables if isinstance(variables, dict) else {}

    def default(match: re.Match[str]) -> str:
        variable = values.get(match[1])
        value = variable.get("default") if isinstance(variable, dict) else None
        return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else match[0]

    return re.sub(r"\{([^{}]*)\}", default, url)


def _server(url: str) -> Server | None:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
        base = parts.path.rstrip("/")
        if base:
            scalars.parse_base_path(base)
        if not parts.scheme and not parts.netloc:
            return Server("", base, "") if not base or base.startswith("/") else None
        scheme = (parts.scheme or "https").lower()
        if scheme not in ("http", "https") or parts.username is not None:
            return None
        scalars.parse_host(host)
        upstream = f"{scheme}://{host}{'' if port is None else f':{port}'}"
        scalars.parse_upstream_url(upstream)
    except ValueError:
        return None
    return Server(host, base, upstream)
