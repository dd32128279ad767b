"""The language, defined once; `python -m seccfg.spec.generate` derives loader, JSON Schema and reference from it."""

from seccfg.spec.models.spec import Spec

__all__ = ["Spec"]
