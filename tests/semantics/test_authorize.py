"""Step 13: grants, require, forbid."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import Attr, Authorize, FromApplication, FromPath, Grant
from seccfg.ir.request import Surroundings
from seccfg.record import replace
from seccfg.semantics import State, decide, judge

FORBIDDEN = (403, "forbidden")
SCOPE = (403, "insufficient_scope")
ATTRS = (Attr("resource", "department", "string", False, False, FromPath("department"), "verified"),)
CONDITIONS = {
    "own": "principal.department == resource.department",
    "senior": "principal.level >= 3",
    "suspended": 'has(principal.department) && principal.department == "suspended"',
    "not-sales": 'principal.department != "sales"',
    "never": "1 == 2",
}


ANYONE = (Grant(),)


def outcome(kit, allow=ANYONE, require=(), forbid=(), auth=(("users",), ("partner",)), credential=None, **claims):
    route = kit.route("GET", "/d/{department}", auth=auth, allow=allow, require=require, forbid=forbid)
    policy = kit.policy(route, conditions=CONDITIONS, attrs=ATTRS)
    header = kit.bearer(**claims) if credential is None else credential
    return kit.status(policy, kit.request("GET", "/d/sales", header))


PASS = (200, "pass")


def test_the_empty_grant_is_anyone_authenticated(kit):
    """`allow: authenticated`."""
    assert outcome(kit) == PASS


def test_no_grant_allows_nobody(kit):
    """Default deny."""
    assert outcome(kit, allow=()) == FORBIDDEN


def test_a_route_without_authorization_allows_nobody(kit):
    """A route that is not public and says nothing about who is allowed."""
    route = kit.route()
    bare = replace(route, controls=tuple(c for c in route.controls if not isinstance(c, Authorize)))
    assert kit.status(kit.policy(bare), kit.request("GET", "/orders", kit.bearer())) == FORBIDDEN


@pytest.mark.parametrize("grant, claims, expected", [
    (Grant(("users",)), {}, PASS), (Grant(("partner",)), {}, FORBIDDEN), (Grant(("partner", "users")), {}, PASS),
    (Grant(clients=("web",)), {"azp": "orders-web"}, PASS), (Grant(clients=("web",)), {"azp": "orders-nightly"},
    FORBIDDEN),
    (Grant(clients=("web", "nightly")), {"azp": "orders-nightly"}, PASS), (Grant(clients=("web",)), {}, FORBIDDEN),
    (Grant(role_sets=(("viewer", "editor", "admin"),)), {"roles": ["editor"]}, PASS),
    (Grant(role_sets=(("admin",),)), {"roles": ["editor"]}, FORBIDDEN),
    (Grant(role_sets=(("viewer",),)), {"roles": ["admin"]}, PASS),  # after closure
    (Grant(role_sets=(("admin",), ("viewer",))), {"roles": ["viewer"]}, FORBIDDEN),
    (Grant(role_sets=(("editor",), ("viewer",))), {"roles": ["admin"]}, PASS),
    (Grant(scopes=("a", "b")), {"scope": "b a"}, PASS), (Grant(scopes=("a", "b")), {"scope": "a"}, SCOPE),
    (Grant(scopes=("a",)), {"scope": "A"}, SCOPE),
    (Grant(conditions=("own",)), {"dept": "sales"}, PASS), (Grant(conditions=("own",)), {"dept": "it"}, FORBIDDEN),
    (Grant(conditions=("own", "senior")), {"dept": "sales", "realm": {"level": 3}}, PASS),
    (Grant(conditions=("own", "senior")), {"dept": "sales", "realm": {"level": 2}}, FORBIDDEN),
])  # fmt: skip
def test_keys_of_a_grant(kit, grant, claims, expected):
    """`auth` any, `clients` any, `roles` any after closure, `scopes` all, `permissions` all, `if` all TRUE."""
    assert outcome(kit, allow=(grant,), **claims) == expected


def test_keys_are_anded_and_grants_are_ored(kit):
    """Keys are ANDed; `allow` is any-of."""
    both = Grant(role_sets=(("editor",),), scopes=("write",))
    assert outcome(kit, allow=(both,), roles=["editor"]) == SCOPE
    assert outcome(kit, allow=(both,), scope="write") == FORBIDDEN
    assert outcome(kit, allow=(both,), scope="write", roles=["editor"]) == PASS
    assert outcome(kit, allow=(both, Grant(role_sets=(("viewer",),))), roles=["viewer"]) == PASS


@pytest.mark.parametrize("claims", [{}, {"dept": None}, {"dept": 5}, {"dept": ["sales"]}, {"dept": True}, {"dept": "sa\x00les"}])
def test_an_error_opens_nothing(kit, claims):
    """Missing attribute, JSON null, wrong type are ERR; a grant needs TRUE, a forbid needs FALSE."""
    assert outcome(kit, allow=(Grant(conditions=("own",)),), **claims) == FORBIDDEN
    assert outcome(kit, allow=(Grant(conditions=("not-sales",)),), **claims) == FORBIDDEN
    assert outcome(kit, require=("not-sales",), **claims) == FORBIDDEN
    assert outcome(kit, forbid=("own",), **claims) == FORBIDDEN


@pytest.mark.parametrize("value", [3, 3.0, 4])
def test_whole_floats_are_integers(kit, value):
    """`5.0` is the integer 5."""
    assert outcome(kit, allow=(Grant(conditions=("senior",)),), realm={"level": value}) == PASS


@pytest.mark.parametrize("value", ["3", 3.5, True, [3], 2**53, None, {}])
def test_claims_are_typed_json(kit, value):
    """`"3"` for an integer is an error."""
    assert outcome(kit, allow=(Grant(conditions=("senior",)),), realm={"level": value}) == FORBIDDEN


def test_require_is_anded_with_every_grant(kit):
    """Every `require` TRUE."""
    assert outcome(kit, require=("own",), dept="sales") == PASS
    assert outcome(kit, require=("own",), dept="it") == FORBIDDEN
    assert outcome(kit, require=("own", "senior"), dept="sales") == FORBIDDEN


def test_forbid_wins(kit):
    """Every `forbid` FALSE."""
    assert outcome(kit, forbid=("suspended",), dept="suspended") == FORBIDDEN
    assert outcome(kit, forbid=("suspended",), dept="sales") == PASS
    assert outcome(kit, forbid=("suspended",)) == PASS  # guarded by has()
    assert outcome(kit, forbid=("never", "suspended"), dept="suspended") == FORBIDDEN


def test_insufficient_scope_is_said_when_scopes_alone_fail(kit):
    """403 says `error="insufficient_scope"` when some grant fails by scopes alone."""
    grants = (Grant(role_sets=(("admin",),)), Grant(("users",), scopes=("write",)))
    assert outcome(kit, allow=grants) == SCOPE
    assert outcome(kit, allow=grants, forbid=("own",), dept="sales") == FORBIDDEN
    assert outcome(kit, allow=grants, require=("own",), dept="it") == FORBIDDEN
    assert outcome(kit, allow=(Grant(("partner",), scopes=("write",)),)) == FORBIDDEN


def test_the_challenge_of_insufficient_scope(kit):
    """403 with a challenge naming the error, of the scheme a 401 of the route would have."""
    policy = kit.policy(kit.route(auth=(("users",), ("partner",)), allow=(Grant(scopes=("w",)),)))
    decision = decide(policy, kit.request("GET", "/orders", kit.bearer()))
    assert kit.headers(decision)["www-authenticate"] == 'Bearer realm="orders", error="insufficient_scope"'
    keys = kit.policy(kit.route(auth=(("partner",),), allow=(Grant(scopes=("w",)),)))
    decision = decide(keys, kit.request("GET", "/orders", ("X-API-Key", "k1.secret")))
    assert kit.headers(decision)["www-authenticate"] == 'ApiKey realm="orders", error="insufficient_scope"'


def test_of_several_methods_the_first_counts(kit):
    """`all:`: the first's roles, clients and `principal.method` count."""
    certificate = kit.authority.issue("spiffe://example.com/ns/a/sa/b")
    for first, expected in ((("mesh", "users"), FORBIDDEN), (("users", "mesh"), PASS)):
        policy = kit.policy(kit.route(auth=(first,), allow=(Grant(("users",), ("web",), (("admin",),)),)))
        header = kit.bearer(roles=["admin"], azp="orders-web")
        assert kit.status(policy, kit.request("GET", "/orders", header, certificate=certificate)) == expected


