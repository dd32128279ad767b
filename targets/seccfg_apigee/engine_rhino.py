"""One Rhino for every engine of this process: a Java program that runs scripts, asked over a pipe, a line of JSON a time."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from seccfg.record import Record
from seccfg.targetapi.observe import EngineFailed

__all__ = ["HOW_TO_GET", "Ran", "Rhino", "missing", "shared"]

HOW_TO_GET: Final = "apt install librhino-java default-jdk-headless, or `make engines`"
_JARS: Final = ("/usr/share/java/js.jar", "/usr/share/java/rhino.jar")
_VERSIONS: Final = "0 and 180"


class Ran(Record):
    """What a script did: variables set and removed, and why it failed (empty: it did not)."""

    changed: Mapping[str, str]
    removed: tuple[str, ...]
    failed: str


def _jar() -> str:
    named = os.environ.get("SECCFG_RHINO_JAR", "")
    places = [named] if named else [*_JARS, str(Path(".engines/apigee/rhino.jar").resolve())]
    return next((place for place in places if place and Path(place).is_file()), "")


def missing() -> str:
    """Why Rhino cannot run here; empty when it can."""
    if shutil.which("java") is None or shutil.which("javac") is None:
        return "no Java development kit"
    return "" if _jar() else "no Rhino (js.jar)"


class Rhino:
    """The process; a *patient* one makes the best code it can. Scripts are known by their hash and compiled once."""

    def __init__(self, optimization: int = 9, *, patient: bool = False) -> None:
        source = str(files("seccfg_apigee").joinpath("rhino", "Host.java"))
        quick = [] if patient else ["-XX:TieredStopAtLevel=1"]  # short runs end before the best code is made
        command = ["java", "-Xss8m", "-XX:+UseSerialGC", *quick, "-cp", _jar(), source, str(optimization)]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._loaded: set[str] = set()

    def load(self, name: str, text: str) -> str:
        """Compile a script; its id. EngineFailed when it is none."""
        ident = f"{name}:{hashlib.sha256(text.encode('utf-8')).hexdigest()[:24]}"
        if ident not in self._loaded:
            self._ask({"load": ident, "source": text}, name)
            self._loaded.add(ident)
        return ident

    def run(
        self, scripts: Sequence[str], variables: Mapping[str, str], properties: Mapping[str, str], limit_ms: int
    ) -> Ran:
        """Run *scripts* in one scope, in each language version; what they did, which has to be the same."""
        found = self._ask(_question(scripts, variables, properties, limit_ms), "script")
        changed = {name[1:]: _text(value) for name, value in found["changed"].items()}
        return Ran(changed, tuple(name[1:] for name in found["removed"]), str(found.get("failed", "")))

    def bench(
        self, scripts: Sequence[str], variables: Mapping[str, str], properties: Mapping[str, str], count: int
    ) -> tuple[float, float]:
        """Median and 99th percentile, in microseconds, of *count* runs in language version 0."""
        question = {**_question(scripts, variables, properties, 10_000), "repeat": count}
        found = self._ask(question, "script")
        return found["p50"] / 1000, found["p99"] / 1000

    def _ask(self, question: Mapping[str, object], what: str) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EngineFailed("Rhino has no pipes")
        stdin.write(json.dumps(question).encode("ascii") + b"\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            problem = self._process.stderr.read().decode(errors="replace") if self._process.stderr else ""
            raise EngineFailed(f"Rhino ended: {problem[:300]}")
        found = json.loads(line)
        if "error" in found:
            raise EngineFailed(f"{what}: {found['error'][:300]}")
        return dict(found)

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.terminate()
        self._process.wait(timeout=20)


def _question(
    scripts: Sequence[str], variables: Mapping[str, str], properties: Mapping[str, str], limit_ms: int
) -> dict[str, object]:
    return {
        "scripts": list(scripts), "vars": json.dumps({f".{name}": value for name, value in variables.items()}),
        "properties": json.dumps(dict(properties)), "limit": limit_ms,
    }  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_shared: Rhino | None = None


def shared() -> Rhino:
    """The one process of this interpreter, started when it is first asked for, ended with it."""
    global _shared
    if _shared is None:
        if problem := missing():
            raise EngineFailed(problem)
        _shared = Rhino(patient=True)
        atexit.register(_close)
    return _shared


def _close() -> None:
    global _shared
    if _shared is not None:
        _shared.close()
        _shared = None
