"""Policy -> plan, gaps and the Policy that the files enforce. Every choice of this target is made here."""

from __future__ import annotations

from typing import assert_never

from seccfg.expr.ast import attributes
from seccfg.ir import policy as ir
from seccfg.program.lower import application_attributes
from seccfg.program.lower import lower as lower_program
from seccfg.program.model import Branch
from seccfg.record import replace
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import GapList
from seccfg_kong.certificates import authorities_of
from seccfg_kong.keys import KeySets
from seccfg_kong.native import Split, functions, less_program, split
from seccfg_kong.node import log_plugins, node_settings, served_sinks
from seccfg_kong.plan import Answers, Authority, BranchExtra, KongOptions, KongPlan, KongRoute, KongService
from seccfg_kong.print_schemas import NotPortable, check_schema, parsed
from seccfg_kong.routing import priorities, route_name, route_path

__all__ = ["lower"]

_REFUSES_ALL = '{"not":{}}'
_SHOWN_REASONS: tuple[ir.Reason, ...] = ("malformed", "body_too_large", "internal", "unavailable", "no_route")
_STOCK_REASONS: tuple[ir.Reason, ...] = ("address", "rate_limited")
"""Why plugins of Kong's own refuse, besides."""


def lower(policy: ir.Policy, options: KongOptions) -> tuple[KongPlan, tuple[Gap, ...], ir.Policy]:
    """What Kong does for every control; what it does not becomes a `Gap` and leaves the effective Policy."""
    return _Lowering(policy, options).run()


