"""A Program says all there is to decide: its evaluator answers as the reference does, on every request."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seccfg import api
from seccfg.analyse.exchange import KeyRing, exchange
from seccfg.analyse.requests import NOW_S
from seccfg.ir.policy import (
    STEPS,
    AddressRule,
    Attr,
    Authenticate,
    ByAddress,
    ByAttribute,
    ByPrincipal,
    Cidr,
    ClientAddress,
    CookiePlace,
    Errors,
    Forward,
    FromApplication,
    FromBody,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    Grant,
    Hsts,
    IdentityHeader,
    Jwks,
    Param,
    QueryPlace,
    RateLimit,
    RequestTarget,
    ResponseHeaders,
    Revocation,
    Transport,
    Validate,
)
from seccfg.ir.request import Request, Surroundings
from seccfg.program.lower import application_attributes, lower
from seccfg.program.run import State as ProgramState
from seccfg.program.run import left_open, run
from seccfg.record import replace
from seccfg.semantics import State, decide
from seccfg.semantics.authorize import Reading
from seccfg.semantics.decide import compile_policy
from seccfg.verify.boundary.plan import Plan, plan

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CASES = sorted(path.parent.name for path in EXAMPLES.glob("*/seccfg.yaml"))
PROFILE = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
_made: dict[str, tuple[KeyRing, Plan]] = {}


def made(case: str) -> tuple[KeyRing, Plan]:
    """An example's policy with exchanged keys, and its boundary requests; made once."""
    if case not in _made:
        ring = exchange(api.policy(api.load(str(EXAMPLES / case / "seccfg.yaml"))), NOW_S)
        _made[case] = ring, plan(ring)
    return _made[case]


