"""The API's operations: one a method and template, and OPTIONS where a preflight is answered."""

from __future__ import annotations

import hashlib
import re

from seccfg.program.model import Program
from seccfg_azure.plan import Operation

__all__ = ["operations"]


def operations(program: Program) -> tuple[Operation, ...]:
    """Every operation, in the order of the Program's templates."""
    found: list[Operation] = []
    for number, template in enumerate(program.templates):
        spelled, names = _spelled(template.text)
        methods = [method for method, _ in template.methods]
        if template.preflights and "OPTIONS" not in methods:
            methods.append("OPTIONS")
        for method in methods:
            ident = _id(method, template.text)
            found.append(Operation(ident, method, spelled, f"{method} {template.text}", (number,), names))
    return tuple(found)


def _spelled(text: str) -> tuple[str, tuple[str, ...]]:
    """The template as the service spells it: parameters by number and name, `{x+}` as `*`."""
    names: list[str] = []

    def put(found: re.Match[str]) -> str:
        if found[1].endswith("+"):
            return "*"
        name = f"p{len(names) + 1}-{re.sub(r'[^A-Za-z0-9_-]', '-', found[1])}"
        names.append(name)
        return f"{{{name}}}"

    parts = [re.sub(r"^\{(.+)\}$", put, part) for part in text.split("/")]
    return "/".join(parts), tuple(names)


def _id(method: str, text: str) -> str:
    """Letters, digits and dashes; a digest keeps what looks alike apart."""
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48] or "root"
    digest = hashlib.sha256(f"{method} {text}".encode()).hexdigest()[:8]
    return f"{method.lower()}-{base}-{digest}"
