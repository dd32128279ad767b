"""The plan as policy documents: the API's policy, and the fragments it is made of."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from seccfg.ir.policy import Errors, Forward, FromHeader, JwtVerifier, ResponseHeaders
from seccfg.program.model import Answer, Case, Cases, Check, Header, Refuse
from seccfg.record import fields
from seccfg.targetapi.escape import policy_string
from seccfg_azure.blocks import access_block, edge_block
from seccfg_azure.document import Element, Expression, NamedValue, element
from seccfg_azure.events import passed_events, refused_events
from seccfg_azure.operations import Reach
from seccfg_azure.plan import AzurePlan, Counter, LimitPlan

__all__ = ["SET_ANEW", "api_policy", "fragments", "hidden", "imitations"]

_EDGE = 'JObject.Parse((string)context.Variables["seccfg-edge"])'
_ACCESS = 'JObject.Parse((string)context.Variables["seccfg-access"])'
_ANSWER = 'JObject.Parse((string)context.Variables["seccfg-answer"])'
SET_ANEW = (
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-server",
)  # fmt: skip
"""What proxies say of a request, and a caller could."""
_RESPONSE_HEADERS = (
    "WWW-Authenticate", "Allow", "Retry-After", "Location", "Vary", "Strict-Transport-Security",
    "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
)  # fmt: skip


def api_policy(plan: AzurePlan) -> Element:
    """The policy at the scope of the API: everything is decided here."""
    inbound = [
        element("base"),
        _include(plan, "edge"),
        *_refused_when(plan, f'{_EDGE}["refusal"] != null', f'{_EDGE}["refusal"]'),
        *_operation_guard(plan),
        *_limits(plan, "address_limits", _EDGE),
        *_signatures(plan),
        _include(plan, "access"),
        *_refused_when(plan, f'(string){_ACCESS}["at"] == "authenticate" || (string){_ACCESS}["at"] == "failed"', f'{_ACCESS}["refusal"]'),
        *_revocation(plan),
        *_limits(plan, "principal_limits", _ACCESS),
        *_refused_when(plan, f'!(bool){_ACCESS}["pass"]', f'{_ACCESS}["refusal"]'),
        *passed_events(plan),
        *_forward(plan),
    ]  # fmt: skip
    outbound = [element("base"), *hidden(plan), *_completed(plan, f'{_ACCESS}["headers"]', _passing_headers(plan))]
    return element("policies", [
        element("inbound", inbound),
        element("backend", [element("base")]),
        element("outbound", outbound),
        element("on-error", _on_error(plan)),
    ])  # fmt: skip


def fragments(plan: AzurePlan) -> dict[str, Element]:
    """Fragment id -> document."""
    return {
        _fragment(plan, "edge"): element("fragment", [_variable("seccfg-edge", edge_block(plan))]),
        _fragment(plan, "access"): element("fragment", [_variable("seccfg-access", access_block(plan))]),
        _fragment(plan, "refuse"): element("fragment", _refuse(plan)),
    }


def _fragment(plan: AzurePlan, name: str) -> str:
    return f"seccfg-{plan.name}-{name}"


def _include(plan: AzurePlan, name: str) -> Element:
    return element("include-fragment", fragment_id=_fragment(plan, name))


def _variable(name: str, code: str) -> Element:
    return element("set-variable", name=name, value=Expression(code if code.startswith("@{") else f"@({code})"))


def _when(condition: str, children: Iterable[Element]) -> Element:
    return element("when", children, condition=Expression(f"@({condition})"))


def _refused_when(plan: AzurePlan, condition: str, refusal: str) -> list[Element]:
    """Answer with *refusal* when *condition* holds."""
    return [element("choose", [_when(condition, [_variable("seccfg-answer", f"{refusal}.ToString()"), _include(plan, "refuse")])])]


def _operation_guard(plan: AzurePlan) -> list[Element]:
    """The closed world: the operation is one of ours, and the one the path and method are."""
    known: list[str] = []
    program = plan.program
    reach = Reach(program)
    for operation in plan.operations:
        for number, depth in reach.of(operation):
            template = program.templates[number]
            own = dict(template.methods).get(operation.method)
            wanted = [template.undeclared if own is None else own]
            if operation.method == "OPTIONS":
                wanted += [branch for _, branch in template.preflights]
            known += [f"{branch} {operation.id} {depth}" for branch in wanted]
    listed = ", ".join(policy_string(entry) for entry in sorted(set(known)))
    matched = f'{_EDGE}["branch"] + " " + context.Operation.Id + " "'
    guard = f'!new string[] {{ {listed} }}.Intersect(new string[] {{ {matched} + {_EDGE}["depth"], {matched} + "*" }}).Any()'
    return [element("choose", [_when(guard, [_variable("seccfg-answer", _fixed(plan, "no_route")), _include(plan, "refuse")])])]


def _fixed(plan: AzurePlan, reason: str) -> str:
    """A refusal without headers of its own."""
    errors = plan.policy.edge.errors
    event = "check.failed" if reason == "internal" else "input.rejected"
    return (
        f'new JObject(new JProperty("status", {errors.code(reason)}), new JProperty("reason", "{reason}"), '  # type: ignore[arg-type]
        f'new JProperty("event", "{event}"), new JProperty("headers", new JObject())).ToString()'
    )


# ------------------------------------------------------------------------------------------------------------- limits
def _limits(plan: AzurePlan, step: str, source: str) -> list[Element]:
    """Look at every counter first, and count on all of them when none is exhausted."""
    found = [limit for limit in plan.limits if limit.step == step]
    asked = [(f'{source}["counted"]["{limit.index}"] != null', limit, "@(false)") for limit in found]
    charged = [
        (f'{source}["charged"].Any(each => (int)each == {limit.index})', limit, "") for limit in found
    ]  # fmt: skip
    return [
        element("choose", [_when(condition, [_counter(plan, limit, counter, source, increment) for counter in limit.counters])])
        for condition, limit, increment in (*asked, *charged)
    ]


def _counter(plan: AzurePlan, limit: LimitPlan, counter: Counter, source: str, increment: str) -> Element:
    own = plan.program.limits[limit.index].route
    key = policy_string(f"{plan.name}/{limit.name}/{own}/")
    values: dict[str, str | Expression] = {"id_": f"limit-{limit.index}", "calls": _calls(counter, limit, source)}
    values["renewal_period"] = str(counter.period_s)
    values["counter_key"] = Expression(f'@({key} + (string){source}["counted"]["{limit.index}"])')
    if increment:
        values["increment_condition"] = Expression(increment)
    if counter.policy == "quota-by-key":
        values["first_period_start"] = "1970-01-01T00:00:00Z"
    else:
        values["retry_after_variable_name"] = "seccfg-retry-after"
    return element(counter.policy, **values)


def _calls(counter: Counter, limit: LimitPlan, source: str) -> str | Expression:
    if not counter.tiers:
        return str(counter.calls)
    text = f'(string){source}["raised"]["{limit.index}"]'
    best = str(counter.calls)
    for number, (_, calls) in sorted(enumerate(counter.tiers), key=lambda entry: entry[1][1]):
        best = f'(({text} ?? "").Contains(" {number} ") ? {max(calls, counter.calls)} : {best})'
    return Expression(f"@({best})")


# --------------------------------------------------------------------------------------------------------- signatures
def _signatures(plan: AzurePlan) -> list[Element]:
    """Each token against the one key it names."""
    found: list[Element] = []
    for number, key in enumerate(plan.keys):
        verifier = plan.program.methods[key.method].verifier
        if not isinstance(verifier, JwtVerifier):
            continue
        token = f'{_EDGE}["verify"]["{number}"]'
        check = element(
            "validate-jwt",
            [
                element("issuer-signing-keys", [element("key", n=key.modulus, e=key.exponent)]),
                element("audiences", [element("audience", text=audience) for audience in verifier.audiences]),
                element("issuers", [element("issuer", text=verifier.issuer)]),
            ],
            id_=f"signature-{number}",
            token_value=Expression(f"@(((string){token}).Substring(1))"),
            failed_validation_httpcode="401",
            require_expiration_time="true",
            require_signed_tokens="true",
            clock_skew=str(verifier.skew_s),
        )
        found.append(element("choose", [_when(f"{token} != null", [check, _variable(f"seccfg-signed-{number}", "true")])]))
    return found


# --------------------------------------------------------------------------------------------------------- revocation
_REVOKED = """@{
    JObject asked = (JObject)ACCESS["revocation"];
    string unavailable = asked["unavailable"].ToString(Formatting.None);
    try {
        IResponse told = context.Variables["seccfg-revocation"] as IResponse;
        if (told == null || told.StatusCode != 200) { return unavailable; }
        JArray answers = told.Body.As<JObject>()["tokens"] as JArray;
        JArray compared = (JArray)asked["compared"];
        if (answers == null || answers.Count != compared.Count) { return unavailable; }
        for (int token = 0; token < answers.Count; token++) {
            JToken denied = answers[token]["denied"];
            JToken lowest = answers[token]["lowest_version"];
            JToken first = answers[token]["not_before"];
            JToken own = compared[token];
            if (denied == null || denied.Type != JTokenType.Boolean || lowest == null || first == null) { return unavailable; }
            bool good = !(bool)own["denies"] || !(bool)denied;
            if ((bool)own["versioned"] && lowest.Type != JTokenType.Null) { good = good && own["version"].Type != JTokenType.Null && (double)own["version"] >= (double)lowest; }
            if ((bool)own["dated"] && first.Type != JTokenType.Null) { good = good && own["issued"].Type != JTokenType.Null && (double)own["issued"] >= (double)first; }
            if (!good) { return asked["revoked"].ToString(Formatting.None); }
        }
        return "";
    } catch (Exception) {
        return unavailable;
    }
}""".replace("ACCESS", _ACCESS)


def _revocation(plan: AzurePlan) -> list[Element]:
    """Ask about each token; no answer is a refusal."""
    url = next((secret.name for secret in plan.secrets if secret.use == "revocation"), "")
    if not url:
        return []
    asked = f'{_ACCESS}["revocation"]'
    ask = element(
        "send-request",
        [
            element("set-url", text=NamedValue(url)),
            element("set-method", text="POST"),
            element("set-header", [element("value", text="application/json")], name="Content-Type", exists_action="override"),
            element("set-body", text=Expression(f'@(((string){asked}["ask"]).Substring(1))')),
        ],
        mode="new", response_variable_name="seccfg-revocation", timeout="5", ignore_error="true",
    )  # fmt: skip
    answer = _variable("seccfg-answer", _REVOKED)
    refuse = element("choose", [_when('(string)context.Variables["seccfg-answer"] != ""', [_include(plan, "refuse")])])
    return [element("choose", [_when(f"{asked} != null", [ask, answer, refuse])])]


# ------------------------------------------------------------------------------------------------------------ forward
def _forward(plan: AzurePlan) -> list[Element]:
    forwards = list(dict.fromkeys(b.forward for b in plan.program.branches if b.forward is not None))
    strip = sorted({name for forward in forwards for name in (*forward.strip, *(entry.header for entry in forward.set))})
    names = sorted({entry.header for forward in forwards for entry in forward.set})
    strip = [name for name in strip if name not in ("x-forwarded-for", "x-authz-open")]
    found = [element("set-header", name=name, exists_action="delete") for name in strip if name not in names]
    for name in names:
        value = f'{_ACCESS}["forward"][{policy_string(name)}]'
        action = f'@({value} == null ? "delete" : "override")'
        told = f'@({value} == null ? "" : ((string){value}).Substring(1))'
        found.append(element(
            "set-header", [element("value", text=Expression(told))], name=name, exists_action=Expression(action)
        ))  # fmt: skip
    if any(branch.always_open or branch.may_be_open for branch in plan.program.branches):
        opened = Expression(f'@((string){_ACCESS}["open"] == "" ? "," : (string){_ACCESS}["open"])')  # an empty header is none
        found.append(element("set-header", [element("value", text=opened)], name="X-Authz-Open", exists_action="override"))
    read = [attr.source.name for attr in plan.policy.attrs if isinstance(attr.source, FromHeader)]
    imitated = {*strip, *names, *read, *SET_ANEW, "x-authz-open"}
    found += [element("set-header", name=spelt, exists_action="delete") for name in sorted(imitated) for spelt in imitations(name)]
    return [*found, *_spoken(plan), *_cookies(forwards), *_unsent(forwards), *_client(plan), *_backends(plan, forwards)]


def imitations(name: str) -> list[str]:
    """The name with some of its dashes as underscores: many an upstream takes both for one."""
    first, *rest = name.lower().split("-")
    marks = itertools.product("-_", repeat=len(rest))
    return ["".join((first, *(m + part for m, part in zip(chosen, rest, strict=True)))) for chosen in marks if "_" in chosen]


def _spoken(plan: AzurePlan) -> list[Element]:
    """Headers only a trusted proxy may speak through, taken from everyone else."""
    names = sorted({
        attr.source.name for attr in plan.policy.attrs if isinstance(attr.source, FromHeader) and attr.trust == "proxy"
    })  # fmt: skip
    taken = [element("set-header", name=name, exists_action="delete") for name in names]
    if not taken or not plan.policy.edge.address.trusted_proxies:
        return taken
    return [element("choose", [_when(f'!(bool){_EDGE}["near"]', taken)])]


def _cookies(forwards: Sequence[Forward]) -> list[Element]:
    """The cookie header without the credentials in it, gone when nothing is left."""
    names = sorted({name for forward in forwards for name in forward.strip_cookies})
    if not names:
        return []
    kept = (
        'string.Join("; ", context.Request.Headers.GetValueOrDefault("Cookie", "").Split(new char[] { \';\', \',\' })'
        ".Select(each => each.Trim()).Where(each => each.Length != 0 && !new string[] { "
        f"{', '.join(policy_string(name) for name in names)} }}.Contains(each.Split(new char[] {{ '=' }})[0].Trim())))"
    )
    action = Expression(f'@({kept} == "" ? "delete" : "override")')
    return [element("set-header", [element("value", text=Expression(f"@({kept})"))], name="Cookie", exists_action=action)]


def _unsent(forwards: Sequence[Forward]) -> list[Element]:
    """Query parameters that hold credentials."""
    names = sorted({name for forward in forwards for name in forward.strip_query})
    return [element("set-query-parameter", name=name, exists_action="delete") for name in names]


def _client(plan: AzurePlan) -> list[Element]:
    """X-Forwarded-* anew: what a trusted proxy says of the client is added to, anyone else's word is gone."""
    trusted = bool(plan.policy.edge.address.trusted_proxies)
    action = Expression(f'@((bool){_EDGE}["near"] ? "append" : "override")') if trusted else "override"
    set_anew = {"X-Forwarded-Host": "context.Request.OriginalUrl.Host", "X-Forwarded-Proto": f'(string){_EDGE}["scheme"]'}
    gone = [name for name in SET_ANEW if name not in ("x-forwarded-for", *(known.lower() for known in set_anew))]
    found = [element("set-header", name=name, exists_action="delete") for name in gone]
    found += [
        element("set-header", [element("value", text=Expression(f"@({value})"))], name=name, exists_action="override")
        for name, value in set_anew.items()
    ]
    peer = element("value", text=Expression("@(context.Request.IpAddress)"))
    return [*found, element("set-header", [peer], name="X-Forwarded-For", exists_action=action)]