class _Lowering:
    def __init__(self, policy: ir.Policy, options: KongOptions) -> None:
        self._policy = policy
        self._options = options
        self._gaps = GapList(policy)
        self._kept: dict[int, ir.Control | None] = {}
        self._judged: dict[tuple[ir.Json, bool], str] = {}
        self._unseen = application_attributes(policy)
        self._formats = dict(lower_program(replace(policy, routes=(), conditions=())).formats)
        tokens = tuple(v for v in policy.verifiers if isinstance(v, ir.JwtVerifier))
        self._plugin = options.mode == "plugin"
        self._keys = KeySets(tokens, policy.name, stock=not self._plugin)
        self._authorities: dict[str, tuple[Authority, ...]] = {}
        """By method: of those whose certificates the mtls-auth plugin checks."""
        self._closed_names: dict[str, str] = {}
        self._native: Split | None = None
        self._extras: dict[tuple[int, int, tuple[ir.Event, ...]], BranchExtra] = {}

    def run(self) -> tuple[KongPlan, tuple[Gap, ...], ir.Policy]:
        policy = self._policy
        if policy.session is not None:
            self._session(policy.session)
        shut = self._shut()
        effective = replace(shut, host=ir.Host(unseen=tuple(sorted(self._unseen)), strict_server=True))
        native = split(effective, self._gaps) if self._options.prefer == "native" else None
        if native is not None:
            self._native = native
            shut, effective = native.printed, native.effective
        program = lower_program(shut, self._unseen)
        if native is not None:
            program = less_program(program, native)
        revocation = next((c for route in shut.routes if (c := route.first(ir.Revocation)) is not None), None)
        branch_routes = _branch_routes(shut, program.branches)
        plan = KongPlan(
            options=self._options,
            service=policy.name,
            program=program,
            extras=tuple(self._extra(route) for route in branch_routes),
            routes=tuple("" if route is None else route.id for route in branch_routes),
            services=self._services(shut),
            catch_all=KongRoute(f"{policy.name}-everything-else", "", (), "/", 0, False, ("seccfg",)),
            credentials=self._keys.credentials,
            known_headers=_known_headers(shut),
            proxied_headers=tuple(sorted({
                a.source.name for a in policy.attrs if isinstance(a.source, ir.FromHeader) and a.trust == "proxy"
            })),
            identity_headers=tuple(sorted({e.header for r in policy.routes for e in r.one(ir.Forward).set})),
            log_subject=policy.edge.audit.subject == "clear",
            logs=log_plugins(policy),
            node=node_settings(policy, self._options, ("mtls-auth",) if self._authorities else ()),
            pems=tuple(sorted(self._keys.pems.items())) if self._plugin else (),
            needs_store=bool(program.limits) or revocation is not None,
            revocable=revocation is not None,
            deny_claim=revocation.deny_claim if revocation is not None else (),
            evidence=policy.evidence,
            hosts=policy.hosts,
            native=None if native is None else replace(native.plan, functions=functions(shut, program)),
            authorities=tuple(sorted({a for found in self._authorities.values() for a in found}, key=lambda a: a.id)),
        )
        return plan, self._gaps.all(), effective

    # ------------------------------------------------------------------------------------------------- gaps, effective
    def _shut(self) -> ir.Policy:
        """The Policy with every control as Kong enforces it; each change is a gap."""
        policy = self._policy
        verifiers = tuple(self._verifier(verifier) for verifier in policy.verifiers)
        routes = tuple(self._route(route) for route in policy.routes)
        self._transport(policy.edge.transport)
        self._audit(policy.edge.audit)
        self._headers(policy.edge.headers)
        self._gaps.approximate(
            ("service", "hosts"), "http-server",
            why="nginx itself refuses methods that are not in upper case and Hosts that are none, as malformed and before "
            "anything else", bound="refused 400", widens=False, status_only=True,
        )  # fmt: skip
        extra = tuple(_closed(name) for name in self._closed_names.values())
        return replace(
            policy,
            verifiers=tuple(sorted((*verifiers, *extra), key=lambda v: v.name)),
            session=None,
            edge=replace(policy.edge, transport=_bare(policy.edge.transport), audit=_logged(policy.edge.audit)),
            routes=routes,
        )

    def _route(self, route: ir.Route) -> ir.Route:
        kept = (self._validate(route, c) if isinstance(c, ir.Validate) else self._keep(c) for c in route.controls)
        self._application(route)
        return replace(route, controls=tuple(control for control in kept if control is not None))

    def _keep(self, control: ir.Control) -> ir.Control | None:
        if id(control) not in self._kept:
            self._kept[id(control)] = self._enforce(control)
        return self._kept[id(control)]

    def _enforce(self, control: ir.Control) -> ir.Control | None:
        """*control* as Kong enforces it; None: not at all."""
        match control:
            case ir.Session():
                self._session(control)
                return None
            case ir.Transport():
                self._transport(control)
                return _bare(control)
            case ir.Audit():
                self._audit(control)
                return _logged(control)
            case ir.Revocation():
                if self._plugin:
                    return control
                self._revocation(control)
                return None
            case ir.ResponseHeaders():
                self._headers(control)
                return control
            case ir.Authenticate():
                return control if self._plugin else self._authenticate(control)
            case ir.BodyLimit():
                self._gaps.approximate(
                    ("body", "max"), "body-buffer",
                    why="nginx writes bodies above its buffer to a file, which no plugin reads; with kong.conf the buffer "
                    "holds the largest body of the spec", bound="larger bodies refused without kong.conf", widens=False,
                )  # fmt: skip
                return control
            case (
                ir.RequestTarget() | ir.ClientAddress() | ir.Cors() | ir.RateLimit() | ir.Authorize() | ir.Validate()
                | ir.Forward() | ir.Errors()
            ):  # fmt: skip
                return control
            case _:
                assert_never(control)

    def _transport(self, transport: ir.Transport) -> None:
        ciphers = transport.ciphers if isinstance(transport.ciphers, str) else ":".join(transport.ciphers)
        for key, what in (("min_version", f"TLS {transport.min_tls} and later"), ("ciphers", f"ciphers {ciphers}")):
            self._gaps.outside(
                ("tls", key), f"tls-{key.replace('_', '-')}",
                why=f"{what} is a setting of the node: merge kong.conf into its configuration", bound="set in kong.conf",
            )  # fmt: skip
        for number, certificate in enumerate(transport.certificates):
            self._gaps.outside(
                ("tls", "certificates", number), "certificate-renewal",
                why=f"give the node {certificate.file} and its key for {certificate.host} (`certificates` with `snis`, or "
                f"`ssl_cert` and `ssl_cert_key`), and renew it {certificate.renew_before_s} s before it ends",
                bound="installed and renewed by the operator",
            )  # fmt: skip

    def _headers(self, headers: ir.ResponseHeaders) -> None:
        hidden = [name for name in headers.remove if name.lower() in ("server", "via")]
        if hidden:
            self._gaps.outside(
                ("headers", "remove"), "server-header",
                why=f"Kong writes {' and '.join(hidden)} after every plugin; `headers = off` of kong.conf leaves it out",
                bound="set in kong.conf",
            )  # fmt: skip

    def _audit(self, audit: ir.Audit) -> None:
        served = served_sinks(audit)
        for sink in audit.sinks:
            settings = "".join(f", {name} from {ref.env or ref.file}" for name, ref in sink.settings)
            if sink not in served:
                self._gaps.unsupported(
                    ("audit", "sinks", sink.name), "audit-sink-second",
                    why=f"Kong runs one http-log plugin, which another sink has: nothing is sent to {sink.type}{settings}",
                    bound="not sent",
                )  # fmt: skip
                continue
            self._gaps.approximate(
                ("audit", "sinks", sink.name), "audit-sink",
                why=f"Kong sends its log entries to {sink.type}{settings}: a full queue drops the oldest, and the "
                "certificate of what receives them is not checked", bound="best effort", widens=False,
            )  # fmt: skip
        kept = (audit.retention_min_s, audit.retention_hot_s, audit.retention_max_s)
        if any(kept):
            self._gaps.outside(
                ("audit", "retention"), "audit-retention",
                why="whatever collects the log keeps it {} s, searchable {} s, at most {} s".format(*kept),
                bound="kept by the collector",
            )  # fmt: skip
        if audit.required:
            self._gaps.unsupported(
                ("audit", "required"), "audit-required",
                why="Kong answers before it logs, and drops entries it cannot deliver", bound="best effort",
            )  # fmt: skip
        if audit.subject == "keyed_hash":
            key = "" if audit.hash_key is None else f" (key {audit.hash_key.env or audit.hash_key.file} is not read)"
            self._gaps.approximate(
                ("audit", "subject"), "audit-subject",
                why=f"log entries name no subject at all instead of a keyed hash{key}", bound="no subject", widens=False,
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
            self._gaps.delegated(("sessions", key), ident, to="python", why=f"Kong does not do it: {what}", widens=False)

    def _revocation(self, revocation: ir.Revocation) -> None:
        asked = [".".join(path) for path in (revocation.deny_claim, revocation.version_claim) if path]
        asked += ["iat against not_before"] if revocation.not_before else []
        self._gaps.unsupported(
            ("sessions", "revocation"), "revocation",
            why=f"the function sandbox reaches no store within {revocation.staleness_s} s, so {', '.join(asked)} is not looked "
            "up: a revoked token is good until it expires", bound="not checked", widens=True,
        )  # fmt: skip

    def _validate(self, route: ir.Route, control: ir.Validate) -> ir.Validate:
        """Schemas Lua cannot judge by refuse everything."""
        if (why := self._unportable(control.body_schema)) != "":
            self._gaps.unsupported((*route.at, "body"), "body-schema", why=why, bound="every body refused")
            control = replace(control, body_schema=_REFUSES_ALL)
        for param in control.params:
            why = self._unportable(param.schema)
            if why:
                key = {"path": "params", "query": "query", "header": "header_params"}[param.place]
                self._gaps.unsupported((*route.at, key, param.name), "parameter-schema", why=why, bound="every value refused")
                shut = replace(param, schema=_REFUSES_ALL)
                control = replace(control, params=tuple(shut if p == param else p for p in control.params))
        return control

    def _unportable(self, schema: ir.Json) -> str:
        if not schema:
            return ""
        found = self._judged.get((schema, True))
        if found is None:
            try:
                check_schema(parsed(schema), self._formats)
                found = ""
            except NotPortable as problem:
                found = f"the schema has {problem}, which has no exact counterpart in Lua"
            self._judged[schema, True] = found
        return found

    def _application(self, route: ir.Route) -> None:
        """Conditions over what only the application knows are left to it."""
        authorize = route.first(ir.Authorize)
        if authorize is None or not self._unseen:
            return
        known = {condition.id: condition for condition in self._policy.conditions}
        grants = [c for grant in authorize.allow for c in grant.conditions]
        for ident in sorted({*grants, *authorize.require, *authorize.forbid}):
            condition = known.get(ident)
            if condition is not None and attributes(condition.expr) & self._unseen:
                self._gaps.delegated(
                    (*route.at, "allow") if ident in grants else ("conditions", condition.name), "application-attribute",
                    to="python", why="only the application knows what the condition reads; the gateway names it in "
                    "X-Authz-Open and the service decides", widens=True,
                )  # fmt: skip

    # ---------------------------------------------------------------------------------------------------- verifiers
    def _verifier(self, verifier: ir.Verifier) -> ir.Verifier:
        at = ("auth", verifier.name)
        match verifier:
            case ir.JwtVerifier():
                return self._jwt(verifier)
            case ir.KeyVerifier():
                if not verifier.store.env:
                    return verifier
                shut = replace(verifier, store=ir.SecretRef(), records=())
                self._gaps.unsupported(
                    (*at, "keys"), "keys-from-environment",
                    why=f"the program reads no environment, so the records of {verifier.store.env} are not known",
                    bound="every key refused", enforced=(shut,),
                )  # fmt: skip
                return shut
            case ir.IntrospectVerifier():
                closed = ir.KeyVerifier(verifier.name, verifier.places, ir.SecretRef(), (), verifier.asserts, verifier.pos)
                self._gaps.unsupported(
                    at, "introspection",
                    why=f"the program asks no issuer, so not {verifier.endpoint} as {verifier.client_id} (secret from "
                    f"{verifier.credential.env or verifier.credential.file}, answers kept {verifier.cache_s} s)",
                    bound="answered 401", enforced=(closed,),
                )  # fmt: skip
                return closed
            case ir.CertVerifier() if self._certified(verifier):
                return verifier
            case ir.CertVerifier():
                shut_cert = _closed(verifier.name)
                given = ", ".join(verifier.roles) or "none"
                asserted = ", ".join(verifier.asserts) or "none"
                self._gaps.unsupported(
                    at, "client-certificate",
                    why=f"no client is asked for a certificate of {verifier.ca.file or verifier.ca.env} "
                    f"({verifier.san_text}{' on ' + verifier.host if verifier.host else ''}), which would give the roles "
                    f"{given} of {asserted}",
                    bound="answered 401", enforced=(shut_cert,),
                )  # fmt: skip
                return shut_cert
            case _:
                assert_never(verifier)

    def _certified(self, verifier: ir.CertVerifier) -> bool:
        """The mtls-auth plugin checks the chain of the method's certificates."""
        options = self._options
        if (options.edition, options.mode, options.prefer) != ("enterprise", "serverless", "exact"):
            return False
        found = authorities_of(self._policy.name, verifier)
        if not found:
            return False
        self._authorities[verifier.name] = found
        self._gaps.approximate(
            ("auth", verifier.name), "client-certificate-chain",
            why="Kong's mtls-auth plugin judges the chain, by the rules of its OpenSSL: sizes of keys, hashes and constraints of "
            "names may be judged otherwise, and a certificate that its authority says is revoked is refused",
            bound="chains of the same authority", widens=True,
        )  # fmt: skip
        return True

    def _jwt(self, verifier: ir.JwtVerifier) -> ir.JwtVerifier:
        kept = self._keys.kept[verifier.name]
        at = ("auth", verifier.name)
        jwks = verifier.jwks
        problems = [p for p in self._keys.problems if p.verifier == verifier.name]
        unusable = [p for p in problems if p.kind != "pinned"]
        if unusable:
            self._gaps.unsupported(
                at, "token-key", why="; ".join(f"key {p.kid}: {p.what}" for p in unusable),
                bound=f"tokens of {', '.join(sorted({p.kid for p in unusable}))} refused",
            )  # fmt: skip
        pinned = [p for p in problems if p.kind == "pinned"]
        if pinned:
            self._gaps.approximate(
                at, "token-algorithm", why="; ".join(f"key {p.kid}: {p.what}" for p in pinned), bound="one algorithm a key",
                widens=False,
            )  # fmt: skip
        if not self._plugin:
            self._gaps.approximate(
                at, "token-reading",
                why="Kong's jwt plugin reads tokens as well: one whose payload has a `kid` unlike its header's, or JSON that "
                "plugin cannot read (half a surrogate pair), is refused", bound="refused 401", widens=False,
            )  # fmt: skip
        if not kept.jwks.keys and not verifier.jwks.keys and not (self._plugin and jwks.url):
            self._gaps.unsupported(
                (*at, "jwks"), "no-keys", why=f"the keys of {verifier.issuer} are not known at build time: `seccfg keys pin` "
                "writes them to a file", bound="every token refused",
            )  # fmt: skip
        if jwks.url and self._plugin:
            return kept
        if jwks.url:
            self._gaps.approximate(
                (*at, "jwks", "url"), "key-rotation",
                why=f"keys are those of the build: {jwks.url} is not asked every {jwks.refresh_s} s (at most {jwks.max_stale_s} s "
                "old), so a new key is unknown and a withdrawn one good until the next build",
                bound="keys of the build", widens=True,
            )  # fmt: skip
        return replace(kept, jwks=replace(kept.jwks, url="", refresh_s=0, max_stale_s=0))

    def _authenticate(self, control: ir.Authenticate) -> ir.Authenticate:
        """The jwt plugin checks one token of a request: of several that must all succeed, the second never does."""
        tokens_known = {v.name for v in self._policy.verifiers if isinstance(v, ir.JwtVerifier)}
        changed: list[tuple[str, ...]] = []
        listed = {name for alternative in control.alternatives for name in alternative}
        for alternative in control.alternatives:
            tokens = [name for name in alternative if name in tokens_known]
            alternative = tuple(self._beside_tokens(name, listed & tokens_known) for name in alternative)
            for name in tokens[1:]:
                self._gaps.unsupported(
                    ("auth", name), "second-token", why="Kong's jwt plugin checks one token of a request", bound="answered 401"
                )
                closed = self._closed_names.setdefault(name, f"{name} (second token)")
                alternative = tuple(closed if known == name else known for known in alternative)
            changed.append(alternative)
        return control if tuple(changed) == control.alternatives else replace(control, alternatives=tuple(changed))

    def _beside_tokens(self, name: str, tokens: set[str]) -> str:
        """The jwt plugin comes later, and replaces whom mtls-auth found: beside tokens no certificate counts."""
        if name not in self._authorities or not tokens:
            return name
        self._gaps.unsupported(
            ("auth", name), "certificate-beside-token",
            why=f"on routes that take tokens of {', '.join(sorted(tokens))} too, Kong's jwt plugin replaces whom mtls-auth found",
            bound="answered 401",
        )  # fmt: skip
        return self._closed_names.setdefault(name, f"{name} (beside tokens)")

    # ------------------------------------------------------------------------------------------------------- planning
    def _services(self, policy: ir.Policy) -> tuple[KongService, ...]:
        order = priorities(route.path for route in policy.routes)
        signing = {v.name for v in policy.verifiers if isinstance(v, ir.JwtVerifier) and v.places}
        found: dict[str, tuple[ir.Forward, list[KongRoute]]] = {}
        for route in policy.routes:
            forward = route.one(ir.Forward)
            names = {name for alternative in route.one(ir.Authenticate).alternatives for name in alternative}
            made = KongRoute(
                route_name(policy.name, route), route.id, (route.method,), route_path(route.path), order[route.path],
                bool(names & signing), ("seccfg",), tuple(a.id for name in sorted(names) for a in self._authorities.get(name, ())),
            )  # fmt: skip
            found.setdefault(forward.upstream, (forward, []))[1].append(made)
        return tuple(
            KongService(
                f"{policy.name}-{name}", forward.url, forward.verify_tls, forward.timeout_s * 1000,
                tuple(sorted(routes, key=lambda r: r.name)),
            )
            for name, (forward, routes) in sorted(found.items())
        )  # fmt: skip

    def _extra(self, route: ir.Route | None) -> BranchExtra:
        edge = self._policy.edge
        headers, errors, audit = edge.headers, edge.errors, edge.audit
        if route is not None:
            headers, errors, audit = route.one(ir.ResponseHeaders), route.one(ir.Errors), route.one(ir.Audit)
        key = (id(headers), id(errors), audit.events)
        if key not in self._extras:
            if self._native is not None and self._native.headers:
                headers = replace(headers, set=(), remove=())
            self._extras[key] = BranchExtra(_answers(headers, errors, native=self._native is not None), audit.events)
        return self._extras[key]


def _branch_routes(policy: ir.Policy, branches: tuple[Branch, ...]) -> tuple[ir.Route | None, ...]:
    known = {route.id: route for route in policy.routes}
    return tuple(known.get(branch.id.removeprefix("preflight ")) for branch in branches)


def _answers(headers: ir.ResponseHeaders, errors: ir.Errors, *, native: bool) -> Answers:
    hsts = ""
    if headers.hsts is not None:
        hsts = f"max-age={headers.hsts.max_age_s}"
        hsts += "; includeSubDomains" if headers.hsts.include_subdomains else ""
        hsts += "; preload" if headers.hsts.preload else ""
    shown = (*_SHOWN_REASONS, *_STOCK_REASONS) if native else _SHOWN_REASONS
    return Answers(
        headers.set, headers.remove, hsts, tuple((reason, errors.code(reason)) for reason in shown),
        "application/problem+json" if errors.format == "problem+json" else "application/json",
        errors.correlation_header.lower(), errors.details == "hidden",
    )  # fmt: skip


def _bare(transport: ir.Transport) -> ir.Transport:
    """What a plugin sees of a connection: whether it is TLS."""
    return replace(transport, min_tls="1.2", ciphers="intermediate", certificates=())


def _logged(audit: ir.Audit) -> ir.Audit:
    return replace(audit, sinks=(), retention_min_s=0, retention_hot_s=0, retention_max_s=0, required=False)


def _closed(name: str) -> ir.JwtVerifier:
    """A method nobody can present a credential of: it owns no place."""
    jwks = ir.Jwks("", "", (), 0, 0)
    return ir.JwtVerifier(name, "", (), (), jwks, (), 0, None, (), ("sub",), (), (), (), ())


def _known_headers(policy: ir.Policy) -> tuple[str, ...]:
    """Headers somebody here reads or sets."""
    found = {
        "host", "content-length", "content-type", "origin", "authorization", "cookie", "access-control-request-method",
        "access-control-request-headers", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-authz-open",
        policy.edge.errors.correlation_header.lower(),
    }  # fmt: skip
    found |= {a.source.name for a in policy.attrs if isinstance(a.source, ir.FromHeader)}
    for verifier in policy.verifiers:
        found |= {p.name for p in getattr(verifier, "places", ()) if isinstance(p, ir.HeaderPlace)}
    for route in policy.routes:
        found |= {p.name for p in route.one(ir.Validate).params if p.place == "header"}
        found |= {entry.header for entry in route.one(ir.Forward).set} | set(route.one(ir.Forward).strip)
    return tuple(sorted(found))

