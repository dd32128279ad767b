"""INPUT018."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import METHODS
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT018",
    name="screens-alone",
    severity="note",
    why=(
        "Patterns of known attacks are easily written around and refuse some honest texts. They are a second "
        "line; here there is no first one: no route says what its parameters or bodies look like."
    ),
    fix=(
        "Describe parameters and bodies (`params`, `query`, `body.schema`), and let the service build queries "
        "and pages safely."
    ),
    refs=("CWE-184", "CWE-89"),
    needs=("screen",),
    bad="screen: [sql-injection]",
    good=("screen: [sql-injection]\nroutes: {/notes: {get: {query: {search: {maxLength: 100}}}}}"),
)


@RULE.check
def screens_come_second(spec: Spec) -> Iterator[Hit]:
    for item in spec.routes.values():
        for level in (item, *(getattr(item, method) for method in METHODS)):
            if level is not None and (level.params or level.query or level.header_params or level.body):
                return
    if spec.screen:
        yield Hit(("screen",), "patterns of attacks are all that is checked", key=True)
