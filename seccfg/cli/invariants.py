"""Findings of invariants: loaded only for a spec that has some."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg import api
from seccfg.findings import Finding, SpecError
from seccfg.resolve.rules import INVARIANT_RULES
from seccfg.source.document import Document
from seccfg.spec import loader

__all__ = ["findings"]

_BROKEN, _OPEN = INVARIANT_RULES


def findings(path: str, env: str, document: Document, spec: loader.Spec) -> Iterator[Finding]:
    """What breaks the invariants of the spec at *path* as *env* reads it, and which are not proven."""
    try:
        proven = api.prove(api.Loaded(path, env, document, spec))
    except SpecError as error:  # a file the spec names does not hold what it should
        yield from error.findings
        return
    for found in proven:
        if found.kept and found.decided:
            continue
        rule = _OPEN if found.kept else _BROKEN
        shown = f", shown by {found.request.method} {found.request.target}" if found.request is not None else ""
        said = "is not proven" if found.kept else "does not hold"
        message = f"`{found.text}` {said}: {found.broken_by}{shown}"
        yield Finding(rule.id, rule.severity, message, document.span(found.at), rule.fix, (), found.at)
