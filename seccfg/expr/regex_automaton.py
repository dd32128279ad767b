"""A pattern as an automaton: the reference's own matcher, linear in the subject, and the check for slow patterns.

States are the positions (character sets) of the pattern with its counts written out, as Glushkov built them: reading a
character moves to a position whose set holds it. State 0 is the start.
"""

from __future__ import annotations

from seccfg.expr.regex import ASCII_CHARS, Chars, Choice, Regex, RegexNode, Repeat, Sequence

__all__ = ["Automaton", "automaton", "slowness"]

_MAX_CACHED = 512
_STEPS_ALLOWED = 200_000
_LIKE_UNLIMITED = 10
"""From this many optional repetitions on, a backtracking host tries as many ways as for `*`, for all we care."""

_cache: dict[Regex, Automaton] = {}


class Automaton:
    """`sets[p]` is the character mask of position p, `follow[p]` the mask of positions that may come next."""

    __slots__ = ("_accept", "_ends", "_moves", "_starts", "doubled", "follow", "last", "sets")

    def __init__(self, regex: Regex) -> None:
        self.sets: list[int] = [0]
        self.follow: list[int] = [0]
        self.doubled: set[tuple[int, int]] = set()
        nullable, first, self.last = self._add(regex.body)
        self.follow[0] = first
        self._accept = self.last | nullable
        self._starts, self._ends = regex.starts, regex.ends
        self._moves: dict[tuple[int, str], int] = {}

    def search(self, text: str) -> bool:
        """Whether the pattern is found in *text*, which is ASCII without NUL."""
        states = 1
        for char in text:
            if states & self._accept and not self._ends:
                return True
            states = self._step(states, char)
            if not states:
                return False
        return bool(states & self._accept)

    def _step(self, states: int, char: str) -> int:
        key = (states, char)
        found = self._moves.get(key)
        if found is None:
            reachable, rest, at = 0, states, 0
            while rest:
                if rest & 1:
                    reachable |= self.follow[at]
                rest >>= 1
                at += 1
            code, found = ord(char), 0
            for at in positions(reachable):
                if self.sets[at] >> code & 1:
                    found |= 1 << at
            if not self._starts:
                found |= 1  # the search may begin after any character
            if len(self._moves) < 4_096:
                self._moves[key] = found
        return found

    def _add(self, node: RegexNode) -> tuple[int, int, int]:
        """Adds the positions of *node*; (1 if it can be empty, its first positions, its last ones)."""
        match node:
            case Chars(mask):
                self.sets.append(mask)
                self.follow.append(0)
                here = 1 << len(self.sets) - 1
                return 0, here, here
            case Sequence(items):
                return self._chain([self._add(item) for item in items])
            case Choice(options):
                parts = [self._add(option) for option in options]
                nullable, first, last = 0, 0, 0
                for part in parts:
                    nullable, first, last = nullable | part[0], first | part[1], last | part[2]
                return nullable, first, last
            case Repeat(item, low, high):
                copies = [self._add(item) for _ in range(max(1, low if high is None else high))]
                if high is None:
                    self._link(copies[-1][2], copies[-1][1])
                tail = (1, 0, 0)
                for part in reversed(copies[low:]):  # each further copy only after the one before: x(x(x)?)?
                    tail = self._chain([part, tail])
                    tail = (1, tail[1], tail[2])
                return self._chain([*copies[:low], tail])

    def _chain(self, parts: list[tuple[int, int, int]]) -> tuple[int, int, int]:
        nullable, first, last = 1, 0, 0
        for part_nullable, part_first, part_last in parts:
            self._link(last, part_first)
            first |= part_first if nullable else 0
            last = part_last | (last if part_nullable else 0)
            nullable &= part_nullable
        return nullable, first, last

    def _link(self, sources: int, targets: int) -> None:
        for source in positions(sources):
            twice = self.follow[source] & targets
            for target in positions(twice):
                self.doubled.add((source, target))
            self.follow[source] |= targets


