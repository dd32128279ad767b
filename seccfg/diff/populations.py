"""Principals that an auth method lets in, in groups that no condition tells apart, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seccfg.diff.sentences import listing
from seccfg.expr.ast import attributes
from seccfg.ir.policy import CertVerifier, FromClaims, KeyRecord, KeyVerifier, Policy, Verifier
from seccfg.record import Record, replace

__all__ = ["Population", "Populations", "records_by_id", "verifier_of"]

_SHOWN = 4


class Population(Record):
    """Holders of tokens or certificates of one method, or of keys that are alike."""

    label: str
    """How they are called where neither roles nor clients tell them apart; empty for holders of tokens."""
    old: KeyRecord | None = None
    new: KeyRecord | None = None
    in_old: bool = True
    in_new: bool = True
    ident: str = ""
    """Id of a key record of the group."""


class Populations:
    """The populations of every auth method of two versions."""

    def __init__(self, old: Policy, new: Policy) -> None:
        self._old = old
        self._new = new
        self._known: dict[str, tuple[Population, ...]] = {}
        self._subject, self._attributes = _reads(old, new)

    def of(self, name: str) -> tuple[Population, ...]:
        """Those of the auth method *name*."""
        found = self._known.get(name)
        if found is None:
            old, new = verifier_of(self._old, name), verifier_of(self._new, name)
            found = self._known[name] = tuple(self._make(name, old, new))
        return found

    def holding(self, name: str, ident: str) -> Population:
        """The key *ident* of the auth method *name*, by itself."""
        old, new = (records_by_id(verifier_of(policy, name)).get(ident) for policy in (self._old, self._new))
        return Population("", old, new, old is not None, new is not None, ident)

    def _make(self, name: str, old: Verifier | None, new: Verifier | None) -> Iterator[Population]:
        if old is not None and new is not None and type(old) is not type(new):
            yield from (replace(p, in_new=False) for p in self._make(name, old, None))
            yield from (replace(p, in_old=False) for p in self._make(name, None, new))
            return
        some = new or old
        if isinstance(some, KeyVerifier):
            yield from self._keys(name, records_by_id(old), records_by_id(new))
            kept_old, kept_new = _kept_elsewhere(old), _kept_elsewhere(new)
            if kept_old or kept_new:  # keys nobody here knows: with any roles, as tokens have
                yield Population("", in_old=kept_old, in_new=kept_new)
        else:
            label = f"certificates of `{name}`" if isinstance(some, CertVerifier) else ""
            yield Population(label, in_old=old is not None, in_new=new is not None)

    def _keys(self, name: str, old: Mapping[str, KeyRecord], new: Mapping[str, KeyRecord]) -> Iterator[Population]:
        groups: dict[tuple[object, ...], list[tuple[str, KeyRecord | None, KeyRecord | None]]] = {}
        for ident in dict.fromkeys((*old, *new)):
            was, is_ = old.get(ident), new.get(ident)
            if was is not None and is_ is not None and was.sha256 != is_.sha256:  # another secret: another key
                groups.setdefault((ident, "old"), []).append((ident, was, None))
                groups.setdefault((ident, "new"), []).append((ident, None, is_))
            else:
                groups.setdefault((self._profile(was), self._profile(is_)), []).append((ident, was, is_))
        for members in groups.values():
            ident, was, is_ = members[0]
            label = _label([ident for ident, _, _ in members])
            if was is None and old:
                label = f"new {label}"
            elif is_ is None and new:
                label = f"former {label}"
            elif len(groups) == 1:
                label = "every key"
            yield Population(f"{label} of `{name}`", was, is_, was is not None, is_ is not None, ident)

    def _profile(self, record: KeyRecord | None) -> tuple[object, ...]:
        """What of a key decides what its holder may do."""
        if record is None:
            return ()
        told: tuple[object, ...] = (tuple(sorted(set(record.roles))), tuple(sorted(set(record.scopes))))
        return told + (record.subject,) * self._subject + (record.attributes,) * self._attributes


def _label(idents: list[str]) -> str:
    more = " and more" if len(idents) > _SHOWN else ""
    return f"{'keys' if len(idents) > 1 else 'key'} {listing(idents[:_SHOWN], 'and')}{more}"


def _reads(old: Policy, new: Policy) -> tuple[bool, bool]:
    """Whether some condition reads the subject, and whether one reads an attribute credentials carry."""
    subject = carried = False
    for policy in (old, new):
        claims = {(a.side, a.name) for a in policy.attrs if isinstance(a.source, FromClaims)}
        for condition in policy.conditions:
            read = attributes(condition.expr)
            subject = subject or ("principal", "subject") in read
            carried = carried or bool(read & claims)
    return subject, carried


def verifier_of(policy: Policy, name: str) -> Verifier | None:
    """The auth method of that name; None when no route of *policy* names it."""
    return next((v for v in policy.verifiers if v.name == name), None)


def records_by_id(verifier: Verifier | None) -> dict[str, KeyRecord]:
    """The key records the spec's file holds."""
    return {record.id: record for record in verifier.records} if isinstance(verifier, KeyVerifier) else {}


def _kept_elsewhere(verifier: Verifier | None) -> bool:
    """Whether a deployment keeps the records."""
    return isinstance(verifier, KeyVerifier) and bool(verifier.store.env)
