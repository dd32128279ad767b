"""The policies of the bundle, one element each, and the order they run in.

Every attribute and every limit is written down: an absent one means something else on some version of Apigee.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from seccfg.ir import policy as ir
from seccfg.record import Record
from seccfg.targetapi.escape import json_text
from seccfg_apigee.limits import UNITS_S
from seccfg_apigee.plan import ApigeePlan, KeyMap, QuotaPlan, TokenCheck
from seccfg_apigee.xml import Element, element, settings

__all__ = [
    "CORS_HEADERS", "Steps", "flow_steps", "form_of", "hidden_error", "hsts_header", "log_policy", "payload", "policies",
    "policy_root", "start_time", "threat_limits",
]

_START_S: Final = 1_577_836_800
"""2020-01-01: calendar windows begin at the first point of the epoch's grid from here on."""
_TIME_LIMIT_MS: Final = "1000"
_RUNTIME: Final = ("seccfg-text.js", "seccfg-request.js", "seccfg-values.js", "seccfg-identity.js", "seccfg-run.js")


def policies(plan: ApigeePlan, generated: Sequence[str]) -> dict[str, Element]:
    """Every policy of the bundle by name. *generated*: names of the generated scripts."""
    included = [*_RUNTIME, *sorted(generated)]
    made = {
        "JS-Enter": _script("JS-Enter", "seccfg-enter.js", included, {}),
        "JS-Decide": _script("JS-Decide", "seccfg-decide.js", included, {}),
        "JS-Answer": _script("JS-Answer", "seccfg-answer.js", (), {"mode": "error", "internal": _internal(plan)}),
        "JS-Headers": _script("JS-Headers", "seccfg-answer.js", (), {"mode": "response", "internal": _internal(plan)}),
        "RF-Refuse": _refusal(plan),
        "AM-Headers": _headers(plan),
        "AM-Hsts": _hsts(plan),
        "JT-Body": threat_limits(plan),
        "ML-Audit": log_policy(plan),
    }
    made["AM-Identity"] = _identity(plan)
    if plan.hidden:
        made["AM-HideUpstreamError"] = hidden_error(plan)
    for check in plan.tokens:
        made[check.policy] = _verify(check)
    for quota in plan.quotas:
        made.update(_quota(quota))
    for held in plan.revocations:
        made[held.policy] = _revocation(held)
    for held in plan.records:
        made[held.policy] = _key_record(held)
    return {name: policy for name, policy in sorted(made.items()) if policy is not None}


def policy_root(kind: str, name: str, *children: Element | str | None, strict: bool = True, **more: str) -> Element:
    """A policy that is switched on, and stops the request when it fails (*strict*)."""
    failing = "false" if strict else "true"
    return element(kind, *children, name=name, enabled="true", continueOnError=failing, **more)


# ---------------------------------------------------------------------------------------------------------- scripts
def _script(name: str, resource: str, included: Sequence[str], properties: dict[str, str]) -> Element:
    return policy_root(
        "Javascript", name, settings(properties) if properties else None,
        *(element("IncludeURL", f"jsc://{file}") for file in included),
        element("ResourceURL", f"jsc://{resource}"), timeLimit=_TIME_LIMIT_MS,
    )  # fmt: skip


def _internal(plan: ApigeePlan) -> str:
    """The answer where no other was prepared."""
    errors = plan.policy.edge.errors
    status = errors.code("internal")
    body = json_text({"type": "about:blank", "title": "Internal Server Error", "status": status, "reason": "internal", "id": ""})
    return json_text({
        "status": status, "headers": [], "event": "check.failed", "reason": "internal", "type": form_of(errors), "content": body,
        "log": True,
    })  # fmt: skip


def form_of(errors: ir.Errors) -> str:
    """Media type of refusals."""
    return "application/problem+json" if errors.format == "problem+json" else "application/json"


