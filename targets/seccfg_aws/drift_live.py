"""What an account says of a REST API: get calls alone, through botocore."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any, Final

from seccfg.findings import InputError
from seccfg_aws.drift_forms import logical

__all__ = ["fetch"]

_WHERE: Final = re.compile(r"([A-Za-z0-9]+)(?:/([A-Za-z0-9_-]+))?")
_FUNCTION: Final = re.compile(r":function:([^:/]+)")
_PAGE: Final = 500
_MADE: Final = "ResponseMetadata"


def fetch(where: str) -> Mapping[str, bytes]:
    """
    `live.json`, `export.json` and `function.zip` of the API and stage *where* (`a1b2c3` or `a1b2c3/live`).

    Region, credentials and endpoint are those of the AWS command line: `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL`.

    Raises:
        InputError: botocore is not installed, the account cannot be asked, or it has no such API or stage.
    """
    found = _WHERE.fullmatch(where)
    if found is None:
        raise InputError(f"`live:{where}` names no API: write live:API-ID or live:API-ID/STAGE")
    try:
        import botocore.session
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise InputError("asking the account needs boto3: pip install 'seccfg[aws]'") from error
    try:
        return _Account(botocore.session.get_session()).state(found[1], found[2])
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"the account does not say: {' '.join(str(error).split())}") from error


class _Account:
    def __init__(self, session: Any) -> None:
        self._gateway = session.create_client("apigateway")
        self._functions = session.create_client("lambda")
        self._tables = session.create_client("dynamodb")
        self._firewall = session.create_client("wafv2")

    def state(self, api: str, stage: str | None) -> dict[str, bytes]:
        ask = self._gateway
        stages = ask.get_stages(restApiId=api)["item"]
        names = [one["stageName"] for one in stages]
        if stage is None and len(names) != 1:
            raise InputError(f"API {api} has the stages {', '.join(names) or '(none)'}: write live:{api}/STAGE")
        chosen = next((one for one in stages if one["stageName"] == (stage or names[0])), None)
        if chosen is None:
            raise InputError(f"API {api} has no stage `{stage}`; it has {', '.join(names)}")
        authorizers = self._all("get_authorizers", restApiId=api)
        resources = self._all("get_resources", restApiId=api, embed=["methods"])
        named = dict.fromkeys(_FUNCTION.findall(json.dumps([authorizers, resources])))
        live = {
            "restApi": _said(ask.get_rest_api(restApiId=api)), "stage": chosen, "authorizers": authorizers, "resources": resources,
            "requestValidators": self._all("get_request_validators", restApiId=api),
            "models": self._all("get_models", restApiId=api), "gatewayResponses": self._all("get_gateway_responses", restApiId=api),
            "domains": self._domains(), "usagePlans": self._plans(api),
            "functions": {name: self._policy(name) for name in named},
            **self._beside(api, chosen["stageName"], named),
        }  # fmt: skip
        files = {"live.json": _bytes(live)}
        exported = ask.get_export(
            restApiId=api, stageName=chosen["stageName"], exportType="oas30", accepts="application/json",
            parameters={"extensions": "apigateway,authorizers"},
        )  # fmt: skip
        files["export.json"] = exported["body"].read()
        deciding = _FUNCTION.search(json.dumps(authorizers))
        code = self._code(deciding[1]) if deciding is not None else b""
        return {**files, "function.zip": code} if code else files

    def _all(self, call: str, **asked: Any) -> list[dict[str, Any]]:
        """Every page."""
        found: list[dict[str, Any]] = []
        position: dict[str, str] = {}
        while True:
            page = getattr(self._gateway, call)(**asked, limit=_PAGE, **position)
            found += page.get("items", [])
            if not page.get("position"):
                return found
            position = {"position": page["position"]}

    def _domains(self) -> list[dict[str, Any]]:
        return [
            {**domain, "mappings": self._all("get_base_path_mappings", domainName=domain["domainName"])}
            for domain in self._all("get_domain_names")
        ]

    def _plans(self, api: str) -> list[dict[str, Any]]:
        """Usage plans of the API with their enabled keys; no key's value is asked for."""
        enabled = {key["id"] for key in self._all("get_api_keys", includeValues=False) if key.get("enabled")}
        return [
            {**plan, "keys": [
                {"name": key.get("name", key["id"])} for key in self._all("get_usage_plan_keys", usagePlanId=plan["id"])
                if key["id"] in enabled
            ]}
            for plan in self._all("get_usage_plans") if any(stage.get("apiId") == api for stage in plan.get("apiStages", ()))
        ]  # fmt: skip

    def _beside(self, api: str, stage: str, functions: Iterable[str]) -> dict[str, Any]:
        """Settings of the functions by their names in the stack, the table the deciding one is told, the stage's web ACL."""
        settings = {logical(name): self._settings(name) for name in functions}
        variables = (settings.get("Function", {}).get("Environment") or {}).get("Variables") or {}
        meta = self._gateway.meta
        arn = f"arn:{meta.partition}:apigateway:{meta.region_name}::/restapis/{api}/stages/{stage}"
        return {
            "functionSettings": settings, "table": self._table(str(variables.get("AUTHORIZER_TABLE", ""))),
            "webAcl": self._acl(arn),
        }  # fmt: skip

    def _acl(self, stage: str) -> dict[str, Any]:
        """What stands before the stage; nothing where nothing does."""
        try:
            found: dict[str, Any] = self._firewall.get_web_acl_for_resource(ResourceArn=stage).get("WebACL") or {}
        except self._firewall.exceptions.WAFNonexistentItemException:
            return {}
        return found

    def _settings(self, name: str) -> dict[str, Any]:
        """As the service says them; nothing where the function is gone."""
        try:
            return _said(self._functions.get_function_configuration(FunctionName=name))
        except self._functions.exceptions.ResourceNotFoundException:
            return {}

    def _table(self, name: str) -> dict[str, Any]:
        """What counters and revocations are kept in; nothing where there is no such table."""
        if not name:
            return {}
        ask = self._tables
        try:
            return {
                **ask.describe_table(TableName=name)["Table"],
                "TimeToLiveDescription": ask.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
                "ContinuousBackupsDescription": ask.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"],
            }
        except ask.exceptions.ResourceNotFoundException:
            return {}

    def _policy(self, name: str) -> dict[str, Any]:
        """Who may call a function; nobody where it has no policy, or where it is gone."""
        try:
            found: dict[str, Any] = json.loads(self._functions.get_policy(FunctionName=name)["Policy"])
        except self._functions.exceptions.ResourceNotFoundException:
            return {}
        return found

    def _code(self, name: str) -> bytes:
        """The function's package as the service hands it out; empty where it hands out none."""
        address = str(self._functions.get_function(FunctionName=name).get("Code", {}).get("Location", ""))
        if not address.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            return b""
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - https or this machine alone
                content: bytes = answer.read()
        except OSError as error:
            raise InputError("the function's code cannot be fetched from where the service keeps it") from error
        return content


def _said(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != _MADE}


def _bytes(value: object) -> bytes:
    return json.dumps(value, default=str).encode()
