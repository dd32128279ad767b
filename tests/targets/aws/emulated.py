"""An emitted stack on ministack: the calls CloudFormation would make of its API, made one by one, on loopback only.

What ministack is known to do otherwise than AWS stands in `KNOWN`; the calls leave it out, and nothing is concluded from it.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import io
import json
import os
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import botocore.session

__all__ = ["KNOWN", "Answer", "Emulator", "running"]

PLACE: Final = Path(__file__).resolve().parents[3] / ".engines" / "aws" / "bin"
KNOWN: Final[Mapping[str, str]] = {
    "usageIdentifierKey": "a usage key from the authorizer is not looked at: methods are made without a required key",
    "DisableExecuteApiEndpoint": "requests come by the default endpoint: there are no domain names",
    "SecurityPolicy": "no TLS",
    "integration.request.header": "no mapping of headers to the upstream is carried out: what it receives is not compared",
    "$context.authorizer": "left as it is written in gateway responses: reasons and headers of one request are not compared",
    "WebACL": "no data plane of WAF",
    "CloudFormation": "its own CloudFormation drops validators, request models and DisableExecuteApiEndpoint: not used",
    "JWT": "methods of the type JWT let everybody in: not used",
    "text/plain": "a body of another type is held against the JSON model: not asked",
}
"""What ministack does otherwise -> what that means here."""
_START_S: Final = 30


class Answer:
    """What a client got."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()


