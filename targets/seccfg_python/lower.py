"""Policy -> plan, gaps and what the package enforces instead. Every choice of this target is made here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar, assert_never

from seccfg.findings import SpecPath
from seccfg.ir import policy as ir
from seccfg.record import Record, replace
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import GapList
from seccfg_python.plan import PythonPlan
from seccfg_python.suite import suite_routes
from seccfg_runtime.planning import plan_policy

__all__ = ["lower"]

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

    def run(self, options: Mapping[str, str]) -> tuple[PythonPlan, tuple[Gap, ...], ir.Policy]:
        policy = self._policy
        if policy.session is not None:
            self._session_gaps(policy.session)
        effective = self._effective()
        planned = plan_policy(effective)
        plan = PythonPlan(
            package=options["package"],
            framework=options["framework"],
            policy=planned.policy,
            conditions=planned.conditions,
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


def _span(seconds: int) -> str:
    """Days where it is whole days, seconds otherwise."""
    days, rest = divmod(seconds, 86_400)
    return f"{seconds} s" if rest or not days else f"{days} day{'s' if days > 1 else ''}"
