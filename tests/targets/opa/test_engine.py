"""The engine alone, and what operators push: key sets, revocations, records of the environment, claims of a PEP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from seccfg import api
from seccfg.analyse.exchange import KeyRing, exchange, sign
from seccfg.ir.policy import Policy
from seccfg.ir.request import Request, Surroundings
from seccfg.targetapi.base import Output
from seccfg.targetapi.observe import EngineFailed
from seccfg.verify.run import verify_policy
from seccfg_opa import TARGET
from seccfg_opa.engine import ServerEngine, canonical_input

NOW_S = 1_767_614_400
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
Serve = Callable[[Mapping[str, bytes]], ServerEngine]
KEYED = """\
seccfg: 1
service: {name: keyed, hosts: [api.example.com]}
upstreams: {main: {url: http://127.0.0.1:9000}}
auth:
  partners: {type: api_key, in: {header: X-API-Key}, keys: {env: PARTNER_KEYS}, asserts: {roles: [reader]}}
roles: {reader: {permissions: [x.read]}}
rate_limits: {per-ip: {limit: 100, window: 15m, by: ip}}
defaults: {auth: [partners], rate_limits: [per-ip]}
routes:
  /x: {get: {allow: [{roles: [reader]}]}}
"""


@pytest.fixture
def orders() -> KeyRing:
    return exchange(api.policy(api.load(str(EXAMPLES / "orders" / "seccfg.yaml"))), NOW_S)


def token(ring: KeyRing, **claims: object) -> str:
    signer = ring.signers["staff"][0]
    payload = {
        "iss": "https://login.example.com/", "aud": "https://api.example.com", "sub": "alice", "iat": NOW_S, "exp": NOW_S + 600,
        "realm_access": {"roles": ["admin"]}, **ring.claims, **claims,
    }  # fmt: skip
    return sign(signer, {"alg": signer.alg, "kid": signer.kid}, json.dumps(payload).encode())


def reports(credential: str) -> Request:
    headers = (("Host", "api.example.com"), ("Authorization", f"Bearer {credential}"))
    return Request("GET", "/v1/reports", headers, peer="198.51.100.7", now_s=NOW_S)


def asked(engine: ServerEngine, package: str, request: Request, live: object, **more: object) -> tuple[int, str]:
    """Status and reason, with the live document as pushed."""
    mocks = f"with time.now_ns as {NOW_S * 10**9} with data.{package}_live as {json.dumps(live)}"
    question = {
        "query": f"answer := data.{package}.result {mocks}",
        "input": {**canonical_input(request, Surroundings()), **more},
    }
    status, content = engine.ask("POST", "/v1/query", json.dumps(question).encode())
    assert status == 200, content
    answer: dict[str, Any] = json.loads(content)["result"][0]["answer"]
    return answer["status"], answer["reason"]


def files_of(output: Output) -> dict[str, bytes]:
    return {file.path: file.content for file in output.files}


def test_what_is_pushed_has_to_be_there_and_recent(orders: KeyRing, serve: Serve) -> None:
    """No key set, an old one, no revocations, old ones, half a document: 503. All of it, and recent: decided."""
    files = files_of(TARGET.compile(orders.build, {"package": '"orders.authz"'}))
    engine = serve(files)
    keys = {name: {**held, "fetched_s": NOW_S} for name, held in json.loads(files["live.json"])["keys"].items()}
    none: dict[str, object] = {"denied": {}, "versions": {}, "not_before": {}}
    revocation = {"updated_s": NOW_S, "complete": True, **none}
    request = reports(token(orders))
    cases: tuple[tuple[object, tuple[int, str]], ...] = (
        ({"keys": keys, "revocation": revocation}, (200, "pass")),
        ({}, (503, "unavailable")),
        ({"revocation": revocation}, (503, "unavailable")),
        ({"keys": keys}, (503, "unavailable")),
        ({"keys": {"staff": {**keys["staff"], "fetched_s": NOW_S - 3_600}}, "revocation": revocation}, (503, "unavailable")),
        ({"keys": {"staff": {**keys["staff"], "fetched_s": NOW_S - 3_599}}, "revocation": revocation}, (200, "pass")),
        ({"keys": {"staff": {**keys["staff"], "fetched_s": "now"}}, "revocation": revocation}, (503, "unavailable")),
        ({"keys": {"staff": {"keys": [], "fetched_s": NOW_S}}, "revocation": revocation}, (401, "invalid_token")),
        ({"keys": keys, "revocation": {**revocation, "updated_s": NOW_S - 6}}, (503, "unavailable")),
        ({"keys": keys, "revocation": {"updated_s": NOW_S, **none}}, (503, "unavailable")),
        ({"keys": keys, "revocation": {**revocation, "denied": {orders.claims["jti"]: True}}}, (401, "revoked")),
        ({"keys": keys, "revocation": {**revocation, "denied": {orders.claims["jti"]: None}}}, (401, "revoked")),
    )
    assert [asked(engine, "orders.authz", request, live) for live, _ in cases] == [wanted for _, wanted in cases]


def test_a_pep_that_verifies_sends_the_claims(orders: KeyRing, serve: Serve) -> None:
    """With `tokens: pep` a token counts only with the claims it carries; no claims, or others, are 401."""
    engine = serve(files_of(TARGET.compile(orders.build, {"tokens": '"pep"'})))
    live = {"revocation": {"updated_s": NOW_S, "complete": True, "denied": {}, "versions": {}, "not_before": {}}}
    credential = token(orders)
    payload = credential.split(".")[1]
    import base64

    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    request = reports(credential)
    assert asked(engine, "orders.authz", request, live, verified={"staff": claims}) == (200, "pass")
    assert asked(engine, "orders.authz", request, live) == (401, "invalid_token")
    assert asked(engine, "orders.authz", request, live, verified={"customers": claims}) == (401, "invalid_token")
    assert asked(engine, "orders.authz", request, live, verified={"staff": {**claims, "sub": "bob"}}) == (401, "invalid_token")
    stale = reports(token(orders, exp=NOW_S - 31))
    old = {**claims, "exp": NOW_S - 31}
    assert asked(engine, "orders.authz", stale, live, verified={"staff": old}) == (401, "invalid_token")


def test_records_of_the_environment(tmp_path: Path, need_engine: Callable[[str, str], None]) -> None:
    """Key records that stand in an environment variable of the OPA process are judged as the reference judges them."""
    need_engine("opa", "opa-server")
    (tmp_path / "seccfg.yaml").write_text(KEYED)
    policy: Policy = api.policy(api.load(str(tmp_path / "seccfg.yaml")))
    (engine,) = verify_policy(policy, {"opa": {}}, "2026-01-05").targets[0].engines
    assert not engine.failure
    assert engine.requests > 100
    assert [(d.scenario, d.number, d.fields) for d in engine.differences] == []


def test_the_engine_notices_a_hole(build: Callable[..., Output], serve: Serve) -> None:
    """Files whose own tests fail, or that are not formatted, do not run."""
    files = files_of(build("minimal"))
    path = "bundle/notes/authz/decision.rego"
    open_to_all = files[path].replace(b'allow if outcome.reason == "pass"', b'allow if outcome.reason != "pass"')
    assert open_to_all != files[path]
    with pytest.raises(EngineFailed, match="opa test"):
        serve({**files, path: open_to_all})
    with pytest.raises(EngineFailed, match="opa fmt"):
        serve({**files, path: files[path].replace(b"default allow", b"default  allow")})
    with pytest.raises(EngineFailed, match="opa check"):
        serve({**files, path: files[path] + b"\nx if not y\n"})
