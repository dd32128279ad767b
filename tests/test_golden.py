"""What a reviewer sees: the built files of each example equal examples/<case>/expected (`make golden` rewrites them)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from seccfg import api
from seccfg.targetapi.registry import installed, load_target

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
CASES = sorted(path.parent.name for path in EXAMPLES.glob("*/seccfg.yaml"))
REAL_SERVICES = frozenset({"apps", "fintech", "health", "mesh", "partner", "tenants"})
"""Built for the targets they name only: they are there for what a spec says, the others for what every target makes of it."""
OVERLAYS = (
    ("guide", "native", "aws"),
    ("guide", "native", "azure"),
    ("guide", "native", "kong"),
    ("guide", "native", "apigee"),
)
"""(example, overlay, target) whose files are kept as well, in expected/TARGET-OVERLAY."""
VERBATIM = "/runtime/"
"""Copied as they stand in the target's own sources: reviewed there, not once more for each example."""
VARIANTS = {
    ("guide", "kong-plugin"): ("kong", {"mode": "plugin"}, ("program", "handler", "schema", "answering")),
    ("mesh", "kong-enterprise"): ("kong", {"edition": "enterprise"}, ()),
}
"""(example, folder): target, options other than the example's, and modules that are generated where the others are verbatim."""


def built_for(case: str, target: str) -> bool:
    """Whether *case* has golden files of *target*."""
    return case not in REAL_SERVICES or target in (api.load(str(EXAMPLES / case / "seccfg.yaml")).spec.targets or {})


def built(case: str, target: str, env: str = "") -> dict[str, bytes]:
    loaded = api.load(str(EXAMPLES / case / "seccfg.yaml"), env or None)
    (result,) = api.build(loaded, (target,), "2026-01-05")
    return {file.path: file.content for file in result.output.files if VERBATIM not in f"/{file.path}"}


def variant(case: str, name: str) -> dict[str, bytes]:
    """What the target makes of the example with other options; whether its gaps are accepted is not asked."""
    target, options, generated = VARIANTS[case, name]
    loaded = api.load(str(EXAMPLES / case / "seccfg.yaml"))
    chosen = {**api.options_of(loaded.spec, target), **{key: json.dumps(value) for key, value in options.items()}}
    output = load_target(target).compile(api.policy(loaded), chosen)
    return {f.path: f.content for f in output.files if not f.path.endswith(".lua") or Path(f.path).stem in generated}


def compare(folder: Path, files: dict[str, bytes], *, rewrite: bool) -> None:
    if rewrite:
        shutil.rmtree(folder, ignore_errors=True)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    found = {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert sorted(found) == sorted(files)
    for path, content in files.items():
        assert found[path] == content, f"{folder.relative_to(EXAMPLES)}/{path} differs; `make golden` rewrites it"


@pytest.mark.parametrize(("case", "name"), sorted(VARIANTS))
def test_golden_variant(case: str, name: str, rewrite_golden: bool) -> None:
    """The same of an example with other options of one target."""
    compare(EXAMPLES / case / "expected" / name, variant(case, name), rewrite=rewrite_golden)


@pytest.mark.parametrize(
    ("case", "env", "target"),
    [*((case, "", target) for case in CASES for target in installed() if built_for(case, target)), *OVERLAYS],
)
def test_golden(case: str, env: str, target: str, rewrite_golden: bool) -> None:
    """Every emitted file is the committed one, and none is missing or left over."""
    folder = EXAMPLES / case / "expected" / (f"{target}-{env}" if env else target)
    compare(folder, built(case, target, env), rewrite=rewrite_golden)


@pytest.mark.parametrize("case", CASES)
def test_same_bytes_twice(case: str) -> None:
    """A second build of the same spec is the same to the byte."""
    assert built(case, "python") == built(case, "python")
