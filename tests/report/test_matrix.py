"""The access matrix against the reference: what a cell refuses, no request gets through."""

from __future__ import annotations

import pytest

from seccfg import api
from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.report.matrix import matrix
from seccfg.report.model import Matrix
from seccfg.semantics.decide import decide, judge
from seccfg.semantics.state import State
from seccfg.verify.boundary.plan import plan
from tests.conftest import EXAMPLES


def shown(case: str) -> tuple[Matrix, list[tuple[str, tuple[str, ...]]]]:
    """The matrix of an example, and (route, roles) of every boundary request that passes."""
    policy = api.policy(api.load(str(EXAMPLES / case / "seccfg.yaml")))
    ring = exchange(policy, NOW_S)
    found = []
    for scenario in plan(ring).scenarios:
        if (
            len(scenario.requests) > 1
            or not decide(ring.decide, scenario.requests[0], State(scenario.surroundings)).allowed
        ):
            continue  # who is refused needs no cell
        judged = judge(ring.decide, scenario.requests[0], State(scenario.surroundings))
        found.append((judged.explanation.route, judged.explanation.roles))
    return matrix(policy, {}), found


@pytest.mark.parametrize("case", ["minimal", "guide", "orders"])
def test_a_cell_that_says_no_lets_nobody_through(case: str) -> None:
    """Over all boundary requests: who passes has a cell that says so, for one of the roles or for anyone."""
    table, found = shown(case)
    rows = {row.route: row for row in table.rows}
    for route, roles in found:
        row = rows[route]
        cells = [cell for role, cell in zip(table.roles, row.roles, strict=True) if role in roles]
        assert any(cell.access != "no" for cell in (row.anonymous, row.any, *cells)), (route, roles)
    assert len(found) > 50


def test_yes_means_the_role_alone() -> None:
    """Asked of the reference, route by route, by a method of the route that may assert the role."""
    path = str(EXAMPLES / "orders" / "seccfg.yaml")
    loaded = api.load(path)
    policy = api.policy(loaded)
    table = matrix(policy, {})
    asked = 0
    for row in table.rows:
        method, template = row.route.split(" ", 1)
        target = template.replace("{department}", "sales").replace("{tenant_id}", "t1")
        target = target.replace("{order_id}", "5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d")
        for role, cell in zip(table.roles, row.roles, strict=True):
            if cell.access != "yes" or cell.ways == ("public",) or role not in ("admin", "editor", "viewer"):
                continue
            decision = decide_as(loaded, method, target, role)
            assert decision not in ("forbidden", "insufficient_scope", "no_credential"), (row.route, role)
            asked += 1
    assert asked > 5


def test_no_means_refused_with_that_role_alone() -> None:
    """And nothing besides."""
    loaded = api.load(str(EXAMPLES / "orders" / "seccfg.yaml"))
    table = matrix(api.policy(loaded), {})
    asked = 0
    for row in table.rows:
        method, template = row.route.split(" ", 1)
        target = template.replace("{department}", "sales").replace("{tenant_id}", "t1")
        target = target.replace("{order_id}", "5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d")
        for role, cell in zip(table.roles, row.roles, strict=True):
            if cell.access == "no" and role in ("admin", "editor", "viewer"):
                assert decide_as(loaded, method, target, role) != "pass", (row.route, role)
                asked += 1
    assert asked > 5


def decide_as(loaded: api.Loaded, method: str, target: str, role: str) -> str:
    """The reason of the reference's decision."""
    return api.explain(loaded, method, target, {"auth": "staff", "roles": role}).decision.reason
