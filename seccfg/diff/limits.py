"""Rate limits and CORS profiles of two versions of a route."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seccfg.diff.controls import Change, both, sets
from seccfg.diff.model import Strength
from seccfg.diff.schemas import together
from seccfg.ir.policy import ByAddress, ByAttribute, Cors, RateLimit
from seccfg.record import replace

__all__ = ["cors", "limits"]


def limits(old: Sequence[RateLimit], new: Sequence[RateLimit]) -> Iterator[Change]:
    """A limit under another name is the same limit; the order matters, as the first that is exhausted refuses."""
    before, after = list(old), list(new)
    pairs = _paired(before, after)
    for a, b in pairs:
        if replace(a, name="") != replace(b, name=""):
            yield Change("limits", f"limit `{b.name}`", _limit(a), _limit(b), _strength(a, b))
    for limit in before:
        if not any(limit is a for a, _ in pairs):
            yield Change("limits", f"limit `{limit.name}`", _limit(limit), "", "weaker")
    for limit in after:
        if not any(limit is b for _, b in pairs):
            yield Change("limits", f"limit `{limit.name}`", "", _limit(limit), "stronger")
    order = [(before.index(a), after.index(b)) for a, b in pairs]
    if sorted(order) != sorted(order, key=lambda places: places[1]):
        yield Change("limits", "order of limits", ", ".join(a.name for a in before), ", ".join(b.name for b in after), "changed")


def _paired(old: Sequence[RateLimit], new: Sequence[RateLimit]) -> list[tuple[RateLimit, RateLimit]]:
    """Limits of one name; of the others those that say the same; of the rest those that count the same."""
    found: list[tuple[RateLimit, RateLimit]] = []
    for like in (
        lambda a, b: a.name == b.name,
        lambda a, b: replace(a, name="") == replace(b, name=""),
        lambda a, b: (a.key, a.count, a.algorithm) == (b.key, b.count, b.algorithm),
    ):
        for a in old:
            for b in new:
                if like(a, b) and not any(a is known or b is other for known, other in found):
                    found.append((a, b))
    return found


def _limit(limit: RateLimit) -> str:
    match limit.key:
        case ByAddress():
            key = "address"
        case ByAttribute(side, name):
            key = f"{side}.{name}"
        case _:
            key = "principal"
    parts = [f"{limit.limit} in {limit.window_s} s by {key}"]
    if limit.algorithm != "fixed-window":
        parts.append(f"{limit.algorithm}{f' of {limit.burst}' if limit.algorithm == 'token-bucket' else ''}")
    if limit.count != "request":
        parts.append(f"counting {limit.count}")
    parts += [f"{count} for {'/'.join(roles)}" for roles, count in limit.tiers]
    if limit.scope == "route":
        parts.append("each route for itself")
    if limit.on_store_failure == "local":
        parts.append("local when the store fails")
    return ", ".join(parts)


def _strength(old: RateLimit, new: RateLimit) -> Strength:
    def each() -> Iterator[Strength]:
        if (old.key, old.algorithm, old.count) != (new.key, new.algorithm, new.count):
            yield "changed"
        yield from _more(old.limit, new.limit)
        yield from _more(new.window_s, old.window_s)
        if new.algorithm == "token-bucket":
            yield from _more(old.burst, new.burst)
        if old.scope != new.scope:
            yield "weaker" if new.scope == "route" else "stronger"
        if old.on_store_failure != new.on_store_failure:
            yield "weaker" if new.on_store_failure == "local" else "stronger"
        before, after = dict(old.tiers), dict(new.tiers)
        for roles in sorted(before.keys() | after.keys()):
            yield from _more(before.get(roles, old.limit), after.get(roles, new.limit))

    return together(each())


def _more(old: int, new: int) -> Iterator[Strength]:
    """More requests: weaker."""
    if old != new:
        yield "weaker" if new > old else "stronger"


def cors(old: Cors | None, new: Cors | None) -> Iterator[Change]:
    """What pages of other origins may read and send."""
    if old is None or new is None:
        if old is not new:
            told = both(lambda p: "" if p is None else ", ".join(_origins(p)), old, new)
            yield Change("cors", "origins", *told, "stronger" if new is None else "weaker")
        return
    yield from sets("cors", "origins", _origins(old), _origins(new), "weaker")
    yield from sets("cors", "methods", old.methods, new.methods, "weaker")
    yield from sets("cors", "headers that may be sent", map(str.lower, old.headers), map(str.lower, new.headers), "weaker")
    yield from sets("cors", "headers that may be read", map(str.lower, old.expose), map(str.lower, new.expose), "weaker")
    if old.credentials != new.credentials:
        told = both(lambda p: "yes" if p.credentials else "no", old, new)
        yield Change("cors", "credentials", *told, "weaker" if new.credentials else "stronger")
    if old.max_age_s != new.max_age_s:
        told = both(lambda p: "" if p.max_age_s is None else str(p.max_age_s), old, new)
        yield Change("cors", "seconds an answer is kept", *told, "changed")


def _origins(profile: Cors) -> list[str]:
    return [*(["*"] if profile.any_origin else []), *sorted(origin.text for origin in profile.origins)]
