"""The Lambda package: nothing but the standard library, nothing missing, and it starts as Lambda starts it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seccfg import api
from seccfg_aws import TARGET
from seccfg_runtime.sources import lambda_sources, python_sources

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
BEHIND_A_GATEWAY = {"gateway.py"}
"""Loaded where a setting says that a gateway decided before, which nothing sets in a function."""


def _imports(content: bytes) -> tuple[set[str], set[str]]:
    """Modules of the package itself, and others."""
    own: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            own.add(f"{node.module}.py")
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            others.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            others |= {name.name.partition(".")[0] for name in node.names}
    return own, others


@pytest.mark.parametrize("sources", [lambda_sources, python_sources], ids=["lambda", "python"])
def test_every_module_a_package_imports_is_in_it(sources) -> None:
    """A package without one of its modules would fail at its first request."""
    files = sources()
    wanted = {module for content in files.values() for module in _imports(content)[0]}
    assert wanted <= files.keys() | BEHIND_A_GATEWAY


def test_the_authorizer_needs_the_standard_library_only() -> None:
    """Whatever else were imported would have to be packed for Lambda's platform."""
    others = {name for content in lambda_sources().values() for name in _imports(content)[1]}
    assert others <= sys.stdlib_module_names


def written(example: str, folder: Path) -> None:
    policy = api.policy(api.load(str(EXAMPLES / example / "seccfg.yaml")))
    for file in TARGET.compile(policy, {}).files:
        if file.path.startswith("authorizer/"):
            place = folder / file.path.removeprefix("authorizer/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.content)


_CALL = """
import json, sys, types
class Client:
    def transact_write_items(self, TransactItems): return {}
boto3 = types.ModuleType("boto3"); boto3.client = lambda name, config: Client()
config = types.ModuleType("botocore.config"); config.Config = dict
sys.modules.update({"boto3": boto3, "botocore": types.ModuleType("botocore"), "botocore.config": config})
import index
event = json.loads(sys.argv[1])
try:
    print(json.dumps(index.handler(event, None)))
except Exception as error:
    print(json.dumps({"raised": str(error)}))
"""


def _ask(folder: Path, **changes: object) -> dict[str, object]:
    event = {
        "type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-central-1:1:a/live/GET/health", "resource": "/health",
        "path": "/health", "httpMethod": "GET", "multiValueHeaders": {"Host": ["notes.example.com"]},
        "multiValueQueryStringParameters": None, "requestContext": {"identity": {"sourceIp": "198.51.100.7"}}, **changes,
    }  # fmt: skip
    environment = {**os.environ, "AUTHORIZER_TABLE": "t", "AUTHORIZER_PASS_KEY": "k" * 20, "PYTHONPATH": ""}
    answer = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{_CALL}", json.dumps(event)],
        env=environment, cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, object] = json.loads(answer.stdout.splitlines()[-1])
    return found


def test_it_starts_as_lambda_starts_it(tmp_path: Path) -> None:
    """The handler of index.py, in an interpreter that sees nothing of this project."""
    written("minimal", tmp_path)
    allowed = _ask(tmp_path)
    assert allowed["usageIdentifierKey"] == "k" * 20
    document = allowed["policyDocument"]
    assert isinstance(document, dict)
    (statement,) = document["Statement"]
    assert statement == {
        "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "arn:aws:execute-api:eu-central-1:1:a/live/GET/*",
    }  # fmt: skip
    refused = _ask(tmp_path, path="/notes", resource="/notes")
    assert refused == {"raised": "Unauthorized"}
    broken = _ask(tmp_path, requestContext={})
    assert broken == {"raised": "'identity'"}
