"""Looking for a request that shows a difference no single route has: somebody who is let in, and one thing about it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from seccfg.analyse.addresses import AddressSet, admitted
from seccfg.analyse.concrete import Asked, Variation
from seccfg.analyse.credentials import add_header, without_header
from seccfg.diff.access import Way
from seccfg.diff.model import AccessChange, Direction, Witness
from seccfg.diff.replay import Replay
from seccfg.findings import Span
from seccfg.ir.policy import ClientAddress
from seccfg.ir.request import Request
from seccfg.record import Record, replace

__all__ = ["Probe", "Special", "from_peer", "headed"]

_NONE: Final = AddressSet(())


class Special(Record):
    """What is special about a request."""

    variation: Variation | None = None
    record: str = ""
    """The key to use."""
    now_s: int | None = None
    addresses: AddressSet | None = None
    """Where it comes from."""
    change: Callable[[Asked], Asked] | None = None


class Probe:
    """Tries special requests on both versions."""

    def __init__(self, replay: Replay, ways: Callable[[str, str], Sequence[Way]]) -> None:
        """
        Args:
            ways: Some ways with an auth method, by its name and, where there are keys, the key's id; any, for empty names.
        """
        self.replay = replay
        self.ways = ways

    def change(
        self, direction: Direction, sentence: str, at: tuple[Span, Span], name: str = "", special: Special | None = None
    ) -> AccessChange:
        """The difference *sentence* tells, with a request by the auth method *name* that shows it."""
        special = special or Special()
        found = self.find(direction, self.ways(name, special.record), special)
        return AccessChange(direction, sentence, (), found, True, at[0], at[1])

    def find(self, direction: Direction, ways: Iterable[Way], special: Special) -> Witness | None:
        """A special request of one of *ways* on which the decisions differ in that direction."""
        for way in ways:
            route = way.pair.new if direction == "widens" else way.pair.old
            address = ""
            if special.addresses is not None and route is not None:
                address = admitted(route.one(ClientAddress).rules).shared(special.addresses).some(_NONE)
            for asked in self.replay.requests(
                direction, way.pair, way.alternative, way.situation, record=way.record, address=address,
                variation=special.variation, now_s=special.now_s,
            ):  # fmt: skip
                found = self.replay.confirmed(direction, asked if special.change is None else special.change(asked))
                if found is not None:
                    return found
        return None


def headed(asked: Asked, name: str, value: str) -> Asked:
    """*asked* with that header instead of any line of it."""

    def changed(request: Request) -> Request:
        return add_header(without_header(request, name.lower()), name, value)

    return replace(asked, request=changed(asked.request), bare=changed(asked.bare))


def from_peer(asked: Asked, peer: str) -> Asked:
    """*asked* over a connection from *peer*."""
    return replace(asked, request=replace(asked.request, peer=peer), bare=replace(asked.bare, peer=peer))
