"""The target object: options, compiling, engines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.findings import InputError
from seccfg.ir.policy import Json, Policy
from seccfg.targetapi.base import Engine, EngineInfo, Output
from seccfg.targetapi.options import read_choices
from seccfg.targetapi.vendor import VendorTool
from seccfg_kong.plan import KongOptions, RedisPlace

__all__ = ["TARGET", "KongTarget", "read_options"]

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "edition": ("oss", "enterprise"), "version": ("3.9",), "mode": ("serverless", "plugin"), "prefer": ("exact", "native"),
}  # fmt: skip
_REDIS: Final = re.compile(
    r"(?P<scheme>rediss?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/(?P<database>[0-9]{1,5})?)?", re.ASCII,
)  # fmt: skip
"""No user and no password: those stand in the node's environment."""


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
        environment = [("KONG_DATABASE", "off"), ("KONG_PREFIX", "{folder}/.kong")]
        if read_options(options).mode == "plugin":
            environment.append(("KONG_LUA_PACKAGE_PATH", "{folder}/plugin/?.lua;;"))
        return (
            VendorTool(
                "kong", ("config", "parse", "kong.yaml", "-c", "kong.conf"), "https://developer.konghq.com/gateway/install/",
                tuple(environment),
            ),
            VendorTool("deck", ("file", "validate", "kong.yaml"), "https://developer.konghq.com/deck/get-started/"),
        )  # fmt: skip


def read_options(options: Mapping[str, Json]) -> KongOptions:
    """`edition`, `version`, `mode` and `prefer`, the first choice of each when left out, and `redis` of `mode: plugin`."""
    words = {key: text for key, text in options.items() if key != "redis"}
    read = read_choices("kong", words, _CHOICES, also=("redis",))
    if (read["mode"], read["prefer"]) == ("plugin", "native"):
        raise InputError("option `prefer: native` of target `kong` needs `mode: serverless`: a plugin of its own is none of Kong's")
    redis = RedisPlace()
    if "redis" in options:
        if read["mode"] != "plugin":
            raise InputError("option `redis` of target `kong` needs `mode: plugin`: the function sandbox reaches no store")
        redis = _redis(json.loads(options["redis"]))
    return KongOptions(read["edition"], read["version"], read["mode"], read["prefer"], redis)  # type: ignore[arg-type]


def _redis(value: object) -> RedisPlace:
    found = _REDIS.fullmatch(value) if isinstance(value, str) else None
    if found is None or not 1 <= int(found["port"] or 6379) <= 65535:
        raise InputError("option `redis` of target `kong` is an address: redis://HOST:PORT/DATABASE, rediss:// for TLS")
    return RedisPlace(found["host"], int(found["port"] or 6379), int(found["database"] or 0), found["scheme"] == "rediss")


TARGET = KongTarget()
