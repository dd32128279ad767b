"""What an environment protects less well than the spec it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seccfg.lint.routes import label, routes
from seccfg.spec.scalars import duration_s

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.spec.loader import Spec

__all__ = ["weakenings"]

Weakening = tuple["SpecPath", str]


def weakenings(base: Spec, spec: Spec) -> Iterator[Weakening]:
    """(place, what is weaker there) of everything *spec* protects less well than *base*."""
    yield from _transport(base, spec)
    yield from _origins_and_addresses(base, spec)
    yield from _limits(base, spec)
    yield from _sessions(base, spec)
    yield from _audit(base, spec)
    yield from _routes(base, spec)


def _transport(base: Spec, spec: Spec) -> Iterator[Weakening]:
    if base.tls is not None and spec.tls is not None:
        if spec.tls.min_version < base.tls.min_version:
            yield (
                ("tls", "min_version"),
                f"TLS from {spec.tls.min_version} on is accepted, not from {base.tls.min_version}",
            )
        mine, theirs = spec.tls.hsts, base.tls.hsts
        if mine is not None and theirs is not None and duration_s(mine.max_age) < duration_s(theirs.max_age):
            yield ("tls", "hsts", "max_age"), f"HSTS holds for `{mine.max_age}`, not `{theirs.max_age}`"
    for name, upstream in spec.upstreams.items():
        other = base.upstreams.get(name)
        if other is not None and upstream.tls == "insecure" and other.tls == "verify":
            yield ("upstreams", name, "tls"), f"the certificate of the upstream `{name}` is not verified"
        if other is not None and upstream.url.startswith("http:") and other.url.startswith("https:"):
            yield ("upstreams", name, "url"), f"the upstream `{name}` is reached without TLS"


def _origins_and_addresses(base: Spec, spec: Spec) -> Iterator[Weakening]:
    for name, profile in (spec.cors or {}).items():
        other = (base.cors or {}).get(name)
        more = [origin for origin in profile.origins if other is not None and origin not in other.origins]
        if more and other is not None and (len(profile.origins) > len(other.origins) or "*" in more):
            yield ("cors", name, "origins"), f"`{more[0]}` is admitted besides"
        if other is not None and profile.credentials and not other.credentials:
            yield ("cors", name, "credentials"), f"pages of `{name}` may send credentials"
    mine, theirs = spec.network, base.network
    if mine is None or theirs is None:
        return
    if len(mine.trusted_proxies or ()) > len(theirs.trusted_proxies or ()):
        yield ("network", "trusted_proxies"), "more proxies are trusted"
    for name, network in (mine.profiles or {}).items():
        before = (theirs.profiles or {}).get(name)
        if before is not None and set(before.allow or ()) < set(network.allow or ()):
            yield ("network", "profiles", name, "allow"), f"`{name}` admits more addresses"


def _limits(base: Spec, spec: Spec) -> Iterator[Weakening]:
    for name, limit in (spec.rate_limits or {}).items():
        other = (base.rate_limits or {}).get(name)
        if other is not None and limit.limit * duration_s(other.window) > other.limit * duration_s(limit.window):
            yield (
                ("rate_limits", name, "limit"),
                f"`{name}` admits {limit.limit} in `{limit.window}`, not {other.limit} in `{other.window}`",
            )
    if (
        spec.errors is not None
        and spec.errors.details == "shown"
        and (base.errors is None or base.errors.details == "hidden")
    ):
        yield ("errors", "details"), "details of errors are shown"


def _sessions(base: Spec, spec: Spec) -> Iterator[Weakening]:
    mine, theirs = spec.sessions, base.sessions
    if mine is None or theirs is None:
        return
    for key in ("access_ttl", "absolute_ttl"):
        now, before = getattr(mine, key), getattr(theirs, key)
        if now is not None and before is not None and duration_s(now) > duration_s(before):
            yield ("sessions", key), f"`{key}` is `{now}`, not `{before}`"
    if mine.cookie is not None and theirs.cookie is not None:
        for key in ("http_only", "secure"):
            if getattr(theirs.cookie, key) and not getattr(mine.cookie, key):
                yield ("sessions", "cookie", key), f"the session cookie is not `{key}`"


def _audit(base: Spec, spec: Spec) -> Iterator[Weakening]:
    mine, theirs = spec.audit, base.audit
    if mine is None or theirs is None:
        return
    lost = [event for event in theirs.events or () if event not in (mine.events or theirs.events or ())]
    if lost:
        yield ("audit", "events"), f"`{lost[0]}` is not recorded"
    if theirs.required and not mine.required:
        yield ("audit", "required"), "requests pass without a record"


def _routes(base: Spec, spec: Spec) -> Iterator[Weakening]:
    before = {route.at: route for route in routes(base)}
    for route in routes(spec):
        other = before.get(route.at)
        if other is None:
            continue
        if route.public and not other.public:
            yield route.at, f"{label(route)} is public"
        elif route.allow == "authenticated" and isinstance(other.allow, tuple):
            yield route.at, f"{label(route)} lets any authenticated principal in"
        elif set(other.require) - set(route.require) or set(other.forbid) - set(route.forbid):
            yield route.at, f"{label(route)} goes without a condition"
