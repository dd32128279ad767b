"""Policy -> plan, gaps and what the bundle decides instead. Every choice of this target is made here."""

from __future__ import annotations

import json
import re
from typing import assert_never

from seccfg.expr.lower import false_form, true_form
from seccfg.findings import SpecPath
from seccfg.ir import policy as ir
from seccfg.record import replace
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import GapList
from seccfg_opa.cases import grid
from seccfg_opa.document import Document
from seccfg_opa.plan import BodyCheck, ConditionRule, InputChecks, OpaOptions, OpaPlan, ParamCheck
from seccfg_opa.schemas import NotPortable, check_schema

__all__ = ["lower"]

_REFUSES_ALL = '{"not":{}}'


def lower(policy: ir.Policy, options: OpaOptions) -> tuple[OpaPlan, tuple[Gap, ...], ir.Policy]:
    """What the bundle decides for every control; what it does not becomes a `Gap` and leaves the effective Policy."""
    return _Lowering(policy, options).run()


class _Lowering:
    def __init__(self, policy: ir.Policy, options: OpaOptions) -> None:
        self._policy = policy
        self._options = options
        self._gaps = GapList(policy)
        self._kept: dict[int, ir.Control | None] = {}
        self._judged: dict[ir.Json, str] = {}
        self._conditions = _name_conditions(policy.conditions)

    def run(self) -> tuple[OpaPlan, tuple[Gap, ...], ir.Policy]:
        policy = self._policy
        if policy.session is not None:
            self._session(policy.session)
        effective = self._effective()
        inputs = _input_checks(effective)
        document = Document(effective, self._options.tokens, {r.rule: i for i, r in self._conditions.items()}, inputs)
        audit = policy.edge.audit
        plan = OpaPlan(
            options=self._options,
            service=policy.name,
            hosts=policy.hosts,
            data=document.text(),
            depth=max((len(route.path) for route in policy.routes), default=0),
            conditions=tuple(sorted(self._conditions.values(), key=lambda rule: rule.rule)),
            inputs=inputs,
            redact=tuple(sorted({*audit.redact, *_credential_headers(policy)})),
            hides_subject=audit.subject == "keyed_hash",
            hides_target=any(
                isinstance(place, ir.QueryPlace) for v in policy.verifiers for place in getattr(v, "places", ())
            ),
            events=tuple(sorted({*audit.events, *(e for r in policy.routes for e in r.one(ir.Audit).events)})),
            live=document.live(),
            live_keys=document.live_keys(),
            cases=grid(effective),
            evidence=policy.evidence,
        )
        return plan, self._gaps.all(), effective

    # ------------------------------------------------------------------------------------------------- gaps, effective
    def _effective(self) -> ir.Policy:
        """The Policy with every control as the bundle decides it; each change is a gap."""
        policy = self._policy
        self._transport(policy.edge.transport)
        self._audit(policy.edge.audit)
        return replace(
            policy,
            verifiers=tuple(self._verifier(verifier) for verifier in policy.verifiers),
            session=None,
            edge=replace(policy.edge, transport=_bare(policy.edge.transport), audit=_logged(policy.edge.audit)),
            routes=tuple(self._route(route) for route in policy.routes),
        )

    def _route(self, route: ir.Route) -> ir.Route:
        kept = (self._validate(route, c) if isinstance(c, ir.Validate) else self._keep(c) for c in route.controls)
        return replace(route, controls=tuple(control for control in kept if control is not None))

    def _keep(self, control: ir.Control) -> ir.Control | None:
        if id(control) not in self._kept:
            self._kept[id(control)] = self._enforce(control)
        return self._kept[id(control)]

    def _enforce(self, control: ir.Control) -> ir.Control | None:
        """*control* as the bundle decides it; None: not at all."""
        match control:
            case ir.RateLimit():
                self._limit(control)
                return None
            case ir.Session():
                self._session(control)
                return None
            case ir.Transport():
                self._transport(control)
                return _bare(control)
            case ir.Audit():
                self._audit(control)
                return _logged(control)
            case ir.Forward():
                self._forward(control)
                return control
            case ir.Revocation():
                self._revocation()
                return control
            case (
                ir.RequestTarget() | ir.ClientAddress() | ir.Cors() | ir.BodyLimit() | ir.Authenticate()
                | ir.Authorize() | ir.Validate() | ir.ResponseHeaders() | ir.Errors()
            ):  # fmt: skip
                return control
            case _:
                assert_never(control)

    def _left(self, at: SpecPath, ident: str, what: str, *, widens: bool) -> None:
        """Something only the PEP can do."""
        pep = self._options.pep
        if pep == "envoy":
            self._gaps.outside(
                at, ident, why=f"OPA does not do it; configure Envoy for: {what}", bound="left to envoy", widens=widens
            )
        else:
            self._gaps.delegated(at, ident, to=pep, why=f"OPA does not do it: {what}", widens=widens)

    def _limit(self, limit: ir.RateLimit) -> None:
        burst = f", burst {limit.burst}" if limit.algorithm == "token-bucket" else ""
        tiers = "".join(f", {size} for {' or '.join(roles)}" for roles, size in limit.tiers)
        self._left(
            ("rate_limits", limit.name), "rate-limit",
            f"counting {limit.count}s of {_key(limit.key)}, {limit.limit} in {limit.window_s} s ({limit.algorithm}{burst}, "
            f"counter {limit.scope}, store down: {limit.on_store_failure}{tiers})",
            widens=True,
        )  # fmt: skip

    def _transport(self, transport: ir.Transport) -> None:
        ciphers = transport.ciphers if isinstance(transport.ciphers, str) else " ".join(transport.ciphers)
        self._left(("tls", "min_version"), "tls-version", f"TLS of at least {transport.min_tls}", widens=False)
        self._left(("tls", "ciphers"), "tls-ciphers", f"ciphers {ciphers}", widens=False)
        for number, certificate in enumerate(transport.certificates):
            self._left(
                ("tls", "certificates", number), "certificate-renewal",
                f"serving {certificate.file} for {certificate.host} and renewing it {certificate.renew_before_s} s before "
                "it ends",
                widens=False,
            )  # fmt: skip

    def _forward(self, forward: ir.Forward) -> None:
        self._left(
            ("upstreams", forward.upstream), "forwarding",
            f"reaching {forward.url} (certificate checked: {forward.verify_tls}, {forward.timeout_s} s at most) with the "
            "headers the answer names",
            widens=False,
        )  # fmt: skip

    def _revocation(self) -> None:
        revocation = next(r for route in self._policy.routes if (r := route.first(ir.Revocation)) is not None)
        self._gaps.outside(
            ("sessions", "revocation"), "revocation-feed",
            why=f"push what was revoked to data.{self._options.package}_live.revocation at least every "
            f"{revocation.staleness_s} s; without it every token of these routes is answered 503",
            bound="pushed by the operator",
        )  # fmt: skip

    def _audit(self, audit: ir.Audit) -> None:
        for sink in audit.sinks:
            settings = "".join(f", {name} from {ref.env or ref.file}" for name, ref in sink.settings)
            self._gaps.unsupported(
                ("audit", "sinks", sink.name), "audit-sink",
                why=f"no events are sent to {sink.type}{settings}: OPA writes its decision log where opa-config.yaml says",
                bound="decision log only",
            )  # fmt: skip
        kept = (audit.retention_min_s, audit.retention_hot_s, audit.retention_max_s)
        if any(kept):
            self._gaps.outside(
                ("audit", "retention"), "audit-retention",
                why="whatever collects the decision log keeps it {} s, searchable {} s, at most {} s".format(*kept),
                bound="kept by the collector",
            )  # fmt: skip
        if audit.required:
            self._gaps.unsupported(
                ("audit", "required"), "audit-required",
                why="OPA answers even when its decision log cannot be written", bound="best effort",
            )  # fmt: skip
        if audit.subject == "keyed_hash":
            key = "" if audit.hash_key is None else f" (key {audit.hash_key.env or audit.hash_key.file} is not read)"
            self._gaps.approximate(
                ("audit", "subject"), "audit-subject",
                why=f"the decision log shows no subject at all instead of a keyed hash{key}", bound="no subject", widens=False,
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
            self._left(("sessions", key), ident, what, widens=False)

    def _validate(self, route: ir.Route, control: ir.Validate) -> ir.Validate:
        """Schemas Rego cannot judge by refuse everything."""
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
        """Why Rego cannot judge by *schema*; empty when it can."""
        if schema and schema not in self._judged:
            self._judged[schema] = _unportable(schema)
        return self._judged.get(schema, "")

    def _verifier(self, verifier: ir.Verifier) -> ir.JwtVerifier | ir.KeyVerifier | ir.CertVerifier:
        match verifier:
            case ir.IntrospectVerifier():
                shut = ir.KeyVerifier(
                    verifier.name, verifier.places, ir.SecretRef(), (), verifier.asserts, verifier.pos
                )  # no records: no credential in its places is ever right
                self._gaps.unsupported(
                    ("auth", verifier.name), "introspection",
                    why=f"the bundle does not ask {verifier.endpoint} as {verifier.client_id} (secret from "
                    f"{verifier.credential.env or verifier.credential.file}, answers kept {verifier.cache_s} s)",
                    bound="answered 401", enforced=(shut,),
                )  # fmt: skip
                return shut
            case ir.JwtVerifier():
                if verifier.jwks.url:
                    self._gaps.outside(
                        ("auth", verifier.name, "jwks", "url"), "key-feed",
                        why=f"push the key set of {verifier.jwks.url} to data.{self._options.package}_live.keys."
                        f"{verifier.name} every {verifier.jwks.refresh_s} s; older than {verifier.jwks.max_stale_s} s its "
                        "tokens are answered 503",
                        bound="pushed by the operator",
                    )  # fmt: skip
                if self._options.tokens == "pep":
                    self._left(
                        ("auth", verifier.name), "token-signature", "checking signatures and passing verified claims",
                        widens=True,
                    )  # fmt: skip
                return verifier
            case ir.KeyVerifier() | ir.CertVerifier():
                return verifier
            case _:
                assert_never(verifier)


def _bare(transport: ir.Transport) -> ir.Transport:
    return replace(transport, certificates=())


def _logged(audit: ir.Audit) -> ir.Audit:
    return replace(
        audit, sinks=(), retention_min_s=0, retention_hot_s=0, retention_max_s=0, required=False, subject="clear",
        hash_key=None,
    )  # fmt: skip


def _key(key: ir.LimitKey) -> str:
    match key:
        case ir.ByAddress():
            return "an address"
        case ir.ByPrincipal():
            return "a principal"
        case ir.ByAttribute(side, name):
            return f"{side}.{name}"


def _unportable(schema: ir.Json) -> str:
    """Why Rego cannot judge by *schema*; empty when it can."""
    try:
        check_schema(json.loads(schema))
    except NotPortable as error:
        return f"the schema uses {error}, which has no exact counterpart in Rego"
    return ""


def _credential_headers(policy: ir.Policy) -> set[str]:
    found = {"authorization", "cookie", "proxy-authorization"}
    for verifier in policy.verifiers:
        for place in getattr(verifier, "places", ()):
            if isinstance(place, ir.HeaderPlace):
                found.add(place.name)
    return found


def _name_conditions(conditions: tuple[ir.Condition, ...]) -> dict[str, ConditionRule]:
    """Rules by condition id: the condition's own name, numbered where routes fold different constants into it."""
    used: set[str] = set()
    named: dict[str, ConditionRule] = {}
    for condition in sorted(conditions, key=lambda c: (c.name, c.id)):
        base = "c_" + (re.sub(r"[^a-z0-9]+", "_", condition.name.lower()).strip("_") or "condition")
        name, number = base, 1
        while name in used:
            number += 1
            name = f"{base}_{number}"
        used.add(name)
        named[condition.id] = ConditionRule(
            name, condition.name, condition.text, true_form(condition.expr), false_form(condition.expr)
        )
    return named


def _input_checks(policy: ir.Policy) -> InputChecks:
    params: dict[ir.Param, ParamCheck] = {}
    bodies: dict[ir.Json, BodyCheck] = {}
    for route in policy.routes:
        control = route.one(ir.Validate)
        for param in control.params:
            if param not in params:
                name = re.sub(r"[^a-z0-9]+", "_", param.name.lower()).strip("_") or "value"
                params[param] = ParamCheck(f"{param.place}_{name}_{len(params) + 1}", param)
        if control.body_schema and control.body_schema not in bodies:
            bodies[control.body_schema] = BodyCheck(f"body_{len(bodies) + 1}", control.body_schema)
    return InputChecks(tuple(params.values()), tuple(bodies.values()))
