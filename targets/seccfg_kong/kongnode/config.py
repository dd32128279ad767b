"""A declarative file as the entities a node works with: nested children made flat, defaults filled in, ids derived."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from seccfg.record import Record

__all__ = ["Configuration", "Consumer", "Plugin", "RouteEntity", "ServiceEntity", "read_configuration"]

_ROOT: Final = uuid.UUID("fd02801f-0957-4a15-a55a-c8d9606f30b5")
_PORTS: Final = {"http": 80, "https": 443}


class ServiceEntity(Record):
    id: str
    name: str
    protocol: str
    host: str
    port: int
    path: str
    enabled: bool


class RouteEntity(Record):
    id: str
    name: str
    service: str
    protocols: tuple[str, ...]
    methods: tuple[str, ...]
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    headers: tuple[tuple[str, tuple[str, ...]], ...]
    regex_priority: int
    strip_path: bool
    preserve_host: bool
    redirect_status: int
    created_at: int


class Plugin(Record):
    name: str
    config: Mapping[str, Any]
    route: str
    service: str
    consumer: str
    place: int
    """Which instance of its text it is."""


class Consumer(Record):
    id: str
    username: str
    custom_id: str
    keys: tuple[Mapping[str, Any], ...]
    groups: tuple[str, ...]
    tokens: tuple[Mapping[str, Any], ...]


class Configuration(Record):
    services: Mapping[str, ServiceEntity]
    routes: tuple[RouteEntity, ...]
    plugins: tuple[Plugin, ...]
    consumers: tuple[Consumer, ...]
    authorities: Mapping[str, str] = {}
    """CA certificates by id, as PEM."""

    def consumer(self, named: str) -> Consumer | None:
        """By id or username."""
        return next((c for c in self.consumers if named in (c.id, c.username)), None)


def read_configuration(document: Mapping[str, Any]) -> Configuration:
    """The entities of *document*, which passed the schema check."""
    return _Reader(document).read()


def _id(entity: str, key: str) -> str:
    return str(uuid.uuid5(uuid.uuid5(_ROOT, entity), key))


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._services: dict[str, ServiceEntity] = {}
        self._routes: list[RouteEntity] = []
        self._plugins: list[Plugin] = []
        self._consumers: list[Consumer] = []

    def read(self) -> Configuration:
        document = self._document
        for service in _items(document, "services"):
            self._service(service)
        for route in _items(document, "routes"):
            self._route(route, str(route.get("service") or ""))
        for consumer in _items(document, "consumers"):
            self._consumer(consumer)
        for plugin in _items(document, "plugins"):
            scope = [str(plugin.get(key) or "") for key in ("route", "service", "consumer")]
            self._plugin(plugin, *scope)
        authorities = {str(entity["id"]): str(entity["cert"]) for entity in _items(document, "ca_certificates") if "id" in entity}
        return Configuration(self._services, tuple(self._routes), tuple(self._plugins), tuple(self._consumers), authorities)

    def _service(self, given: Mapping[str, Any]) -> None:
        values = dict(given)
        if "url" in values:
            parts = urlsplit(values["url"])
            values.setdefault("protocol", parts.scheme)
            values.setdefault("host", parts.hostname)
            values.setdefault("port", parts.port or _PORTS.get(parts.scheme, 80))
            values.setdefault("path", parts.path or None)
        name = str(values.get("name") or f"nameless-service-{len(self._services)}")
        made = ServiceEntity(
            str(values.get("id") or _id("services", name)), name, str(values.get("protocol") or "http"), str(values["host"]),
            int(values.get("port") or 80), str(values.get("path") or ""), values.get("enabled", True) is not False,
        )  # fmt: skip
        self._services[name] = made
        for route in _items(given, "routes"):
            self._route(route, name)
        for plugin in _items(given, "plugins"):
            self._plugin(plugin, "", name, str(plugin.get("consumer") or ""))

    def _route(self, given: Mapping[str, Any], service: str) -> None:
        name = str(given.get("name") or f"nameless-route-{len(self._routes)}")
        headers = given.get("headers") or {}
        self._routes.append(RouteEntity(
            str(given.get("id") or _id("routes", name)), name, service, tuple(given.get("protocols") or ("http", "https")),
            tuple(given.get("methods") or ()), tuple(given.get("hosts") or ()), tuple(given.get("paths") or ()),
            tuple((str(k).lower(), tuple(v)) for k, v in headers.items()), int(given.get("regex_priority") or 0),
            given.get("strip_path", True) is not False, given.get("preserve_host") is True,
            int(given.get("https_redirect_status_code") or 426), int(given.get("created_at") or 0),
        ))  # fmt: skip
        for plugin in _items(given, "plugins"):
            self._plugin(plugin, name, "", str(plugin.get("consumer") or ""))

    def _consumer(self, given: Mapping[str, Any]) -> None:
        username, custom = str(given.get("username") or ""), str(given.get("custom_id") or "")
        key = username or custom
        self._consumers.append(Consumer(
            str(given.get("id") or _id("consumers", key)), username, custom,
            tuple(_items(given, "keyauth_credentials")),
            tuple(str(c["group"]) for c in _items(given, "acls")), tuple(_items(given, "jwt_secrets")),
        ))  # fmt: skip
        for plugin in _items(given, "plugins"):
            self._plugin(plugin, str(plugin.get("route") or ""), str(plugin.get("service") or ""), key)

    def _plugin(self, given: Mapping[str, Any], route: str, service: str, consumer: str) -> None:
        if given.get("enabled", True) is not False:
            config = given.get("config") or {}
            self._plugins.append(Plugin(str(given["name"]), config, route, service, consumer, len(self._plugins)))


def _items(given: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    yield from given.get(key) or ()
