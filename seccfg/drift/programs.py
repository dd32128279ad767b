"""What lines of code are about: by the section they stand in, the member they name, or what uses their section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from seccfg.drift.trees import ABSENT, Step
from seccfg.record import Record, replace
from seccfg.targetapi.attribution import Code, Meaning, Section

__all__ = ["Hunk", "Program", "hunks"]

_MEMBER = re.compile(r"""["'\[]*([A-Za-z_$][\w$.-]*)["'\]]*\s*(?:=(?!=)|:)""")
_TOKEN = re.compile(r"[\w.-]+|\s+|.")
_MANY_LINES = 4000


class Hunk(Record):
    """A line that is otherwise; None where one side has none. `follows`: right after the hunk before."""

    expected: str | None
    expected_at: int
    found: str | None
    found_at: int
    follows: bool


def hunks(expected: Sequence[str], found: Sequence[str]) -> Iterator[Hunk]:
    """Lines that differ, one of each side beside each other where as many were there."""
    head = next(
        (n for n, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), min(len(expected), len(found))
    )
    most = min(len(expected), len(found)) - head
    tail = next((n for n in range(most) if expected[-1 - n] != found[-1 - n]), most)
    ours, theirs = expected[head : len(expected) - tail], found[head : len(found) - tail]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=max(len(ours), len(theirs)) > _MANY_LINES)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        for n in range(max(b - a, d - c)):
            yield Hunk(
                ours[a + n] if a + n < b else None,
                head + min(a + n, b),
                theirs[c + n] if c + n < d else None,
                head + min(c + n, d),
                n > 0,
            )


class _Block(Record):
    """Lines of one section. `means` None: what uses it says."""

    means: Meaning | None
    members: bool
    names: frozenset[str]
    refers: frozenset[str]
    routes: tuple[str, ...]
    text: str
    known: Mapping[str, Meaning]


class Program:
    """The code of a state, cut into sections."""

    def __init__(self, codes: Sequence[tuple[tuple[Step, ...], list[str], Code]]) -> None:
        self._codes = {path: code for path, _, code in codes}
        self._lines = {path: lines for path, lines, _ in codes}
        self._blocks: list[_Block] = []
        self._at: dict[tuple[Step, ...], list[int]] = {}
        for path, lines, code in codes:
            self._at[path] = self._cut(lines, code)
        self._users: dict[str, list[int]] = {}
        for number, block in enumerate(self._blocks):
            for name in block.refers - block.names:
                self._users.setdefault(name, []).append(number)

    def _cut(self, lines: list[str], code: Code) -> list[int]:
        """The section of each line."""
        starts = [(re.compile(section.starts), section) for section in code.sections]
        regions = [(re.compile(pattern), name) for pattern, name in code.regions]
        begins = re.compile("|".join(f"(?:{section.starts})" for section in code.sections) or r"\Z.")
        region = ""
        at: list[int] = []
        pieces: list[tuple[Section | None, list[str]]] = [(None, [])]
        within = [""]
        for line in lines:
            region = next((name for pattern, name in regions if pattern.search(line)), region)
            fitting = (one for pattern, one in starts if one.region in ("", region) and pattern.search(line))
            section = next(fitting, None) if begins.search(line) else None
            if section is not None:
                pieces.append((section, []))
                within.append(region)
            pieces[-1][1].append(line)
            at.append(len(self._blocks) + len(pieces) - 1)
        outer, indent = frozenset[str](), 0
        for (section, own), where in zip(pieces, within, strict=True):
            here = _indent(own[0]) if own else 0
            block = _block(section, own, code, outer if here > indent else frozenset(), where)
            if here <= indent or not outer:
                outer, indent = block.names, here
            self._blocks.append(block)
        return at

    def meaning(
        self, path: tuple[Step, ...], at: int, expected: str | None, found: str | None
    ) -> tuple[Meaning | None, object, object]:
        """What the line is about, and what was taken out of it and put into it."""
        block = self._block(path, at)
        removed, added, before = _parted(expected, found)
        means = block.means or self._ahead(path, at) or self._of(block, set())
        if block.members:
            known = self._codes[path].members
            names = [*_members(removed), *_members(added), *reversed(_members(before)), *self._enclosing(path, at)]
            for name in names:
                member = known.get(f"{means.control}.{name}") if means else None
                member = member or known.get(name)
                if member is not None:
                    return member, removed or ABSENT, added or ABSENT
        return means, removed or ABSENT, added or ABSENT

    def _ahead(self, path: tuple[Step, ...], at: int) -> Meaning | None:
        """What the lines of the section say from *at* on, or else before it."""
        lines, sections = self._lines[path], self._at[path]
        at = min(at, len(lines) - 1)
        for pattern, told in self._codes[path].ahead:
            for order in (range(at, len(lines)), range(at - 1, -1, -1)):
                for number in order:
                    if sections[number] != sections[at]:
                        break
                    found = re.search(pattern, lines[number])
                    if found and found[1] in told:
                        return replace(
                            told[found[1]], weaker="unknown"
                        )  # what a check asks for, a line alone does not say
        return None

    def _enclosing(self, path: tuple[Step, ...], at: int) -> Iterator[str]:
        """Members that the line stands in, the nearest first."""
        lines, sections = self._lines[path], self._at[path]
        at = min(at, len(lines) - 1)
        indent = _indent(lines[at])
        for above in range(at - 1, -1, -1):
            if sections[above] != sections[at]:
                return
            if lines[above].strip() and _indent(lines[above]) < indent:
                indent = _indent(lines[above])
                yield from reversed(_members(lines[above]))

    def routes(self, path: tuple[Step, ...], at: int) -> tuple[str, ...]:
        """The routes whose sections are this one or use it."""
        found: dict[str, None] = {}
        todo, seen = [self._block(path, at)], set[str]()
        while todo:
            block = todo.pop()
            found.update(dict.fromkeys(block.routes))
            for name in block.names - seen:
                seen.add(name)
                todo += [self._blocks[number] for number in self._users.get(name, ())]
        return tuple(sorted(found))

    def _block(self, path: tuple[Step, ...], at: int) -> _Block:
        numbers = self._at.get(path) or [0]
        return self._blocks[numbers[min(at, len(numbers) - 1)]]

    def _of(self, block: _Block, seen: set[str]) -> Meaning | None:
        """The section's own meaning, or that of the first that uses it and has one."""
        if block.means is not None:
            return block.means
        for name in sorted(block.names - seen):
            seen.add(name)
            for user in (self._blocks[number] for number in self._users.get(name, ())):
                means = _member_of(user, name) or self._of(user, seen)
                if means is not None:
                    return means
        return None


