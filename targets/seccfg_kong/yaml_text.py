"""Data as YAML through libyaml's emitter: several lines are shown as lines, no aliases, ASCII only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import yaml

__all__ = ["yaml_text"]

_TEXT: Final = "tag:yaml.org,2002:str"
_RESOLVER: Final = yaml.resolver.Resolver()


def yaml_text(value: object) -> str:
    """
    *value* as one document.

    The events are made here because PyYAML's own representer, which is Python, takes most of a build of a thousand routes.
    """
    events = [yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False)]
    _add(value, events)
    events += (yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent())
    text: str = yaml.emit(events, Dumper=yaml.CSafeDumper, allow_unicode=False, width=120)
    return text


def _add(value: object, events: list[yaml.Event]) -> None:
    """The events of *value* at the end of *events*."""
    match value:
        case str():
            events.append(_text(value))
        case bool():
            events.append(_scalar("true" if value else "false"))
        case int():
            events.append(_scalar(str(value)))
        case None:
            events.append(_scalar("null"))
        case Mapping():
            events.append(_MAP)
            for key, item in value.items():
                events.append(_text(key))
                _add(item, events)
            events.append(_MAP_END)
        case Sequence():
            events.append(_LIST)
            for item in value:
                _add(item, events)
            events.append(_LIST_END)
        case _:
            raise TypeError(type(value).__name__)


_MAP: Final = yaml.MappingStartEvent(None, None, True, flow_style=False)
_MAP_END: Final = yaml.MappingEndEvent()
_LIST: Final = yaml.SequenceStartEvent(None, None, True, flow_style=False)
_LIST_END: Final = yaml.SequenceEndEvent()


def _scalar(text: str) -> yaml.Event:
    return yaml.ScalarEvent(None, None, (True, False), text)


@lru_cache(maxsize=4096)
def _text(text: str) -> yaml.Event:
    """A text that would be read as something else without quotes gets them."""
    plain = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) == _TEXT  # type: ignore[no-untyped-call]
    return yaml.ScalarEvent(None, _TEXT, (plain, True), text, style="|" if "\n" in text else None)
