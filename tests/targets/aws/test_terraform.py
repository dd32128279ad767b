"""`format: terraform`: the same API as CloudFormation makes, read by a reader of its own; no text of a spec is a template."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from seccfg import api
from seccfg.record import replace
from seccfg.targetapi.observe import EngineFailed
from seccfg.verify.run import verify_policy
from seccfg_aws import TARGET
from seccfg_aws.stack import read_api
from seccfg_aws.stack_api import Api
from tests.targets.aws.test_template import CASES, EXAMPLES, built

TERRAFORM = {"format": '"terraform"'}


def terraform(place: Path, **options: str) -> dict[str, Any]:
    files = TARGET.compile(api.policy(api.load(str(place / "seccfg.yaml"))), {**TERRAFORM, **options}).files
    assert "template.json" not in {file.path for file in files}
    found: dict[str, Any] = json.loads(next(f.content for f in files if f.path == "main.tf.json"))
    return found


def without_uris(read: Api) -> Api:
    """Both name an upstream by a parameter, each in its own words."""
    return replace(read, methods={place: replace(method, upstream="") for place, method in read.methods.items()})


@pytest.mark.parametrize("case", CASES)
def test_the_same_api(case: str) -> None:
    """Methods, who is asked, keys, models, headers, responses, domain names, the function's environment."""
    document = terraform(EXAMPLES / case)
    assert without_uris(read_api(document, {})) == without_uris(read_api(built(case), {}))
    assert set(document["variable"]) == set(built(case)["Parameters"])


def test_decides_as_the_reference() -> None:
    """Every boundary request of the smallest example."""
    report = verify_policy(api.policy(api.load(str(EXAMPLES / "minimal" / "seccfg.yaml"))), {"aws": TERRAFORM}, "2026-01-05")
    (engine,) = report.targets[0].engines
    assert not engine.failure
    assert engine.requests > 800
    assert engine.differences == ()


def test_no_text_is_a_template(tmp_path: Path) -> None:
    """What a spec writes is said as it is: `${` and `%{` mean nothing."""
    shutil.copytree(EXAMPLES / "minimal", tmp_path, dirs_exist_ok=True)
    place = tmp_path / "seccfg.yaml"
    place.write_text(place.read_text() + '\nheaders: {set: {X-Note: "${var.PassKeyValue} %{ if true } $${x}"}}\n')
    document = terraform(tmp_path)
    (denied,) = (
        r for r in document["resource"]["aws_api_gateway_gateway_response"].values() if r["response_type"] == "ACCESS_DENIED"
    )
    assert denied["response_parameters"]["gatewayresponse.header.X-Note"] == (
        "'$${var.PassKeyValue} %%{ if true } $$${x}'"
    )
    said = read_api(document, {}).responses["ACCESS_DENIED"].headers["X-Note"]
    assert said == "'${var.PassKeyValue} %{ if true } $${x}'"


def test_the_providers_defaults_are_not_ours() -> None:
    """Left out, it keeps answers for five minutes and asks nobody who sends no Authorization."""
    document = terraform(EXAMPLES / "minimal")
    read = read_api(document, {})
    assert (read.authorizer_ttl_s, read.identity_sources) == (0, ())
    (authorizer,) = document["resource"]["aws_api_gateway_authorizer"].values()
    del authorizer["authorizer_result_ttl_in_seconds"], authorizer["identity_source"]
    read = read_api(document, {})
    assert (read.authorizer_ttl_s, read.identity_sources) == (300, ("method.request.header.Authorization",))


def test_what_the_deployment_does_not_wait_for_is_not_live() -> None:
    """A method that comes after the snapshot, and an integration that does."""
    document = terraform(EXAMPLES / "minimal")
    (deployment,) = document["resource"]["aws_api_gateway_deployment"].values()
    name = next(n for n in deployment["depends_on"] if n.startswith("aws_api_gateway_method."))
    deployment["depends_on"].remove(name)
    path, verb = ("health",), "GET"
    assert name == "aws_api_gateway_method.GetHealth"
    assert (path, verb) not in read_api(document, {}).methods


def test_a_document_beside_resources_is_no_api() -> None:
    """As in CloudFormation."""
    document = terraform(EXAMPLES / "minimal")
    (rest_api,) = document["resource"]["aws_api_gateway_rest_api"].values()
    rest_api["body"] = "{}"
    with pytest.raises(EngineFailed, match="two forms"):
        read_api(document, {})


@pytest.mark.parametrize("case", ["orders"])
def test_the_provider_takes_it(case: str, tmp_path: Path) -> None:
    """`terraform validate`, where a binary and the provider are installed; no provider is fetched."""
    plugins = Path(os.environ.get("SECCFG_TERRAFORM_PLUGINS", "/usr/share/terraform/plugins"))
    providers = sorted(plugins.glob("registry.terraform.io/hashicorp/aws/*"))
    if shutil.which("terraform") is None or not providers:
        pytest.skip("no terraform with the AWS provider in SECCFG_TERRAFORM_PLUGINS")
    document = terraform(EXAMPLES / case)
    if not providers[-1].name[0].isdigit() or int(providers[-1].name.split(".")[0]) < 6:
        for rest_api in document["resource"]["aws_api_gateway_rest_api"].values():
            rest_api.pop("security_policy")  # the provider knows it since 6
        document["terraform"]["required_providers"]["aws"]["version"] = ">= 5.0"
    (tmp_path / "main.tf.json").write_text(json.dumps(document))
    settings = tmp_path / "settings"
    settings.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{plugins}" }} }}')
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1"}
    for command in (["init", "-input=false"], ["validate"]):
        shown = subprocess.run(
            ["terraform", *command, "-no-color"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert shown.returncode == 0, shown.stdout + shown.stderr
