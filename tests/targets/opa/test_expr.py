"""Printed conditions on the real OPA against the reference evaluator, over values nobody would send."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from seccfg.expr.ast import Expr, attributes
from seccfg.expr.check import check
from seccfg.expr.evaluate import Truth, evaluate
from seccfg.expr.lower import false_form, true_form
from seccfg.expr.parser import parse
from seccfg.expr.types import AttributeType, ExprType, Side, TypeEnv
from seccfg.targetapi.escape import json_text
from seccfg_opa.executable import find
from seccfg_opa.expr import print_rules, rule_file

TYPES: dict[str, ExprType] = {
    "s": "string", "t": "string", "i": "integer", "j": "integer", "n": "number", "b": "boolean", "when": "timestamp",
    "until": "timestamp", "long": "duration", "texts": "list<string>", "whole": "list<integer>",
}  # fmt: skip
ENV = TypeEnv({("resource", name): AttributeType(kind, True) for name, kind in TYPES.items()})

ATOMS = (
    'resource.s == "a"', 'resource.s != "a"', "resource.s == resource.t", 'resource.s in ["a", "b", ""]',
    'resource.s.startsWith("a")', 'resource.s.endsWith("\\u00e9")', "resource.s.contains(resource.t)",
    'resource.s.matches("^[a-c]+$")', 'resource.s.matches("[^a-z]")', "size(resource.s) > 1", "size(resource.texts) == 2",
    "resource.i < 5", "resource.i >= -3", "resource.i == resource.j", "resource.i in [1, 2, 9007199254740991]",
    "resource.n < 0.5", "resource.n == 5.0", "resource.n != 0.1", "resource.b", "resource.b == false",
    "has(resource.s)", "has(resource.i)", '"a" in resource.texts', "resource.s in resource.texts",
    "resource.i in resource.whole", 'resource.texts.exists(x, x == "a" || x.startsWith("b"))',
    'resource.texts.all(x, x != "a" && (x == "b" || x.contains("c")))', "resource.whole.all(x, x > 0)",
    "resource.whole.exists(x, x < resource.i)", "resource.texts.exists(x, resource.b)",
    'resource.when < timestamp("2026-01-05T12:00:00Z")', "resource.when.getHours() >= 9",
    "resource.when.getDayOfWeek() == 1", "resource.when.getFullYear() == 1969", "resource.when.getMonth() == 11",
    "resource.when.getDate() == 29", "resource.when.getDayOfMonth() == 30", "resource.when.getDayOfYear() == 59",
    "resource.when.getMinutes() < 30", "resource.when.getSeconds() == 59", "resource.until - resource.when > resource.long",
    'resource.when + duration("1h") < resource.until', "resource.long.getHours() < 0", "resource.long.getMinutes() == -1",
    'resource.long >= duration("-90s")',
)  # fmt: skip
VALUES: tuple[object, ...] = (
    None, "", "a", "b", "ab", "bc", "a\u00e9", "\u00e9", "\U0001f600", "\ufffd", "a\x00", "A", "false", "5", "x" * 1025,
    0, 1, 2, 5, -1, -3, -4, 5.0, 5.5, -0.5, 0.1, 0.5, 1e-7, 1e300, 2**53 - 1, 2**53, -(2**53), True, False, [], {},
    ["a"], ["b", "c"], ["a", "b"], ["bc", "c"], ["a", 1], [None], [1, 2], [1.0, -5], [[1]], [True], {"a": 1}, {"unusable": True},
    -1_000, -86_400, -59, -61, -3_601, 951_782_400, 951_868_799, 1_767_614_400, 1_767_614_399, 253_402_300_799,
    253_402_300_800, -62_135_596_800, -62_135_596_801, 5_097_599, 9_223_372_036, 9_223_372_037, -2_203_891_200,
)  # fmt: skip
CONDITIONS, REQUESTS = 300, 40


def _checked(text: str) -> Expr:
    return check(parse(text), ENV).expr


def conditions(rng: Random) -> list[str]:
    """Conditions of one to five atoms; every atom occurs."""
    made = list(ATOMS)
    while len(made) < CONDITIONS:
        parts = rng.sample(ATOMS, rng.randint(2, 5))
        text = parts[0]
        for part in parts[1:]:
            part = f"!({part})" if rng.random() < 0.4 else f"({part})"
            text = f"({text}) {rng.choice(('&&', '||'))} {part}"
            text = f"!({text})" if rng.random() < 0.2 else text
        made.append(text)
    return made


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], int, dict[str, int]]:
    """Mismatches, checks, and how often each truth came up."""
    if not find():
        pytest.skip("no `opa` executable")
    rng = Random(7)
    folder = tmp_path_factory.mktemp("rego")
    template = Path(__file__).resolve().parents[3] / "targets/seccfg_opa/templates/policy/types.rego.j2"
    (folder / "types.rego").write_text(template.read_text().replace("{{ package }}", "p"))
    texts = conditions(rng)
    checked = [_checked(text) for text in texts]
    rules: list[str] = []
    for number, expr in enumerate(checked):
        rules += print_rules(f"c_{number}_holds", true_form(expr))
        rules += print_rules(f"c_{number}_fails", false_form(expr))
    imports = ("data.p.runtime.types",)
    text = rule_file("p_conds", imports, rules, "# Made up.").replace("attributes.", "data.p_values.")
    (folder / "conds.rego").write_text(text)
    contexts: list[dict[Side, dict[str, object]]] = []
    for _ in range(REQUESTS * 8):
        names = [name for name in TYPES if rng.random() < 0.85]
        contexts.append({"principal": {}, "request": {}, "resource": {name: _value(rng, TYPES[name]) for name in names}})
    cases = [(n, rng.sample(contexts, REQUESTS)) for n in range(len(checked))]
    asked = [{"rule": f"c_{n}", "values": values} for n, many in cases for values in many]
    query = """
    answers := [[h, f] |
        some case in input
        values := case.values
        holds := concat("", [case.rule, "_holds"])
        fails := concat("", [case.rule, "_fails"])
        h := count([1 | data.p_conds[holds] == true with data.p_values as values])
        f := count([1 | data.p_conds[fails] == true with data.p_values as values])
    ]"""
    done = subprocess.run(
        [find(), "eval", "--strict-builtin-errors", "-d", str(folder), "-I", "--format", "json", query],
        input=json_text(asked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[:500] + done.stderr[:500]
    answers = json.loads(done.stdout)["result"][0]["bindings"]["answers"]
    mismatches: list[str] = []
    seen = {"true": 0, "false": 0, "error": 0}
    flat = [(n, values) for n, many in cases for values in many]
    for (number, values), (holds, fails) in zip(flat, answers, strict=True):
        truth = evaluate(checked[number], values)
        seen[truth.value] += 1
        if (holds, fails) != (int(truth is Truth.TRUE), int(truth is Truth.FALSE)):
            read = {name: values["resource"].get(name) for _, name in attributes(checked[number])}
            mismatches.append(f"{texts[number]} over {read}: {truth}, OPA says {holds}, {fails}")
    return mismatches, len(flat), seen


def _value(rng: Random, kind: ExprType) -> object:
    """Mostly something of the type, sometimes anything."""
    if rng.random() < 0.3:
        return rng.choice(VALUES)
    fitting = {
        "string": [v for v in VALUES if isinstance(v, str)],
        "boolean": [True, False],
        "list<string>": [["a"], ["b", "c"], ["a", "b"], ["bc", "c"], []],
        "list<integer>": [[], [1, 2], [1.0, -5], [5]],
    }.get(kind, [v for v in VALUES if isinstance(v, (int, float)) and not isinstance(v, bool)])
    return rng.choice(fitting)


def test_every_value_gives_what_the_reference_gives(outcome: tuple[list[str], int, dict[str, int]]) -> None:
    """Both forms of 300 conditions over 40 contexts each, with failing built-ins as errors: no difference, no error."""
    mismatches, checks, _ = outcome
    assert checks == CONDITIONS * REQUESTS == 12_000
    assert mismatches == []


def test_all_three_truths_occur(outcome: tuple[list[str], int, dict[str, int]]) -> None:
    """The values are neither all good nor all bad."""
    _, checks, seen = outcome
    assert min(seen.values()) > checks // 20


def test_nothing_is_negated(need_engine: Callable[[str, str], None]) -> None:
    """`not`, and the truth of a request's value, occur in no rule."""
    for text in ATOMS:
        expr = _checked(text)
        for form in (true_form(expr), false_form(expr)):
            for rule in print_rules("c", form):
                assert "not " not in rule
