"""The opa target with ten, a thousand and ten thousand routes: building, loading, deciding."""

from __future__ import annotations

import http.client
import json
import statistics
import time
from random import Random

from seccfg.analyse.exchange import KeyRing, exchange, sign
from seccfg.api import source_map
from seccfg.ir.request import Request, Surroundings
from seccfg.resolve.policy import resolve
from seccfg.source.yaml import load
from seccfg.spec import loader
from seccfg.targetapi.random_keys import key_set
from seccfg_opa import TARGET
from seccfg_opa.engine import ServerEngine, canonical_input
from tests.bench.specs import spec_of

SIZES = (10, 1_000, 10_000)
WARM, ASKED = 150, 1_000
_NAMES = ("things0", "departments/sales/things0/5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d", "nowhere/at/all")


def main() -> None:
    """One line a size; p50 is the whole round trip over loopback of `POST /v1/data/…/result`, a signed token included."""
    print("opa: deciding by number of routes")
    first = 0.0
    for routes in SIZES:
        ring = _ring(routes)
        started = time.perf_counter()
        output = TARGET.compile(ring.build, {})
        built = time.perf_counter()
        engine = ServerEngine()
        try:
            engine.start({file.path: file.content for file in output.files}, ring.environment)
            loaded = time.perf_counter()
            p50 = _p50(engine, ring, routes)
        finally:
            engine.close()
        first = first or p50
        print(
            f"  {len(ring.build.routes)} routes: built in {built - started:.2f} s, checked, tested and loaded in "
            f"{loaded - built:.1f} s, p50 {p50 * 1e6:.0f} us, {p50 / first:.2f} of the first"
        )


def _ring(routes: int) -> KeyRing:
    document = load(spec_of(routes).encode(), "bench.yaml")
    keys = {"keys/users.jwks.json": key_set(Random(1), ("RS256",), "users")}
    return exchange(resolve(loader.load(document), keys, source_map(document)), int(time.time()))


def _p50(engine: ServerEngine, ring: KeyRing, routes: int) -> float:
    now_s = int(time.time())
    signer = ring.signers["users"][0]
    claims = {
        "iss": "https://id.example.com/", "aud": "https://api.example.com", "sub": "someone", "exp": now_s + 900,
        "roles": ["viewer"], "dept": "sales", "clearance": 3,
    }  # fmt: skip
    token = sign(signer, {"alg": signer.alg, "kid": signer.kid}, json.dumps(claims).encode())
    host, port = engine.address
    connection = http.client.HTTPConnection(host, port)
    rng = Random(1)
    spans: list[float] = []
    passed = 0
    for number in range(WARM + ASKED):
        thing = f"things{rng.randrange(max(routes // 5, 1))}"
        target = "/v1/" + _NAMES[number % 3].replace("things0", thing)
        headers = (("Host", "api.example.com"), ("Authorization", f"Bearer {token}"))
        question = canonical_input(Request("GET", target, headers, now_s=now_s), Surroundings())
        content = json.dumps({"input": question}).encode()
        before = time.perf_counter()
        connection.request("POST", "/v1/data/bench/authz/result", content, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        if number >= WARM:
            spans.append(time.perf_counter() - before)
            passed += answer["result"]["allow"]
    connection.close()
    if passed != sum(1 for n in range(WARM, WARM + ASKED) if n % 3 != 2):
        raise SystemExit(f"wrong decisions: {passed} passed")
    return statistics.median(spans)
