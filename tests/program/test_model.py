"""What a Program is made of: data a target can print, every slot in the catalogue,
patterns that mean what step 1 says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccfg import api
from seccfg.expr.regex_print import print_regex
from seccfg.program import patterns
from seccfg.program.lower import application_attributes, lower
from seccfg.program.model import CATALOGUE, Check, Program, Slot
from seccfg.record import Record
from seccfg.semantics.origins import parse_origin
from seccfg.semantics.target import parse

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CASES = sorted(path.parent.name for path in EXAMPLES.glob("*/seccfg.yaml"))


def program(case):
    policy = api.policy(api.load(str(EXAMPLES / case / "seccfg.yaml")))
    return lower(policy, application_attributes(policy))


def walk(value):
    yield value
    if isinstance(value, Record):
        for field in value._fields:
            yield from walk(getattr(value, field))
    elif isinstance(value, tuple):
        for element in value:
            yield from walk(element)


@pytest.mark.parametrize("case", CASES)
def test_a_program_is_records_texts_and_numbers(case):
    """Printable: no callables, no mappings, nothing a target would have to run."""
    kinds = {type(value) for value in walk(program(case)) if not isinstance(value, Record)}
    assert kinds <= {str, int, float, bool, tuple, type(None)}


@pytest.mark.parametrize("case", CASES)
def test_every_slot_is_in_the_catalogue(case):
    """A slot that asks for a key has one, others have none."""
    for slot in {value for value in walk(program(case)) if isinstance(value, Slot)}:
        info = CATALOGUE[slot.name]
        if slot.name != "inputs":
            assert bool(slot.key) is bool(info.key), slot


def test_every_slot_of_the_catalogue_is_used():
    """The catalogue lists what programs ask for and nothing else."""
    used = {value.name for case in CASES for value in walk(program(case)) if isinstance(value, Slot)}
    assert set(CATALOGUE) - used == set()


@pytest.mark.parametrize("case", CASES)
def test_every_branch_ends_in_a_decision(case):
    """A route's branch has all steps, the others refuse in their last one."""
    made: Program = program(case)
    assert len({branch.id for branch in made.branches}) == len(made.branches)
    for branch in made.branches:
        last = branch.steps[-1]
        if branch.kind in ("route", "preflight"):
            assert len(branch.steps) == 15
        else:
            assert branch.kind in ("edge", "undeclared")
            assert last.items
            assert not isinstance(last.items[-1], Check)
    reached = {number for t in made.templates for _, number in (*t.methods,
        *t.preflights)} | {t.undeclared for t in made.templates}
    assert reached | {made.edge} == set(range(len(made.branches)))


def test_open_conditions_are_named_per_route():
    """`enforce: application` leaves the grant's condition open, where no other grant decides."""
    branch = next(b for b in program("orders").branches if b.id.startswith("PUT "))
    assert [option.names for option in branch.may_be_open] == [(), ("owns-order",)]
    assert branch.always_open == ()
    elsewhere = (b for b in program("orders").branches if b.id != branch.id)
    assert all(b.may_be_open == () for b in elsewhere if not b.id.endswith(branch.id))


def search(pattern, text):
    return re.compile(print_regex(patterns.compiled(pattern), "python"), re.ASCII).search(text) is not None


PIECES = st.sampled_from([
    "/", "/", "a", "Z", "0", ".", "..", "%2F", "%2f", "%5C", "%00", "%1F", "%7F", "%61", "%7e", "%20", "%C3%A4",
    "%c3", "%E2%82%AC", "%ED%A0%80", "%C0%AF",
    "%F0%9F%98%80", "%F4%90%80%80", "%F0%80%80%80", "%E0%80%80", "%EE%80%80", "%", "%2", "%zz", ";", "\\", " ", "#",
    ":", "@", "~", "!", "[", "^", "`", "{", "|",
    '"', "<", "\x01", "\x7f", "\xe4", "+", "%3B", "%25", "%5b", "%5E", "%60", "%7B", "%40", "%3f", "%2B", "*", "'",
    "$", "&", "(", ",", "=",
])  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=7).map("".join), st.lists(PIECES, max_size=4).map("".join))
def test_patterns_of_step_1(path, query):
    """The patterns accept exactly the paths and queries step 1 accepts."""
    path = "/" + path
    routable = search(patterns.WELL_FORMED_PATH, path) and not search(patterns.DOT_SEGMENT, path)
    routable = routable and not search(patterns.DOT_SEGMENT_LAST, path)
    assert routable is (parse(path).segments is not None)
    target = f"{path}?{query}"
    fine = search(patterns.VISIBLE, target) and not search(patterns.BAD_ENCODING, query)
    fine = fine and not search(patterns.CUT_ENCODING, query) and routable
    assert fine is (parse(target).problem == "")


@given(st.text(alphabet="https:/[]ae.-_1:0+",
    max_size=16).map(lambda text: f"https://{text}" if len(text) % 2 else text))
def test_the_pattern_of_origins(text):
    """Any origin in the form browsers send, nothing else."""
    assert search(patterns.ANY_ORIGIN, text) is (parse_origin(text) is not None)
