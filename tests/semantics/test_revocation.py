"""Step 11: revocation."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import ByAddress, RateLimit, Revocation
from seccfg.ir.request import Surroundings
from seccfg.semantics import State, decide

REVOKED = (401, "revoked")
ALICE = "jwt:https://id.example.com/\x1falice"


def policy(kit, deny=("jti",), version=("token_version",), not_before=True, **route):
    return kit.policy(kit.route(revocation=Revocation(deny, version, not_before, 5), **route))


def ask(kit, **claims):
    return kit.request("GET", "/orders", kit.bearer(**{"jti": "a", "token_version": 3, **claims}))


def test_a_denied_token_is_401(kit):
    """Deny list: the claim's value was revoked."""
    state = State(Surroundings(denied=("b", "a")))
    decision = decide(policy(kit), ask(kit), state)
    assert ((decision.status, decision.reason), decision.step, decision.events) == (
        REVOKED, "revocation", ("token.revoked",),
    )  # fmt: skip
    assert 'error="invalid_token"' in kit.headers(decision)["www-authenticate"]
    assert decide(policy(kit), ask(kit, jti="c"), state).allowed
    assert decide(policy(kit, deny=()), ask(kit), state).allowed


@pytest.mark.parametrize("lowest, version, allowed", [(3, 3, True), (4, 3, False), (4, 4, True), (4, 4.0, True), (4, 3.0, False)])
def test_an_older_version_is_401(kit, lowest, version, allowed):
    """Token version: older ones are revoked, for that principal."""
    state = State(Surroundings(versions=((ALICE, lowest),)))
    assert decide(policy(kit), ask(kit, token_version=version), state).allowed is allowed
    assert decide(policy(kit), ask(kit, token_version=version, sub="bob"), state).allowed


@pytest.mark.parametrize("offset, allowed", [(-1, True), (0, True), (1, False)])
def test_tokens_issued_before_are_401(kit, offset, allowed):
    """Not-before: tokens issued earlier are revoked."""
    state = State(Surroundings(not_before=((ALICE, kit.now + offset),)))
    assert decide(policy(kit), ask(kit), state).allowed is allowed
    assert decide(policy(kit, not_before=False), ask(kit), state).allowed


def test_a_token_that_does_not_say_when_is_older(kit):
    """A token without `iat` is older than any not-before of its principal."""
    state = State(Surroundings(not_before=((ALICE, 0),)))
    assert kit.status(policy(kit), ask(kit, iat=None), state) == REVOKED
    assert decide(policy(kit), ask(kit, iat=None)).allowed


@pytest.mark.parametrize("claims", [
    {"jti": None}, {"jti": ""}, {"jti": 1}, {"jti": ["a"]}, {"token_version": None}, {"token_version": "3"},
    {"token_version": 3.5}, {"token_version": True}, {"token_version": 2**53},
])  # fmt: skip
def test_a_token_without_the_claim_is_401(kit, claims):
    """With `deny_list` or `version_claim` a token without that claim is 401."""
    assert kit.status(policy(kit), ask(kit, **claims)) == (401, "invalid_token")
    assert decide(policy(kit, deny=(), version=()), ask(kit, **claims)).allowed


def test_store_down_is_503(kit):
    """A revocation that cannot be looked up: 503, `check.failed`, never a pass."""
    decision = decide(policy(kit), ask(kit), State(Surroundings(store="down")))
    assert (decision.status, decision.events) == (503, ("check.failed",))


def test_keys_and_certificates_have_no_step_11(kit):
    """Revocation of a key is a state of its record."""
    state = State(Surroundings(store="down"))
    made = policy(kit, auth=(("partner",), ("mesh",)))
    assert decide(made, kit.request("GET", "/orders", ("X-API-Key", "k1.secret")), state).allowed
    certificate = kit.authority.issue("spiffe://example.com/ns/a/sa/b")
    assert decide(made, kit.request(certificate=certificate), state).allowed


def test_every_token_of_an_alternative_is_looked_up(kit):
    """Every method named must succeed, also where the token is not the principal's."""
    made = policy(kit, auth=(("mesh", "users"),), version=(), not_before=False)
    request = kit.request(
        "GET", "/orders", kit.bearer(jti="a"), certificate=kit.authority.issue("spiffe://example.com/ns/a/sa/b")
    )
    assert decide(made, request).allowed
    assert kit.status(made, request, State(Surroundings(denied=("a",)))) == REVOKED


def test_a_revoked_token_counts_as_a_failure(kit):
    """`count: auth.failed` counts refusals of a presented credential, revoked ones included."""
    logins = RateLimit("logins", "fixed-window", 1, 60, 1, ByAddress(), "auth.failed", (), "shared", "refuse")
    state = State(Surroundings(denied=("a",)))
    made = policy(kit, limits=(logins,))
    assert [decide(made, ask(kit), state).status for _ in range(2)] == [401, 429]
