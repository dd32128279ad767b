"""Kong's own plugins, by name."""

from __future__ import annotations

from typing import Final

from seccfg_kong.kongnode.config import Configuration, Plugin
from seccfg_kong.kongnode.flow import Flow
from seccfg_kong.kongnode.tokens import JwtPlugin

__all__ = ["StockPlugins"]

_LOGGING: Final = frozenset({"file-log", "http-log", "tcp-log", "prometheus", "datadog", "opentelemetry"})


class StockPlugins:
    """The stock plugins of one node, with what they remember."""

    def __init__(self, configuration: Configuration) -> None:
        self._jwt = JwtPlugin(configuration)

    def forget(self) -> None:
        """Counters as at start."""

    def access(self, plugin: Plugin, flow: Flow) -> None:
        """`Answer` when the plugin ends the request."""
        if plugin.name == "jwt":
            self._jwt.access(plugin, flow)
        elif plugin.name not in _LOGGING:
            raise RuntimeError(f"no plugin {plugin.name}")
