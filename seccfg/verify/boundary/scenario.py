"""A Scenario: requests in a row from a fresh state, with a name a person can search a report for."""

from __future__ import annotations

from seccfg.ir.request import Request, Surroundings
from seccfg.record import Record


class Scenario(Record):
    """Requests answered one after the other, counters empty and *surroundings* set before the first."""

    id: str
    """`GET /v1/orders: staff: expired by one second`; unique within a run."""
    requests: tuple[Request, ...]
    surroundings: Surroundings = Surroundings()


def single(ident: str, request: Request, surroundings: Surroundings | None = None) -> Scenario:
    """A Scenario of one request."""
    return Scenario(ident, (request,), surroundings or Surroundings())
