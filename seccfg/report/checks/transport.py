"""Checks of transport, upstreams and what answers carry."""

from __future__ import annotations

from urllib.parse import urlsplit

from seccfg.findings import SpecPath
from seccfg.ir.policy import Cors, Forward, Transport
from seccfg.report.checks.facts import Facts, Thresholds, every, key_paths
from seccfg.report.model import Judged
from seccfg.spec.scalars import duration_s

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def tls_minimum(facts: Facts, wanted: Thresholds) -> Judged:
    found = facts.policy.edge.transport.min_tls
    at = ("tls", "min_version")
    if tuple(map(int, found.split("."))) < tuple(map(int, wanted.text("at_least").split("."))):
        return Judged("fails", f"TLS {found} is accepted", (at,), (at,))
    return Judged("holds", f"TLS {found} at least", (at,), (at, ("tls", "ciphers")))


def no_plain_http(facts: Facts, _: Thresholds) -> Judged:
    open_ = [route for route in facts.policy.routes if route.one(Transport).plain_http == "allow"]
    wrong: list[SpecPath] = [(*route.at, "plain_http") for route in open_ if not route.public or facts.data_of(route)]
    good = "plain http is redirected or refused"
    if open_:
        good += f", but for {len(open_)} public route{'' if len(open_) == 1 else 's'} without classified data"
    covers = (("tls", "plain_http"), *((*route.at, "plain_http") for route in open_))
    return every(wrong, (("tls", "plain_http"),), good, "routes that are not public are served without TLS", covers)


def hsts(facts: Facts, wanted: Thresholds) -> Judged:
    found = facts.policy.edge.headers.hsts
    at = ("tls", "hsts")
    if found is None:
        return Judged("fails", "no HSTS", (at,), (at,))
    if found.max_age_s < wanted.seconds("at_least"):
        return Judged("fails", f"HSTS for {found.max_age_s} seconds only", (at,), (at,))
    return Judged("holds", f"HSTS for {found.max_age_s // 86_400} days", (at,), (at,))


def certificates_owned(facts: Facts, _: Thresholds) -> Judged:
    listed = facts.spec.tls.certificates if facts.spec.tls else None
    at: SpecPath = ("tls", "certificates")
    if not listed:
        return Judged("fails", "no server certificate is listed", (at,), (at,))
    wrong: list[SpecPath] = [(*at, n) for n, one in enumerate(listed) if not one.owner or not one.renew_before]
    return every(wrong, (at,), f"{len(listed)} listed", "certificates without owner or `renew_before`", (at,))


def cors_closed(facts: Facts, _: Thresholds) -> Judged:
    profiles = [(route, route.first(Cors)) for route in facts.policy.routes if not route.public]
    wrong: list[SpecPath] = [("cors", cors.name, "origins") for _, cors in profiles if cors is not None and cors.any_origin]
    used: list[SpecPath] = [("cors", cors.name, "origins") for _, cors in profiles if cors is not None]
    good = "origins are listed" if used else "no page of another origin may read an answer"
    return every(list(dict.fromkeys(wrong)), tuple(dict.fromkeys(used)), good, "any origin may read what is not public",
                 (("cors",),))  # fmt: skip


def security_headers(facts: Facts, _: Thresholds) -> Judged:
    said = {name.lower(): value.strip().lower() for name, value in facts.policy.edge.headers.set}
    at = ("headers", "set")
    if said.get("x-content-type-options") != "nosniff":
        return Judged("fails", "answers go without `X-Content-Type-Options: nosniff`", (at,), (("headers",),))
    return Judged("holds", f"{len(said)} headers are set on every answer", (at,), (("headers",),))


def errors_hidden(facts: Facts, _: Thresholds) -> Judged:
    at = ("errors", "details")
    if facts.policy.edge.errors.details != "hidden":
        return Judged("fails", "answers show details of errors", (at,), (at,))
    return Judged("holds", "answers hide details of errors", (at,), (at,))


def identity_limited(facts: Facts, _: Thresholds) -> Judged:
    at = ("forward", "credentials")
    if any(route.one(Forward).credentials == "keep" for route in facts.policy.routes):
        return Judged("fails", "credentials are passed on", (at,), (("forward",),))
    return Judged("holds", "credentials end here; upstreams are told what `forward.identity` names", (at,), (("forward",),))


def upstream_timeout(facts: Facts, wanted: Thresholds) -> Judged:
    wrong: list[SpecPath] = [
        ("upstreams", name, "timeout")
        for name, one in facts.spec.upstreams.items()
        if duration_s(one.timeout) > wanted.seconds("at_most")
    ]
    right = tuple(("upstreams", name, "timeout") for name in facts.spec.upstreams)
    return every(wrong, right, "every upstream has a timeout", "upstreams may take longer", right)


def upstream_tls(facts: Facts, _: Thresholds) -> Judged:
    wrong: list[SpecPath] = []
    for name, one in facts.spec.upstreams.items():
        parts = urlsplit(one.url)
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            wrong.append(("upstreams", name, "url"))
        elif one.tls == "insecure":
            wrong.append(("upstreams", name, "tls"))
    right = tuple(("upstreams", name, "url") for name in facts.spec.upstreams)
    covers = (*right, *(("upstreams", name, "tls") for name in facts.spec.upstreams),
              *(path for route in facts.policy.routes for path in key_paths(route, "upstream")))  # fmt: skip
    return every(wrong, right, "verified TLS, or the same host", "upstreams without verified TLS", covers)
