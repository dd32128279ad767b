"""What else two policies and their specs say differently: it decides nothing a request shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from seccfg.diff.controls import both, sets
from seccfg.diff.model import Renaming, RestChange, SettingChange, Strength
from seccfg.diff.same import different_keys
from seccfg.findings import Span, SpecPath, render_path
from seccfg.ir.policy import (
    Authorize,
    CertVerifier,
    Evidence,
    IntrospectVerifier,
    JwtVerifier,
    KeyVerifier,
    Policy,
    Verifier,
)
from seccfg.source.document import Data, DataMap, Document

__all__ = ["Parts", "apart", "document_leftovers", "policy_leftovers", "verifier_settings"]

_MASK: Final = "(secret)"
_SECRETS: Final[tuple[tuple[str, ...], ...]] = (
    ("clients", "*", "secret", "**"), ("tests", "*", "request", "headers", "**"), ("tests", "*", "request", "body", "**"),
    ("audit", "sinks", "**"), ("auth", "*", "keys", "**"), ("auth", "*", "secret", "**"), ("targets", "**"),
)  # fmt: skip
"""Where secrets, or what may hold one, stand in a spec: by place, so that no spelling gets past."""

_WORDS_OF_TARGETS: Final = frozenset({"api", "edition", "format", "mode", "prefer", "tier", "version"})
"""Options of targets that are one word out of a few, whoever the target is from."""

_KEPT: Final[Mapping[str, frozenset[str]]] = {
    "roles": frozenset({"permissions", "inherits"}), "clients": frozenset({"client_id", "tokens"}),
}  # fmt: skip
"""Keys of a named entry that the policies were compared by."""
_OF_METHODS: Final = frozenset({"rotation"})
_OF_ROUTES: Final = frozenset({"data", "compliance"})
Parts = tuple[DataMap, DataMap]
"""Of an old and a new document what the other does not say."""
_BY_NAME: Final = frozenset({*_KEPT, "auth", "routes"})
"""Sections of which what is left is taken entry by entry."""
_WHOLE: Final = ("invariants", "tests", "waivers", "targets")


# ------------------------------------------------------------------------------------------------------------ policies
def verifier_settings(old: Policy, new: Policy, told: Sequence[str]) -> Iterator[SettingChange]:
    """
    Settings of auth methods that let nobody in or out.

    Args:
        told: The sentences about access: what one of them says is not said again.
    """
    others = {verifier.name: verifier for verifier in old.verifiers}
    for verifier in new.verifiers:
        other = others.get(verifier.name)
        if other is None or type(other) is not type(verifier):
            continue
        for what, before, after, strength in _of_verifier(other, verifier, told):
            yield SettingChange("keys", f"`{verifier.name}` {what}", before, after, strength, (), other.pos, verifier.pos)


def _of_verifier(old: Verifier, new: Verifier, told: Sequence[str]) -> Iterator[tuple[str, str, str, Strength]]:
    yield from _set("may assert roles", old.asserts, new.asserts)
    if not isinstance(old, (KeyVerifier, CertVerifier)) and not isinstance(new, (KeyVerifier, CertVerifier)):
        yield from _claims(old, new)
    match old, new:
        case JwtVerifier(), JwtVerifier():
            silent = [a for a in set(old.algorithms) ^ set(new.algorithms) if not any(f"with {a}" in words for words in told)]
            if silent:
                yield from _set("algorithms", old.algorithms, new.algorithms)
            for what, before, after in (
                ("refetches keys after seconds", old.jwks.refresh_s, new.jwks.refresh_s),
                ("uses keys for seconds without refetching", old.jwks.max_stale_s, new.jwks.max_stale_s),
            ):
                if before != after:
                    longer: Strength = "weaker" if after > before else "stronger"
                    yield what, str(before), str(after), longer
        case IntrospectVerifier(), IntrospectVerifier():
            if old.cache_s != new.cache_s:
                kept: Strength = "weaker" if new.cache_s > old.cache_s else "stronger"
                yield "remembers answers for seconds", str(old.cache_s), str(new.cache_s), kept
            if (old.credential.env, old.credential.file) != (new.credential.env, new.credential.file):
                yield ("credential", *both(lambda v: v.credential.env or v.credential.file, old, new), "changed")
        case KeyVerifier(), KeyVerifier():
            if old.store.file != new.store.file and old.store.env == new.store.env:
                yield ("key file", *both(lambda v: v.store.file, old, new), "changed")
        case CertVerifier(), CertVerifier():
            if old.host != new.host:
                yield ("host", *both(lambda v: v.host, old, new), "changed")
        case _:
            return


def _claims(
    old: JwtVerifier | IntrospectVerifier, new: JwtVerifier | IntrospectVerifier
) -> Iterator[tuple[str, str, str, Strength]]:
    """Where attributes, roles and scopes are taken from: what the service behind is told follows from it too."""
    before, after = ({a.name: ".".join(a.path) for a in v.attributes} for v in (old, new))
    for side, verifier in ((before, old), (after, new)):
        side.update({"the roles": ".".join(verifier.roles_claim), "the scopes": ".".join(verifier.scopes_claim)})
    for name in sorted(before.keys() | after.keys()):
        if before.get(name, "") != after.get(name, ""):
            yield f"takes {name} from claim", before.get(name, ""), after.get(name, ""), "changed"
    ids, ids_now = dict(old.clients), dict(new.clients)
    for name in sorted(ids.keys() & ids_now.keys()):
        if ids[name] != ids_now[name]:
            yield f"knows client {name} by", ids[name], ids_now[name], "changed"


def _set(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str, str, Strength]]:
    for change in sets("keys", what, old, new, "weaker"):
        yield change.what, change.before, change.after, change.strength


def policy_leftovers(old: Policy, new: Policy) -> Iterator[RestChange]:
    """Names, declared roles, where grants are decided, and what only people read."""

    def change(path: SpecPath, before: str, after: str) -> RestChange:
        return RestChange(render_path(path), before, after, old.pos.span(path), new.pos.span(path))

    if old.name != new.name:
        yield change(("service", "name"), old.name, new.name)
    before, after = dict(old.roles), dict(new.roles)
    for role in sorted(before.keys() | after.keys()):
        if before.get(role) != after.get(role):
            told = both(lambda gives: "" if gives is None else f"gives {', '.join(gives)}", before.get(role), after.get(role))
            yield change(("roles", role), *told)
    yield from (
        change(path, was, is_) for path, was, is_ in _of_evidence(old.evidence, new.evidence) if was != is_
    )
    routes = {route.id: route for route in old.routes}
    for route in new.routes:
        other = routes.get(route.id)
        decided, decided_now = ([] if r is None else _deciders(r.first(Authorize)) for r in (other, route))
        if other is not None and len(decided) == len(decided_now) and decided != decided_now:
            yield change((*route.at, "allow"), f"decided by {', '.join(decided)}", f"decided by {', '.join(decided_now)}")


def _deciders(authorize: Authorize | None) -> list[str]:
    return [] if authorize is None else [grant.decided_by for grant in authorize.allow]


def _of_evidence(old: Evidence, new: Evidence) -> Iterator[tuple[SpecPath, str, str]]:
    for path, word in (
        (("service", "title"), lambda e: e.title), (("service", "owner"), lambda e: e.owner),
        (("service", "contact"), lambda e: e.contact), (("service", "data"), lambda e: ", ".join(e.data)),
        (("compliance",), lambda e: ", ".join(e.compliance)),
    ):  # fmt: skip
        yield (path, *both(word, old, new))
    yield (("accept",), *both(_accepted, old, new))
    before, after = dict(old.reasons), dict(new.reasons)
    for route in sorted(before.keys() & after.keys()):
        method, _, template = route.partition(" ")
        yield ("routes", template, method.lower(), "reason"), before[route], after[route]


def _accepted(evidence: Evidence) -> str:
    return "; ".join(sorted(f"{a.target} {a.gap} at {a.at} {a.bound} until {a.expires}" for a in evidence.accept))


# ----------------------------------------------------------------------------------------------------------- documents
def document_leftovers(old: Document, new: Document, parts: Parts, renamed: tuple[Renaming, ...]) -> Iterator[RestChange]:
    """
    What the specs say that no policy holds: clients' flows, tests, owners, waivers, options of targets.

    Args:
        parts: What `apart` makes of them.
    """
    before, after = map(_left, parts)
    for section in sorted(before.keys() | after.keys()):
        one, other = (_in_new_words(side.get(section), renamed) for side in (before, after))
        if _text(one) != _text(other):
            yield from _where_different(section, one, other, old, new)


def apart(old: DataMap, new: DataMap, sections: Iterable[str]) -> Parts:
    """
    What only one of both says: *sections*, which differ, and of those with named entries the entries that do.

    A route's path, a role, a client and an auth method are such entries: what both say alike leaves nothing over.
    """
    found: Parts = ({}, {})
    for section in sections:
        one, other = old.get(section), new.get(section)
        if section in _BY_NAME and isinstance(one, dict) and isinstance(other, dict):
            names = different_keys(one, other)
            one, other = ({name: side[name] for name in side if name in names} for side in (one, other))
        for part, side, said in ((found[0], old, one), (found[1], new, other)):
            if section in side:
                part[section] = said
    return found


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _left(data: DataMap) -> DataMap:
    """The parts of a spec that the policies were not compared by."""
    found: DataMap = {key: data[key] for key in _WHOLE if key in data}
    accepted = data.get("accept")
    if isinstance(accepted, list):  # gaps are told as the policies have them
        found["accept"] = [entry for entry in accepted if isinstance(entry, dict) and "widening" in entry]
    for section, known in _KEPT.items():
        entries = data.get(section)
        if isinstance(entries, dict):
            found[section] = {name: _less(entry, known) for name, entry in entries.items() if _less(entry, known)}
    for section, kept in (("auth", _OF_METHODS), ("routes", _OF_ROUTES)):
        entries = data.get(section)
        if isinstance(entries, dict):
            found[section] = {name: only for name, entry in entries.items() if (only := _only(entry, kept))}
    return {section: value for section, value in found.items() if value}


def _less(entry: Data, known: frozenset[str]) -> Data:
    return {key: value for key, value in entry.items() if key not in known} if isinstance(entry, dict) else entry


def _only(entry: Data, kept: frozenset[str]) -> DataMap:
    """The kept keys of an entry, and of the methods below a path."""
    if not isinstance(entry, dict):
        return {}
    found: DataMap = {key: value for key, value in entry.items() if key in kept}
    for key, value in entry.items():
        below = _only(value, kept) if key.islower() and len(key) <= 7 and isinstance(value, dict) else {}
        if below:
            found[key] = below
    return found


def _in_new_words(value: Data, renamed: tuple[Renaming, ...]) -> Data:
    """*value* with every name that changed said in the new way, in keys and texts, wherever it stands as a word."""
    if isinstance(value, dict):
        return {_reworded(key, renamed): _in_new_words(below, renamed) for key, below in value.items()}
    if isinstance(value, list):
        return [_in_new_words(item, renamed) for item in value]
    return _reworded(value, renamed) if isinstance(value, str) else value


def _reworded(text: str, renamed: tuple[Renaming, ...]) -> str:
    for name in renamed:
        if name.old in text:
            text = re.sub(rf"(?<![\w-]){re.escape(name.old)}(?![\w-])", name.new.replace("\\", r"\\"), text)
    return text


def _where_different(section: str, one: Data, other: Data, old: Document, new: Document) -> Iterator[RestChange]:
    from deepdiff import DeepDiff

    empty: Data = [] if isinstance(one, list) or isinstance(other, list) else {}
    one, other = (empty if side is None else side for side in (one, other))

    tree = DeepDiff(one, other, view="tree", ignore_order=False, ignore_type_in_groups=[], ignore_private_variables=False)
    changes = {(section, *item.path(output_format="list")): (item.t1, item.t2) for kind in tree.values() for item in kind}
    for path in sorted(changes, key=str):
        before, after = changes[path]
        masked = _is_secret(path) and not (_is_word_of_target(path) and _one_word(before) and _one_word(after))
        told = (_mask(before), _mask(after)) if masked else both(_shown, before, after)
        yield RestChange(render_path(path), *told, _at(old, path), _at(new, path))


def _at(document: Document, path: SpecPath) -> Span:
    return document.span(path, key=True)


def _shown(value: object) -> str:
    """A value in one line; deepdiff marks what is not there by an object of its own."""
    if type(value).__name__ == "NotPresent":
        return ""
    return value if isinstance(value, str) else _text(value)


def _is_secret(path: SpecPath) -> bool:
    return any(_fits(pattern, path) for pattern in _SECRETS)


def _mask(value: object) -> str:
    return "" if type(value).__name__ == "NotPresent" else _MASK


def _is_word_of_target(path: SpecPath) -> bool:
    return len(path) == 3 and path[0] == "targets" and path[2] in _WORDS_OF_TARGETS


def _one_word(value: object) -> bool:
    return type(value).__name__ == "NotPresent" or (isinstance(value, str) and value.replace("-", "").isalnum() and len(value) < 16)


def _fits(pattern: tuple[str, ...], path: SpecPath) -> bool:
    for at, part in enumerate(pattern):
        if part == "**":
            return True
        if at >= len(path) or part not in ("*", str(path[at])):
            return at >= len(path)  # above a secret: what is shown would hold it
    return len(path) >= len(pattern)
