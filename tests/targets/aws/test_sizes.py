"""More routes than a stack holds resources: one OpenAPI document, read with the habits of AWS's import; and where it ends."""

from __future__ import annotations

import copy
import functools
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import seccfg_aws.sizes
from seccfg import api
from seccfg.findings import InputError
from seccfg.ir.policy import Policy
from seccfg.targetapi.observe import EngineFailed
from seccfg.verify.run import verify_policy
from seccfg_aws import TARGET
from seccfg_aws.sizes import checked
from seccfg_aws.stack import read_api
from tests.targets.aws.service_shapes import problems

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def many(folder: Path, count: int) -> Policy:
    """The smallest example with *count* more paths, each of three segments and two methods."""
    shutil.copytree(EXAMPLES / "minimal", folder, dirs_exist_ok=True)
    place = folder / "seccfg.yaml"
    paths = "".join(
        f"  /things{n}/{{id}}/part:\n    get: {{allow: authenticated}}\n    delete: {{allow: authenticated}}\n"
        for n in range(count)
    )
    place.write_text(place.read_text() + paths)
    return api.policy(api.load(str(place)))


def stack(policy: Policy) -> dict[str, Any]:
    files = TARGET.compile(policy, {}).files
    found: dict[str, Any] = json.loads(next(f.content for f in files if f.path == "template.json"))
    return found


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The template of the smallest example in the form of large ones."""
    monkeypatch.setattr(seccfg_aws.sizes, "MOST_RESOURCES", 50)
    return stack(api.policy(api.load(str(EXAMPLES / "minimal" / "seccfg.yaml"))))


def test_the_form_is_never_both(tmp_path: Path) -> None:
    """Up to what a stack holds each path is a resource, above it none is; the services take either."""
    kinds = []
    for count in (80, 100):
        template = stack(many(tmp_path / str(count), count))
        assert len(template["Resources"]) <= 500
        methods = [r for r in template["Resources"].values() if r["Type"] == "AWS::ApiGateway::Method"]
        assert bool(methods) is ("Body" not in template["Resources"]["RestApi"]["Properties"])
        kinds.append(bool(methods))
        assert [text for r in template["Resources"].values() for text in problems(r["Type"], r["Properties"])] == []
    assert kinds == [True, False]


def test_more_paths_than_an_account_is_allowed_is_said(tmp_path: Path) -> None:
    """Three segments a path: the hundredth is above 300."""
    gaps = TARGET.compile(many(tmp_path, 100), {}).gaps
    assert [(g.bound, g.kind) for g in gaps if g.id == "api-quota"] == [("302 resources", "outside")]


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("SECCFG_LONG"), reason="specs of thousands of lines are read: SECCFG_LONG=1 runs it")
def test_a_thousand_routes_fit_and_far_more_are_refused(tmp_path: Path) -> None:
    """One document inside one template; beyond its megabyte the build says how to divide."""
    template = stack(many(tmp_path / "fits", 500))
    assert sum(len(item) for item in template["Resources"]["RestApi"]["Properties"]["Body"]["paths"].values()) > 1000
    with pytest.raises(InputError, match="divide the routes over several specs"):
        stack(many(tmp_path / "too-many", 900))


def test_what_cloudformation_would_refuse_is_refused() -> None:
    """In words that say how to go on; white space goes first."""
    assert checked(b"x" * 900_000, lambda: b"", 1, 1, 1) == b"x" * 900_000
    assert checked(b" " * 1_100_000, lambda: b"x" * 900_000, 1, 1, 1) == b"x" * 900_000
    for length, short, counts in (
        (1_100_000, 1_000_001, (1, 1, 1)), (1, 1, (501, 1, 1)), (1, 1, (1, 201, 1)), (1, 1, (1, 1, 201)),
    ):  # fmt: skip
        with pytest.raises(InputError, match="divide"):
            checked(b" " * length, functools.partial(bytes, short), *counts)


def test_decides_as_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every boundary request of the smallest example, as one document."""
    monkeypatch.setattr(seccfg_aws.sizes, "MOST_RESOURCES", 50)
    policy = api.policy(api.load(str(EXAMPLES / "minimal" / "seccfg.yaml")))
    report = verify_policy(policy, {"aws": {}}, "2026-01-05")
    (engine,) = report.targets[0].engines
    assert not engine.failure
    assert engine.requests > 800
    assert [(d.scenario, d.number, d.fields) for d in engine.differences[:3]] == []


def _body(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["RestApi"]["Properties"]["Body"]
    return found


def _read(template: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    return {path: method for (path, verb), method in read_api(template, {}).methods.items() if verb == "GET"}


def test_security_of_the_root_is_not_that_of_an_operation(document: dict[str, Any]) -> None:
    """AWS ignores it: such an operation is open to anybody."""
    body = _body(document)
    body["security"] = body["paths"]["/notes"]["get"].pop("security")
    methods = _read(document)
    assert (methods[("notes",)].authorization, methods[("notes",)].key_required) == ("NONE", False)
    assert (methods[("health",)].authorization, methods[("health",)].key_required) == ("CUSTOM", True)


def test_alternatives_are_all_required_and_unknown_schemes_nothing(document: dict[str, Any]) -> None:
    """`security: [{a: []}, {b: []}]` asks for both; a scheme nobody defined asks for nothing."""
    operation = _body(document)["paths"]["/notes"]["get"]
    assert operation["security"] == [{"decision": []}, {"passKey": []}]
    operation["security"] = [{"passKey": []}]
    assert (_read(document)[("notes",)].authorization, _read(document)[("notes",)].key_required) == ("NONE", True)
    operation["security"] = [{"another": []}]
    assert (_read(document)[("notes",)].authorization, _read(document)[("notes",)].key_required) == ("NONE", False)


def test_an_answer_is_kept_five_minutes_unless_told_otherwise(document: dict[str, Any]) -> None:
    """The default of the field is the hole."""
    assert read_api(document, {}).authorizer_ttl_s == 0
    scheme = _body(document)["components"]["securitySchemes"]["decision"]
    del scheme["x-amazon-apigateway-authorizer"]["authorizerResultTtlInSeconds"]
    assert read_api(document, {}).authorizer_ttl_s == 300


def test_both_forms_at_once_are_no_api(document: dict[str, Any]) -> None:
    """A resource of the stack beside a document."""
    other = copy.deepcopy(document)
    other["Resources"]["More"] = {
        "Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "RestApi"}, "PathPart": "x"},
    }  # fmt: skip
    with pytest.raises(EngineFailed, match="two forms"):
        read_api(other, {})
