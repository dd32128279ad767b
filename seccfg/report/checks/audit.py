"""Checks of the audit trail."""

from __future__ import annotations

from seccfg.findings import SpecPath
from seccfg.ir.policy import CookiePlace, HeaderPlace
from seccfg.report.checks.facts import Facts, Thresholds, audits, every, key_paths
from seccfg.report.model import Judged

_AT: SpecPath = ("audit",)


def audit_events(facts: Facts, wanted: Thresholds) -> Judged:
    names = wanted.names("events")
    routes = [route for route in facts.routes(wanted.text("data")) if not route.public or not wanted.text("data")]
    if wanted.text("data") and not routes:
        return Judged("nothing", "no route handles such data")
    asked = [route for route in routes if not route.public] or routes
    wrong: list[SpecPath] = [tuple(r.at) for r in asked if not set(names) <= set(audits(facts.policy, r).events)]
    covers: tuple[SpecPath, ...] = (("audit", "events"), *dict.fromkeys(p for r in asked for p in key_paths(r, "audit")))
    if wrong and not facts.spec.audit:
        wrong = [_AT]
    return every(wrong, (("audit", "events"),), f"written down: {', '.join(names)}",
                 f"not everywhere written down: {', '.join(names)}", covers)  # fmt: skip


def audit_sink(facts: Facts, _: Thresholds) -> Judged:
    at = (*_AT, "sinks")
    kept = [sink.name for sink in facts.policy.edge.audit.sinks if sink.type != "prometheus"]
    if not kept:
        return Judged("fails", "records go to standard error only", (at,), (at,))
    return Judged("holds", f"records go to {', '.join(kept)}", tuple((*at, name) for name in kept),
                  tuple((*at, name) for name in kept))  # fmt: skip


def correlation(facts: Facts, _: Thresholds) -> Judged:
    at = ("errors", "correlation_header")
    return Judged("holds", f"{facts.policy.edge.errors.correlation_header} stands in answers and records", (at,), (at,))


def credentials_redacted(facts: Facts, _: Thresholds) -> Judged:
    at = (*_AT, "redact")
    missing = set()
    for verifier in facts.policy.verifiers:
        for place in getattr(verifier, "places", ()):
            name = place.name.lower() if isinstance(place, HeaderPlace) else "authorization"
            name = "cookie" if isinstance(place, CookiePlace) else name
            if name not in facts.policy.edge.audit.redact:
                missing.add(name)
    if missing:
        return Judged("fails", f"written down: {', '.join(sorted(missing))}", (at,), (at,))
    return Judged("holds", "every header that carries credentials is left out", (at,), (at,))


def subject_hashed(facts: Facts, _: Thresholds) -> Judged:
    at = (*_AT, "subject")
    if facts.policy.edge.audit.subject != "keyed_hash":
        return Judged("fails", "principals are written in clear", (at,), (at,))
    return Judged("holds", "principals are written as keyed hashes", (at,), (at,))


def retention(facts: Facts, wanted: Thresholds) -> Judged:
    found = facts.policy.edge.audit
    at = (*_AT, "retention")
    wrong: list[SpecPath] = []
    if found.retention_min_s < wanted.seconds("min"):
        wrong.append((*at, "min"))
    if found.retention_hot_s < wanted.seconds("hot"):
        wrong.append((*at, "hot"))
    said = f"{wanted.text('min')}, {wanted.text('hot')} of them at hand"
    return every(wrong, ((*at, "min"), (*at, "hot")), f"kept at least {said}", f"not kept {said}", (at,))


def retention_maximum(facts: Facts, _: Thresholds) -> Judged:
    at = (*_AT, "retention", "max")
    if not facts.policy.edge.audit.retention_max_s:
        return Judged("fails", "no longest time is stated", (at,), (at,))
    return Judged("holds", f"kept at most {facts.policy.edge.audit.retention_max_s // 86_400} days", (at,), ((*_AT, "retention"),))