@pytest.mark.parametrize("case", CASES)
def test_boundary_requests_of_the_examples(case):
    """Every decision of a sample of the scenarios `verify` puts to engines, with their counters."""
    ring, planned = made(case)
    program = lower(ring.decide)
    every = max(1, sum(len(s.requests) for s in planned.scenarios) // 2000)
    count = 0
    for scenario in planned.scenarios[::every]:
        reference, state = State(scenario.surroundings), ProgramState(scenario.surroundings)
        for request in scenario.requests:
            count += 1
            assert run(program, request, state) == decide(ring.decide, request, reference), scenario.id
    assert count > 500


@PROFILE
@given(st.data())
def test_random_policies(kit, scenarios, data):
    """Random routes, grants, limits and requests."""
    policy, sent = data.draw(scenarios.scenarios(kit))
    program = lower(policy)
    reference, state = State(), ProgramState()
    for request in sent:
        assert run(program, request, state) == decide(policy, request, reference)


# ------------------------------------------------------------------------------------------- everything at once
ATTRS = (
    Attr("resource", "region", "string", False, True, FromHeader("x-region"), "proxy"),
    Attr("resource", "kind", "string", False, True, FromQuery("kind"), "caller"),
    Attr("resource", "number", "integer", False, True, FromPath("id"), "verified"),
    Attr("resource", "amount", "integer", False, True, FromBody(("order", "amount")), "caller"),
    Attr("resource", "owner", "string", False, True, FromApplication(), "application"),
    Attr("request", "hour", "integer", False, True, FromClock("hour_utc"), "verified"),
    Attr("request", "device", "timestamp", False, True, FromHeader("x-device"), "caller"),
)
CONDITIONS = {
    "region": 'resource.region == "eu"', "kind": 'has(resource.kind) && resource.kind != "x"',
    "number": "resource.number >= 5",
    "amount": "resource.amount <= 10 || request.hour == 3", "owner": "principal.subject == resource.owner",
    "noon": "request.hour == 12",
    "device": 'request.device < timestamp("2026-01-05T12:00:00Z")', "ip": 'request.ip == "198.51.100.7"',
    "path": 'request.path.startsWith("/orders/") && request.host == "api.example.com"',
    "scoped": 'principal.scopes.exists(s, s == "read")',
    "client": 'principal.client == "web"', "method": 'request.method in ["GET", "POST"]',
    "tags": 'principal.tags.all(t, t != "z")',
    "level": 'principal.level > 2 && principal.method == "users"', "not-region": '!(resource.region == "eu")',
}  # fmt: skip
NAMES = sorted(CONDITIONS)
PROXY = Cidr(4, 10 << 24, 8)
OFFICE = AddressRule("office", (Cidr(4, 0xC6336400, 24), Cidr(6, 0x20010DB8 << 96, 32)), (Cidr(4, 0xC6336442, 32),))
SCHEMA = (
    '{"additionalProperties":false,"properties":{"order":{"properties":{"amount":{"maximum":20,"type":"integer"}},"type":"object"},'
    '"when":{"format":"date-time","type":"string"},"name":{"pattern":"^[a-z]+$"}},"type":"object"}'
)
PARAMS = (
    Param("path", "id", "integer", '{"maximum":50,"type":"integer"}', True),
    Param("query", "kind", "string", '{"enum":["x","y"],"type":"string"}', False),
    Param("query", "when", "timestamp", '{"type":"timestamp"}', False), Param("header", "x-device", "string",
        '{"maxLength":30,"type":"string"}', False),
    Param("query", "mail", "string", '{"format":"email","type":"string"}', False),
)  # fmt: skip
IDENTITY = tuple(IdentityHeader(f"x-{name}", name) for name in ("subject", "roles", "scopes", "method", "client",
    "level", "tags"))
AUTHS = (
    (("users",),), (("users",), ("partner",)), (("mesh",), ("users",)), (("mesh", "users"), ("partner",)),
    (("others",), ("edge",), ("users",)),
    (("partner", "users"),), (("mesh",),), (),
)  # fmt: skip


def some(common, rare):
    """One of *common*, now and then one of *rare*."""
    return st.integers(0, 14).flatmap(lambda n: st.sampled_from(rare if n == 14 else common))


@st.composite
def rich_policies(draw, kit):
    """A policy whose service-wide parts vary as much as its routes do."""
    trusted = draw(some([()], [(PROXY,)]))
    status = draw(some([()], [(("invalid_token", 403), ("no_route", 410), ("plain_http", 400)), (("no_credential",
        403),)]))
    service = {
        "headers": ResponseHeaders((), (), draw(st.sampled_from([None, Hsts(60, True, False)]))),
        "errors": Errors("json", "hidden", "X-Request-Id", status),
        "address": ClientAddress((), trusted),
        "transport": Transport(draw(st.sampled_from(["redirect", "refuse"])), "1.2", "modern", ()),
    }  # fmt: skip
    cors = draw(st.sampled_from([kit.web, replace(kit.web, any_origin=True, origins=(), credentials=False,
        max_age_s=None)]))
    routes = [draw(rich_routes(kit, service, trusted, cors, spot)) for spot in (("GET", "/orders/{id}"), ("POST",
        "/orders/{id}"), ("PUT", "/orders"))]
    routes.append(kit.route("GET", "/open", auth=(), cors=cors, **{**service, "transport": Transport("allow", "1.2",
        "modern", ())}))
    policy = kit.policy(*routes, conditions=CONDITIONS, attrs=ATTRS)
    users = kit.jwt(
        places=draw(st.sampled_from([kit.jwt().places, (*kit.jwt().places, CookiePlace("sid"))])),
        skew_s=draw(st.sampled_from([0, 30])), max_age_s=draw(st.sampled_from([None, 900])),
        jwks=Jwks(draw(st.sampled_from(["", "https://id.example.com/jwks"])), "", (kit.public("users"),), 600, 3600),
    )  # fmt: skip
    partner = kit.key_method(
        places=draw(st.sampled_from([kit.key_method().places, (QueryPlace("key"),), kit.jwt().places])),
        records=(kit.record("k1", attributes=(("level", "3"), ("tags", '["a"]'))), kit.record("k2",
            expires_s=kit.now + 20, addresses=(Cidr(4, 0xC6336400, 24),))),
    )  # fmt: skip
    changed = {"users": users, "partner": partner}
    verifiers = tuple(changed.get(v.name, v) for v in policy.verifiers)
    order = STEPS if draw(st.integers(0, 3)) else (*draw(st.permutations(STEPS[:-1])), STEPS[-1])
    return replace(policy, verifiers=verifiers, order=order)


@st.composite
def rich_routes(draw, kit, service, trusted, cors, spot):
    method, template = spot
    grants = st.builds(
        Grant, methods=some([()], [("users",), ("partner",)]), role_sets=some([()], [(("admin",),), (("viewer",
            "admin"), ("editor",))]),
        scopes=some([()], [("read",), ("write", "read")]), conditions=some([(), ("noon",), ("method",), ("path",)],
            [(name,) for name in NAMES] + [("kind", "level"), ("amount", "owner")]),
        clients=some([()], [("web",)]),
    )  # fmt: skip
    keys = st.sampled_from([ByAddress(), ByPrincipal(), ByAttribute("principal", "level"), ByAttribute("resource",
        "kind")])
    limits = [
        RateLimit(f"l{n}", draw(st.sampled_from(["fixed-window", "sliding-window", "token-bucket"])),
            draw(st.integers(1, 3)), 30, draw(st.integers(1, 3)),
                  draw(keys), draw(st.sampled_from(["request", "auth.failed"])), draw(st.sampled_from([(),
                      ((("admin",), 5), (("viewer",), 4))])),
                  draw(st.sampled_from(["shared", "route"])), draw(st.sampled_from(["refuse", "local"])))
        for n in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    params = tuple(p for p in PARAMS if (p.place != "path" or "{id}" in template) and draw(st.booleans()))
    schema = draw(some([""], [SCHEMA]))
    validate = Validate(params, draw(st.booleans()), schema, bool(schema) and draw(st.booleans()), draw(st.integers(1,
        4)),
                        draw(some([()], [("xss",), ("sql-injection", "xss")])))  # fmt: skip
    changes = {
        **service, "validate": validate, "target": RequestTarget(draw(st.booleans())),
        "address": ClientAddress(draw(some([()], [(OFFICE,)])), trusted),
        "forward": Forward("main", "http://127.0.0.1:9000", True, 30, (), (), (), draw(st.sampled_from([(),
        IDENTITY])), "strip"),
    }  # fmt: skip
    if draw(st.integers(0, 2)) == 0:
        changes["revocation"] = Revocation(draw(st.sampled_from([(), ("jti",)])), draw(st.sampled_from([(),
            ("ver",)])), draw(st.booleans()), 5)
    return kit.route(
        method, template, auth=draw(st.sampled_from(AUTHS)), allow=draw(st.lists(grants, min_size=1,
            max_size=3).map(tuple)),
        require=draw(some([()], [("noon",), ("kind",)])), forbid=draw(some([()], [("region",), ("amount",)])),
        cors=draw(st.sampled_from([None, cors])), csrf=draw(st.sampled_from(["", "x-csrf"])), limits=limits, **changes,
    )  # fmt: skip


ODD_TARGETS = [
    "/orders/%37", "/orders/7/", "/orders//7", "/orders/7?kind=%zz", "/orders/7?kind=x&kind=y", "/orders/7?other=1",
    "/orders/%FF", "/orders/%C3%A4",
    "/orders/..", "/orders/7;a", "http://api.example.com/orders/7", "http://evil.example/orders/7", "*",
    "/orders/7?%FF", "/orders/7?when=2026-01-05T12:00:00Z",
    "/orders/7?q=%3Cscript%3E", "/orders/7?key=k1.secret", "/orders/7?key=", "/orders/a%2Fb", "/x", "/orders/7?",
    "/orders/%E2%82", "/orders/%ED%A0%80",
    "/orders/7#x", "/orders/\u00e4", "/orders/7?mail=x", "/orders/%20", "/.", "/orders/7?a=%",
    "ftp://api.example.com/orders/7", "/orders/%F4%90%80%80",
]  # fmt: skip
HEADERS = [
    ("Origin", "https://app.example.com"), ("Origin", "https://evil.example"), ("Origin",
    "https://a.trusted.example.com"), ("Origin", "null"),
    ("Origin", "https://api.example.com:8443"), ("Access-Control-Request-Method", "GET"),
    ("Access-Control-Request-Method", "PUT"),
    ("Access-Control-Request-Headers", "authorization, ,content-type"), ("Access-Control-Request-Headers", "x-evil"),
    ("X-Region", "eu"),
    ("X-Region", "eu,us"), ("X-Region", "us"), ("X-Device", "2026-01-05T11:00:00Z"), ("X-Device", "x"), ("X-CSRF",
    "1"), ("X-CSRF", ""),
    ("X-Forwarded-For", "198.51.100.9"), ("X-Forwarded-For", "2001:db8::1, 10.2.3.4"), ("X-Forwarded-For", "junk"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Proto", "http"), ("Upgrade", "websocket"), ("X-Method-Override", "GET"), ("Content-Length", "2"),
    ("Content-Length", "x"),
    ("Content-Type", "application/json"), ("Content-Type", "Application/JSON; charset=utf-8"), ("Content-Type",
    "text/html"), ("Transfer-Encoding", "chunked"),
    ("Cookie", "sid=; a=b"), ("Cookie", "sid"), ("Authorization", "Basic x"), ("Authorization", "Bearer k1.secret"),
    ("X-API-Key", "k1.secret"),
    ("X-API-Key", "k2.secret"), ("X-API-Key", ""), ("Host", "evil.example"),
]  # fmt: skip
BODIES = [b"", b"", b'{"order":{"amount":5}}', b'{"order":{"amount":50}}', b'{"order":{"amount":5},"order":{}}',
    b"[[[[]]]]", b"{", b'{"name":"A"}',
          b'{"when":"2026-02-30T00:00:00Z"}', b"x" * 2000, b'{"name":"<script>"}', b"\xff", b'{"a":"\\ud800"}',
              b'{"order":{"amount":1e999}}']  # fmt: skip
PLAIN = {"roles": ["admin"], "scope": "read write", "jti": "good", "ver": 3, "azp": "orders-web", "realm": {"level": 3}}
ODD_CLAIMS = st.fixed_dictionaries({}, optional={
    "roles": st.sampled_from([["admin"], "editor x", ["viewer", 1]]), "scope": st.sampled_from(["read write",
    ["read"], {}]),
    "realm": st.sampled_from([{"level": 3}, {"level": 3.0}, {"level": "3"}]), "azp": st.sampled_from(["orders-web",
    "y", 5]),
    "tags": st.sampled_from([["a", "b"], ["z"], []]), "jti": st.sampled_from(["good", "bad", ""]),
    "ver": st.sampled_from([3, 2, 2.5]),
    "exp": st.sampled_from([1_767_614_405, 1_767_614_405.5, True, 2_000_000_000]),
    "nbf": st.sampled_from([1_767_614_400, 1_767_614_420]),
    "sub": st.sampled_from(["alice", "b\u00f6b", "\u20ac", " x", 5, ""]), "aud": st.sampled_from([["a", "orders"],
    "b", ["orders", 1]]),
    "iat": st.sampled_from([1_767_614_400, 1_767_614_300, 1_767_614_430]),
})  # fmt: skip
TOKEN_HEADERS = [{"typ": "x"}, {"kid": "y"}, {"crit": ["exp"]}, {"alg": "ES256"}, {"typ": "at+jwt"}]
_SIGNED: dict[str, str] = {}


@st.composite
def rich_requests(draw, kit, policy):
    """Mostly to a route of the policy, with the credentials of one of its alternatives."""
    route = draw(st.sampled_from(policy.routes))
    headers = [("Host", draw(some(["api.example.com", "api.example.com:443", "MESH.example.com"], ["x"])))]
    certificate = ""
    alternatives = route.one(Authenticate).alternatives
    names = draw(st.sampled_from(alternatives)) if alternatives else ()
    kinds = [{"partner": "key"}.get(name, name) for name in names]
    if draw(st.integers(0, 9)) == 0:
        kinds = draw(st.lists(st.sampled_from(["users", "others", "cookie", "key", "mesh"]), max_size=2))
    for kind in kinds:
        if kind == "mesh":
            certificate = draw(some([kit.authority.issue("spiffe://example.com/ns/5/sa/b")],
                [kit.stranger.issue("spiffe://example.com/ns/5/sa/b"), "x"]))
        elif kind == "key":
            headers.append(("X-API-Key", draw(st.sampled_from(["k1.secret", "k2.secret", "k1.wrong"]))))
        else:
            name = kind if kind in ("others", "edge") else "users"
            claims, header = PLAIN, draw(some([{}], TOKEN_HEADERS))
            if draw(st.integers(0, 3)) == 0:
                claims = {**PLAIN, **draw(ODD_CLAIMS)}
            key = f"{name}{claims!r}{header!r}"
            if key not in _SIGNED:
                _SIGNED[key] = kit.token(name, header=header, **claims)
            headers.append(("Cookie", f"sid={_SIGNED[key]}") if kind == "cookie" else ("Authorization",
                f"Bearer {_SIGNED[key]}"))
    headers += draw(some([(), (("X-Region", "us"),), (("X-CSRF", "1"),), (("X-Device", "2026-01-05T11:00:00Z"),)],
        [HEADERS[:1]]))
    headers += draw(st.lists(some([HEADERS[0]], HEADERS), max_size=2))
    body = draw(some(BODIES[:3], BODIES))
    if body and draw(st.integers(0, 9)):
        headers.append(("Content-Type", "application/json"))
    target = draw(some([f"{route.template.replace('{id}', '7')}{query}" for query in ("", "?kind=y", "?kind=x",
        "?mail=a@b")], ODD_TARGETS))
    return Request(
        draw(some([route.method], ["OPTIONS", "OPTIONS", "OPTIONS", "HEAD", "TRACE", "PUT"])), target, tuple(headers),
            body=body,
        chunked=draw(st.integers(0, 19)) == 0, scheme=draw(some(["https"], ["http"])), certificate=certificate,
        peer=draw(some(["198.51.100.7"], ["192.0.2.1", "2001:db8::5", "10.0.0.1", "::ffff:10.0.0.1", "198.51.100.66",
            "unix:"])),
        now_s=kit.now + draw(st.integers(0, 40)),
    )  # fmt: skip


SURROUNDINGS = st.builds(
    Surroundings, denied=st.sampled_from([(), ("bad",)]), versions=st.sampled_from([(),
        (("jwt:https://id.example.com/\x1falice", 3),)]),
    not_before=st.sampled_from([(), (("jwt:https://id.example.com/\x1falice", 1_767_614_400),)]),
    application=st.sampled_from([(), (("owner", '"alice"'),), (("owner", "null"),)]), store=some(["up"], ["down"]),
        keys=some(["fresh"], ["stale"]),
)  # fmt: skip


@settings(PROFILE, max_examples=250)
@given(st.data())
def test_policies_with_everything(kit, data):
    """Every control, every source of attributes, every order of the steps, hostile requests, broken surroundings."""
    policy = data.draw(rich_policies(kit))
    surroundings = data.draw(SURROUNDINGS)
    program = lower(policy)
    reference, state = State(surroundings), ProgramState(surroundings)
    for request in data.draw(st.lists(rich_requests(kit, policy), min_size=1, max_size=10)):
        assert run(program, request, state) == decide(policy, request, reference)


@settings(PROFILE, max_examples=100)
@given(st.data())
def test_what_a_target_cannot_see_is_left_open(kit, data):
    """A weakened Program refuses nothing the whole policy allows, and what it leaves open decides the rest."""
    policy = replace(data.draw(rich_policies(kit)), order=STEPS)
    surroundings = data.draw(SURROUNDINGS)
    unseen = application_attributes(policy) | {("resource", "amount")}
    program = lower(policy, unseen)
    for request in data.draw(st.lists(rich_requests(kit, policy), min_size=1, max_size=10)):
        weak, exact = run(program, request, ProgramState(surroundings)), decide(policy, request, State(surroundings))
        if exact.allowed:
            assert weak.allowed
        if weak.allowed and all_hold(policy, request, surroundings, left_open(program, request,
            ProgramState(surroundings))):
            assert exact.allowed


def all_hold(policy, request, surroundings, names):
    """Every condition left open is TRUE, or FALSE where the route forbids it."""
    compiled = compile_policy(policy)
    case = compiled.open(request, State(surroundings))
    if case.view is None or case.view.authorize is None:
        return not names
    from seccfg.semantics import authenticate

    authenticate.check(case)
    reading = Reading(case, case.view.reads)
    forbidden = case.view.authorize.forbid
    return all(reading.of(name).value == ("false" if name in forbidden else "true") for name in names)
