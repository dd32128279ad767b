"""The engines alone: they run what is emitted, in the world they are told of."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from seccfg.analyse.exchange import KeyRing, exchange
from seccfg.ir.policy import Policy
from seccfg.ir.request import Request, Surroundings
from seccfg.targetapi.base import Engine
from seccfg.targetapi.kit.project import Project
from seccfg.targetapi.observe import EngineFailed
from seccfg_python import TARGET

ROOT = Path(__file__).resolve().parents[3]
ENGINES = ("python-asgi", "python-wsgi", "python-sockets")
NOW_S = 1_767_614_400
HOST = ("Host", "notes.example.com")


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    with Project(str(ROOT / "examples" / "minimal"), TARGET, "2026-01-05") as project:
        policy, _ = project.policy()
    return exchange(policy, NOW_S)


def files_of(policy: Policy) -> Mapping[str, bytes]:
    return {file.path: file.content for file in TARGET.compile(policy, {}).files}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, ring: KeyRing) -> Iterator[Engine]:
    found = TARGET.engine(request.param)
    found.start(files_of(ring.build), ring.environment)
    found.reset(Surroundings())
    yield found
    found.close()


def test_a_public_route_reaches_the_upstream(engine: Engine) -> None:
    """What the upstream receives is a pass."""
    decision = engine.answer(Request("GET", "/health", (HOST,)))
    assert (decision.outcome, decision.status, decision.upstream) == ("pass", 200, "main")


def test_a_refusal_has_its_reason_and_headers(engine: Engine) -> None:
    """Reason and challenge come from the answer."""
    decision = engine.answer(Request("GET", "/notes", (HOST,)))
    assert (decision.outcome, decision.status, decision.reason) == ("refuse", 401, "no_credential")
    assert dict(decision.headers)["www-authenticate"] == 'Bearer realm="notes"'
    assert decision.events == ("auth.failed",)


def test_counters_are_empty_after_reset(engine: Engine) -> None:
    """The 101st request from one address waits, another address does not, and a new scenario starts from nothing."""
    asked = [engine.answer(Request("GET", "/notes", (HOST,))).reason for _ in range(101)]
    assert asked == ["no_credential"] * 100 + ["rate_limited"]
    assert engine.answer(Request("GET", "/notes", (HOST,), peer="198.51.100.8")).reason == "no_credential"
    engine.reset(Surroundings())
    assert engine.answer(Request("GET", "/notes", (HOST,))).reason == "no_credential"


def test_time_is_the_request_s(engine: Engine) -> None:
    """A window passes when a request says it has."""
    for _ in range(101):
        last = engine.answer(Request("GET", "/notes", (HOST,)))
    assert last.reason == "rate_limited"
    assert engine.answer(Request("GET", "/notes", (HOST,), now_s=NOW_S + 900)).reason == "no_credential"


def test_a_store_that_is_down_is_said_by_the_scenario(engine: Engine) -> None:
    """The package is told that nothing can be read, and refuses."""
    engine.reset(Surroundings(store="down"))
    decision = engine.answer(Request("GET", "/notes", (HOST,)))
    assert (decision.status, decision.reason) == (503, "unavailable")


def test_plain_http_and_bodies_arrive_as_sent(engine: Engine) -> None:
    """Scheme, chunked bodies and raw targets are the request's own."""
    assert engine.answer(Request("GET", "/health", (HOST,), scheme="http")).reason == "plain_http"
    assert engine.answer(Request("GET", "/%68ealth", (HOST,))).reason == "malformed"
    large = Request("POST", "/notes", (HOST, ("Content-Type", "application/json")), b"1" * 1_048_577, chunked=True)
    assert engine.answer(large).reason == "body_too_large"


def test_an_answer_to_head_has_a_reason_too(engine: Engine) -> None:
    """Without a body the reason comes from the audit event."""
    assert engine.answer(Request("HEAD", "/notes", (HOST,))).reason == "method"


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    "broken",
    [
        {"notes_security/policy.py": b"POLICY = None\n"},
        {"notes_security/policy.py": b"raise ValueError('x')\n"},
        {"notes_security/policy.py": b"def (:\n"},
        {"notes_security/runtime/guard.py": b""},
    ],
    ids=["no-policy", "raises", "syntax", "no-guard"],
)
def test_a_package_that_does_not_start_is_a_failure(name: str, broken: Mapping[str, bytes], ring: KeyRing) -> None:
    """Whatever emitted code raises, the engine says that the files failed, and can be closed."""
    engine = TARGET.engine(name)
    with pytest.raises(EngineFailed):
        engine.start({**files_of(ring.build), **broken}, ring.environment)
    engine.close()


def test_files_without_a_package_are_a_failure() -> None:
    """Nothing to run is no pass."""
    with pytest.raises(EngineFailed, match="package"):
        TARGET.engine("python-asgi").start({"README.md": b""}, {})


def test_unknown_engines_are_key_errors() -> None:
    """Every engine that is listed can be made, no other can."""
    assert [info.name for info in TARGET.engines()] == list(ENGINES)
    for info in TARGET.engines():
        assert TARGET.engine(info.name).name == info.name
    with pytest.raises(KeyError):
        TARGET.engine("python-gateway")


def test_engines_know_nothing_of_lowering() -> None:
    """An engine imports neither lowering, printing nor semantics: it reads the emitted files."""
    allowed = {"seccfg.ir.policy", "seccfg.ir.request", "seccfg.findings", "seccfg.targetapi.base"}
    allowed |= {"seccfg.targetapi.emitted", "seccfg.targetapi.observe"}
    for path in (ROOT / "targets" / "seccfg_python").glob("engine*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seccfg"):
                assert node.module in allowed or (node.module or "").startswith("seccfg_python.engine"), (path.name, node.module)
