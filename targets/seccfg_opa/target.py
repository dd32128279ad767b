"""The target object: options, compiling, engines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.findings import InputError
from seccfg.ir.policy import Json, Policy
from seccfg.targetapi.base import Engine, EngineInfo, Output
from seccfg_opa.plan import OpaOptions

__all__ = ["TARGET", "OpaTarget", "read_options"]

_KEYWORDS: Final = frozenset({
    "as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input", "not", "null",
    "package", "rego", "some", "system", "true", "with",
})  # fmt: skip
"""Names Rego keeps for itself, and the root OPA keeps."""


class OpaTarget:
    """An OPA bundle: one decision for every request, with adapters for what asks."""

    name = "opa"
    summary = "an OPA bundle in Rego v1, with adapters for its HTTP API, Envoy, Kong and AuthZEN"

    def compile(self, policy: Policy, options: Mapping[str, Json]) -> Output:
        """The bundle for *policy*; `InputError` for an option it does not know."""
        from seccfg_opa.emit import emit
        from seccfg_opa.lower import lower

        plan, gaps, effective = lower(policy, read_options(policy, options))
        return Output(emit(plan, gaps), gaps, effective)

    def engines(self) -> Sequence[EngineInfo]:
        """The `opa` executable, as a server."""
        from seccfg_opa.engine import engines

        return engines()

    def engine(self, name: str) -> Engine:
        """A fresh engine; KeyError for an unknown name."""
        from seccfg_opa.engine import make

        return make(name)


def read_options(policy: Policy, options: Mapping[str, Json]) -> OpaOptions:
    """`package`, `pep`, `tokens` and `signing`, checked, with what they are when left out."""
    read = {"package": f"{policy.name.replace('-', '_')}.authz", "pep": "python", "tokens": "opa", "signing": ""}
    for key, text in options.items():
        value = json.loads(text)
        if key not in read:
            raise InputError(f"unknown option `{key}` of target `opa`; it has {', '.join(sorted(read))}")
        if not isinstance(value, str):
            raise InputError(f"option `{key}` of target `opa` is text")
        read[key] = value
    package = read["package"]
    parts = package.split(".")
    if len(package) > 100 or not all(re.fullmatch(r"[a-z][a-z0-9_]*", part) for part in parts):
        raise InputError(f"option `package` of target `opa`: `{package}` is no dotted name in lower case")
    if any(part in _KEYWORDS for part in parts):
        raise InputError(f"option `package` of target `opa`: `{package}` holds a word Rego keeps for itself")
    if read["tokens"] not in ("opa", "pep"):
        raise InputError("option `tokens` of target `opa` is opa or pep")
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", read["pep"]):
        raise InputError("option `pep` of target `opa` names a target, or `envoy`")
    if not re.fullmatch(r"[A-Za-z0-9_.-]{0,64}", read["signing"]):
        raise InputError("option `signing` of target `opa` is the id of a key")
    return OpaOptions(package, read["pep"], read["tokens"], read["signing"])


TARGET = OpaTarget()
