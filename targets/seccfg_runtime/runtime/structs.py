"""Where the package's records come from: `dataclasses`. The Lambda function brings a quicker stand-in of the same behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]
