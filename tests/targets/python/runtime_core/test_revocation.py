"""Step 11: tokens revoked after they were issued."""

from __future__ import annotations

from typing import Any

import pytest

from seccfg_runtime.runtime.interface import StoreUnavailable
from seccfg_runtime.runtime.model import ByAddress, RateLimit, Revocation
from seccfg_runtime.runtime.stores import MemoryRevocations

ALL = Revocation(("jti",), ("ver",), not_before=True)


def world(kit: Any, control: Revocation = ALL, **changes: Any) -> tuple[Any, MemoryRevocations]:
    store = MemoryRevocations()
    return kit.world(kit.policy(kit.route(revocation=control, **changes)), revocations=store), store


def test_a_denied_token_is_refused_at_once(kit: Any) -> None:
    """Though it is remembered as verified; others of the principal are not touched."""
    made, store = world(kit)
    sent, other = kit.token(jti="one", ver=1), kit.token(jti="two", ver=1)
    assert made.refused(bearer=sent) == "pass"
    store.deny("one")
    assert made.refused(bearer=sent) == "401 revoked"
    assert made.refused(bearer=other) == "pass"
    assert made.log.events() == ["token.revoked/revoked"]


def test_versions_and_not_before(kit: Any) -> None:
    """Lower versions and earlier issue times are refused; without `iat` a token is older than any."""
    made, store = world(kit)
    ident = f"jwt:{kit.issuer}\x1fann"
    store.require_version(ident, 3)
    assert made.refused(bearer=kit.token(jti="a", ver=2)) == "401 revoked"
    assert made.refused(bearer=kit.token(jti="a", ver=3)) == "pass"
    store.not_before(ident, kit.now)
    assert made.refused(bearer=kit.token(jti="a", ver=3, iat=kit.now - 1)) == "401 revoked"
    assert made.refused(bearer=kit.token(jti="a", ver=3)) == "pass"
    assert made.refused(bearer=kit.token(jti="a", ver=3, drop=["iat"])) == "401 revoked"
    assert made.refused(bearer=kit.token(jti="a", ver=1, sub="bob")) == "pass"


@pytest.mark.parametrize(
    "claims",
    [{"ver": 1}, {"jti": "", "ver": 1}, {"jti": 5, "ver": 1}, {"jti": "a"}, {"jti": "a", "ver": "1"}, {"jti": "a", "ver": 1.5}],
)
def test_a_token_that_could_not_be_revoked_is_refused(kit: Any, claims: dict[str, object]) -> None:
    """The claims revocation needs must be there, of the right type."""
    assert world(kit)[0].refused(bearer=kit.token(**claims)) == "401 invalid_token"


def test_what_is_off_is_not_asked(kit: Any) -> None:
    """No deny list, no version: their claims may be missing."""
    made, store = world(kit, Revocation(not_before=True))
    store.deny("")
    assert made.refused(bearer=kit.token()) == "pass"


class Down(MemoryRevocations):
    """A store that cannot be read."""

    def look_up(self, queries: Any) -> Any:
        raise StoreUnavailable("down")


class Short(MemoryRevocations):
    """A store that answers too little."""

    def look_up(self, queries: Any) -> Any:
        return ()


class Far(MemoryRevocations):
    """A store elsewhere."""

    local = False


@pytest.mark.parametrize("store, expected", [(Down(), "503 unavailable"), (Short(), "500 internal"), (Far(), "pass")])
def test_stores_that_fail_never_let_pass(kit: Any, store: MemoryRevocations, expected: str) -> None:
    """503 when the store says so, 500 for anything else; a store elsewhere is asked by the server."""
    made = kit.world(kit.policy(kit.route(revocation=ALL)), revocations=store)
    assert made.refused(bearer=kit.token(jti="a", ver=1)) == expected
    store.deny("b")
    if expected == "pass":
        assert made.refused(bearer=kit.token(jti="b", ver=1)) == "401 revoked"


def test_revoked_tokens_count_as_failures(kit: Any) -> None:
    """A limit on failed credentials is charged."""
    made, store = world(kit, limits=(RateLimit("logins", 1, 60, ByAddress(), count="auth.failed"),))
    store.deny("a")
    assert made.refused(bearer=kit.token(jti="a", ver=1)) == "401 revoked"
    assert made.refused(bearer=kit.token(jti="b", ver=1)) == "429 rate_limited"
