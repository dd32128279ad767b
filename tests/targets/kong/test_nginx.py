"""The emitted functions in a real nginx with http-lua, over loopback: what the model says of bytes is what nginx does."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from seccfg import api
from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.ir.policy import Policy
from seccfg.ir.request import Request
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.escape import lua_string
from seccfg.verify.boundary.plan import plan
from seccfg.verify.run import with_keys
from seccfg_kong import TARGET

MODULE = Path("/usr/lib/nginx/modules/ngx_http_lua_module.so")
NDK = Path("/usr/lib/nginx/modules/ndk_http_module.so")
SHIM = Path(__file__).with_name("nginx_shim.lua")
SPEC = """
seccfg: 1
service: {name: bytes, hosts: [api.example.com]}
upstreams: {main: {url: http://127.0.0.1:1}}
auth:
  users: {type: jwt, issuer: https://id.example.com/, audiences: [a], algorithms: [RS256], jwks: {file: keys.json}}
rate_limits: {slow: {limit: 3, window: 1h, by: ip, algorithm: token-bucket, burst: 3}, day: {limit: 5, window: 24h, by: ip}}
cors: {web: {origins: [https://app.example.com, "https://*.example.net"], headers: [X-A], credentials: true, max_age: 60s}}
tls: {plain_http: redirect, hsts: {max_age: 365d}}
network: {trusted_proxies: [10.0.0.0/8, "fd00::/8"], profiles: {some: {allow: [198.51.100.0/24, 192.0.2.0/24, "2001:db8::/32"]}}}
attributes: {resource: {level: {type: integer, from: {query: level}, trust: caller}}}
routes:
  /open/{name}: {get: {public: true, reason: tried, cors: web, network: some, params: {name: {type: string, maxLength: 6}}}}
  /limited: {get: {public: true, reason: tried, rate_limits: [slow, day]}}
  /files/{path+}: {get: {public: true, reason: tried}}
  /items:
    post: {public: true, reason: tried, body: {max: 200B, schema: {type: object, required: [n], properties: {n: {type: integer}}}}}
    get: {public: true, reason: tried, query: {level: {type: integer, minimum: 1}}}
  /mine: {get: {auth: [users], allow: authenticated}}
"""
CONF = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn; env SECCFG_NGINX;
load_module {ndk}; load_module {lua};
events {{ worker_connections 64; }}
http {{
  access_log off; server_tokens off; underscores_in_headers on; merge_slashes off; lua_package_path "{folder}/?.lua;;";
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;
  scgi_temp_path {folder}/t5; client_body_buffer_size 2m; large_client_header_buffers 4 32k; client_max_body_size 2m;
  lua_shared_dict kong_rate_limiting_counters 1m; lua_regex_match_limit 100000; lua_code_cache on;
  init_by_lua_block {{ shim = require("nginx_shim") }}
  server {{
    listen 127.0.0.1:{port}; server_name kong;
    error_page 400 404 405 408 411 412 413 414 417 494 /error_handler;
    set $upstream_x_forwarded_for ""; set $upstream_x_forwarded_proto ""; set $upstream_x_forwarded_host "";
    location / {{
      access_by_lua_block {{ shim.access() }}
      content_by_lua_block {{ ngx.header["Content-Type"] = "application/json"; ngx.say('{{"upstream":"ok"}}') }}
      header_filter_by_lua_block {{ shim.headers() }}
      body_filter_by_lua_block {{ shim.body() }}
    }}
    location = /error_handler {{
      internal;
      content_by_lua_block {{ ngx.say("error") }}
      header_filter_by_lua_block {{ shim.headers() }}
      body_filter_by_lua_block {{ shim.body() }}
    }}
  }}
}}
"""


class Server:
    """nginx with the functions of one configuration."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._lay_out(yaml.load(files["kong.yaml"], Loader=yaml.CSafeLoader))
        conf = CONF.format(folder=folder, ndk=NDK, lua=MODULE, port=self.port)
        (folder / "nginx.conf").write_text(conf)
        environment = {**os.environ, "SECCFG_NGINX": str(folder)}
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        last = time.monotonic() + 20
        while time.monotonic() < last:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError((folder / "error.log").read_text())

    def _lay_out(self, document: Any) -> None:
        shutil.copy(SHIM, self.folder / "nginx_shim.lua")
        shutil.copy(SHIM.with_name("pdk_shim.lua"), self.folder)
        config = next(p for p in document["plugins"] if p["name"] == "pre-function")["config"]
        for name, phase in (("access", "access"), ("headers", "header_filter"), ("body", "body_filter")):
            (self.folder / f"{name}.lua").write_text("".join(config[phase]))
        routes = [route for service in document["services"] for route in service["routes"]]
        routes.sort(key=lambda route: -route.get("regex_priority", -1))
        lines = []
        for number, route in enumerate([*routes, *document["routes"]]):
            after = next(p for p in route["plugins"] if p["name"] == "post-function")["config"]["access"][0]
            (self.folder / f"after{number}.lua").write_text(after)
            methods = "".join(f"[{lua_string(m)}] = true, " for m in route.get("methods", ()))
            pattern = "^" + route["paths"][0].removeprefix("~")
            shown = f"methods = {{ {methods}}}, " if methods else ""
            lines.append(f"{{ {shown}pattern = {lua_string(pattern)}, file = {lua_string(f'after{number}.lua')} }},")
        (self.folder / "routes.lua").write_text("return {\n" + "\n".join(lines) + "\n}\n")

    def ask(self, raw: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """One request of exactly these bytes, on a connection of its own."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(raw)
            data = b""
            while chunk := connection.recv(65536):
                data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = [tuple(map(str.strip, line.split(":", 1))) for line in lines[1:]]
        return int(lines[0].split()[1]), headers, body  # type: ignore[return-value]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


def wire(request: Request) -> bytes:
    """The request's bytes, with the seams of the shim."""
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines += [f"X-Test-Now: {request.now_s}", f"X-Test-Peer: {request.peer}", f"X-Test-Scheme: {request.scheme}"]
    lines.append("Connection: close")
    body = request.body
    if request.chunked:
        lines.append("Transfer-Encoding: chunked")
        body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    elif body and not request.header("content-length"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    folder = tmp_path_factory.mktemp("spec")
    keys = json.loads((Path(__file__).resolve().parents[3] / "examples/minimal/keys/users.json").read_text())
    (folder / "keys.json").write_text(json.dumps(keys))
    (folder / "seccfg.yaml").write_text(SPEC)
    return api.policy(api.load(str(folder / "seccfg.yaml")))


@pytest.fixture
def nginx(policy: Policy, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    if not MODULE.exists() or shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") is None:
        if os.environ.get("SECCFG_REQUIRE_ENGINES"):
            pytest.fail("no nginx with http-lua; tests/engines/kong.sh installs it")
        pytest.skip("no nginx with http-lua; `bash tests/engines/kong.sh` installs it")
    running: list[Server] = []

    def start() -> Server:
        folder = tmp_path / str(len(running))
        folder.mkdir()
        output = TARGET.compile(exchange(policy, NOW_S).build, {})
        running.append(Server(folder, {file.path: file.content for file in output.files}))
        return running[-1]

    yield start
    for server in running:
        server.close()


def test_boundary_requests_on_the_wire(policy: Policy, nginx: Callable[[], Server]) -> None:
    """Status, reason and the headers that count, of every boundary request that needs no signature."""
    ring = exchange(policy, NOW_S)
    output = TARGET.compile(ring.build, {})
    effective = with_keys(output.effective, ring)
    server = nginx()
    asked = 0
    for scenario in plan(ring).scenarios:
        if len(scenario.requests) > 1:
            continue  # counters are nginx's own here, and live on
        (request,) = scenario.requests
        decision = decide(effective, request, State(scenario.surroundings))
        if request.header("authorization") or scenario.surroundings.store == "down" or decision.reason == "rate_limited":
            continue
        if request.target.startswith("/limited"):
            continue
        status, headers, body = server.ask(wire(request))
        shown = {name.lower(): value for name, value in headers}
        told = f"{scenario.id}: {request.method} {request.target}"
        assert status == decision.status, told
        if decision.outcome == "refuse" and request.method != "HEAD":
            assert json.loads(body[body.find(b"{") : body.rfind(b"}") + 1])["reason"] == decision.reason, told
        for name, value in decision.headers:
            assert shown.get(name) == value, told
        asked += 1
    assert asked > 250


def test_bytes_no_library_sends(nginx: Callable[[], Server]) -> None:
    """What nginx refuses by itself has our shape and our headers; what it lets through is judged as it was sent."""
    server = nginx()
    host = b"Host: api.example.com\r\nX-Test-Scheme: https\r\nX-Test-Peer: 198.51.100.7\r\nConnection: close\r\n"
    for line, reason in (
        (b"GET /open/a%zz HTTP/1.1", "malformed"), (b"GET /open/%00 HTTP/1.1", "malformed"), (b"get /open/a HTTP/1.1", "malformed"),
        (b"TRACE /open/a HTTP/1.1", "malformed"), (b"GET /open/%2fa HTTP/1.1", "malformed"),
        (b"GET //open/a HTTP/1.1", "malformed"),
        (b"GET /open/../items HTTP/1.1", "malformed"), (b"GET /open/\xc3\xa9 HTTP/1.1", "malformed"),
        (b"GET http://evil.example/open/a HTTP/1.1", "malformed"), (b"GET /open/%61 HTTP/1.1", "malformed"),
        (b"GET /open/a;x HTTP/1.1", "malformed"), (b"GET /nowhere HTTP/1.1", "no_route"), (b"PUT /items HTTP/1.1", "method"),
        (b"GET /open/longer-than-six HTTP/1.1", "invalid_input"),
    ):  # fmt: skip
        status, headers, body = server.ask(line + b"\r\n" + host + b"\r\n")
        found = json.loads(body[body.find(b"{") : body.rfind(b"}") + 1])
        assert found["reason"] == reason, line
        assert found["status"] == status
        assert ("content-type", "application/problem+json") in [(n.lower(), v) for n, v in headers]
    for twice in (b"Host: api.example.com\r\n", b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"):
        status, _, body = server.ask(b"GET /open/a HTTP/1.1\r\n" + host + twice + b"\r\n")
        assert (status, json.loads(body[body.find(b"{") : body.rfind(b"}") + 1])["reason"]) == (400, "malformed")
    assert server.ask(b"GET /open/a HTTP/1.1\r\n" + host + b"\r\n")[0] == 200
    long_path = b"/files/" + b"/".join([b"ab%20cd"] * 900)
    assert server.ask(b"GET " + long_path + b" HTTP/1.1\r\n" + host + b"\r\n")[0] == 200


def test_counters_are_exact_in_shared_memory(nginx: Callable[[], Server]) -> None:
    """Three tokens, five a day: the fourth request at once is refused, and says when to come back."""
    server = nginx()

    def get(now: int) -> tuple[int, str]:
        status, headers, _ = server.ask(wire(Request("GET", "/limited", (("Host", "api.example.com"),), now_s=now)))
        return status, {n.lower(): v for n, v in headers}.get("retry-after", "")

    first = NOW_S - NOW_S % 86_400
    assert [get(first)[0] for _ in range(3)] == [200, 200, 200]
    assert get(first) == (429, "1200")
    assert get(first + 1199) == (429, "1")
    assert get(first + 1200)[0] == 200
    assert get(first + 7200)[0] == 200
    assert get(first + 14400) == (429, str(86_400 - 14400))
    assert get(first + 86_400)[0] == 200
