"""The public way to write a spec in Python: `Spec(...)`, checked as a file is, and `to_yaml()`."""

from seccfg.spec.models import Spec

__all__ = ["Spec"]
