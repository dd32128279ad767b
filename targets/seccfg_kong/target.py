"""The target object: options, compiling, engines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.findings import InputError
from seccfg.ir.policy import Json, Policy
from seccfg.targetapi.base import Engine, EngineInfo, Output
from seccfg_kong.plan import KongOptions

__all__ = ["TARGET", "KongTarget", "read_options"]

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "edition": ("oss",), "version": ("3.9",), "mode": ("serverless",), "prefer": ("exact",),
}  # fmt: skip


class KongTarget:
    """Kong Gateway 3.9, without a database."""

    name = "kong"
    summary = "Kong Gateway 3.9 without a database: kong.yaml, kong.conf and the decision program in Lua"

    def compile(self, policy: Policy, options: Mapping[str, Json]) -> Output:
        """The configuration for *policy*; `InputError` for an option it does not know."""
        from seccfg_kong.emit import emit
        from seccfg_kong.lower import lower

        plan, gaps, effective = lower(policy, read_options(options))
        return Output(emit(plan, gaps), gaps, effective)

    def engines(self) -> Sequence[EngineInfo]:
        """The model of Kong with real LuaJIT."""
        from seccfg_kong.engine import engines

        return engines()

    def engine(self, name: str) -> Engine:
        """A fresh engine; KeyError for an unknown name."""
        from seccfg_kong.engine import make

        return make(name)


def read_options(options: Mapping[str, Json]) -> KongOptions:
    """`edition`, `version`, `mode` and `prefer`, checked; the first choice of each when left out."""
    read = {name: choices[0] for name, choices in _CHOICES.items()}
    for key, text in options.items():
        value = json.loads(text)
        if key not in read:
            raise InputError(f"unknown option `{key}` of target `kong`; it has {', '.join(sorted(read))}")
        if value not in _CHOICES[key]:
            raise InputError(f"option `{key}` of target `kong` is {' or '.join(_CHOICES[key])}")
        read[key] = value
    return KongOptions(read["edition"], read["version"], read["mode"], read["prefer"])  # type: ignore[arg-type]


TARGET = KongTarget()
