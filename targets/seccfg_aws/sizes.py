"""What AWS holds at most, and which form of the API that leaves room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

from seccfg.findings import InputError
from seccfg.ir import policy as ir
from seccfg_aws.routes import resource_paths

__all__ = ["API_QUOTA", "MOST_RESOURCES", "Form", "checked", "form", "resource_count"]

Form = Literal["resources", "body"]
MOST_RESOURCES: Final = 500
"""Resources of one stack."""
API_QUOTA: Final = 300
"""Resources, that is paths and their beginnings, of one REST API, until AWS raises it for the account."""
_BESIDES: Final = 70
"""Resources of a stack that no route brings: responses, function, table, logs, alarms."""
_LONGEST: Final = 1_000_000
_MOST_PARAMETERS: Final = 200
_MOST_OUTPUTS: Final = 200


def resource_count(routes: Sequence[ir.Route]) -> int:
    """Resources of the API: every path and every beginning of one, the root aside."""
    paths = resource_paths(routes).values()
    return len({path[:end] for path in paths for end in range(1, len(path) + 1)})


def form(routes: Sequence[ir.Route], hosts: int) -> Form:
    """
    Each path and method a resource of the stack, where they fit; else the whole API as one OpenAPI document inside it.

    The second form is harder to review and to check for drift, so it is taken only when it must be.
    """
    schemas = {v.body_schema for route in routes if (v := route.one(ir.Validate)).body_schema}
    preflights = {route.template for route in routes if route.first(ir.Cors) is not None}
    needed = resource_count(routes) + len(routes) + len(preflights) + len(schemas) + 2 * hosts + _BESIDES
    return "resources" if needed <= MOST_RESOURCES else "body"


def checked(indented: bytes, compact: Callable[[], bytes], resources: int, parameters: int, outputs: int) -> bytes:
    """
    The template to write: readable, or without white space where only that fits.

    Raises:
        InputError: CloudFormation would refuse it.
    """
    if resources > MOST_RESOURCES:
        raise InputError(
            f"target `aws`: the stack would have {resources} resources, and CloudFormation takes {MOST_RESOURCES}: "
            "divide service.hosts over several specs"
        )
    if parameters > _MOST_PARAMETERS:
        raise InputError(
            f"target `aws`: the stack would have {parameters} parameters, and CloudFormation takes {_MOST_PARAMETERS}: "
            "divide service.hosts or upstreams over several specs"
        )
    if outputs > _MOST_OUTPUTS:
        raise InputError(
            f"target `aws`: the stack would have {outputs} outputs, and CloudFormation takes {_MOST_OUTPUTS}: "
            "divide service.hosts over several specs"
        )
    if len(indented) <= _LONGEST:
        return indented
    short = compact()
    if len(short) > _LONGEST:
        raise InputError(
            f"target `aws`: the template would have {len(short)} bytes, and CloudFormation takes {_LONGEST}: "
            "divide the routes over several specs, one API each, behind base paths of one domain name"
        )
    return short
