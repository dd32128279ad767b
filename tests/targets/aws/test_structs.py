"""The function's records behave as the package's own, and its start loads nothing that only some requests need."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from seccfg_runtime.runtime import structs, structs_plain
from tests.targets.aws.test_package import written

HEAVY = ("dataclasses", "inspect", "ssl", "http.client", "email", "fractions", "decimal", "_strptime")


def _made(module) -> tuple[type, type]:
    @module.dataclass(frozen=True, slots=True)
    class Point:
        """Two numbers."""

        x: int
        y: int = 2
        more: dict[str, int] = module.field(default_factory=dict)

        def sum(self) -> int:
            return self.x + self.y

    @module.dataclass(slots=True)
    class Open:
        x: int

    return Point, Open


@pytest.mark.parametrize("module", [structs, structs_plain], ids=["dataclasses", "plain"])
def test_both_kinds_of_records_behave_alike(module) -> None:
    """Positions and names, defaults, equality by class and content, hash, patterns, copies; no other attribute."""
    point, other = _made(module)
    one = point(1)
    assert (one.x, one.y, one.more, one.sum()) == (1, 2, {}, 3)
    assert one == point(x=1, y=2)
    assert one != point(1, 3)
    assert one != (1, 2, {})
    assert point(1).more is not one.more
    assert repr(one).endswith("Point(x=1, y=2, more={})")
    assert module.replace(one, y=5) == point(1, 5)
    assert point.__match_args__ == ("x", "y", "more")
    assert hash(point(1, 2, frozenset())) == hash(point(1, 2, frozenset()))
    assert not hasattr(one, "__dict__")
    match one:
        case point(x, y):
            assert (x, y) == (1, 2)
        case _:
            pytest.fail("no match")
    for wrong in (lambda: point(), lambda: point(1, z=2), lambda: point(1, 2, {}, 4)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(AttributeError):
        one.x = 2
    with pytest.raises(AttributeError):
        del one.x
    changed = other(1)
    changed.x = 2
    assert changed == other(2)
    with pytest.raises(TypeError):
        hash(changed)
    with pytest.raises(AttributeError):
        changed.z = 2
    assert inspect.getdoc(point) == "Two numbers."


def test_a_start_loads_nothing_that_only_some_requests_need(tmp_path: Path) -> None:
    """TLS, HTTP and what `dataclasses` brings would be half of the time a function takes to start."""
    written("minimal", tmp_path)
    code = (
        f"import sys, json; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import notes_authorizer.policy, notes_authorizer.runtime.authorizer as a\n"
        "class Unused: local = True\n"
        "a.Authorizer(notes_authorizer.policy.POLICY, environ={'AUTHORIZER_PASS_KEY': 'k'}, limits=Unused(),"
        " revocations=Unused())\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    shown = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == []
