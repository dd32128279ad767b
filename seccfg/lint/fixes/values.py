"""Fixes that write another value: the bound a rule names, or what the language takes when nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from seccfg.findings import SpecPath
from seccfg.lint.fixes.model import Case, Fix, Maker, to_map
from seccfg.source.edits import Edit, RemoveKey, SetValue
from seccfg.spec.scalars import duration_s

__all__ = ["VALUES"]


def _bound(value: object, *, safe: bool) -> Maker:
    """The value the finding is at becomes *value*."""

    def make(case: Case) -> Fix | None:
        if not case.path:
            return None
        return Fix(f"set {case.path[-1]} to {_shown(value)}", (SetValue(case.path, value),), safe)

    return make


def _beside(key: str, value: object, *, safe: bool) -> Maker:
    """*key* of the map the finding is at becomes *value*."""

    def make(case: Case) -> Fix | None:
        if not isinstance(case.get(*case.path), dict):
            return None
        return Fix(f"set {key} to {_shown(value)}", (SetValue((*case.path, key), value),), safe)

    return make


def _bounds(values: Mapping[str, object], *, safe: bool) -> Maker:
    """As `_bound`, by the key the finding is at."""

    def make(case: Case) -> Fix | None:
        value = values.get(str(case.path[-1])) if case.path else None
        return None if value is None else _bound(value, safe=safe)(case)

    return make


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _written(seconds: int) -> str:
    """A duration as people write it."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _pkce(case: Case) -> Fix | None:
    if len(case.path) > 3 or case.get(*case.path[:2], "flow") != "authorization_code":
        return None
    return Fix("ask for PKCE with S256", (SetValue((*case.path[:2], "pkce"), "S256"),), True)


