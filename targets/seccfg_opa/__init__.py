"""The opa target: a bundle that decides, for whatever enforces its answers."""

from __future__ import annotations

from seccfg_opa.target import TARGET

__all__ = ["TARGET"]
