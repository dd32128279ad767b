"""Plugins of the operator's own: handler and schema modules on real LuaJIT, OpenSSL and Redis beside them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from seccfg.ir.request import Surroundings
from seccfg.targetapi.observe import EngineFailed
from seccfg_kong.kongnode.lua_host import LuaHost
from seccfg_kong.kongnode.schema_table import Field

__all__ = ["CustomPlugins", "modules_of"]

_ROOT: Final = "kong/plugins/"
_PSS: Final = 6
"""`openssl_pkey.PADDINGS.RSA_PKCS1_PSS_PADDING`."""
_RULES: Final = frozenset({"required", "between", "one_of", "match"})
_SHIM: Final = b"""
local verify, read = ...
local Key = {}
Key.__index = Key
function Key:verify(signature, data, digest, padding, options)
  return verify(self.key, signature, data, digest, padding, options and options.ecdsa_use_raw or false)
end
return {
  PADDINGS = { RSA_PKCS1_PADDING = 1, RSA_PKCS1_PSS_PADDING = 6 },
  new = function(text)
    local key = read(text)
    if not key then
      return nil, "pkey.new: error"
    end
    return setmetatable({ key = key }, Key)
  end,
}
"""
_HTTP: Final = b"""
local M = { answers = {} }
function M.new()
  return {
    set_timeout = function() end,
    request_uri = function(_, url, options)
      local known = M.answers[url]
      if not known or not options.ssl_verify then
        return nil, "connection refused"
      end
      return { status = known[1], body = known[2], headers = {} }
    end,
  }
end
return M
"""
"""`lua-resty-http` as far as it is asked; `answers` by URL are whatever a test puts there, nothing else answers."""
_TYPEDEFS: Final = b"""
return { no_consumer = { type = "foreign", eq = "null" }, protocols_http = { type = "set" } }
"""


def modules_of(emitted: Mapping[str, bytes], root: str) -> dict[str, bytes]:
    """Lua module name -> text, of the files under *root*, which stands on `lua_package_path`."""
    return {
        path.removeprefix(root).removesuffix(".lua").replace("/", "."): content
        for path, content in emitted.items()
        if path.startswith(root + _ROOT) and path.endswith(".lua")
    }


class CustomPlugins:
    """The installed ones by name; what they can ask for is OpenSSL's keys and a Redis server."""

    def __init__(self, modules: Mapping[str, bytes], names: tuple[str, ...], host: LuaHost) -> None:
        self._host = host
        self._handlers: dict[str, Any] = {}
        self._loaded: Any = {}
        self.schemas: dict[str, Mapping[str, Field]] = {}
        self.priorities: dict[str, int] = {}
        self._defaults: dict[str, Any] = {}
        self._configs: dict[tuple[int, int], Any] = {}
        self._work: dict[tuple[int, str], Any] = {}
        source = files("seccfg_kong").joinpath("kongnode", "redis.lua").read_bytes()
        python = host.table({b"null": host.module[b"ngx"][b"null"]})
        self.redis: Any = host.execute(source, python, host.module[b"now"], _sha1)
        self.http: Any = host.execute(_HTTP)
        if names:
            self._load(modules, names)

    def _load(self, modules: Mapping[str, bytes], names: tuple[str, ...]) -> None:
        host = self._host
        sources = host.table({name.encode(): text for name, text in modules.items()})
        provided = host.table({
            b"resty.openssl.pkey": host.execute(_SHIM, _verify, _read), b"resty.redis": self.redis[b"client"],
            b"resty.http": self.http,
            b"kong.db.schema.typedefs": host.execute(_TYPEDEFS),
        })  # fmt: skip
        for name in names:
            try:
                handler, schema, self._loaded = host.module[b"custom"](sources, name.encode(), provided)
            except host.problem as error:
                raise EngineFailed(f"plugin {name} does not load: {error}") from error
            self._handlers[name] = handler
            self.priorities[name] = int(handler[b"PRIORITY"])
            config = next(entry[b"config"] for entry in schema[b"fields"].values() if b"config" in entry)
            self.schemas[name] = _fields(config)
            self._defaults[name] = config

    def forget(self, surroundings: Surroundings, prefix: str) -> None:
        """An empty store, with what *surroundings* say was revoked, written as the operator would."""
        self.redis[b"forget"](surroundings.store == "down")
        call = self.redis[b"commands"]
        for ident in surroundings.denied:
            call[b"SET"](f"{prefix}deny:{ident}".encode(), b"1")
        for field, known in ((b"version", surroundings.versions), (b"not_before", surroundings.not_before)):
            for principal, number in known:
                call[b"HSET"](f"{prefix}principal:{principal}".encode(), field, str(number).encode())

    def module(self, name: str) -> Any:
        """A loaded module, for tests."""
        return self._loaded[name.encode()]

    def timers(self) -> tuple[Any, ...]:
        """What the worker was told to do some time; call each with False."""
        return tuple(timer[2] for timer in self._host.module[b"timers"].values())

    def start_worker(self, now: float) -> None:
        """What every handler does as a worker starts, at that time."""
        for name, handler in self._handlers.items():
            work = self._host.module[b"phase"](handler, b"init_worker", None)
            if work is not None:
                self._host.module[b"timers"] = self._host.table({})
                self._host.begin({b"now": now}, b"")
                outcome, problem = self._host.perform(work, b"init_worker", name.encode())
                if outcome != "done":
                    raise EngineFailed(f"plugin {name} does not start: {problem}")

    def work(self, name: str, place: int, config: Mapping[str, Any], phase: str) -> Any:
        """What the handler does in *phase* with *config*, None when nothing."""
        key = (place, phase)
        if key not in self._work:
            filled = self._host.deep(_filled(config, self._defaults[name]))
            self._work[key] = self._host.module[b"phase"](self._handlers[name], phase.encode(), filled)
        return self._work[key]


