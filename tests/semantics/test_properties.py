"""What holds of every decision, on random policies and requests."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seccfg.ir.policy import (
    Authenticate,
    Authorize,
    ByAddress,
    ByPrincipal,
    Cors,
    Grant,
    Param,
    RateLimit,
    Validate,
)
from seccfg.ir.request import Request
from seccfg.record import replace
from seccfg.semantics import State, decide, judge

CONDITIONS = {
    "sales": 'principal.department == "sales"', "senior": "principal.level >= 3", "open": "1 == 1", "shut": "1 == 2",
    "not-sales": '!(principal.department == "sales")',
    "either": 'principal.department == "sales" || principal.level >= 3',
    "tagged": '"a" in principal.tags',
}  # fmt: skip
TEMPLATES = ("/orders", "/orders/{id}", "/orders/mine", "/{any+}", "/a b", "/")
AUTHS = ((("users",),), (("users",), ("partner",)), (("others",), ("users",)), (("mesh",), ("users",)), (("mesh", "users"),), ())

def mostly(common, rare):
    """One of *common*, now and then one of *rare*."""
    return st.integers(0, 11).flatmap(lambda n: st.sampled_from(rare if n == 11 else common))


NAMES = st.sampled_from(sorted(CONDITIONS))
GRANTS = st.builds(
    Grant,
    methods=mostly([()], [("users",), ("partner",), ("partner", "users")]),
    clients=mostly([()], [("web",)]),
    role_sets=st.sampled_from([(), (("admin",),), (("admin", "editor", "viewer"),), (("admin", "editor"), ("viewer",))]),
    scopes=mostly([(), ("read",)], [("read", "write")]),
    conditions=mostly([()], [("sales",), ("senior", "open"), ("not-sales",), ("either",), ("tagged",), ("shut",)]),
)
SHORT = mostly([()], [(name,) for name in sorted(CONDITIONS)])
LIMITS = st.lists(
    st.builds(
        lambda name, algorithm, size, key, count: RateLimit(
            f"{name}-{algorithm}-{size}-{type(key).__name__}-{count}", algorithm, size, 60, size, key, count, (), "shared", "refuse"
        ),
        st.sampled_from("ab"), st.sampled_from(["fixed-window", "sliding-window", "token-bucket"]), st.integers(1, 3),
        st.sampled_from([ByAddress(), ByPrincipal()]), st.sampled_from(["request", "request", "auth.failed"]),
    ),
    max_size=2,
).map(tuple)  # fmt: skip
VALIDATES = st.sampled_from([
    Validate((), False, "", False, 4, ()), Validate((Param("query", "n", "integer", '{"type":"integer"}', False),),
        True, "", False, 4, ()),
    Validate((), False, '{"type":"object"}', True, 4, ()), Validate((), False, "", False, 4, ("sql-injection", "xss")),
])  # fmt: skip


@st.composite
def policies(draw, kit):
    routes = []
    for template in draw(st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=4, unique=True)):
        for method in draw(st.lists(st.sampled_from(["GET", "POST", "DELETE"]), min_size=1, max_size=2, unique=True)):
            route = kit.route(
                method, template, auth=draw(st.sampled_from(AUTHS)), allow=draw(st.lists(GRANTS, min_size=1,
                    max_size=3).map(tuple)),
                require=draw(SHORT), forbid=draw(SHORT), cors=draw(st.sampled_from([None, kit.web])), limits=draw(LIMITS),
                validate=draw(VALIDATES),
            )  # fmt: skip
            routes.append(route)
    return kit.policy(*routes, conditions=CONDITIONS)


CLAIMS = st.fixed_dictionaries({}, optional={
    "roles": mostly([["admin"]], [["editor"], ["viewer"], "viewer editor", ["admin", 1], []]),
    "scope": mostly(["read write"], ["read", ""]), "dept": mostly(["sales"], ["it", 5, None]),
    "realm": st.sampled_from([{"level": 3}, {"level": 2}, {"level": "3"}]), "azp": st.sampled_from(["orders-web", "x"]),
    "tags": st.sampled_from([["a"], [], ["a", 1]]), "sub": st.sampled_from(["alice", "bob"]),
})  # fmt: skip
_TOKENS: dict[str, str] = {}


def token(kit, name, claims):
    key = f"{name}{claims!r}"
    if key not in _TOKENS:
        _TOKENS[key] = kit.token(name, **claims)
    return _TOKENS[key]


CREDENTIALS = {
    (("users",),): ("users",), (("users",), ("partner",)): ("users", "key"), (("others",), ("users",)): ("others",
    "users"),
    (("mesh",), ("users",)): ("users", "cert"), (("mesh", "users"),): ("both",), (): ("none",),
}  # fmt: skip
JUNK = (
    ("Authorization", "Bearer"), ("Authorization", "Bearer x.y.z"), ("Authorization", "Basic eA=="), ("X-API-Key",
    "k3.secret"), ("X-API-Key", ""),
)  # fmt: skip
EXTRA = (("Origin", "https://app.example.com"), ("Origin", "https://evil.example"), ("X-Trace", "1"), ("Cookie", "a=b"))
ODD = (("Access-Control-Request-Method", "GET"), ("Upgrade", "websocket"), ("Content-Type", "text/html"), ("Host", "x"))


@st.composite
def requests(draw, kit, policy):
    """Most requests are to a route of the policy with a credential it listens to; now and then one thing is odd."""
    route = draw(st.sampled_from(policy.routes))
    headers = [("Host", draw(mostly([kit.host], ["evil.example"])))]
    certificate = ""
    kind = draw(mostly(CREDENTIALS[route.one(Authenticate).alternatives], ["none", "users", "others", "key", "junk", "both"]))
    if kind in ("users", "others", "both"):
        claims = draw(CLAIMS)
        headers.append(("Authorization", f"Bearer {token(kit, 'others' if kind == 'others' else 'users', claims)}"))
    if kind in ("cert", "both"):
        certificate = draw(mostly([kit.authority.issue("spiffe://example.com/ns/a/sa/b")], ["junk"]))
    if kind == "key":
        headers.append(("X-API-Key", draw(st.sampled_from(["k1.secret", "k2.secret"]))))
    if kind == "junk":
        headers.append(draw(st.sampled_from(JUNK)))
    headers.append(draw(mostly(EXTRA, ODD)))
    target = "/".join("a%20b" if part == "a b" else "7" if part.startswith("{") else part for part in route.template.split("/"))
    target = draw(mostly([target], ["/orders", "/orders/", "/x/y", "/orders//1", "/%zz", "/nowhere"]))
    target += draw(mostly(["", "?n=1"], ["?n=x", "?q=%27%20or%201=1", "?n=1&n=2", "?a=%z"]))
    body = draw(mostly([b"{}"] if route.one(Validate).body_required else [b""], [b"{}", b'{"a":1,"a":1}', b"x" * 2000]))
    if body:
        headers.append(("Content-Type", "application/json"))
    return Request(
        draw(mostly([route.method], ["GET", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE"])), target, tuple(headers), body=body,
        scheme=draw(mostly(["https"], ["http"])), certificate=certificate, now_s=kit.now + draw(st.integers(0, 90)),
    )  # fmt: skip


@st.composite
def scenarios(draw, kit):
    policy = draw(policies(kit))
    return policy, draw(st.lists(requests(kit, policy), min_size=1, max_size=10))


PROFILE = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@PROFILE
@given(st.data())
def test_default_deny(kit, data):
    """A request passes only on a declared route, with a principal some grant of it allows, or where it is public."""
    policy, sent = data.draw(scenarios(kit))
    state = State()
    declared = {route.id: route for route in policy.routes}
    for request in sent:
        judged = judge(policy, request, state)
        if not judged.decision.allowed:
            continue
        route = declared[judged.explanation.route]
        assert route.method == request.method
        assert judged.decision.upstream == "main"
        if not route.public:
            assert judged.explanation.principal
            assert any(grant.held for grant in judged.explanation.grants)
            required = len(route.one(Authorize).require)
            values = [condition.value for condition in judged.explanation.conditions]
            assert set(values[:required]) <= {"true"}
            assert set(values[required:]) <= {"false"}


def changed(policy, number, change):
    routes = list(policy.routes)
    route = routes[number]
    controls = tuple(change(c) if isinstance(c, Authorize) else c for c in route.controls)
    routes[number] = replace(route, controls=controls)
    return replace(policy, routes=tuple(routes))


NARROWINGS = {
    "a grant less": lambda a: replace(a, allow=a.allow[1:]),
    "a forbid more": lambda a: replace(a, forbid=(*a.forbid, "either")),
    "a require more": lambda a: replace(a, require=(*a.require, "sales")),
    "a scope more": lambda a: replace(a, allow=tuple(replace(g, scopes=(*g.scopes, "extra")) for g in a.allow)),
    "a condition more": lambda a: replace(a, allow=tuple(replace(g, conditions=(*g.conditions,
    "not-sales")) for g in a.allow)),
}  # fmt: skip


@pytest.mark.parametrize("name", NARROWINGS)
@settings(PROFILE, max_examples=60)
@given(st.data())
def test_monotonicity(kit, name, data):
    """Taking a grant away, or adding a forbid, a require or a key, never allows more."""
    policy, sent = data.draw(scenarios(kit))
    narrower = changed(policy, data.draw(st.integers(0, len(policy.routes) - 1)), NARROWINGS[name])
    for request in sent:
        if decide(narrower, request).allowed:
            assert decide(policy, request).allowed


@PROFILE
@given(st.data())
def test_cors_is_no_access_control(kit, data):
    """A CORS profile never changes allowed or refused, but for requests that are preflights and nothing else."""
    policy, sent = data.draw(scenarios(kit))
    without = replace(
        policy,
        routes=tuple(replace(r, controls=tuple(c for c in r.controls if not isinstance(c, Cors))) for r in policy.routes),
    )
    first, second = State(), State()
    for request in sent:
        one, other = decide(policy, request, first), decide(without, request, second)
        if one.outcome == "preflight":
            assert request.method == "OPTIONS"
            continue
        assert (one.outcome, one.status, one.reason, one.forwarded) == (other.outcome, other.status, other.reason, other.forwarded)


@PROFILE
@given(st.data())
def test_the_order_of_header_names_does_not_matter(kit, data):
    """Lines of one header keep their order, everything else may be shuffled, and names have no case."""
    policy, sent = data.draw(scenarios(kit))
    for request in sent:
        groups = {}
        for name, value in request.headers:
            groups.setdefault(name.lower(), []).append((name.swapcase(), value))
        order = data.draw(st.permutations(sorted(groups)))
        shuffled = replace(request, headers=tuple(itertools.chain.from_iterable(groups[name] for name in order)))
        assert decide(policy, shuffled) == decide(policy, request)


@PROFILE
@given(st.data())
def test_head_is_405_where_it_is_not_declared(kit, data):
    """HEAD undeclared is never a pass."""
    policy, sent = data.draw(scenarios(kit))
    for request in sent:
        decision = decide(policy, replace(request, method="HEAD"))
        assert not decision.allowed
        assert decision.step in ("request_target", "host", "plain_http", "address", "route", "method")


@PROFILE
@given(st.data())
def test_the_order_of_routes_does_not_matter(kit, data):
    """The most specific template wins wherever it stands."""
    policy, sent = data.draw(scenarios(kit))
    reordered = replace(policy, routes=tuple(data.draw(st.permutations(policy.routes))))
    for request in sent:
        assert decide(reordered, request) == decide(policy, request)


@PROFILE
@given(st.data())
def test_decisions_depend_on_nothing_but_policy_request_and_state(kit, data):
    """The same requests in the same order get the same answers,
    explained or not; what is remembered changes nothing."""
    policy, sent = data.draw(scenarios(kit))
    copy = replace(policy, name=policy.name)
    first, second = State(), State()
    assert [decide(policy, r, first) for r in sent] == [judge(copy, r, second).decision for r in sent]


@PROFILE
@given(st.data())
def test_a_refusal_forwards_nothing_and_names_an_error_status(kit, data):
    """Refused: no upstream, no identity, a status that is an error or the redirect."""
    policy, sent = data.draw(scenarios(kit))
    for request in sent:
        decision = decide(policy, request)
        assert decision.headers == tuple(sorted(decision.headers))
        if decision.outcome == "refuse":
            assert (decision.upstream, decision.forwarded) == ("", ())
            assert decision.status == 308 or 400 <= decision.status <= 599
            assert decision.events
            assert "access.allowed" not in decision.events