class TestApplication:
    """`from: application` is known only to the service; its value comes with the surroundings."""

    ATTRS = (Attr("resource", "owner", "string", False, False, FromApplication(), "application"),)

    def outcome(self, kit, *values):
        grant = Grant(conditions=("mine",), decided_by="application")
        policy = kit.policy(
            kit.route(allow=(grant,)), conditions={"mine": "principal.subject == resource.owner"}, attrs=self.ATTRS
        )
        state = State(Surroundings(application=values))
        return kit.status(policy, kit.request("GET", "/orders", kit.bearer()), state)

    def test_values(self, kit):
        assert self.outcome(kit, ("owner", '"alice"')) == PASS
        assert self.outcome(kit, ("owner", '"bob"')) == FORBIDDEN

    def test_without_a_value_the_condition_is_an_error(self, kit):
        assert self.outcome(kit) == FORBIDDEN
        assert self.outcome(kit, ("owner", "null")) == FORBIDDEN
        assert self.outcome(kit, ("owner", "5")) == FORBIDDEN


def test_the_explanation_names_grants_and_conditions(kit):
    """Every decision is explained: grants with the keys that failed, conditions with what they read."""
    grants = (Grant(("partner",), text="auth partner"), Grant(conditions=("own", "senior"), text="if own and senior"))
    route = kit.route("GET", "/d/{department}", auth=(("users",), ("partner",)), allow=grants, forbid=("suspended",))
    policy = kit.policy(route, conditions=CONDITIONS, attrs=ATTRS)
    explanation = judge(policy, kit.request("GET", "/d/sales", kit.bearer(dept="sales"))).explanation
    assert [(g.text, g.held, g.failed) for g in explanation.grants] == [
        ("auth partner", False, ("auth",)), ("if own and senior", False, ("if",)),
    ]  # fmt: skip
    own, senior = explanation.grants[1].conditions
    assert (own.name, own.value, own.because) == ("own", "true", "")
    assert own.attributes == (("principal.department", '"sales"'), ("resource.department", '"sales"'))
    assert (senior.value, senior.because, senior.attributes) == ("error", "principal.level", (("principal.level", "missing"),))
    assert [(c.name, c.value) for c in explanation.conditions] == [("suspended", "false")]
    assert (explanation.route, explanation.message) == ("GET /d/{department}", "step 13: no grant holds")
