"""Which rules a run looks at: `--select` and `--ignore` with ids, names, areas and prefixes of ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seccfg.findings import InputError
from seccfg.lint.index import INDEX
from seccfg.record import Record

__all__ = ["ALL_RULES", "Selection", "selection"]


class Selection(Record):
    """The rules that count: those of `ids`, or all of them when `everything`, load findings included."""

    everything: bool = True
    ids: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()

    def has(self, rule: str) -> bool:
        """Whether findings of *rule* are wanted."""
        return (self.everything or rule in self.ids) and rule not in self.ignored


ALL_RULES = Selection()


def selection(select: Sequence[str], ignore: Sequence[str]) -> Selection:
    """
    The rules that *select* names (none: all), less those of *ignore*.

    Raises:
        InputError: a name that stands for no rule: a misspelt one would silently check nothing.
    """
    if not select and not ignore:
        return ALL_RULES
    return Selection(not select, frozenset(_ids(select)), frozenset(_ids(ignore)))


def _ids(names: Iterable[str]) -> Iterable[str]:
    from seccfg.lint.catalogue import load_rules

    known = [(entry.id, entry.name) for entry in INDEX] + [(rule.id, rule.name) for rule in load_rules()]
    for name in names:
        found = [ident for ident, words in known if _means(name, ident, words)]
        if not found:
            raise InputError(_unknown(name, known))
        yield from found


def _means(name: str, ident: str, words: str) -> bool:
    """Letters alone are an area, so that `AUTH` leaves `AUTHZ` out; with digits any beginning of an id will do."""
    if name.isalpha() and name.isupper():
        return ident.rstrip("0123456789") == name
    return name == words or (name[-1:].isdigit() and ident.startswith(name))


def _unknown(name: str, known: Sequence[tuple[str, str]]) -> str:
    from seccfg.source.files import show
    from seccfg.source.suggest import did_you_mean

    words = [word for pair in known for word in pair] + sorted({ident.rstrip("0123456789") for ident, _ in known})
    return f"`{show(name)}` is no rule{did_you_mean(name, words)}"
