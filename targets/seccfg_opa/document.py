"""The data document: everything the Rego of the bundle looks up, as plain JSON that diffs line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar, get_args

from seccfg.ir import policy as ir
from seccfg.ir.policy import Cidr
from seccfg.record import Record
from seccfg.targetapi.escape import json_text
from seccfg_opa.plan import InputChecks

__all__ = ["Document", "cidr_text", "template_key"]

Value = object
"""Anything JSON holds."""
_C = TypeVar("_C", bound=Record)

_EVENT_OF_STEP: dict[ir.StepName, ir.Event] = {
    "request_target": "input.rejected", "host": "authz.denied", "plain_http": "authz.denied", "address": "authz.denied",
    "route": "input.rejected", "preflight": "input.rejected", "method": "input.rejected", "body": "input.rejected",
    "authenticate": "auth.failed", "revocation": "token.revoked", "authorize": "authz.denied",
    "validate": "input.rejected", "forward": "authz.denied",
}  # fmt: skip


class Document:
    """The document of one Policy. Controls many routes share stand once, under a name made of their content."""

    def __init__(self, policy: ir.Policy, tokens: str, conditions: Mapping[str, str], inputs: InputChecks) -> None:
        self._policy = policy
        self._tokens = tokens
        self._rules = {ident: rule for rule, ident in conditions.items()}
        self._param_rules = {check.param: check.rule for check in inputs.params}
        self._body_rules = {check.schema: check.rule for check in inputs.bodies}
        self._tables: dict[str, dict[str, Value]] = {
            name: {}
            for name in ("answers", "auths", "bodies", "cors", "forwards", "networks", "role_sets", "validations")
        }
        self._verifiers = {verifier.name: verifier for verifier in policy.verifiers}
        self._names: dict[tuple[str, int], str] = {}
        self._equal: dict[tuple[str, str], str] = {}

    def live(self) -> tuple[str, ...]:
        """What has to be pushed beside the bundle."""
        keys = [f"keys/{v.name}" for v in self._policy.verifiers if isinstance(v, ir.JwtVerifier) and v.jwks.url]
        revoked = any(route.first(ir.Revocation) is not None for route in self._policy.routes)
        return (*sorted(keys), *(["revocation"] if revoked else []))

    def live_keys(self) -> ir.Json:
        """Key sets to begin with, of the methods whose keys are pushed."""
        found = {
            v.name: {"fetched_s": 0, "keys": [json.loads(key.json) for key in v.jwks.keys]}
            for v in self._policy.verifiers
            if isinstance(v, ir.JwtVerifier) and v.jwks.url
        }
        return json_text(found)

    def text(self) -> ir.Json:
        """The document, with sorted keys."""
        policy = self._policy
        nodes: dict[str, Value] = {}
        templates: dict[str, dict[str, Value]] = {}
        for route in policy.routes:
            key = template_key(route.path)
            template = templates.setdefault(key, {"allow": "", "methods": {}})
            methods = template["methods"]
            if isinstance(methods, dict):
                methods[route.method] = self._route(route)
                template["allow"] = ", ".join(sorted(methods))
            for length in range(1, len(route.path) + 1):
                if not isinstance(route.path[length - 1], ir.RestSegment):
                    nodes[_node_key(route.path[:length])] = True
        edge = policy.edge
        document: dict[str, Value] = {
            "service": policy.name,
            "hosts": dict.fromkeys(policy.hosts, True),
            "trusted_proxies": _cidrs(edge.address.trusted_proxies),
            "roles": {role: list(given) for role, given in policy.roles},
            "statuses": {reason: edge.errors.code(reason) for reason in get_args(ir.Reason)},
            "titles": {reason: _title(edge.errors.code(reason)) for reason in get_args(ir.Reason)},
            "errors": {
                "format": edge.errors.format, "details": edge.errors.details,
                "correlation_header": edge.errors.correlation_header,
            },
            "events": _EVENT_OF_STEP,
            "edge": {
                "plain_http": edge.transport.plain_http,
                "networks": self._networks(edge.address),
                "answer": self._shared("answers", "edge", edge.headers, _answer),
            },
            "methods": {verifier.name: self._method(verifier) for verifier in policy.verifiers},
            "keys": {
                v.name: [json.loads(key.json) for key in v.jwks.keys]
                for v in policy.verifiers
                if isinstance(v, ir.JwtVerifier) and not v.jwks.url
            },
            "records": {
                v.name: {record.id: _record(record) for record in v.records}
                for v in policy.verifiers
                if isinstance(v, ir.KeyVerifier)
            },
            "places": [_place(p) for p in dict.fromkeys(p for v in policy.verifiers for p in getattr(v, "places", ()))],
            "attributes": self._attributes(),
            "nodes": nodes,
            "templates": templates,
        }  # fmt: skip
        return json_text({**document, **self._tables})

    # ---------------------------------------------------------------------------------------------------------- tables
    def _shared(self, table: str, user: str, control: _C, make: Callable[[_C], Value]) -> str:
        """The name *control* stands under in *table*: that of the first route that uses it, or of one equal to it."""
        known = self._names.get((table, id(control)))
        if known is None:
            value = make(control)
            known = self._equal.setdefault((table, json_text(value)), user)
            self._tables[table][known] = value
            self._names[(table, id(control))] = known
        return known

    def _networks(self, address: ir.ClientAddress) -> list[str]:
        for rule in address.rules:
            self._tables["networks"][rule.name] = {"allow": _cidrs(rule.allow), "deny": _cidrs(rule.deny)}
        return [rule.name for rule in address.rules]

    def _route(self, route: ir.Route) -> Value:
        cors, revocation = route.first(ir.Cors), route.first(ir.Revocation)
        return {
            "id": route.id,
            "parameters": {
                segment.name: -place - 1 if isinstance(segment, ir.RestSegment) else place
                for place, segment in enumerate(route.path)
                if not isinstance(segment, ir.LiteralSegment)
            },
            "websocket": route.one(ir.RequestTarget).websocket,
            "plain_http": route.one(ir.Transport).plain_http,
            "networks": self._networks(route.one(ir.ClientAddress)),
            "cors": "" if cors is None else self._shared("cors", route.id, cors, _cors),
            "body": self._shared("bodies", route.id, route.one(ir.BodyLimit), _body),
            "auth": self._shared("auths", route.id, route.one(ir.Authenticate), self._auth),
            "revocation": None if revocation is None else {
                "deny_claim": list(revocation.deny_claim), "version_claim": list(revocation.version_claim),
                "not_before": revocation.not_before, "staleness_s": revocation.staleness_s,
            },
            "authorize": self._authorize(route.first(ir.Authorize)),
            "validate": self._shared("validations", route.id, route.one(ir.Validate), self._validation),
            "forward": self._shared("forwards", route.id, route.one(ir.Forward), _forward),
            "answer": self._shared("answers", route.id, route.one(ir.ResponseHeaders), _answer),
        }  # fmt: skip

    def _auth(self, control: ir.Authenticate) -> Value:
        names = dict.fromkeys(name for alternative in control.alternatives for name in alternative)
        listed = [self._verifiers[name] for name in names if name in self._verifiers]
        places: dict[ir.Place, list[str]] = {}
        for verifier in listed:
            for place in getattr(verifier, "places", ()):
                places.setdefault(place, []).append(verifier.name)
        scheme = ""
        if ir.Bearer() in places:
            scheme = "Bearer"
        elif any(isinstance(verifier, ir.KeyVerifier) for verifier in listed):
            scheme = "ApiKey"
        return {
            "alternatives": [list(alternative) for alternative in control.alternatives],
            "places": [{"place": _place(place), "methods": methods} for place, methods in places.items()],
            "certificate": next((v.name for v in listed if isinstance(v, ir.CertVerifier)), ""),
            "csrf_header": control.csrf_header,
            "challenge": f'{scheme} realm="{self._policy.name}"' if scheme else "",
        }

    def _authorize(self, control: ir.Authorize | None) -> Value:
        if control is None:
            return {"allow": [], "forbid": [], "require": []}
        return {
            "allow": [
                {
                    "methods": list(grant.methods),
                    "clients": list(grant.clients),
                    "role_sets": [self._role_set(holders) for holders in grant.role_sets],
                    "scopes": list(grant.scopes),
                    "conditions": [self._condition(ident, "holds") for ident in grant.conditions],
                }
                for grant in control.allow
            ],
            "forbid": [self._condition(ident, "fails") for ident in control.forbid],
            "require": [self._condition(ident, "holds") for ident in control.require],
        }

    def _condition(self, ident: str, form: str) -> str:
        """The rule that holds when the condition is TRUE (`holds`) or FALSE (`fails`); of an unknown one none ever does."""
        return f"{self._rules.get(ident, ident)}_{form}"

    def _role_set(self, holders: tuple[str, ...]) -> str:
        name = "|".join(holders)
        self._tables["role_sets"][name] = dict.fromkeys(holders, True)
        return name

    def _validation(self, control: ir.Validate) -> Value:
        names = {param.name: True for param in control.params if param.place == "query"}
        return {
            "checks": [self._param_rules[param] for param in control.params],
            "query": names if control.closed_query else None,
            "body": self._body_rules[control.body_schema] if control.body_schema else "",
            "body_required": control.body_required,
            "json_depth": control.json_depth,
            "screens": list(control.screens),
            "headers": sorted(param.name for param in control.params if param.place == "header"),
        }

    # --------------------------------------------------------------------------------------------- methods, attributes
    def _method(self, verifier: ir.Verifier) -> Value:
        match verifier:
            case ir.JwtVerifier():
                return {
                    "kind": "jwt",
                    "issuer": verifier.issuer,
                    "audiences": list(verifier.audiences),
                    "algorithms": list(verifier.algorithms),
                    "skew_s": verifier.skew_s,
                    "max_age_s": verifier.max_age_s,
                    "max_stale_s": verifier.jwks.max_stale_s,
                    "live_keys": bool(verifier.jwks.url) and self._tokens == "opa",
                    "verified_by": self._tokens,
                    "asserts": list(verifier.asserts),
                    "subject": list(verifier.subject_claim),
                    "roles": list(verifier.roles_claim),
                    "scopes": list(verifier.scopes_claim),
                    "attributes": {claim.name: list(claim.path) for claim in verifier.attributes},
                    "clients": [{"client_id": ident, "name": name} for name, ident in verifier.clients],
                }
            case ir.KeyVerifier():
                return {"kind": "key", "asserts": list(verifier.asserts), "env": verifier.store.env}
            case ir.CertVerifier():
                captures = [part.capture for part in verifier.san if isinstance(part, ir.SanWildcard)]
                return {
                    "kind": "cert", "asserts": list(verifier.asserts), "roles": list(verifier.roles),
                    "ca": verifier.ca_pem, "san": _san(verifier.san), "captures": captures,
                }  # fmt: skip
            case ir.IntrospectVerifier():
                raise TypeError("the effective Policy has no introspection")

    def _attributes(self) -> Value:
        found: dict[str, dict[str, Value]] = {"principal": {}, "resource": {}, "request": {}}
        for attr in self._policy.attrs:
            source: dict[str, Value]
            match attr.source:
                case ir.FromClaims():
                    source = {"source": "claims"}
                case ir.FromHeader(name):
                    source = {"source": "header", "name": name}
                case ir.FromPath(name):
                    source = {"source": "path", "name": name}
                case ir.FromQuery(name):
                    source = {"source": "query", "name": name}
                case ir.FromBody(path):
                    source = {"source": "body", "path": list(path)}
                case ir.FromClock(function):
                    source = {"source": "clock", "function": function}
                case ir.FromApplication():
                    source = {"source": "application", "name": attr.name}
                case ir.FromRoute():
                    continue
            found[attr.side][attr.name] = {**source, "type": attr.type, "list": attr.list_of, "trust": attr.trust}
        return found


# ---------------------------------------------------------------------------------------------------------- small values
def cidr_text(block: Cidr) -> str:
    """The block as `10.0.0.0/8` or `2001:db8::/32`."""
    import ipaddress

    if block.family == 4:
        return f"{ipaddress.IPv4Address(block.network)}/{block.bits}"
    return f"{ipaddress.IPv6Address(block.network)}/{block.bits}"


def _cidrs(blocks: Sequence[Cidr]) -> list[str]:
    """Texts of *blocks*, without those among the IPv4-mapped addresses: no client is ever one, and OPA would take them
    for IPv4."""
    return [cidr_text(b) for b in blocks if not (b.family == 6 and b.bits >= 96 and b.network >> 32 == 0xFFFF)]


def _node_key(path: Sequence[ir.Segment]) -> str:
    return "".join(f"/{_segment_key(segment)}" for segment in path)


def template_key(path: Sequence[ir.Segment]) -> str:
    """The template with parameter names erased: `/v1/orders/{}`."""
    return _node_key(path) or "/"


def _segment_key(segment: ir.Segment) -> str:
    match segment:
        case ir.LiteralSegment(text):
            return f"{{{text}" if text.startswith("{") else text
        case ir.ParamSegment():
            return "{}"
        case ir.RestSegment():
            return "{+}"


def _place(place: ir.Place) -> Value:
    match place:
        case ir.Bearer():
            return {"kind": "bearer", "name": ""}
        case ir.HeaderPlace(name):
            return {"kind": "header", "name": name}
        case ir.CookiePlace(name):
            return {"kind": "cookie", "name": name}
        case ir.QueryPlace(name):
            return {"kind": "query", "name": name}


def _record(record: ir.KeyRecord) -> Value:
    return {
        "sha256": record.sha256, "subject": record.subject, "roles": list(record.roles), "scopes": list(record.scopes),
        "attributes": {name: json.loads(text) for name, text in record.attributes},
        "not_before_s": record.not_before_s, "expires_s": record.expires_s, "addresses": _cidrs(record.addresses),
    }  # fmt: skip


def _san(parts: Sequence[ir.SanLiteral | ir.SanWildcard]) -> str:
    """The pattern of the whole URI (RE2); captures are its groups."""
    printed = (_quoted(p.text) if isinstance(p, ir.SanLiteral) else "([^/]+)" for p in parts)
    return f"^{''.join(printed)}$"


def _quoted(text: str) -> str:
    return "".join(mark if mark.isascii() and mark.isalnum() else f"\\x{{{ord(mark):x}}}" for mark in text)


def _cors(control: ir.Cors) -> Value:
    return {
        "name": control.name,
        "origins": [
            {"scheme": o.scheme, "host": o.host, "port": o.port, "one_label": o.one_label} for o in control.origins
        ],
        "any_origin": control.any_origin, "methods": list(control.methods), "headers": list(control.headers),
        "expose": list(control.expose), "credentials": control.credentials, "max_age_s": control.max_age_s,
    }  # fmt: skip


def _body(control: ir.BodyLimit) -> Value:
    return {"max_bytes": control.max_bytes, "content_types": dict.fromkeys(control.content_types, True)}


def _forward(control: ir.Forward) -> Value:
    return {
        "upstream": control.upstream, "url": control.url, "verify_tls": control.verify_tls, "timeout_s": control.timeout_s,
        "strip": list(control.strip), "strip_cookies": list(control.strip_cookies),
        "strip_query": list(control.strip_query), "credentials": control.credentials,
        "identity": {entry.header: entry.field for entry in control.set},
    }  # fmt: skip


def _answer(control: ir.ResponseHeaders) -> Value:
    return {
        "set": {name.lower(): value for name, value in control.set},
        "remove": [name.lower() for name in control.remove],
        "hsts": _hsts(control.hsts),
    }


def _hsts(hsts: ir.Hsts | None) -> str:
    if hsts is None:
        return ""
    parts = [f"max-age={hsts.max_age_s}"]
    parts += ["includeSubDomains"] if hsts.include_subdomains else []
    parts += ["preload"] if hsts.preload else []
    return "; ".join(parts)


def _title(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Refused"
