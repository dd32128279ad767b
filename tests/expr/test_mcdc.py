"""Cases that show each comparison at work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from seccfg.expr.ast import Expr
from seccfg.expr.boundaries import boundary_values, shape_variants
from seccfg.expr.evaluate import Truth, evaluate
from seccfg.expr.mcdc import MISSING, Case, mcdc_cases
from seccfg.expr.types import AttributeKey

Condition = Callable[[str], Expr]
T, F, E = Truth.TRUE, Truth.FALSE, Truth.ERR


def deciding(cases: tuple[Case, ...], atom: int) -> dict[Truth, Truth]:
    return {case.sign: case.expected for case in cases if case.atom == atom and case.label == "decides"}


@pytest.mark.parametrize("text, atoms", [
    ("principal.department == resource.department && principal.level >= resource.required", 2),
    ("principal.level >= 3 || principal.mfa && 'admin' in principal.roles", 3),
    ("!(principal.level >= 3) && !principal.mfa", 2),
    ("request.time.getHours() >= 7 && request.time.getHours() < 19", 2),
    ("resource.created + duration('24h') > request.time", 1),
    ("request.path.matches('^/v[0-9]+/[a-z]+$') && request.host.endsWith('.example.com')", 2),
    ("resource.tags.exists(t, t.startsWith('a')) && !resource.grades.all(g, g > 2)", 2),
    ("size(principal.roles) <= 2 && resource.score > 1.5", 2),
    ("has(principal.department) && principal.department == 'suspended'", 2),
    ("resource.created < timestamp('2026-02-01T00:00:00Z') && request.time >= timestamp('2026-01-01T00:00:00Z')", 2),
    ("principal.department in ['a', 'b'] && resource.department in ['b', 'c']", 2),
    ("size(resource.department) == 4 && resource.lifetime.getMinutes() > 5", 2),
])
def test_every_atom_decides_both_ways(text: str, atoms: int, condition: Condition) -> None:
    """For each atom there are two cases, alike in what the other atoms give, with different outcomes."""
    found = mcdc_cases(condition(text))
    assert len(found.atoms) == atoms
    assert found.unshown == ()
    for at in range(atoms):
        pair = deciding(found.cases, at)
        assert {T, F} <= pair.keys()
        assert pair[T] is not pair[F]


def test_a_pair_flips_the_outcome(condition: Condition) -> None:
    """Directly under `&&`, under `||` and under `!`."""
    found = mcdc_cases(condition("!(principal.level >= 3) && resource.open"))
    assert deciding(found.cases, 0)[T] is F
    assert deciding(found.cases, 0)[F] is T
    assert deciding(found.cases, 0)[E] is E


def test_atoms_without_effect_are_named(condition: Condition) -> None:
    """An atom that another one implies or contradicts is reported, not skipped."""
    assert mcdc_cases(condition("principal.mfa && !principal.mfa")).unshown == (0,)
    assert mcdc_cases(condition("principal.level >= 3 && principal.level >= 1")).unshown == (1,)


def test_missing_and_ill_typed_variants(condition: Condition) -> None:
    """Each attribute is tried absent, null and in wrong shapes, and `absent == absent` has its own case."""
    found = mcdc_cases(condition("principal.subject == resource.department"))
    by_label = {case.label: case for case in found.cases}
    assert by_label["all missing"].expected is E
    assert dict(by_label["all missing"].values)[("principal", "subject")] is MISSING
    assert by_label["principal.subject = None"].expected is E
    assert any(case.expected is E and 1 in dict(case.values).values() for case in found.cases)


def test_a_domain_is_kept(condition: Condition) -> None:
    """Values the caller cannot send are not tried."""
    domain: dict[AttributeKey, Sequence[object]] = {
        ("principal", "department"): ("sales", "ops"), ("principal", "mfa"): (True, MISSING)}
    found = mcdc_cases(condition("principal.department == 'sales' && principal.mfa"), domain)
    for case in found.cases:
        values = dict(case.values)
        assert values["principal", "department"] in ("sales", "ops")
        assert values["principal", "mfa"] is True or values["principal", "mfa"] is MISSING
    assert deciding(found.cases, 0) == {T: T, F: F}


def test_cases_differ(condition: Condition) -> None:
    """No assignment is given twice, and boundary values stand on both sides."""
    found = mcdc_cases(condition("principal.level >= 3 && resource.open"))
    levels = [dict(case.values)["principal", "level"] for case in found.cases]
    assert {2, 3, 4} <= {level for level in levels if type(level) is int}
    assert 3.0 in [level for level in levels if type(level) is float]
    keys = [(case.atom if case.label == "decides" else "", repr(case.values)) for case in found.cases]
    assert len(keys) == len(set(keys))


def test_large_conditions_stay_affordable(condition: Condition) -> None:
    """Many atoms over one attribute, and many attributes in one atom's company, end in a bounded number of cases."""
    many = " || ".join(f"principal.level == {n}" for n in range(40))
    found = mcdc_cases(condition(many))
    assert len(found.atoms) == 40
    assert {case.atom for case in found.cases} == set(range(10))
    chain = " && ".join(["principal.department == resource.department", "resource.department == request.host",
                         "request.host == request.path", "request.path == principal.subject"])
    assert mcdc_cases(condition(chain)).unshown == ()


@pytest.mark.parametrize("text, expected", [
    ("principal.level >= 3", [2, 3, 4]),
    ("principal.department == 'Sales'", ["Sales", "Salesx", "sALES", ""]),
    ("principal.department.startsWith('ab')", ["ab", "abx", "a", "AB", "\u200dab"]),
    ("'a' in principal.roles", [["a"], [], ["A"]]),
    ("principal.mfa", [True, False]),
    ("principal.department.matches('^[0-9]+$')", ["1", "1\n", "1\u0663"]),
    ("request.time >= timestamp('2026-01-05T12:00:00Z')", [1_767_614_399, 1_767_614_400, 1_767_614_401]),
])
def test_boundary_values(text: str, expected: list[object], condition: Condition) -> None:
    """Values on, below and above what is asked; the absent one last."""
    (values,) = boundary_values(condition(text)).values()
    assert all(value in values for value in expected)
    assert values[-1] is MISSING


def test_shapes_are_errors(condition: Condition) -> None:
    """Each wrong shape makes the comparison an error."""
    for text, name in (("principal.level >= 3", "level"), ("principal.mfa", "mfa"), ("principal.department == 'a'", "department"),
                       ("'a' in principal.labels", "labels")):
        expr = condition(text)
        for value in shape_variants(expr, ("principal", name)):
            assert evaluate(expr, {"principal": {name: value}}) is E, (text, value)
