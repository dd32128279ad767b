"""The target object: options, compiling, engines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import get_args

from seccfg.findings import InputError
from seccfg.ir.policy import Json, Policy
from seccfg.targetapi.base import Engine, EngineInfo, Output
from seccfg_azure.plan import AzureOptions, Prefer, Tier

__all__ = ["TARGET", "AzureTarget", "read_options"]


class AzureTarget:
    """Azure API Management: policies whose expressions decide, and the templates that deploy them."""

    name = "azure"
    summary = "Azure API Management: policy XML, an ARM template of the same bytes, an APIOps folder"

    def compile(self, policy: Policy, options: Mapping[str, Json]) -> Output:
        """The files for *policy*; `InputError` for an option it does not know."""
        from seccfg_azure.emit import emit, problems
        from seccfg_azure.lower import lower, too_large
        from seccfg_azure.native_policy import native_documents
        from seccfg_azure.policies import api_policy, fragments

        plan, gaps, effective = lower(policy, read_options(policy, options))
        if plan.native is None:
            document, parts = api_policy(plan), fragments(plan)
        else:
            document, parts = native_documents(plan, plan.native)
        wrong = problems(plan, document, parts)
        if wrong:
            gaps = (*gaps, too_large(policy, wrong))
        return Output(emit(plan, document, parts, gaps), gaps, effective)

    def engines(self) -> Sequence[EngineInfo]:
        """The interpreter of policies, whose expressions Mono compiles and runs."""
        from seccfg_azure.engine import engines

        return engines()

    def engine(self, name: str) -> Engine:
        """A fresh engine; KeyError for an unknown name."""
        from seccfg_azure.engine import make

        return make(name)


def read_options(policy: Policy, options: Mapping[str, Json]) -> AzureOptions:
    """`service`, `tier` and `prefer`, checked, with what they are when left out."""
    read = {"service": f"{policy.name}-apim"[:50], "tier": "standard-v2", "prefer": "exact"}
    for key, text in options.items():
        value = json.loads(text)
        if key not in read:
            raise InputError(f"unknown option `{key}` of target `azure`; it has {', '.join(sorted(read))}")
        if not isinstance(value, str):
            raise InputError(f"option `{key}` of target `azure` is text")
        read[key] = value
    if re.fullmatch(r"[a-zA-Z]([A-Za-z0-9-]{0,48}[a-zA-Z0-9])?", read["service"]) is None:
        raise InputError("option `service` of target `azure` is a name of letters, digits and dashes, at most 50 long")
    tier = next((known for known in get_args(Tier) if known == read["tier"]), None)
    if tier is None:
        raise InputError(f"option `tier` of target `azure` is one of {', '.join(get_args(Tier))}")
    prefer = next((known for known in get_args(Prefer) if known == read["prefer"]), None)
    if prefer is None:
        raise InputError("option `prefer` of target `azure` is exact or native")
    return AzureOptions(read["service"], tier, prefer)


TARGET = AzureTarget()
