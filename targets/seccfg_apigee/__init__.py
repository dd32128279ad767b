"""The apigee target: a proxy bundle for Apigee X whose decision runs as JavaScript on Rhino."""

from __future__ import annotations

from seccfg_apigee.target import TARGET

__all__ = ["TARGET"]