def positions(mask: int) -> list[int]:
    """The numbers of the bits set in *mask*."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def automaton(regex: Regex) -> Automaton:
    """The automaton of *regex*, kept for the next call."""
    found = _cache.get(regex)
    if found is None:
        if len(_cache) >= _MAX_CACHED:
            _cache.clear()
        found = _cache[regex] = Automaton(regex)
    return found


def slowness(regex: Regex) -> str:
    """
    Why a backtracking host could take too long over *regex*, empty when none can.

    Exponential: some text leads from a repetition back into it in two ways. Cubic: three repetitions, one after the
    other (the search for an unanchored start counts as one), can share the same text in every way. Two of them are
    quadratic, which the limit on the subject's length keeps harmless.
    """
    reduced = Regex(_reduced(regex.body), True, True)
    if not regex.starts:
        reduced = Regex(Sequence((Repeat(Chars(ASCII_CHARS), 0, None), reduced.body)), True, True)
    machine = Automaton(reduced)
    try:
        return _slowness(_Pairs(machine), machine)
    except _TooManySteps:
        return "the pattern has too many parts to be checked for slow cases"


def _slowness(pairs: _Pairs, machine: Automaton) -> str:
    looping = [at for at in range(1, len(machine.sets)) if pairs.on_cycle(at)]
    nested = "one repetition inside another lets the same text match in very many ways"
    if any(source in looping and target in looping and pairs.comes_after(target, source)
           for source, target in machine.doubled):
        return nested
    ahead = {at: pairs.walk((at, at), pairs.follow) for at in looping}
    behind = {at: pairs.walk((at, at), pairs.before) for at in looping}
    if any(a != b for at in looping for a, b in ahead[at] & behind[at]):
        return nested
    shared = {a: [b for b in looping if a != b and (a, b) in ahead[a] and (a, b) in behind[b]] for a in looping}
    if _longest_chain(shared) >= 2:
        return "several repetitions in a row can share the same text in very many ways"
    return ""


def _reduced(node: RegexNode) -> RegexNode:
    """*node* with counts that matter little made small, and large optional ones unlimited."""
    match node:
        case Sequence(items):
            return Sequence(tuple(_reduced(item) for item in items))
        case Choice(options):
            return Choice(tuple(_reduced(option) for option in options))
        case Repeat(item, low, high):
            inner = _reduced(item)
            if high is None or high - low >= _LIKE_UNLIMITED:
                return Repeat(inner, min(low, 1), None)
            return Repeat(inner, min(low, 2), min(low, 2) + high - low)
        case _:
            return node


class _TooManySteps(Exception):
    """The check would take too long itself."""


class _Pairs:
    """Two walks through one automaton over the same text."""

    __slots__ = ("_sets", "_steps", "before", "follow")

    def __init__(self, machine: Automaton) -> None:
        self._sets = machine.sets
        self._steps = 0
        self.follow = [positions(mask) for mask in machine.follow]
        self.before: list[list[int]] = [[] for _ in machine.sets]
        for source, targets in enumerate(self.follow):
            for target in targets:
                self.before[target].append(source)

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > _STEPS_ALLOWED:
            raise _TooManySteps

    def on_cycle(self, at: int) -> bool:
        return self.comes_after(at, at)

    def comes_after(self, source: int, target: int) -> bool:
        """Whether *target* can come one or more characters after *source*."""
        seen: set[int] = set()
        todo = [source]
        while todo:
            steps = self.follow[todo.pop()]
            self._count(len(steps))
            if target in steps:
                return True
            todo += [step for step in steps if step not in seen]
            seen.update(steps)
        return False

    def walk(self, start: tuple[int, int], links: list[list[int]]) -> set[tuple[int, int]]:
        """Every pair of positions two walks along *links* can be at together, from *start* on."""
        sets = self._sets
        seen: set[tuple[int, int]] = set()
        todo = [start]
        while todo:
            left, right = todo.pop()
            rights = links[right]
            self._count(len(rights) * len(links[left]))
            for a in links[left]:
                for b in rights:
                    if sets[a] & sets[b] and (a, b) not in seen:
                        seen.add((a, b))
                        todo.append((a, b))
        return seen


def _longest_chain(after: dict[int, list[int]]) -> int:
    """Links in the longest path; *after* has no cycles, as a cycle of shared text would be exponential."""
    best: dict[int, int] = {}

    def length(at: int, path: frozenset[int]) -> int:
        if at not in best:
            best[at] = max((1 + length(b, path | {at}) for b in after[at] if b not in path), default=0)
        return best[at]

    return max((length(at, frozenset()) for at in after), default=0)
