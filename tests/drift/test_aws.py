"""A REST API beside the spec: as deployed, as exported, as the service answers; every tampering is told."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seccfg import api
from seccfg.drift.attributed import told
from seccfg.drift.compare import Drifted, compare_state
from seccfg.drift.trees import changes
from seccfg.findings import InputError
from seccfg.targetapi.drift import LiveDrift, load_drift
from seccfg.targetapi.registry import load_target
from seccfg_aws.lower import lower
from seccfg_aws.openapi import document
from seccfg_aws.target import read_options

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/seccfg.yaml"))
EMULATOR = ROOT / ".engines" / "aws" / "bin" / "ministack"
Files = dict[str, bytes]
Resources = dict[str, Any]


def built(example: str) -> tuple[api.Loaded, Files]:
    loaded = api.load(str(ROOT / "examples" / example / "seccfg.yaml"))
    output = load_target("aws").compile(api.policy(loaded), api.options_of(loaded.spec, "aws"))
    return loaded, {file.path: file.content for file in output.files}


def compared(loaded: api.Loaded, state: Files) -> Drifted:
    return compare_state(api.policy(loaded), "aws", api.options_of(loaded.spec, "aws"), load_drift("aws"), state)


def tampered(files: Files, change: Callable[[Resources], object]) -> Files:
    template = json.loads(files["template.json"])
    change(template["Resources"])
    return {**files, "template.json": json.dumps(template).encode()}


def exported(loaded: api.Loaded) -> Files:
    """As get-export answers for a stack called `notes`: ARNs, empty members, other case, a date for a version."""
    plan, _, _ = lower(api.policy(loaded), read_options(api.options_of(loaded.spec, "aws")))
    urls = {f"Upstream{m.upstream.name.capitalize()}": m.upstream.url.rstrip("/") for m in plan.methods}

    def told(value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"Fn::Sub"}:
            text = re.sub(
                r"\$\{(\w+)\.Arn\}",
                r"arn:aws:lambda:eu-central-1:123456789012:function:notes-\1-A1B2C3D4E5F6",
                value["Fn::Sub"],
            )
            return re.sub(
                r"\$\{(\w+)\}",
                lambda found: urls[found[1]],
                text.replace("${AWS::Partition}", "aws").replace("${AWS::Region}", "eu-central-1"),
            )
        if isinstance(value, dict):
            return {key: told(below) for key, below in reversed(value.items()) if key != "$schema"}
        return [told(item) for item in value] if isinstance(value, list) else value

    body = told(document(plan))
    body["info"]["version"] = "2026-01-05T12:00:00Z"
    body["servers"] = [{"url": "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/{basePath}"}]
    for item in body["paths"].values():
        for operation in item.values():
            operation["x-amazon-apigateway-integration"] |= {
                "connectionType": "INTERNET",
                "cacheKeyParameters": [],
                "cacheNamespace": "x1",
            }
            kinds = operation.get("requestBody", {}).get("content", {})
            for kind in [kind for kind in kinds if kind != "$default"]:
                del kinds[kind]
    return {"export.json": json.dumps(body).encode()}


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_was_built_is_no_drift(example: str) -> None:
    """As written, the template alone, as get-template answers, and exported."""
    loaded, files = built(example)
    template = json.loads(files["template.json"])
    for state in (
        files, {"template.json": files["template.json"]}, {"answer.json": json.dumps({"TemplateBody": template}).encode()},
        exported(loaded),
    ):  # fmt: skip
        found = compared(loaded, state)
        assert (found.verdict, found.changed, found.foreign) == ("SAME", (), ())


def test_what_decides_nothing_is_read_back_as_it_was() -> None:
    """A stack told again in sections answers every boundary request as the spec does."""
    loaded, files = built("minimal")
    found = compared(loaded, tampered(files, lambda r: r["Stage"]["Properties"].update(TracingEnabled=False)))
    assert (found.verdict, found.access, found.unread) == ("WEAKER", (), "")
    assert found.requests > 500


def _of(resources: Resources, kind: str) -> Iterator[dict[str, Any]]:
    return (r["Properties"] for _, r in sorted(resources.items()) if r["Type"] == f"AWS::ApiGateway::{kind}")


def _open(resources: Resources) -> None:
    next(_of(resources, "Method")).update(AuthorizationType="NONE", ApiKeyRequired=False)


def _beside(resources: Resources) -> None:
    method = copy.deepcopy(next(r for r in resources.values() if r["Type"] == "AWS::ApiGateway::Method"))
    method["Properties"].update(AuthorizationType="NONE", ApiKeyRequired=False, HttpMethod="ANY")
    resources["Other"] = method


WEAKENED: list[tuple[Callable[[Resources], object], str]] = [
    (_open, "WIDENS"),
    (_beside, "WIDENS"),
    (lambda r: next(_of(r, "Authorizer")).update(AuthorizerResultTtlInSeconds=300), "WIDENS"),
    (lambda r: r.pop("PassPlanKey"), "NARROWS"),
    (lambda r: r.pop("FunctionPermission"), "NARROWS"),
    (lambda r: r.pop("Domain1") and r.pop("Mapping1"), "NARROWS"),
]


@pytest.mark.parametrize("change, verdict", WEAKENED, ids=range(len(WEAKENED)))
def test_what_opens_or_closes_is_told_as_access(change: Callable[[Resources], object], verdict: str) -> None:
    """On the model of the gateway, with the function run in it."""
    loaded, files = built("minimal")
    found = compared(loaded, tampered(files, change))
    assert found.verdict == verdict, (found.access, found.changed, found.unread)
    assert found.changed


def test_code_that_was_changed_is_run() -> None:
    """A function whose policy asks for no scope any more: nothing of the API differs, everybody may write."""
    loaded, files = built("minimal")
    path = next(path for path in files if path.endswith("/policy.py"))
    text = files[path].decode()
    weaker = text.replace('Grant(scopes=frozenset({"notes.write"}))', "Grant()")
    assert weaker != text
    found = compared(loaded, {**files, path: weaker.encode()})
    assert found.verdict == "WIDENS"
    assert {change.path[0] for change in found.changed} == {"code"}


def test_every_tampering_is_told() -> None:
    """Twenty at random of the whole language's example: a resource gone, a setting changed, a line of the function gone."""
    _, files = built("orders")
    reader = load_drift("aws")
    owned = reader.normal(files, files)
    silent = {
        "RequestParameters",
        "EndpointAccessMode",
        "Description",
        "Name",
        "StageName",
        "UsagePlanName",
        "EndpointConfiguration",
        "ContentType",
        "ValidateRequestParameters",
    }
    for seed in range(20):
        r = random.Random(seed)
        template = json.loads(files["template.json"])
        resources = template["Resources"]
        parts = [
            k for k, v in resources.items() if not v["Type"].endswith(("Resource", "Deployment", "RestApi", "Stage"))
        ]
        ident = r.choice(parts)
        state = dict(files)
        if seed % 6 == 0:
            path = r.choice([path for path in files if path.startswith("authorizer/")])
            lines = files[path].decode().splitlines(keepends=True)
            del lines[r.randrange(len(lines))]
            state[path] = "".join(lines).encode()
        elif seed % 6 == 1:
            if resources[ident]["Type"].endswith(("RequestValidator", "Model", "ApiKey")):
                ident = "Authorizer"  # those are told by what refers to them
            for method in resources.values():  # as the service would: nothing refers to what is gone
                if ident == "Authorizer" and method["Type"].endswith("::Method"):
                    method["Properties"].pop("AuthorizerId", None)
            del resources[ident]
        else:
            properties = resources[ident]["Properties"]
            keys = [
                key
                for key in properties
                if key not in silent and not key.endswith(("Id", "Arn")) and key != "RestApiId"
            ]
            key = r.choice(keys or ["HttpMethod"])
            before = properties.get(key)
            properties[key] = (
                not before if isinstance(before, bool) else before + 1 if isinstance(before, int)
                else f"{before}X" if isinstance(before, str) else {"x": "y"} if isinstance(before, dict) else ["x"]
            )  # fmt: skip
        state["template.json"] = json.dumps(template).encode()
        try:
            told = list(changes(owned.tree, reader.normal(state, files).tree))
        except InputError:
            continue  # no template any more, and said so
        assert told, (seed, ident)


