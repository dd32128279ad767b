"""Policy -> plan, gaps and what stack and function enforce instead. Every choice of this target is made here."""

from __future__ import annotations

from typing import Final, assert_never

from seccfg.expr.ast import attributes
from seccfg.findings import SpecPath
from seccfg.ir import policy as ir
from seccfg.record import replace
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import GapList
from seccfg_aws.bodies import without_bodies
from seccfg_aws.edges import FixedAnswers, domain_plans, fixed_answers, hsts_value, retention_days, tls_policy
from seccfg_aws.lite import (
    http_errors,
    http_fixed,
    http_forward,
    http_headers,
    http_routes,
    http_status,
    http_validate,
)  # fmt: skip
from seccfg_aws.native import ORDER as NATIVE_ORDER
from seccfg_aws.native import NativePlan, mock_headers, plan_native, without_limits
from seccfg_aws.plan import AwsOptions, AwsPlan, MethodPlan, UpstreamPlan
from seccfg_aws.routes import resource_paths, unroutable
from seccfg_aws.schemas import native
from seccfg_aws.sizes import API_QUOTA, Form, form, resource_count
from seccfg_aws.statuses import REASONS, effective_status, raised, status_plan
from seccfg_runtime.planning import plan_policy
from seccfg_runtime.runtime.authorizer import identity_key
from seccfg_runtime.runtime.interface import PolicyError
from seccfg_runtime.runtime.keyset_plain import ALGORITHMS
from seccfg_runtime.runtime.schemas_plain import compile_schema

__all__ = ["LONGEST_PATH", "ORDER", "lower"]

ORDER: Final[tuple[ir.StepName, ...]] = (
    "host", "route", "method", "plain_http", "preflight", "request_target", "address", "body", "address_limits",
    "authenticate", "revocation", "principal_limits", "authorize", "validate", "forward",
)  # fmt: skip
"""API Gateway matches host, path and method; the function does the rest."""
LONGEST_PATH: Final = 1500
"""API Gateway answers 414 for an ARN above 1600 bytes: the path, and what stands before it, taken as 100."""
_LONGEST_TIMEOUT_S: Final = 29
_REFUSES_ALL: Final = '{"not":{}}'


def lower(policy: ir.Policy, options: AwsOptions) -> tuple[AwsPlan, tuple[Gap, ...], ir.Policy]:
    """What stack and function do for every control; what they do not becomes a `Gap` and changes the effective Policy."""
    return _Lowering(policy, options).run()


