"""A deployment at work: key rotation and staleness as a client sees them, the clock, the audit log, forked workers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

import pytest
from joserfc import jwt

from seccfg_runtime.runtime.deployment import Deployment
from seccfg_runtime.runtime.interface import Answer, Forwarding, RequestHead
from seccfg_runtime.runtime.jwks import KeySource, https_reader
from seccfg_runtime.runtime.settings import Settings, setting_names

ISSUER = "https://id.example.com"


def until(holds: Callable[[], bool], deadline_s: float = 10.0) -> bool:
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.005)
    return False


@pytest.fixture
def signed(key_maker) -> Callable[..., str]:
    def sign(kid: str, lives_s: int = 600) -> str:
        claims = {"iss": ISSUER, "aud": "shop", "sub": "ann", "exp": int(time.time()) + lives_s}
        return jwt.encode({"alg": "ES256", "kid": kid}, claims, key_maker.private(kid))

    return sign


def ask(deployment: Deployment, token: str) -> str:
    """`pass`, or the reason of the refusal."""
    headers = [(b"host", b"api.example.com"), (b"authorization", b"Bearer " + token.encode())]
    step = deployment.guard.begin(RequestHead("GET", b"/me", headers, "198.51.100.7"))
    assert isinstance(step, (Answer, Forwarding))
    return step.reason if isinstance(step, Answer) else "pass"


class Monotonic:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def rotating(policy, events, key_server, trust):
    """A deployment whose keys come from a local issuer, and the clock of their freshness."""
    clock = Monotonic()
    source = KeySource(
        "staff", algorithms=("ES256",), read=https_reader(key_server.url, trust), refresh_s=600, max_stale_s=3600, monotonic=clock
    )
    deployment = Deployment(policy, settings=Settings(), keys={"staff": source}, audit=events)
    yield deployment, clock
    deployment.close()


def test_before_the_first_keys_arrive_tokens_are_unavailable_not_good(rotating, signed, events):
    """503 and an event, never a pass."""
    deployment, _ = rotating
    assert ask(deployment, signed("a")) == "unavailable"
    assert events.lines[-1]["event"] == "check.failed"


def test_a_rotated_key_is_picked_up_and_a_withdrawn_one_dropped(rotating, signed, key_server, key_maker):
    """Without a restart, soon after the first token that names the new key; remembered tokens of the old one are void."""
    deployment, clock = rotating
    key_server.body = key_maker.document("a")
    assert deployment.load_keys() == ()
    deployment.start()
    assert until(lambda: ask(deployment, signed("a")) == "pass")
    old = signed("a")
    assert ask(deployment, old) == "pass"
    key_server.body = key_maker.document("b")
    clock.now += 31
    assert ask(deployment, signed("b")) == "invalid_token"
    assert until(lambda: ask(deployment, signed("b")) == "pass")
    assert ask(deployment, old) == "invalid_token"


def test_keys_that_cannot_be_read_again_end_in_503(rotating, signed, key_server, key_maker):
    """For remembered tokens too; and recover with the issuer."""
    deployment, clock = rotating
    key_server.body = key_maker.document("a")
    deployment.load_keys()
    token = signed("a", 10_000)
    assert ask(deployment, token) == "pass"
    key_server.status = 500
    clock.now += 3599
    assert deployment.load_keys() == ()
    assert ask(deployment, token) == "pass"
    clock.now += 1
    assert ask(deployment, token) == "unavailable"
    assert deployment.load_keys() == ("staff",)
    key_server.status = 200
    assert deployment.load_keys() == ()
    assert ask(deployment, token) == "pass"


@pytest.mark.parametrize("kind", ["private", "oversize", "empty", "redirect"])
def test_a_bad_key_set_opens_nothing(rotating, signed, key_server, key_maker, kind):
    """Whatever the issuer serves instead of keys, tokens are not good."""
    deployment, _ = rotating
    if kind == "private":
        key_server.body = json.dumps({"keys": [key_maker.private("a").as_dict(private=True)]}).encode()
    elif kind == "oversize":
        key_server.body = key_maker.document("a") + b" " * 300_000
    elif kind == "redirect":
        key_server.body, key_server.status = key_maker.document("a"), 302
        key_server.headers = (("Location", key_server.url),)
    assert deployment.load_keys() == ("staff",)
    assert ask(deployment, signed("a")) == "unavailable"


def test_the_clock_is_a_parameter_of_code_alone(policy, events, signed, monkeypatch):
    """Code can move it for tests; no setting and no header can."""
    token = signed("a")
    ahead = Deployment(policy, settings=Settings(), audit=events, clock=lambda: time.time() + 3600)
    assert ask(ahead, token) == "invalid_token"
    assert not [name for name in setting_names(policy) if "CLOCK" in name or "NOW" in name or "PEER" in name]
    for name in ("NOW", "CLOCK", "TIME", "PEER"):
        monkeypatch.setenv(f"SECCFG_PYTHON_{name}", "0")
    now = Deployment(policy, audit=events)
    headers = [(b"host", b"api.example.com"), (b"x-now", b"0"), (b"x-peer", b"10.0.0.1")]
    passed = now.guard.begin(RequestHead("GET", b"/open", headers, "198.51.100.7"))
    assert isinstance(passed, Forwarding)
    assert passed.client == "198.51.100.7"
    assert ask(now, token) == "pass"


def test_the_audit_log_may_be_a_file(policy, tmp_path):
    """Appended to, one line of JSON for each event; a file moved away is made anew."""
    log = tmp_path / "audit.log"
    log.write_text("earlier\n")
    deployment = Deployment(policy, settings=Settings(audit_log=str(log)))
    assert ask(deployment, "nonsense") == "invalid_token"
    assert until(lambda: log.read_text().count("\n") == 2)
    log.rename(tmp_path / "audit.log.1")
    assert ask(deployment, "nonsense") == "invalid_token"
    deployment.close()
    (line,) = log.read_text().splitlines()
    assert json.loads(line)["reason"] == "invalid_token"
    assert "nonsense" not in line


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_key_sets_stay_fresh_in_forked_workers(rotating, signed, key_server, key_maker):
    """Servers that load the application and then fork keep refreshing in each worker."""
    deployment, clock = rotating
    key_server.body = key_maker.document("a")
    deployment.start()
    assert until(lambda: ask(deployment, signed("a")) == "pass")
    key_server.body = key_maker.document("b")
    clock.now += 31
    token = signed("b")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            deployment.start()
            ask(deployment, token)
            code = 0 if until(lambda: ask(deployment, token) == "pass") else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
