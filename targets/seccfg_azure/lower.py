"""Policy -> plan, gaps and what the gateway decides instead. Every choice of this target is made here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, assert_never

from seccfg.findings import SpecPath
from seccfg.ir import policy as ir
from seccfg.program.lower import application_attributes
from seccfg.program.lower import lower as lower_program
from seccfg.program.model import Program
from seccfg.record import replace
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import GapList
from seccfg_azure import limits
from seccfg_azure.native import NotNative, enforced, own_operations, plan_native, report
from seccfg_azure.operations import operations
from seccfg_azure.plan import AzureOptions, AzurePlan, Counter, LimitPlan, Secret, SigningKey
from seccfg_azure.schemas import NotPortable, SchemaPrinter

__all__ = ["lower", "too_large"]

ALGORITHMS: Final = ("RS256", "RS512", "PS256")
"""What `validate-jwt` is documented to check among what a spec can ask for."""
_REFUSES_ALL: Final = '{"not":{}}'


def lower(policy: ir.Policy, options: AzureOptions) -> tuple[AzurePlan, tuple[Gap, ...], ir.Policy]:
    """What the gateway decides for every control; what it does not becomes a `Gap` and leaves the effective Policy."""
    return _Lowering(policy, options).run()


def too_large(policy: ir.Policy, wrong: Sequence[str]) -> Gap:
    """Documents the tier does not take: nothing can be deployed."""
    at: SpecPath = ("routes",)
    return Gap(
        "policy-size", at, "unsupported", f"the service would refuse the deployment: {'; '.join(wrong)}"[:900],
        "cannot be deployed", False, pos=policy.pos.span(at),
    )  # fmt: skip


class _Lowering:
    def __init__(self, policy: ir.Policy, options: AzureOptions) -> None:
        self._policy = policy
        self._options = options
        self._gaps = GapList(policy)
        self._kept: dict[int, tuple[ir.Control, ...]] = {}
        self._judged: dict[ir.Json, str] = {}
        self._counters: dict[str, tuple[Counter, ...]] = {}

    def run(self) -> tuple[AzurePlan, tuple[Gap, ...], ir.Policy]:
        if self._policy.session is not None:
            self._session(self._policy.session)
        effective = self._effective()
        program = lower_program(effective, application_attributes(self._policy))
        keys, offered, native, kept = _keys(program), operations(program, effective), None, ""
        if self._options.prefer == "native":
            try:
                native = plan_native(effective, program, offered, keys, self._counters)
            except NotNative as why:
                kept = str(why)
        if native is not None:
            report(effective, native, self._gaps)
            effective, offered = enforced(effective, native), own_operations(effective, offered)
        plan = AzurePlan(
            options=self._options,
            program=program,
            policy=effective,
            limits=self._limit_plans(program),
            keys=keys,
            secrets=self._secrets(effective),
            operations=offered,
            protocols=("https",) if effective.host.https_only else ("http", "https"),
            certificates=tuple(certificate.host for certificate in self._policy.edge.transport.certificates),
            forwards_events=bool(self._policy.edge.audit.sinks),
            evidence=self._policy.evidence,
            native=native,
            kept=kept,
        )
        return plan, self._gaps.all(), effective

    # ------------------------------------------------------------------------------------------------ the whole policy
    def _effective(self) -> ir.Policy:
        policy = self._policy
        open_conditions = self._application()
        self._gaps.approximate(
            ("routes",), "encoded-path",
            why="whether the gateway shows paths as sent or decoded is not documented, so a path with a percent sign is "
            "refused (400)",
            bound="paths with a percent sign refused", widens=False,
        )  # fmt: skip
        https_only = self._https_only()
        order = policy.order
        fixed: tuple[ir.FixedAnswer, ...] = ()
        if https_only:
            order = ("plain_http", *(step for step in policy.order if step != "plain_http"))
            fixed = (ir.FixedAnswer("plain_http", (), 404, ()),)
            self._gaps.approximate(
                ("tls", "plain_http"), "plain-http-status",
                why="the API takes https alone, so plain http is answered 404 by the service before anything is looked at",
                bound="404 instead of 403", widens=False, status_only=True,
            )  # fmt: skip
        return replace(
            policy,
            verifiers=tuple(self._verifier(verifier) for verifier in policy.verifiers),
            session=None,
            edge=replace(
                policy.edge, transport=self._transport(policy.edge.transport), audit=self._audit(policy.edge.audit)
            ),
            routes=tuple(self._route(route) for route in policy.routes),
            order=order,
            host=replace(policy.host, plain_paths=True, https_only=https_only, unseen=open_conditions, fixed=fixed),
        )

    def _https_only(self) -> bool:
        """Nothing of the spec is answered over plain http."""
        transports = {route.one(ir.Transport).plain_http for route in self._policy.routes}
        return {*transports, self._policy.edge.transport.plain_http} == {"refuse"} and not self._policy.edge.address.trusted_proxies

    def _application(self) -> tuple[tuple[ir.Side, str], ...]:
        unseen = tuple(sorted(application_attributes(self._policy)))
        for route in self._policy.routes:
            authorize = route.first(ir.Authorize)
            for grant in () if authorize is None else authorize.allow:
                if grant.decided_by == "application":
                    self._gaps.delegated(
                        route.at, "application-conditions", to="python",
                        why="what only the service knows is left to it; it is told in X-Authz-Open which conditions are open",
                        widens=True,
                    )  # fmt: skip
        return unseen

    def _route(self, route: ir.Route) -> ir.Route:
        controls: list[ir.Control] = []
        for control in route.controls:
            if isinstance(control, ir.Validate):
                controls.append(self._validate(route, control))
            elif isinstance(control, ir.RequestTarget) and control.websocket:
                self._gaps.unsupported(
                    (*route.at, "websocket"), "websocket", why="an API over HTTP upgrades no connection; a websocket API "
                    "runs no policies on messages", bound="upgrades refused",
                )  # fmt: skip
                controls.append(replace(control, websocket=False))
            else:
                controls += self._keep(control)
        return replace(route, controls=tuple(controls))

    def _keep(self, control: ir.Control) -> tuple[ir.Control, ...]:
        if id(control) not in self._kept:
            self._kept[id(control)] = self._enforce(control)
        return self._kept[id(control)]

    def _enforce(self, control: ir.Control) -> tuple[ir.Control, ...]:
        """*control* as the gateway decides it; nothing: not at all."""
        match control:
            case ir.RateLimit():
                return self._limit(control)
            case ir.Session():
                self._session(control)
                return ()
            case ir.Transport():
                return (self._transport(control),)
            case ir.Audit():
                return (self._audit(control),)
            case ir.ResponseHeaders():
                self._headers(control)
                return (control,)
            case ir.Revocation():
                return self._revocation(control)
            case ir.Forward():
                self._forward(control)
                return (control,)
            case (
                ir.RequestTarget() | ir.ClientAddress() | ir.Cors() | ir.BodyLimit() | ir.Authenticate()
                | ir.Authorize() | ir.Validate() | ir.Errors()
            ):  # fmt: skip
                return (control,)
            case _:
                assert_never(control)

    def _forward(self, forward: ir.Forward) -> None:
        certificate = "checked" if forward.verify_tls else "checked all the same"
        self._gaps.approximate(
            ("upstreams", forward.upstream), "upstream-connection",
            why=f"the service's own forwarding is used: it waits as long as the policy above says (300 s where nobody changed "
            f"it) instead of {forward.timeout_s} s, the upstream's certificate is {certificate}, and headers that "
            "`Connection` names are not taken away",
            bound="the service's time limit", widens=False,
        )  # fmt: skip

    # ---------------------------------------------------------------------------------------------------------- limits
    def _limit(self, limit: ir.RateLimit) -> tuple[ir.Control, ...]:
        at: SpecPath = ("rate_limits", limit.name)
        counters = limits.choose(limit, self._options)
        burst = f", burst {limit.burst}" if limit.algorithm == "token-bucket" else ""
        tiers = "".join(f", {size} for {' or '.join(roles)}" for roles, size in limit.tiers)
        asked = f"{limit.limit} per {limit.window_s} s ({limit.algorithm}{burst}{tiers}, {_key(limit.key)}, {limit.scope})"
        if not counters:
            why = "counts no failures alone" if limit.count == "auth.failed" else "has no counter for it"
            self._gaps.unsupported(
                at, "rate-limit", why=f"tier {self._options.tier} {why}: {asked}, count {limit.count}", bound="not counted",
                widens=True,
            )  # fmt: skip
            return ()
        self._counters[limit.name] = counters
        enforced = limits.effective_limits(limit, counters)
        self._gaps.approximate(
            at, "rate-limit", why=f"asked for is {asked}", bound=limits.described(limit, counters),
            widens=False, enforced=enforced, reference=limits.reference_bound(limit),
            actual=limits.actual_bound(limit, counters),
        )  # fmt: skip
        if limit.on_store_failure == "refuse":
            self._gaps.approximate(
                (*at, "on_store_failure"), "limit-store-failure",
                why="the gateway keeps its counters itself, and what it does without them is not documented",
                bound="not documented", widens=False,
            )  # fmt: skip
        return enforced

    def _limit_plans(self, program: Program) -> tuple[LimitPlan, ...]:
        by_name = {
            made.name: (counter,)
            for name, counters in self._counters.items()
            for made, counter in zip(_named(name, counters), counters, strict=True)
        }
        return tuple(
            LimitPlan(
                n, limit.name, "address_limits" if isinstance(limit.key, ir.ByAddress) else "principal_limits",
                by_name[limit.name],
            )
            for n, limit in enumerate(program.limits)
        )  # fmt: skip

    # ----------------------------------------------------------------------------------------- edge, answers, sessions
    def _transport(self, transport: ir.Transport) -> ir.Transport:
        if transport.min_tls == "1.3":
            self._gaps.unsupported(
                ("tls", "min_version"), "tls-version", why="the service has no setting for TLS 1.3 alone",
                bound="TLS 1.2 or later", widens=True,
            )  # fmt: skip
        ciphers = transport.ciphers if isinstance(transport.ciphers, str) else " ".join(transport.ciphers)
        if self._options.has_quota:
            self._gaps.approximate(
                ("tls", "ciphers"), "tls-ciphers", why=f"weak ciphers are switched off one by one; asked for is {ciphers}",
                bound="a list of what is off", widens=False,
            )  # fmt: skip
        else:
            self._gaps.unsupported(
                ("tls", "ciphers"), "tls-ciphers", why=f"tier {self._options.tier} has fixed ciphers; asked for is {ciphers}",
                bound="those of the service",
            )  # fmt: skip
        for number, certificate in enumerate(transport.certificates):
            self._gaps.outside(
                ("tls", "certificates", number), "certificate-renewal",
                why=f"bind {certificate.file} to {certificate.host} from a key vault and renew it {certificate.renew_before_s} s "
                "before it ends",
                bound="renewed by the operator",
            )  # fmt: skip
        return replace(transport, certificates=())

    def _headers(self, headers: ir.ResponseHeaders) -> None:
        for number, name in enumerate(headers.remove):
            if name.lower() == "server":
                self._gaps.unsupported(
                    ("headers", "remove", number), "server-header", why="the gateway does not let `Server` be removed",
                    bound="sent by the gateway",
                )  # fmt: skip

    def _audit(self, audit: ir.Audit) -> ir.Audit:
        for sink in audit.sinks:
            settings = "".join(f", {name} from {ref.env or ref.file}" for name, ref in sink.settings)
            self._gaps.outside(
                ("audit", "sinks", sink.name), "audit-sink",
                why=f"policies send to an Event Hub, from which a forwarder of the operator's takes events to {sink.type}{settings}",
                bound="an Event Hub",
            )  # fmt: skip
        kept = (audit.retention_min_s, audit.retention_hot_s, audit.retention_max_s)
        if any(kept):
            self._gaps.outside(
                ("audit", "retention"), "audit-retention",
                why="whatever collects the traces keeps them {} s, searchable {} s, at most {} s".format(*kept),
                bound="kept by the collector",
            )  # fmt: skip
        if audit.required:
            self._gaps.unsupported(
                ("audit", "required"), "audit-required", why="the gateway answers whether or not a trace was written",
                bound="best effort",
            )  # fmt: skip
        if audit.subject == "keyed_hash":
            key = "" if audit.hash_key is None else f" (key {audit.hash_key.env or audit.hash_key.file} is not read)"
            self._gaps.approximate(
                ("audit", "subject"), "audit-subject", why=f"traces show no subject at all instead of a keyed hash{key}",
                bound="no subject", widens=False,
            )  # fmt: skip
        return replace(
            audit, sinks=(), retention_min_s=0, retention_hot_s=0, retention_max_s=0, required=False, subject="clear",
            hash_key=None,
        )  # fmt: skip

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
                ("sessions", key), ident, to="python", why=f"the gateway does not do it: {what}", widens=False
            )

    def _revocation(self, revocation: ir.Revocation) -> tuple[ir.Control, ...]:
        self._gaps.outside(
            ("sessions", "revocation"), "revocation-service",
            why=f"a service at the named value {self._prefix}-revocation-url is asked about every token; it has to know of a "
            f"revocation within {revocation.staleness_s} s, and without its answer tokens are answered 503",
            bound="answered by a service of the operator",
        )  # fmt: skip
        return (revocation,)

    @property
    def _prefix(self) -> str:
        return f"seccfg-{self._policy.name}"

    def _secrets(self, effective: ir.Policy) -> tuple[Secret, ...]:
        found = [
            Secret(
                f"{self._prefix}-keys-{number}", f"keys{number}", verifier.store.env, verifier.name, True,
                f"Key records of {verifier.name} (a JSON list as a key file has it), in base64.",
            )
            for number, verifier in enumerate(effective.verifiers)
            if isinstance(verifier, ir.KeyVerifier) and verifier.store.env
        ]  # fmt: skip
        if any(route.first(ir.Revocation) for route in effective.routes):
            found.append(Secret(
                f"{self._prefix}-revocation-url", "revocationUrl", "", "", False, "Where the policies ask what was revoked.",
                "revocation",
            ))  # fmt: skip
        if not self._options.keeps_logs:
            found.append(Secret(
                f"{self._prefix}-insights", "insights", "", "", True, "Connection string of Application Insights.", "log",
            ))  # fmt: skip
        if self._policy.edge.audit.sinks:
            found += [
                Secret(f"{self._prefix}-hub-name", "hubName", "", "", False, "Name of the Event Hub events are sent to.", "log"),
                Secret(f"{self._prefix}-hub", "hub", "", "", True, "Connection string of its namespace, with the right to send.", "log"),
            ]
        return tuple(found)

    # ----------------------------------------------------------------------------------------------------------- input
    def _validate(self, route: ir.Route, control: ir.Validate) -> ir.Validate:
        """Schemas C# cannot judge by refuse everything."""
        if (why := self._unportable(control.body_schema)) != "":
            self._gaps.unsupported(route.at, "body-schema", why=why, bound="every body refused")
            control = replace(control, body_schema=_REFUSES_ALL)
        for param in control.params:
            if (why := self._unportable(param.schema)) != "":
                self._gaps.unsupported(
                    route.at, f"parameter-schema-{param.place}-{param.name}".lower(), why=why, bound="every value refused"
                )
                params = (replace(p, schema=_REFUSES_ALL) if p is param else p for p in control.params)
                control = replace(control, params=tuple(params))
        return control

    def _unportable(self, schema: ir.Json) -> str:
        """Why C# cannot judge by *schema*; empty when it can."""
        if schema and schema not in self._judged:
            try:
                SchemaPrinter(schema, {}).print("value")
            except NotPortable as error:
                self._judged[schema] = f"the schema uses {error}, which has no exact counterpart in a policy expression"
            else:
                self._judged[schema] = ""
        return self._judged.get(schema, "")

    # ------------------------------------------------------------------------------------------------------- verifiers
    def _verifier(self, verifier: ir.Verifier) -> ir.JwtVerifier | ir.KeyVerifier | ir.CertVerifier:
        at: SpecPath = ("auth", verifier.name)
        match verifier:
            case ir.IntrospectVerifier():
                shut = _shut(verifier)
                self._gaps.unsupported(
                    at, "introspection",
                    why=f"the policies do not ask {verifier.endpoint} as {verifier.client_id} (secret from "
                    f"{verifier.credential.env or verifier.credential.file}, answers kept {verifier.cache_s} s)",
                    bound="answered 401", enforced=(shut,),
                )  # fmt: skip
                return shut
            case ir.CertVerifier():
                shut = ir.KeyVerifier(verifier.name, (), ir.SecretRef(), (), verifier.asserts, verifier.pos)
                self._gaps.unsupported(
                    at, "client-certificate",
                    why=f"certificates of {verifier.ca.file or verifier.ca.env} that say {verifier.san_text} are not looked at "
                    f"(host {verifier.host or 'any'}, roles {', '.join(verifier.roles) or 'none'})",
                    bound="answered 401", enforced=(shut,),
                )  # fmt: skip
                return shut
            case ir.KeyVerifier():
                if verifier.store.env:
                    self._gaps.outside(
                        (*at, "keys"), "key-records",
                        why=f"the records of {verifier.store.env} are a named value: at most 4,096 characters of base64, which the "
                        "deployment is given",
                        bound="given to the deployment",
                    )  # fmt: skip
                return verifier
            case ir.JwtVerifier():
                return self._jwt(verifier)
            case _:
                assert_never(verifier)

    def _jwt(self, verifier: ir.JwtVerifier) -> ir.JwtVerifier:
        at: SpecPath = ("auth", verifier.name)
        able = tuple(alg for alg in verifier.algorithms if alg in ALGORITHMS)
        kept = replace(verifier, algorithms=able)
        if able != verifier.algorithms:
            lost = ", ".join(alg for alg in verifier.algorithms if alg not in able)
            self._gaps.unsupported(
                (*at, "algorithms"), "signature-algorithm", why=f"validate-jwt is not documented to check {lost}",
                bound=f"tokens signed with {lost} answered 401", enforced=(kept,),
            )  # fmt: skip
        if not verifier.jwks.url:
            return kept
        kept = replace(kept, jwks=replace(kept.jwks, url=""))
        self._gaps.approximate(
            (*at, "jwks", "url"), "key-rotation",
            why=f"the policies hold the keys of {verifier.jwks.file or 'no file'}; those of {verifier.jwks.url} are not fetched "
            f"(refresh {verifier.jwks.refresh_s} s, at most {verifier.jwks.max_stale_s} s old): pin them and deploy again",
            bound="the keys at the time of the build", widens=True, enforced=(kept,),
        )  # fmt: skip
        return kept