def test_what_the_spec_does_not_own_is_listed() -> None:
    """A bucket somebody keeps in the same stack."""
    loaded, files = built("guide")
    found = compared(loaded, tampered(files, lambda r: r.update(Theirs={"Type": "AWS::S3::Bucket", "Properties": {}})))
    assert (found.verdict, found.foreign) == ("SAME", ("AWS::S3::Bucket Theirs",))


def test_what_is_no_state() -> None:
    """Said, never taken for an empty API."""
    loaded, _ = built("guide")
    bare = json.loads(exported(loaded)["export.json"])
    for item in bare["paths"].values():
        for operation in item.values():
            del operation["x-amazon-apigateway-integration"]
    for state in (
        {"a.json": b"{"}, {"a.json": b"{}"}, {"a.txt": b"x"}, {"a.json": b'{"swagger": "2.0"}'}, {"function.zip": b"no"},
        {"export.json": json.dumps(bare).encode()}, {"a.json": b'{"Resources": {}}'},
    ):  # fmt: skip
        with pytest.raises(InputError):
            compared(loaded, state)
    with pytest.raises(InputError, match="names no API"):
        api.drift(loaded, "aws", "live:../x")
    with pytest.raises(InputError, match="cannot be asked live"):
        api.drift(loaded, "opa", "live:x")


