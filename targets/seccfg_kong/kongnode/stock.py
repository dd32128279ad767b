"""Kong's own plugins, by name."""

from __future__ import annotations

from typing import Final

from seccfg_kong.kongnode import access_plugins, transform_plugins
from seccfg_kong.kongnode.certificates import MtlsAuth
from seccfg_kong.kongnode.config import Configuration, Plugin
from seccfg_kong.kongnode.flow import Flow
from seccfg_kong.kongnode.tokens import JwtPlugin

__all__ = ["WITHOUT_ACCESS", "StockPlugins"]

_LOGGING: Final = frozenset({"file-log", "http-log", "tcp-log", "prometheus", "datadog", "opentelemetry"})
WITHOUT_ACCESS: Final = frozenset({"response-transformer", *_LOGGING})
"""Plugins whose handler has no access function."""


class StockPlugins:
    """The stock plugins of one node, with what they remember."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._jwt = JwtPlugin(configuration)
        self._mtls = MtlsAuth(configuration)
        self._limits = access_plugins.RateLimiting()
        self._correlation = transform_plugins.CorrelationId()

    def forget(self) -> None:
        """Counters as at start."""
        self._limits.forget()

    def access(self, plugin: Plugin, flow: Flow) -> None:
        """`Answer` when the plugin ends the request."""
        match plugin.name:
            case "jwt":
                self._jwt.access(plugin, flow)
            case "mtls-auth":
                self._mtls.access(plugin, flow)
            case "key-auth":
                access_plugins.key_auth(plugin, flow, self._configuration)
            case "acl":
                access_plugins.acl(plugin, flow)
            case "ip-restriction":
                access_plugins.ip_restriction(plugin, flow)
            case "request-size-limiting":
                access_plugins.size_limiting(plugin, flow)
            case "bot-detection":
                access_plugins.bot_detection(plugin, flow)
            case "request-termination":
                access_plugins.request_termination(plugin, flow)
            case "rate-limiting":
                self._limits.access(plugin, flow)
            case "cors":
                transform_plugins.cors_access(plugin, flow)
            case "correlation-id":
                self._correlation.access(plugin, flow)
            case "request-transformer":
                transform_plugins.request_transformer(plugin, flow)
            case name:
                raise RuntimeError(f"no plugin {name}")

    def header_filter(self, plugin: Plugin, flow: Flow) -> None:
        """Headers of the answer."""
        match plugin.name:
            case "cors":
                transform_plugins.cors_headers(plugin, flow)
            case "correlation-id":
                self._correlation.header_filter(plugin, flow)
            case "response-transformer":
                transform_plugins.response_transformer(plugin, flow)
            case _:
                return
