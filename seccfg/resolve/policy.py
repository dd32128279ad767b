"""Spec -> Policy."""

from __future__ import annotations

from seccfg.findings import Finding, SpecError, SpecPath
from seccfg.ir.policy import (
    Accepted,
    Authenticate,
    ClientAddress,
    Edge,
    Evidence,
    Policy,
    RequestTarget,
    SourceMap,
    Verifier,
)
from seccfg.resolve import materials
from seccfg.resolve.attributes import ConditionTable, declared_attributes
from seccfg.resolve.materials import FileProblem, Files
from seccfg.resolve.roles import RoleGraph
from seccfg.resolve.routes import RouteBuilder
from seccfg.resolve.service import ServiceWide
from seccfg.resolve.verifiers import VerifierBuilder
from seccfg.spec import loader
from seccfg.spec.named_files import FILE_RULE, methods_of, referenced_files

__all__ = ["resolve"]


def resolve(spec: loader.Spec, files: Files, places: SourceMap, env: str = "") -> Policy:
    """
    The Policy of *spec*.

    Args:
        spec: A Spec without findings.
        files: Content of every file `referenced_files` lists.
        places: Where keys stand.
        env: Name of the overlay applied, empty for none.
    Raises:
        SpecError: a referenced file does not hold what it should; every such finding, in source order.
    """
    findings: list[Finding] = []
    builder = VerifierBuilder(spec, files, places)
    made: dict[str, Verifier] = {}
    for name, method in (spec.auth or {}).items():
        try:
            made[name] = builder.make(name, method)
        except FileProblem as problem:
            at = next(r.at for r in referenced_files(spec) if r.at[:2] == ("auth", name))
            findings.append(problem.finding(FILE_RULE, places.span(at), at))
    findings += _schema_problems(spec, files, places)
    if findings:
        raise SpecError(tuple(sorted(findings, key=lambda f: (f.at.path, f.at.line, f.at.column))))
    roles = RoleGraph(spec.roles)
    attrs = declared_attributes(spec.attributes, places)
    conditions = ConditionTable(spec.conditions, attrs, places)
    service = ServiceWide(spec, files, places, roles, conditions)
    route_builder = RouteBuilder(spec, service, made)
    routes = route_builder.all()
    named = {n for route in routes for alternative in route.one(Authenticate).alternatives for n in alternative}
    default_network = spec.defaults.network if spec.defaults is not None else None
    rules = () if default_network is None else (route_builder.address_rule(default_network),)
    edge = Edge(
        RequestTarget(False, places.span(("routes",))),
        service.transport,
        ClientAddress(rules, service.trusted_proxies, places.span(("defaults", "network"))),
        service.headers,
        service.errors,
        service.audit,
    )
    return Policy(
        spec.service.name,
        env,
        tuple(host.lower() for host in spec.service.hosts),
        roles.closure(),
        tuple(made[name] for name in sorted(named)),
        attrs,
        conditions.used(),
        service.session,
        edge,
        routes,
        _evidence(spec, places),
        pos=places,
    )


def _schema_problems(spec: loader.Spec, files: Files, places: SourceMap) -> list[Finding]:
    findings: list[Finding] = []
    for template, item in spec.routes.items():
        for keys, at in ((item, ("routes", template)), *((r, ("routes", template, m)) for m, r in methods_of(item))):
            if keys.body is None or keys.body.schema_ is None:
                continue
            where: SpecPath = (*at, "body", "schema")
            schema = keys.body.schema_
            try:
                if isinstance(schema, str):
                    materials.body_schema(materials.parse_json(files[schema], schema), schema)
                else:
                    materials.body_schema(schema, "body.schema")
            except FileProblem as problem:
                findings.append(problem.finding(FILE_RULE, places.span(where), where))
    return findings


def _evidence(spec: loader.Spec, places: SourceMap) -> Evidence:
    service = spec.service
    accepted = tuple(
        Accepted(a.target, a.gap, a.at, a.bound or "", a.reason, a.owner, a.expires, places.span(("accept", n)))
        for n, a in enumerate(spec.accept or ())
        if a.target is not None and a.gap is not None and a.at is not None
    )
    reasons = [
        (f"{method.upper()} {template}", reason)
        for template, item in spec.routes.items()
        for method, route in methods_of(item)
        for reason in (
            route.reason or item.reason,
            *(keys.without.reason for keys in (item, route) if keys.without is not None),
        )
        if reason is not None
    ]
    return Evidence(
        service.title or service.name,
        service.owner or "",
        service.contact or "",
        tuple(service.data or ()),
        tuple(spec.compliance or ()),
        accepted,
        tuple(reasons),
    )