def _named(name: str, counters: tuple[Counter, ...]) -> tuple[ir.RateLimit, ...]:
    plain = ir.RateLimit(
        name, "sliding-window", 1, 1, 1, ir.ByAddress(), "request", (), "shared", "local"
    )
    return limits.effective_limits(plain, counters)


def _shut(verifier: ir.IntrospectVerifier) -> ir.KeyVerifier:
    """No records: no credential in its places is ever right."""
    return ir.KeyVerifier(verifier.name, verifier.places, ir.SecretRef(), (), verifier.asserts, verifier.pos)


def _keys(program: Program) -> tuple[SigningKey, ...]:
    """RSA keys tokens may be signed with: of each id and algorithm the only one that fits."""
    found: list[SigningKey] = []
    for number, method in enumerate(program.methods):
        verifier = method.verifier
        if not isinstance(verifier, ir.JwtVerifier):
            continue
        for key in verifier.jwks.keys:
            if key.kty != "RSA" or key.use not in ("", "sig"):
                continue
            usable = tuple(alg for alg in verifier.algorithms if _only(verifier, key, alg))
            data = json.loads(key.json)
            if usable and isinstance(data.get("n"), str) and isinstance(data.get("e"), str):
                found.append(SigningKey(number, key.kid, usable, data["n"], data["e"]))
    return tuple(found)


def _only(verifier: ir.JwtVerifier, key: ir.Jwk, alg: str) -> bool:
    fitting = [
        k for k in verifier.jwks.keys
        if k.kid == key.kid and k.kty == "RSA" and k.use in ("", "sig") and k.alg in ("", alg)
    ]  # fmt: skip
    return fitting == [key]


def _key(key: ir.LimitKey) -> str:
    match key:
        case ir.ByAddress():
            return "by address"
        case ir.ByPrincipal():
            return "by principal"
        case ir.ByAttribute(side, name):
            return f"by {side}.{name}"
