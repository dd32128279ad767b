"""INPUT019."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.findings import SpecPath
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import METHODS
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT019",
    name="risky-media-type",
    severity="note",
    why=(
        "Parsers of this format do more than read: XML resolves entities and files, YAML makes objects, forms "
        "can be sent by any page without asking."
    ),
    fix=(
        "Take `application/json` where you can; otherwise switch entities and object tags off in the service, "
        "and keep cookies out of routes that take forms."
    ),
    refs=("CWE-611", "CWE-502", "CWE-352"),
    needs=("body.content_types", "route.body"),
    confidence="medium",
    bad="body: {content_types: [application/json, application/xml]}",
    good="body: {content_types: [application/json]}",
)

_RISKY = r"(?:application|text)/(?:.*\+)?xml|(?:application|text)/(?:x-)?yaml|application/x-www-form-urlencoded"


@RULE.check
def formats_are_plain(spec: Spec) -> Iterator[Hit]:
    levels: list[tuple[SpecPath, tuple[str, ...] | None]] = []
    if spec.body is not None:
        levels.append((("body",), spec.body.content_types))
    for template, item in spec.routes.items():
        for at, level in (
            (("routes", template), item),
            *((("routes", template, m), getattr(item, m)) for m in METHODS),
        ):
            if level is not None and level.body is not None:
                levels.append(((*at, "body"), level.body.content_types))
    for where, types in levels:
        for index, media_type in enumerate(types or ()):
            if re.fullmatch(_RISKY, media_type):
                yield Hit(
                    (*where, "content_types", index), f"`{media_type}` is read by a parser that does more than read"
                )