def _backends(plan: AzurePlan, forwards: list[Forward]) -> list[Element]:
    urls: dict[str, list[int]] = {}
    for number, branch in enumerate(plan.program.branches):
        if branch.forward is not None and branch.kind == "route":
            urls.setdefault(branch.forward.url, []).append(number)
    del forwards
    if len(urls) == 1:
        return [element("set-backend-service", base_url=next(iter(urls)))]
    whens = [
        _when(f'new int[] {{ {", ".join(map(str, numbers))} }}.Contains((int){_EDGE}["branch"])',
              [element("set-backend-service", base_url=url)])
        for url, numbers in urls.items()
    ]  # fmt: skip
    return [element("choose", whens)] if whens else []


# ------------------------------------------------------------------------------------------------------------ answers
def _passing_headers(plan: AzurePlan) -> set[str]:
    """Names of the headers a request that passes may be answered with."""
    return {h.name for branch in plan.program.branches if branch.kind == "route" for h in branch.steps[-1].headers}


def _refusing_headers(plan: AzurePlan) -> set[str]:
    """Names of the headers some refusal or preflight is answered with."""
    parts = {part for branch in plan.program.branches for step in branch.steps for part in (step.items, step.headers)}
    return {header.name for part in parts for header in _said(part)}


def _said(node: object) -> Iterator[Header]:
    """Every header somewhere in a step."""
    if isinstance(node, Header):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from _said(part)
    elif isinstance(node, Check | Refuse | Answer | Cases | Case):
        for field in fields(node):
            if field not in ("holds", "when"):
                yield from _said(getattr(node, field))