def _refusal(plan: ApigeePlan) -> Element:
    """Ends the request. Its own answer is what a client sees when the prepared one cannot be given."""
    internal = json.loads(_internal(plan))
    fixed = element(
        "Set", payload(internal["content"], internal["type"]),
        element("StatusCode", str(internal["status"])), element("ReasonPhrase", "Refused"),
    )  # fmt: skip
    return policy_root("RaiseFault", "RF-Refuse", element("IgnoreUnresolvedVariables", "true"), element("FaultResponse", fixed))


def payload(text: str, form: str) -> Element:
    """A fixed text: its braces are no template."""
    return element("Payload", text, contentType=form, variablePrefix="%", variableSuffix="#")


# ---------------------------------------------------------------------------------------------------------- answers
def _headers(plan: ApigeePlan) -> Element:
    """Headers of every answer; what an upstream says of CORS is taken out first."""
    headers = plan.policy.edge.headers
    gone = [*CORS_HEADERS, *headers.remove, *(name for name, _ in headers.set)]
    gone = list(dict.fromkeys(name.lower() for name in gone))
    errors = plan.policy.edge.errors
    named = [element("Header", value, name=name) for name, value in headers.set]
    named.append(element("Header", "{messageid}", name=errors.correlation_header))
    return policy_root(
        "AssignMessage", "AM-Headers",
        element("Remove", element("Headers", *(element("Header", name=name) for name in gone))),
        element("Set", element("Headers", *named)),
        element("IgnoreUnresolvedVariables", "true"),
    )  # fmt: skip


def _identity(plan: ApigeePlan) -> Element | None:
    """What the upstream takes for identity is in no request before the decision has set it."""
    names = sorted({entry.header for route in plan.policy.routes for entry in route.one(ir.Forward).set} | {"x-authz-open"})
    return policy_root(
        "AssignMessage", "AM-Identity", element("Remove", element("Headers", *(element("Header", name=name) for name in names))),
        element("IgnoreUnresolvedVariables", "true"),
    )  # fmt: skip


def _hsts(plan: ApigeePlan) -> Element | None:
    """Refusals Apigee itself makes carry it too; the load balancer says whether the client's connection is TLS."""
    hsts = plan.policy.edge.headers.hsts
    if hsts is None:
        return None
    value = hsts_header(hsts)
    return policy_root(
        "AssignMessage", "AM-Hsts",
        element("Set", element("Headers", element("Header", value, name="Strict-Transport-Security"))),
        element("IgnoreUnresolvedVariables", "true"),
    )  # fmt: skip


def hsts_header(hsts: ir.Hsts) -> str:
    """Value of `Strict-Transport-Security`."""
    more = ("; includeSubDomains" if hsts.include_subdomains else "") + ("; preload" if hsts.preload else "")
    return f"max-age={hsts.max_age_s}{more}"


def hidden_error(plan: ApigeePlan) -> Element:
    """Upstream errors say nothing of the upstream."""
    body = '{"type":"about:blank","title":"Upstream error","reason":"unavailable"}'
    return policy_root(
        "AssignMessage", "AM-HideUpstreamError",
        element("Set", payload(body, form_of(plan.policy.edge.errors))),
        element("IgnoreUnresolvedVariables", "true"),
    )  # fmt: skip


