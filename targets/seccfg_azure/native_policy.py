"""`prefer: native`: the plan as policy documents, in the words of the service's own policies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final, get_args

from seccfg.ir import policy as ir
from seccfg_azure.csharp import policy_string
from seccfg_azure.document import Element, Expression, element
from seccfg_azure.native_code import UNREADABLE, claim
from seccfg_azure.plan import AzurePlan, NativePlan
from seccfg_azure.policies import SET_ANEW, hidden, imitations
from seccfg_azure.telemetry import hub_logger

__all__ = ["native_documents"]

_EVENTS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("no_credential", "invalid_token"), "auth.failed"), (("rate_limited",), "rate.limited"), (("internal",), "check.failed"),
    (("wrong_host", "plain_http", "address", "forbidden", "insufficient_scope"), "authz.denied"),
)  # fmt: skip
"""Events of reasons; every other one is `input.rejected`."""
_MALFORMED: Final = r"""@{
    var url = context.Request.OriginalUrl;
    var headers = context.Request.Headers;
    string query = url.QueryString ?? "";
    string host = headers.GetValueOrDefault("Host", "").Trim();
    string name = Regex.Replace(host, ":[0-9]*\\z", "").ToLowerInvariant();
    string port = host.Length > name.Length + 1 ? host.Substring(name.Length + 1) : url.Scheme == "https" ? "443" : "80";
    string length = headers.GetValueOrDefault("Content-Length", "0").Trim();
    if (Regex.IsMatch(query, "[^!-~]|#|%(?![0-9A-Fa-f]{2})")
        || new[] { "Host", "Authorization", "Content-Length" }.Any(each => headers.ContainsKey(each) && headers[each].Length != 1)
        || new[] { "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL", "Upgrade" }.Any(each => headers.ContainsKey(each))
        || !headers.ContainsKey("Host") || host.Contains(",")
        || !string.Equals(url.Host, name, StringComparison.OrdinalIgnoreCase) || url.Port.ToString() != port
        || !Regex.IsMatch(length, "\\A[0-9]{1,18}\\z") || (headers.ContainsKey("Content-Length") && headers.ContainsKey("Transfer-Encoding"))) {
        return "malformed";
    }
    if (!new string[] { HOSTS }.Contains(name)) { return "wrong_host"; }
    return url.Scheme == "https"PLAIN ? "" : "plain_http";
}"""
_BODY: Final = r"""@{
    var headers = context.Request.Headers;
    if (headers.ContainsKey("Transfer-Encoding")) { return "body_too_large"; }
    long length = long.Parse(headers.GetValueOrDefault("Content-Length", "0"));
    if (length > LARGEST) { return "body_too_large"; }
    string[] types = headers.ContainsKey("Content-Type") ? headers["Content-Type"] : new string[0];
    if (length > 0 && !(types.Length == 1 && TYPES.Contains(types[0].Split(';')[0].Trim().ToLowerInvariant()))) { return "media_type"; }
    long sent = context.Request.Body == null ? 0 : context.Request.Body.As<byte[]>(preserveContent: true).Length;
    return sent == length ? "" : "malformed";
}"""
_PART: Final = r"""@{
    string part = ((string)context.Variables["token"]).Split('.')[PART].Replace('-', '+').Replace('_', '/');
    return Encoding.UTF8.GetString(Convert.FromBase64String(part.PadRight((part.Length + 3) / 4 * 4, '=')));
}"""
_GOOD: Final = r"""@{
    JObject head = JObject.Parse((string)context.Variables["head"]);
    JObject claims = JObject.Parse((string)context.Variables["claims"]);
    string token = (string)context.Variables["token"];
    double now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    bool good = token.Length <= 8192 && Regex.IsMatch(token, "\\A[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\z")
        && head["kid"] != null && head["kid"].Type == JTokenType.String && new[] { NAMED }.Contains((string)head["alg"] + " " + (string)head["kid"])
        && !new[] { "crit", "jku", "jwk", "x5u", "b64" }.Any(each => head[each] != null)
        && (head["typ"] == null || new[] { "JWT", "at+jwt", "application/at+jwt" }.Contains((string)head["typ"]))
        && new[] { "exp", "nbf", "iat" }.All(each => claims[each] == null || ((claims[each].Type == JTokenType.Integer || claims[each].Type == JTokenType.Float) && Math.Abs((double)claims[each]) <= 9007199254740991D))
        && claims["exp"] != null && (double)claims["exp"] + SKEW > now
        && (claims["nbf"] == null || now >= (double)claims["nbf"] - SKEW)
        && (claims["iat"] == null || now + SKEW >= (double)claims["iat"])
        && (!(claims["aud"] is JArray) || claims["aud"].All(each => each.Type == JTokenType.String))
        && SUBJECT != null && SUBJECT.Type == JTokenType.String && (string)SUBJECT != "" && !Regex.IsMatch((string)SUBJECT, UNREADABLE);
    return good ? "" : "invalid_token";
}"""
_NOT_PLAIN: Final = r'Regex.IsMatch(context.Request.OriginalUrl.Path, "[^!-~]|[#%;\\\\]|//|/\\.\\.?(?:/|\\z)")'
_CORS_HEADERS: Final = tuple(
    f"Access-Control-{name}"
    for name in ("Allow-Origin", "Allow-Credentials", "Allow-Methods", "Allow-Headers", "Expose-Headers", "Max-Age")
)
_OPERATION: Final = 'context.Operation == null ? "" : context.Operation.Id'
_MAPPED_V4: Final = 0xFFFF << 32
_ON_ERROR: Final = r"""@{
    string source = context.LastError.Source;
    string reason = context.LastError.Reason;
    if (source == "configuration" && reason == "OperationNotFound") { return "no_route"; }
    if (reason == "RateLimitExceeded" || reason == "QuotaExceeded") { return "rate_limited"; }
    if (source == "ip-filter") { return "address"; }
    if (source == "validate-jwt") { return reason == "TokenNotPresent" ? "no_credential" : "invalid_token"; }
    return "internal";
}"""


def native_documents(plan: AzurePlan, native: NativePlan) -> tuple[Element, dict[str, Element]]:
    """The API's policy, and fragment id -> document."""
    made = _Documents(plan, native)
    return made.policy(), made.fragments()


