"""
Which of a route's alternatives a request's credentials choose, as step 10 has it.

Access is compared for requests that carry the credentials of one alternative of either version, each where both versions
look for it. What a route does not list it does not look at; a place it lists is not empty, whoever's credential is in it.
"""

from __future__ import annotations

from seccfg.ir.policy import Authenticate, CertVerifier, Place, Policy, Route, Verifier

__all__ = ["Alternative", "alternatives_of", "chosen", "credential_sets"]

Alternative = tuple[str, ...]
"""Auth methods that must all succeed; the first gives the principal, the order of the others means nothing."""


def alternatives_of(route: Route | None) -> tuple[Alternative, ...]:
    """The alternatives *route* lists; none for a public one, and for none."""
    if route is None:
        return ()
    return tuple((names[0], *sorted(names[1:])) for names in route.one(Authenticate).alternatives)


def credential_sets(old: Route | None, new: Route | None) -> tuple[Alternative, ...]:
    """The credentials of every alternative of either, each set once."""
    found: dict[frozenset[str], Alternative] = {}
    for alternative in (*alternatives_of(new), *alternatives_of(old)):
        found.setdefault(frozenset(alternative), alternative)
    return tuple(found.values())


def chosen(policy: Policy, route: Route | None, credentials: Alternative) -> Alternative | None:
    """The alternative of *route* that *credentials* choose; None where it refuses them, or lists none."""
    alternatives = alternatives_of(route)
    listed = {name for alternative in alternatives for name in alternative}
    known = {verifier.name: verifier for verifier in policy.verifiers}
    looked_at = {place for name in listed for place in _places(known.get(name))}
    filled: set[str] = set()
    certificates: set[str] = set()
    for name in credentials:
        verifier = known.get(name)
        if isinstance(verifier, CertVerifier):
            if any(isinstance(known.get(other), CertVerifier) for other in listed):
                certificates.add(name)
        elif verifier is not None and looked_at.intersection(_places(verifier)):
            filled.add(name)
    choices = [filled | certificates, filled] if filled and certificates else [filled | certificates]
    for choice in choices:
        for alternative in alternatives:
            if choice == set(alternative):
                return alternative
    return None


def _places(verifier: Verifier | None) -> tuple[Place, ...]:
    return () if verifier is None or isinstance(verifier, CertVerifier) else verifier.places
