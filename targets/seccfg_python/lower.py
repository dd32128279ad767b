"""Policy -> plan, gaps and what the package enforces instead. Every choice of this target is made here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar, assert_never

from seccfg.findings import SpecPath
from seccfg.ir import policy as ir
from seccfg.record import Record, replace
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import GapList
from seccfg_python import controls
from seccfg_python.plan import ConditionPlan, FunctionName, PythonPlan
from seccfg_python.runtime import model
from seccfg_python.suite import suite_routes

__all__ = ["lower"]

_M = TypeVar("_M")
_R = TypeVar("_R", bound=Record)

_NO_ENDPOINT: Final = "the package serves no session endpoints"


def lower(policy: ir.Policy, options: Mapping[str, str]) -> tuple[PythonPlan, tuple[Gap, ...], ir.Policy]:
    """
    What the package does for every control; what it does not do becomes a `Gap` and changes the effective Policy.

    Args:
        options: `package` (name of the import package) and `framework` (`asgi` or `wsgi`), already checked.
    """
    return _Lowering(policy).run(options)


class _Lowering:
    def __init__(self, policy: ir.Policy) -> None:
        self._policy = policy
        self._gaps = GapList(policy)
        self._enforced_forms: dict[int, object] = {}
        self._converted: dict[int, object] = {}
        self._equal: dict[Record, object] = {}
        self._conditions = {plan.condition.id: plan for plan in _name_conditions(policy.conditions)}
        self._planned = {
            ident: model.Condition(
                plan.condition.name, FunctionName(plan.holds), FunctionName(plan.fails), _reads(plan.condition), ident
            )
            for ident, plan in self._conditions.items()
        }

    def run(self, options: Mapping[str, str]) -> tuple[PythonPlan, tuple[Gap, ...], ir.Policy]:
        policy = self._policy
        if policy.session is not None:
            self._session_gaps(policy.session)
        effective = self._effective()
        planned = model.Policy(
            name=policy.name,
            hosts=policy.hosts,
            routes=tuple(self._route(route) for route in effective.routes),
            verifiers=tuple(controls.verifier(self._closed(verifier)) for verifier in effective.verifiers),
            roles=policy.roles,
            attributes=tuple(a for attr in policy.attrs if (a := controls.attribute(attr)) is not None),
            conditions=tuple(self._planned[condition.id] for condition in policy.conditions),
            trusted_proxies=tuple(map(controls.cidr, policy.edge.address.trusted_proxies)),
            tls=model.Tls(policy.edge.transport.min_tls, policy.edge.transport.ciphers),
            edge=self._edge(effective.edge),
        )
        plan = PythonPlan(
            package=options["package"],
            framework=options["framework"],
            policy=planned,
            conditions=tuple(self._conditions[condition.id] for condition in policy.conditions),
            suite=suite_routes(effective),
            evidence=policy.evidence,
        )
        return plan, self._gaps.all(), effective

    # ------------------------------------------------------------------------------------------------- gaps, effective
    def _effective(self) -> ir.Policy:
        """The Policy with every control as the package enforces it; each change is a gap."""
        policy = self._policy
        edge = replace(
            policy.edge,
            transport=self._enforced(policy.edge.transport),
            audit=self._enforced(policy.edge.audit),
        )
        return replace(
            policy,
            verifiers=tuple(self._closed(verifier) for verifier in policy.verifiers),
            session=None,
            edge=edge,
            routes=tuple(self._effective_route(route) for route in policy.routes),
        )

    def _effective_route(self, route: ir.Route) -> ir.Route:
        kept = tuple(c for control in route.controls if (c := self._enforce(control)) is not None)
        return replace(route, controls=kept)

    def _enforce(self, control: ir.Control) -> ir.Control | None:
        """*control* as the package enforces it; None: not at all."""
        match control:
            case ir.Transport() | ir.Audit() | ir.RateLimit():
                return self._enforced(control)
            case ir.Session():
                self._session_gaps(control)
                return None
            case (
                ir.RequestTarget() | ir.ClientAddress() | ir.Cors() | ir.BodyLimit() | ir.Authenticate()
                | ir.Revocation() | ir.Authorize() | ir.Validate() | ir.Forward() | ir.ResponseHeaders() | ir.Errors()
            ):  # fmt: skip
                return control
            case _:
                assert_never(control)

    def _enforced(self, control: _R) -> _R:
        """The enforced form of a control many routes share, worked out once."""
        found = self._enforced_forms.get(id(control))
        if found is None:
            match control:
                case ir.Transport():
                    found = self._certificate_gaps(control)
                case ir.Audit():
                    found = self._audit_gaps(control)
                case ir.RateLimit():
                    found = self._limit_gaps(control)
                case _:
                    raise TypeError(type(control).__name__)
            self._enforced_forms[id(control)] = found
        return found  # type: ignore[return-value]  # each of the three gives back its own kind

    def _certificate_gaps(self, transport: ir.Transport) -> ir.Transport:
        for number, certificate in enumerate(transport.certificates):
            days = f", {_span(certificate.renew_before_s)} before it ends" if certificate.renew_before_s else ""
            self._gaps.outside(
                ("tls", "certificates", number), "certificate-renewal",
                why=f"renew {certificate.file} for {certificate.host}{days}, and hand it to the proxy (`--tls-cert`, "
                "`--tls-key`) or to the server that hosts the middleware",
                bound="renewed by the operator",
            )  # fmt: skip
        return replace(transport, certificates=())

    def _audit_gaps(self, audit: ir.Audit) -> ir.Audit:
        gaps = self._gaps
        for sink in audit.sinks:
            settings = "".join(f", {name} from {ref.env or ref.file}" for name, ref in sink.settings)
            gaps.unsupported(
                ("audit", "sinks", sink.name), "audit-sink",
                why=f"no events are sent to {sink.type}{settings}: the package writes each as a line of JSON to standard "
                "error, for a collector to read",
                bound="standard error only",
            )  # fmt: skip
        kept = (
            ("kept", audit.retention_min_s), ("searchable", audit.retention_hot_s),
            ("deleted after", audit.retention_max_s),
        )  # fmt: skip
        written = ", ".join(f"{word} {_span(seconds)}" for word, seconds in kept if seconds)
        if written:
            gaps.outside(
                ("audit", "retention"), "audit-retention",
                why=f"whatever collects standard error must keep it: {written}", bound="kept by the collector",
            )  # fmt: skip
        if audit.required:
            gaps.unsupported(
                ("audit", "required"), "audit-required",
                why="a request is refused when its event finds no room among those that wait to be written, but answered "
                "before the event is written",
                bound="queued, not written",
            )  # fmt: skip
        return replace(audit, sinks=(), retention_min_s=0, retention_hot_s=0, retention_max_s=0)

    def _limit_gaps(self, limit: ir.RateLimit) -> ir.RateLimit:
        if limit.on_store_failure == "refuse":
            return limit
        enforced = replace(limit, on_store_failure="refuse")
        self._gaps.approximate(
            ("rate_limits", limit.name, "on_store_failure"), "limit-store-failure",
            why="a request is refused with 503 while counters cannot be reached; nodes do not count on their own",
            bound="refused while the store is down", widens=False, enforced=(enforced,),
        )  # fmt: skip
        return enforced

    def _session_gaps(self, session: ir.Session) -> None:
        """The package has none of it, so nothing of it is in the effective Policy."""
        cookie = f"{session.cookie_name}, http_only {session.cookie_http_only}, secure {session.cookie_secure}"
        rotated = f"rotated {session.refresh_rotate}, {session.refresh_on_reuse} on reuse"
        refresh = f"{_span(session.refresh_ttl_s)}, {rotated}"
        logout = f"{session.logout_path}, back channel {session.back_channel}"
        for key, ident, what in (
            ("access_ttl", "session-access-ttl", f"issuing tokens that live {_span(session.access_ttl_s)}"),
            ("refresh", "session-refresh", f"refreshing ({refresh})"),
            ("absolute_ttl", "session-absolute-ttl", f"ending sessions after {_span(session.absolute_ttl_s)}"),
            ("cookie", "session-cookie", f"setting the cookie ({cookie}, same_site {session.cookie_same_site})"),
            ("logout", "session-logout", f"logging out ({logout})"),
        ):
            path: SpecPath = ("sessions", key)
            self._gaps.unsupported(
                path, ident, why=f"{_NO_ENDPOINT}; {what} is left to the issuer or the application", bound="not served"
            )

    def _closed(self, verifier: ir.Verifier) -> ir.JwtVerifier | ir.KeyVerifier | ir.CertVerifier:
        """The verifier itself, or one no credential satisfies where the package has none of the kind."""
        match verifier:
            case ir.IntrospectVerifier():
                shut = ir.KeyVerifier(
                    verifier.name, verifier.places, ir.SecretRef(), (), verifier.asserts, verifier.pos
                )  # no records: no credential in its places is ever right
                self._gaps.unsupported(
                    ("auth", verifier.name), "introspection",
                    why=f"the package does not ask {verifier.endpoint} as {verifier.client_id} (secret from "
                    f"{verifier.credential.env or verifier.credential.file}, answers kept {verifier.cache_s} s)",
                    bound="answered 401", enforced=(shut,),
                )  # fmt: skip
                return shut
            case ir.JwtVerifier():
                if not verifier.jwks.url and not verifier.jwks.file:
                    self._gaps.unsupported(
                        ("auth", verifier.name), "key-discovery",
                        why=f"the package does not ask {verifier.issuer} where its keys are: name `jwks.url` or `jwks.file`",
                        bound="starts only with a key set file among its settings", enforced=(verifier,),
                    )  # fmt: skip
                return verifier
            case ir.KeyVerifier() | ir.CertVerifier():
                return verifier
            case _:
                assert_never(verifier)

    # ------------------------------------------------------------------------------------------------------- planning
    def _route(self, route: ir.Route) -> model.Route:
        planned = _Parts()
        for control in route.controls:
            match control:
                case ir.RequestTarget(websocket):
                    planned.websocket = websocket
                case ir.Transport(plain_http):
                    planned.plain_http = plain_http
                case ir.ClientAddress(rules):
                    planned.network = tuple(self._once(controls.address_rule, rule) for rule in rules)
                case ir.Cors():
                    planned.cors = self._once(controls.cors, control)
                case ir.BodyLimit():
                    planned.body = self._once(controls.body_limit, control)
                case ir.RateLimit():
                    planned.limits.append(self._once(controls.limit, control))
                case ir.Authenticate():
                    planned.authenticate = self._once(controls.authenticate, control)
                case ir.Revocation():
                    planned.revocation = self._once(controls.revocation, control)
                case ir.Authorize():
                    planned.authorize = self._authorize(control)
                case ir.Validate():
                    planned.validate = self._once(controls.validate, control)
                case ir.Forward():
                    planned.forward = self._once(controls.forward, control)
                case ir.ResponseHeaders():
                    planned.headers = self._once(controls.headers, control)
                case ir.Errors():
                    planned.errors = self._once(controls.errors, control)
                case ir.Audit():
                    planned.audit = self._once(controls.audit, control)
                case ir.Session():
                    raise TypeError("the effective Policy has no Session")
                case _:
                    assert_never(control)
        return planned.route(route)

    def _edge(self, edge: ir.Edge) -> model.Edge:
        return model.Edge(
            edge.transport.plain_http,
            tuple(self._once(controls.address_rule, rule) for rule in edge.address.rules),
            self._once(controls.headers, edge.headers),
            self._once(controls.errors, edge.errors),
            self._once(controls.audit, edge.audit),
        )

    def _authorize(self, control: ir.Authorize) -> model.Authorize:
        return model.Authorize(
            tuple(self._grant(grant) for grant in control.allow),
            tuple(self._planned[ident] for ident in control.require),
            tuple(self._planned[ident] for ident in control.forbid),
        )

    def _grant(self, grant: ir.Grant) -> model.Grant:
        return model.Grant(
            frozenset(grant.methods), frozenset(grant.clients), tuple(map(frozenset, grant.role_sets)),
            frozenset(grant.scopes), tuple(self._planned[ident] for ident in grant.conditions),
        )  # fmt: skip

    def _once(self, convert: Callable[[_R], _M], control: _R) -> _M:
        """*control* converted; equal controls of many routes become one object, which `emit` prints under one name."""
        found = self._converted.get(id(control))
        if found is None:
            found = self._equal.get(control)
            if found is None:
                found = self._equal[control] = convert(control)
            self._converted[id(control)] = found
        return found  # type: ignore[return-value]  # what *convert* made of an equal control


class _Parts:
    """A route while its controls are gone through."""

    def __init__(self) -> None:
        self.websocket = False
        self.plain_http: model.PlainHttp = "refuse"
        self.network: tuple[model.AddressRule, ...] = ()
        self.cors: model.Cors | None = None
        self.body = model.BodyLimit()
        self.limits: list[model.RateLimit] = []
        self.authenticate: model.Authenticate | None = None
        self.revocation: model.Revocation | None = None
        self.authorize: model.Authorize | None = None
        self.validate = model.Validate()
        self.forward: model.Forward | None = None
        self.headers = model.ResponseHeaders()
        self.errors = model.Errors()
        self.audit = model.Audit()

    def route(self, route: ir.Route) -> model.Route:
        """The planned route; a Policy without the two controls that keep it shut is no Policy."""
        if self.authenticate is None or self.forward is None:
            raise TypeError(f"{route.id} has no Authenticate or no Forward")
        if (self.authorize is None) != (self.authenticate.alternatives == ()):
            raise TypeError(f"{route.id} is neither public nor has it an Authorize")
        return model.Route(
            method=route.method, template=route.template, path=controls.segments(route.path), forward=self.forward,
            authenticate=self.authenticate, authorize=self.authorize, websocket=self.websocket,
            plain_http=self.plain_http, network=self.network, cors=self.cors, body=self.body, limits=tuple(self.limits),
            revocation=self.revocation, validate=self.validate, headers=self.headers, errors=self.errors,
            audit=self.audit,
        )  # fmt: skip


def _span(seconds: int) -> str:
    """Days where it is whole days, seconds otherwise."""
    days, rest = divmod(seconds, 86_400)
    return f"{seconds} s" if rest or not days else f"{days} day{'s' if days > 1 else ''}"


def _reads(condition: ir.Condition) -> frozenset[str]:
    from seccfg.expr.ast import attributes

    return frozenset(f"{side}.{name}" for side, name in attributes(condition.expr))


def _name_conditions(conditions: tuple[ir.Condition, ...]) -> tuple[ConditionPlan, ...]:
    """Function names: the condition's own, numbered where routes fold different constants into it."""
    used: set[str] = set()
    planned: list[ConditionPlan] = []
    for condition in sorted(conditions, key=lambda c: (c.name, c.id)):
        base = re.sub(r"[^a-z0-9]+", "_", condition.name.lower()).strip("_") or "condition"
        base = f"c_{base}" if base[0].isdigit() else base
        name, number = base, 1
        while name in used:
            number += 1
            name = f"{base}_{number}"
        used.add(name)
        planned.append(ConditionPlan(condition, f"{name}_holds", f"{name}_fails"))
    return tuple(planned)
