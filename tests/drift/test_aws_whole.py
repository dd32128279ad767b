"""Stacks of HTTP APIs and Terraform beside the spec: as deployed no drift, tampered with told as access or as the control."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from seccfg import api
from seccfg.drift.attributed import Difference, told
from seccfg.drift.compare import Drifted, compare_state
from seccfg.findings import InputError
from seccfg.targetapi.drift import load_drift
from seccfg.targetapi.registry import load_target
from tests.drift.telling import EXAMPLES, ROOT, Files

HTTP = {"api": '"http"'}
TERRAFORM = {"format": '"terraform"'}
_REFERENCE = re.compile(r"\$\{((?:data\.)?[a-z0-9_]+\.[A-Za-z0-9_]+)\.([a-z0-9_]+)\}")
_VARIABLE = re.compile(r"\$\{var\.([A-Za-z0-9_]+)\}")
Document = dict[str, Any]


def built(example: str, options: dict[str, str]) -> tuple[api.Loaded, dict[str, str], Files]:
    loaded = api.load(str(ROOT / "examples" / example / "seccfg.yaml"))
    options = {**api.options_of(loaded.spec, "aws"), **options}
    output = load_target("aws").compile(api.policy(loaded), options)
    return loaded, options, {file.path: file.content for file in output.files}


def compared(loaded: api.Loaded, options: dict[str, str], state: Files) -> Drifted:
    return compare_state(api.policy(loaded), "aws", options, load_drift("aws"), state)


def differences(files: Files, state: Files) -> tuple[Difference, ...]:
    reader = load_drift("aws")
    return told(reader, reader.normal(files, files).tree, reader.normal(state, files).tree)


def answered(files: Files) -> Files:
    """As get-template answers: members in another order."""
    template = json.loads(files["template.json"])
    turned = {**template, "Resources": dict(reversed(template["Resources"].items()))}
    return {"answer.json": json.dumps({"TemplateBody": json.dumps(turned), "StagesAvailable": ["Original"]}).encode()}


def applied(files: Files) -> Document:
    """As `terraform show -json` says after an apply: ids, references filled in, blocks as lists, what the provider computes."""
    document = json.loads(files["main.tf.json"])
    given = {name: said.get("default", f"given-{name}") for name, said in document.get("variable", {}).items()}
    blocks = {
        "settings",
        "environment",
        "endpoint_configuration",
        "access_log_settings",
        "logging_config",
        "tracing_config",
        "lifecycle",
    }

    def filled(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            told_ = {name: filled(below, name) for name, below in value.items()}
            return [told_] if key in blocks else told_
        if isinstance(value, list):
            return [filled(item) for item in value]
        if not isinstance(value, str):
            return value
        value = _VARIABLE.sub(lambda found: str(given[found[1]]), value)
        value = _REFERENCE.sub(
            lambda found: f"{found[1].removeprefix('data.')}-{found[2]}" if found[2] in ("id", "arn") else found[0],
            value,
        )
        for _ in range(3):
            value = _REFERENCE.sub(
                lambda found: str(
                    document["resource"]
                    .get(found[1].split(".")[0], {})
                    .get(found[1].split(".")[-1], {})
                    .get(found[2], f"{found[1].removeprefix('data.')}-{found[2]}")
                ),
                value,
            )
            value = _VARIABLE.sub(lambda found: str(given[found[1]]), value)
        return [] if "?" in value and "${" in value else value

    resources: list[Document] = []
    for kind, named in document["resource"].items():
        for name, said in named.items():
            own = {key: below for key, below in filled(said).items() if key not in ("lifecycle", "depends_on")}
            computed: Document = {
                "id": f"{kind}.{name}-id",
                "arn": f"{kind}.{name}-arn",
                "invoke_arn": f"{kind}.{name}-invoke_arn",
                "tags_all": {},
                "root_resource_id": f"{kind}.{name}-root_resource_id",
                "last_modified": "2026-01-05",
                "tls_config": [],
                "execution_arn": f"{kind}.{name}-execution_arn",
                "layers": None,
                "credentials": "",
            }
            resources.insert(
                0,
                {
                    "address": f"{kind}.{name}",
                    "mode": "managed",
                    "type": kind,
                    "name": name,
                    "values": {**computed, **own},
                },
            )
    for kind, named in document.get("data", {}).items():
        for name in named:
            values = {key: f"{kind}.{name}-{key}" for key in ("id", "partition", "account_id", "arn", "region", "name")}
            resources.append(
                {"address": f"data.{kind}.{name}", "mode": "data", "type": kind, "name": name, "values": values}
            )
    return {"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {"resources": resources}}}


def shown(document: Document) -> Files:
    return {"show.json": json.dumps(document).encode()}


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_was_built_is_no_drift(example: str) -> None:
    """An HTTP API as its template and as get-template answers; Terraform as its file and as `terraform show -json` says."""
    loaded, options, files = built(example, HTTP)
    for state in (files, answered(files)):
        found = compared(loaded, options, state)
        assert (found.verdict, found.changed, found.foreign) == ("SAME", (), ())
    loaded, options, files = built(example, TERRAFORM)
    for state in (files, shown(applied(files))):
        found = compared(loaded, options, state)
        assert (found.verdict, found.changed, found.foreign) == ("SAME", (), ())


def changed(files: Files, change: Callable[[Document], object]) -> Files:
    template = json.loads(files["template.json"])
    change(template["Resources"])
    return {"template.json": json.dumps(template).encode()}


HTTP_TAMPERINGS: list[tuple[Callable[[Document], object], str, str]] = [
    (lambda r: r["PostNotes"]["Properties"].update(AuthorizationType="NONE"), "every control", "weaker"),
    (lambda r: r["Authorizer"]["Properties"].update(AuthorizerResultTtlInSeconds=300), "every control", "weaker"),
    (lambda r: r["ToPostNotes"]["Properties"].update(IntegrationUri="http://evil.example.com"), "Forward", "weaker"),
    (
        lambda r: r["ToPostNotes"]["Properties"]["RequestParameters"].pop("remove:header.x-authz-open"),
        "Forward",
        "weaker",
    ),
    (lambda r: r["ToPostNotes"]["Properties"].update(TlsConfig={"ServerNameToVerify": "other"}), "Forward", "weaker"),
    (lambda r: r["RestApi"]["Properties"].update(DisableExecuteApiEndpoint=False), "Host", "weaker"),
    (lambda r: r["RestApi"]["Properties"].update(CorsConfiguration={"AllowOrigins": ["*"]}), "Cors", "weaker"),
    (
        lambda r: r["Domain1"]["Properties"]["DomainNameConfigurations"][0].update(SecurityPolicy="TLS_1_0"),
        "Transport",
        "weaker",
    ),
    (lambda r: r["Function"]["Properties"].update(Handler="index.other"), "every control", "weaker"),
    (lambda r: r["Stage"]["Properties"].pop("AccessLogSettings"), "Audit", "weaker"),
    (
        lambda r: r.update(
            Other={
                **copy.deepcopy(r["PostNotes"]),
                "Properties": {**r["PostNotes"]["Properties"], "RouteKey": "PUT /notes"},
            }
        ),
        "Route",
        "weaker",
    ),
    (lambda r: r.pop("FunctionPermission"), "every control", "weaker"),
]


@pytest.mark.parametrize("change, control, way", HTTP_TAMPERINGS, ids=range(len(HTTP_TAMPERINGS)))
def test_an_http_api_tampered_with(change: Callable[[Document], object], control: str, way: str) -> None:
    """Told as the control it weakens."""
    _, _, files = built("minimal", HTTP)
    found = differences(files, changed(files, change))
    assert (control, way) in [(one.control, one.direction) for one in found], found
    assert all(one.control or one.direction == "nothing" for one in found)


def _values(document: Document, address: str) -> Document:
    found: Document = next(r for r in document["values"]["root_module"]["resources"] if r["address"] == address)[
        "values"
    ]
    return found


def _added(document: Document) -> None:
    """A method opened by hand on the spec's API."""
    api_id = _values(document, "aws_api_gateway_rest_api.RestApi")["id"]
    document["values"]["root_module"]["resources"].append(
        {
            "address": "aws_api_gateway_method.Mine",
            "mode": "managed",
            "type": "aws_api_gateway_method",
            "name": "Mine",
            "values": {"rest_api_id": api_id, "http_method": "PUT", "authorization": "NONE"},
        }
    )