def _completed(plan: AzurePlan, headers: str, decided: set[str]) -> list[Element]:
    """Headers every answer gets: those decided for this request, those of the spec, none of the upstream's in their place."""
    own: ResponseHeaders = plan.policy.edge.headers
    errors: Errors = plan.policy.edge.errors
    fixed = {name.lower() for name, _ in own.set}
    found = [
        element("set-header", name=name, exists_action="delete")
        for name in own.remove
        if name.lower() not in (*fixed, "server")
    ]
    found += [element("set-header", [element("value", text=value)], name=name, exists_action="override") for name, value in own.set]
    identified = 'context.RequestId.ToString()'
    found.append(element(
        "set-header", [element("value", text=Expression(f"@({identified})"))], name=errors.correlation_header,
        exists_action="override",
    ))  # fmt: skip
    for name in _RESPONSE_HEADERS:
        if name.lower() not in decided:
            if name.startswith("Access-Control-"):
                found.append(element("set-header", name=name, exists_action="delete"))
            continue
        value = f'{headers}["{name.lower()}"]'
        found.append(element(
            "set-header", [element("value", text=Expression(f'@((string){value} ?? "")'))], name=name,
            exists_action=Expression(f'@({value} == null ? "delete" : "override")'),
        ))  # fmt: skip
    return found


