"""An exported Apigee bundle beside the spec: what was built, as Apigee hands it back, is no drift; every tampering is told."""

from __future__ import annotations

import io
import os
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg import api
from seccfg.drift.compare import compare_state
from seccfg.drift.trees import changes
from seccfg.findings import InputError
from seccfg.targetapi.drift import load_drift
from seccfg.targetapi.registry import load_target
from seccfg_apigee.engine import engines

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/seccfg.yaml"))
Files = dict[str, bytes]


def built(example: str) -> tuple[api.Loaded, Files]:
    loaded = api.load(str(ROOT / "examples" / example / "seccfg.yaml"))
    output = load_target("apigee").compile(api.policy(loaded), api.options_of(loaded.spec, "apigee"))
    return loaded, {file.path: file.content for file in output.files}


def exported(files: Files) -> Files:
    """As an export of revision 7: dates and who, another order, other space in XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in reversed(files.items()):
            if not path.startswith("apiproxy/"):
                continue
            if path.count("/") == 1:
                told = re.sub(rb' revision="[^"]*"', b"", content)
                content = re.sub(rb"(<APIProxy[^>]*)>", rb'\1 revision="7"><CreatedAt>1767614400</CreatedAt>', told, count=1)
            elif path.endswith(".xml"):
                content = content.replace(b">\n", b">\n\n  ")
            archive.writestr(path, content)
    return {"notes_rev7.zip": out.getvalue()}


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_was_built_is_no_drift(example: str) -> None:
    """As written, as its own zip, and as an export."""
    loaded, files = built(example)
    options = api.options_of(loaded.spec, "apigee")
    folder = {path: content for path, content in files.items() if path.startswith("apiproxy/")}
    for state in (files, folder, {"bundle.zip": files["bundle.zip"]}, exported(files)):
        found = compare_state(api.policy(loaded), "apigee", options, load_drift("apigee"), state)
        assert (found.verdict, found.changed) == ("SAME", ())


def test_every_tampering_is_told() -> None:
    """Twenty at random: a line of code gone, a text of a policy changed, a file gone."""
    _, files = built("orders")
    reader = load_drift("apigee")
    owned = reader.normal(files, files)
    paths = sorted(path for path in files if path.startswith("apiproxy/") and path.count("/") > 1)
    for seed in range(20):
        r = random.Random(seed)
        path = r.choice(paths)
        state = {p: content for p, content in files.items() if p.startswith("apiproxy/")}
        text = files[path].decode()
        if seed % 10 == 0:
            del state[path]
        elif path.endswith(".xml"):
            values = list(re.finditer(r">([^<>\s][^<>]*)<", text))
            at = r.choice(values) if values else None
            state[path] = (f"{text[: at.end(1)]}x{text[at.end(1) :]}" if at else text.replace("/>", ' x="1"/>', 1)).encode()
        else:
            lines = text.splitlines(keepends=True)
            del lines[r.choice([n for n, line in enumerate(lines) if line.strip()])]
            state[path] = "".join(lines).encode()
        assert list(changes(owned.tree, reader.normal(state, files).tree)), (seed, path)


def _never_refuses(files: Files) -> None:
    """Conditions on what was decided turned to others."""
    path = "apiproxy/proxies/default.xml"
    told = files[path].replace(b'(seccfg.decision != "allow")', b'(seccfg.decision = "nothing")')
    files[path] = told.replace(b'(seccfg.decision = "allow")', b'(seccfg.decision != "nothing")')


def _says_more(files: Files) -> None:
    """Code that decides nothing."""
    files["apiproxy/resources/jsc/seccfg-text.js"] += b"\nvar nothing = 1;\n"


@pytest.mark.parametrize("change, verdict", [(_never_refuses, "WIDENS"), (_says_more, "DIFFERENT")])
def test_what_opens_or_closes_is_told_as_access(change: Callable[[Files], None], verdict: str) -> None:
    """On the interpreter of bundles."""
    if all(info.missing for info in engines()) and not os.environ.get("SECCFG_REQUIRE_ENGINES"):
        pytest.skip("no interpreter of bundles can run here: make engines")
    loaded, files = built("minimal")
    state = {path: content for path, content in files.items() if path.startswith("apiproxy/")}
    change(state)
    found = compare_state(api.policy(loaded), "apigee", {}, load_drift("apigee"), state)
    assert (found.verdict, found.unread) == (verdict, "")
    assert found.changed
    assert bool(found.access) == (verdict != "DIFFERENT")


def test_what_is_no_bundle() -> None:
    """Said, never taken for an empty proxy."""
    loaded, files = built("guide")
    path = next(p for p in files if p.startswith("apiproxy/policies/"))
    for state in (
        {"x.zip": b"no"}, {"a.txt": b""}, {**files, path: b"<a>"},
        {**files, path: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'},
    ):  # fmt: skip
        with pytest.raises(InputError):
            compare_state(api.policy(loaded), "apigee", {}, load_drift("apigee"), state)
