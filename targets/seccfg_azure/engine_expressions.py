"""The expressions of policy documents, compiled by Mono's C# compiler and run in one process behind a line protocol."""

from __future__ import annotations

import hashlib
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
_LIBRARY: Final = Path("/usr/lib/mono/gac/Newtonsoft.Json")
_COMPILE_S: Final = 120


class ExpressionFailed(Exception):
    """An expression threw."""


def missing() -> str:
    """Why expressions cannot run here; empty when they can."""
    for tool in ("mcs", "mono"):
        if shutil.which(tool) is None:
            return f"no `{tool}` executable"
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


def _program(codes: tuple[str, ...]) -> str:
    methods = "\n".join(f"        public static object E{n}(Context context) {{ {code} }}" for n, code in enumerate(codes))
    cases = "\n".join(f"                case {n}: return E{n}(context);" for n in range(len(codes)))
    head = files("seccfg_azure").joinpath("host", "Gateway.cs").read_text()
    return (
        f"{head}\nnamespace Gateway\n{{\n    public static class Expressions\n    {{\n"
        "        public static object Evaluate(int number, Context context)\n        {\n            switch (number)\n"
        f"            {{\n{cases}\n                default: throw new ArgumentException();\n            }}\n        }}\n"
        f"{methods}\n    }}\n}}\n"
    )


@lru_cache(maxsize=8)
def _compiled(codes: tuple[str, ...]) -> bytes:
    """The assembly of these expressions; EngineFailed with what the compiler says."""
    with tempfile.TemporaryDirectory(prefix="seccfg-azure-") as folder:
        source, made = Path(folder, "expressions.cs"), Path(folder, "expressions.exe")
        source.write_text(_program(codes))
        done = subprocess.run(  # noqa: S603 - the compiler, with arguments of ours
            ["mcs", "-langversion:6", "-nowarn:0162,0168,0219,0649,1522,1718", "-optimize-", f"-r:{_library()}", f"-out:{made}", str(source)],  # noqa: S607
            capture_output=True, text=True, timeout=_COMPILE_S, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise EngineFailed(f"an expression does not compile: {(done.stdout + done.stderr)[:1500]}")
        return made.read_bytes()


class Expressions:
    """One process that evaluates the expressions of one set of documents."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._numbers = {text: number for number, text in enumerate(texts)}
        self.run: dict[int, int] = dict.fromkeys(range(len(texts)), 0)
        """How often each was evaluated."""
        codes = tuple(code for text in texts if (code := code_of(text)) is not None)
        assembly = _compiled(codes)
        self._folder = tempfile.mkdtemp(prefix="seccfg-azure-")
        place = Path(self._folder, f"expressions-{hashlib.sha256(assembly).hexdigest()[:8]}.exe")
        place.write_bytes(assembly)
        self._process = subprocess.Popen(  # noqa: S603 - what was compiled above
            ["mono", str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,  # noqa: S607
            env={**os.environ, "MONO_PATH": str(Path(_library()).parent)},
        )  # fmt: skip

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)

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
        number = self._numbers[text]
        self.run[number] += 1
        return number

    def _ask(self, question: Mapping[str, object]) -> Mapping[str, Any]:
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
