"""Step 11: tokens revoked after they were issued. Keys have no step 11: a key is revoked in its record."""

from __future__ import annotations

from collections.abc import Sequence

from .credentials import Verified, is_whole
from .interface import RevocationQuery, Revoked
from .model import Revocation
from .tokens import claim_at


def unrevocable(revocation: Revocation, tokens: Sequence[Verified]) -> str:
    """Why some token could not be revoked if it had to be (`invalid_token`); empty when all could."""
    for token in tokens:
        claims = token.claims or {}
        if revocation.deny_claim:
            denied = claim_at(claims, revocation.deny_claim)
            if not isinstance(denied, str) or not denied:
                return "the token lacks the claim it could be revoked by"
        if revocation.version_claim and not is_whole(claim_at(claims, revocation.version_claim)):
            return "the token lacks its version"
    return ""


def queries(revocation: Revocation, tokens: Sequence[Verified]) -> tuple[RevocationQuery, ...]:
    """What to ask the store about *tokens*."""
    return tuple(
        RevocationQuery(
            str(claim_at(token.claims or {}, revocation.deny_claim)) if revocation.deny_claim else "",
            token.principal.id,
        )
        for token in tokens
    )


def revoked(revocation: Revocation, tokens: Sequence[Verified], answers: Sequence[Revoked]) -> str:
    """
    Why some token is no longer good; empty when all are.

    Raises:
        ValueError: There is not one answer for each token.
    """
    for token, answer in zip(tokens, answers, strict=True):
        problem = _revoked(revocation, token, answer)
        if problem:
            return problem
    return ""


def _revoked(revocation: Revocation, token: Verified, answer: Revoked) -> str:
    claims = token.claims or {}
    if revocation.deny_claim and answer.denied:
        return "the token is on the deny list"
    if revocation.version_claim and answer.version is not None:
        version = claim_at(claims, revocation.version_claim)
        if isinstance(version, bool) or not isinstance(version, (int, float)) or version < answer.version:
            return "the token's version is no longer good"
    if revocation.not_before and answer.not_before_s is not None:
        issued = claims.get("iat")
        if isinstance(issued, bool) or not isinstance(issued, (int, float)) or issued < answer.not_before_s:
            return "the token was issued before the principal's tokens were revoked"
    return ""
