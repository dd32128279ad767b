"""The emitted bundle on the real OPA. Reads the emitted files alone.

The engine is the least PEP there can be: it writes down the request as the emitted README asks, puts the question to
`opa run --server`, and reads `result`. It judges nothing itself. Before that the files have to pass `opa check
--strict`, `opa fmt` and their own `opa test`.

The bundle has no seam for the clock nor for what operators push, so a bundle of this module's own is loaded beside it:
one rule that puts the request's time and records in their places by `with` and asks for `result`. A rule is compiled
once; the same words in an ad-hoc query would be compiled for each request.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from seccfg.ir.policy import Event, Reason, StepName
from seccfg.ir.request import Decision, Outcome, Request, Surroundings
from seccfg.targetapi.base import Engine, EngineInfo
from seccfg.targetapi.observe import EngineFailed, Unreadable
from seccfg_opa.executable import HOW_TO_GET, find, run

__all__ = ["ServerEngine", "canonical_input", "engines", "make"]

_NAME: Final = "opa-server"
_SEAM: Final = "seccfg_verify"
_RULE: Final = """package seccfg_verify

answer := result if {
	result := data.PACKAGE.result with input as input.request
		with time.now_ns as input.now_ns
		with data.PACKAGE_live as input.live
}
"""
_WAIT_S: Final = 30.0
_COMPARED: Final = frozenset(
    {"www-authenticate", "allow", "retry-after", "location", "strict-transport-security", "vary"}
)
_REASONS: Final = frozenset(get_args(Reason))
_STEPS: Final = frozenset(get_args(StepName))
_EVENTS: Final = frozenset(get_args(Event))


def engines() -> tuple[EngineInfo, ...]:
    """The server, where an executable is found."""
    return (EngineInfo(_NAME, "" if find() else "no `opa` executable", HOW_TO_GET),)


def make(name: str) -> Engine:
    """A fresh engine; KeyError for an unknown name."""
    return {_NAME: ServerEngine}[name]()


class ServerEngine:
    """`opa run --server` on loopback with the emitted `bundle/`, which `bundle.tar.gz` holds to the byte."""

    name = _NAME

    def __init__(self, *, checks: bool = True) -> None:
        """
        Args:
            checks: Hold the files to what an emission promises first; what runs somewhere promises nothing.
        """
        self._checks = checks
        self._folder = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._package = ""
        self._live_keys: dict[str, Any] = {}
        self._surroundings = Surroundings()

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str]) -> None:
        """Check the files, load the bundle, wait until the server says it is ready."""
        self._folder = tempfile.mkdtemp(prefix="seccfg-opa-")
        for path, content in files.items():
            place = Path(self._folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        manifest = json.loads(files["bundle/.manifest"])
        self._package = manifest["roots"][0].replace("/", ".")
        self._live_keys = json.loads(files["live.json"])["keys"] if "live.json" in files else {}
        seam = Path(self._folder, _SEAM)
        seam.mkdir()
        Path(seam, "answer.rego").write_text(_RULE.replace("PACKAGE", self._package), encoding="utf-8")
        Path(seam, ".manifest").write_text(json.dumps({"roots": [_SEAM], "rego_version": 1}), encoding="utf-8")
        if self._checks:
            run(["check", "--strict", "bundle", "tests"], self._folder)
            run(["fmt", "--fail", "--list", "bundle", "tests"], self._folder)
            run(["test", "--timeout", "60s", "bundle", "tests"], self._folder)  # each; the default of 5 s is for idle machines
        self._serve(environment)

    def _serve(self, environment: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._process = subprocess.Popen(  # noqa: S603 - our own executable, arguments of ours
            [
                find(), "run", "--server", "--addr", f"127.0.0.1:{port}", "--log-level", "error", "--bundle",
                "--disable-telemetry", "bundle", _SEAM,
            ],
            cwd=self._folder, env={"GOGC": "400", **os.environ, **environment},  # a short life needs little collecting
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_WAIT_S)
        last = time.monotonic() + _WAIT_S
        while time.monotonic() < last:
            if self._process.poll() is not None:
                raise EngineFailed("`opa run` ended before it was ready")
            try:
                if self.ask("GET", "/health?bundles=true", b"")[0] == 200:
                    return
            except OSError:
                self._connection.close()
                time.sleep(0.02)
        raise EngineFailed(f"`opa run` was not ready within {_WAIT_S:.0f} s")

    @property
    def address(self) -> tuple[str, int]:
        """Where the server listens."""
        if self._connection is None:
            raise EngineFailed("the engine was not started")
        return self._connection.host, self._connection.port

    def reset(self, surroundings: Surroundings) -> None:
        """What was revoked, and how old the pushed key sets are."""
        self._surroundings = surroundings

    def answer(self, request: Request) -> Decision:
        """Ask for one decision, at the request's own time."""
        question = {
            "request": canonical_input(request, self._surroundings),
            "now_ns": request.now_s * 1_000_000_000,
            "live": _live(self._live_keys, self._surroundings, request.now_s),
        }
        status, content = self.ask("POST", f"/v1/data/{_SEAM}/answer", json.dumps({"input": question}).encode())
        if status != 200:
            raise EngineFailed(f"OPA answers {status}: {content[:200]!r}")
        found = json.loads(content)
        if "result" not in found:
            raise Unreadable("OPA answers without a result, which is a refusal nobody can name")
        return _decision(found["result"])

    def close(self) -> None:
        """End the server and remove its files."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_WAIT_S)
            self._process = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""

    def ask(self, method: str, path: str, content: bytes) -> tuple[int, bytes]:
        """Status and content of one exchange with the server."""
        if self._connection is None:
            raise EngineFailed("the engine was not started")
        self._connection.request(method, path, content, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        return response.status, response.read()


def canonical_input(request: Request, surroundings: Surroundings) -> dict[str, Any]:
    """The request as `input.schema.json` asks for it."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name.lower(), []).append(value)
    try:
        text, utf8 = request.body.decode("utf-8"), True
    except UnicodeDecodeError:
        text, utf8 = request.body.decode("latin-1"), False
    return {
        "method": request.method,
        "target": request.target,
        "scheme": request.scheme,
        "peer": request.peer,
        "headers": headers,
        "body": {"length": len(request.body), "chunked": request.chunked, "text": text, "utf8": utf8},
        "certificate": request.certificate,
        "resource": {name: json.loads(value) for name, value in surroundings.application},
    }


