"""The kong target: a DB-less configuration whose decisions are a Lua program in Kong's function sandbox."""

from __future__ import annotations

from seccfg_kong.target import TARGET

__all__ = ["TARGET"]
