"""The target object: options, compiling, engines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from seccfg.findings import InputError
from seccfg.ir.policy import Json, Policy
from seccfg.targetapi.base import Engine, EngineInfo, Output
from seccfg_aws.plan import AwsOptions

__all__ = ["TARGET", "AwsTarget", "read_options"]


class AwsTarget:
    """API Gateway, a Lambda authorizer and what they need, as one CloudFormation stack."""

    name = "aws"
    summary = "an API Gateway REST API with a Lambda authorizer, as CloudFormation"

    def compile(self, policy: Policy, options: Mapping[str, Json]) -> Output:
        """The stack for *policy*; `InputError` for an option it does not know."""
        from seccfg_aws.emit import emit
        from seccfg_aws.lower import lower

        plan, gaps, effective = lower(policy, read_options(options))
        return Output(emit(plan, gaps), gaps, effective)

    def engines(self) -> Sequence[EngineInfo]:
        """The authorizer run directly, inside a model of the REST API."""
        from seccfg_aws.engine import engines

        return engines()

    def engine(self, name: str) -> Engine:
        """A fresh engine; KeyError for an unknown name."""
        from seccfg_aws.engine import make

        return make(name)


def read_options(options: Mapping[str, Json]) -> AwsOptions:
    """`api`, `format`, `prefer`, `region` and `stage`, checked, with what they are when left out."""
    read = {"api": "rest", "format": "cloudformation", "prefer": "exact", "region": "", "stage": "live"}
    for key, text in options.items():
        value = json.loads(text)
        if key not in read:
            raise InputError(f"unknown option `{key}` of target `aws`; it has {', '.join(sorted(read))}")
        if not isinstance(value, str):
            raise InputError(f"option `{key}` of target `aws` is text")
        read[key] = value
    if read["api"] not in ("rest", "http"):
        raise InputError("option `api` of target `aws` is rest or http")
    if read["api"] == "http" and read["format"] == "terraform":
        raise InputError("option `format` of target `aws` is cloudformation with `api: http`")
    if read["prefer"] not in ("exact", "native"):
        raise InputError("option `prefer` of target `aws` is exact or native")
    if read["prefer"] == "native" and read["api"] == "http":
        raise InputError("option `prefer` of target `aws` is exact with `api: http`, which has neither a web ACL nor responses")
    if read["prefer"] == "native" and read["format"] == "terraform":
        raise InputError("option `prefer` of target `aws` is exact with `format: terraform`")
    if read["format"] not in ("cloudformation", "terraform"):
        raise InputError("option `format` of target `aws` is cloudformation or terraform")
    if not re.fullmatch(r"([a-z]{2}(-[a-z]+)+-[0-9])?", read["region"]):
        raise InputError(f"option `region` of target `aws`: `{read['region']}` is no region")
    if not re.fullmatch(r"[A-Za-z0-9_]{1,64}", read["stage"]):
        raise InputError("option `stage` of target `aws` is letters, digits and `_`")
    return AwsOptions(
        read["region"], read["stage"], "terraform" if read["format"] == "terraform" else "cloudformation",
        "http" if read["api"] == "http" else "rest", "native" if read["prefer"] == "native" else "exact",
    )  # fmt: skip


TARGET = AwsTarget()
