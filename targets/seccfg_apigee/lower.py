"""Policy -> plan, gaps and what the bundle decides instead. Every choice of this target is made here."""

from __future__ import annotations

import json
from typing import assert_never

from seccfg.findings import SpecPath
from seccfg.ir import policy as ir
from seccfg.program.lower import application_attributes
from seccfg.program.lower import lower as lower_program
from seccfg.record import replace
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import GapList
from seccfg_apigee.limits import enforced_limits, quota_plans
from seccfg_apigee.native import plan_native
from seccfg_apigee.plan import ApigeeOptions, ApigeePlan, KeyMap, TokenCheck
from seccfg_apigee.schemas import NotPortable, check_schema

__all__ = ["lower"]

_REFUSES_ALL = '{"not":{}}'
_CACHED_S = 300
"""How long Apigee keeps a key set it fetched, about."""
_SIGNED = ("RS", "PS", "ES")


def lower(policy: ir.Policy, options: ApigeeOptions) -> tuple[ApigeePlan, tuple[Gap, ...], ir.Policy]:
    """What the bundle decides for every control; what it does not becomes a `Gap` and changes the effective Policy."""
    return _Lowering(policy, options).run()


class _Lowering:
    def __init__(self, policy: ir.Policy, options: ApigeeOptions) -> None:
        self._policy = policy
        self._options = options
        self._gaps = GapList(policy)
        self._kept: dict[int, tuple[ir.Control, ...]] = {}
        self._judged: dict[ir.Json, str] = {}
        self._one_authority = len({v.ca_pem for v in policy.verifiers if isinstance(v, ir.CertVerifier)}) <= 1

    def run(self) -> tuple[ApigeePlan, tuple[Gap, ...], ir.Policy]:
        policy = self._policy
        self._surroundings()
        if policy.session is not None:
            self._session(policy.session)
        shown = self._effective()
        unseen = application_attributes(policy)
        native = "" if self._options.prefer == "exact" else plan_native(shown, self._gaps, unseen)
        program = lower_program(shown, unseen)
        tokens = tuple(check for v in shown.verifiers if isinstance(v, ir.JwtVerifier) for check in _token_checks(v))
        methods = [v.name for v in shown.verifiers if isinstance(v, ir.JwtVerifier)]
        revocation = next((r for route in shown.routes if (r := route.first(ir.Revocation)) is not None), None)
        plan = ApigeePlan(
            options=self._options, policy=shown, program=program, tokens=tokens,
            quotas=quota_plans(program),
            revocations=() if revocation is None else tuple(
                KeyMap(f"KV-Revoked-{name}", "seccfg-revoked", name, max(1, revocation.staleness_s)) for name in methods
            ),
            records=tuple(
                KeyMap(f"KV-Keys-{v.name}", f"seccfg-keys-{v.name}", v.name, 60)
                for v in shown.verifiers if isinstance(v, ir.KeyVerifier) and v.store.env
            ),
            certificates=self._one_authority and any(isinstance(v, ir.CertVerifier) for v in shown.verifiers),
            hidden=policy.edge.errors.details == "hidden", evidence=policy.evidence,
            native=None if isinstance(native, str) else native, not_native=native if isinstance(native, str) else "",
        )  # fmt: skip
        if plan.native is not None:
            return plan, self._gaps.all(), plan.native.effective
        return plan, self._gaps.all(), replace(shown, host=ir.Host(unseen=tuple(sorted(unseen))))

    # ------------------------------------------------------------------------------------------------- gaps, effective
    def _effective(self) -> ir.Policy:
        """The Policy with every control as the bundle decides it; each change is a gap."""
        policy = self._policy
        edge = policy.edge
        return replace(
            policy,
            verifiers=tuple(self._verifier(verifier) for verifier in policy.verifiers),
            session=None,
            edge=replace(
                edge, transport=self._transport(edge.transport), audit=self._audit(edge.audit),
                address=self._address(edge.address),
            ),
            routes=tuple(self._route(route) for route in policy.routes),
        )  # fmt: skip

    def _route(self, route: ir.Route) -> ir.Route:
        controls: list[ir.Control] = []
        for control in route.controls:
            controls += (self._validate(route, control),) if isinstance(control, ir.Validate) else self._keep(control)
        return replace(route, controls=tuple(controls))

    def _keep(self, control: ir.Control) -> tuple[ir.Control, ...]:
        if id(control) not in self._kept:
            self._kept[id(control)] = self._enforce(control)
        return self._kept[id(control)]

    def _enforce(self, control: ir.Control) -> tuple[ir.Control, ...]:
        """*control* as the bundle decides it; none: not at all."""
        match control:
            case ir.RateLimit():
                return enforced_limits(control, self._gaps)
            case ir.Session():
                self._session(control)
                return ()
            case ir.Transport():
                return (self._transport(control),)
            case ir.Audit():
                return (self._audit(control),)
            case ir.ClientAddress():
                return (self._address(control),)
            case ir.RequestTarget():
                return (replace(control, websocket=False) if control.websocket else control,)
            case ir.Revocation():
                self._revocation(control)
                return (control,)
            case (
                ir.Cors() | ir.BodyLimit() | ir.Authenticate() | ir.Authorize() | ir.Validate() | ir.Forward()
                | ir.ResponseHeaders() | ir.Errors()
            ):  # fmt: skip
                return (control,)
            case _:
                assert_never(control)

    def _surroundings(self) -> None:
        """What has to stand around the bundle."""
        at: SpecPath = ("service", "hosts")
        self._gaps.outside(
            at, "load-balancer",
            why="put the load balancer of load-balancer.json in front and set environment.json, as APPLY.md says: the bundle "
            "believes what they say of the client's address and connection, and refuses where they are not set",
            bound="set by the operator",
        )  # fmt: skip
        self._gaps.approximate(
            at, "router-answers",
            why="a host without an environment group is answered by Apigee's router: 404 without headers or body of the spec",
            bound="404 of the router", widens=False, status_only=True,
        )  # fmt: skip
        for route in self._policy.routes:
            if route.one(ir.RequestTarget).websocket:
                self._gaps.unsupported(
                    (*route.at, "websocket"), "websocket", bound="refused",
                    why="a proxy of Apigee X does not carry WebSocket: an upgrade is refused",
                )  # fmt: skip
        for a in self._policy.attrs:
            if isinstance(a.source, ir.FromApplication):
                self._gaps.delegated(
                    ("attributes", a.side, a.name), "application-condition", to="python", widens=True,
                    why="what only the service knows is taken for given here; X-Authz-Open names the conditions the service "
                    "still has to decide",
                )  # fmt: skip

    def _address(self, address: ir.ClientAddress) -> ir.ClientAddress:
        if not address.trusted_proxies:
            return address
        self._gaps.approximate(
            ("network", "trusted_proxies"), "trusted-proxies",
            why="the client is whoever connects to the load balancer: what proxies in front of it say in X-Forwarded-For is "
            "not believed, nor headers only they may send",
            bound="no proxy is believed", widens=True,
        )  # fmt: skip
        return replace(address, trusted_proxies=())

    def _transport(self, transport: ir.Transport) -> ir.Transport:
        ciphers = transport.ciphers if isinstance(transport.ciphers, str) else " ".join(transport.ciphers)
        for key, ident, what in (
            ("min_version", "tls-version", f"a floor of TLS {transport.min_tls}"),
            ("ciphers", "tls-ciphers", f"ciphers {ciphers}"),
        ):
            self._gaps.outside(
                ("tls", key), ident, why=f"the load balancer ends TLS; give its SSL policy {what}", bound="set by the operator"
            )
        for number, certificate in enumerate(transport.certificates):
            self._gaps.outside(
                ("tls", "certificates", number), "certificate-renewal",
                why=f"the load balancer serves {certificate.file} for {certificate.host}; renew it "
                f"{certificate.renew_before_s} s before it ends",
                bound="renewed by the operator",
            )  # fmt: skip
        return replace(transport, certificates=())

    def _revocation(self, revocation: ir.Revocation) -> None:
        seconds = max(1, revocation.staleness_s)
        self._gaps.outside(
            ("sessions", "revocation"), "revocation-feed",
            why="write what was revoked to the key-value map seccfg-revoked, as kvm.json says; while its entry `filled` is "
            "missing every token of these routes is answered 503",
            bound=f"filled by the operator, read again after {seconds} s",
        )  # fmt: skip

    def _audit(self, audit: ir.Audit) -> ir.Audit:
        gaps = self._gaps
        for sink in audit.sinks:
            settings = "".join(f", {name} from {ref.env or ref.file}" for name, ref in sink.settings)
            gaps.unsupported(
                ("audit", "sinks", sink.name), "audit-sink",
                why=f"no events are sent to {sink.type}{settings}: MessageLogging writes them to Cloud Logging, for a log sink "
                "to pass on",
                bound="Cloud Logging only",
            )  # fmt: skip
        kept = (audit.retention_min_s, audit.retention_hot_s, audit.retention_max_s)
        if any(kept):
            gaps.outside(
                ("audit", "retention"), "audit-retention",
                why="the log bucket keeps events {} s, searchable {} s, at most {} s".format(*kept),
                bound="kept by the log bucket",
            )  # fmt: skip
        if audit.required:
            gaps.unsupported(
                ("audit", "required"), "audit-required", why="events are written after the answer was sent", bound="best effort"
            )
        if audit.subject == "keyed_hash":
            key = "" if audit.hash_key is None else f" (key {audit.hash_key.env or audit.hash_key.file} is not read)"
            gaps.approximate(
                ("audit", "subject"), "audit-subject", why=f"events show no subject at all instead of a keyed hash{key}",
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
                ("sessions", key), ident, to="python", why=f"the bundle serves no session endpoints: {what}", widens=False
            )

    def _validate(self, route: ir.Route, control: ir.Validate) -> ir.Validate:
        """Schemas that have no exact counterpart refuse everything."""
        if (why := self._unportable(control.body_schema)) != "":
            self._gaps.unsupported(route.at, "body-schema", why=why, bound="every body refused")
            control = replace(control, body_schema=_REFUSES_ALL)
        for param in control.params:
            if (why := self._unportable(param.schema)) != "":
                ident = f"parameter-schema-{param.place}-{param.name}".lower().replace("_", "-")
                self._gaps.unsupported(route.at, ident, why=why, bound="every value refused")
                params = (replace(p, schema=_REFUSES_ALL) if p is param else p for p in control.params)
                control = replace(control, params=tuple(params))
        return control

    def _unportable(self, schema: ir.Json) -> str:
        """Why the generated JavaScript cannot judge by *schema*; empty when it can."""
        if schema and schema not in self._judged:
            self._judged[schema] = _unportable(schema)
        return self._judged.get(schema, "")

    # ------------------------------------------------------------------------------------------------------- verifiers
    def _verifier(self, verifier: ir.Verifier) -> ir.JwtVerifier | ir.KeyVerifier | ir.CertVerifier:
        match verifier:
            case ir.IntrospectVerifier():
                return self._shut(
                    verifier, "introspection",
                    f"the bundle does not ask {verifier.endpoint} as {verifier.client_id} (secret from "
                    f"{verifier.credential.env or verifier.credential.file}, answers kept {verifier.cache_s} s)",
                )  # fmt: skip
            case ir.JwtVerifier():
                return self._token_verifier(verifier)
            case ir.KeyVerifier():
                if verifier.store.env:
                    self._gaps.outside(
                        ("auth", verifier.name, "keys", "env"), "key-records",
                        why=f"write the records of {verifier.store.env} to the key-value map seccfg-keys-{verifier.name}, as "
                        "kvm.json says; one that is missing there is not known",
                        bound="filled by the operator, read again after 60 s",
                    )  # fmt: skip
                return verifier
            case ir.CertVerifier():
                return self._certificate_verifier(verifier)
            case _:
                assert_never(verifier)

    def _token_verifier(self, verifier: ir.JwtVerifier) -> ir.JwtVerifier | ir.KeyVerifier:
        known = tuple(a for a in verifier.algorithms if a[:2] in _SIGNED)
        if not verifier.jwks.url and not verifier.jwks.keys:
            return self._shut(verifier, "key-discovery", f"Apigee does not ask {verifier.issuer} where its keys are")
        if not known:
            return self._shut(verifier, "algorithms", "VerifyJWT checks no EdDSA signatures")
        if known != verifier.algorithms:
            self._gaps.unsupported(
                ("auth", verifier.name, "algorithms"), "algorithms", why="VerifyJWT checks no EdDSA signatures",
                bound=f"only {', '.join(known)}",
            )  # fmt: skip
        jwks = verifier.jwks
        if jwks.url:
            self._gaps.approximate(
                ("auth", verifier.name, "jwks", "url"), "key-cache",
                why=f"Apigee keeps what it fetched from {jwks.url} for about {_CACHED_S} s, whatever `refresh` "
                f"({jwks.refresh_s} s) and `max_stale` ({jwks.max_stale_s} s) say; which key is for which algorithm is left "
                "to it",
                bound=f"about {_CACHED_S} s", widens=jwks.refresh_s < _CACHED_S,
            )  # fmt: skip
        return replace(verifier, algorithms=known)

    def _certificate_verifier(self, verifier: ir.CertVerifier) -> ir.CertVerifier:
        if not self._one_authority:
            self._gaps.unsupported(
                ("auth", verifier.name), "client-certificates",
                why="the load balancer trusts one set of authorities for all methods, and the spec has several",
                bound="answered 401",
            )  # fmt: skip
            return replace(verifier, ca_pem="")
        self._gaps.outside(
            ("auth", verifier.name), "client-certificates",
            why="the load balancer asks for client certificates and checks them against load-balancer.json; it writes the "
            "X-Client-Cert headers in place of any a client sent",
            bound="checked by the load balancer",
        )  # fmt: skip
        return verifier

    def _shut(self, verifier: ir.IntrospectVerifier | ir.JwtVerifier, ident: str, why: str) -> ir.KeyVerifier:
        """A method no credential satisfies."""
        shut = ir.KeyVerifier(verifier.name, verifier.places, ir.SecretRef(), (), verifier.asserts, verifier.pos)
        self._gaps.unsupported(("auth", verifier.name), ident, why=why, bound="answered 401", enforced=(shut,))
        return shut


def _token_checks(verifier: ir.JwtVerifier) -> list[TokenCheck]:
    """One VerifyJWT per family: a list of several families is not known to work."""
    found = []
    subject = ("sub",) if verifier.subject_claim == ("sub",) else ()
    for family in _SIGNED:
        algorithms = tuple(a for a in verifier.algorithms if a.startswith(family))
        if algorithms:
            kty = "EC" if family == "ES" else "RSA"
            keys = tuple(k for k in verifier.jwks.keys if k.kty == kty and k.use in ("", "sig"))
            audience = verifier.audiences[0] if len(verifier.audiences) == 1 else ""
            found.append(TokenCheck(
                f"VJ-{verifier.name}-{family}", verifier.name, family, algorithms, verifier.issuer, audience,
                ("exp", "iss", "aud", *subject), verifier.skew_s + 1, keys, verifier.jwks.url,
            ))  # fmt: skip
    return found


def _unportable(schema: ir.Json) -> str:
    try:
        check_schema(json.loads(schema))
    except NotPortable as error:
        return f"the schema uses {error}, which has no exact counterpart in the generated JavaScript"
    return ""
