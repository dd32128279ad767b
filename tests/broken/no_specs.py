"""Texts that are Documents and say no correct spec, made from a sound one. Not a test module; corpus.py loads it."""

from __future__ import annotations

from collections.abc import Iterator


def texts(spec: str) -> Iterator[tuple[str, str]]:
    """(name, text) of each."""
    yield from _wrong_types(spec)
    yield from _unknown_keys(spec)
    yield from _wrong_values(spec)


_MAPS = ("service", "upstreams", "auth", "roles", "attributes", "conditions", "rate_limits", "defaults", "routes")


def _wrong_types(spec: str) -> Iterator[tuple[str, str]]:
    for key in _MAPS:
        for name, value in {
            "null": "",
            "number": "1",
            "boolean": "true",
            "text": "text",
            "list": "[a]",
            "float": "1.5",
        }.items():
            yield (f"type-{key}-{name}", _with(spec, key, value))
    for name, value in {
        "null": "",
        "text": "'1'",
        "zero": "0",
        "two": "2",
        "boolean": "true",
        "float": "1.0",
        "map": "{}",
    }.items():
        yield (f"type-seccfg-{name}", spec.replace("seccfg: 1\n", f"seccfg: {value}\n"))
    for place in (
        "name: notes", "url: http://127.0.0.1:8000", "issuer: https://id.example.com/", "algorithms: [RS256]",
        "file: keys/users.json", "clock_skew: 30s", "permissions: [notes.read]", "inherits: [viewer]", "type: string",
        "limit: 100", "window: 15m", "by: ip", "public: true", "max: 64KiB", "from: {path: team}",
    ):  # fmt: skip
        key = place.split(":")[0]
        for name, value in {"null": "~", "list": "[[]]", "map": "{x: {y: 1}}", "float": "1.5"}.items():
            yield (f"type-{key}-{name}-inside", spec.replace(place, f"{key}: {value}", 1))


def _with(spec: str, section: str, value: str) -> str:
    """The spec with one section replaced by another value."""
    lines, skipping, out = spec.splitlines(), False, []
    for line in lines:
        if not line.startswith(" "):
            skipping = line.startswith(f"{section}:")
            if skipping:
                out.append(f"{section}: {value}")
        if not skipping:
            out.append(line)
    return "\n".join(out) + "\n"


def _unknown_keys(spec: str) -> Iterator[tuple[str, str]]:
    for place in (
        "service:\n  ", "upstreams: {main: {", "auth:\n  users:\n    ", "roles:\n  viewer: {", "attributes:\n  ",
        "rate_limits: {per-ip: {",
        "defaults: {", "routes:\n  /health: {get: {", "    get: {", "claims: {",
    ):  # fmt: skip
        text = spec.replace(
            place, f"{place}surprise: 1, " if place.endswith("{") else f"{place}surprise: 1\n{' ' * _indent(place)}", 1
        )
        yield (
            f"unknown-in-{place.split(':')[0].strip()}-{_indent(place)}{'-flow' * place.endswith('{')}",
            text,
        )
    for key in (
        "surprise",
        "Routes",
        "route",
        "permissions",
        "__class__",
        "constructor",
        "x" * 10_000,
        "'a\\nb'",
        "'é'",
        "' '",
    ):
        yield (f"unknown-top-{key[:20].strip(chr(39)) or 'blank'}", f"{spec}{key}: 1\n")


def _indent(place: str) -> int:
    return len(place) - len(place.rstrip(" "))


def _wrong_values(spec: str) -> Iterator[tuple[str, str]]:
    for name, old, new in (
        ("role-cycle", "viewer: {permissions", "viewer: {inherits: [editor], permissions"),
        ("role-of-itself", "inherits: [viewer]", "inherits: [editor]"),
        ("unknown-role", "roles: [viewer]", "roles: [veiwer]"),
        ("unknown-permission-holder", "permissions: [notes.write]\n", "permissions: [notes.wipe]\n"),
        ("unknown-auth", "auth: [users]", "auth: [user]"),
        ("unknown-limit", "rate_limits: [per-ip]", "rate_limits: [per-pi]"),
        ("unknown-condition", "if: [own-team]", "if: [own-tem]"),
        ("unknown-attribute", "principal.team ==", "principal.tem =="),
        ("condition-syntax", "principal.team == resource.team", "principal.team =="),
        ("condition-types", "principal.team == resource.team", "principal.team > 1"),
        ("condition-not-boolean", "principal.team == resource.team", "principal.team"),
        ("negative-limit", "limit: 100", "limit: -1"),
        ("zero-limit", "limit: 100", "limit: 0"),
        ("window-words", "window: 15m", "window: a quarter"),
        ("window-zero", "window: 15m", "window: 0s"),
        ("window-huge", "window: 15m", "window: 99999999999999999999d"),
        ("size-words", "max: 64KiB", "max: much"),
        ("size-negative", "max: 64KiB", "max: -1KiB"),
        ("issuer-no-url", "https://id.example.com/", "id"),
        ("url-scheme", "http://127.0.0.1:8000", "ftp://127.0.0.1"),
        ("algorithm-none", "[RS256]", "[none]"),
        ("algorithm-hs", "[RS256]", "[HS256]"),
        ("empty-audiences", "audiences:\n      - notes", "audiences: []"),
        ("empty-hosts", 'hosts: [notes.example.com, "b.example.com"]', "hosts: []"),
        ("empty-allow", "allow: [{roles: [viewer], if: [own-team]}]", "allow: []"),
        ("empty-grant", "allow: [{roles: [viewer], if: [own-team]}]", "allow: [{}]"),
        ("public-without-reason", ', reason: "load balancer probe"', ""),
        ("neither-allow-nor-public", 'public: true, reason: "load balancer probe"', "upstream: main"),
        ("path-without-slash", "/health:", "health:"),
        ("path-double-slash", "/health:", "//health:"),
        ("path-unclosed-parameter", "/teams/{team}/notes", "'/teams/{team/notes'"),
        ("path-twice-same-shape", "/health: {", "/teams/{other}/notes: {get: {allow: authenticated}}\n  /health: {"),
        ("method-unknown", "    post:", "    fetch:"),
        ("service-name", "name: notes", "name: Not A Label!"),
        ("host-with-scheme", "[notes.example.com,", "['https://notes.example.com',"),
    ):
        if old not in spec:
            raise ValueError(f"{name}: the spec does not hold {old}")
        yield (f"value-{name}", spec.replace(old, new, 1))
