"""The aws target's function: how large it is, how long it takes to start and to decide."""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seccfg import api
from seccfg.analyse.exchange import KeyRing, exchange, sign
from seccfg.analyse.requests import NOW_S
from seccfg.targetapi.emitted import EmittedPackage
from seccfg_aws import TARGET
from seccfg_aws.engine_table import Table

_GUIDE = Path(__file__).resolve().parents[2] / "examples" / "guide" / "seccfg.yaml"
Answer = Callable[[Mapping[str, object]], Mapping[str, Any]]
_STARTS, _TOKENS = 20, 400
_START = """
import sys, time, types
boto3 = types.ModuleType("boto3"); boto3.client = lambda name, config: None
config = types.ModuleType("botocore.config"); config.Config = dict
sys.modules.update({"boto3": boto3, "botocore": types.ModuleType("botocore"), "botocore.config": config})
start = time.process_time()
import index
print(time.process_time() - start)
"""


def main() -> None:
    """Size, start without boto3 (which Lambda's Python brings), and decisions on new and known tokens, the table aside."""
    ring = exchange(api.policy(api.load(str(_GUIDE))), NOW_S)
    for prefer in ("exact", "native"):
        print(f"aws: the authorizer of examples/guide, prefer: {prefer}")
        files = {file.path: file.content for file in TARGET.compile(ring.build, {"prefer": json.dumps(prefer)}).files}
        code = {path.removeprefix("authorizer/"): content for path, content in files.items() if path.startswith("authorizer/")}
        print(f"  package: {_zipped(code) / 1024:.0f} KiB zipped, {sum(map(len, code.values())) / 1024:.0f} KiB unpacked")
        bare, started = _start_ms(code)
        print(f"  start: {started - bare:.0f} ms CPU over a bare interpreter ({bare:.0f} ms), best of {_STARTS}")
        package = EmittedPackage(code)
        fresh, known = _decisions_ms(_exact(package) if prefer == "exact" else _native(package), ring)
        package.close()
        print(f"  RS256 decision: p50 {fresh:.2f} ms with a token seen for the first time, {known:.2f} ms with a known one")


def _zipped(code: Mapping[str, bytes]) -> int:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(code.items()):
            archive.writestr(path, content)
    return len(held.getvalue())


def _start_ms(code: Mapping[str, bytes]) -> tuple[float, float]:
    """A bare interpreter, and the same with the function started; bytecode compiled by the first start."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in code.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "AUTHORIZER_TABLE": "t", "AUTHORIZER_PASS_KEY": "k" * 20, "PYTHONPATH": folder}

        def best(script: str) -> float:
            command = [sys.executable, "-S", "-c", script]
            runs = [subprocess.run(command, env=environment, capture_output=True, check=True) for _ in range(_STARTS)]
            return min(float(run.stdout) for run in runs) * 1000

        return best("import time; print(time.process_time())"), best(f"{_START}\nprint(end='')".replace(
            "print(time.process_time() - start)", "print(time.process_time())"
        ))  # fmt: skip


def _exact(package: EmittedPackage) -> Answer:
    stores = package.module("runtime.dynamodb")
    authorizer = package.module("runtime.authorizer").Authorizer(
        package.module("policy").POLICY, environ={"AUTHORIZER_PASS_KEY": "k" * 20},
        limits=stores.TableLimits(Table(), "t"), audit=_Nowhere(), clock=lambda: NOW_S,
    )  # fmt: skip
    answer: Answer = authorizer.answer
    return answer


def _native(package: EmittedPackage) -> Answer:
    policy = package.module("policy")
    gate = package.module("runtime.gate").Gate(policy.ISSUERS, policy.RULES, now=lambda: NOW_S, log=len)
    answer: Answer = gate.answer
    return answer


def _decisions_ms(answer: Answer, ring: KeyRing) -> tuple[float, float]:
    signer = ring.signers["users"][0]
    fresh: list[float] = []
    known: list[float] = []
    for number in range(_TOKENS):
        claims = {
            "iss": "https://id.example.com/", "aud": "https://api.example.com", "sub": f"user-{number}", "roles": ["viewer"],
            "exp": NOW_S + 900,
        }  # fmt: skip
        token = sign(signer, {"alg": signer.alg, "kid": signer.kid}, json.dumps(claims).encode())
        event = {
            "type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-central-1:1:a/live/GET/users", "resource": "/users",
            "path": "/users", "httpMethod": "GET", "multiValueQueryStringParameters": None,
            "multiValueHeaders": {"Host": ["api.example.com"], "Authorization": [f"Bearer {token}"]},
            "requestContext": {"identity": {"sourceIp": f"198.51.{number // 50}.7"}},
        }  # fmt: skip
        for spans in (fresh, known):
            before = time.perf_counter()
            said = answer(event)
            spans.append((time.perf_counter() - before) * 1000)
            if said["policyDocument"]["Statement"][0]["Effect"] != "Allow" or said["context"]["reason"] != "pass":
                raise SystemExit(f"wrong decision: {said}")
    return statistics.median(fresh), statistics.median(known)


class _Nowhere:
    def write(self, line: str) -> bool:
        return bool(line)
