"""The python target: ASGI and WSGI middleware and a reverse proxy, in one generated package."""

from __future__ import annotations

from seccfg_python.target import TARGET

__all__ = ["TARGET"]
