"""Odd and broken specs end in findings with places: never in a traceback, whatever a rule makes of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import yaml

from seccfg.cli.checking import check_spec
from seccfg.lint.catalogue import lint_rules

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = "2026-01-05"
SPECS = 2_000
ODD: tuple[object, ...] = (
    None, "", " ", 0, -1, 2**53, 1.5, True, [], {}, [[]], {"x": {}}, "*", "a b", "\u2028", "0s", "1s", "365d", "10TiB",
    "https://", "https://[::1]/", "http://10.0.0.1", "0.0.0.0/0", "::/0", "(a+)+$", "[", "{x}", "/{a}/{b+}", "`", "'", "#",
    "principal.x == 1", "has(principal.x)", "2026-02-30", "2026-01-05", ["*", "*"], "none", "authenticated", "\u00e9",
)  # fmt: skip


def pools(corpus: list[dict[str, object]]) -> dict[str, list[object]]:
    """Every value that stands under a key anywhere in *corpus*, by key: odd in another place, and often still sound."""
    found: dict[str, list[object]] = {}
    waiting: list[object] = list(corpus)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                found.setdefault(str(key), []).append(inner)
                waiting.append(inner)
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def places(value: object) -> Iterator[tuple[dict[str, object] | list[object], str | int]]:
    """Every map entry and list item below *value*."""
    if isinstance(value, dict):
        for key in list(value):
            yield value, key
            yield from places(value[key])
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value, index
            yield from places(value[index])


def corpus() -> list[dict[str, object]]:
    """The examples of rules on the minimal spec: small specs that between them write every section."""
    minimal = yaml.safe_load((EXAMPLES / "minimal" / "seccfg.yaml").read_text(encoding="utf-8"))
    found = []
    for rule in lint_rules():
        for text in (rule.bad, rule.good):
            part = yaml.safe_load(text)
            found.append(json.loads(json.dumps(_merged(minimal, part), default=str)))
    return found


def _merged(base: object, part: object) -> object:
    if not isinstance(base, dict) or not isinstance(part, dict):
        return part
    return {**base, **{key: _merged(base.get(key), value) for key, value in part.items()}}


def broken(rng: Random, known: list[dict[str, object]], values: dict[str, list[object]]) -> object:
    """One spec with one to four changes: a value of the same key from elsewhere, something odd, a key lost or moved."""
    spec = copy.deepcopy(rng.choice(known))
    if rng.random() < 0.3:
        spec = {**spec, **copy.deepcopy(rng.choice(known))}
    for _ in range(rng.randint(1, 4)):
        where = list(places(spec))
        if not where:
            break
        holder, key = rng.choice(where)
        kind = rng.random()
        if kind < 0.6 and str(key) in values:
            holder[key] = copy.deepcopy(rng.choice(values[str(key)]))  # type: ignore[index]
        elif kind < 0.75:
            holder[key] = copy.deepcopy(rng.choice(ODD))  # type: ignore[index]
        elif kind < 0.9:
            del holder[key]  # type: ignore[arg-type]
        elif isinstance(holder, dict):
            holder[rng.choice(list(values))] = holder.pop(str(key), None)
        else:
            holder.append(copy.deepcopy(holder[key]))  # type: ignore[index]
    return spec


def test_2000_odd_specs_end_in_findings(tmp_path: Path) -> None:
    """Each is linted as the command does it. At least a quarter load, so that rules see them."""
    rng = Random(8)
    known = corpus()
    values = pools(known)
    (tmp_path / "seccfg.toml").write_text("")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "users.json").write_bytes((EXAMPLES / "minimal" / "keys" / "users.json").read_bytes())
    for rule in lint_rules():
        for name, text in rule.beside:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path / "seccfg.yaml"
    loaded = fired = 0
    for _ in range(SPECS):
        text = json.dumps(broken(rng, known, values), ensure_ascii=False)
        path.write_text(text, encoding="utf-8")
        checked = check_spec(str(path), TODAY)
        loaded += checked.loads
        for finding in checked.findings:
            fired += checked.loads
            assert finding.at.line >= 1, (finding, text)
            assert finding.message.isprintable(), (finding, text)
    assert loaded > SPECS / 4
    assert fired > SPECS / 8
