"""Small makers of forms and slots, so that lowering reads like the sentences it lowers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seccfg.ir.policy import Bearer, CookiePlace, Cors, HeaderPlace, Place, QueryPlace
from seccfg.program import patterns
from seccfg.program.model import All, Always, Any, Compare, Form, Known, Matches, OneOf, Slot

__all__ = [
    "all_of", "any_of", "claim_key", "count_is", "given", "line", "matches", "origin_allowed", "place_id", "pointer",
]


def all_of(forms: Iterable[Form]) -> Form:
    """`All` of *forms*, flat and without constants."""
    found: list[Form] = []
    for form in forms:
        if form == Always(False):
            return form
        if isinstance(form, All):
            found += form.items
        elif form != Always(True):
            found.append(form)
    return All(tuple(found)) if len(found) > 1 else found[0] if found else Always(True)


def any_of(forms: Iterable[Form]) -> Form:
    """`Any` of *forms*, flat and without constants."""
    found: list[Form] = []
    for form in forms:
        if form == Always(True):
            return form
        if isinstance(form, Any):
            found += form.items
        elif form != Always(False):
            found.append(form)
    return Any(tuple(found)) if len(found) > 1 else found[0] if found else Always(False)


def line(header: str) -> Slot:
    """The header's only line."""
    return Slot("line", header)


def count_is(header: str, number: int) -> Form:
    """There are exactly that many lines of the header."""
    return Compare(Slot("count", header), "==", number)


def matches(slot: Slot, pattern: str, expect: bool = True) -> Form:
    """The pattern is found in the text, or is not."""
    return Matches(slot, patterns.compiled(pattern), expect)


def given(slot: Slot, form: Form) -> Form:
    """The form, where the slot is there at all."""
    return any_of((Known(slot, False), form))


def origin_allowed(cors: Cors | None) -> Form:
    """The request's only `Origin` line is one the profile allows."""
    if cors is None:
        return Always(False)
    origin = line("origin")
    if cors.any_origin:
        return matches(origin, patterns.ANY_ORIGIN)
    exact = tuple(allowed.text for allowed in cors.origins if not allowed.one_label)
    forms: list[Form] = [OneOf(origin, exact)] if exact else []
    forms += (matches(origin, patterns.one_label_origin(allowed)) for allowed in cors.origins if allowed.one_label)
    return any_of(forms)


def place_id(place: Place) -> str:
    """`bearer`, `header x-api-key`, `cookie __Host-session` or `query key`: the key of a place's slots."""
    match place:
        case Bearer():
            return "bearer"
        case HeaderPlace(name):
            return f"header {name}"
        case CookiePlace(name):
            return f"cookie {name}"
        case QueryPlace(name):
            return f"query {name}"


def pointer(path: Sequence[str]) -> str:
    """A path of member names as a JSON pointer (RFC 6901)."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path)


def claim_key(method: str, path: Sequence[str]) -> str:
    """The key of a claim's slots: `staff /realm_access/roles`."""
    return f"{method} {pointer(path)}"
