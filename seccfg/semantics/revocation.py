"""Step 11: tokens revoked after they were issued (401): deny list, token version, not-before.

Every token of the alternative is looked up, not only the principal's. Keys and certificates have no step 11: a key is
revoked in its record. A token without `iat` is older than any not-before its principal has. The claims the first two
need were asked for when the token was judged.
"""

from __future__ import annotations

from seccfg.ir.policy import Revocation
from seccfg.ir.request import Surroundings
from seccfg.semantics import limits
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.jwt import claim_at
from seccfg.semantics.principal import Principal
from seccfg.semantics.values import is_whole

__all__ = ["check"]


def check(case: Case) -> Refusal | None:
    """Refuse what was revoked; a store that cannot be read is `unavailable`."""
    if case.view is None or case.view.revocation is None or not case.revocable:
        return None
    surroundings = case.state.surroundings
    if surroundings.store == "down":
        return Refusal("unavailable", "revocation cannot be looked up")
    for principal in case.revocable:
        problem = _revoked(case.view.revocation, principal, surroundings)
        if problem:
            limits.count_failure(case)
            return Refusal("revoked", problem)
    return None


def _revoked(revocation: Revocation, principal: Principal, surroundings: Surroundings) -> str:
    claims = principal.claims or {}
    if revocation.deny_claim and claim_at(claims, revocation.deny_claim) in surroundings.denied:
        return "the token is on the deny list"
    if revocation.version_claim:
        lowest = dict(surroundings.versions).get(principal.id)
        version = claim_at(claims, revocation.version_claim)
        if lowest is not None and (not is_whole(version) or version < lowest):
            return "the token's version is no longer good"
    if revocation.not_before:
        first = dict(surroundings.not_before).get(principal.id)
        issued = claims.get("iat")
        if first is not None and (not isinstance(issued, (int, float)) or issued < first):
            return "the token was issued before the principal's tokens were revoked"
    return ""
