"""Rate limits as rules see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seccfg.spec.loader import Attribute, RateLimit, Spec

__all__ = ["counted_by"]


def counted_by(spec: Spec, limit: RateLimit) -> Attribute | None:
    """The attribute of the request or the resource that *limit* counts by; None for addresses and principals."""
    if isinstance(limit.by, str) or spec.attributes is None:
        return None
    side, _, name = limit.by.attribute.partition(".")
    declared = (
        spec.attributes.resource if side == "resource" else spec.attributes.request if side == "request" else None
    )
    return (declared or {}).get(name)
