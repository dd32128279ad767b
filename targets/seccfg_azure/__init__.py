"""The azure target: API Management policies whose C# decides."""

from __future__ import annotations

from seccfg_azure.target import TARGET

__all__ = ["TARGET"]
