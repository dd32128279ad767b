"""The policies of the native form, one element each; every attribute and every limit is written down."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final

from seccfg.ir import policy as ir
from seccfg.targetapi.escape import json_text
from seccfg_apigee.limits import window_of
from seccfg_apigee.native import Native, NativeRoute, NativeToken
from seccfg_apigee.plan import ApigeePlan
from seccfg_apigee.policies import (
    CORS_HEADERS,
    form_of,
    hidden_error,
    hsts_header,
    log_policy,
    payload,
    policy_root,
    start_time,
    threat_limits,
)
from seccfg_apigee.xml import Element, element, settings

__all__ = ["NATIVE_FAULTS", "allow_name", "limit_name", "native_policies"]

_EVENTS: Final[dict[ir.Reason, ir.Event]] = {
    "malformed": "input.rejected", "wrong_host": "authz.denied", "plain_http": "authz.denied", "address": "authz.denied",
    "no_route": "input.rejected", "method": "input.rejected", "body_too_large": "input.rejected",
    "media_type": "input.rejected", "rate_limited": "rate.limited", "no_credential": "auth.failed",
    "invalid_token": "auth.failed", "forbidden": "authz.denied", "insufficient_scope": "authz.denied",
    "invalid_input": "input.rejected", "internal": "check.failed",
}  # fmt: skip
_HOP_BY_HOP: Final = ("connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "upgrade")
_RAISED: Final[tuple[tuple[str, ir.Reason], ...]] = (
    ("RF-Malformed", "malformed"), ("RF-WrongHost", "wrong_host"), ("RF-PlainHttp", "plain_http"),
    ("RF-Internal", "internal"), ("RF-TooLarge", "body_too_large"), ("RF-MediaType", "media_type"),
    ("RF-NoCredential", "no_credential"), ("RF-InvalidToken", "invalid_token"), ("RF-NotFound", "no_route"),
    ("RF-Forbidden", "forbidden"), ("RF-InsufficientScope", "insufficient_scope"), ("RF-InvalidInput", "invalid_input"),
)  # fmt: skip
NATIVE_FAULTS: Final[tuple[tuple[str, ir.Reason, str], ...]] = (
    ("AM-Internal", "internal", '(fault.name != "RaiseFault")'),
    ("AM-InvalidToken", "invalid_token", "(JWT.failed = true)"),
    ("AM-Address", "address", '(fault.name = "IPDeniedAccess")'),
    ("AM-InvalidInput", "invalid_input", '(fault.name = "ExecutionFailed")'),
    ("AM-RateLimited", "rate_limited", '(fault.name = "QuotaViolation") or (fault.name = "SpikeArrestViolation")'),
)  # fmt: skip
"""
(policy, reason, condition): what the default fault rule makes of faults no RaiseFault raised. The first holds for all of
them, the others for those somebody knows.
"""


def native_policies(plan: ApigeePlan, native: Native, used: Sequence[str]) -> dict[str, Element]:
    """Those policies of the bundle that *used* names."""
    made = dict(_all(plan, native))
    return {name: made[name] for name in sorted({*used})}


def _all(plan: ApigeePlan, native: Native) -> Iterator[tuple[str, Element]]:
    policy = native.effective
    yield "JS-CheckRequest", _script(
        "JS-CheckRequest", "check-request.js", (), {"addressIndex": str(plan.options.address_index)}
    )
    for name, reason in _RAISED:
        yield name, _raise(policy, name, reason)
    yield "RF-Redirect", _raise(
        policy, "RF-Redirect", "plain_http", status=308, headers=(("Location", "https://{seccfg.host}{seccfg.target}"),)
    )
    for template in _templates(native.routes):
        yield allow_name(template), _raise(
            policy, allow_name(template), "method", headers=(("Allow", ", ".join(sorted(r.route.method for r in template))),)
        )
    for name, reason, _ in NATIVE_FAULTS:
        yield name, _reword(policy, name, reason)
    yield from _answers(plan, native)
    for rule in policy.edge.address.rules:
        yield f"AC-{rule.name}", _access(rule)
    if native.cors is not None:
        yield "CORS-Web", _cors(native.cors, native.methods)
    for token in native.tokens:
        yield token.policy, _verify(token)
        yield f"JS-{token.verifier.name}", _claims(native, token)
    if len(native.tokens) > 1:
        yield "DJ-Issuer", policy_root(
            "DecodeJWT", "DJ-Issuer", element("Source", "seccfg.bearer"), element("IgnoreUnresolvedVariables", "false")
        )
    for route in native.routes:
        yield from _of_route(native, route)
    yield "JT-Body", threat_limits(plan)
    yield "AM-Forward", _forward(policy)
    yield "ML-Audit", log_policy(plan)


def _templates(routes: Sequence[NativeRoute]) -> list[tuple[NativeRoute, ...]]:
    found: dict[str, list[NativeRoute]] = {}
    for route in routes:
        found.setdefault(route.route.template, []).append(route)
    return [tuple(held) for held in found.values()]


def allow_name(template: Sequence[NativeRoute]) -> str:
    """The RaiseFault that answers any other method of a path."""
    return "RF-Allow-" + "-".join(sorted(route.route.method for route in template))


def _script(name: str, resource: str, included: Sequence[str], values: dict[str, str]) -> Element:
    return policy_root(
        "Javascript", name, settings(values) if values else None, *(element("IncludeURL", f"jsc://{f}") for f in included),
        element("ResourceURL", f"jsc://{resource}"), timeLimit="1000",
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- refusals
def _said(policy: ir.Policy, reason: ir.Reason, status: int) -> tuple[Element, Element, Element]:
    """What an answer says of itself: the variables of the log, and the body."""
    phrase = next((s.phrase for s in HTTPStatus if s.value == status), "Refused")
    body = json_text({"type": "about:blank", "title": phrase, "status": status, "reason": reason, "id": "%messageid#"})
    return (
        element("AssignVariable", element("Name", "seccfg.reason"), element("Value", reason)),
        element("AssignVariable", element("Name", "seccfg.event"), element("Value", _EVENTS[reason])),
        payload(body, form_of(policy.edge.errors)),
    )


def _challenged(policy: ir.Policy, reason: ir.Reason, status: int) -> tuple[tuple[str, str], ...]:
    error = ""
    if (reason, status) == ("insufficient_scope", 403):
        error = ', error="insufficient_scope"'
    elif (reason, status) == ("invalid_token", 401):
        error = ', error="invalid_token"'
    elif (reason, status) != ("no_credential", 401):
        return ()
    return (("WWW-Authenticate", f'Bearer realm="{policy.name}"{error}'),)


def _raise(
    policy: ir.Policy, name: str, reason: ir.Reason, *, status: int = 0, headers: tuple[tuple[str, str], ...] = ()
) -> Element:
    status = status or policy.edge.errors.code(reason)
    event, why, body = _said(policy, reason, status)
    headers = (*headers, *_challenged(policy, reason, status))
    return policy_root(
        "RaiseFault", name,
        element("FaultResponse", event, why, element(
            "Set", element("Headers", *(element("Header", value, name=key) for key, value in headers)) if headers else None,
            body, element("StatusCode", str(status)), element("ReasonPhrase", "Refused"),
        )),
        element("IgnoreUnresolvedVariables", "true"),
    )  # fmt: skip


def _reword(policy: ir.Policy, name: str, reason: ir.Reason) -> Element:
    """The same of a fault that a policy raised by itself."""
    status = policy.edge.errors.code(reason)
    event, why, body = _said(policy, reason, status)
    headers = _challenged(policy, reason, status)
    if reason == "rate_limited":
        headers = (("Retry-After", "{seccfg.retry}"),)
    return policy_root(
        "AssignMessage", name,
        element(
            "Set", element("Headers", *(element("Header", value, name=key) for key, value in headers)) if headers else None,
            body, element("StatusCode", str(status)),
        ),
        event, why, element("IgnoreUnresolvedVariables", "true"),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ answers
def _answers(plan: ApigeePlan, native: Native) -> Iterator[tuple[str, Element]]:
    policy = native.effective
    headers = policy.edge.headers
    gone = dict.fromkeys(name.lower() for name in (*headers.remove, *(name for name, _ in headers.set)))
    named = [element("Header", value, name=name) for name, value in headers.set]
    named.append(element("Header", "{messageid}", name=policy.edge.errors.correlation_header))
    vary = element("Add", element("Headers", element("Header", "Origin", name="Vary")))
    yield "AM-Headers", _assign(
        "AM-Headers",
        element("Remove", element("Headers", *(element("Header", name=n) for n in gone))) if gone else None,
        element("Set", element("Headers", *named)), vary if native.cors is not None else None,
    )  # fmt: skip
    yield "AM-DropCors", _assign(
        "AM-DropCors", element("Remove", element("Headers", *(element("Header", name=name) for name in CORS_HEADERS)))
    )
    yield "AM-Preflight", _assign("AM-Preflight", element("Set", element("StatusCode", "204")))
    if headers.hsts is not None:
        yield "AM-Hsts", _assign(
            "AM-Hsts",
            element("Set", element("Headers", element("Header", hsts_header(headers.hsts), name="Strict-Transport-Security"))),
        )
    yield "AM-HideUpstreamError", hidden_error(plan)
    quotas = [name for route in native.routes for name, _ in _limits(route)]
    yield "JS-RetryAfter", _script(
        "JS-RetryAfter", "retry-after.js", (), {"policies": " ".join(sorted({*quotas})) or "none"}
    )


def _assign(name: str, *children: Element | None) -> Element:
    return policy_root("AssignMessage", name, *children, element("IgnoreUnresolvedVariables", "true"))


def _forward(policy: ir.Policy) -> Element:
    """What a client may not say to the upstream, and who it is to it."""
    strip = policy.routes[0].one(ir.Forward).strip
    known = (*strip, "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")
    names = sorted({*strip, *(name.replace("-", "_") for name in known if "-" in name), *_HOP_BY_HOP})
    return _assign(
        "AM-Forward",
        element("Remove", element("Headers", *(element("Header", name=name) for name in names))),
        element("Set", element(
            "Headers", element("Header", "{client.resolved.ip}", name="X-Forwarded-For"),
            element("Header", "{seccfg.host}", name="X-Forwarded-Host"), element("Header", name="X-Authz-Open"),
        )),
        element("AssignVariable", element("Name", "seccfg.event"), element("Value", "access.allowed")),
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------- access, tokens
def _access(rule: ir.AddressRule) -> Element:
    """Deny before allow; who is in neither stays outside, unless everybody is allowed."""
    everyone = {block.family for block in rule.allow if block.bits == 0} == {4, 6}
    rules = [_match("DENY", rule.deny)] if rule.deny else []
    if rule.allow and not everyone:
        rules.append(_match("ALLOW", rule.allow))
    return policy_root(
        "AccessControl", f"AC-{rule.name}",
        element("IPRules", *rules, noRuleMatchAction="ALLOW" if everyone else "DENY"),
        element("ClientIPVariable", "client.resolved.ip"),
        element("IgnoreTrueClientIPHeader", "true"),
    )  # fmt: skip


def _match(action: str, blocks: Sequence[ir.Cidr]) -> Element:
    return element("MatchRule", *(_source(*half) for block in blocks for half in _halves(block)), action=action)


def _halves(block: ir.Cidr) -> list[tuple[int, int, int]]:
    """(family, network, bits): a mask has at least one bit."""
    if block.bits:
        return [(block.family, block.network, block.bits)]
    return [(block.family, 0, 1), (block.family, 1 << (31 if block.family == 4 else 127), 1)]


def _source(family: int, network: int, bits: int) -> Element:
    text = str(ipaddress.IPv4Address(network) if family == 4 else ipaddress.IPv6Address(network))
    return element("SourceAddress", text, mask=str(bits))


def _cors(cors: ir.Cors, methods: Sequence[str]) -> Element:
    return policy_root(
        "CORS", "CORS-Web",
        element("AllowOrigins", ", ".join(origin.text for origin in cors.origins)),
        element("AllowMethods", ", ".join(methods)),
        element("AllowHeaders", ", ".join(cors.headers)),
        element("ExposeHeaders", ", ".join(cors.expose)) if cors.expose else None,
        element("MaxAge", "-1" if cors.max_age_s is None else str(cors.max_age_s)),
        element("AllowCredentials", "true") if cors.credentials else None,
        element("GeneratePreflightResponse", "true"),
        element("IgnoreUnresolvedVariables", "false"),
    )  # fmt: skip


def _verify(token: NativeToken) -> Element:
    verifier = token.verifier
    audience = verifier.audiences[0] if len(verifier.audiences) == 1 else ""
    required = ["exp", "iss", "aud", *(["sub"] if verifier.subject_claim == ("sub",) else [])]
    return policy_root(
        "VerifyJWT", token.policy,
        element("Algorithm", verifier.algorithms[0]),
        element("Source", "seccfg.bearer"),
        element("IgnoreUnresolvedVariables", "false"),
        element("PublicKey", element("JWKS", json_text({"keys": [json.loads(key.json) for key in token.keys]}))),
        element("Issuer", verifier.issuer),
        element("Audience", audience) if audience else None,
        element("RequiredClaims", ",".join(required)),
        element("TimeAllowance", f"{verifier.skew_s}s"),
        element("IgnoreIssuedAt", "false"),
        element("IgnoreCriticalHeaders", "false"),
    )  # fmt: skip


def _claims(native: Native, token: NativeToken) -> Element:
    verifier = token.verifier
    values: dict[str, object] = {
        "audiences": list(verifier.audiences), "subject": list(verifier.subject_claim),
        "rolesClaim": list(verifier.roles_claim), "roles": [r for r in verifier.asserts if r in native.roles],
        "scopesClaim": list(verifier.scopes_claim), "scopes": list(native.scopes),
        "clients": {ident: name for name, ident in reversed(verifier.clients)},
        "maxAge": verifier.max_age_s or 0, "allowance": verifier.skew_s,
    }  # fmt: skip
    words = {"policy": token.policy, "method": verifier.name}
    return _script(
        f"JS-{verifier.name}", "read-token.js", ("claims.js",),
        {**words, **{name: json_text(value) for name, value in values.items()}},
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- what a route needs
def _of_route(native: Native, held: NativeRoute) -> Iterator[tuple[str, Element]]:
    route = held.route
    body = route.one(ir.BodyLimit)
    name = f"JS-Body-{held.key}" if native.shared == 0 else "JS-Body"
    yield name, _script(name, "check-body.js", ("seccfg-text.js",), {
        "most": str(body.max_bytes), "types": " ".join(body.content_types), "depth": str(route.one(ir.Validate).json_depth),
    })  # fmt: skip
    if held.rules is not None:
        yield f"JS-{held.key}", _script(f"JS-{held.key}", f"{held.key}.js", ("claims.js",), {})
    upstream = route.one(ir.Forward).upstream
    yield f"AM-To-{upstream}", policy_root(
        "AssignMessage", f"AM-To-{upstream}",
        element("AssignVariable", element("Name", "seccfg.upstream"), element("Value", upstream)),
        element("IgnoreUnresolvedVariables", "true"),
    )  # fmt: skip
    yield from _limits(held)


def _limits(held: NativeRoute) -> Iterator[tuple[str, Element]]:
    for limit in held.route.limits():
        who = "client.resolved.ip" if isinstance(limit.key, ir.ByAddress) else "seccfg.principal"
        name = limit_name(limit, held)
        if limit.window_s < 60:
            yield name, policy_root(
                "SpikeArrest", name, element("Identifier", ref=who), element("Rate", f"{limit.limit}ps"),
                element("UseEffectiveCount", "true"),
            )  # fmt: skip
            continue
        interval, unit = window_of(limit.window_s)
        yield name, policy_root(
            "Quota", name, element("Identifier", ref=who), element("Allow", count=str(limit.limit)),
            element("Interval", str(interval)), element("TimeUnit", unit), element("StartTime", start_time(limit.window_s)),
            element("Distributed", "true"), element("Synchronous", "true"), type="calendar",
        )  # fmt: skip


def limit_name(limit: ir.RateLimit, held: NativeRoute) -> str:
    """The counter of a limit: one for all routes, or one for each."""
    kind = "SA" if limit.window_s < 60 else "Q"
    return f"{kind}-{limit.name}" if limit.scope == "shared" else f"{kind}-{limit.name}-{held.key}"