def hidden(plan: AzurePlan) -> list[Element]:
    """An upstream's 5xx with a body of ours, where nobody is to see its own."""
    errors = plan.policy.edge.errors
    if errors.details != "hidden":
        return []
    body = (
        '@(new JObject(new JProperty("type", "about:blank"), new JProperty("title", "Refused"), '
        'new JProperty("status", context.Response.StatusCode), new JProperty("reason", '
        'context.Response.StatusCode > 501 && context.Response.StatusCode < 505 ? "unavailable" : "internal"), '
        'new JProperty("id", context.RequestId.ToString())).ToString(Formatting.None))'
    )
    return [element("choose", [_when("context.Response.StatusCode >= 500", [
        element("set-header", [element("value", text=_kind(plan))], name="Content-Type", exists_action="override"),
        element("set-body", text=Expression(body)),
    ])])]  # fmt: skip


def _kind(plan: AzurePlan) -> str:
    return "application/problem+json" if plan.policy.edge.errors.format == "problem+json" else "application/json"


def _refuse(plan: AzurePlan) -> list[Element]:
    status = f'(int){_ANSWER}["status"]'
    reason = f'(string){_ANSWER}["reason"]'
    problem = (
        '@{ JObject answer = ' + _ANSWER + '; if ((int)answer["status"] == 204) { return ""; } '
        'return new JObject(new JProperty("type", "about:blank"), new JProperty("title", "Refused"), '
        'new JProperty("status", (int)answer["status"]), new JProperty("reason", (string)answer["reason"]), '
        'new JProperty("id", context.RequestId.ToString())).ToString(Formatting.None); }'
    )
    response = element("return-response", [
        element("set-status", code=Expression(f"@({status})"), reason=Expression(f"@({reason})")),
        *_completed(plan, f'{_ANSWER}["headers"]', _refusing_headers(plan)),
        element("set-header", [element("value", text=_kind(plan))], name="Content-Type", exists_action="override"),
        element("set-body", text=Expression(problem)),
    ])  # fmt: skip
    return [*refused_events(plan), response]


