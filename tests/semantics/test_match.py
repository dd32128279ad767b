"""Steps 5 and 7: routes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccfg.ir.policy import LiteralSegment, ParamSegment, RestSegment
from seccfg.semantics import decide
from seccfg.semantics.match import Node, find, insert, path_values


def test_no_template_is_404(kit):
    """What no route declares is refused: 404."""
    assert kit.status(kit.policy(kit.route()), kit.request("GET", "/other", kit.bearer())) == (404, "no_route")


def test_an_undeclared_method_is_405_with_allow(kit):
    """Method not declared on the matched template: 405 and `Allow`."""
    decision = decide(kit.policy(kit.route("POST"), kit.route("GET")), kit.request("DELETE", "/orders", kit.bearer()))
    assert (decision.status, decision.reason) == (405, "method")
    assert kit.headers(decision)["allow"] == "GET, POST"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "get", "PATCH"])
def test_head_and_options_are_methods_like_others(kit, method):
    """HEAD and OPTIONS are methods like others; methods are compared exactly."""
    assert kit.status(kit.policy(kit.route()), kit.request(method, "/orders", kit.bearer())) == (405, "method")


def test_404_and_405_come_before_401(kit):
    """404 and 405 come before 401 on purpose: route existence is not secret."""
    policy = kit.policy(kit.route())
    assert decide(policy, kit.request("GET", "/other")).status == 404
    assert decide(policy, kit.request("PUT", "/orders")).status == 405


def test_path_first_then_method(kit):
    """If the most specific template lacks the method the answer is 405 even where a looser template has it."""
    policy = kit.policy(kit.route("GET", "/orders/mine"), kit.route("DELETE", "/orders/{id}"))
    assert decide(policy, kit.request("DELETE", "/orders/mine", kit.bearer())).status == 405
    assert decide(policy, kit.request("DELETE", "/orders/other", kit.bearer())).allowed


@pytest.mark.parametrize("target", ["/orders/", "/orders/a/"])
def test_a_trailing_slash_is_another_path(kit, target):
    """`/x/` is not `/x`; a parameter is a whole, non-empty segment, `{x+}` one or more of them."""
    policy = kit.policy(kit.route(), kit.route("GET", "/orders/{id}"), kit.route("GET", "/orders/{id}/{rest+}"))
    assert kit.status(policy, kit.request("GET", target, kit.bearer())) == (404, "no_route")


def test_a_literal_is_compared_with_the_decoded_segment(kit):
    """A literal is compared with the decoded segment, byte for byte."""
    policy = kit.policy(kit.route("GET", "/a b"))
    assert decide(policy, kit.request("GET", "/a%20b", kit.bearer())).allowed
    assert decide(policy, kit.request("GET", "/A%20b", kit.bearer())).status == 404


def test_the_root_is_a_path(kit):
    """`/` has no segments."""
    policy = kit.policy(kit.route("GET", "/"))
    assert decide(policy, kit.request("GET", "/", kit.bearer())).allowed
    assert decide(policy, kit.request("GET", "/x", kit.bearer())).status == 404


def test_backtracking(kit):
    """Literal before parameter before `{x+}`, with backtracking."""
    policy = kit.policy(
        kit.route("GET", "/a/b/c"), kit.route("GET", "/a/{x}/d"), kit.route("GET", "/{y}/b/e"), kit.route("GET", "/{z+}"),
        kit.route("GET", "/a/b/{w+}"),
    )  # fmt: skip
    from seccfg.semantics import judge

    expected = {
        "/a/b/c": "/a/b/c", "/a/b/d": "/a/b/{w+}", "/a/q/d": "/a/{x}/d", "/a/b/e": "/a/b/{w+}", "/q/b/e": "/{y}/b/e",
        "/a/q/e": "/{z+}", "/a/b": "/{z+}", "/q": "/{z+}", "/a/b/c/d": "/a/b/{w+}",
    }  # fmt: skip
    for target, template in expected.items():
        judgement = judge(policy, kit.request("GET", target, kit.bearer()))
        assert judgement.explanation.route == f"GET {template}"


def test_parameter_values():
    """Parameters are decoded once; the segments of `{x+}` are joined by `/`."""
    path = (LiteralSegment("a"), ParamSegment("b"), RestSegment("c"))
    assert path_values(path, ("a", "x y", "p", "q")) == {"b": "x y", "c": "p/q"}


SEGMENT = st.one_of(
    st.sampled_from("ab").map(LiteralSegment), st.just(ParamSegment("p")), st.just(RestSegment("r"))
)
TEMPLATES = st.lists(st.lists(SEGMENT, min_size=1, max_size=4), min_size=1, max_size=8)


def fits(template, path):
    """Whether *template* matches, from the definition."""
    for at, segment in enumerate(template):
        if isinstance(segment, RestSegment):
            return len(path) > at and all(path[at:])
        if at >= len(path):
            return False
        if isinstance(segment, LiteralSegment) and segment.text != path[at]:
            return False
        if isinstance(segment, ParamSegment) and not path[at]:
            return False
    return len(template) == len(path)


def rank(template):
    kinds = {LiteralSegment: 0, ParamSegment: 1, RestSegment: 2}
    return [kinds[type(segment)] for segment in template]


@given(TEMPLATES, st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=5))
def test_the_smallest_template_wins(templates, path):
    """Among templates that match, compare segment by segment, literal before parameter before `{x+}`, smallest wins."""
    cut = [t[: next((i + 1 for i, s in enumerate(t) if isinstance(s, RestSegment)), len(t))] for t in templates]
    root = Node()
    made = {insert(root, template): template for template in cut}
    matching = sorted((t for t in made.values() if fits(t, path)), key=rank)
    found = find(root, path)
    assert (None if found is None else rank(made[found])) == (rank(matching[0]) if matching else None)
    if found is not None:
        assert fits(made[found], path)