CORS_HEADERS: Final = (
    "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- identity
def _verify(check: TokenCheck) -> Element:
    if check.url:
        keys = element("JWKS", uri=check.url)
    else:
        keys = element("JWKS", json_text({"keys": [json.loads(key.json) for key in check.jwks]}))
    return policy_root(
        "VerifyJWT", check.policy,
        element("Algorithm", ",".join(check.algorithms)),
        element("Source", f"seccfg.token.{check.policy}"),
        element("IgnoreUnresolvedVariables", "false"),
        element("PublicKey", keys),
        element("Issuer", check.issuer),
        element("Audience", check.audience) if check.audience else None,
        element("RequiredClaims", ",".join(check.required)),
        element("TimeAllowance", f"{check.allowance_s}s"),
        element("IgnoreIssuedAt", "true"),
        element("IgnoreCriticalHeaders", "false"),
    )  # fmt: skip


def _revocation(held: KeyMap) -> Element:
    base, at = f"private.seccfg.revocation.{held.method}", f"seccfg.revocation.{held.method}"
    return policy_root(
        "KeyValueMapOperations", held.policy,
        element("Scope", "environment"),
        element("ExpiryTimeInSecs", str(held.seconds)),
        element("Get", element("Key", element("Parameter", "filled")), assignTo=f"{base}.filled"),
        element("Get", element("Key", element("Parameter", ref=f"{at}.denied")), assignTo=f"{base}.denied"),
        element(
            "Get", element("Key", element("Parameter", "version"), element("Parameter", ref=f"{at}.principal")),
            assignTo=f"{base}.version",
        ),
        element(
            "Get", element("Key", element("Parameter", "since"), element("Parameter", ref=f"{at}.principal")),
            assignTo=f"{base}.since",
        ),
        mapIdentifier=held.map,
    )  # fmt: skip


def _key_record(held: KeyMap) -> Element:
    return policy_root(
        "KeyValueMapOperations", held.policy,
        element("Scope", "environment"),
        element("ExpiryTimeInSecs", str(held.seconds)),
        element(
            "Get", element("Key", element("Parameter", ref=f"seccfg.key.{held.method}")),
            assignTo=f"private.seccfg.key.{held.method}",
        ),
        mapIdentifier=held.map,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ limits
def _quota(quota: QuotaPlan) -> Iterator[tuple[str, Element]]:
    if quota.kind == "spike":
        name = f"SA-{quota.number}"
        yield name, policy_root(
            "SpikeArrest", name, element("Identifier", ref=f"seccfg.quota.{quota.number}.key"),
            element("Rate", f"{quota.limit}ps", ref=f"seccfg.quota.{quota.number}.rate"),
            element("UseEffectiveCount", "true"),
        )  # fmt: skip
        return
    if quota.together:
        yield f"Q-{quota.number}", _counter(f"Q-{quota.number}", quota)
    if quota.apart:
        yield f"QE-{quota.number}", _counter(f"QE-{quota.number}", quota, element("EnforceOnly", "true"))
    if quota.apart or quota.failures:
        yield f"QC-{quota.number}", _counter(f"QC-{quota.number}", quota, element("CountOnly", "true"))


def _counter(name: str, quota: QuotaPlan, mode: Element | None = None) -> Element:
    variable = f"seccfg.quota.{quota.number}"
    return policy_root(
        "Quota", name,
        element("Identifier", ref=f"{variable}.key"),
        element("Allow", count=str(quota.limit), countRef=f"{variable}.size"),
        element("Interval", str(quota.interval)),
        element("TimeUnit", quota.unit),
        element("StartTime", start_time(quota.interval * UNITS_S[quota.unit])),
        element("Distributed", "true"),
        element("Synchronous", "true"),
        element("SharedName", f"limit-{quota.number}"),
        mode, type="calendar",
    )  # fmt: skip


def start_time(window: int) -> str:
    """Where calendar windows of so many seconds begin."""
    import datetime

    first = -(-_START_S // window) * window
    return datetime.datetime.fromtimestamp(first, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")


# ------------------------------------------------------------------------------------------------------------- input
def threat_limits(plan: ApigeePlan) -> Element:
    """Behind the decision, which is exact: limits no body that passed it reaches, each of them written down."""
    most = max([1, *(route.one(ir.BodyLimit).max_bytes for route in plan.policy.routes)])
    deepest = max([1, *(branch.json_depth for branch in plan.program.branches)])
    return policy_root(
        "JSONThreatProtection", "JT-Body",
        element("ArrayElementCount", str(most)), element("ContainerDepth", str(deepest + 1)),
        element("ObjectEntryCount", str(most)), element("ObjectEntryNameLength", str(most)),
        element("StringValueLength", str(most)), element("Source", "request"),
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------- log
def log_policy(plan: ApigeePlan) -> Element:
    """No header, no query, no body, no subject: what a line shows is made of these variables alone."""
    message = (
        '{"event":"{seccfg.event}","reason":"{seccfg.reason}","service":"' + plan.policy.name + '","method":'
        '"{escapeJSON(request.verb)}","route":"{escapeJSON(seccfg.route)}","auth":"{escapeJSON(seccfg.method)}",'
        '"status":"{message.status.code}","id":"{messageid}"}'
    )
    return policy_root(
        "MessageLogging", "ML-Audit",
        element(
            "CloudLogging",
            element("LogName", f"projects/{{organization.name}}/logs/seccfg-{plan.policy.name}"),
            element("Message", message, contentType="application/json"),
        ),
        element("logLevel", "INFO"), strict=False,
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------------------- flow
class Steps(Record):
    """(policy, condition) of each part of the flow; an empty condition: always."""

    request: tuple[tuple[str, str], ...]
    response: tuple[tuple[str, str], ...]
    error: tuple[tuple[str, str], ...]
    log: tuple[tuple[str, str], ...]


def flow_steps(plan: ApigeePlan) -> Steps:
    """What runs when."""
    maps = [(held.policy, f'(seccfg.revocation.{held.method}.ask = "yes")') for held in plan.revocations]
    maps += [(held.policy, f"(seccfg.key.{held.method} != null)") for held in plan.records]
    request = [
        ("JS-Enter", ""), ("RF-Refuse", '(seccfg.gate != "go")'),
        *_quota_steps([q for q in plan.quotas if q.address]), *maps,
        *((check.policy, f'(seccfg.verify.{check.policy} = "yes")') for check in plan.tokens),
        ("AM-Identity", ""), ("JS-Decide", ""), ("RF-Refuse", '(seccfg.gate != "go")'),
        *_quota_steps([q for q in plan.quotas if not q.address]),
        ("RF-Refuse", '(seccfg.decision != "allow")'), ("JT-Body", '(seccfg.body = "json") and (request.content != null)'),
    ]  # fmt: skip
    hsts = [("AM-Hsts", '(seccfg.tls = "yes")')] if plan.policy.edge.headers.hsts is not None else []
    hidden = [("AM-HideUpstreamError", '(response.status.code >= 500)')] if plan.hidden else []
    failing = [q.number for q in plan.quotas if q.failures and q.kind == "quota"]
    failures = [(f"QC-{number}", f'(seccfg.quota.{number}.failure = "yes")') for number in failing]
    return Steps(
        tuple(request), (("AM-Headers", ""), ("JS-Headers", ""), *hidden),
        (("AM-Headers", ""), *hsts, ("JS-Answer", ""), *failures), (("ML-Audit", '(seccfg.log = "yes")'),),
    )  # fmt: skip


def _quota_steps(quotas: Sequence[QuotaPlan]) -> list[tuple[str, str]]:
    """All ask before any counts; SpikeArrest does both at once, so it stands between."""
    counted = [q for q in quotas if q.kind == "quota"]
    steps = [(f"Q-{q.number}", f'(seccfg.quota.{q.number}.ask = "both")') for q in counted if q.together]
    steps += [(f"QE-{q.number}", f'(seccfg.quota.{q.number}.ask = "check")') for q in counted if q.apart]
    steps += [(f"SA-{q.number}", f"(seccfg.quota.{q.number}.ask != null)") for q in quotas if q.kind == "spike"]
    steps += [(f"QC-{q.number}", f'(seccfg.quota.{q.number}.count = "yes")') for q in counted if q.apart]
    return steps


