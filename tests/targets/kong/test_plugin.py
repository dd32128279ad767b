"""`mode: plugin`: decided as the reference decides, by the emitted plugin on LuaJIT, and on the wire with a real Redis."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from seccfg import api
from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.findings import InputError
from seccfg.ir.policy import Policy
from seccfg.ir.request import Surroundings
from seccfg.targetapi.base import Output
from seccfg.targetapi.escape import lua_string
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.verify.run import verify_policy
from seccfg_kong import TARGET
from seccfg_kong.kongnode.custom import CustomPlugins, modules_of
from seccfg_kong.kongnode.lua_host import LuaHost
from seccfg_kong.plan import RedisPlace
from seccfg_kong.target import read_options

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
PLUGIN = {"mode": '"plugin"'}
SPEC = """
seccfg: 1
service: {name: shared, hosts: [api.example.com]}
upstreams: {main: {url: http://127.0.0.1:1}}
auth:
  users:
    type: jwt
    issuer: https://id.example.com/
    audiences: [a]
    algorithms: [RS256]
    jwks: {file: keys.json}
sessions: {revocation: {deny_list: {claim: jti}, version_claim: ver, not_before: true, staleness: 5s}}
rate_limits:
  window: {limit: 2, window: 1h, by: ip}
  bucket: {limit: 3, window: 1h, by: ip, algorithm: token-bucket, burst: 2}
  log: {limit: 2, window: 10m, by: ip, algorithm: sliding-window}
  each: {limit: 2, window: 1h, by: principal}
  tries: {limit: 2, window: 30m, by: ip, count: auth.failed}
routes:
  /window: {get: {public: true, reason: tried, rate_limits: [window]}}
  /both: {get: {public: true, reason: tried, rate_limits: [bucket, log]}}
  /mine: {get: {auth: [users], allow: authenticated, rate_limits: [tries, each]}}
"""


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"kong_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    folder = tmp_path_factory.mktemp("spec")
    shutil.copy(EXAMPLES / "minimal/keys/users.json", folder / "keys.json")
    (folder / "seccfg.yaml").write_text(SPEC)
    return api.policy(api.load(str(folder / "seccfg.yaml")))


def agree(policy: Policy) -> int:
    """Boundary requests of *policy*, all decided as the effective Policy says."""
    (engine,) = verify_policy(policy, {"kong": PLUGIN}, "2026-01-05").targets[0].engines
    assert not engine.failure
    assert [(d.scenario, d.number, d.fields) for d in engine.differences[:3]] == []
    return engine.requests


# -------------------------------------------------------------------------------------------------------------- decisions
def test_decides_as_the_reference(policy: Policy, need_engine: Callable[[str, str], None]) -> None:
    """Every kind of counter and of revocation, with the store up and down."""
    need_engine("kong", "kong-model")
    assert agree(policy) > 300


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("SECCFG_LONG"), reason="SECCFG_LONG=1 runs made-up specs in this mode too")
@pytest.mark.parametrize("seed", range(3, 9))
def test_decides_specs_nobody_wrote(seed: int, need_engine: Callable[[str, str], None]) -> None:
    """Keys of every algorithm, several tokens of one request, revocation."""
    need_engine("kong", "kong-model")
    assert agree(random_policy(seed)) > 300


def test_nothing_is_revoked_less_than_the_spec_says(policy: Policy) -> None:
    """The gaps of the function sandbox that a plugin closes are gone."""
    gaps = {gap.id for gap in TARGET.compile(policy, PLUGIN).gaps}
    assert {"revocation", "token-reading", "token-algorithm"} & gaps == set()
    assert "revocation" in {gap.id for gap in TARGET.compile(policy, {}).gaps}


# ------------------------------------------------------------------------------------------------------------------ files
@pytest.fixture(scope="module")
def output(policy: Policy) -> Output:
    return TARGET.compile(policy, {**PLUGIN, "redis": '"rediss://redis.internal:6380/2"'})


def test_every_route_carries_the_plugin(output: Output) -> None:
    """Each under its own name; the ones that stand for no route say so by having none. Nothing stock takes part."""
    document = yaml.safe_load(next(file.content for file in output.files if file.path == "kong.yaml"))
    assert "consumers" not in document
    routes = [route for service in document["services"] for route in service["routes"]]
    for route in routes:
        (plugin,) = route["plugins"]
        assert plugin["name"] == "seccfg-shared"
        assert re.fullmatch(r"GET /\w+", plugin["config"]["route"])
        assert plugin["config"]["redis"] == {
            "host": "redis.internal", "port": 6380, "database": 2, "ssl": True, "prefix": "seccfg:{shared}:",
            "password": "{vault://env/seccfg-redis-password}",
        }  # fmt: skip
    (rest,) = document["routes"]
    assert ["route" in plugin["config"] for plugin in (*rest["plugins"], document["plugins"][0])] == [False, False]


def test_the_package_is_whole(output: Output) -> None:
    """The rockspec names every module and nothing else, kong.conf names the plugin, APPLY.md says how to install it."""
    files = {file.path: file.content.decode() for file in output.files}
    rockspec = files["plugin/kong-plugin-seccfg-shared-1.0.0-1.rockspec"]
    named = dict(re.findall(r'\["(kong\.plugins\.[a-z0-9_.-]+)"\] = "([^"]+)"', rockspec))
    assert {f"plugin/{path}" for path in named.values()} == {path for path in files if path.endswith(".lua")}
    assert all(path == f"{module.replace('.', '/')}.lua" for module, path in named.items())
    assert "plugins = bundled,seccfg-shared" in files["kong.conf"].splitlines()
    assert "KONG_PLUGINS=bundled,seccfg-shared" in files["APPLY.md"]
    used = {name for text in files.values() for name in re.findall(r'use\("(\w+)"\)', text)}
    assert used <= {path.rpartition("/")[2].removesuffix(".lua") for path in files}


def test_a_node_without_the_plugin_loads_nothing(output: Output, need_engine: Callable[[str, str], None]) -> None:
    """What names a plugin that is not installed does not load: no route is open by mistake."""
    from seccfg.targetapi.observe import EngineFailed

    need_engine("kong", "kong-model")
    files = {file.path: file.content for file in output.files}
    files["kong.conf"] = files["kong.conf"].replace(b"plugins = bundled,seccfg-shared", b"plugins = bundled")
    with pytest.raises(EngineFailed, match="not enabled"):
        TARGET.engine("kong-model").start(files, {})


@pytest.mark.parametrize("value", [
    '"redis.internal"', '"redis://user:secret@redis.internal"', '"redis://h:0"', '"redis://h:70000"', "6379",
    '"redis://h/x"', '"http://h"', '"redis://h\\n"',
])  # fmt: skip
def test_addresses_that_are_none_are_refused(value: str) -> None:
    """One line; a password has no place in a spec."""
    with pytest.raises(InputError, match="redis"):
        read_options({**PLUGIN, "redis": value})


def test_the_store_is_for_the_plugin_alone() -> None:
    """A function in the sandbox reaches none: to name one there would promise what is not."""
    assert read_options({**PLUGIN, "redis": '"redis://h"'}).redis == RedisPlace("h", 6379, 0, False)
    with pytest.raises(InputError, match="mode: plugin"):
        read_options({"redis": '"redis://h"'})


# ------------------------------------------------------------------------------------------------------------------ Redis
@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = _module("redis_server").RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.close()


def scripts() -> Any:
    """`scripts.lua`, by the names of its members."""
    text = (Path(__file__).resolve().parents[3] / "targets/seccfg_kong/runtime/plugin/scripts.lua").read_text()
    return LuaHost().execute(text.encode())


def test_the_model_of_redis_answers_as_redis_does(redis: Any, need_engine: Callable[[str, str], None]) -> None:
    """The counters of every algorithm, a thousand steps at random moments, on both; and what somebody revoked."""
    need_engine("kong", "kong-model")
    host = LuaHost()
    model = CustomPlugins({}, (), host).redis
    client = model[b"client"][b"new"]()
    client[b"connect"](client, b"h", 1, host.table({}))
    host.begin({b"now": 0.0}, b"")
    script = scripts()[b"counters"]
    rng = random.Random(7)
    counters = [
        ("fixed-window", 3, 60, 0), ("token-bucket", 4, 60, 6), ("token-bucket", 7, 13, 2), ("sliding-window", 3, 40, 0),
    ]  # fmt: skip
    now, answers = NOW_S, set()
    for step in range(1000):
        now += rng.choice((0, 0, 0, 1, 2, 7, 30, 61))
        chosen = rng.sample(range(len(counters)), rng.choice((1, 1, 2, 3)))
        how = "charge" if rng.random() < 0.7 else "wait"
        keys = [f"both:{number}:{now // 60 if number == 0 else ''}" for number in chosen]
        words = [how, now, *(word for number in chosen for word in counters[number])]
        real = redis.ask("EVAL", script, len(keys), *keys, *words)
        said = client[b"eval"](client, script, len(keys), *(str(word).encode() for word in (*keys, *words)))
        assert real == said, (step, how, keys)
        answers.add((how, real))
    assert len(answers) > 12
    for line in ("SET r:deny:x 1", "HSET r:principal:p version 4", "HSET r:principal:p not_before 9"):
        command = line.split()
        redis.ask(*command)
        model[b"commands"][command[0].encode()](*(word.encode() for word in command[1:]))
    keys = ["r:deny:x", "r:principal:p", "r:deny:y", "r:principal:q"]
    real = redis.ask("EVAL", scripts()[b"revocations"], 4, *keys)
    said = client[b"eval"](client, scripts()[b"revocations"], 4, *(key.encode() for key in keys))
    assert real == ["1", "4", "9", "", "", ""]
    assert [text.decode() for text in said.values()] == real


def test_passwords_are_asked_for_as_redis_does(need_engine: Callable[[str, str], None]) -> None:
    """Without the right one nothing is answered, and requests that need the store are refused."""
    need_engine("kong", "kong-model")
    host = LuaHost()
    custom = CustomPlugins({}, (), host)
    host.begin({b"now": 0.0}, b"")
    custom.redis[b"password"] = b"right"
    client = custom.redis[b"client"][b"new"]()
    client[b"connect"](client, b"h", 1, host.table({}))
    assert client[b"eval"](client, b"return 1", 0) == (False, b"NOAUTH Authentication required.")
    assert client[b"auth"](client, b"wrong")[0] is None
    assert client[b"auth"](client, b"right") == b"OK"
    assert client[b"eval"](client, b"return 1", 0) == 1
    custom.forget(Surroundings(store="down"), "p:")
    assert client[b"eval"](client, b"return 1", 0) == (None, b"timeout")


# -------------------------------------------------------------------------------------------------------------- key sets
def test_key_sets_follow_the_issuer(need_engine: Callable[[str, str], None], tmp_path: Path) -> None:
    """A new key counts once the issuer shows it and a withdrawn one no longer; what cannot be read changes nothing; a set older
    than it may be answers 503."""
    need_engine("kong", "kong-model")
    source = "jwks: {url: https://id.example.com/jwks, file: keys.json, refresh: 5m, max_stale: 1h}"
    text = SPEC.replace("jwks: {file: keys.json}", source)
    shutil.copy(EXAMPLES / "minimal/keys/users.json", tmp_path / "keys.json")
    (tmp_path / "seccfg.yaml").write_text(text)
    policy = api.policy(api.load(str(tmp_path / "seccfg.yaml")))
    assert "key-rotation" not in {gap.id for gap in TARGET.compile(policy, PLUGIN).gaps}
    first, second = exchange(policy, NOW_S), exchange(policy, NOW_S + 1)
    output = TARGET.compile(first.build, PLUGIN)
    host = LuaHost()
    files = {file.path: file.content for file in output.files}
    custom = CustomPlugins(modules_of(files, "plugin/"), ("seccfg-shared",), host)
    sets = custom.module("kong.plugins.seccfg-shared.jwks")
    data = custom.module("kong.plugins.seccfg-shared.program")

    def kids() -> set[bytes]:
        return set(sets[b"keys"](b"users").keys())

    def usable(now: int) -> bool:
        return bool(sets[b"usable"](host.table({b"now": now, b"data": data}), b"users"))

    def refresh(now: int, status: int, document: object) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        custom.http[b"answers"][b"https://id.example.com/jwks"] = host.table([status, body])
        host.begin({b"now": float(now)}, b"")
        for timer in custom.timers():
            timer(False)

    custom.start_worker(float(NOW_S))
    built = kids()
    assert len(built) == 1
    assert [usable(NOW_S + age) for age in (0, 3600, 3601)] == [True, True, False]
    jwk = {"kid": "next", "kty": "RSA", "use": "sig", **_numbers(second)}
    for status, document in (
        (500, {"keys": [jwk]}), (200, b"<html>"), (200, {"keys": "none"}), (200, {"keys": []}), (200, {"keys": [{**jwk, "n": 5}]}),
        (200, {"keys": [{**jwk, "kty": "oct"}]}), (200, {"keys": [{**jwk, "alg": "RS512"}]}), (200, b" " * 1_100_000),
    ):  # fmt: skip
        refresh(NOW_S + 1800, status, document)
        assert kids() == built
        assert not usable(NOW_S + 3601)
    refresh(NOW_S + 1800, 200, {"keys": [jwk, {**jwk, "kid": "other", "use": "enc"}, 7]})
    assert kids() == {b"next"}
    assert [usable(NOW_S + age) for age in (3601, 5400, 5401)] == [True, True, False]


def _numbers(ring: Any) -> dict[str, str]:
    """Modulus and exponent of the ring's first key."""
    (verifier,) = ring.build.verifiers
    document = json.loads(verifier.jwks.keys[0].json)
    return {"n": document["n"], "e": document["e"]}


def test_modules_are_found_under_the_package_alone() -> None:
    """Names as `require` has them."""
    found = modules_of({"plugin/kong/plugins/a/handler.lua": b"1", "kong.yaml": b"", "plugin/x.rockspec": b""}, "plugin/")
    assert found == {"kong.plugins.a.handler": b"1"}


# ------------------------------------------------------------------------------------------------------- nginx, on the wire
CONF = """
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
env SECCFG_NGINX; env SECCFG_PLUGIN;
load_module /usr/lib/nginx/modules/ndk_http_module.so; load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
events {{ worker_connections 64; }}
http {{
  access_log off; underscores_in_headers on; merge_slashes off;
  lua_package_path "{folder}/?.lua;{folder}/plugin/?.lua;;";
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;
  scgi_temp_path {folder}/t5; lua_shared_dict kong_rate_limiting_counters 1m;
  init_by_lua_block {{ shim = require("plugin_shim") }}
  server {{
    listen 127.0.0.1:{port};
    set $upstream_x_forwarded_for ""; set $upstream_x_forwarded_proto ""; set $upstream_x_forwarded_host "";
    location / {{
      access_by_lua_block {{ shim.access() }}
      content_by_lua_block {{ ngx.say("passed") }}
      header_filter_by_lua_block {{ shim.headers() }}
      body_filter_by_lua_block {{ shim.body() }}
    }}
  }}
}}
"""


class Nodes:
    """Two nginx with the plugin of one configuration, one Redis behind both."""

    def __init__(self, folder: Path, output: Output) -> None:
        self.ports, self.processes = [], []
        for number in range(2):
            own = folder / str(number)
            for file in output.files:
                path = own / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.content)
            for shim in ("plugin_shim.lua", "pdk_shim.lua"):
                shutil.copy(Path(__file__).with_name(shim), own)
            (own / "routes.lua").write_text(_routes(yaml.safe_load((own / "kong.yaml").read_bytes())))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            (own / "nginx.conf").write_text(CONF.format(folder=own, port=port))
            program = shutil.which("nginx") or "/usr/sbin/nginx"
            environment = {**os.environ, "SECCFG_NGINX": str(own), "SECCFG_PLUGIN": "seccfg-shared"}
            command = [program, "-p", str(own), "-c", str(own / "nginx.conf")]
            self.processes.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
            self.ports.append(port)
        last = time.monotonic() + 20
        for port in self.ports:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > last:
                        raise
                    time.sleep(0.05)

    def ask(self, node: int, path: str, now: int) -> tuple[int, str, str]:
        """Status, reason and Retry-After."""
        lines = [f"GET {path} HTTP/1.1", "Host: api.example.com", f"X-Test-Now: {now}", "X-Test-Peer: 192.0.2.1"]
        head = "\r\n".join([*lines, "Connection: close", "", ""])
        with socket.create_connection(("127.0.0.1", self.ports[node]), timeout=10) as connection:
            connection.sendall(head.encode())
            data = b""
            while chunk := connection.recv(65536):
                data += chunk
        answer, _, body = data.partition(b"\r\n\r\n")
        headers = dict(line.lower().split(": ", 1) for line in answer.decode().split("\r\n")[1:])
        status = int(data.split()[1])
        reason = "" if status == 200 else json.loads(body[body.find(b"{") : body.rfind(b"}") + 1])["reason"]
        return status, reason, headers.get("retry-after", "")

    def close(self) -> None:
        for process in self.processes:
            process.terminate()
            process.wait(timeout=20)


def _routes(document: Any) -> str:
    """The routes as the shim reads them, with the configuration of each one's plugin; a password nobody set is empty."""
    lines = []
    routes = [route for service in document["services"] for route in service["routes"]]
    for route in [*routes, *document["routes"]]:
        (config,) = (plugin["config"] for plugin in route["plugins"])
        redis = {**config["redis"], "password": "", "timeout": 1000, "ssl_verify": True}
        shown = ", ".join(f"{key} = {json.dumps(value)}" for key, value in redis.items())
        own = f"route = {lua_string(config['route'])}, " if "route" in config else ""
        methods = "".join(f"[{lua_string(m)}] = true, " for m in route.get("methods", ()))
        held = f"methods = {{ {methods}}}, " if methods else ""
        pattern = "^" + route["paths"][0].removeprefix("~")
        lines.append(f"{{ {held}pattern = {lua_string(pattern)}, config = {{ {own}redis = {{ {shown} }} }} }},")
    return "return {\n" + "\n".join(lines) + "\n}\n"


@pytest.fixture
def nodes(policy: Policy, redis: Any, tmp_path: Path) -> Iterator[Nodes]:
    if not Path("/usr/lib/nginx/modules/ngx_http_lua_module.so").exists():
        if os.environ.get("SECCFG_REQUIRE_ENGINES"):
            pytest.fail("no nginx with http-lua; tests/engines/kong.sh installs it")
        pytest.skip("no nginx with http-lua; `bash tests/engines/kong.sh` installs it")
    options = {**PLUGIN, "redis": json.dumps(f"redis://127.0.0.1:{redis.port}")}
    running = Nodes(tmp_path, TARGET.compile(exchange(policy, NOW_S).build, options))
    yield running
    running.close()


def test_two_nodes_count_as_one(nodes: Nodes, redis: Any) -> None:
    """Each limit is exact over both; when the store is gone nothing that needs it passes."""
    start = NOW_S - NOW_S % 3600
    assert [nodes.ask(n % 2, "/window", start)[0] for n in range(3)] == [200, 200, 429]
    assert nodes.ask(1, "/window", start + 10) == (429, "rate_limited", "3590")
    assert nodes.ask(0, "/window", start + 3600)[0] == 200
    assert [nodes.ask(n % 2, "/both", start)[0] for n in range(3)] == [200, 200, 429]
    assert nodes.ask(0, "/both", start + 599) == (429, "rate_limited", "601")
    assert nodes.ask(1, "/both", start + 1200)[0] == 200
    assert nodes.ask(0, "/nowhere", start)[:2] == (404, "no_route")
    assert nodes.ask(0, "/mine", start)[:2] == (401, "no_credential")
    names = redis.ask("KEYS", "*")
    assert names
    assert all(name.startswith("seccfg:{shared}:limit:") for name in names if not name.startswith(("both:", "r:")))
    redis.ask("CONFIG", "SET", "requirepass", "secret")
    try:
        redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert nodes.ask(0, "/window", start + 7200)[:2] == (503, "unavailable")
    finally:
        redis.ask("CONFIG", "SET", "requirepass", "")
    assert nodes.ask(0, "/window", start + 7200)[0] == 200
