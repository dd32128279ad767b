"""`tests:` and `invariants:` of a spec, and `explain`."""

from __future__ import annotations

from pathlib import Path

import pytest

from seccfg import api
from seccfg.findings import InputError

ROOT = Path(__file__).resolve().parents[2]
GUIDE = str(ROOT / "examples" / "guide" / "seccfg.yaml")
ORDERS = str(ROOT / "examples" / "orders" / "seccfg.yaml")


def outcomes(tmp_path: Path, old: str, new: str) -> dict[str, bool]:
    """Outcomes of the guide's own tests with one edit."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "users.jwks.json").write_bytes((ROOT / "examples/guide/keys/users.jwks.json").read_bytes())
    text = Path(GUIDE).read_text()
    assert old in text
    (tmp_path / "seccfg.yaml").write_text(text.replace(old, new))
    return {o.name: o.passed for o in api.run_tests(api.load(str(tmp_path / "seccfg.yaml")))}


def test_a_wider_grant_fails_tests_and_invariants(tmp_path: Path) -> None:
    """Letting viewers delete breaks the test that says they may not and the invariant that only admins do."""
    found = outcomes(tmp_path, "delete: {allow: [{roles: [admin]}]}", "delete: {allow: [{roles: [viewer]}]}")
    assert not found["a viewer deletes no one"]
    assert not found["only roles admin reaches DELETE /**"]
    assert found["anonymous never reaches * /**"]


def test_a_public_route_breaks_never_anonymous(tmp_path: Path) -> None:
    """The counterexample is a request without a credential."""
    found = outcomes(
        tmp_path,
        "  /users:\n    get: {allow: [{roles: [viewer]}]}",
        "  /users:\n    get: {public: true, reason: a mistake}",
    )
    assert not found["anonymous never reaches * /**"]


def test_a_lower_level_fails_its_test(tmp_path: Path) -> None:
    """The number in the route decides."""
    found = outcomes(tmp_path, "required_level: 3}", "required_level: 2}")
    assert not found["one level below"]
    assert found["own department at the required level"]


def test_explain_says_which_key_of_the_grant_did_not_hold() -> None:
    """Route, grant, what failed, and the line of the spec."""
    loaded = api.load(ORDERS)
    judgement = api.explain(
        loaded,
        "DELETE",
        "/v1/departments/sales/orders/5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d",
        {"auth": "staff", "roles": "viewer"},
    )
    assert (judgement.decision.status, judgement.decision.reason) == (403, "forbidden")
    (grant,) = judgement.explanation.grants
    assert not grant.held
    assert grant.failed == ("roles",)
    assert judgement.explanation.route.startswith("DELETE /v1/departments/")
    assert judgement.explanation.pos.line > 0


def test_explain_shows_condition_values() -> None:
    """A missing attribute is an error, not a false."""
    judgement = api.explain(
        api.load(GUIDE), "GET", "/departments/sales/documents/7", {"roles": "viewer", "claim.department": "sales"}
    )
    (grant,) = judgement.explanation.grants
    (condition,) = grant.conditions
    assert condition.value == "error"
    assert condition.because == "principal.clearance_level"


@pytest.mark.parametrize("who", [{"rolles": "admin"}, {"auth": "nobody"}, {"client": "nobody"}])
def test_explain_refuses_what_it_does_not_know(who: dict[str, str]) -> None:
    """A typing mistake is told of, never explained away."""
    with pytest.raises(InputError):
        api.explain(api.load(ORDERS), "GET", "/v1/orders", who)
