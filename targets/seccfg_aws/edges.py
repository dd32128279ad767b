"""What holds around the routes: domain names, TLS, answers in one fixed form, retention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seccfg.ir import policy as ir
from seccfg.record import Record
from seccfg.targetapi.gaps import GapList
from seccfg_aws.native import NativePlan
from seccfg_aws.plan import DomainPlan
from seccfg_aws.statuses import raised, status_plan

__all__ = ["FixedAnswers", "domain_plans", "fixed_answers", "hsts_value", "retention_days", "tls_policy"]

_TLS_12: Final = "TLS_1_2"
_TLS_13: Final = "SecurityPolicy_TLS13_1_3_2025_09"
_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs takes for `RetentionInDays`."""
_DEFAULT_DAYS: Final = 365


def tls_policy(transport: ir.Transport) -> str:
    """The security policy of API and domain names."""
    return _TLS_13 if transport.min_tls == "1.3" or transport.ciphers == "modern" else _TLS_12


def domain_plans(
    policy: ir.Policy, tls: str, gaps: GapList
) -> tuple[tuple[DomainPlan, ...], tuple[str, ...], str]:
    """The domain names, the hosts that ask for client certificates, and the trust store they take them by."""
    certificates = [v for v in policy.verifiers if isinstance(v, ir.CertVerifier)]
    mutual: set[str] = set()
    for verifier in certificates:
        at = ("auth", verifier.name)
        if not verifier.host or verifier.host not in policy.hosts:
            gaps.unsupported(
                at, "certificate-host", bound="no certificate is taken",
                why=f"API Gateway asks for client certificates per domain name: name one of service.hosts as auth."
                f"{verifier.name}.host ({verifier.host or 'none'} is not)",
            )  # fmt: skip
        elif tls != _TLS_12:
            gaps.unsupported(
                at, "certificate-tls", bound="no certificate is taken",
                why=f"a domain name with the policy {tls} cannot ask for client certificates: TLS 1.2 can",
            )  # fmt: skip
        else:
            mutual.add(verifier.host)
            gaps.approximate(
                (*at, "host"), "certificate-domain", bound=f"every request to {verifier.host} needs a certificate",
                widens=False,
                why="a domain name that asks for client certificates serves nobody without one, and no other name asks",
            )  # fmt: skip
    plans = tuple(DomainPlan(host, host in mutual) for host in policy.hosts)
    roots = dict.fromkeys(v.ca_pem.strip() for v in certificates if v.host in mutual)
    return plans, tuple(sorted(mutual)), "".join(f"{pem}\n" for pem in roots)


class FixedAnswers(Record):
    """Answers that say nothing of the request, and the headers they share besides those of every answer."""

    answers: tuple[ir.FixedAnswer, ...]
    headers: tuple[tuple[str, str], ...]


def fixed_answers(
    policy: ir.Policy, routes: Sequence[ir.Route], effective: ir.Errors, native: NativePlan
) -> FixedAnswers:
    """What web ACL and API Gateway answer in one form, whoever asks."""
    hsts = hsts_value(policy.edge.headers.hsts)
    every = (("strict-transport-security", hsts),) if hsts else ()
    cors = _only_origin(routes)
    challenge = _challenge(policy, routes)
    refused = (*every, *cors, *((("www-authenticate", challenge),) if challenge else ()))
    statuses = status_plan(policy.edge.errors)
    reasons = raised(policy.edge.errors)
    retry = tuple(("retry-after", str(limit.window_s)) for limit in native.limits[:1])
    answers = [
        *([ir.FixedAnswer("address", ("rate_limited",), 0, (*retry, *every, *cors))] if retry else []),
        *([ir.FixedAnswer("address", (), 0, (*every, *cors))] if native.addresses else []),
        ir.FixedAnswer("plain_http", (), 0, ()),
        ir.FixedAnswer("host", (), 403, ()),
        ir.FixedAnswer("route", (), statuses.missing, every),
        ir.FixedAnswer("method", (), statuses.missing, every),
        ir.FixedAnswer("", ("unavailable", "internal"), 0, (*every, *cors)),
    ]
    if reasons:
        with_challenge = refused if statuses.unauthorized == 401 else (*every, *cors)
        answers.append(ir.FixedAnswer("", reasons, effective.code(reasons[0]), with_challenge))
    if native.rules is not None:
        answers.append(ir.FixedAnswer("", (), 0, (*every, *cors)))
    shown = (*cors, *((("www-authenticate", challenge),) if challenge and statuses.unauthorized == 401 else ()))
    return FixedAnswers(tuple(answers), shown)


def _only_origin(routes: Sequence[ir.Route]) -> tuple[tuple[str, str], ...]:
    """CORS headers that are right for every route, when one profile with one plain origin is all there is."""
    profiles = {(c.origins, c.credentials, c.expose, c.any_origin) for r in routes if (c := r.first(ir.Cors)) is not None}
    if len(profiles) != 1:
        return ()
    origins, credentials, expose, any_origin = next(iter(profiles))
    if len(origins) != 1 or origins[0].one_label or any_origin:
        return ()
    found = [("access-control-allow-origin", origins[0].text), ("vary", "Origin")]
    if credentials:
        found.append(("access-control-allow-credentials", "true"))
    if expose:
        found.append(("access-control-expose-headers", ", ".join(expose)))
    return tuple(found)


def _challenge(policy: ir.Policy, routes: Sequence[ir.Route]) -> str:
    """`WWW-Authenticate` of every refused credential: one for all, of the places some route looks at."""
    named = {name for route in routes for names in route.one(ir.Authenticate).alternatives for name in names}
    listed = [verifier for verifier in policy.verifiers if verifier.name in named]
    realm = policy.name.replace("\\", "\\\\").replace('"', '\\"')
    if any(isinstance(place, ir.Bearer) for v in listed for place in getattr(v, "places", ())):
        return f'Bearer realm="{realm}"'
    return f'ApiKey realm="{realm}"' if any(isinstance(verifier, ir.KeyVerifier) for verifier in listed) else ""


def hsts_value(hsts: ir.Hsts | None) -> str:
    """Value of `Strict-Transport-Security`; empty when it is not sent."""
    if hsts is None:
        return ""
    parts = [f"max-age={hsts.max_age_s}"]
    parts += ["includeSubDomains"] if hsts.include_subdomains else []
    parts += ["preload"] if hsts.preload else []
    return "; ".join(parts)


def retention_days(audit: ir.Audit) -> int:
    """How long the log groups keep: the shortest time that is long enough."""
    least = max(audit.retention_min_s, audit.retention_hot_s)
    if not least and not audit.retention_max_s:
        return _DEFAULT_DAYS
    if not least:
        return max((days for days in _DAYS if days * 86_400 <= audit.retention_max_s), default=_DAYS[0])
    return next((days for days in _DAYS if days * 86_400 >= least), _DAYS[-1])
