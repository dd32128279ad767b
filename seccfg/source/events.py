"""
PyYAML's parser on libyaml and the events it gives, imported for what it costs.

As it is imported, PyYAML compiles a dozen patterns for its reader, resolver and constructor in Python, none of which the
parser on libyaml asks: an eighth of all that a lint of a hundred routes does. While the package is imported here, a pattern
is compiled when it is first used.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = [
    "AliasEvent", "DocumentStartEvent", "Event", "MappingEndEvent", "MappingStartEvent", "MarkedYAMLError", "ScalarEvent",
    "SequenceEndEvent", "SequenceStartEvent", "StreamEndEvent", "YAMLError",
]  # fmt: skip

_compile = re.compile


class _LaterPattern:
    """What `re.compile` would give, from the first time something is asked of it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._arguments = arguments
        self._named = named

    def __getattr__(self, name: str) -> Any:
        pattern = _compile(*self._arguments, **self._named)
        self.__dict__.update({each: getattr(pattern, each) for each in dir(pattern) if not each.startswith("_")})
        return getattr(pattern, name)


setattr(re, "compile", _LaterPattern)  # noqa: B010 - the type checker knows it as a function
try:
    from yaml.error import MarkedYAMLError, YAMLError
    from yaml.events import (
        AliasEvent,
        DocumentStartEvent,
        Event,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        SequenceStartEvent,
        StreamEndEvent,
    )
finally:
    setattr(re, "compile", _compile)  # noqa: B010
