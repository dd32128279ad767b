"""Checks a declarative file as Kong 3.9.3 does when it loads it (flavor `traditional_compatible`, open source)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from seccfg_kong.kongnode.paths import normalised
from seccfg_kong.kongnode.schema_table import CREDENTIALS, ENTITIES, PLUGINS, PROTOCOLS, TOP, Field

__all__ = ["Problem", "validate"]

Problem = tuple[str, str]
"""Path and message."""
_CHILDREN: Final[Mapping[str, tuple[str, ...]]] = {
    "services": ("routes", "plugins"), "routes": ("plugins",), "consumers": ("plugins", *CREDENTIALS), "upstreams": ("targets",),
}  # fmt: skip
_UNIQUE: Final[Mapping[str, tuple[str, ...]]] = {
    "services": ("name",), "routes": ("name",), "consumers": ("username", "custom_id"), "keyauth_credentials": ("key",),
    "jwt_secrets": ("key",), "upstreams": ("name",),
}  # fmt: skip
_TYPES: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "string": ("expected a string", lambda v: isinstance(v, str)),
    "boolean": ("expected a boolean", lambda v: isinstance(v, bool)),
    "integer": ("expected an integer", lambda v: isinstance(v, int | float) and not isinstance(v, bool) and v == int(v)),
    "number": ("expected a number", lambda v: isinstance(v, int | float) and not isinstance(v, bool)),
    "array": ("expected an array", lambda v: isinstance(v, list)),
    "set": ("expected a set", lambda v: isinstance(v, list)),
    "map": ("expected a map", lambda v: isinstance(v, dict)),
    "record": ("expected a record", lambda v: isinstance(v, dict)),
    "any": ("", lambda _: True),
}
_NO_CONSUMER: Final = frozenset({
    "jwt", "key-auth", "oauth2", "acl", "cors", "bot-detection", "pre-function", "post-function", "session",
})  # fmt: skip


def validate(document: object, installed: Mapping[str, Mapping[str, Field]] | None = None) -> list[Problem]:
    """Everything wrong with *document*; empty: it loads. *installed*: plugins beside the bundled ones -> fields of `config`."""
    if not isinstance(document, dict):
        return [("", "expected a record")]
    problems = list(_Checker({**PLUGINS, **(installed or {})}).document(document))
    if not problems:
        problems = list(_References(document).problems())
    return problems


class _Checker:
    """Types, required fields, unknown keys and rules across fields."""

    def __init__(self, plugins: Mapping[str, Mapping[str, Field]]) -> None:
        self._plugins = plugins
        self._right: dict[tuple[int, int], object] = {}
        """What was looked at and has no problem, held so that no other object takes its identity: routes share configurations."""

    def document(self, document: Mapping[str, Any]) -> Iterator[Problem]:
        yield from self.fields({k: v for k, v in document.items() if k in TOP or k not in (*ENTITIES, *CREDENTIALS)}, TOP, "")
        for kind in (*ENTITIES, *CREDENTIALS):
            if kind in document:
                yield from self.entities(kind, document[kind], kind)

    def entities(self, kind: str, given: Any, path: str, parent: str = "") -> Iterator[Problem]:
        if not isinstance(given, list):
            yield path, "expected an array"
            return
        for number, entity in enumerate(given):
            place = f"{path}[{number}]"
            if not isinstance(entity, dict):
                yield place, "expected a record"
                continue
            yield from self.entity(kind, entity, place, parent)

    def entity(self, kind: str, given: Mapping[str, Any], path: str, parent: str) -> Iterator[Problem]:
        children = _CHILDREN.get(kind, ())
        own = {key: value for key, value in given.items() if key not in children}
        if kind == "services" and "url" in own:
            own |= {key: value for key, value in _url(own["url"]).items() if key not in own}
        yield from self.fields(own, ENTITIES.get(kind) or CREDENTIALS[kind], f"{path}.")
        yield from _RULES.get(kind, _no_rule)(own, path)
        if kind == "plugins":
            yield from self.plugin(own, path, parent)
        for child in children:
            if child in given:
                yield from self.entities(child, given[child], f"{path}.{child}", kind)

    def fields(self, given: Mapping[str, Any], known: Mapping[str, Field], prefix: str) -> Iterator[Problem]:
        key = (id(given), id(known))
        if key in self._right:
            return
        right = True
        for problem in self._fields(given, known, prefix):
            right = False
            yield problem
        if right:
            self._right[key] = given

    def _fields(self, given: Mapping[str, Any], known: Mapping[str, Field], prefix: str) -> Iterator[Problem]:
        for name in given:
            if name not in known:
                yield f"{prefix}{name}", "unknown field"
        for name, field in known.items():
            value = given.get(name)
            if value is None:
                if field.get("required"):
                    yield f"{prefix}{name}", "required field missing"
                continue
            yield from self.value(value, field, f"{prefix}{name}")

    def value(self, value: Any, field: Field, path: str) -> Iterator[Problem]:
        message, fits = _TYPES[field["type"]]
        if not fits(value):
            yield path, message
            return
        if "one_of" in field and value not in field["one_of"]:
            yield path, f"expected one of: {', '.join(map(str, field['one_of']))}"
        elif "between" in field and not field["between"][0] <= value <= field["between"][1]:
            yield path, f"value should be between {field['between'][0]} and {field['between'][1]}"
        elif "above" in field and value <= field["above"]:
            yield path, f"value must be greater than {field['above']}"
        elif "match" in field and re.fullmatch(field["match"], value) is None:
            yield path, f"invalid value: {value}"
        elif "check" in field:
            problem = _CHECKS[field["check"]](value)
            if problem:
                yield path, problem
        match field["type"]:
            case "array" | "set":
                for number, item in enumerate(value):
                    yield from self.value(item, field["of"], f"{path}[{number}]")
            case "map":
                for item in value.values():
                    # Kong names the map, not the member
                    yield from ((path, text) for _, text in self.value(item, field["of"], path))
            case "record":
                yield from self.fields(value, field["fields"], f"{path}.")

    def plugin(self, given: Mapping[str, Any], path: str, parent: str) -> Iterator[Problem]:
        name = given.get("name")
        if not isinstance(name, str):
            return
        if name not in self._plugins:
            yield f"{path}.name", f"plugin '{name}' not enabled; add it to the 'plugins' configuration property"
            return
        if given.get("consumer") is not None and name in _NO_CONSUMER and parent != "consumers":
            yield f"{path}.consumer", "value must be null"
        protocols = given.get("protocols")
        for number, protocol in enumerate(protocols if isinstance(protocols, list) else ()):
            if name in _NO_CONSUMER and protocol in ("tcp", "tls", "udp", "tls_passthrough"):
                yield f"{path}.protocols[{number}]", "expected one of: grpc, grpcs, http, https"
        config = given.get("config")
        if config is not None and not isinstance(config, dict):
            yield f"{path}.config", "expected a record"
            return
        yield from self.fields(config or {}, self._plugins[name], f"{path}.config.")
        yield from _PLUGIN_RULES.get(name, _no_rule)(config or {}, path)


def _url(url: Any) -> dict[str, Any]:
    found = re.fullmatch(r"([a-z]+)://([^/:]+|\[[^\]]+\])(?::([0-9]+))?(/.*)?", url) if isinstance(url, str) else None
    if found is None:
        return {"path": url}
    scheme, host, port, path = found.groups()
    values: dict[str, Any] = {"protocol": scheme, "host": host, "port": int(port) if port else None, "path": path}
    return {key: value for key, value in values.items() if value is not None}


def _no_rule(given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    del given, path
    return iter(())


# ------------------------------------------------------------------------------------------------------ single values
def _tag(value: str) -> str:
    return "" if re.fullmatch(r"[ -+\-.0-~]+", value) else f"invalid tag '{value}': expected printable ascii (except `,` and `/`)"


def _name(value: str) -> str:
    return "" if re.fullmatch(r"[A-Za-z0-9._~\-\u0080-\U0010ffff]+", value) else f"invalid value '{value}'"


def _hostname(value: str) -> str:
    return "" if re.fullmatch(r"[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]", value) else f"invalid value: {value}"


def _service_path(value: str) -> str:
    if not value.startswith("/"):
        return "should start with: /"
    return "must not have empty segments" if "//" in value else ""


def _route_path(value: str) -> str:
    if value.startswith("~/"):
        return _regex_problem(value[1:])
    if not value.startswith("/"):
        return "should start with: / (fixed path) or ~/ (regex path)"
    if "//" in value:
        return "must not have empty segments"
    bad = re.search(r"%(?![0-9A-Fa-f]{2}).{0,2}", value)
    if bad is not None:
        return f"invalid url-encoded value: '{bad.group()}'"
    path = normalised(value.encode()).decode("utf-8", "replace")
    return "" if path == value else f"non-normalized path, consider use '{path}' instead"


def _regex_problem(pattern: str) -> str:
    if re.search(r"\(\?(?:[=!]|<[=!])|\\[1-9]", pattern):
        return f"invalid regex: '{pattern}' (look-around and back references are not supported)"
    try:
        import pcre2  # type: ignore[import-untyped]
    except ImportError:
        return ""
    try:
        pcre2.compile(pattern)
    except pcre2.LibraryError as error:
        return f"invalid regex: '{pattern}' (PCRE returned: {error})"
    return ""


def _route_host(value: str) -> str:
    bare = value.partition(":")[0]
    stars = bare.count("*")
    if stars > 1:
        return "invalid wildcard: must have at most one wildcard"
    if stars and not (bare.startswith("*.") or bare.endswith(".*")):
        return "invalid wildcard: must be placed at leftmost or rightmost label"
    if re.fullmatch(r"[A-Za-z0-9._*-]+(?::[0-9]+)?", value) is None:
        return f"invalid hostname: {value}"
    return ""


def _cidr(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return f"invalid ip or cidr range: '{value}'"
    return ""


def _header_name(value: str) -> str:
    fits = re.fullmatch(r"[A-Za-z0-9_-]+", value)
    return "" if fits else f"bad header name '{value}', allowed characters are A-Z, a-z, 0-9, '_', and '-'"


def _origin(value: str) -> str:
    if value == "*":
        return ""
    try:
        re.compile(value)
    except re.error:
        return f"'{value}' is not a valid regex"
    return ""


def _lua(value: str) -> str:
    from seccfg_kong.kongnode.lua_host import syntax_problem

    return syntax_problem(value)


def _endpoint(value: str) -> str:
    return "" if value.startswith("{vault://") or re.match(r"https?://[^/]+", value) else f"missing host in url: {value}"


def _target(value: str) -> str:
    found = re.fullmatch(r"[A-Za-z0-9._-]+(?::([0-9]+))?", value)
    if found is None or (found[1] and int(found[1]) > 65535):
        return f"Invalid target ('{value}'); not a valid hostname or ip address"
    return ""


def _certificate(value: str) -> str:
    from cryptography import x509

    try:
        x509.load_pem_x509_certificate(value.encode())
    except ValueError as error:
        return f"invalid certificate: {error}"
    return ""


def _private_key(value: str) -> str:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        load_pem_private_key(value.encode(), None)
    except (ValueError, TypeError) as error:
        return f"invalid key: {error}"
    return ""


def _vault(value: str) -> str:
    return "" if value == "env" else f"vault '{value}' is not installed"


_CHECKS: Final[Mapping[str, Callable[[Any], str]]] = {
    "tag": _tag, "name": _name, "hostname": _hostname, "service_path": _service_path, "route_path": _route_path,
    "route_host": _route_host, "cidr": _cidr, "header_name": _header_name, "origin": _origin, "lua": _lua, "endpoint": _endpoint,
    "target": _target, "certificate": _certificate, "private_key": _private_key, "vault": _vault,
}  # fmt: skip


# -------------------------------------------------------------------------------------------------- rules across fields
def _service(given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if (given.get("protocol") or "http") not in ("https", "tls"):
        wrong = [n for n in ("tls_verify", "tls_verify_depth", "ca_certificates", "client_certificate") if given.get(n) is not None]
        for name in wrong:
            yield f"{path}.{name}", "value must be null"
        if wrong:
            yield f"{path}.@entity[0]", "failed conditional validation given value of field 'protocol'"


def _route(given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    protocols = given.get("protocols") or ["http", "https"]
    unknown = [protocol for protocol in protocols if protocol not in PROTOCOLS] if isinstance(protocols, list) else []
    if unknown:
        yield f"{path}.protocols", f"unknown type: {unknown[0]}"
    groups = ({"http", "https"}, {"grpc", "grpcs"}, {"tcp", "tls", "udp"}, {"tls_passthrough"})
    if isinstance(protocols, list) and sum(1 for group in groups if group & set(map(str, protocols))) > 1:
        yield f"{path}.protocols", "these sets are mutually exclusive: ('http', 'https'), ('grpc', 'grpcs'), ..."
    if {"http", "https"} & set(map(str, protocols)):
        for name in ("sources", "destinations"):
            if given.get(name):
                yield f"{path}.{name}", f"cannot set '{name}' when 'protocols' is 'http' or 'https'"
        if not any(given.get(name) for name in ("methods", "hosts", "headers", "paths", "snis")):
            yield f"{path}.@entity[0]", "must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'https'"
    headers = given.get("headers")
    for values in headers.values() if isinstance(headers, dict) else ():
        for value in values if isinstance(values, list) else ():
            if isinstance(value, str) and value.startswith("~*") and _origin(value[2:]):
                yield f"{path}.@entity[0]", "Router Expression failed validation"


def _consumer(given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not given.get("username") and not given.get("custom_id"):
        yield f"{path}.@entity[0]", "at least one of these fields must be non-empty: 'custom_id', 'username'"


def _jwt_secret(given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    algorithm = str(given.get("algorithm") or "HS256")
    key = given.get("rsa_public_key")
    if algorithm.startswith(("RS", "PS", "Ed")) and key is None:
        yield f"{path}.rsa_public_key", "required field missing"
        yield f"{path}.@entity[0]", "failed conditional validation given value of field 'algorithm'"
    elif algorithm.startswith(("RS", "PS", "ES", "Ed")) and isinstance(key, str) and not _readable_key(key):
        yield f"{path}.rsa_public_key", "invalid key"
        yield f"{path}.@entity[0]", "failed conditional validation given value of field 'algorithm'"


def _readable_key(text: str) -> bool:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if text.lstrip().startswith("{"):
        return '"kty"' in text
    try:
        load_pem_public_key(text.encode())
    except ValueError:
        return False
    return True


_RULES: Final[Mapping[str, Callable[[Mapping[str, Any], str], Iterator[Problem]]]] = {
    "services": _service, "routes": _route, "consumers": _consumer, "jwt_secrets": _jwt_secret,
}  # fmt: skip


def _functions(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not any(config.get(phase) for phase in PLUGINS["pre-function"]):
        yield f"{path}.@entity[0]", "at least one of these fields must be non-empty: 'config.certificate', 'config.rewrite', ..."


def _acl(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if bool(config.get("allow")) == bool(config.get("deny")):
        yield f"{path}.@entity[0]", "exactly one of these fields must be non-empty: 'config.allow', 'config.deny'"


def _ip(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not config.get("allow") and not config.get("deny"):
        yield f"{path}.@entity[0]", "at least one of these fields must be non-empty: 'config.allow', 'config.deny'"


def _jwt(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    claims, longest = config.get("claims_to_verify"), config.get("maximum_expiration")
    if isinstance(longest, int | float) and longest > 0 and isinstance(claims, list) and "exp" not in claims:
        yield f"{path}.config.claims_to_verify", "expected to contain: exp"
        yield f"{path}.@entity[0]", "failed conditional validation given value of field 'config.maximum_expiration'"


def _rate_limiting(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    periods = [p for p in ("second", "minute", "hour", "day", "month", "year") if isinstance(config.get(p), int | float)]
    if not periods:
        yield f"{path}.@entity[0]", "at least one of these fields must be non-empty: 'config.second', ..."
    for number, period in enumerate(periods):
        earlier = next((p for p in periods[:number] if config[p] > config[period]), None)
        if earlier is not None and config[period] > 0:
            yield f"{path}.config", f"The limit for {period}({config[period]}) cannot be lower than the limit for {earlier}"
            return
    by, needed = config.get("limit_by"), {"header": "header_name", "path": "path"}
    if by in needed and not config.get(needed[by]):
        yield f"{path}.config.{needed[by]}", "required field missing"
        yield f"{path}.@entity[0]", "failed conditional validation given value of field 'config.limit_by'"
    if config.get("policy") == "redis" and not (config.get("redis") or {}).get("host"):
        yield f"{path}.config.redis.host", "required field missing"
        yield f"{path}.@entity[0]", "failed conditional validation given value of field 'config.policy'"


def _termination(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if config.get("echo") is True and (config.get("body") is not None or config.get("content_type") is not None):
        yield f"{path}.config", "echo cannot be used with content_type and body"
    elif config.get("message") is not None and (config.get("body") is not None or config.get("content_type") is not None):
        yield f"{path}.config", "message cannot be used with content_type or body"
    elif config.get("content_type") is not None and config.get("body") is None:
        yield f"{path}.config", "content_type requires a body"


def _oauth2(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    grants = ("authorization_code", "implicit_grant", "client_credentials", "password_grant")
    if not any(config.get(f"enable_{grant}") is True for grant in grants):
        yield f"{path}.@entity[0]", "at least one of these fields must be true: enable_authorization_code, ..."


_PLUGIN_RULES: Final[Mapping[str, Callable[[Mapping[str, Any], str], Iterator[Problem]]]] = {
    "pre-function": _functions, "post-function": _functions, "acl": _acl, "ip-restriction": _ip, "jwt": _jwt,
    "rate-limiting": _rate_limiting, "request-termination": _termination, "oauth2": _oauth2,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------- between entities
class _References:
    """Names that must be there, and values that must be there once. Kong looks at these once every entity is fine."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._flat: dict[str, list[tuple[Mapping[str, Any], Mapping[str, str]]]] = {}
        for kind in (*ENTITIES, *CREDENTIALS):
            for entity in document.get(kind) or ():
                self._add(kind, entity, {})

    def _add(self, kind: str, entity: Mapping[str, Any], parents: Mapping[str, str]) -> None:
        self._flat.setdefault(kind, []).append((entity, parents))
        own = {**parents, kind[:-1]: str(entity.get("name") or entity.get("username") or entity.get("custom_id") or id(entity))}
        for child in _CHILDREN.get(kind, ()):
            for inner in entity.get(child) or ():
                self._add(child, inner, own)

    def problems(self) -> Iterator[Problem]:
        yield from self._dangling()
        yield from self._twice()

    def _dangling(self) -> Iterator[Problem]:
        named = {"service": "services", "route": "routes", "consumer": "consumers"}
        for kind, entities in self._flat.items():
            places: dict[str, int] = {}
            for entity, _ in entities:
                label = str(entity.get("name") or "")
                for field, target in named.items():
                    wanted = entity.get(field)
                    if not isinstance(wanted, str):
                        continue
                    if wanted not in self._named(target):
                        number = places.get(label, 0)
                        places[label] = number + 1
                        yield f"{kind}.{label}[{number}]", f"invalid reference '{field}: {wanted}' (no such entry in '{target}')"

    def _named(self, kind: str) -> set[str]:
        entities = self._flat.get(kind, ())
        return {str(e[key]) for e, _ in entities for key in ("name", "username", "id") if e.get(key)}

    def _twice(self) -> Iterator[Problem]:
        for kind, fields in _UNIQUE.items():
            for field in fields:
                seen: set[str] = set()
                for number, (entity, _) in enumerate(self._flat.get(kind, ())):
                    value = entity.get(field)
                    if isinstance(value, str) and value in seen:
                        place = number if kind in ("services", "routes", "consumers") else 0
                        told = f"uniqueness violation: '{kind}' entity with {field} set to '{value}' already declared"
                        yield f"{kind}[{place}]", told
                    if isinstance(value, str):
                        seen.add(value)
        yield from self._plugins_twice()

    def _plugins_twice(self) -> Iterator[Problem]:
        seen: set[tuple[str, ...]] = set()
        for number, (plugin, parents) in enumerate(self._flat.get("plugins", ())):
            scope = [str(plugin.get(key) or parents.get(key, "") or "") for key in ("route", "service", "consumer")]
            if "route" in parents:
                scope[1] = ""
            key = (str(plugin["name"]), *scope)
            if key in seen and not plugin.get("id"):
                yield f"plugins[{number}]", f"uniqueness violation: 'plugins' entity with primary key of {key[0]} already declared"
            seen.add(key)
