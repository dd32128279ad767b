"""Auth methods as rules see them: where each takes its credential from, and whose tokens it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seccfg.spec.loader import ApiKey, Introspection, Jwt, Mtls, Oidc

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.spec.loader import AuthMethod, Carrier, Spec

__all__ = ["TOKENS", "api_keys", "carriers", "cookies", "takes_cookie", "token_methods"]

TOKENS = Oidc | Jwt | Introspection


def carriers(name: str, method: AuthMethod) -> Iterator[tuple[SpecPath, Carrier]]:
    """The places *method* takes its credential from, each with where the spec says so."""
    if isinstance(method, Mtls):
        return
    if isinstance(method.in_, tuple):
        for index, place in enumerate(method.in_):
            yield ("auth", name, "in", index), place
    else:
        yield ("auth", name, "in"), method.in_


def cookies(spec: Spec) -> Iterator[tuple[SpecPath, str]]:
    """Every cookie that carries a credential."""
    for name, method in (spec.auth or {}).items():
        for at, place in carriers(name, method):
            if not isinstance(place, str) and place.cookie is not None:
                yield (*at, "cookie"), place.cookie


def takes_cookie(method: AuthMethod) -> bool:
    """Whether a cookie may carry the credential of *method*."""
    return any(not isinstance(place, str) and place.cookie is not None for _, place in carriers("", method))


def token_methods(spec: Spec) -> Iterator[tuple[str, Oidc | Jwt | Introspection]]:
    """The methods that take tokens, by name."""
    for name, method in (spec.auth or {}).items():
        if isinstance(method, TOKENS):
            yield name, method


def api_keys(spec: Spec) -> Iterator[tuple[str, ApiKey]]:
    """The methods that take API keys, by name."""
    for name, method in (spec.auth or {}).items():
        if isinstance(method, ApiKey):
            yield name, method
