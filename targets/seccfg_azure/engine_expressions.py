"""The expressions of policy documents, compiled by Mono's C# compiler and run behind a line protocol.

One process compiles and runs: the compiler's code is loaded into it, so that an expression costs its own compilation and not
a compiler's start, and expressions compiled for one set of documents serve the next set that has them as well.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from seccfg.targetapi.observe import EngineFailed

__all__ = ["HOW_TO_GET", "Expressions", "ExpressionFailed", "code_of", "missing"]

HOW_TO_GET: Final = "apt-get install mono-mcs mono-runtime libmono-system-core4.0-cil libnewtonsoft-json5.0-cil"
_COMPILER: Final = Path("/usr/lib/mono/4.5/mcs.exe")
_LIBRARY: Final = Path("/usr/lib/mono/gac/Newtonsoft.Json")
_COMPILE_S: Final = 120


class ExpressionFailed(Exception):
    """An expression threw."""


def missing() -> str:
    """Why expressions cannot run here; empty when they can."""
    for tool in ("mcs", "mono"):
        if shutil.which(tool) is None:
            return f"no `{tool}` executable"
    if not _COMPILER.is_file():
        return f"no {_COMPILER}"
    return "" if _library() else "no Newtonsoft.Json for Mono"


@lru_cache(maxsize=1)
def _library() -> str:
    found = sorted(_LIBRARY.glob("*/Newtonsoft.Json.dll"))
    return str(found[-1]) if found else ""


def code_of(text: str) -> str | None:
    """The C# of an attribute or text that is an expression; None when it is none."""
    text = text.strip()
    if text.startswith("@(") and text.endswith(")"):
        return f"return (object)({text[2:-1]});"
    if text.startswith("@{") and text.endswith("}"):
        return text[2:-1]
    return None


_HEAD: Final = (
    "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net", "System.Security.Cryptography",
    "System.Security.Cryptography.X509Certificates", "System.Text", "System.Text.RegularExpressions", "Newtonsoft.Json",
    "Newtonsoft.Json.Linq",
)  # fmt: skip
"""Namespaces policies may name types of."""
_ARGUMENTS: Final = ("-langversion:6", "-nowarn:0162,0168,0219,0649,1522,1718", "-optimize-")
_LOADS: Final = 400
"""Units one process holds: what is loaded is never given back."""


@lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where this process keeps what it compiles; gone when the process ends."""
    return tempfile.TemporaryDirectory(prefix="seccfg-azure-")


@lru_cache(maxsize=1)
def _host() -> Path:
    """The host, compiled once; EngineFailed with what the compiler says."""
    source, made = Path(_folder().name, "gateway.cs"), Path(_folder().name, "gateway.exe")
    source.write_text(files("seccfg_azure").joinpath("host", "Gateway.cs").read_text())
    done = subprocess.run(  # noqa: S603 - the compiler, with arguments of ours
        ["mcs", *_ARGUMENTS, f"-r:{_library()}", f"-out:{made}", str(source)],  # noqa: S607
        capture_output=True, text=True, timeout=_COMPILE_S, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise EngineFailed(f"the host of expressions does not compile: {(done.stdout + done.stderr)[:1500]}")
    return made


def _unit(name: str, codes: Mapping[int, str]) -> str:
    using = "".join(f"using {namespace};\n" for namespace in _HEAD)
    methods = "\n".join(f"        public static object E{n}(Context context) {{ {code} }}" for n, code in codes.items())
    return f"{using}namespace Gateway\n{{\n    public static class {name}\n    {{\n{methods}\n    }}\n}}\n"


class _Process:
    """A host that compiles expressions and evaluates them; it ends with this process, whose pipe it reads."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - what was compiled above
            ["mono", str(_host())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,  # noqa: S607
            env={**os.environ, "MONO_PATH": str(Path(_library()).parent)},
        )  # fmt: skip
        self._numbers: dict[str, int] = {}
        self._loads = 0

    @property
    def worn(self) -> bool:
        """It holds so much that a fresh one is better, or is gone."""
        return self._loads >= _LOADS or self._process.poll() is not None

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def load(self, texts: Sequence[str]) -> dict[str, int]:
        """Numbers of *texts*; those not known yet are compiled. EngineFailed with what the compiler says."""
        fresh = {text: code for text in texts if text not in self._numbers and (code := code_of(text)) is not None}
        if fresh:
            self._loads += 1
            numbers = dict(zip(fresh, range(len(self._numbers), len(self._numbers) + len(fresh)), strict=True))
            name = f"Expressions{self._loads}"
            source = Path(_folder().name, f"{name}-{self._process.pid}.cs")
            source.write_text(_unit(name, {numbers[text]: code for text, code in fresh.items()}))
            arguments = [*_ARGUMENTS, "-target:library", f"-r:{_library()}", f"-r:{_host()}"]
            try:
                self.ask({
                    "op": "load", "compiler": str(_COMPILER), "source": str(source), "type": name, "arguments": arguments,
                    "numbers": list(numbers.values()),
                })  # fmt: skip
            except ExpressionFailed as error:
                raise EngineFailed(str(error)[:1500]) from error
            finally:
                source.unlink()
            self._numbers.update(numbers)
        return {text: self._numbers[text] for text in texts}

    def ask(self, question: Mapping[str, object]) -> Mapping[str, Any]:
        """The answer to one line; ExpressionFailed when an expression threw."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EngineFailed("the process that runs expressions has no pipes")
        try:
            stdin.write(json.dumps(question).encode() + b"\n")
            stdin.flush()
            line = stdout.readline()
        except OSError as error:
            raise EngineFailed(f"the process that runs expressions is gone: {error}") from error
        if not line:
            raise EngineFailed("the process that runs expressions ended")
        answer: Mapping[str, Any] = json.loads(line)
        if "x" in answer:
            raise ExpressionFailed(answer["x"])
        return answer


_IDLE: Final[list[_Process]] = []
"""Hosts nobody uses: they know the expressions they compiled, most of which the next one has as well."""


@atexit.register
def _end_idle() -> None:
    while _IDLE:
        _IDLE.pop().end()


class Expressions:
    """The expressions of one set of documents, in a process that is its own until it is closed."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._process: _Process | None = _IDLE.pop() if _IDLE else _Process()
        try:
            numbers = self._process.load(texts)
        except EngineFailed:
            self.close()
            raise
        self._numbers = {text: place for place, text in enumerate(texts)}
        self._places = [numbers[text] for text in texts]
        self.run: dict[int, int] = dict.fromkeys(range(len(texts)), 0)
        """How often each was evaluated."""
        self.texts = texts

    def close(self) -> None:
        """Give the process back."""
        if self._process is not None:
            if self._process.worn:
                self._process.end()
            else:
                _IDLE.append(self._process)
            self._process = None

    def tell(self, op: str, **values: object) -> None:
        """Something the context is to hold."""
        self._ask({"op": op, **values})

    def set(self, name: str, text: str) -> None:
        """Put what an expression gives in a variable."""
        self._ask({"op": "set", "name": name, "n": self._number(text)})

    def value(self, text: str) -> object:
        """What an expression gives."""
        return self._ask({"op": "eval", "n": self._number(text)})["v"]

    def values(self, texts: Sequence[str]) -> dict[str, object]:
        """What several expressions give, none of which changes what another sees; those that throw are left out."""
        if not texts:
            return {}
        answers = self._ask({"op": "many", "n": [self._number(text) for text in texts]})["v"]
        return {text: answer[0] for text, answer in zip(texts, answers, strict=True) if answer}

    def _number(self, text: str) -> int:
        place = self._numbers[text]
        self.run[place] += 1
        return self._places[place]

    def _ask(self, question: Mapping[str, object]) -> Mapping[str, Any]:
        if self._process is None:
            raise EngineFailed("the process that runs expressions was given back")
        return self._process.ask(question)