class Emulator:
    """One ministack, and the server its stacks send on to."""

    def __init__(self, port: int, upstream: int) -> None:
        self.port = port
        self.upstream = upstream

    def client(self, service: str) -> Any:
        return botocore.session.get_session().create_client(
            service, region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{self.port}", aws_access_key_id="test",
            aws_secret_access_key="test",
        )  # fmt: skip

    def deploy(self, template: Mapping[str, Any], code: Mapping[str, bytes], secrets: Mapping[str, str]) -> str:
        """Make the stack; the path its requests begin with."""
        return _Deployment(self, template, code, secrets).run()

    def ask(self, base: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """One request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, base + path, body=body, headers=dict(headers))
            return Answer(connection.getresponse())
        finally:
            connection.close()


class _Deployment:
    def __init__(
        self, emulator: Emulator, template: Mapping[str, Any], code: Mapping[str, bytes], secrets: Mapping[str, str]
    ) -> None:
        self._emulator = emulator
        self._resources: Mapping[str, Any] = template["Resources"]
        self._code = code
        self._secrets = secrets
        self._api = emulator.client("apigateway")
        self._ids: dict[str, str] = {}

    def run(self) -> str:
        api = self._api
        arn = self._functions()
        (properties,) = self._of("RestApi").values()
        made = api.create_rest_api(name=properties["Name"], apiKeySource=properties.get("ApiKeySourceType", "HEADER"))
        self._rest = made["id"]
        (authorizer,) = self._of("Authorizer").values()
        uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
        decision = api.create_authorizer(
            restApiId=self._rest, name=authorizer["Name"], type=authorizer["Type"],
            authorizerUri=uri.format(arn["Function"]),
            authorizerResultTtlInSeconds=authorizer["AuthorizerResultTtlInSeconds"],
        )["id"]  # fmt: skip
        self._paths()
        for model in self._of("Model").values():
            api.create_model(
                restApiId=self._rest, name=model["Name"], contentType=model["ContentType"], schema=json.dumps(model["Schema"])
            )
        validator = api.create_request_validator(restApiId=self._rest, name="body", validateRequestBody=True)["id"]
        for method in self._of("Method").values():
            self._method(method, decision, validator, {name: uri.format(text) for name, text in arn.items()})
        for response in self._of("GatewayResponse").values():
            api.put_gateway_response(
                restApiId=self._rest, responseType=response["ResponseType"], statusCode=response["StatusCode"],
                responseParameters=response["ResponseParameters"], responseTemplates=response["ResponseTemplates"],
            )  # fmt: skip
        (stage,) = self._of("Stage").values()
        deployment = api.create_deployment(restApiId=self._rest)["id"]
        api.create_stage(restApiId=self._rest, stageName=stage["StageName"], deploymentId=deployment)
        return f"/restapis/{self._rest}/{stage['StageName']}/_user_request_"

    def _of(self, kind: str) -> dict[str, Any]:
        found = self._resources.items()
        return {name: r["Properties"] for name, r in found if r["Type"] == f"AWS::ApiGateway::{kind}"}

    def _functions(self) -> dict[str, str]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, content in sorted(self._code.items()):
                archive.writestr(path, content)
        tables = self._emulator.client("dynamodb")
        for name, resource in self._resources.items():
            if resource["Type"] == "AWS::DynamoDB::Table":
                kept = ("AttributeDefinitions", "KeySchema", "BillingMode")
                tables.create_table(TableName=name, **{key: resource["Properties"][key] for key in kept})
        found: dict[str, str] = {}
        functions = self._emulator.client("lambda")
        for name, resource in self._resources.items():
            if resource["Type"] != "AWS::Lambda::Function":
                continue
            variables = resource["Properties"].get("Environment", {}).get("Variables", {})
            given = {key: self._secrets.get(key, str(value.get("Ref", ""))) for key, value in variables.items()}
            reached = {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._emulator.port}", "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
            }  # fmt: skip
            found[name] = functions.create_function(
                FunctionName=name, Runtime="python3.12", Role="arn:aws:iam::000000000000:role/r",
                Handler=resource["Properties"]["Handler"], Code={"ZipFile": packed.getvalue()}, Timeout=30,
                Environment={"Variables": {**given, **reached}},
            )["FunctionArn"]  # fmt: skip
        return found

    def _paths(self) -> None:
        root = self._api.get_resources(restApiId=self._rest)["items"][0]["id"]
        for name, part in self._of("Resource").items():  # parents before children
            over = part["ParentId"]
            above = self._ids[over["Ref"]] if "Ref" in over else root
            made = self._api.create_resource(restApiId=self._rest, parentId=above, pathPart=part["PathPart"])
            self._ids[name] = made["id"]
        self._ids[""] = root

    def _method(self, method: Mapping[str, Any], authorizer: str, validator: str, uris: Mapping[str, str]) -> None:
        place = {
            "restApiId": self._rest, "resourceId": self._ids[method["ResourceId"].get("Ref", "")],
            "httpMethod": method["HttpMethod"],
        }  # fmt: skip
        more: dict[str, Any] = {"authorizationType": method["AuthorizationType"], "apiKeyRequired": False}
        if method["AuthorizationType"] == "CUSTOM":
            more["authorizerId"] = authorizer
        if "RequestParameters" in method:
            more["requestParameters"] = method["RequestParameters"]
        if "RequestModels" in method:
            given = method["RequestModels"].items()
            more["requestModels"] = {kind: self._resources[m["Ref"]]["Properties"]["Name"] for kind, m in given}
            more["requestValidatorId"] = validator
        self._api.put_method(**place, **more)
        integration = method["Integration"]
        if integration["Type"] == "AWS_PROXY":
            self._api.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uris["PreflightFunction"])
            return
        path = str(integration["Uri"]["Fn::Sub"]).partition("}")[2]
        self._api.put_integration(
            **place, type="HTTP_PROXY", integrationHttpMethod=integration["IntegrationHttpMethod"],
            uri=f"http://127.0.0.1:{self._emulator.upstream}{path}", requestParameters=integration["RequestParameters"],
        )  # fmt: skip


class _Upstream(http.server.BaseHTTPRequestHandler):
    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        said = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Emulator]:
    """A ministack and an upstream on free ports of loopback, both gone afterwards."""
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GATEWAY_PORT": str(port), "LAMBDA_EXECUTOR": "local", "HOME": str(folder), "TMPDIR": str(folder)}
    command = [str(PLACE / "hypercorn"), "ministack.app:app", "--bind", f"127.0.0.1:{port}"]
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        _wait(port, process)
        yield Emulator(port, upstream.server_address[1])
    finally:
        process.terminate()
        process.wait(10)
        upstream.shutdown()
        upstream.server_close()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("ministack ended")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("ministack does not start")
