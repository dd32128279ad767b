"""`prefer: native`: the service's own policies decide what they can, and everything together what the effective Policy says."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from seccfg import api
from seccfg.findings import InputError
from seccfg.ir import policy as ir
from seccfg.record import replace
from seccfg.targetapi.base import Output
from seccfg.verify.run import verify_policy
from seccfg_azure import TARGET
from seccfg_azure.engine_access import filtered, preflight_headers, requested_method, response_headers
from tests.targets.azure.simpler import simpler_policy

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NATIVE = {"prefer": '"native"'}
TODAY = "2026-01-05"
NETWORKS = """network:
  profiles:
    outside: {deny: [203.0.113.0/24]}

defaults:
  network: outside
"""
PROBE = "{public: true, reason: probe, plain_http: true, upstream: other}"
WRITE = "{allow: [{scopes: [users.write], roles: [admin]}], body: {max: 2KiB, content_types: [text/plain]}}"
ALIKE = "/{what}/{user_id}:\n    post: {allow: [{roles: [viewer]}]}\n  /users/{user_id}:"


@functools.cache
def guide() -> ir.Policy:
    return api.policy(api.load(str(EXAMPLES / "guide" / "seccfg.yaml"), "native"))


@functools.cache
def built() -> Output:
    return TARGET.compile(guide(), NATIVE)


def content(output: Output, path: str) -> str:
    return next(file.content for file in output.files if file.path == path).decode()


def document(output: Output) -> Element:
    return fromstring(content(output, "policies/api.guide.xml"))


def changed(tmp_path: Path, *changes: tuple[str, str]) -> ir.Policy:
    """The guide with other words in its spec."""
    folder = tmp_path / "guide"
    shutil.copytree(EXAMPLES / "guide", folder, ignore=shutil.ignore_patterns("expected"))
    (folder / ".git").mkdir()
    text = (folder / "seccfg.yaml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "seccfg.yaml").write_text(text, "utf-8")
    return api.policy(api.load(str(folder / "seccfg.yaml")))


def kept(output: Output) -> str:
    """Why the decision program was built all the same; empty when it was not."""
    page = content(output, "APPLY.md")
    return page.partition("was built all the same: ")[2].partition("\n")[0]


def equal(policy: ir.Policy, need_engine: Callable[[str, str], None]) -> Any:
    need_engine("azure", "azure-policies")
    (target,) = verify_policy(policy, {"azure": NATIVE}, TODAY).targets
    (engine,) = target.engines
    assert not engine.failure
    assert engine.requests > 300
    assert [(d.scenario, d.number, d.fields) for d in engine.differences[:3]] == []
    return target


# ------------------------------------------------------------------------------------------------------------ the whole
def test_the_guide_is_decided_as_the_target_says(need_engine: Callable[[str, str], None]) -> None:
    """Every boundary request, with the price of the native form among them."""
    target = equal(guide(), need_engine)
    gaps = {gap.gap.id: gap for gap in target.gaps}
    assert gaps["body-content"].differs > 0
    assert gaps["body-content"].gap.widens


def test_addresses_and_two_upstreams(tmp_path: Path, need_engine: Callable[[str, str], None]) -> None:
    """Ranges of ip-filter, statuses that are not the usual ones, a public route over plain http, two upstreams, two sizes."""
    policy = changed(
        tmp_path, ("defaults:\n", NETWORKS), ("invalid_token: 403", "no_route: 410, address: 451, body_too_large: 422"),
        ("  /users:\n    get: {allow: [{roles: [viewer]}]}\n", f"  /users:\n    get: {PROBE}\n    post: {WRITE}\n"),
        ("upstreams:\n", "upstreams:\n  other: {url: http://127.0.0.1:9001}\n"), ("  cors: web\n", "  upstream: main\n"),
        ('  - {never: anonymous, reaches: "* /**"}\n', ""),
        ("  /users/{user_id}:\n    get: {allow: [{roles: [viewer]}]}\n", "  /users/{user_id}:\n"),
    )  # fmt: skip
    output = TARGET.compile(policy, NATIVE)
    assert not kept(output)
    filters = document(output).findall("inbound/ip-filter")
    assert [node.get("action") for node in filters] == ["allow", "forbid"]
    assert {"from": "203.0.113.0", "to": "203.0.113.255"} in [dict(node.attrib) for node in filters[1]]
    assert {"from": "::ffff:cb00:7100", "to": "::ffff:cb00:71ff"} in [dict(node.attrib) for node in filters[1]]
    equal(policy, need_engine)


def test_a_made_up_spec_is_decided_as_the_target_says(need_engine: Callable[[str, str], None]) -> None:
    """Two keys; conditions over claims and paths, scopes, clients. More of them: `python -m tests.targets.azure.simpler 0 40`."""
    policy = simpler_policy(29)
    assert not kept(TARGET.compile(policy, NATIVE))
    equal(policy, need_engine)


def test_what_opens_access_is_accepted_first() -> None:
    """Without its `accept:` entries the build stops."""
    loaded = api.load(str(EXAMPLES / "guide" / "seccfg.yaml"), "native")
    (result,) = api.build(loaded, ("azure",), TODAY)
    assert list(result.blocking) == []
    assert {gap.id for gap in result.output.gaps if gap.widens} == {"body-content", "cors-upstream"}


def test_it_reads_as_the_service_does() -> None:
    """The service's own policies in their usual places, and a fifth of the decision program's size."""
    inbound = document(built()).find("inbound")
    assert inbound is not None
    names = [node.tag for node in inbound]
    assert names[:2] == ["cors", "base"]
    assert names.index("rate-limit-by-key") < names.index("validate-jwt")
    (token,) = inbound.findall("validate-jwt")
    assert (token.get("header-name"), token.get("require-scheme"), token.get("clock-skew")) == ("Authorization", "Bearer", "30")
    assert [node.text for node in token.findall("issuers/issuer")] == ["https://id.example.com/"]
    policies = [file for file in built().files if file.path.startswith("policies/")]
    assert len(policies) == 3
    assert sum(len(file.content) for file in policies) < 25_000
    assert not [file for file in policies if b"{{" in file.content or b"}}" in file.content]


def test_a_classic_tier_counts_in_the_specs_own_window() -> None:
    """A quota, whose 403 is one of ours, and which does not say when to come back."""
    output = TARGET.compile(guide(), {**NATIVE, "tier": '"premium"'})
    (quota,) = document(output).findall("inbound/quota-by-key")
    assert (quota.get("calls"), quota.get("renewal-period")) == ("100", "900")
    assert quota.get("first-period-start") == "1970-01-01T00:00:00Z"
    assert "(900 - DateTimeOffset.UtcNow.ToUnixTimeSeconds() % 900)" in content(output, "policies/fragment.seccfg-guide-refuse.xml")


def test_no_operation_of_options_stands_in_the_way_of_cors() -> None:
    """An operation of that method would send preflights through every policy."""
    assert '"method": "OPTIONS"' not in content(built(), "azuredeploy.json")
    assert '"method": "OPTIONS"' in content(TARGET.compile(guide(), {}), "azuredeploy.json")


# ------------------------------------------------------------------------------------------------------- what is kept
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("defaults:", "network: {trusted_proxies: [10.0.0.0/8]}\n\ndefaults:"), "a proxy speaks for clients"),
        (("defaults:\n", NETWORKS.replace("203.0.113.0/24", '"2001:db8:bad::/48"')), "blocks of IPv6 are denied"),
        (("by: ip}", "by: principal}"), "something else than requests of an address is counted"),
        (("origins: [https://app.example.com]", 'origins: ["https://*.example.com"]'), "by pattern"),
        (("/users/{user_id}:", ALIKE), "a path could be of"),
        (("{document_id: {type: integer, minimum: 1}}", "{document_id: {type: string, pattern: \"[a-z]+\"}}"), "pattern"),
    ],
)
def test_what_it_has_no_words_for_stays_exact(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    """The same files as without `prefer`, but for the page that says why."""
    policy = changed(tmp_path, change)
    output, exact = TARGET.compile(policy, NATIVE), TARGET.compile(policy, {})
    assert why in kept(output).replace("\\", "")
    assert output.effective == exact.effective
    assert [gap.id for gap in output.gaps] == [gap.id for gap in exact.gaps]
    assert {f.path: f.content for f in output.files if f.path != "APPLY.md"} == {
        f.path: f.content for f in exact.files if f.path != "APPLY.md"
    }


def test_other_words_are_refused() -> None:
    """By name."""
    with pytest.raises(InputError, match="is exact or native"):
        TARGET.compile(guide(), {"prefer": '"short"'})


def test_a_literal_that_means_something_elsewhere_stays_exact() -> None:
    """What stands in a regular expression of the policy is letters, digits and `._~-`."""
    path = (ir.LiteralSegment('a"+b'),)
    routes = tuple(replace(r, template='/a"+b', path=path) if r.template == "/users" else r for r in guide().routes)
    assert "is no plain one" in kept(TARGET.compile(replace(guide(), routes=routes), NATIVE))


# --------------------------------------------------------------------------------------------- the policies themselves
CORS = fromstring(
    '<cors allow-credentials="true"><allowed-origins><origin>https://a.example</origin></allowed-origins>'
    '<allowed-methods preflight-result-max-age="60"><method>GET</method></allowed-methods>'
    "<allowed-headers><header>X-A</header></allowed-headers></cors>"
)
ORIGIN = ("Origin", "https://a.example")


def test_cors_answers_pages_of_its_origins_alone() -> None:
    """Letters without case, as the service compares them; nothing for anybody else."""
    assert response_headers(CORS, [ORIGIN])[0] == ("Access-Control-Allow-Origin", "https://a.example")
    assert response_headers(CORS, [("Origin", "HTTPS://A.EXAMPLE")])[0][1] == "HTTPS://A.EXAMPLE"
    assert response_headers(CORS, [("Origin", "https://a.example.net")]) == []
    assert response_headers(CORS, [ORIGIN, ORIGIN]) == []
    assert response_headers(CORS, []) == []


@pytest.mark.parametrize(
    ("method", "header", "answered"),
    [("GET", "x-a", True), ("PUT", "x-a", False), ("GET", "x-b", False), ("GET", "X-A, x-b", False)],
)
def test_a_preflight_is_allowed_as_a_whole(method: str, header: str, answered: bool) -> None:
    """One header or method that is not allowed, and the browser is told nothing."""
    assert bool(preflight_headers(CORS, [ORIGIN, ("Access-Control-Request-Headers", header)], method)) is answered


def test_what_is_a_preflight() -> None:
    """OPTIONS with one origin and one method."""
    asked = ("Access-Control-Request-Method", "GET")
    assert requested_method("OPTIONS", [ORIGIN, asked]) == "GET"
    assert requested_method("GET", [ORIGIN, asked]) == ""
    assert requested_method("OPTIONS", [asked]) == ""
    assert requested_method("OPTIONS", [ORIGIN]) == ""


@pytest.mark.parametrize(
    ("action", "peer", "why"),
    [
        ("allow", "192.0.2.7", ""), ("allow", "192.0.3.0", "CallerIpNotAllowed"), ("forbid", "192.0.2.255", "CallerIpBlocked"),
        ("forbid", "2001:db8::1", ""), ("allow", "unknown", "FailedToParseCallerIP"), ("allow", "198.51.100.1", ""),
    ],
)  # fmt: skip
def test_ip_filter(action: str, peer: str, why: str) -> None:
    """Ranges with both ends, single addresses, and a caller whose address cannot be read."""
    ranges = '<address-range from="192.0.2.0" to="192.0.2.255"/>'
    text = f'<ip-filter action="{action}"><address>198.51.100.1</address>{ranges}</ip-filter>'
    assert filtered(fromstring(text), peer) == why