def _member_of(block: _Block, name: str) -> Meaning | None:
    """What the member is for that a section has *name* in."""
    if not block.members or name not in block.text:
        return None
    before = block.text[: block.text.index(name)]
    return next((block.known[member] for member in reversed(_members(before)) if member in block.known), None)


def _block(section: Section | None, lines: list[str], code: Code, outer: frozenset[str], region: str) -> _Block:
    """*outer*: names of the section this one stands in."""
    text = "\n".join(lines)
    head = lines[0] if lines else ""
    named = frozenset(name for pattern, form in code.head for name in _names(pattern, form, head, region)) or outer
    refers = frozenset(name for pattern, form in code.refers for name in _names(pattern, form, text, region))
    if code.route.startswith("name:"):
        said = [found[1] for name in sorted(named) if (found := re.search(code.route[5:], name))]
    else:
        said = re.findall(code.route, text) if code.route else []
    routes = tuple(dict.fromkeys(one if isinstance(one, str) else " ".join(one) for one in said))
    if section is None:
        return _Block(None, False, named, frozenset(), routes, "", {})
    return _Block(section.means, section.members, named, refers, routes, text, code.members)


def _names(pattern: str, form: str, text: str, region: str) -> Iterator[str]:
    for one in re.finditer(pattern, text):
        yield form.format(next((group for group in one.groups() if group), one[0]), region=region)


def _parted(expected: str | None, found: str | None) -> tuple[str, str, str]:
    """What was taken out, what was put in, both whole words, and what stands before."""
    one, other = expected or "", found or ""
    if not one or not other:
        return one.strip(), other.strip(), ""
    ours, theirs = _TOKEN.findall(one), _TOKEN.findall(other)
    most = min(len(ours), len(theirs))
    head = next((n for n in range(most) if ours[n] != theirs[n]), most)
    rest = most - head
    tail = next((n for n in range(rest) if ours[-1 - n] != theirs[-1 - n]), rest)
    return (
        "".join(ours[head : len(ours) - tail]).strip(),
        "".join(theirs[head : len(theirs) - tail]).strip(),
        "".join(ours[:head]),
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _members(text: str) -> list[str]:
    return [found[1] for found in _MEMBER.finditer(text)]