TERRAFORM_TAMPERINGS: list[tuple[Callable[[Document], object], str, str]] = [
    (lambda d: _values(d, "aws_api_gateway_method.PostNotes").update(authorization="NONE"), "every control", "weaker"),
    (
        lambda d: _values(d, "aws_api_gateway_method.PostNotes").update(api_key_required=False),
        "every control",
        "weaker",
    ),
    (lambda d: _values(d, "aws_api_gateway_method.PostNotes").update(authorizer_id="other"), "every control", "weaker"),
    (
        lambda d: _values(d, "aws_api_gateway_authorizer.Authorizer").update(authorizer_result_ttl_in_seconds=300),
        "every control",
        "weaker",
    ),
    (
        lambda d: _values(d, "aws_api_gateway_integration.PostNotes").update(uri="http://evil.example.com/notes"),
        "Forward",
        "weaker",
    ),
    (
        lambda d: _values(d, "aws_api_gateway_integration.PostNotes").update(
            tls_config=[{"insecure_skip_verification": True}]
        ),
        "Forward",
        "changed",
    ),
    (
        lambda d: _values(d, "aws_api_gateway_integration.PostNotes")["request_parameters"].pop(
            "integration.request.header.authorization"
        ),
        "Forward",
        "weaker",
    ),
    (
        lambda d: _values(d, "aws_api_gateway_rest_api.RestApi").update(disable_execute_api_endpoint=False),
        "Host",
        "weaker",
    ),
    (
        lambda d: _values(d, "aws_api_gateway_domain_name.Domain1").update(security_policy="TLS_1_0"),
        "Transport",
        "weaker",
    ),
    (
        lambda d: _values(d, "aws_api_gateway_method_settings.Stage")["settings"][0].update(caching_enabled=True),
        "every control",
        "weaker",
    ),
    (lambda d: _values(d, "aws_lambda_function.Function").update(layers=["arn:mine"]), "every control", "weaker"),
    (_added, "Route", "weaker"),
]


