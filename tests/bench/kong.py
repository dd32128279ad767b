"""The kong target with ten, a hundred and a thousand routes: building beside the python target, and deciding on LuaJIT.

Lua alone is timed: both halves of a decision for a request with a token, answers of nginx's regular expressions and base64
remembered, as they are library calls there. The signature is the jwt plugin's and no part of it.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from random import Random
from typing import Any

import yaml

from seccfg.analyse.exchange import KeyRing, exchange, sign
from seccfg.api import source_map
from seccfg.resolve.policy import resolve
from seccfg.source.yaml import load
from seccfg.spec import loader
from seccfg.targetapi.random_keys import key_set
from seccfg_kong import TARGET
from seccfg_kong.kongnode.lua_host import LuaHost, missing
from seccfg_python import TARGET as PYTHON
from tests.bench.specs import spec_of

SIZES = (10, 100, 1_000)
ROUNDS = 5
_LOOP = b"""
local module, request, before, after, count, batches = ...
local ngx, clock = module.ngx, os.clock
local known = {}
for _, name in ipairs({ "find", "match" }) do
  local real = ngx.re[name]
  ngx.re[name] = function(subject, pattern, options)
    local key = pattern .. "\\0" .. subject
    local found = known[key]
    if found == nil then
      found = { real(subject, pattern, options) }
      known[key] = found
    end
    return unpack(found)
  end
end
local decoded, real = {}, ngx.decode_base64
ngx.decode_base64 = function(text)
  local found = decoded[text]
  if found == nil then
    found = real(text)
    decoded[text] = found
  end
  return found
end
local function once(prepared_before, prepared_after)
  local copy = {}
  for name, value in pairs(request) do
    copy[name] = value
  end
  copy.headers = {}
  for number, pair in ipairs(request.headers) do
    copy.headers[number] = { pair[1], pair[2] }
  end
  local state = module.begin(copy)
  state.phase, state.shared.authenticated_jwt_token = "access", request.token
  local started = clock()
  prepared_before()
  prepared_after()
  local spent = clock() - started
  if not state.shared.seccfg.headers then
    error("the request did not pass")
  end
  return spent
end
local first, second = module.prepare(before, "sandbox", {}), module.prepare(after, "sandbox", {})
local routine = coroutine.wrap(function()
  local spans = {}
  for batch = 1, batches do
    local total = 0
    for _ = 1, count do
      total = total + once(first, second)
    end
    spans[batch] = total / count
  end
  return spans
end)
return routine()
"""


def main() -> None:
    """One line a size; the last compares two builds of one spec."""
    print("kong: building, and deciding by number of routes")
    if missing():
        print(f"  not run, {missing()}")
        return
    rings = {routes: _ring(routes) for routes in SIZES}
    for routes, ring in rings.items():
        ours, theirs = min(_built(TARGET, ring) for _ in range(3)), min(_built(PYTHON, ring) for _ in range(3))
        print(f"  {routes} routes: built in {ours:.2f} s, {ours / theirs:.2f} of python's {theirs:.2f} s")
    measured = {routes: _p50(ring, routes) for routes, ring in rings.items()}
    best = dict.fromkeys(SIZES, float("inf"))
    for _ in range(ROUNDS):  # in turn, so that whatever else the machine does falls on all sizes alike
        for routes, measure in measured.items():
            best[routes] = min(best[routes], measure())
    for routes, p50 in best.items():
        print(f"  {routes} routes: decision p50 {p50 * 1e6:.1f} us, {p50 / best[SIZES[0]]:.2f} of the first")


def _ring(routes: int) -> KeyRing:
    document = load(spec_of(routes).encode(), "bench.yaml")
    keys = {"keys/users.jwks.json": key_set(Random(1), ("RS256",), "users")}
    return exchange(resolve(loader.load(document), keys, source_map(document)), int(time.time()))


def _built(target: Any, ring: KeyRing) -> float:
    started = time.process_time()
    target.compile(ring.build, {})
    return time.process_time() - started


def _p50(ring: KeyRing, routes: int) -> Callable[[], float]:
    """What gives the seconds of the median batch, each the mean of its requests, whenever it is called."""
    now_s = int(time.time())
    signer = ring.signers["users"][0]
    claims = {
        "iss": "https://id.example.com/", "aud": "https://api.example.com", "sub": "someone", "exp": now_s + 900,
        "roles": ["viewer"], "dept": "sales", "clearance": 3,
    }  # fmt: skip
    token = sign(signer, {"alg": signer.alg, "kid": signer.kid}, json.dumps(claims).encode()).encode()
    files = {file.path: file.content for file in TARGET.compile(ring.build, {}).files}
    document = yaml.load(files["kong.yaml"], Loader=yaml.CSafeLoader)
    before = next(p for p in document["plugins"] if p["name"] == "pre-function")["config"]["access"][0]
    target = f"/v1/departments/sales/things{max(routes // 5, 1) - 1}/5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d"
    after = _after(document, target.rpartition("/")[0].rpartition("/")[2])
    host = LuaHost()
    host.forget()
    headers = [(b"Host", b"api.example.com"), (b"User-Agent", b"bench/1"), (b"Accept", b"*/*")]
    headers.append((b"Authorization", b"Bearer " + token))
    request = host.table({
        b"method": b"GET", b"line": f"GET {target} HTTP/1.1".encode(), b"uri": target.encode(), b"path": target.encode(),
        b"scheme": b"https", b"http_version": 1.1, b"peer": b"198.51.100.7", b"client": b"198.51.100.7", b"now": now_s,
        b"ident": b"0123456789abcdef0123456789abcdef", b"host": b"api.example.com", b"request_body": b"", b"buffer": 1 << 20,
        b"headers": host.pairs(headers), b"token": token,
        b"credential": host.table({b"key": signer.kid.encode(), b"algorithm": signer.alg.encode()}),
    })  # fmt: skip
    def measure() -> float:
        spans = host.execute(_LOOP, host.module, request, before.encode(), after.encode(), 200, 30)
        return statistics.median(spans.values())

    return measure


def _after(document: Any, thing: str) -> str:
    routes = (route for service in document["services"] for route in service["routes"])
    route = next(r for r in routes if r["methods"] == ["GET"] and f"departments/[^/]+/{thing}/" in r["paths"][0])
    return str(next(p for p in route["plugins"] if p["name"] == "post-function")["config"]["access"][0])
