"""Fixes that take something away: what decides nothing, what has ended, and what should not be there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from seccfg.findings import SpecPath
from seccfg.lint.fixes.model import Case, Fix, Maker, to_list, to_map
from seccfg.source.edits import Edit, RemoveComment, RemoveKey
from seccfg.spec.rules.effective import METHODS

__all__ = ["REMOVALS"]


def _gone(title: str, *, safe: bool, above: int = 0) -> Maker:
    """What the finding is at goes, or what it is in, *above* levels up."""

    def make(case: Case) -> Fix | None:
        at = case.path[: len(case.path) - above]
        return Fix(title, (RemoveKey(at),), safe) if at else None

    return make


def _one_of_several(title: str) -> Maker:
    """An item of a list goes, unless it is the last one: the list has to say something."""

    def make(case: Case) -> Fix | None:
        return Fix(title, (RemoveKey(case.path),), False) if len(case.listed(*case.path[:-1])) > 1 else None

    return make


def _silencer(case: Case) -> Fix | None:
    if case.path:
        return Fix("remove the waiver", (RemoveKey(case.path),), True)
    return Fix("remove the comment", (RemoveComment(case.finding.at),), True)


def _comment_without_reason(case: Case) -> Fix | None:
    """It silences nothing; but who wrote it may know the reason."""
    return None if case.path else Fix("remove the comment", (RemoveComment(case.finding.at),), False)


def _taken_back(case: Case) -> Fix | None:
    """An item of a `without:` goes, and `without` itself when it takes nothing else away."""
    where = case.path.index("without")
    without = case.path[: where + 1]
    return Fix("let it hold here again", (RemoveKey(_nothing_else(case, without) or case.path),), False)


def _nothing_else(case: Case, without: SpecPath) -> SpecPath | None:
    """`without` where it takes away nothing but the item the finding is at."""
    if len(case.named(*without).keys() - {"reason"}) != 1:
        return None
    for depth in range(len(without) + 1, len(case.path)):
        value = case.get(*case.path[:depth])
        if not isinstance(value, (dict, list)) or len(value) != 1:
            return None
    return without


def _recorded_again(case: Case) -> Fix | None:
    """More is written down, and nothing else changes."""
    fix = _taken_back(case)
    return None if fix is None else Fix("record it again", fix.edits, True)


def _limit_again(case: Case) -> Fix | None:
    """A limit that `without` takes away holds again; else the one limit by address is named."""
    taken = (*case.path, "without", "rate_limits")
    if case.listed(*taken):
        rest = {key for key in case.named(*case.path, "without") if key not in ("reason", "rate_limits")}
        return Fix("let the limit hold here", (RemoveKey(taken if rest else taken[:-1]),), False)
    names = [
        name for name, limit in case.named("rate_limits").items()
        if isinstance(limit, dict) and limit.get("by") == "ip" and limit.get("count", "request") == "request"
    ]  # fmt: skip
    if len(names) != 1 or not case.named(*case.path):
        return None
    return Fix(f"limit it by {names[0]}", (to_list(case, (*case.path, "rate_limits"), names[0]),), False)


def _software_unnamed(case: Case) -> Fix | None:
    """Not set here, and taken out of what the service says."""
    name = str(case.path[-1])
    removed = ("headers", "remove")
    edits: list[Edit] = [RemoveKey(case.path)]
    if not any(str(item).lower() == name.lower() for item in case.listed(*removed)):
        edits.insert(0, to_list(case, removed, name))
    return Fix(f"send no {name}", tuple(edits), True)


def _hsts_once(case: Case) -> Fix | None:
    """The header's promise as `tls.hsts`, which is said over TLS only."""
    edits: list[Edit] = [RemoveKey(case.path)]
    if not case.named("tls", "hsts"):
        promise = _promise(case.text(*case.path))
        if promise is None:
            return None
        edits.insert(0, to_map(case, ("tls",), "hsts", promise))
    return Fix("say it with tls.hsts", tuple(edits), False)


def _promise(header: str) -> dict[str, object] | None:
    said = [part.strip().lower() for part in header.split(";")]
    age = next((part.removeprefix("max-age=").strip('"') for part in said if part.startswith("max-age=")), "")
    if not age.isdecimal() or int(age) < 1:
        return None
    promise: dict[str, object] = {"max_age": f"{int(age) // 86_400}d" if int(age) % 86_400 == 0 else f"{int(age)}s"}
    if "includesubdomains" in said:
        promise["include_subdomains"] = True
    if "preload" in said:
        promise["preload"] = True
    return promise


def _limit_without_effect(case: Case) -> Fix | None:
    """From every list that names it, then its definition."""
    name = case.path[-1]
    edits: list[Edit] = [RemoveKey(at) for at in _naming(case, name)]
    return Fix("remove the limit", (*edits, RemoveKey(case.path)), False)


def _naming(case: Case, name: str | int) -> list[SpecPath]:
    levels: list[SpecPath] = [("defaults",)]
    for template, item in case.named("routes").items():
        levels += [("routes", template), *(("routes", template, key) for key in METHODS if key in _keys(item))]
    found: list[SpecPath] = []
    for level in levels:
        for key in ("rate_limits",), ("without", "rate_limits"):
            listed = case.listed(*level, *key)
            if name in listed:
                found.append((*level, *key, listed.index(name)))
    return found


def _keys(item: object) -> Collection[object]:
    return item.keys() if isinstance(item, dict) else ()


REMOVALS: Final[Mapping[str, Maker]] = {
    "AUDIT007": _recorded_again,
    "AUTH017": _gone("give the device no secret", safe=False),
    "AUTHZ004": _gone("remove the definition", safe=False),
    "AUTHZ008": _one_of_several("remove the grant"),
    "AUTHZ009": _one_of_several("remove the grant"),
    "AUTHZ018": _gone("remove what is inherited anyway", safe=True),
    "AUTHZ020": _taken_back,
    "AUTHZ022": _one_of_several("remove it from `if`"),
    "CORS006": _gone("do not expose it", safe=False),
    "CORS008": _gone("remove the header", safe=False),
    "DATA202": _software_unnamed,
    "DATA205": _gone("answer as the standard says", safe=False),
    "DATA208": _gone("remove the header", safe=True),
    "DATA209": _hsts_once,
    "INPUT016": _gone("remove the body", safe=False),
    "LIMIT001": _limit_again,
    "LIMIT002": _limit_again,
    "LIMIT006": _gone("remove the tier", safe=False),
    "LIMIT007": _limit_without_effect,
    "REF101": _silencer,
    "REF102": _silencer,
    "REF103": _comment_without_reason,
    "REF104": _gone("remove the definition", safe=False),
    "REF105": _gone("remove the acceptance", safe=True, above=1),
    "TLS005": _one_of_several("do not offer the suite"),
    "TLS008": _gone("serve it over TLS only", safe=False),
}
