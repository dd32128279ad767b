"""Boundaries of one route that are none of access: transport, addresses, methods, CORS, bodies, parameters, paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from seccfg.analyse.credentials import add_header, without_header
from seccfg.analyse.requests import RequestMaker, address_text
from seccfg.analyse.samples import body_variants, good_text, text_variants
from seccfg.ir.policy import (
    BodyLimit,
    ClientAddress,
    Cors,
    Forward,
    LiteralSegment,
    Param,
    RequestTarget,
    RestSegment,
    Route,
    Transport,
    Validate,
)
from seccfg.ir.request import Request
from seccfg.record import replace
from seccfg.verify.boundary.scenario import Scenario, single

__all__ = ["from_own_page", "surface_of_route"]

Labelled = tuple[str, Request]


def surface_of_route(maker: RequestMaker, route: Route, good: Request, known: set[object]) -> Iterator[Scenario]:
    """Boundaries of one route; *known* remembers controls whose boundaries ran on another route already."""
    for label, request in (
        *_methods(maker, route, good),
        *_route_transport(route, good),
        *_addresses(maker, route, good),
        *_cors(route, good),
        *_sizes(route, good, known),
        *_parameters(route, good),
        *_bodies(route, good, known),
        *_identities(route, good, known),
        *_paths(route, good),
    ):
        yield single(f"{route.id}: {label}", request)


def _methods(maker: RequestMaker, route: Route, good: Request) -> Iterator[Labelled]:
    declared = {r.method for r in maker.policy.routes if r.template == route.template}
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        if method not in declared:
            yield f"{method}, which is not declared", replace(good, method=method)


def _identities(route: Route, good: Request, known: set[object]) -> Iterator[Labelled]:
    """Identity headers a client wrote itself, and as servers may read them that take `_` for `-`."""
    entries = route.one(Forward).set
    if (entries, route.public) in known:
        return
    known.add((entries, route.public))
    for entry in entries:
        for name in dict.fromkeys((entry.header, entry.header.replace("-", "_"))):
            yield f"{name} sent by the client", add_header(good, name, "verify-forged")


def _paths(route: Route, good: Request) -> Iterator[Labelled]:
    path, _, query = good.target.partition("?")
    tail = f"?{query}" if query else ""
    yield "trailing slash", replace(good, target=path + "/" + tail)
    yield "one more segment", replace(good, target=path + "/verify" + tail)
    parts = path.split("/")[1:]
    for n, segment in enumerate(route.path):
        if isinstance(segment, RestSegment):
            break
        label = segment.text if isinstance(segment, LiteralSegment) else f"{{{segment.name}}}"

        def with_part(text: str, n: int = n) -> Request:
            return replace(good, target="/" + "/".join((*parts[:n], text, *parts[n + 1 :])) + tail)

        if isinstance(segment, LiteralSegment):
            yield f"{label} in other case", with_part(parts[n].swapcase())
            yield f"{label} and more", with_part(parts[n] + "x")
        else:
            yield f"{label} empty", with_part("")
            yield f"{label} with an encoded slash", with_part("a%2Fb")
            yield f"{label} with an encoded blank", with_part("a%20b")
            yield f"{label} with an encoded e acute", with_part("%C3%A9")
            yield f"{label} a dot", with_part(".")
            yield f"{label} with a quote", with_part("O'Brien")
            yield f"{label} {{}}", with_part("%7B%7D")
            yield f"{label} 2 KiB long", with_part("x" * 2048)


def _route_transport(route: Route, good: Request) -> Iterator[Labelled]:
    plain = replace(good, scheme="http", certificate="")
    if route.one(Transport).plain_http == "allow" or route.method in ("GET", "HEAD"):
        yield "plain http", plain
    yield "plain http without credential", without_header(without_header(plain, "authorization"), "cookie")
    if not route.one(RequestTarget).websocket:
        return
    upgrade = add_header(add_header(good, "Connection", "Upgrade"), "Upgrade", "websocket")
    yield "upgrade without Origin", upgrade
    cors = route.first(Cors)
    if cors is not None and cors.origins:
        yield "upgrade of an own page", add_header(upgrade, "Origin", _origin(cors))
    yield "upgrade of a foreign page", add_header(upgrade, "Origin", "https://elsewhere.example.net")


def _addresses(maker: RequestMaker, route: Route, good: Request) -> Iterator[Labelled]:
    control = route.one(ClientAddress)
    if control == maker.policy.edge.address and not route.at:
        return
    for rule in control.rules:
        for word, blocks in (("allow", rule.allow[:4]), ("deny", rule.deny[:4])):
            for block in blocks:
                width = 32 if block.family == 4 else 128
                first, last = block.network, block.network + (1 << (width - block.bits)) - 1
                for label, address in (("first", first), ("last", last), ("before", first - 1), ("after", last + 1)):
                    if 0 <= address < 1 << width:
                        text = address_text(block.family, address)
                        yield f"address {text}, {label} of {rule.name} {word}", replace(good, peer=text)


def from_own_page(request: Request, route: Route) -> Request:
    """*request* as a page sends it that may ask for *route*; as it is where no page may."""
    cors = route.first(Cors)
    return request if cors is None or not cors.origins else add_header(request, "Origin", _origin(cors))


def _origin(cors: Cors) -> str:
    origin = cors.origins[0]
    host = f"label.{origin.host}" if origin.one_label else origin.host
    return f"{origin.scheme}://{host}{'' if origin.port is None else f':{origin.port}'}"


def _cors(route: Route, good: Request) -> Iterator[Labelled]:
    cors = route.first(Cors)
    bare = without_header(
        without_header(replace(good, method="OPTIONS", body=b"", certificate=""), "authorization"), "cookie"
    )
    bare = without_header(bare, "content-type")

    def preflight(origin: str, method: str, headers: str | None = None) -> Request:
        request = add_header(add_header(bare, "Origin", origin), "Access-Control-Request-Method", method)
        return request if headers is None else add_header(request, "Access-Control-Request-Headers", headers)

    if cors is None:
        yield "preflight where no profile is", preflight("https://app.example.com", route.method)
        yield "request of a page", add_header(good, "Origin", "https://app.example.com")
        return
    own = "https://app.example.com" if cors.any_origin and not cors.origins else _origin(cors)
    for origin in cors.origins:
        host = f"label.{origin.host}" if origin.one_label else origin.host
        port = "" if origin.port is None else f":{origin.port}"
        for label, text in (
            ("as declared", f"{origin.scheme}://{host}{port}"),
            ("other scheme", f"http://{host}{port}" if origin.scheme == "https" else f"https://{host}{port}"),
            ("one more label", f"{origin.scheme}://x.{host}{port}"),
            ("no label", f"{origin.scheme}://{origin.host}{port}"),
            ("other port", f"{origin.scheme}://{host}:8443"),
            ("host and more", f"{origin.scheme}://{host}.example.net{port}"),
            ("host run together", f"{origin.scheme}://x{origin.host}{port}"),
            ("upper case", f"{origin.scheme}://{host}{port}".upper()),
            ("default port said", f"{origin.scheme}://{host}:{443 if origin.scheme == 'https' else 80}"),
            ("slash after it", f"{origin.scheme}://{host}{port}/"),
            ("any character for the dot", f"{origin.scheme}://{host.replace('.', 'x', 1)}{port}"),
        ):
            yield f"preflight of {origin.text}, {label}", preflight(text, route.method)
            yield f"request of {origin.text}, {label}", add_header(good, "Origin", text)
    for label, request in (
        ("null origin", preflight("null", route.method)),
        ("empty origin", preflight("", route.method)),
        ("foreign origin", preflight("https://elsewhere.example.net", route.method)),
        ("unknown method", preflight(own, "VERIFY")),
        ("method in lower case", preflight(own, route.method.lower())),
        ("TRACE", preflight(own, "TRACE")),
        ("no headers", preflight(own, route.method, "")),
        ("all headers", preflight(own, route.method, ", ".join(cors.headers))),
        ("headers in lower case", preflight(own, route.method, ",".join(cors.headers).lower())),
        ("a header not listed", preflight(own, route.method, "x-verify")),
        ("one listed, one not", preflight(own, route.method, ",".join((*cors.headers, "x-verify")))),
        ("origin twice", add_header(preflight(own, route.method), "Origin", own)),
        ("method twice", add_header(preflight(own, route.method), "Access-Control-Request-Method", route.method)),
        ("no method", add_header(bare, "Origin", own)),
        ("no origin", add_header(bare, "Access-Control-Request-Method", route.method)),
        ("with a bad token", add_header(preflight(own, route.method), "Authorization", "Bearer abc")),
        ("with trailing slash", replace(preflight(own, route.method), target=good.target.partition("?")[0] + "/")),
    ):
        yield f"preflight, {label}", request
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        yield f"preflight for {method}", preflight(own, method)
    yield "request of a null origin", add_header(good, "Origin", "null")
    yield (
        "request of two origins",
        add_header(add_header(good, "Origin", own), "Origin", "https://elsewhere.example.net"),
    )
    yield (
        "refused request of an own page",
        add_header(without_header(without_header(good, "authorization"), "cookie"), "Origin", own),
    )
    yield (
        "request of an own page with a bad token",
        add_header(add_header(without_header(good, "authorization"), "Authorization", "Bearer abc"), "Origin", own),
    )


def _sizes(route: Route, good: Request, known: set[object]) -> Iterator[Labelled]:
    limit = route.one(BodyLimit)
    kind = limit.content_types[0]
    bare = replace(without_header(good, "content-type"), body=b"")
    if limit.max_bytes <= 4 * 1024 * 1024 and limit not in known:
        known.add(limit)
        typed = add_header(bare, "Content-Type", kind)
        for label, size in (
            ("body as large as allowed", limit.max_bytes),
            ("body one byte too large", limit.max_bytes + 1),
        ):
            body = b'"' + b"x" * (size - 2) + b'"' if size >= 2 else b"1" * size
            yield label, replace(typed, body=body)
            yield f"{label}, length not declared", replace(typed, body=body, chunked=True)
        declared = add_header(typed, "Content-Length", str(limit.max_bytes + 1))
        yield "declares too large a body", replace(declared, body=b"x" * (limit.max_bytes + 1))
    body = good.body or b"{}"
    for label, types in (
        ("no content type", ()),
        ("another content type", ("text/plain",)),
        ("content type in upper case", (kind.upper(),)),
        ("content type with charset", (f"{kind}; charset=utf-8",)),
        ("content type and more", (kind + "x",)),
        ("content type with a blank before the semicolon", (f"{kind} ; a=b",)),
        ("empty content type", ("",)),
        ("two content types", (kind, "text/plain")),
        ("content type list", (f"{kind}, text/plain",)),
    ):
        request = replace(bare, body=body)
        for text in types:
            request = add_header(request, "Content-Type", text)
        yield label, request
    yield "content type without body", add_header(bare, "Content-Type", "text/plain")
    yield "body in chunks", replace(add_header(bare, "Content-Type", kind), body=body, chunked=True)
    yield "empty body in chunks", replace(bare, chunked=True)


def _parameters(route: Route, good: Request) -> Iterator[Labelled]:
    validate = route.one(Validate)
    path, _, query = good.target.partition("?")
    for param in validate.params:
        for label, text in text_variants(param):
            request = _with_param(route, good, param, text)
            if request is not None:
                yield f"{param.place} {param.name}: {label}", request
        if param.place == "query":
            pair = f"{quote(param.name, safe='')}={quote(good_text(param), safe='')}"
            yield f"query {param.name} twice", replace(good, target=f"{path}?{pair}&{pair}")
            yield f"query {param.name} without a value", replace(good, target=f"{path}?{quote(param.name, safe='')}")
            yield (
                f"query {param.name} encoded name",
                replace(good, target=f"{path}?%{ord(param.name[0]):02X}{pair[1:]}"),
            )
            if param.required:
                yield f"query {param.name} missing", replace(good, target=path)
        elif param.place == "header":
            twice = add_header(
                add_header(without_header(good, param.name), param.name, good_text(param)), param.name, good_text(param)
            )
            yield f"header {param.name} twice", twice
            if param.required:
                yield f"header {param.name} missing", without_header(good, param.name)
    extra = f"{query}&verify_extra=1" if query else "verify_extra=1"
    yield "a query parameter nobody declared", replace(good, target=f"{path}?{extra}")
    yield (
        "screened text in the query",
        replace(good, target=f"{path}?{query + '&' if query else ''}q=1%27%20OR%20%271%27%3D%271"),
    )
    yield (
        "script in the query",
        replace(good, target=f"{path}?{query + '&' if query else ''}q=%3Cscript%3Ealert(1)%3C/script%3E"),
    )
    yield (
        "plain text that looks close",
        replace(good, target=f"{path}?{query + '&' if query else ''}q=select%20a%20seat%20O%27Brien"),
    )


def _with_param(route: Route, good: Request, param: Param, text: str) -> Request | None:
    path, _, query = good.target.partition("?")
    if param.place == "header":
        try:
            text.encode("latin-1")
        except UnicodeEncodeError:
            text = text.encode().decode("latin-1")
        if any(c in text for c in "\r\n\0"):
            return None
        return add_header(without_header(good, param.name), param.name, text)
    if param.place == "query":
        rest = "&".join(p for p in query.split("&") if p and not p.startswith(f"{param.name}="))
        return replace(
            good, target=f"{path}?{rest + '&' if rest else ''}{quote(param.name, safe='')}={quote(text, safe='')}"
        )
    parts = path.split("/")[1:]
    for n, segment in enumerate(route.path):
        if not isinstance(segment, LiteralSegment) and segment.name == param.name:
            parts[n] = quote(text, safe="!$&'()*+,=:@-._~")
            return replace(good, target="/" + "/".join(parts) + (f"?{query}" if query else ""))
    return None


def _bodies(route: Route, good: Request, known: set[object]) -> Iterator[Labelled]:
    validate = route.one(Validate)
    typed = add_header(without_header(good, "content-type"), "Content-Type", route.one(BodyLimit).content_types[0])
    depths = (("JSON as deep as allowed", validate.json_depth), ("JSON one level too deep", validate.json_depth + 1))
    for label, depth in depths:
        yield label, replace(typed, body=b"[" * depth + b"]" * depth)
    key = (validate.body_schema, validate.json_depth, validate.body_required, validate.screens)
    if key in known or (
        not validate.body_schema and not validate.body_required and route.method in ("GET", "HEAD", "DELETE")
    ):
        return
    known.add(key)
    if validate.body_schema:
        for label, body in body_variants(validate.body_schema):
            yield label, replace(typed, body=body)
    for label, depth in depths:
        yield f"{label}, objects", replace(typed, body=b'{"a":' * depth + b"1" + b"}" * depth)
    yield "no body", replace(without_header(good, "content-type"), body=b"")
    yield "duplicate member below", replace(typed, body=b'{"a": {"b": 1, "b": 2}}')
    yield "script in the body", replace(typed, body=json.dumps({"note": "<script>alert(1)</script>"}).encode())
    yield "screened text in the body", replace(typed, body=json.dumps({"note": "1' OR '1'='1"}).encode())
