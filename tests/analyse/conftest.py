"""Random conditions over a few attributes, and values near what they ask."""

from __future__ import annotations

import random

import pytest

from seccfg.expr.ast import Expr, atoms
from seccfg.expr.boundaries import boundary_values, shape_variants
from seccfg.expr.check import check
from seccfg.expr.evaluate import UNUSABLE
from seccfg.expr.parser import parse
from seccfg.expr.types import AttributeKey, AttributeType, TypeEnv

ENV = TypeEnv(
    {
        ("principal", "team"): AttributeType("string", True),
        ("principal", "level"): AttributeType("integer", True),
        ("principal", "score"): AttributeType("number", True),
        ("principal", "vip"): AttributeType("boolean", True),
        ("principal", "tags"): AttributeType("list<string>", True),
        ("principal", "grades"): AttributeType("list<integer>", True),
        ("principal", "since"): AttributeType("timestamp", True),
        ("resource", "team"): AttributeType("string"),
        ("resource", "level"): AttributeType("integer"),
        ("resource", "created"): AttributeType("timestamp"),
        ("request", "hour"): AttributeType("integer"),
    }
)
WORDS = ("sales", "sale", "legal", "al", "x-1", "é", "")
PATTERNS = ("^sa[a-z]*$", "[0-9]", "^(legal|sales)$", "l$", "^[a-z]{2,4}$")
ATOMS = (
    "principal.team == {w}",
    "principal.team != {w}",
    "principal.team in [{w}, {w}]",
    "principal.team.startsWith({w})",
    "principal.team.endsWith({w})",
    "principal.team.contains({w})",
    "principal.team.matches({p})",
    "principal.team == resource.team",
    "principal.level {o} {n}",
    "principal.level {o} resource.level",
    "resource.level {o} {n}",
    "principal.score {o} {n}.5",
    "principal.vip",
    "principal.vip == false",
    "has(principal.{a})",
    "{w} in principal.tags",
    "{n} in principal.grades",
    "principal.tags.exists(t, t == {w} || t.startsWith({w}))",
    "principal.tags.all(t, t != {w} && !t.endsWith({w}))",
    "size(principal.tags) {o} {n}",
    "{w} in principal.roles",
    "principal.since.getHours() {o} {n}",
    "principal.since {o} resource.created",
    'principal.since < timestamp("2026-01-05T12:00:00Z")',
    "resource.team.startsWith({w})",
    "principal.subject == resource.team",
)


class Conditions:
    """Conditions drawn from one source of randomness."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def atom(self) -> str:
        """One comparison as text."""
        r = self.random
        text = r.choice(ATOMS)
        while "{w}" in text:
            text = text.replace("{w}", f'"{r.choice(WORDS)}"', 1)
        number = str(r.randrange(-1, 6))
        operator = r.choice(("==", "!=", "<", "<=", ">", ">="))
        word = r.choice(("team", "level", "vip", "tags"))
        for mark, value in (("{p}", f'"{r.choice(PATTERNS)}"'), ("{n}", number), ("{o}", operator), ("{a}", word)):
            text = text.replace(mark, value)
        return text

    def text(self, depth: int = 3) -> str:
        """A condition as text."""
        r = self.random
        if depth == 0 or r.random() < 0.2:
            return self.atom()
        if r.random() < 0.2:
            return f"!({self.text(depth - 1)})"
        joined = r.choice((" && ", " || ")).join(self.text(depth - 1) for _ in range(r.randrange(2, 4)))
        return f"({joined})"

    def pair(self) -> tuple[Expr, Expr]:
        """Two conditions that have something to do with each other."""
        r = self.random
        first = self.text()
        second = r.choice(
            (
                first.replace("&&", "||", 1),
                first.replace("||", "&&", 1),
                first.replace(">=", ">"),
                f"{first} && {self.atom()}",
                f"{first} || {self.atom()}",
                f"!(!({first}))",
                self.text(),
                first.replace(f'"{r.choice(WORDS)}"', f'"{r.choice(WORDS)}"', 1),
            )
        )
        return typed(first), typed(second)

    def situation(self, conditions: tuple[Expr, ...]) -> dict[AttributeKey, object]:
        """Values near what *conditions* ask, wrong shapes and none at all included."""
        return {key: self.random.choice(values) for key, values in pools(conditions).items()}


def typed(text: str) -> Expr:
    return check(parse(text), ENV).expr


def pools(conditions: tuple[Expr, ...]) -> dict[AttributeKey, list[object]]:
    """For each attribute what its comparisons and those of attributes of its type ask about."""
    found: dict[AttributeKey, list[object]] = {}
    for condition in conditions:
        for atom in atoms(condition):
            for key, values in boundary_values(atom).items():
                found.setdefault(key, []).extend([*values, *shape_variants(atom, key)[1:2], UNUSABLE])
    own = {key: list(values) for key, values in found.items()}
    for key, pool in found.items():
        for other, theirs in own.items():
            if other != key:
                pool.extend([v for v in theirs if type(v) is type(pool[0]) and isinstance(v, (str, int))][:12])
    return found


@pytest.fixture(params=range(6))
def conditions(request: pytest.FixtureRequest) -> Conditions:
    return Conditions(request.param)


@pytest.fixture
def condition() -> type[Conditions]:
    return Conditions


@pytest.fixture
def read() -> object:
    """Text of a condition, read and typed."""
    return typed