# ------------------------------------------------------------------------------------------------------- a live account
@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Clients of an emulator of AWS on loopback."""
    if not EMULATOR.exists():
        if os.environ.get("SECCFG_REQUIRE_ENGINES"):
            pytest.fail("ministack is missing: make engines")
        pytest.skip("ministack is missing: make engines")
    import botocore.session

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "GATEWAY_PORT": str(port), "MINISTACK_HOST": "127.0.0.1"}
    process = subprocess.Popen([str(EMULATOR)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_DEFAULT_REGION", "eu-central-1"),
            ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}"),
        ):  # fmt: skip
            monkeypatch.setenv(name, value)
        yield botocore.session.get_session().create_client
    finally:
        process.terminate()
        process.wait()


def deploy(client: Any, files: Files) -> str:
    """The stack, as far as the emulator has it; the web ACL's association and settings it drops are set after."""
    import io
    import zipfile

    template = json.loads(files["template.json"])
    template["Resources"] = {
        k: v for k, v in template["Resources"].items() if v["Type"] != "AWS::WAFv2::WebACLAssociation"
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in files.items():
            if path.startswith("authorizer/"):
                archive.writestr(path.removeprefix("authorizer/"), content)
    s3, stacks, gateway = client("s3"), client("cloudformation"), client("apigateway")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="code", Key=template["Parameters"]["CodeKey"]["Default"], Body=out.getvalue())
    given = [
        {"ParameterKey": name, "ParameterValue": "code" if name == "CodeBucket" else f"a-value-of-more-than-twenty-{name}"}
        for name, said in template["Parameters"].items() if "Default" not in said
    ]  # fmt: skip
    stacks.create_stack(
        StackName="notes", TemplateBody=json.dumps(template), Parameters=given, Capabilities=["CAPABILITY_IAM"]
    )
    for _ in range(200):
        status = stacks.describe_stacks(StackName="notes")["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(0.1)
    assert status == "CREATE_COMPLETE"
    ident: str = gateway.get_rest_apis()["items"][0]["id"]
    acl = stacks.describe_stack_resource(StackName="notes", LogicalResourceId="WebAcl")["StackResourceDetail"]
    listed = client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
    arn = next(one["ARN"] for one in listed if one["Id"] in acl["PhysicalResourceId"] or one["Name"] in acl["PhysicalResourceId"])
    stage = f"arn:aws:apigateway:eu-central-1::/restapis/{ident}/stages/live"
    client("wafv2").associate_web_acl(WebACLArn=arn, ResourceArn=stage)
    table = client("dynamodb").list_tables()["TableNames"][0]
    expires = {"Enabled": True, "AttributeName": "expires"}
    client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=expires)
    client("dynamodb").update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    client("dynamodb").update_table(TableName=table, SSESpecification={"Enabled": True, "SSEType": "KMS"})
    patched(gateway.update_rest_api, "/apiKeySource", "AUTHORIZER", restApiId=ident)
    patched(gateway.update_rest_api, "/disableExecuteApiEndpoint", "true", restApiId=ident)
    authorizer = gateway.get_authorizers(restApiId=ident)["items"][0]["id"]
    patched(gateway.update_authorizer, "/identitySource", "", restApiId=ident, authorizerId=authorizer)
    return ident


def patched(call: Callable[..., object], path: str, value: str, **at: str) -> None:
    call(**at, patchOperations=[{"op": "replace", "path": path, "value": value}])


