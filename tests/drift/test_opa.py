"""A bundle as it runs beside the spec: nothing where nothing differs, and every tampering told."""

from __future__ import annotations

import copy
import io
import json
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from seccfg import api
from seccfg.drift.compare import Drifted, compare_state
from seccfg.drift.trees import changes, told_again
from seccfg.findings import InputError
from seccfg.source.states import read_state
from seccfg.targetapi.drift import load_drift
from seccfg.targetapi.registry import load_target
from seccfg_opa.executable import find, run

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ("minimal", "guide", "orders", "tictactoe")
Files = dict[str, bytes]


def built(example: str) -> tuple[api.Loaded, Files]:
    """An example and the files of its bundle."""
    loaded = api.load(str(ROOT / "examples" / example / "seccfg.yaml"))
    output = load_target("opa").compile(api.policy(loaded), api.options_of(loaded.spec, "opa"))
    return loaded, {file.path: file.content for file in output.files}


def drifted(loaded: api.Loaded, state: Files, *, engine: bool = False) -> Drifted:
    """What is said of *state*; without *engine* access is not asked."""
    reader = load_drift("opa")
    if not engine:
        reader.engine = lambda: None  # type: ignore[method-assign]
    try:
        return compare_state(api.policy(loaded), "opa", api.options_of(loaded.spec, "opa"), reader, state)
    finally:
        reader.__dict__.pop("engine", None)


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_was_built_is_no_drift(example: str) -> None:
    """As a tar, as its folder, and as everything the target wrote."""
    loaded, files = built(example)
    folder = {path.removeprefix("bundle/"): content for path, content in files.items() if path.startswith("bundle/")}
    for state in (files, folder, {"bundle.tar.gz": files["bundle.tar.gz"]}):
        found = drifted(loaded, state)
        assert (found.verdict, found.changed, found.foreign) == ("SAME", (), ())


@pytest.mark.skipif(not find(), reason="no opa executable")
@pytest.mark.parametrize("example", ["guide", "orders"])
def test_what_the_vendor_packed_again_is_no_drift(example: str, tmp_path: Path) -> None:
    """`opa build` merges all data into one document, moves files and writes a manifest of its own."""
    loaded, files = built(example)
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    run(["build", "-b", "bundle", "-o", "again.tar.gz"], str(tmp_path))
    assert drifted(loaded, read_state(str(tmp_path / "again.tar.gz"))).verdict == "SAME"


def test_order_and_space_mean_nothing() -> None:
    """Members turned round, lines indented otherwise, comments, another revision."""
    loaded, files = built("guide")
    turned: Files = {}
    for path, content in reversed(files.items()):
        if path.endswith("data.json"):
            data = json.loads(content)
            content = json.dumps(dict(reversed(data.items())), indent=7).encode()
        elif path.endswith(".rego"):
            content = b"# moved\n\n" + content.replace(b"\n", b"  \n")
        turned[path] = content
    manifest = json.loads(files["bundle/.manifest"])
    turned["bundle/.manifest"] = json.dumps({**manifest, "revision": "another"}).encode()
    assert drifted(loaded, turned).verdict == "SAME"


def test_what_the_spec_does_not_own_is_listed() -> None:
    """Another team's packages and data in the same bundle are no drift."""
    loaded, files = built("guide")
    found = drifted(
        loaded,
        {**files, "bundle/others/policy.rego": b"package others.policy\n\nallow := true\n", "bundle/others/data.json": b'{"a": 1}'},
    )
    assert (found.verdict, found.foreign) == ("SAME", ("data others", "package others.policy"))


def tampered(files: Files, seed: int) -> tuple[str, Files]:
    """One place of data or code changed: (what, the files)."""
    r = random.Random(seed)
    changed = dict(files)
    if seed % 4 == 3:
        path = r.choice(sorted(p for p in files if p.startswith("bundle/") and p.endswith(".rego") and "/adapters/" not in p))
        lines = files[path].decode().splitlines(keepends=True)
        marks = [n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(("#", "package", "import"))]
        at = r.choice(marks)
        del lines[at]
        changed[path] = "".join(lines).encode()
        return f"{path}:{at + 1} gone", changed
    path = r.choice(sorted(p for p in files if p.startswith("bundle/") and p.endswith("data.json")))
    data = json.loads(files[path])
    places = list(leaves(data))
    place, value = r.choice(places)
    node = data
    for step in place[:-1]:
        node = node[step]
    if isinstance(value, bool):
        node[place[-1]] = not value
    elif isinstance(value, (int, float)):
        node[place[-1]] = value + 1
    elif seed % 4 == 1:
        del node[place[-1]]
    else:
        node[place[-1]] = f"{value}x"
    changed[path] = json.dumps(data).encode()
    return f"{path} {place}", changed


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """(path, value) of everything that has nothing below it."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    elif isinstance(value, list) and value:
        for at, below in enumerate(value):
            yield from leaves(below, (*path, at))
    elif path and not isinstance(value, (dict, list)) and value is not None:
        yield path, value


@pytest.mark.parametrize("example", ["guide", "orders"])
def test_every_tampering_is_told(example: str) -> None:
    """Twenty at random of each example: each is said with the place that changed, and nothing else is."""
    _, files = built(example)
    reader = load_drift("opa")
    owned = reader.normal(files, files)
    for seed in range(20):
        what, state = tampered(files, seed)
        assert 1 <= len(list(changes(owned.tree, reader.normal(state, files).tree))) <= 2, what


@pytest.mark.skipif(not find(), reason="no opa executable")
def test_a_tampering_is_told_as_access() -> None:
    """The role a route asks for exchanged: who passes that may not, and who does not that may, with a request each."""
    loaded, files = built("minimal")
    path = next(p for p in files if p.endswith("authz_data/data.json"))
    state = {**files, path: files[path].replace(b"notes.write", b"notes.admin")}
    assert state[path] != files[path]
    found = drifted(loaded, state, engine=True)
    assert found.verdict in ("BOTH", "NARROWS")
    assert found.access[-1].request.target.startswith("/notes")
    assert found.requests


def test_what_is_no_bundle() -> None:
    """A file of another kind, a broken tar, a bundle of another service: said, never taken for an empty state."""
    loaded, _ = built("guide")
    _, other = built("orders")
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w:gz"):
        pass
    for state in ({"bundle.tar.gz": b"no tar"}, {"x.json": b"{}"}, other, {"bundle.tar.gz": plain.getvalue()}):
        with pytest.raises(InputError):
            drifted(loaded, state)


def test_trees() -> None:
    """Where two trees differ, and a tree told with other keys wherever it says what the first did."""
    real = {"keys": ["a", "b"], "n": 1, "x": {"y": True}}
    other = {"keys": ["A", "B"], "n": 1, "x": {"y": True}}
    found = copy.deepcopy(real)
    found["n"] = 2
    found["keys"] = ["b", "c"]
    assert [c.path for c in changes(real, found)] == [("keys", 0), ("keys", 1), ("n",)]
    assert told_again(real, other, found) == {"keys": ["b", "c"], "n": 2, "x": {"y": True}}
    assert told_again(real, other, {**real, "n": 2})["keys"] == ["A", "B"]  # type: ignore[index]
    assert told_again("k=1\nx\n", "k=2\nx\n", "k=1\ny\n") == "k=2\ny\n"
