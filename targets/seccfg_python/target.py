"""The target object: options, compiling, engines."""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.findings import InputError
from seccfg.ir.policy import Json, Policy
from seccfg.targetapi.base import Engine, EngineInfo, Output

__all__ = ["TARGET", "PythonTarget"]

_FRAMEWORKS: Final = ("asgi", "wsgi")
_TAKEN: Final = frozenset({"cryptography", "h11", "httpx", "joserfc", "jsonschema_rs", "pytest", "seccfg", "tests"})
"""Import names the package itself needs; one of them as its own name would hide the other."""


class PythonTarget:
    """A Python package that enforces the policy: middleware for ASGI and WSGI, and a reverse proxy."""

    name = "python"
    summary = "a typed Python package: ASGI and WSGI middleware and a reverse proxy"

    def compile(self, policy: Policy, options: Mapping[str, Json]) -> Output:
        """The package for *policy*; `InputError` for an option it does not know."""
        from seccfg_python.emit import emit
        from seccfg_python.lower import lower

        plan, gaps, effective = lower(policy, read_options(policy, options))
        return Output(emit(plan, gaps), gaps, effective)

    def engines(self) -> Sequence[EngineInfo]:
        """In process as ASGI and as WSGI, and as a proxy over TLS sockets."""
        from seccfg_python.engine import engines

        return engines()

    def engine(self, name: str) -> Engine:
        """A fresh engine; KeyError for an unknown name."""
        from seccfg_python.engine import make

        return make(name)


def read_options(policy: Policy, options: Mapping[str, Json]) -> dict[str, str]:
    """`package` and `framework`, checked, with what they are when left out."""
    read = {"package": f"{policy.name.replace('-', '_')}_security", "framework": "asgi"}
    for key, text in options.items():
        value = json.loads(text)
        if key not in read:
            raise InputError(f"unknown option `{key}` of target `python`; it has {', '.join(sorted(read))}")
        if not isinstance(value, str):
            raise InputError(f"option `{key}` of target `python` is text")
        read[key] = value
    package = read["package"]
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", package) or keyword.iskeyword(package):
        raise InputError(f"option `package` of target `python`: `{package}` is no name of a Python package in lower case")
    if package in _TAKEN or package in sys.stdlib_module_names:
        raise InputError(f"option `package` of target `python`: `{package}` is the name of another module")
    if read["framework"] not in _FRAMEWORKS:
        raise InputError(f"option `framework` of target `python` is {' or '.join(_FRAMEWORKS)}")
    return read


TARGET = PythonTarget()
