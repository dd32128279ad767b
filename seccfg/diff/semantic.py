"""Policy x Policy -> Difference: who may do what now, each change with a request both versions answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from seccfg.analyse.addresses import EVERYWHERE, admitted
from seccfg.diff.access import Finding, Routes, Way
from seccfg.diff.edge import edge_changes
from seccfg.diff.leftovers import policy_leftovers, verifier_settings
from seccfg.diff.model import AccessChange, Difference, SettingChange, Witness, verdict_of
from seccfg.diff.naming import names_of, retold
from seccfg.diff.pairing import Paired, Path, paired
from seccfg.diff.presented import alternatives_of
from seccfg.diff.probing import Probe
from seccfg.diff.replay import Replay
from seccfg.diff.sentences import Fact
from seccfg.diff.settings import setting_changes
from seccfg.diff.verifiers import verifier_changes
from seccfg.ir.policy import Authenticate, ClientAddress, Policy, Revocation, Route

__all__ = ["compare"]

_TRIED: Final = 3
"""Routes on which a witness of one fact is looked for."""
_WAYS: Final = 12


def compare(old: Policy, new: Policy) -> Difference:
    """What *new* decides, protects and says differently from *old*."""
    names = names_of(old, new)
    old = retold(old, names)
    pairs = tuple(paired(old, new))
    routes = Routes(old, new)
    told: dict[Fact, list[tuple[Paired, Finding]]] = {}
    for pair in pairs:
        for finding in routes.findings(pair):
            told.setdefault(finding.fact, []).append((pair, finding))
    ways = _Ways(pairs, routes) if _outside_differs(old, new) else None
    near = [pair.path for found in told.values() for pair, _ in found[:_TRIED]]
    access: list[AccessChange] = []
    if told or ways is not None:
        replay = Replay(old, new, routes.places, [*near, *(ways.paths() if ways is not None else ())])
        if ways is not None:
            probe = Probe(replay, ways.of)
            access += verifier_changes(old, new, probe)
            access += edge_changes(old, new, probe)
        access += (_change(fact, found, replay, routes) for fact, found in told.items())
    access.sort(key=lambda change: (change.direction != "widens", bool(change.routes)))
    sentences = [change.sentence for change in access]
    told_of = {ident for change in access for ident in change.routes}
    settings = (*setting_changes(old, new, pairs), *verifier_settings(old, new, sentences), *_listed(pairs, told_of))
    rest = tuple(policy_leftovers(old, new))
    found = tuple(access)
    return Difference(verdict_of(found, bool(settings or rest)), found, settings, rest, names.listed())


def _change(fact: Fact, found: Sequence[tuple[Paired, Finding]], replay: Replay, routes: Routes) -> AccessChange:
    """One fact about all its routes, with a witness on one of the first."""
    shown: Witness | None = None
    for pair, finding in found[:_TRIED]:
        shown = replay.witness(finding, pair)
        if shown is not None:
            break
    first_pair, first = found[0]
    if shown is None and not replay.asks_elsewhere(first):
        proven = routes.proven(first_pair, first)
        shown = None if proven is None else replay.witness(proven, first_pair)
    decided = first.decided and (shown is not None or replay.asks_elsewhere(first))
    ids = tuple(dict.fromkeys(pair.id for pair, _ in found))
    return AccessChange(fact.direction, fact.sentence(first_pair.id), ids, shown, decided, first.old_at, first.new_at)


def _listed(pairs: Iterable[Paired], told: set[str]) -> Iterator[SettingChange]:
    """Auth methods routes list in one version only, where that lets nobody in or out: what is asked for, and refusals, change."""
    found: dict[tuple[str, str], list[tuple[str, Route, Route]]] = {}
    for pair in pairs:
        if pair.old is None or pair.new is None or not pair.kept or pair.id in told:
            continue
        before, after = (", ".join(" and ".join(names) for names in alternatives_of(r)) for r in (pair.old, pair.new))
        if set(alternatives_of(pair.old)) != set(alternatives_of(pair.new)):
            found.setdefault((before, after), []).append((pair.id, pair.old, pair.new))
    for (before, after), routes in found.items():
        at = (routes[0][1].one(Authenticate).pos, routes[0][2].one(Authenticate).pos)
        ids = tuple(ident for ident, _, _ in routes)
        yield SettingChange("keys", "auth methods listed", before, after, "changed", ids, *at)


def _outside_differs(old: Policy, new: Policy) -> bool:
    """Whether anything before the routes' grants differs."""
    return (
        old.verifiers != new.verifiers or set(old.hosts) != set(new.hosts)
        or old.edge.address.trusted_proxies != new.edge.address.trusted_proxies
        or _asked(old.routes) != _asked(new.routes)
    )  # fmt: skip


def _asked(routes: Iterable[Route]) -> set[object]:
    """CSRF headers and revocations some route has."""
    return {asked for route in routes for asked in (route.one(Authenticate).csrf_header, route.first(Revocation))}


class _Ways:
    """Some routes of every auth method that let somebody in in both versions."""

    def __init__(self, pairs: Sequence[Paired], routes: Routes) -> None:
        self._routes = routes
        kept = [pair for pair in pairs if pair.kept and pair.old is not None and pair.new is not None]
        self._by_method: dict[str, list[tuple[Paired, tuple[str, ...]]]] = {}
        for pair in kept:
            for alternative in routes.shared(pair):
                listed = self._by_method.setdefault(alternative[0], [])
                if len(listed) < _WAYS:
                    listed.append((pair, alternative))
        public = [(pair, ()) for pair in kept if pair.old is not None and pair.old.public and not routes.shared(pair)]
        every = [(pair, alternative) for pair in kept for alternative in routes.shared(pair)]
        limited = [(pair, alternative) for pair, alternative in every if _limited(pair)]
        unsafe = [(pair, alternative) for pair, alternative in every if pair.method not in ("GET", "HEAD")]
        some = [entry for listed in self._by_method.values() for entry in listed[:2]]
        self._any: list[tuple[Paired, tuple[str, ...]]] = [*public[:1], *limited[:_WAYS], *unsafe[:_WAYS], *some[:_WAYS]]

    def paths(self) -> Iterable[Path]:
        """Where the ways lead."""
        yield from (pair.path for pair, _ in self._any)
        yield from (pair.path for listed in self._by_method.values() for pair, _ in listed)

    def of(self, name: str, record: str = "") -> Sequence[Way]:
        """Ways with the auth method *name* (and one of its keys); any, for the empty name."""
        listed = self._by_method.get(name, []) if name else self._any
        found = (self._routes.way(pair, alternative, record) for pair, alternative in listed)
        return tuple(islice((way for way in found if way is not None), _WAYS))


def _limited(pair: Paired) -> bool:
    return any(route is not None and admitted(route.one(ClientAddress).rules) != EVERYWHERE for route in (pair.old, pair.new))