class _Documents:
    def __init__(self, plan: AzurePlan, native: NativePlan) -> None:
        self._plan, self._native = plan, native
        self._policy = plan.policy
        self._errors = plan.policy.edge.errors

    def policy(self) -> Element:
        inbound = [
            *self._cors(), element("base"), *self._own_operations(), *self._checked(self._request()), *self._addresses(),
            *self._checked(self._body()), *self._limit(), *self._identity(), *self._inputs(), *self._told_passes(),
            self._include("forward"), *self._backends(),
        ]  # fmt: skip
        on_error = [element("base"), _variable("refused", _ON_ERROR), self._include("refuse")]
        return element("policies", [
            element("inbound", inbound), element("backend", [element("base")]),
            element("outbound", [element("base"), *hidden(self._plan), *self._headers(passing=True)]), element("on-error", on_error),
        ])  # fmt: skip

    def fragments(self) -> dict[str, Element]:
        return {
            self._fragment("forward"): element("fragment", self._forward()),
            self._fragment("refuse"): element("fragment", self._refuse()),
        }

    # -------------------------------------------------------------------------------------------------------- inbound
    def _cors(self) -> list[Element]:
        cors = self._native.cors
        if cors is None:
            return []
        origins = ["*"] if cors.any_origin else [origin.text for origin in cors.origins]
        age = {} if cors.max_age_s is None else {"preflight_result_max_age": str(cors.max_age_s)}
        expose = [element("expose-headers", [element("header", text=name) for name in cors.expose])] if cors.expose else []
        return [element("cors", [
            element("allowed-origins", [element("origin", text=origin) for origin in origins]),
            element("allowed-methods", [element("method", text=method) for method in cors.methods], **age),
            element("allowed-headers", [element("header", text=name) for name in cors.headers]), *expose,
        ], allow_credentials="true" if cors.credentials else "false", terminate_unmatched_request="false")]  # fmt: skip

    def _request(self) -> str:
        """Malformed, for another host, or over plain http."""
        plain = "" if not self._native.plain_http else f" || {_among(self._native.plain_http)}"
        return _MALFORMED.replace("HOSTS", ", ".join(policy_string(host) for host in self._policy.hosts)).replace("PLAIN", plain)

    def _own_operations(self) -> list[Element]:
        """The closed world: the operation is one of ours, and the path one of its own."""
        own = ",\n".join(f'    "{ident} {path}"' for ident, path in self._native.paths)
        matched = 'context.Operation.Id + " " + context.Request.OriginalUrl.Path'
        known = f'!new[] {{\n{own}\n}}.Any(own => Regex.IsMatch({matched}, "\\\\A" + own + "\\\\z"))'
        return [element("choose", [_when(f"{_NOT_PLAIN} || {known}", [_text("refused", "no_route"), self._include("refuse")])])]

    def _addresses(self) -> list[Element]:
        found: list[Element] = []
        for rule in self._native.addresses:
            found.append(element("ip-filter", _ranges(rule.allow), action="allow"))
            if rule.deny:
                found.append(element("ip-filter", _ranges(rule.deny), action="forbid"))
        return found

    def _body(self) -> str:
        (first, _), *others = self._native.bodies
        largest, types = str(first.max_bytes), _texts(first.content_types)
        for body, own in others:
            largest = f"{_among(own)} ? {body.max_bytes} : {largest}"
            types = f"{_among(own)} ? {_texts(body.content_types)} : {types}"
        return _BODY.replace("LARGEST", f"({largest})" if others else largest).replace("TYPES", f"({types})" if others else types)

    def _limit(self) -> list[Element]:
        counter = self._native.counter
        if counter is None:
            return []
        address = 'IPAddress.Parse(context.Request.IpAddress.Replace("::ffff:", "")).GetAddressBytes()'
        key = f"@({policy_string(f'{self._plan.name}/{self._native.limit}/')} + Convert.ToBase64String({address}.Take(8).ToArray()))"
        more = {"retry_after_variable_name": "retry-after"}
        if counter.policy == "quota-by-key":
            more = {"first_period_start": "1970-01-01T00:00:00Z"}
        return [element(
            counter.policy, calls=str(counter.calls), renewal_period=str(counter.period_s), counter_key=Expression(key), **more
        )]  # fmt: skip

    def _identity(self) -> list[Element]:
        verifier, keys = self._native.verifier, self._native.keys
        if verifier is None:
            return []
        subject = claim(verifier.subject_claim)
        named = ", ".join(policy_string(f"{name} {key.kid}") for key in keys for name in key.algorithms)
        token = (
            _GOOD.replace("NAMED", named).replace("SKEW", str(verifier.skew_s)).replace("SUBJECT", subject)
            .replace("UNREADABLE", UNREADABLE)
        )  # fmt: skip
        found = [
            element("validate-jwt", [
                element("issuer-signing-keys", [element("key", id_=key.kid, n=key.modulus, e=key.exponent) for key in keys]),
                element("audiences", [element("audience", text=audience) for audience in verifier.audiences]),
                element("issuers", [element("issuer", text=verifier.issuer)]),
            ], header_name="Authorization", failed_validation_httpcode="401", require_expiration_time="true",
               require_scheme="Bearer", require_signed_tokens="true", clock_skew=str(verifier.skew_s)),
            _variable("token", 'context.Request.Headers["Authorization"][0].Trim().Substring(7)'),
            _variable("head", _PART.replace("PART", "0")), _variable("claims", _PART.replace("PART", "1")),
            *self._checked(token), *self._checked(self._native.access),
        ]  # fmt: skip
        if not self._native.public:
            return found
        return [element("choose", [_when(f"!{_among(self._native.public)}", found)])]

    def _inputs(self) -> list[Element]:
        if not self._native.inputs:
            return []
        return self._checked(self._native.inputs)

    def _forward(self) -> list[Element]:
        """What of the request reaches the upstream: no credential, and nothing the gateway says in its own words."""
        forwards = [route.one(ir.Forward) for route in self._policy.routes]
        gone = {name for forward in forwards for name in forward.strip} | {"x-authz-open"}
        forged = {spelt for name in (*gone, *SET_ANEW) for spelt in imitations(name)}
        own = {"X-Forwarded-For": "IpAddress", "X-Forwarded-Host": "OriginalUrl.Host", "X-Forwarded-Proto": "OriginalUrl.Scheme"}
        anew = {name.lower() for name in own}
        return [
            *(element("set-header", name=name, exists_action="delete") for name in sorted((gone | {*SET_ANEW} | forged) - anew)),
            *(_header(name, Expression(f"@(context.Request.{value})")) for name, value in own.items()),
        ]

    def _backends(self) -> list[Element]:
        forwards = [route.one(ir.Forward) for route in self._policy.routes]
        urls: dict[str, list[str]] = {}
        ids = {operation.title: operation.id for operation in self._plan.operations}
        for route, forward in zip(self._policy.routes, forwards, strict=True):
            urls.setdefault(forward.url, []).append(ids[route.id])
        if len(urls) == 1:
            return [element("set-backend-service", base_url=next(iter(urls)))]
        whens = []
        for url, own in urls.items():
            whens.append(_when(_among(own), [element("set-backend-service", base_url=url)]))
        return [element("choose", whens)]

    # ------------------------------------------------------------------------------------------------------- refusing
    def _checked(self, code: str) -> list[Element]:
        """Refuse for the reason *code* gives, go on where it gives none."""
        refused = _when('(string)context.Variables["refused"] != ""', [self._include("refuse")])
        return [_variable("refused", code), element("choose", [refused])]

    def _refuse(self) -> list[Element]:
        """What every refusal answers: its status, and nothing of why but the reason's name."""
        kind = "application/problem+json" if self._errors.format == "problem+json" else "application/json"
        problem = (
            '@(new JObject(new JProperty("type", "about:blank"), new JProperty("title", "Refused"), '
            'new JProperty("status", (int)context.Variables["status"]), new JProperty("reason", (string)context.Variables["refused"]), '
            'new JProperty("id", context.RequestId.ToString())).ToString(Formatting.None))'
        )
        response = element("return-response", [
            element("set-status", code=Expression('@((int)context.Variables["status"])'), reason="Refused"),
            *self._headers(passing=False),
            element("set-header", [element("value", text=kind)], name="Content-Type", exists_action="override"),
            element("set-body", text=Expression(problem)),
        ])  # fmt: skip
        return [_variable("status", self._statuses()), *self._redirect(), *self._told_refusals(), response]

    def _statuses(self) -> str:
        by_code: dict[int, list[str]] = {}
        for reason in get_args(ir.Reason):
            if reason not in ("pass", "preflight", "internal"):
                by_code.setdefault(self._errors.code(reason), []).append(reason)
        lines = ["@{", '    switch ((string)context.Variables["refused"]) {']
        for code, reasons in sorted(by_code.items()):
            named = " ".join(f'case "{reason}":' for reason in reasons)
            lines.append(f"        {named} return {code};")
        return "\n".join([*lines, f"        default: return {self._errors.code('internal')};", "    }", "}"])

    def _redirect(self) -> list[Element]:
        if self._policy.edge.transport.plain_http != "redirect":
            return []
        location = 'string.Concat("https://", context.Request.OriginalUrl.Host.ToLowerInvariant(), context.Request.OriginalUrl.Path, context.Request.OriginalUrl.QueryString)'
        plain = (
            '(string)context.Variables["refused"] == "plain_http" && new[] { "GET", "HEAD" }.Contains(context.Request.Method) '
            '&& !context.Request.Headers.ContainsKey("Authorization")'
        )
        return [element("choose", [_when(plain, [_variable("status", "308"), _variable("location", location)])])]

    def _audited(self) -> set[str]:
        """Events some route audits: what one of them wants told is told of all."""
        return {e for route in self._policy.routes for e in route.one(ir.Audit).events} | set(self._policy.edge.audit.events)

    def _told_refusals(self) -> list[Element]:
        """One message of each refusal that is audited, without credential, address or subject."""
        wanted = ", ".join(f'"{event}"' for event in sorted(self._audited()))
        if not wanted:
            return []
        cases = [
            f"        {' '.join(f'case {policy_string(reason)}:' for reason in reasons)} return {policy_string(event)};"
            for reasons, event in _EVENTS
        ]
        event = "\n".join([
            "@{", '    switch ((string)context.Variables["refused"]) {', *cases, '        default: return "input.rejected";', "    }", "}",
        ])  # fmt: skip
        message = (
            '@(new JObject(new JProperty("events", new JArray((string)context.Variables["event"])), new JProperty("reason", '
            '(string)context.Variables["refused"]), new JProperty("status", (int)context.Variables["status"]), '
            f'new JProperty("operation", {_OPERATION}), new JProperty("id", context.RequestId.ToString())).ToString(Formatting.None))'
        )
        condition = f'new[] {{ {wanted} }}.Contains((string)context.Variables["event"])'
        return [_variable("event", event), element("choose", [_when(condition, self._written(message))])]

    def _told_passes(self) -> list[Element]:
        if "access.allowed" not in self._audited():
            return []
        return self._written(
            '@(new JObject(new JProperty("events", new JArray("access.allowed")), '
            f'new JProperty("operation", {_OPERATION}), new JProperty("id", context.RequestId.ToString())).ToString(Formatting.None))'
        )

    def _written(self, message: str) -> list[Element]:
        """A trace, and a message to the Event Hub where the spec names sinks."""
        found = [element("trace", [element("message", text=Expression(message))], source="seccfg", severity="information")]
        if hub_logger(self._plan):
            found.append(element("log-to-eventhub", text=Expression(message), logger_id=hub_logger(self._plan)))
        return found

    # -------------------------------------------------------------------------------------------------------- headers
    def _headers(self, *, passing: bool) -> list[Element]:
        """Headers every answer gets; on refusals those that say what to do about it."""
        own = self._policy.edge.headers
        fixed = {name.lower() for name, _ in own.set}
        found: list[Element] = []
        if passing:
            gone = [name for name in own.remove if name.lower() not in (*fixed, "server")]
            gone += [] if self._native.cors is not None else _CORS_HEADERS
            found += [element("set-header", name=name, exists_action="delete") for name in gone]
        found += [_header(name, value) for name, value in own.set]
        found.append(_header(self._errors.correlation_header, Expression("@(context.RequestId.ToString())")))
        if own.hsts is not None:
            found.append(self._hsts(own.hsts))
        if self._native.cors is not None:
            found.append(self._vary(passing=passing))
        return found if passing else [*found, *self._answers()]

    def _hsts(self, hsts: ir.Hsts) -> Element:
        value = f"max-age={hsts.max_age_s}{'; includeSubDomains' if hsts.include_subdomains else ''}{'; preload' if hsts.preload else ''}"
        if self._policy.host.https_only:
            return _header("Strict-Transport-Security", value)
        return _header("Strict-Transport-Security", value, 'context.Request.OriginalUrl.Scheme == "https"')

    def _vary(self, *, passing: bool) -> Element:
        """On what a route answers: not before one is known."""
        if passing:
            return _header("Vary", "Origin")
        return _header("Vary", "Origin", '(string)context.Variables["refused"] != "no_route"')

    def _answers(self) -> list[Element]:
        found: list[Element] = []
        counter = self._native.counter
        if counter is not None:
            told = 'context.Variables.ContainsKey("retry-after") ? context.Variables["retry-after"].ToString() : ""'
            if counter.policy == "quota-by-key":  # which says nothing: the rest of its window
                told = f"({counter.period_s} - DateTimeOffset.UtcNow.ToUnixTimeSeconds() % {counter.period_s}).ToString()"
            found.append(_header("Retry-After", Expression(f"@({told})"), '(string)context.Variables["refused"] == "rate_limited"'))
        if self._policy.edge.transport.plain_http == "redirect":
            found.append(_header("Location", Expression('@(context.Variables.ContainsKey("location") ? (string)context.Variables["location"] : "")'), 'context.Variables.ContainsKey("location")'))
        if self._native.verifier is not None:
            found += self._challenge()
        return found

    def _challenge(self) -> list[Element]:
        """`WWW-Authenticate` where the status is the usual one."""
        errors = {"no_credential": "", "invalid_token": ", error=\\\"invalid_token\\\"", "insufficient_scope": ", error=\\\"insufficient_scope\\\""}
        usual = {"no_credential": 401, "invalid_token": 401, "insufficient_scope": 403}
        kept = {reason: text for reason, text in errors.items() if self._errors.code(reason) == usual[reason]}  # type: ignore[arg-type]
        if not kept:
            return []
        value = policy_string(f'Bearer realm="{self._plan.name}"')
        refused = '(string)context.Variables["refused"]'
        for reason, text in kept.items():
            if text:
                value += f' + ({refused} == "{reason}" ? "{text}" : "")'
        listed = ", ".join(f'"{reason}"' for reason in kept)
        return [_header("WWW-Authenticate", Expression(f"@({value})"), f"new[] {{ {listed} }}.Contains({refused})")]

    # --------------------------------------------------------------------------------------------------------- pieces
    def _fragment(self, name: str) -> str:
        return f"seccfg-{self._plan.name}-{name}"

    def _include(self, name: str) -> Element:
        return element("include-fragment", fragment_id=self._fragment(name))