def _on_error(plan: AzurePlan) -> list[Element]:
    """Every error becomes a refusal: what the policies know of it, and 500 for anything else."""
    no_operation = 'context.LastError.Source == "configuration" && context.LastError.Reason == "OperationNotFound"'
    over = 'context.LastError.Reason == "RateLimitExceeded" || context.LastError.Reason == "QuotaExceeded"'
    source = (
        f'(context.Variables.ContainsKey("seccfg-access") ? {_ACCESS} : {_EDGE})'
    )
    whens = [
        _when(no_operation, [
            _include(plan, "edge"),
            _variable("seccfg-answer", f'({_EDGE}["refusal"] == null ? {_fixed(plan, "no_route")} : {_EDGE}["refusal"].ToString())'),
        ]),
        _when(over, [_variable("seccfg-answer", f'({source}["limited"] == null ? {_fixed(plan, "internal")} : {source}["limited"].ToString())')]),
        _when('context.LastError.Source == "validate-jwt"', [
            _include(plan, "access"),
            _variable("seccfg-answer", f'({_ACCESS}["refusal"] == null ? {_fixed(plan, "invalid_token")} : {_ACCESS}["refusal"].ToString())'),
        ]),
    ]  # fmt: skip
    otherwise = element("otherwise", [_variable("seccfg-answer", _fixed(plan, "internal"))])
    return [element("base"), element("choose", [*whens, otherwise]), _retry(plan), _include(plan, "refuse")]


def _retry(plan: AzurePlan) -> Element:
    """`Retry-After`: what a rate limit says; of a quota, which says nothing, the rest of its window."""
    periods = "".join(
        f'case "limit-{limit.index}": period = {counter.period_s}; break; '
        for limit in plan.limits for counter in limit.counters if counter.policy == "quota-by-key"
    )  # fmt: skip
    quota = (
        f'long period = 0; switch (context.LastError.PolicyId) {{ {periods}}} '
        'if (period != 0) { wait = (period - DateTimeOffset.UtcNow.ToUnixTimeSeconds() % period).ToString(); } '
    )
    return _variable(
        "seccfg-answer",
        '@{ JObject answer = ' + _ANSWER + '; if ((string)answer["reason"] == "rate_limited") { string wait = null; '
        + (quota if periods else "")
        + 'if (context.Variables.ContainsKey("seccfg-retry-after")) { wait = context.Variables["seccfg-retry-after"].ToString(); } '
        'if (wait != null) { answer["headers"]["retry-after"] = wait; } } return answer.ToString(Formatting.None); }',
    )  # fmt: skip
