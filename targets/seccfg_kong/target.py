"""The target object: options, compiling, engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.ir.policy import Json, Policy
from seccfg.targetapi.base import Engine, EngineInfo, Output
from seccfg.targetapi.options import read_choices
from seccfg.targetapi.vendor import VendorTool
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

    def vendor_tools(self, options: Mapping[str, Json]) -> Sequence[VendorTool]:
        """`kong config parse` and `deck file validate`: neither needs a running gateway."""
        read_options(options)
        return (
            VendorTool(
                "kong", ("config", "parse", "kong.yaml"), "https://developer.konghq.com/gateway/install/",
                (("KONG_DATABASE", "off"), ("KONG_PREFIX", "{folder}/.kong")),
            ),
            VendorTool("deck", ("file", "validate", "kong.yaml"), "https://developer.konghq.com/deck/get-started/"),
        )  # fmt: skip


def read_options(options: Mapping[str, Json]) -> KongOptions:
    """`edition`, `version`, `mode` and `prefer`, checked; the first choice of each when left out."""
    read = read_choices("kong", options, _CHOICES)
    return KongOptions(read["edition"], read["version"], read["mode"], read["prefer"])  # type: ignore[arg-type]


TARGET = KongTarget()