def _texts(values: Iterable[str]) -> str:
    return f"new string[] {{ {', '.join(map(policy_string, values))} }}"


def _among(operations: Iterable[str]) -> str:
    """That the operation is one of these; their ids are letters, digits and dashes."""
    listed = ", ".join(f'"{ident}"' for ident in operations)
    return f"new[] {{ {listed} }}.Contains(context.Operation.Id)"


def _variable(name: str, code: str) -> Element:
    return element("set-variable", name=name, value=Expression(code if code.startswith("@{") else f"@({code})"))


def _text(name: str, value: str) -> Element:
    return element("set-variable", name=name, value=value)


def _when(condition: str, children: Iterable[Element]) -> Element:
    return element("when", children, condition=Expression(f"@({condition})"))


def _header(name: str, value: str | Expression, condition: str = "") -> Element:
    """Set, and where there is a *condition* only when it holds."""
    action: str | Expression = Expression(f'@({condition} ? "override" : "delete")') if condition else "override"
    return element("set-header", [element("value", text=value)], name=name, exists_action=action)


def _ranges(blocks: Sequence[ir.Cidr]) -> list[Element]:
    """Blocks as ranges, for the policy knows no prefixes; IPv4 also as IPv6 shows it."""
    found: list[Element] = []
    for block in blocks:
        size = 32 if block.family == 4 else 128
        last = block.network | ((1 << (size - block.bits)) - 1)
        if block.family == 4:
            found.append(_range(ipaddress.IPv4Address(block.network), ipaddress.IPv4Address(last)))
        mapped = _MAPPED_V4 if block.family == 4 else 0
        found.append(_range(ipaddress.IPv6Address(mapped | block.network), ipaddress.IPv6Address(mapped | last)))
    return found


def _range(first: ipaddress.IPv4Address | ipaddress.IPv6Address, last: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Element:
    return element("address-range", from_=str(first), to=str(last))