def _sooner_fetched(case: Case) -> Fix | None:
    stale = case.text(*case.path, "max_stale")
    if not stale or duration_s(stale) < 360:
        return None
    wanted = _written(duration_s(stale) // 6)
    return Fix(f"fetch keys again after {wanted}", (SetValue((*case.path, "refresh"), wanted),), True)


def _shorter(case: Case) -> Fix | None:
    """The longer of two lifetimes that should nest becomes as long as the one it lies in."""
    if not case.path:
        return None
    order: tuple[SpecPath, ...] = (("sessions", "access_ttl"), ("sessions", "refresh", "ttl"), ("sessions", "absolute_ttl"))
    if case.path not in order:
        return None
    outer = next((at for at in order[order.index(case.path) + 1 :] if case.text(*at)), None)
    if outer is None:
        return None
    return Fix(f"set {case.path[-1]} to {case.text(*outer)}", (SetValue(case.path, case.text(*outer)),), True)


def _issued_for_less(case: Case) -> Fix | None:
    age = case.text(*case.path)
    if not age or not case.text("sessions", "access_ttl"):
        return None
    return Fix(f"set access_ttl to {age}", (SetValue(("sessions", "access_ttl"), age),), False)


def _session_end(case: Case) -> Fix | None:
    ttl = case.text("sessions", "refresh", "ttl")
    if not ttl:
        return None
    wanted = _written(max(duration_s(ttl), 86_400))
    return Fix(f"end sessions after {wanted}", (SetValue(("sessions", "absolute_ttl"), wanted),), False)


def _token_age(case: Case) -> Fix | None:
    return _bounds({"access_ttl": "1h", "max_token_age": "24h"}, safe=case.path[:1] == ("sessions",))(case)


def _preload(case: Case) -> Fix | None:
    hsts = ("tls", "hsts")
    if "max_age" in case.finding.message:
        return Fix("promise HSTS for a year", (SetValue((*hsts, "max_age"), "365d"),), True)
    return Fix("promise HSTS for subdomains", (SetValue((*hsts, "include_subdomains"), True),), False)


def _hsts(case: Case) -> Fix | None:
    """A promise browsers keep for months is nobody's to make unasked."""
    return Fix("promise HSTS for a year", (to_map(case, ("tls",), "hsts", {"max_age": "365d"}),), False)


def _https(case: Case) -> Fix | None:
    """Another origin is another page: what it may do has to be looked at."""
    address = case.text(*case.path)
    if not address.startswith("http://") or any(local in address for local in ("://localhost", "://127.", "://[::1]")):
        return None
    wanted = "https://" + address.removeprefix("http://")
    return Fix(f"write {wanted}", (SetValue(case.path, wanted),), False)


def _redirect_or_pkce(case: Case) -> Fix | None:
    return _https(case) if len(case.path) == 4 else _pkce(case)


def _cookie_read(case: Case) -> Fix | None:
    """The one cookie that auth methods read."""
    read = set()
    for method in case.named("auth").values():
        places = method.get("in") if isinstance(method, dict) else None
        for place in places if isinstance(places, list) else [places]:
            if isinstance(place, dict) and isinstance(place.get("cookie"), str):
                read.add(place["cookie"])
    if len(read) != 1:
        return None
    (name,) = read
    return Fix(f"name the cookie {name}", (SetValue(case.path, name),), False)


def _cookie_prefix(case: Case) -> Fix | None:
    """Everyone is signed out once, and the sign-in page has to set the new name."""
    name = case.text(*case.path)
    if not name:
        return None
    edits: list[Edit] = [SetValue(case.path, f"__Host-{name}")]
    if case.text("sessions", "cookie", "name") == name:
        edits.append(SetValue(("sessions", "cookie", "name"), f"__Host-{name}"))
    return Fix(f"name the cookie __Host-{name}", tuple(edits), False)


def _revocation(case: Case) -> Fix | None:
    edit = to_map(case, ("sessions", "revocation"), "not_before", True)
    return Fix("refuse tokens from before a sign-out", (edit,), False)


def _anchored(case: Case) -> Fix | None:
    """The first pattern of the schema that the finding means."""
    said = case.finding.message.partition("`")[2].rpartition("`")[0]
    found = next(((at, text) for at, text in _patterns(case, _schema_place(case)) if text[:60].replace("`", "'") == said), None)
    if found is None or "|" in found[1]:  # `^` and `$` would bind to the first and last alternative only
        return None
    at, pattern = found
    wanted = f"{'' if pattern.startswith('^') else '^'}{pattern}{'' if pattern.endswith('$') else '$'}"
    return Fix("match the whole text", (SetValue(at, wanted),), False)


def _patterns(case: Case, start: SpecPath) -> Iterator[tuple[SpecPath, str]]:
    """Every `pattern` of the schema at *start*, with its place."""
    pending = [start]
    while pending:
        at = pending.pop(0)
        value = case.get(*at)
        if isinstance(value, dict) and isinstance(value.get("pattern"), str):
            yield (*at, "pattern"), value["pattern"]
        if isinstance(value, dict):
            pending += [(*at, key) for key in value]
        elif isinstance(value, list):
            pending += [(*at, index) for index in range(len(value))]


def _schema_place(case: Case) -> SpecPath:
    """Of a body, or of the parameter the finding is at."""
    return (*case.path, "schema") if case.path and case.path[-1] == "body" else case.path


def _closed(case: Case) -> Fix | None:
    """Only where the schema stands in the spec and its top is what is open."""
    at = _schema_place(case)
    schema = case.named(*at)
    if "properties" not in schema or any(key in schema for key in ("allOf", "anyOf", "oneOf", "$ref")):
        return None
    return Fix("refuse members without a name", (SetValue((*at, "additionalProperties"), False),), False)


def _copied_parameter(case: Case) -> Fix | None:
    """The declaration that another route has of the parameter."""
    name = case.finding.message.rpartition("`")[0].rpartition("`")[2]
    for template, item in case.named("routes").items():
        levels = [item, *(item.values() if isinstance(item, dict) else ())]
        for level in levels:
            declared = level.get("params") if isinstance(level, dict) else None
            if isinstance(declared, dict) and name in declared and ("routes", template) != case.path[:2]:
                edit = to_map(case, (*case.path, "params"), name, declared[name])
                return Fix(f"check {name} as elsewhere", (edit,), False)
    return None


def _bearer(case: Case) -> Fix | None:
    """Callers have to be told."""
    alone, listed = case.path[-2:-1] == ("in",), case.path[-3:-2] == ("in",)
    if not alone and not listed:
        return None
    if listed and "bearer" in case.listed(*case.path[:-2]):
        return Fix("take no credential from the URL", (RemoveKey(case.path[:-1]),), False)
    return Fix("take the credential in `Authorization`", (SetValue(case.path[:-1], "bearer"),), False)


VALUES: Final[Mapping[str, Maker]] = {
    "AUDIT005": _bounds({"min": "365d", "hot": "90d"}, safe=False),
    "AUTH002": _redirect_or_pkce,
    "AUTH003": _bearer,
    "AUTH006": _bound("24h", safe=True),
    "AUTH007": _sooner_fetched,
    "AUTH011": _bound("365d", safe=False),
    "AUTH013": _beside("overlap", "7d", safe=False),
    "AUTH018": _bounds({"interval": "5s", "code_lifetime": "30m", "user_code_attempts": 10}, safe=True),
    "AUTH020": _bound("60s", safe=True),
    "AUTH021": _bound("60s", safe=True),
    "CORS001": _https,
    "CORS004": _https,
    "CORS007": _bound("2h", safe=True),
    "DATA201": _bound("hidden", safe=True),
    "DATA206": _bound("default-src 'none'; frame-ancestors 'none'", safe=False),
    "DATA207": _bound("strip", safe=False),
    "INPUT001": _bound("10MiB", safe=False),
    "INPUT002": _closed,
    "INPUT008": _anchored,
    "INPUT009": _copied_parameter,
    "LIMIT005": _bound("refuse", safe=False),
    "TLS001": _preload,
    "TLS002": _bound("365d", safe=False),
    "TLS003": _hsts,
    "TLS004": _hsts,
    "TLS006": _bound("verify", safe=False),
    "TLS007": _https,
    "TOKEN001": _token_age,
    "TOKEN002": _bound(True, safe=True),
    "TOKEN003": _bound("revoke_family", safe=True),
    "TOKEN004": _session_end,
    "TOKEN005": _shorter,
    "TOKEN006": _bound(True, safe=True),
    "TOKEN007": _bound(True, safe=True),
    "TOKEN008": _cookie_prefix,
    "TOKEN009": _bound("lax", safe=False),
    "TOKEN010": _bound("5s", safe=True),
    "TOKEN012": _revocation,
    "TOKEN013": _beside("back_channel", True, safe=False),
    "TOKEN014": _cookie_read,
    "TOKEN016": _issued_for_less,
}
