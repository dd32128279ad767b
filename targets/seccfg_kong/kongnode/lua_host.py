"""Real LuaJIT with what a function plugin of Kong 3.9.3 sees, and nothing else (`pdk.lua`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

from seccfg.targetapi.observe import EngineFailed
from seccfg_kong.kongnode.errors import error_body

__all__ = ["HOW_TO_GET", "LuaHost", "missing", "syntax_problem"]

HOW_TO_GET: Final = "pip install 'seccfg[kong]' (lupa with LuaJIT, pcre2)"
Outcome = Literal["done", "exit", "error"]


def missing() -> str:
    """Why functions cannot run here; empty when they can."""
    try:
        import pcre2  # type: ignore[import-untyped]  # noqa: F401
        from lupa import luajit21  # type: ignore[import-untyped]  # noqa: F401
    except ImportError as error:
        return f"no {error.name or 'LuaJIT'}"
    return ""


class _Python:
    """What Lua lacks: regular expressions of PCRE2, encodings and digests."""

    def __init__(self, lua: Any) -> None:
        self._lua = lua
        self.accept = b""

    def re_find(self, subject: bytes, pattern: bytes, options: bytes) -> Any:
        found = _search(pattern, options, _bytes(subject))
        return None if found is None else (found.start() + 1, found.end())

    def re_match(self, subject: bytes, pattern: bytes, options: bytes) -> Any:
        found = _search(pattern, options, _bytes(subject))
        if found is None:
            return None
        return self._lua.table_from({n: g if g is not None else False for n, g in enumerate((found.group(), *found.groups()))})

    def decode_base64(self, text: bytes) -> bytes | None:
        data = _bytes(text).split(b"=")[0]
        if len(data) % 4 == 1:
            return None
        try:
            return base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
        except binascii.Error:
            return None

    def encode_base64(self, text: bytes) -> bytes:
        return base64.b64encode(_bytes(text))

    def digest(self, name: bytes, text: bytes) -> Any:
        made = hashlib.new(name.decode(), _bytes(text), usedforsecurity=False)
        return made.hexdigest().encode() if name == b"md5" else made.digest()

    def hmac_sha1(self, key: bytes, text: bytes) -> bytes:
        return hmac.new(_bytes(key), _bytes(text), "sha1").digest()

    def error_body(self, status: int, message: bytes | None) -> tuple[bytes, bytes]:
        text = None if message is None else message.decode("utf-8", "replace")
        body, kind = error_body(int(status), text, self.accept)
        return body, kind.encode()

    def require(self, name: bytes) -> Any:
        """The two modules that tests allow; cjson keeps the last of two members of one name."""
        if name not in (b"cjson", b"cjson.safe"):
            raise LookupError(f"module {name!r} not found")
        return self._lua.table_from({b"decode": lambda text: _to_lua(self._lua, json.loads(text))})


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _to_lua(lua: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return lua.table_from({k.encode(): _to_lua(lua, v) for k, v in value.items()})
    if isinstance(value, list):
        return lua.table_from([_to_lua(lua, v) for v in value])
    return value.encode() if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def _pattern(pattern: bytes, utf8: bool) -> Any:
    import pcre2

    return pcre2.compile(pattern.decode() if utf8 else pattern)


def _search(pattern: bytes, options: bytes, subject: bytes) -> Any:
    utf8 = b"u" in options
    return _pattern(pattern, utf8).search(subject.decode("utf-8") if utf8 else subject)


@cache
def _source() -> bytes:
    return files("seccfg_kong").joinpath("kongnode", "pdk.lua").read_bytes()


@cache
def _parser() -> Any:
    from lupa.luajit21 import LuaRuntime  # type: ignore[import-untyped]

    runtime: Any = LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
    return runtime.execute(b"return function(text) local f, why = load(text, text, 't') return why end")


@cache
def syntax_problem(source: str) -> str:
    """Why a chunk does not parse; empty when it does, or where LuaJIT is not installed."""
    if missing():
        return ""
    problem = _parser()(source.encode("utf-8", "surrogatepass"))
    return "" if problem is None else f"error parsing function: {problem.decode('utf-8', 'replace')}"


class LuaHost:
    """One Lua state and the chunks compiled in it."""

    def __init__(self) -> None:
        if why := missing():
            raise EngineFailed(f"{why}; {HOW_TO_GET}")
        from lupa.luajit21 import LuaError, LuaRuntime

        self._error = LuaError
        self._lua: Any = LuaRuntime(encoding=None, register_eval=False, register_builtins=False, unpack_returned_tuples=True)
        self._python = _Python(self._lua)
        self.module: Any = self._lua.execute(_source(), self._object())
        self._pair = self.module[b"pair"]
        self._call = self.module[b"call"]
        self._begin = self.module[b"begin"]
        self._set_answer = self.module[b"set_answer"]
        self._chunks: dict[tuple[str, int], Any] = {}

    def _object(self) -> Any:
        host = self._python
        names = ("re_find", "re_match", "decode_base64", "encode_base64", "digest", "hmac_sha1", "error_body", "require")
        functions: dict[bytes, Any] = {name.encode(): getattr(host, name) for name in names}
        return self._lua.table_from({**functions, b"null": object()})

    def forget(self, *, counters: bool = True) -> None:
        """Shared memory as it is at start; without the dictionary of counters where *counters* is false."""
        self.module[b"forget"](counters)

    @property
    def problem(self) -> type[Exception]:
        """What an error inside Lua is raised as."""
        return self._error  # type: ignore[no-any-return]

    def deep(self, value: Any) -> Any:
        """A Lua table of nested mappings, sequences and texts."""
        return _to_lua(self._lua, value)

    def perform(self, work: Any, phase: bytes, plugin: bytes) -> tuple[Outcome, str]:
        """One phase of a plugin of the operator's own."""
        return _outcome(self._call(work, phase, plugin))

    def execute(self, source: bytes, *arguments: Any) -> Any:
        """Runs Lua that is no plugin's: measurements."""
        return self._lua.execute(source, *arguments)

    def table(self, values: Any) -> Any:
        """A Lua table of a mapping or a sequence."""
        return self._lua.table_from(values)

    def pairs(self, headers: Any) -> Any:
        """Headers as Lua holds them."""
        return self._lua.table_from([self._pair(n, v) for n, v in headers])

    def begin(self, request: dict[bytes, Any], accept: bytes) -> Any:
        """A new request; its state as a Lua table."""
        self._python.accept = accept
        return self._begin(self._lua.table_from(request))

    def set_answer(self, status: int, source: bytes, body: bytes) -> None:
        """What the response phases see."""
        self._set_answer(status, source, body)

    def run(self, source: str, place: int, phase: bytes, plugin: bytes, mode: str, allowed: tuple[str, ...]) -> tuple[Outcome, str]:
        """One chunk in one phase; *place* tells instances of one text apart."""
        key = (source, place)
        work = self._chunks.get(key)
        if work is None:
            names = self._lua.table_from({name.encode(): True for name in allowed})
            try:
                work = self.module[b"prepare"](source.encode(), mode.encode(), names)
            except self._error as error:
                return "error", str(error)
            self._chunks[key] = work
        return _outcome(self._call(work, phase, plugin))


def _outcome(found: Any) -> tuple[Outcome, str]:
    if isinstance(found, tuple):
        return found[0].decode(), found[1].decode("utf-8", "replace") if isinstance(found[1], bytes) else str(found[1])
    return found.decode(), ""