@pytest.mark.parametrize("change, control, way", TERRAFORM_TAMPERINGS, ids=range(len(TERRAFORM_TAMPERINGS)))
def test_what_terraform_made_tampered_with(change: Callable[[Document], object], control: str, way: str) -> None:
    """As `terraform show -json` says after a refresh, told as the control it weakens."""
    _, _, files = built("minimal", TERRAFORM)
    document = applied(files)
    change(document)
    found = differences(files, shown(document))
    assert (control, way) in [(one.control, one.direction) for one in found], found
    assert all(one.control or one.direction == "nothing" for one in found)


def test_what_opens_is_told_as_access() -> None:
    """The state of either form is run: a method that asks nobody."""
    loaded, options, files = built("minimal", HTTP)
    found = compared(loaded, options, {**files, **changed(files, HTTP_TAMPERINGS[0][0])})
    assert (found.verdict, found.unread) == ("WIDENS", "")
    loaded, options, files = built("minimal", TERRAFORM)
    document = applied(files)
    TERRAFORM_TAMPERINGS[0][0](document)
    _values(document, "aws_api_gateway_method.PostNotes").update(api_key_required=False)
    found = compared(loaded, options, shown(document))
    assert (found.verdict, found.unread) == ("WIDENS", "")
    assert found.access[0].request.method == "POST"


def test_what_the_spec_does_not_own_is_listed() -> None:
    """A bucket in the same stack, and another team's API in the same state."""
    loaded, options, files = built("minimal", HTTP)
    state = changed(files, lambda r: r.update(Theirs={"Type": "AWS::S3::Bucket", "Properties": {}}))
    found = compared(loaded, options, state)
    assert (found.verdict, found.foreign) == ("SAME", ("Bucket Theirs",))
    loaded, options, files = built("minimal", TERRAFORM)
    document = applied(files)
    theirs = {
        "address": "aws_s3_bucket.b",
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": "b",
        "values": {"id": "b"},
    }
    document["values"]["root_module"]["resources"].append(theirs)
    found = compared(loaded, options, shown(document))
    assert (found.verdict, found.foreign) == ("SAME", ("aws_s3_bucket.b",))


def test_what_is_no_state() -> None:
    """Said, never taken for an empty stack."""
    loaded, options, _ = built("minimal", TERRAFORM)
    _, _, other = built("minimal", HTTP)
    for state in (
        {},
        {"a.json": b"{}"},
        {"template.json": other["template.json"]},
        {"a.json": b'{"values": {"root_module": {}}}'},
    ):
        with pytest.raises(InputError):
            compared(loaded, options, state)
