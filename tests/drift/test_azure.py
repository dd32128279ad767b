"""An API Management service beside the spec: as deployed, as handed back, as extracted; every tampering is told."""

from __future__ import annotations

import html
import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seccfg import api
from seccfg.drift.compare import compare_state
from seccfg.drift.trees import changes
from seccfg.findings import InputError
from seccfg.targetapi.drift import load_drift
from seccfg.targetapi.registry import load_target
from seccfg_azure.engine_expressions import missing

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/seccfg.yaml"))
Files = dict[str, bytes]
SERVICE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"


def built(example: str) -> tuple[api.Loaded, Files]:
    loaded = api.load(str(ROOT / "examples" / example / "seccfg.yaml"))
    output = load_target("azure").compile(api.policy(loaded), api.options_of(loaded.spec, "azure"))
    return loaded, {file.path: file.content for file in output.files}


def handed_back(files: Files) -> list[dict[str, Any]]:
    """The template's resources as GET answers them: ids, states, titles, lines ended otherwise, in another order."""
    found: list[dict[str, Any]] = []
    for resource in json.loads(files["azuredeploy.json"])["resources"]:
        name = re.search(r"'/([^']*)'\)\]$", resource["name"])
        assert name is not None
        kinds = resource["type"].split("/")[2:]
        parts = [part for pair in zip(kinds, name[1].split("/"), strict=True) for part in pair]
        properties = {**resource.get("properties", {}), "provisioningState": "Succeeded", "description": None}
        if "value" in properties and "policies" in resource["type"].lower():
            properties["value"] = properties["value"].replace("\n", "\r\n")
        ident = f"{SERVICE}/{'/'.join(parts)}"
        found.insert(0, {"id": ident, "type": resource["type"], "name": parts[-1], "properties": properties})
    return found


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_was_built_is_no_drift(example: str) -> None:
    """The template, the extract, and documents of the management API."""
    loaded, files = built(example)
    options = api.options_of(loaded.spec, "azure")
    extract = {path: content for path, content in files.items() if path.startswith("apiops/") and path.endswith(".xml")}
    documents = {"all.json": json.dumps({"value": handed_back(files)}).encode()}
    for state in (files, extract, documents):
        found = compare_state(api.policy(loaded), "azure", options, load_drift("azure"), state)
        assert (found.verdict, found.changed, found.foreign) == ("SAME", (), ())


def test_every_tampering_is_told() -> None:
    """Twenty at random: a line of a policy gone, an operation moved, a resource gone."""
    _, files = built("guide")
    reader = load_drift("azure")
    owned = reader.normal(files, files)
    for seed in range(20):
        r = random.Random(seed)
        resources = [x for x in handed_back(files) if "namedValues" not in x["type"]]
        policies = [x for x in resources if "value" in x["properties"]]
        others = [x for x in resources if "value" not in x["properties"] and x["type"].endswith(("apis", "operations"))]
        one = r.choice(policies if seed % 2 else others)
        if seed % 10 == 0:
            resources.remove(one)
        elif "value" in one["properties"]:
            lines = one["properties"]["value"].splitlines(keepends=True)
            del lines[r.choice([n for n, line in enumerate(lines) if line.strip()])]
            one["properties"]["value"] = "".join(lines)
        elif one["type"].endswith("operations"):
            one["properties"]["method"] = "PATCH"
        else:
            one["properties"]["path"] = "elsewhere"
        state = {"all.json": json.dumps({"value": resources}).encode()}
        assert list(changes(owned.tree, reader.normal(state, files).tree)), seed


_OPEN = f"<policies>{''.join(f'<{part}><base /></{part}>' for part in ('inbound', 'backend', 'outbound', 'on-error'))}</policies>"


def _opened(resources: list[dict[str, Any]]) -> None:
    """The API's policy replaced by one that does nothing."""
    policy = next(x for x in resources if x["type"].endswith("apis/policies"))
    policy["properties"]["value"] = _OPEN


def _gone(resources: list[dict[str, Any]]) -> None:
    """An operation deleted."""
    resources.remove(next(x for x in resources if x["type"].endswith("operations") and x["properties"]["method"] == "POST"))


def _raw(resources: list[dict[str, Any]]) -> None:
    """Nothing but the form of policies: C# as it is."""
    for x in resources:
        if "value" in x["properties"] and "olic" in x["type"]:
            x["properties"] |= {"format": "rawxml", "value": html.unescape(x["properties"]["value"])}


@pytest.mark.parametrize("change, verdict", [(_opened, "WIDENS"), (_gone, "NARROWS"), (_raw, "SAME")])
def test_what_opens_or_closes_is_told_as_access(change: Callable[[list[dict[str, Any]]], None], verdict: str) -> None:
    """On the interpreter of policies."""
    if missing() and not os.environ.get("SECCFG_REQUIRE_ENGINES"):
        pytest.skip(missing())
    loaded, files = built("minimal")
    resources = handed_back(files)
    change(resources)
    state = {"all.json": json.dumps({"value": resources}).encode()}
    found = compare_state(api.policy(loaded), "azure", {}, load_drift("azure"), state)
    assert (found.verdict, found.unread) == (verdict, "")
    assert bool(found.changed) == (verdict != "SAME")


def test_what_the_spec_does_not_own_is_listed() -> None:
    """Another API of the same service."""
    loaded, files = built("guide")
    kind = "Microsoft.ApiManagement/service/apis"
    other = {"id": f"{SERVICE}/apis/other", "type": kind, "name": "other", "properties": {"path": "x"}}
    state = {"all.json": json.dumps({"value": [*handed_back(files), other]}).encode()}
    found = compare_state(api.policy(loaded), "azure", {}, load_drift("azure"), state)
    assert (found.verdict, found.foreign) == ("SAME", ("apis other",))


def test_what_is_no_service() -> None:
    """Said, never taken for an empty one."""
    loaded, _ = built("guide")
    for state in ({"a.json": b"{"}, {"a.json": b"{}"}, {"a.txt": b"x"}):
        with pytest.raises(InputError):
            compare_state(api.policy(loaded), "azure", {}, load_drift("azure"), state)