class _Lowering:
    def __init__(self, policy: ir.Policy, options: AwsOptions) -> None:
        self._policy = policy
        self._options = options
        self._gaps = GapList(policy)
        self._closed = unroutable(policy.routes)
        with_options = {route.template for route in policy.routes if route.method == "OPTIONS"}
        self._own_options = frozenset(with_options)
        self._http = options.api == "http"
        open_routes = [r for r in policy.routes if r.id not in self._closed]
        self._form: Form = "resources" if self._http else form(open_routes, len(policy.hosts))
        self._tls = "TLS_1_2" if self._http else tls_policy(policy.edge.transport)
        self._unseen = _unseen(policy)

    def run(self) -> tuple[AwsPlan, tuple[Gap, ...], ir.Policy]:
        policy = self._policy
        routes = tuple(self._route(route) for route in policy.routes if not self._left_out(route))
        verifiers = tuple(self._verifier(verifier) for verifier in policy.verifiers)
        domains, hosts, truststore = domain_plans(policy, self._tls, self._gaps)
        errors = self._errors(policy.edge.errors)
        edge = replace(
            policy.edge, transport=self._transport(policy.edge.transport), errors=errors,
            audit=self._audit(policy.edge.audit), headers=self._headers(policy.edge.headers),
        )  # fmt: skip
        self._whole()
        plain = replace(
            policy, verifiers=verifiers, session=None, edge=edge, routes=routes, host=ir.Host(unseen=self._unseen)
        )  # fmt: skip
        native = plan_native(plain, self._gaps) if self._options.prefer == "native" else NativePlan()
        counted = {limit.name for limit in native.limits}
        routes = tuple(without_limits(route, counted) for route in routes)
        static = {preflight.template: preflight for preflight in native.preflights}
        fixed = FixedAnswers(http_fixed(), ()) if self._http else fixed_answers(policy, routes, errors, native)
        effective = replace(
            plain, routes=routes, order=NATIVE_ORDER if native.edge else ORDER,
            host=ir.Host(
                https_only=True, longest_path=LONGEST_PATH, door=True, certificate_hosts=hosts,
                bodies="unseen" if self._http else "schema",
                body_status=0 if self._http else policy.edge.errors.code("invalid_input"), unseen=self._unseen, fixed=fixed.answers,
                passes_untouched=True, keeps_client_headers=True,
                limits=tuple(ir.HostLimit(limit.name, limit.limit, limit.window_s) for limit in native.limits),
                preflights=tuple(
                    ir.FixedPreflight(p.template, tuple((n.lower(), v) for n, v in p.headers)) for p in native.preflights
                ),
            ),
        )  # fmt: skip
        module = plan_policy(without_bodies(effective))
        paths = resource_paths(routes)
        plan = AwsPlan(
            name=policy.name,
            options=self._options,
            form=self._form,
            module=module,
            methods=tuple(self._method(route, paths[route.id]) for route in routes),
            preflights=tuple(
                dict.fromkeys(paths[r.id] for r in routes if r.first(ir.Cors) is not None and r.template not in static)
            ),
            domains=domains,
            truststore=truststore,
            tls_policy=self._tls,
            status=status_plan(policy.edge.errors),
            headers=policy.edge.headers,
            fixed=fixed.headers,
            errors=policy.edge.errors,
            counts=any(route.limits() for route in routes),
            keyed=not self._http and any(route.limits() for route in routes),
            revokes=any(route.first(ir.Revocation) is not None for route in routes),
            secrets=tuple(sorted({ref.env for ref in module.policy.secrets() if ref.env})),
            retention_days=retention_days(policy.edge.audit),
            retention_asked=(policy.edge.audit.retention_min_s, policy.edge.audit.retention_max_s),
            sends_open=bool(self._unseen),
            evidence=policy.evidence,
            native=native,
            mocks=tuple({
                paths[r.id]: mock_headers(static[r.template].headers, hsts_value(edge.headers.hsts))
                for r in routes if r.template in static
            }.items()),
            unauthorized=raised(policy.edge.errors),
        )  # fmt: skip
        return plan, self._gaps.all(), effective

    # ----------------------------------------------------------------------------------------------------- the whole
    def _whole(self) -> None:
        """What is left to the service whatever the routes say."""
        gaps = self._gaps
        gaps.delegated(
            ("body",), "body-unseen", to="python", widens=True,
            why="an authorizer is shown no body: its declared length and type are judged, a schema as far as API Gateway's "
            "validator goes; that it is JSON, without members given twice and not too deep, is not",
        )  # fmt: skip
        if self._http:
            http_routes([r for r in self._policy.routes if r.id not in self._closed], gaps)
        else:
            self._quota()
        for key in self._unseen:
            for condition in self._policy.conditions:
                if key in attributes(condition.expr):
                    source = "body" if self._is_from_body(key) else "application"
                    gaps.delegated(
                        ("conditions", condition.name), f"{source}-attribute", to="python", widens=True,
                        why=f"an authorizer does not see {key[0]}.{key[1]}: the rest of the condition is decided, and "
                        "X-Authz-Open tells the service that it is open",
                    )  # fmt: skip
        for limit in dict.fromkeys(limit for route in self._policy.routes for limit in route.limits()):
            if isinstance(limit.key, ir.ByAttribute) and (limit.key.side, limit.key.name) in self._unseen:
                gaps.unsupported(
                    ("rate_limits", limit.name, "by"), "limit-key", why="an authorizer does not see what it counts by",
                    bound="every request refused",
                )  # fmt: skip
        if self._policy.session is not None:
            self._session(self._policy.session)

    def _quota(self) -> None:
        gaps = self._gaps
        resources = resource_count([r for r in self._policy.routes if r.id not in self._closed])
        if resources > API_QUOTA:
            gaps.outside(
                ("routes",), "api-quota", bound=f"{resources} resources",
                why=f"the paths need {resources} resources of one REST API, and AWS allows an account {API_QUOTA} until it is "
                "asked for more (Service Quotas, Amazon API Gateway, resources per API): ask before the stack is applied",
            )  # fmt: skip

    def _is_from_body(self, key: tuple[ir.Side, str]) -> bool:
        return any((a.side, a.name) == key and isinstance(a.source, ir.FromBody) for a in self._policy.attrs)

    def _session(self, session: ir.Session) -> None:
        cookie = f"{session.cookie_name}, http_only {session.cookie_http_only}, secure {session.cookie_secure}"
        refresh = f"{session.refresh_ttl_s} s, rotated {session.refresh_rotate}, {session.refresh_on_reuse} on reuse"
        for key, ident, what in (
            ("access_ttl", "session-access-ttl", f"issuing tokens that live {session.access_ttl_s} s"),
            ("refresh", "session-refresh", f"refreshing ({refresh})"),
            ("absolute_ttl", "session-absolute-ttl", f"ending sessions after {session.absolute_ttl_s} s"),
            ("cookie", "session-cookie", f"setting the cookie ({cookie}, same_site {session.cookie_same_site})"),
            ("logout", "session-logout", f"logging out ({session.logout_path}, back channel {session.back_channel})"),
        ):
            self._gaps.delegated(
                ("sessions", key), ident, to="python", why=f"the stack serves no session endpoints: {what}", widens=False
            )

    def _transport(self, transport: ir.Transport) -> ir.Transport:
        gaps = self._gaps
        if transport.plain_http == "redirect":
            gaps.approximate(
                ("tls", "plain_http"), "no-listener", widens=False, status_only=True, bound="no answer",
                why="API Gateway has no listener for plain http: a connection fails instead of being redirected",
            )  # fmt: skip
        if self._http and (transport.min_tls == "1.3" or transport.ciphers == "modern"):
            gaps.unsupported(
                ("tls", "min_version") if transport.min_tls == "1.3" else ("tls", "ciphers"), "tls-floor", bound="TLS 1.2",
                why="an HTTP API's domain names take TLS 1.2 and 1.3, with the suites of AWS's policy TLS_1_2", widens=True,
            )  # fmt: skip
            transport = replace(transport, min_tls="1.2")
        ciphers = transport.ciphers
        if isinstance(ciphers, tuple):
            gaps.unsupported(
                ("tls", "ciphers"), "cipher-list", bound=f"the suites of {self._tls}",
                why=f"API Gateway takes no list of cipher suites ({' '.join(ciphers)}): those of a named policy are offered",
            )  # fmt: skip
        else:
            gaps.approximate(
                ("tls", "ciphers"), "cipher-profile", bound=f"the suites of {self._tls}", widens=False,
                why=f"the suites of AWS's policy {self._tls} stand for the {ciphers} profile",
            )  # fmt: skip
        for number, certificate in enumerate(transport.certificates):
            gaps.outside(
                ("tls", "certificates", number), "certificate-renewal",
                why=f"a certificate for {certificate.host} in ACM takes the place of {certificate.file}; ACM renews those it "
                f"issued, imported ones are imported again {certificate.renew_before_s} s before they end",
                bound="renewed in ACM",
            )  # fmt: skip
        plain = "allow" if transport.plain_http == "allow" else "refuse"
        return replace(transport, plain_http=plain, certificates=())

    def _errors(self, errors: ir.Errors) -> ir.Errors:
        status = http_status() if self._http else effective_status(errors)
        if self._http:
            http_errors(errors, self._gaps)
        codes = dict(status)
        for reason in REASONS:
            wanted, given = errors.code(reason), codes.get(reason, ir.DEFAULT_STATUS[reason])
            if wanted != given and reason != "preflight":
                self._gaps.approximate(
                    ("errors", "status", reason), f"status-{reason}".replace("_", "-"), widens=False, status_only=True,
                    bound=f"{given} instead of {wanted}", why="an authorizer has two answers, and API Gateway a few of its own",
                )  # fmt: skip
        if errors.details == "shown":
            self._gaps.approximate(
                ("errors", "details"), "details-hidden", bound="reason and id only", widens=False,
                why="refusals show the reason and the id; what else is known stands in the function's log",
            )  # fmt: skip
        return replace(errors, status=status, details="hidden")

    def _headers(self, headers: ir.ResponseHeaders) -> ir.ResponseHeaders:
        gaps = self._gaps
        if self._http:
            http_headers(headers, gaps)
        keys: tuple[tuple[SpecPath, str, bool, str], ...] = (
            (("headers", "set"), "headers-on-passes", bool(headers.set), ", ".join(name for name, _ in headers.set)),
            (("headers", "remove"), "headers-removed", bool(headers.remove), ", ".join(headers.remove)),
            (("tls", "hsts"), "hsts-on-passes", headers.hsts is not None, "Strict-Transport-Security"),
        )
        for at, ident, written, names in keys:
            if written:
                gaps.delegated(
                    at, ident, to="python", widens=False,
                    why=f"an answer of the upstream passes as it is ({names}): the service sends or removes them",
                )  # fmt: skip
        return headers

    def _audit(self, audit: ir.Audit) -> ir.Audit:
        gaps = self._gaps
        for sink in audit.sinks:
            settings = "".join(f", {name} from {ref.env or ref.file}" for name, ref in sink.settings)
            gaps.unsupported(
                ("audit", "sinks", sink.name), "audit-sink", bound="CloudWatch Logs only",
                why=f"no events are sent to {sink.type}{settings}: a subscription of the log groups sends them on",
            )  # fmt: skip
        days = retention_days(audit)
        if (audit.retention_max_s and days * 86_400 > audit.retention_max_s) or days * 86_400 < audit.retention_min_s:
            gaps.approximate(
                ("audit", "retention"), "audit-retention", bound=f"{days} days", widens=False,
                why="CloudWatch Logs keeps for a number of days out of a list",
            )  # fmt: skip
        if audit.required:
            gaps.unsupported(
                ("audit", "required"), "audit-required", bound="best effort",
                why="a line that CloudWatch Logs loses was written as far as the function can tell",
            )  # fmt: skip
        return replace(audit, sinks=(), retention_min_s=0, retention_hot_s=0, retention_max_s=0, required=False)

    # -------------------------------------------------------------------------------------------------------- routes
    def _left_out(self, route: ir.Route) -> bool:
        why = self._closed.get(route.id, "")
        if why:
            self._gaps.unsupported(route.at, "path-closed", why=why, bound="answered as an unknown path")
        return why != ""

    def _route(self, route: ir.Route) -> ir.Route:
        kept = (self._control(route, control) for control in route.controls)
        return replace(route, controls=tuple(control for control in kept if control is not None))

    def _control(self, route: ir.Route, control: ir.Control) -> ir.Control | None:
        """*control* as it is enforced; None: not at all."""
        match control:
            case ir.RequestTarget():
                return self._request_target(route, control)
            case ir.Transport():
                return self._route_transport(route, control)
            case ir.Cors():
                return self._cors(route, control)
            case ir.RateLimit():
                return self._limit(control)
            case ir.Validate():
                return self._validate(route, control)
            case ir.Forward():
                return self._forward(control)
            case ir.Errors():
                return self._errors(control)
            case ir.Audit():
                return self._audit(control)
            case ir.ResponseHeaders():
                return self._headers(control)
            case ir.Session():
                return None
            case ir.ClientAddress() | ir.BodyLimit() | ir.Authenticate() | ir.Revocation() | ir.Authorize():
                return control
            case _:
                assert_never(control)

    def _request_target(self, route: ir.Route, control: ir.RequestTarget) -> ir.RequestTarget:
        if control.websocket:
            self._gaps.unsupported(
                (*route.at, "websocket"), "websocket", why="a REST API carries no websocket", bound="answered as malformed"
            )
        return replace(control, websocket=False)

    def _route_transport(self, route: ir.Route, control: ir.Transport) -> ir.Transport:
        if control.plain_http == "allow":
            self._gaps.outside(
                (*route.at, "plain_http"), "plain-http", bound="https only",
                why="API Gateway has no listener for plain http: whoever calls this route asks by https",
            )  # fmt: skip
        return self._transport(control)

    def _cors(self, route: ir.Route, control: ir.Cors) -> ir.Cors | None:
        if route.template in self._own_options:
            self._gaps.unsupported(
                ("cors", control.name), "cors-with-options", bound="no CORS where OPTIONS is a route",
                why="a path has one OPTIONS method: where the spec declares it, preflights are requests like others",
            )  # fmt: skip
            return None
        self._gaps.delegated(
            ("cors", control.name), "cors-on-passes", to="python", widens=False,
            why="preflights and refusals carry CORS headers (a refused credential those of the only origin, where there is "
            "only one); an answer of the upstream passes as it is, and the service adds them" if not self._http else
            "preflights carry CORS headers; an answer of the upstream passes as it is, and the service adds them",
        )  # fmt: skip
        if self._http:
            self._gaps.unsupported(
                ("cors", control.name), "cors-on-refusals", bound="on no refusal",
                why="refusals of an HTTP API carry no header of ours: a page of another origin sees that it failed, not why",
            )  # fmt: skip
        return control

    def _limit(self, limit: ir.RateLimit) -> ir.RateLimit:
        if self._http:
            self._gaps.approximate(
                ("rate_limits", limit.name), "limit-status", bound="403 without Retry-After", widens=False, status_only=True,
                why="an HTTP API has no keys: a request above a limit is denied like any other",
            )  # fmt: skip
        if limit.on_store_failure == "refuse":
            return limit
        enforced = replace(limit, on_store_failure="refuse")
        self._gaps.approximate(
            ("rate_limits", limit.name, "on_store_failure"), "limit-store-failure", widens=False, enforced=(enforced,),
            why="a request is refused while the table cannot be reached; instances of the function do not count on their own",
            bound="refused while the store is down",
        )  # fmt: skip
        return enforced

    def _validate(self, route: ir.Route, control: ir.Validate) -> ir.Validate:
        params = tuple(self._param(route, param) for param in control.params)
        if control.screens:
            self._gaps.delegated(
                ("screen",), "screen-body", to="python", widens=True,
                why="path, query and header parameters are screened; bodies are not seen",
            )  # fmt: skip
        if self._http:
            return http_validate(route, replace(control, params=params), self._gaps)
        body, left = ("", ()) if not control.body_schema else native(control.body_schema, self._form)
        at: SpecPath = (*route.at, "body", "schema")
        if control.body_schema and not control.body_required:
            body = ""
            self._gaps.delegated(
                at, "body-optional", to="python", widens=True,
                why="API Gateway's validator would refuse a request without body, so it does not look at this one",
            )  # fmt: skip
        elif left:
            self._gaps.delegated(
                at, "body-schema", to="python", widens=True, bound=f"delegated to python: {', '.join(left)}",
                why=f"API Gateway's validator is not known to check {', '.join(left)}",
            )  # fmt: skip
        return replace(control, params=params, body_schema=body, body_required=body != "")

    def _param(self, route: ir.Route, param: ir.Param) -> ir.Param:
        try:
            compile_schema(param.schema, param.name, as_text=param.type in ("timestamp", "duration"))
        except PolicyError as error:
            self._gaps.unsupported(
                (*route.at, "params", param.name), f"parameter-schema-{param.place}", bound="every value refused", why=str(error)
            )
            return replace(param, schema=_REFUSES_ALL)
        return param

    def _forward(self, forward: ir.Forward) -> ir.Forward:
        at: SpecPath = ("upstreams", forward.upstream)
        if self._http:
            forward = http_forward(forward, self._gaps)
        if not forward.verify_tls:
            self._gaps.approximate(
                (*at, "tls"), "upstream-certificate", bound="always checked", widens=False,
                why="the certificate of the upstream is checked: API Gateway's way not to is never emitted",
            )  # fmt: skip
        if forward.timeout_s > _LONGEST_TIMEOUT_S:
            self._gaps.approximate(
                (*at, "timeout"), "upstream-timeout", bound=f"{_LONGEST_TIMEOUT_S} s", widens=False,
                why=f"API Gateway waits for an upstream {_LONGEST_TIMEOUT_S} s, not {forward.timeout_s} s",
            )  # fmt: skip
        if forward.set:
            self._gaps.approximate(
                ("forward", "identity"), "identity-sent", bound="refused when nothing verified replaces it", widens=False,
                why="a header mapped to nothing may leave the client's own, so a request that sends an identity header is "
                "refused (403) where there is no verified value for it, and always when it is spelt with underscores; an empty "
                "value is sent as no header",
            )  # fmt: skip
        if forward.strip_cookies:
            self._gaps.approximate(
                ("forward", "credentials"), "cookies-stripped", bound="no cookie reaches the upstream", widens=False,
                why="a mapping takes away the whole Cookie header, other cookies with the credential",
            )  # fmt: skip
        return forward

    def _method(self, route: ir.Route, path: tuple[str, ...]) -> MethodPlan:
        forward = route.one(ir.Forward)
        names = zip(path, route.path, strict=True)
        strip = (*forward.strip, *(["cookie"] if forward.strip_cookies else []))
        return MethodPlan(
            verb=route.method,
            path=path,
            template=route.template,
            upstream=UpstreamPlan(forward.upstream, forward.url, min(forward.timeout_s, _LONGEST_TIMEOUT_S) * 1000),
            names=tuple((text.strip("{}+"), s.name) for text, s in names if not isinstance(s, ir.LiteralSegment)),
            strip=tuple(dict.fromkeys(strip)),
            identity=tuple((entry.header, identity_key(entry.header)) for entry in forward.set),
            strip_query=forward.strip_query,
            model=route.one(ir.Validate).body_schema,
            content_types=route.one(ir.BodyLimit).content_types,
        )

    # ----------------------------------------------------------------------------------------------------- verifiers
    def _verifier(self, verifier: ir.Verifier) -> ir.JwtVerifier | ir.KeyVerifier | ir.CertVerifier:
        match verifier:
            case ir.IntrospectVerifier():
                shut = ir.KeyVerifier(
                    verifier.name, verifier.places, ir.SecretRef(), (), verifier.asserts, verifier.pos
                )  # no records: no credential in its places is ever right
                self._gaps.unsupported(
                    ("auth", verifier.name), "introspection", bound="answered as a wrong key", enforced=(shut,),
                    why=f"the function does not ask {verifier.endpoint} as {verifier.client_id} (secret from "
                    f"{verifier.credential.env or verifier.credential.file}, answers kept {verifier.cache_s} s)",
                )  # fmt: skip
                return shut
            case ir.JwtVerifier():
                return self._jwt(verifier)
            case ir.KeyVerifier() | ir.CertVerifier():
                return verifier
            case _:
                assert_never(verifier)

    def _jwt(self, verifier: ir.JwtVerifier) -> ir.JwtVerifier:
        unknown = tuple(name for name in verifier.algorithms if name not in ALGORITHMS)
        if not unknown:
            return verifier
        kept = replace(verifier, algorithms=tuple(a for a in verifier.algorithms if a in ALGORITHMS))
        self._gaps.unsupported(
            ("auth", verifier.name, "algorithms"), "token-algorithm", enforced=(kept,),
            why=f"the standard library of Lambda's Python has no {', '.join(unknown)}, and no layer is added: such tokens are "
            f"refused; let the issuer sign with one of {', '.join(sorted(ALGORITHMS))}",
            bound=f"{', '.join(unknown)} refused",
        )  # fmt: skip
        return kept


def _unseen(policy: ir.Policy) -> tuple[tuple[ir.Side, str], ...]:
    """Attributes an authorizer is not shown."""
    return tuple(sorted((a.side, a.name) for a in policy.attrs if isinstance(a.source, (ir.FromBody, ir.FromApplication))))
