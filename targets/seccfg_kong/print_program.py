"""A Program as the Lua table `data` that `runtime/decide.lua` runs, and the tables of functions it is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from seccfg.ir.policy import (
    Attr,
    Bearer,
    ByAddress,
    ByAttribute,
    ByPrincipal,
    CertVerifier,
    CookiePlace,
    Forward,
    FromBody,
    FromClaims,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    HeaderPlace,
    Jwk,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    LimitKey,
    Place,
    QueryPlace,
    SanLiteral,
)
from seccfg.program.build import place_id
from seccfg.program.model import Branch, Limit, Method, Node, Program, Template
from seccfg_kong.lua import Code, Constants, blocks, function, indented, json_value, list_of, lua, set_of, table
from seccfg_kong.plan import Answers, BranchExtra, KongPlan
from seccfg_kong.print_forms import FormPrinter

__all__ = ["print_answers", "print_program"]

CORS_HEADERS = (
    "access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods",
    "access-control-allow-headers", "access-control-expose-headers", "access-control-max-age",
    "access-control-allow-private-network",
)  # fmt: skip
INTERNAL = (
    "x-seccfg-token", "x-authz-open", "x-consumer-id", "x-consumer-custom-id", "x-consumer-username",
    "x-credential-identifier", "x-anonymous-consumer", "x-http-method-override", "x-method-override", "x-original-url",
    "x-rewrite-url", "forwarded", "x-real-ip", "x-forwarded-server", "x-forwarded-by", "x-forwarded-ssl",
)  # fmt: skip
"""Headers no client speaks in; `x-forwarded-for`, `-proto`, `-host`, `-port`, `-path` and `-prefix` Kong sets anew itself."""
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


def print_program(plan: KongPlan) -> str:
    """The statements that define `data`."""
    return _Printer(plan).text()


def print_answers(answers: Answers) -> Code:
    """`data.answers` of a chunk that only completes answers."""
    return table((
        ("set", list_of(list_of(pair) for pair in answers.set)), ("remove", list_of(answers.remove)),
        ("hsts", lua(answers.hsts or None)), ("codes", lua(dict(answers.codes))), ("content_type", lua(answers.content_type)),
        ("correlation", lua(answers.correlation)), ("hidden", lua(answers.hidden)),
        ("own_cache_control", lua(any(name.lower() == "cache-control" for name, _ in answers.set))),
    ))  # fmt: skip


class _Printer:
    def __init__(self, plan: KongPlan) -> None:
        self._plan = plan
        self._program: Program = plan.program
        self._forms = FormPrinter(plan.program)
        self._answers, self._forwards = Constants("A"), Constants("F")
        self._looks: dict[Answers, Code] = {}
        self._known: dict[tuple[object, ...], tuple[tuple[str, Code], ...]] = {}
        self._sent: dict[tuple[int, str], Code] = {}

    def text(self) -> str:
        plan, program = self._plan, self._program
        routable = function(f"return {self._forms.form(program.routable)}")
        branches = [
            self._branch(branch, extra, route)
            for branch, extra, route in zip(program.branches, plan.extras, plan.routes, strict=True)
        ]
        edge = plan.extras[program.edge]
        no_route = dict(edge.answers.codes)["no_route"]
        known = set_of(plan.known_headers)
        lines = [
            self._forms.text(), self._answers.text(), self._forwards.text(),
            "local data = {",
            *(
                f"  {name} = {value},"
                for name, value in (
                    ("service", lua(plan.service)), ("trusted", blocks(program.trusted_proxies)), ("edge", lua(program.edge + 1)),
                    ("answers", self._look(edge.answers)), ("log_subject", lua(plan.log_subject)),
                    ("no_route", table((("reason", lua("no_route")), ("status", lua(no_route)), ("event", lua("input.rejected"))))),
                    ("cors_headers", list_of(CORS_HEADERS)), ("internal", set_of(INTERNAL)), ("known", known),
                    ("proxied", set_of(plan.proxied_headers)),
                )
            ),
            f"  routable = {indented(routable).strip()},",
            "}",
            _entries("data.nodes", (_node(node) for node in program.nodes)),
            _entries("data.templates", (_template(template) for template in program.templates)),
            _entries("data.branches", branches),
            _entries("data.limits", (_limit(limit) for limit in program.limits)),
            _named("data.methods", ((method.name, _method(method, dict(plan.pems))) for method in program.methods)),
            _named("data.places", sorted(_places(program).items())),
            f"data.roles = {lua(dict(program.roles))}",
            f"data.attributes = {_attributes(program.attributes)}",
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def _branch(self, branch: Branch, extra: BranchExtra, route: str) -> Code:
        members = [
            ("id", lua(branch.id)), ("answers", self._look(extra.answers)), *self._steps(branch, extra.logged),
        ]  # fmt: skip
        if branch.kind != "route" and self._plan.native is None:
            return table(members)  # every request of it ends in these steps
        members += [
            ("route", lua(route or None)), ("depth", lua(branch.json_depth)), *self._credentials(branch),
            ("parameters", lua({name: at + 1 if at >= 0 else at for name, at in branch.parameters})),
            ("always_open", list_of(branch.always_open)),
            ("may_be_open", list_of(
                table((("when", Code(f"function(q) return {self._forms.form(o.when)} end")), ("names", list_of(o.names))))
                for o in branch.may_be_open
            )),
        ]  # fmt: skip
        if branch.forward is not None:
            members.append(("forward", self._forward(branch.forward, extra.answers.correlation)))
        return table(members)

    def _steps(self, branch: Branch, logged: tuple[str, ...]) -> tuple[tuple[str, Code], ...]:
        """What routes of the same steps share as text."""
        key = (logged, *map(id, branch.steps))
        found = self._known.get(key)
        if found is None:
            # a step without items refuses nothing; the last says what a request that passes is answered with
            every = branch.steps
            if branch.kind == "preflight":
                every = every[: [step.name for step in every].index("preflight") + 1]  # which answers every preflight
            steps = [step for number, step in enumerate(every, 1) if step.items or number == len(every)]
            names = [step.name for step in branch.steps]
            late = names[names.index("authenticate") :] if "authenticate" in names else []
            split = 1 + sum(step.name not in late for step in steps)
            found = self._known[key] = (
                ("split", lua(split)), ("logged", self._forms.tables.ref(set_of(logged))),
                ("steps", list_of([self._forms.step(step) for step in steps])),
            )  # fmt: skip
        return found

    def _credentials(self, branch: Branch) -> tuple[tuple[str, Code], ...]:
        key = (branch.places, branch.alternatives)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = (
                ("places", list_of(table((("id", lua(u.id)), ("methods", list_of(u.methods)))) for u in branch.places)),
                ("alternatives", list_of(list_of(names) for names in branch.alternatives)),
            )
        return found

    def _look(self, answers: Answers) -> Code:
        if answers not in self._looks:
            self._looks[answers] = self._answers.ref(print_answers(answers))
        return self._looks[answers]

    def _forward(self, forward: Forward, correlation: str) -> Code:
        key = (id(forward), correlation)
        if key not in self._sent:
            self._sent[key] = self._forwards.ref(_forward(forward, correlation))
        return self._sent[key]


def _entries(name: str, values: Iterable[Code]) -> str:
    return "\n".join([f"{name} = {{}}", *(f"{name}[{number}] = {value}" for number, value in enumerate(values, 1))])


def _named(name: str, values: Iterable[tuple[str, Code]]) -> str:
    return "\n".join([f"{name} = {{}}", *(f"{name}[{lua(key)}] = {value}" for key, value in values)])


def _node(node: Node) -> Code:
    def index(number: int) -> Code:
        return lua(number + 1) if number >= 0 else Code("nil")

    literals = lua({text: number + 1 for text, number in node.literals})
    return table((
        ("literals", literals), ("parameter", index(node.parameter)), ("rest", index(node.rest)), ("here", index(node.here)),
    ))  # fmt: skip


def _template(template: Template) -> Code:
    return table((
        ("methods", lua({method: number + 1 for method, number in template.methods})),
        ("preflights", lua({method: number + 1 for method, number in template.preflights})),
        ("undeclared", lua(template.undeclared + 1)),
    ))  # fmt: skip


def _forward(forward: Forward, correlation: str) -> Code:
    strip = {*forward.strip, *(entry.header for entry in forward.set)}
    return table((
        ("strip", set_of(sorted(strip))), ("cookies", set_of(forward.strip_cookies)), ("query", set_of(forward.strip_query)),
        ("correlation", lua(correlation)),
        ("set", list_of(table((("header", lua(e.header)), ("field", lua(e.field)))) for e in forward.set)),
    ))  # fmt: skip


def _limit(limit: Limit) -> Code:
    tiers = (table((("roles", set_of(roles)), ("limit", lua(size)))) for roles, size in limit.tiers)
    return table((
        ("name", lua(limit.name)), ("route", lua(limit.route)), ("algorithm", lua(limit.algorithm)), ("limit", lua(limit.limit)),
        ("window", lua(limit.window_s)), ("burst", lua(limit.burst)), ("tiers", list_of(tiers)),
        ("may_be_local", lua(limit.on_store_failure == "local")), *_limit_key(limit.key),
    ))  # fmt: skip


def _limit_key(key: LimitKey) -> tuple[tuple[str, Code], ...]:
    match key:
        case ByAddress():
            return (("by", lua("address")),)
        case ByPrincipal():
            return (("by", lua("principal")),)
        case ByAttribute(side, name):
            return (("by", lua("attribute")), ("side", lua(side)), ("attribute", lua(name)))


def _places(program: Program) -> dict[str, Code]:
    found: dict[str, Code] = {}
    for method in program.methods:
        for place in getattr(method.verifier, "places", ()):
            found[place_id(place)] = _place(place)
    return found


def _place(place: Place) -> Code:
    match place:
        case Bearer():
            return table((("kind", lua("bearer")),))
        case HeaderPlace(name):
            return table((("kind", lua("header")), ("name", lua(name))))
        case CookiePlace(name):
            return table((("kind", lua("cookie")), ("name", lua(name))))
        case QueryPlace(name):
            return table((("kind", lua("query")), ("name", lua(name))))


def _method(method: Method, pems: Mapping[str, str]) -> Code:
    common = (("prefix", lua(method.principal_prefix)), ("asserts", set_of(method.asserts)))
    match method.verifier:
        case JwtVerifier() as jwt:
            return table((("kind", lua("jwt")), *common, *_jwt(jwt, pems)))
        case KeyVerifier():
            records = {record.id: _record(record) for record in method.records if "." not in record.id}
            return table((("kind", lua("key")), *common, ("records", lua(records))))
        case CertVerifier() as certificate:
            return table((("kind", lua("certificate")), *common, *_certificate(certificate)))
        case _:
            return table((("kind", lua("none")), *common))


def _certificate(verifier: CertVerifier) -> tuple[tuple[str, Code], ...]:
    parts = (
        re.sub(r"[^A-Za-z0-9]", r"%\g<0>", part.text) if isinstance(part, SanLiteral) else "([^/]+)" for part in verifier.san
    )
    captures = [part.capture for part in verifier.san if not isinstance(part, SanLiteral)]
    return (
        ("pattern", lua(f"^({''.join(parts)})$")), ("captures", list_of(captures)), ("roles", set_of(verifier.roles)),
    )  # fmt: skip


def _jwt(jwt: JwtVerifier, pems: Mapping[str, str]) -> tuple[tuple[str, Code], ...]:
    keys: dict[str, list[Code]] = {}
    for key in jwt.jwks.keys:
        fitting = [alg for alg in jwt.algorithms if _fits(key, alg)]
        keys.setdefault(key.kid, []).append(table((
            ("kid", lua(key.kid)), ("algorithms", set_of(fitting)), ("pem", lua(pems.get(key.json))),
        )))  # fmt: skip
    source = Code("nil")
    if jwt.jwks.url:
        source = table((
            ("url", lua(jwt.jwks.url)), ("refresh", lua(jwt.jwks.refresh_s)), ("max_stale", lua(jwt.jwks.max_stale_s)),
            ("algorithms", list_of(jwt.algorithms)),
        ))  # fmt: skip
    return (
        ("jwks", source), ("issuer", lua(jwt.issuer)), ("keys", lua({kid: list_of(found) for kid, found in keys.items()})),
        ("subject", list_of(jwt.subject_claim)), ("roles", list_of(jwt.roles_claim)), ("scopes", list_of(jwt.scopes_claim)),
        ("attributes", lua({a.name: list_of(a.path) for a in jwt.attributes})),
        ("clients", lua({ident: name for name, ident in reversed(jwt.clients)})),
    )  # fmt: skip


def _fits(key: Jwk, alg: str) -> bool:
    curve = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}.get(alg, "")
    data = json.loads(key.json)
    same_curve = not curve or data.get("crv") == curve
    return key.kty == _KEY_TYPES.get(alg[:2]) and same_curve and key.alg in ("", alg) and key.use in ("", "sig")


def _record(record: KeyRecord) -> Code:
    attributes: Mapping[str, Code] = {
        name: value for name, text in record.attributes if (value := json_value(text)) != "json.null"
    }
    return table((
        ("id", lua(record.id)), ("sha256", lua(record.sha256)), ("subject", lua(record.subject)), ("roles", set_of(record.roles)),
        ("scopes", list_of(sorted(set(record.scopes)))), ("attributes", lua(attributes)),
        ("not_before", lua(record.not_before_s)), ("expires", lua(record.expires_s)), ("addresses", blocks(record.addresses)),
    ))  # fmt: skip


def _attributes(attributes: tuple[Attr, ...]) -> Code:
    sides: dict[str, list[tuple[str, Code]]] = {"principal": [], "resource": [], "request": []}
    for attr in attributes:
        source = _source(attr)
        if source is not None:
            kind, key = source
            sides[attr.side].append((attr.name, table((
                ("name", lua(attr.name)), ("source", lua(kind)), ("key", key), ("type", lua(attr.type)),
                ("list", lua(attr.list_of or None)), ("proxy", lua(attr.trust == "proxy" or None)),
            ))))  # fmt: skip
    return table((side, table(members)) for side, members in sides.items())


def _source(attr: Attr) -> tuple[str, Code] | None:
    match attr.source:
        case FromClaims():
            return "claims", lua(attr.name)
        case FromHeader(name):
            return "header", lua(name)
        case FromPath(name):
            return "path", lua(name)
        case FromQuery(name):
            return "query", lua(name)
        case FromBody(path):
            return "body", list_of(path)
        case FromClock(function_):
            return "clock", lua(function_)
        case _:
            return None