def test_a_live_account_is_asked(account: Any) -> None:
    """Deployed it is the spec; a method opened by hand, a longer cache and another function's code are told."""
    loaded, files = built("minimal")
    gateway = account("apigateway")
    ident = deploy(account, files)
    found = api.drift(loaded, "aws", f"live:{ident}")
    assert (found.verdict, found.changed) == ("SAME", ()), "\n".join(f"{c.path} {c.expected} {c.found}" for c in found.changed)
    listed_functions = account("lambda").list_functions()["Functions"]
    function = next(one["FunctionName"] for one in listed_functions if "Preflight" not in one["FunctionName"])
    variables = account("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    account("lambda").update_function_configuration(
        FunctionName=function, Handler="index.other", Environment={"Variables": {**variables, "MINE": "a secret value"}}
    )
    account("wafv2").disassociate_web_acl(ResourceArn=f"arn:aws:apigateway:eu-central-1::/restapis/{ident}/stages/live")
    account("dynamodb").update_time_to_live(
        TableName=variables["AUTHORIZER_TABLE"], TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"}
    )
    reader = load_drift("aws")
    assert isinstance(reader, LiveDrift)
    told_ = told(reader, reader.normal(files, files).tree, reader.normal(reader.fetch(ident), files).tree)
    assert {(one.path[1], one.control) for one in told_} >= {
        ("Function", "every control"), ("WebAcl", "RequestTarget"), ("WebAclAssociation", "RequestTarget"), ("Table", "RateLimit"),
    }  # fmt: skip
    assert "a secret value" not in str(told_)
    listed = gateway.get_resources(restApiId=ident, embed=["methods"])["items"]
    notes = next(resource for resource in listed if "POST" in resource.get("resourceMethods", {}))
    at = {"restApiId": ident, "resourceId": notes["id"], "httpMethod": "POST"}
    integration = notes["resourceMethods"]["POST"]["methodIntegration"]
    gateway.delete_method(**at)
    gateway.put_method(**at, authorizationType="NONE", apiKeyRequired=False)
    gateway.put_integration(**at, type="HTTP_PROXY", integrationHttpMethod="POST", uri=integration["uri"])
    gateway.create_deployment(restApiId=ident, stageName="live")
    found = api.drift(loaded, "aws", f"live:{ident}/live")
    assert found.verdict == "WIDENS"
    assert found.access[0].request.method == "POST"
    with pytest.raises(InputError, match="no stage"):
        api.drift(loaded, "aws", f"live:{ident}/other")
    with pytest.raises(InputError, match="does not say"):
        api.drift(loaded, "aws", "live:nothere")


def test_what_stands_beside_an_api_is_read_in_the_service_s_own_shapes() -> None:
    """Answers checked by botocore's model of each service: the web ACL of the stage, the table, the function's settings."""
    import botocore.session
    from botocore.stub import Stubber

    from seccfg_aws.drift_beside import beside
    from seccfg_aws.drift_live import _Account

    _, files = built("minimal")
    mine = {k: v for k, v in json.loads(files["template.json"])["Resources"].items() if "ApiGateway" not in v["Type"]}
    session = botocore.session.get_session()
    session.set_credentials("test", "test")
    session.set_config_variable("region", "eu-central-1")
    account_ = _Account(session)
    rules = mine["WebAcl"]["Properties"]["Rules"]
    told_acl = {
        "Name": "acl", "Id": "1", "ARN": "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/acl/1",
        "DefaultAction": {"Allow": {}}, "Rules": rules[1:],
        "VisibilityConfig": {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "acl"},
    }  # fmt: skip
    settings = {
        "FunctionName": "notes-Function-A1", "Handler": "index.handler", "Runtime": "python3.13", "Timeout": 5, "MemorySize": 512,
        "Architectures": ["arm64"], "Layers": [{"Arn": "arn:aws:lambda:eu-central-1:123456789012:layer:mine:1"}],
        "Environment": {"Variables": {"AUTHORIZER_TABLE": "notes-Table-B2", "AUTHORIZER_PASS_KEY": "secret"}},
        "TracingConfig": {"Mode": "PassThrough"}, "LoggingConfig": {"LogGroup": "notes-FunctionLog-C3"},
    }  # fmt: skip
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}, "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"},
    }  # fmt: skip
    clients = account_._firewall, account_._tables, account_._functions
    with Stubber(clients[0]) as firewall, Stubber(clients[1]) as tables, Stubber(clients[2]) as functions:
        functions.add_response("get_function_configuration", settings, {"FunctionName": "notes-Function-A1"})
        tables.add_response("describe_table", {"Table": table}, {"TableName": "notes-Table-B2"})
        tables.add_response("describe_time_to_live", {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}})
        backups = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}
        tables.add_response("describe_continuous_backups", {"ContinuousBackupsDescription": backups})
        asked = {"ResourceArn": "arn:aws:apigateway:eu-central-1::/restapis/a1/stages/live"}
        firewall.add_response("get_web_acl_for_resource", {"WebACL": told_acl}, asked)
        live = account_._beside("a1", "live", ["notes-Function-A1"])
    found = beside(live, mine)
    assert found["Function"]["Properties"]["Layers"] == ["arn:aws:lambda:eu-central-1:123456789012:layer:mine:1"]
    assert found["Function"]["Properties"]["TracingConfig"] == {"Mode": "PassThrough"}
    assert found["Function"]["Properties"]["Environment"] == mine["Function"]["Properties"]["Environment"]
    assert found["WebAcl"]["Properties"]["Rules"] == rules[1:]
    assert found["Table"]["Properties"]["TimeToLiveSpecification"]["Enabled"] is False
    same = {key: found["Table"]["Properties"][key] for key in ("KeySchema", "BillingMode", "SSESpecification")}
    assert same == {key: mine["Table"]["Properties"][key] for key in same}
    assert beside({"webAcl": {}, "table": {}}, mine).keys() == mine.keys() - {"WebAcl", "WebAclAssociation", "Table"}
