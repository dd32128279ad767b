"""
Checks between the parts of a spec: plain functions over a Spec, called by the loader and by the models alike.

They read only attributes that records and models share, so a Spec of either kind will do, and they look at tags and
node kinds, never at classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seccfg.spec.rules import authentication, effective, references, routes, values

if TYPE_CHECKING:
    from seccfg.spec.loader import Spec
    from seccfg.spec.problems import Problem


def problems(spec: Spec) -> list[Problem]:
    """Everything wrong between the parts of *spec*."""
    merged = list(effective.routes_of(spec))
    found = [
        *references.problems(spec),
        *values.problems(spec),
        *authentication.problems(spec, merged),
        *routes.problems(spec, merged),
    ]
    if spec.conditions is not None or spec.attributes is not None:
        # most specs need no parser of conditions
        from seccfg.spec.rules import conditions

        found += conditions.problems(spec, merged)
    return found
