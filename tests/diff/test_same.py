"""Whether two pieces of a document say the same."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from seccfg.diff.same import different_keys, same

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, -1.5]) | st.sampled_from(["", "a", "1", "é"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), below, max_size=3),
    max_leaves=6,
)


@given(PLAIN, PLAIN)
def test_it_is_the_text_that_counts(one: object, other: object) -> None:
    """As JSON with sorted keys says, faster."""
    assert same(one, other) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


def test_what_python_calls_equal() -> None:
    """Numbers and flags are told apart, below other things too; the order of a map's keys is not."""
    assert not same({"a": [1]}, {"a": [True]})
    assert not same({"a": 1}, {"a": 1.0})
    assert same({"a": 1, "b": [2]}, {"b": [2], "a": 1})
    assert different_keys({"a": 1, "b": 2, "c": 3}, {"a": True, "c": 3, "d": 4}) == {"a", "b", "d"}