def _fields(record: Any) -> dict[str, Field]:
    """The fields of a Lua record schema, as `schema_table` writes them."""
    found: dict[str, Field] = {}
    for entry in record[b"fields"].values():
        for name, rules in entry.items():
            kind = rules[b"type"].decode()
            field: dict[str, Any] = {"type": kind}
            for rule, value in rules.items():
                if rule.decode() in _RULES:
                    field[rule.decode()] = tuple(value.values()) if hasattr(value, "values") else value
            if kind == "record":
                field["fields"] = _fields(rules)
            found[name.decode()] = field
    return found


def _filled(config: Mapping[str, Any], record: Any) -> dict[str, Any]:
    """*config* with the schema's defaults; a reference into the node's environment is the empty text: nothing is set there."""
    found: dict[str, Any] = {key: "" if str(value).startswith("{vault://") else value for key, value in config.items()}
    for entry in record[b"fields"].values():
        for raw, rules in entry.items():
            name = raw.decode()
            if rules[b"type"] == b"record":
                if name in found:
                    found[name] = _filled(found[name], rules)
            elif name not in found and rules[b"default"] is not None:
                default = rules[b"default"]
                found[name] = default.decode() if isinstance(default, bytes) else default
    return found


def _sha1(text: bytes) -> bytes:
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()


def _read(text: bytes) -> Any:
    """A public key as PEM or as a JWK, as lua-resty-openssl tells them apart."""
    try:
        return _of_jwk(json.loads(text)) if text.startswith(b"{") else serialization.load_pem_public_key(text)
    except (ValueError, KeyError, TypeError):
        return None


def _of_jwk(jwk: Mapping[str, str]) -> Any:
    def octets(name: str) -> bytes:
        return base64.urlsafe_b64decode(jwk[name] + "=" * (-len(jwk[name]) % 4))

    def number(name: str) -> int:
        return int.from_bytes(octets(name))

    match jwk["kty"]:
        case "RSA":
            return rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
        case "EC":
            curves: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
            return ec.EllipticCurvePublicNumbers(number("x"), number("y"), curves[jwk["crv"]]).public_key()
        case _:
            return ed25519.Ed25519PublicKey.from_public_bytes(octets("x"))


def _verify(key: Any, signature: bytes, data: bytes, digest: bytes | None, kind: Any, raw: bool) -> bool:
    """OpenSSL's `EVP_DigestVerify` as lua-resty-openssl calls it."""
    made = None if digest is None else {b"sha256": hashes.SHA256(), b"sha384": hashes.SHA384(), b"sha512": hashes.SHA512()}[digest]
    try:
        match key:
            case rsa.RSAPublicKey() if made is not None:
                scheme = padding.PSS(padding.MGF1(made), padding.PSS.AUTO) if kind == _PSS else padding.PKCS1v15()
                key.verify(signature, data, scheme, made)
            case ec.EllipticCurvePublicKey() if made is not None:
                half = len(signature) // 2
                if raw:
                    numbers = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
                    signature = encode_dss_signature(*numbers)
                key.verify(signature, data, ec.ECDSA(made))
            case ed25519.Ed25519PublicKey() if made is None:
                key.verify(signature, data)
            case _:
                return False
    except InvalidSignature:
        return False
    return True
