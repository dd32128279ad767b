"""The emitted API and function on ministack: an event, a table and answers that this project did not write."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from seccfg import api
from seccfg.analyse.exchange import KeyRing, exchange, sign
from seccfg.ir.request import Request
from seccfg_aws import TARGET
from seccfg_aws.engine import ModelEngine
from tests.targets.aws.emulated import PLACE, Answer, Emulator, running

GUIDE = Path(__file__).resolve().parents[3] / "examples" / "guide" / "seccfg.yaml"
HOST = {"Host": "api.example.com"}


class Deployed:
    """The guide's stack, and the model of it with the same files."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.now_s = int(time.time())
        self.ring: KeyRing = exchange(api.policy(api.load(str(GUIDE))), self.now_s)
        self.files = {file.path: file.content for file in TARGET.compile(self.ring.build, {}).files}
        code = {p.removeprefix("authorizer/"): c for p, c in self.files.items() if p.startswith("authorizer/")}
        self.base = emulator.deploy(json.loads(self.files["template.json"]), code, {})
        self._model = ModelEngine()
        self._model.start(self.files, self.ring.environment)

    def token(self, **claims: object) -> dict[str, str]:
        signer = self.ring.signers["users"][0]
        said = {
            "iss": "https://id.example.com/", "aud": "https://api.example.com", "sub": "u", "iat": self.now_s,
            "exp": self.now_s + 3600, **claims,
        }  # fmt: skip
        text = sign(signer, {"alg": signer.alg, "kid": signer.kid}, json.dumps(said).encode())
        return {"Authorization": f"Bearer {text}"}

    def ask(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        return self.emulator.ask(self.base, method, path, {**HOST, **headers})

    def model(self, method: str, path: str, headers: Mapping[str, str]) -> int:
        sent = tuple({**HOST, **headers}.items())
        return self._model.answer(Request(method, path, sent, peer="127.0.0.1", now_s=self.now_s)).status

    def close(self) -> None:
        self._model.close()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    if not (PLACE / "hypercorn").exists():
        if os.environ.get("SECCFG_REQUIRE_ENGINES"):
            pytest.fail("no ministack; tests/engines/aws.sh installs it")
        pytest.skip("no ministack; `bash tests/engines/aws.sh` installs it")
    with running(tmp_path_factory.mktemp("ministack")) as emulator:
        stack = Deployed(emulator)
        yield stack
        stack.close()


CASES = (
    ("GET", "/users", {}, False, 401),
    ("GET", "/users", {"roles": ["viewer"]}, True, 200),
    ("GET", "/users", {"roles": []}, True, 403),
    ("GET", "/users?limit=3", {"roles": ["admin"]}, True, 200),
    ("DELETE", "/users/42", {"roles": ["viewer"]}, True, 403),
    ("DELETE", "/users/42", {"roles": ["admin"]}, True, 200),
    ("GET", "/departments/sales/documents/7", {"roles": ["viewer"], "department": "sales", "clearance_level": 3}, True, 200),
    ("GET", "/departments/sales/documents/7", {"roles": ["viewer"], "department": "legal", "clearance_level": 5}, True, 403),
    ("GET", "/departments/sales/documents/0", {"roles": ["viewer"], "department": "sales", "clearance_level": 3}, True, 403),
    ("GET", "/users", {"roles": ["viewer"], "aud": "another"}, True, 403),
    ("GET", "/users", {"roles": ["viewer"], "exp": 1}, True, 403),
    ("POST", "/users", {"roles": ["admin"]}, True, 404),
    ("GET", "/nowhere", {}, False, 404),
)


def test_it_answers_as_the_model_does(deployed: Deployed) -> None:
    """Each request on ministack and on the model: one status, and the upstream is reached by those alone that may."""
    for method, path, claims, credential, status in CASES:
        headers = deployed.token(**claims) if credential else {}
        answer = deployed.ask(method, path, headers)
        assert answer.status == status, (method, path, claims, answer.body)
        assert deployed.model(method, path, headers) == status, (method, path, claims)
        assert (b'"path"' in answer.body) is (status == 200)
        if status != 200:
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert json.loads(answer.body)["status"] == status


def test_a_preflight_is_answered_by_the_function(deployed: Deployed) -> None:
    """Through a proxy integration, without credential."""
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}
    answer = deployed.ask("OPTIONS", "/users", asked)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "https://app.example.com")
    foreign = deployed.ask("OPTIONS", "/users", {**asked, "Origin": "https://elsewhere.example.com"})
    assert (foreign.status, "access-control-allow-origin" in foreign.headers) == (204, False)


def test_requests_are_counted_in_the_table(deployed: Deployed) -> None:
    """By boto3 itself, with the conditional writes the function makes; a request that no route has is not counted."""
    table = deployed.emulator.client("dynamodb")

    def counted() -> int:
        items = table.scan(TableName="Table")["Items"]
        return sum(int(value["N"]) for item in items for name, value in item.items() if name not in ("id", "expires"))

    before = counted()
    deployed.ask("GET", "/users", deployed.token(roles=["viewer"]))
    deployed.ask("GET", "/users", {})
    deployed.ask("GET", "/nowhere", {})
    assert counted() == before + 2
