"""Which modules of `runtime/` make up which emitted package, and under which name.

Every package decides by the same modules. What differs is what surrounds them: servers for the Python package, the event
of API Gateway for the Lambda authorizer, whose modules for signatures, certificates and schemas need nothing but the
standard library and stand in for those of the Python package under the same names.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Final

__all__ = ["lambda_sources", "python_sources", "rules_sources"]

_LAMBDA_ONLY: Final = (
    "authorizer.py", "certificates_plain.py", "dynamodb.py", "keyset_plain.py", "openness.py", "schemas_plain.py",
    "signatures.py", "steps_lambda.py", "structs_plain.py",
)  # fmt: skip
_RULES_ONLY: Final = ("bearer.py", "gate.py")
_RULES: Final = ("__init__.py", *_RULES_ONLY, "keyset_plain.py", "paths.py", "signatures.py", "structs_plain.py")
_SERVERS: Final = (
    "asgi.py", "certificates.py", "deployment.py", "drive.py", "gateway.py", "handlers.py", "http1.py", "keyset.py",
    "main.py", "proxy.py", "schemas.py", "steps.py", "structs.py", "tls.py", "upstream.py", "wsgi.py",
)  # fmt: skip
_STANDS_IN: Final = {
    "keyset_plain.py": "keyset.py", "certificates_plain.py": "certificates.py", "schemas_plain.py": "schemas.py",
    "steps_lambda.py": "steps.py", "structs_plain.py": "structs.py",
}  # fmt: skip


@functools.cache
def python_sources() -> dict[str, bytes]:
    """Name and content of each runtime module of the Python package."""
    return {name: content for name, content in _installed().items() if name not in (*_LAMBDA_ONLY, *_RULES_ONLY)}


@functools.cache
def lambda_sources() -> dict[str, bytes]:
    """Name and content of each runtime module of the Lambda authorizer."""
    return {_STANDS_IN.get(name, name): content for name, content in _installed().items() if name not in (*_SERVERS, *_RULES_ONLY)}


@functools.cache
def rules_sources() -> dict[str, bytes]:
    """Name and content of each module of a Lambda authorizer that is a table of rules."""
    return {_STANDS_IN.get(name, name): _installed()[name] for name in _RULES}


@functools.cache
def _installed() -> dict[str, bytes]:
    folder = files("seccfg_runtime.runtime")
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".py")}
