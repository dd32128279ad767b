"""One request on its way through the steps: what is known so far, and what a step may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seccfg.findings import NOWHERE, Span
from seccfg.ir.policy import Reason
from seccfg.ir.request import Request
from seccfg.record import Record

if TYPE_CHECKING:
    from seccfg.semantics.address import Address
    from seccfg.semantics.authorize import Reading
    from seccfg.semantics.compiled import Compiled, RouteView, Settings
    from seccfg.semantics.json_text import Parsed
    from seccfg.semantics.match import Template
    from seccfg.semantics.principal import Principal
    from seccfg.semantics.state import State
    from seccfg.semantics.target import Target

__all__ = ["Answer", "Case", "Headers", "Preflighted", "Refusal"]

Headers = dict[str, list[str]]
"""Header values by lower-case name, in order, without surrounding white space."""


class Refusal(Record):
    """A step's no. `status` overrides the reason's when it is not 0."""

    reason: Reason
    message: str
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 0
    pos: Span = NOWHERE
    """Of the spec key that refuses, where the step's control is not exact enough."""


class Preflighted(Record):
    """A preflight, answered with these headers."""

    headers: tuple[tuple[str, str], ...]


Answer = Refusal | Preflighted


class Case:
    """A request, the state around it, and what earlier steps found out. Made once per decision, never shared."""

    __slots__ = (
        "client", "compiled", "headers", "methods", "parsed_body", "path", "preflight", "principal", "reading",
        "request", "revocable", "settings", "state", "target", "template", "view",
    )

    def __init__(
        self,
        compiled: Compiled,
        request: Request,
        state: State,
        target: Target,
        headers: Headers,
        template: Template | None,
        view: RouteView | None,
        preflight: bool,
        path: dict[str, str],
    ) -> None:
        self.compiled = compiled
        self.request = request
        self.state = state
        self.target = target
        self.headers = headers
        self.template = template
        """The most specific template that matches the path."""
        self.view = view
        """The route; for a preflight that of the method it asks about."""
        self.preflight = preflight
        self.path = path
        """Decoded path parameters of the route."""
        self.settings: Settings = compiled.edge if view is None else view
        """What holds before and without a route."""
        self.client: Address | Refusal | None = None
        self.principal: Principal | None = None
        self.methods: tuple[str, ...] = ()
        """Every method that succeeded, the principal's first."""
        self.revocable: list[Principal] = []
        """Every token accepted, the principal's included."""
        self.parsed_body: Parsed | None = None
        self.reading: Reading | None = None
        """What authorization read, for the explanation."""