def _live(keys: Mapping[str, Any], surroundings: Surroundings, now_s: int) -> dict[str, Any]:
    """What operators push beside the bundle: key sets just fetched, or long ago, and what was revoked, if anybody can."""
    fetched_s = now_s if surroundings.keys == "fresh" else 0
    live: dict[str, Any] = {"keys": {name: {**held, "fetched_s": fetched_s} for name, held in keys.items()}}
    if surroundings.store == "up":
        live["revocation"] = {
            "updated_s": now_s,
            "complete": True,
            "denied": dict.fromkeys(surroundings.denied, True),
            "versions": dict(surroundings.versions),
            "not_before": dict(surroundings.not_before),
        }
    return live


def _decision(result: Any) -> Decision:
    reason, step, event = result["reason"], result["step"], result["event"]
    if (reason not in _REASONS and reason != "pass") or step not in _STEPS or event not in _EVENTS:
        raise Unreadable(f"a result with reason {reason!r}, step {step!r}, event {event!r}")
    if result["allow"] is not (reason == "pass"):
        raise Unreadable(f"a result that says {reason!r} and allow {result['allow']!r}")
    outcomes: Mapping[str, Outcome] = {"pass": "pass", "preflight": "preflight"}
    headers = tuple(sorted(
        (name, value)
        for name, value in result["headers"].items()
        if name in _COMPARED or name.startswith("access-control-")
    ))  # fmt: skip
    upstream = result["upstream"]
    forwarded: Sequence[tuple[str, str]] = () if upstream is None else sorted(upstream["set"].items())
    return Decision(
        outcomes.get(reason, "refuse"), result["status"], reason, step, headers, tuple(forwarded),
        "" if upstream is None else upstream["name"], (event,),
    )  # fmt: skip
