"""The target object: options, compiling, engines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from seccfg.findings import InputError
from seccfg.ir.policy import Json, Policy
from seccfg.targetapi.base import Engine, EngineInfo, Output
from seccfg_apigee.plan import ApigeeOptions

__all__ = ["TARGET", "ApigeeTarget", "read_options"]

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


class ApigeeTarget:
    """A proxy bundle for Apigee X, and what stands around it."""

    name = "apigee"
    summary = "an Apigee X proxy bundle, decided by generated JavaScript"

    def compile(self, policy: Policy, options: Mapping[str, Json]) -> Output:
        """The bundle for *policy*; `InputError` for an option it does not know."""
        from seccfg_apigee.emit import emit
        from seccfg_apigee.lower import lower

        plan, gaps, effective = lower(policy, read_options(options))
        return Output(emit(plan, gaps), gaps, effective)

    def engines(self) -> Sequence[EngineInfo]:
        """An interpreter of the bundle that runs its JavaScript on Rhino."""
        from seccfg_apigee.engine import engines

        return engines()

    def engine(self, name: str) -> Engine:
        """A fresh engine; KeyError for an unknown name."""
        from seccfg_apigee.engine import make

        return make(name)


def read_options(options: Mapping[str, Json]) -> ApigeeOptions:
    """`organization`, `environment`, `prefer` and `client_ip_index`, checked, with what they are when left out."""
    read: dict[str, object] = {"organization": "example", "environment": "prod", "prefer": "exact", "client_ip_index": -2}
    for key, text in options.items():
        value = json.loads(text)
        if key not in read:
            raise InputError(f"unknown option `{key}` of target `apigee`; it has {', '.join(sorted(read))}")
        if type(value) is not type(read[key]):
            raise InputError(f"option `{key}` of target `apigee` is {'a number' if key == 'client_ip_index' else 'text'}")
        read[key] = value
    for key in ("organization", "environment"):
        if not _NAME.fullmatch(str(read[key])):
            raise InputError(f"option `{key}` of target `apigee`: letters, digits and `-` in lower case")
    if read["prefer"] not in ("exact", "native"):
        raise InputError("option `prefer` of target `apigee` is exact or native")
    index = read["client_ip_index"]
    if not isinstance(index, int) or not -10 <= index <= -1:
        raise InputError("option `client_ip_index` of target `apigee` counts from the right: -1 to -10")
    return ApigeeOptions(str(read["organization"]), str(read["environment"]), str(read["prefer"]), index)


TARGET = ApigeeTarget()
