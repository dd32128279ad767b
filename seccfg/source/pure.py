"""PyYAML's own parser behind the interface of the C one, for installations without libyaml."""

from __future__ import annotations

from yaml.events import Event
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner


class PureParser(Reader, Scanner, Parser):
    """Text to events."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def get_event(self) -> Event:
        event: Event = Parser.get_event(self)  # type: ignore[no-untyped-call]
        return event
