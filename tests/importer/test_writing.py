"""What the importer prints reads back as it was, and what is written is whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccfg.findings import InputError
from seccfg.importer.print_yaml import Block, Comment, Entry, print_block
from seccfg.source.yaml import load
from seccfg.write import replace_file, write_new

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=12),
    st.sampled_from(["yes", "1", "0x1", "1e3", "null", "~", "a: b", "- a", "#", "{", "12:30", "true", "a #b", " a", "/{x}"]),
)  # fmt: skip
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.floats(-1e9, 1e9), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


remarks_ = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=3)


@given(st.dictionaries(texts, plain, min_size=1, max_size=6), remarks_)
def test_what_is_printed_reads_back_as_it_was(values, remarks):
    """Any value under any key, in short and long lines, between comments."""
    items: list[Entry | Comment] = []
    for key, value in values.items():
        items += [Comment(tuple(remarks)), Entry(key, value), _BLANK]
    printed = print_block(Block((Entry("top", Block(tuple(items))), Entry("last", 1))))
    assert load(printed.text.encode(), "x.yaml").data == {"top": values, "last": 1}


_BLANK = Comment(("",))


def test_new_files_are_written_together_or_not_at_all(tmp_path: Path):
    """One that exists, or a folder that cannot be made, and none is there."""
    first, second = str(tmp_path / "a" / "one"), str(tmp_path / "two")
    write_new([(first, b"1"), (second, b"2")])
    assert Path(first).read_bytes() == b"1"
    with pytest.raises(InputError, match="exists already"):
        write_new([(str(tmp_path / "three"), b"3"), (second, b"4")])
    assert not (tmp_path / "three").exists()
    with pytest.raises(InputError, match="cannot be written"):
        write_new([(str(tmp_path / "three"), b"3"), (str(tmp_path / "two" / "below"), b"4")])
    assert not (tmp_path / "three").exists()
    assert Path(second).read_bytes() == b"2"


def test_a_file_is_replaced_in_one_step(tmp_path: Path):
    """What a run that was killed left behind is no obstacle."""
    path = tmp_path / "keys" / "a.json"
    replace_file(str(path), b"1")
    (tmp_path / "keys" / "a.json.seccfg-new").write_bytes(b"half")
    replace_file(str(path), b"2")
    assert path.read_bytes() == b"2"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.json"]
    with pytest.raises(InputError, match="cannot be written"):
        replace_file(str(tmp_path / "keys"), b"3")
