"""The emitted files: one set of bytes in two places, documents the table of policies takes, texts that stay texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from seccfg import api
from seccfg.findings import InputError
from seccfg.ir.policy import LiteralSegment
from seccfg.record import replace
from seccfg.targetapi.base import Output
from seccfg_azure import TARGET
from seccfg_azure.arm_shapes import check_properties, check_resource
from seccfg_azure.document import Element, Expression, NamedValue, as_node, element, to_rawxml, to_xml
from seccfg_azure.reference import check

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def built(name: str, **options: str) -> Output:
    policy = api.policy(api.load(str(EXAMPLES / name / "seccfg.yaml")))
    return TARGET.compile(policy, {key: f'"{value}"' for key, value in options.items()})


def contents(output: Output) -> Mapping[str, bytes]:
    return {file.path: file.content for file in output.files}


@pytest.mark.parametrize("name", ["guide", "orders"])
def test_the_template_deploys_the_bytes_of_the_files(name: str) -> None:
    """What is reviewed is what is deployed."""
    files = contents(built(name))
    template = json.loads(files["azuredeploy.json"])
    deployed = [r["properties"]["value"] for r in template["resources"] if r.get("properties", {}).get("format") == "xml"]
    reviewed = [content.decode() for path, content in files.items() if path.startswith("policies/")]
    assert sorted(deployed) == sorted(reviewed)


def test_resources_stand_after_what_they_need() -> None:
    """Every `dependsOn` names a resource of the template, and one before it."""
    template = json.loads(contents(built("orders"))["azuredeploy.json"])
    seen: set[str] = set()
    for resource in template["resources"]:
        named = r"^\[resourceId\('[^']*/service/(.*?)', .*?'service'\), (.*)\)\]$"
        needs = {re.sub(named, r"\1 \2", need) for need in resource.get("dependsOn", [])}
        assert needs <= seen, resource["name"]
        kind = resource["type"].removeprefix("Microsoft.ApiManagement/service/")
        names = re.sub(r"^.*'/(.*)'\)\]$", r"\1", resource["name"]).split("/")
        seen.add(f"{kind} " + ", ".join(f"'{name}'" for name in names))


def test_no_expression_uses_claims_as_the_gateway_shows_them() -> None:
    """`Jwt.Claims` makes 5 of "5"; tokens are read from their bytes."""
    for path, content in contents(built("orders")).items():
        if path.endswith(".xml"):
            assert b".Claims" not in content
            assert b"AsJwt" not in content


def test_every_limit_is_looked_at_before_one_is_counted() -> None:
    """Counters with `increment-condition` false come first in their step."""
    (policy,) = (c for p, c in contents(built("orders")).items() if p.startswith("policies/api."))
    counters = list(ElementTree.fromstring(policy).iter("rate-limit-by-key"))
    asked = [node.get("counter-key") for node in counters if node.get("increment-condition") == "@(false)"]
    charged = [node.get("counter-key") for node in counters if node.get("increment-condition") is None]
    assert sorted(map(str, asked)) == sorted(map(str, charged))


@pytest.mark.parametrize("tier", ["consumption", "premium", "basic-v2"])
def test_what_exists_follows_the_tier(tier: str) -> None:
    """Consumption has no counter by key and takes small documents only; quotas are of the classic tiers."""
    output = built("guide", tier=tier)
    policy = next(c for p, c in contents(output).items() if p.startswith("policies/api."))
    gaps = {gap.id: gap for gap in output.gaps}
    assert (b"quota-by-key" in policy) == (tier == "premium")
    assert (gaps["rate-limit"].kind == "unsupported") == (tier == "consumption")
    assert ("policy-size" in gaps) == (tier == "consumption")


@pytest.mark.parametrize(("option", "value"), [("tier", "huge"), ("service", "-x"), ("prefer", "both"), ("colour", "red")])
def test_wrong_options_are_refused(option: str, value: str) -> None:
    """One line, naming the option."""
    with pytest.raises(InputError, match=option):
        built("guide", **{option: value})


# ------------------------------------------------------------------------------------------------------------ resources
def resources(files: Mapping[str, bytes], kind: str) -> list[dict[str, Any]]:
    template = json.loads(files["azuredeploy.json"])
    return [r for r in template["resources"] if r["type"] == f"Microsoft.ApiManagement/service/{kind}"]


def test_the_register_of_keys_opens_nothing() -> None:
    """A product asks for a subscription, each record has one, and neither file holds a key."""
    files = contents(built("orders"))
    (product,) = resources(files, "products")
    held = resources(files, "subscriptions")
    assert product["properties"]["subscriptionRequired"] is True
    assert len(held) == 3
    assert {one["properties"]["scope"] for one in held} == {"/products/seccfg-orders-partner"}
    assert not any("Key" in name for one in held for name in one["properties"])
    assert len(resources(files, "products/apis")) == 1
    folder = {path for path in files if path.startswith(("apiops/products/", "apiops/subscriptions/"))}
    assert len(folder) == 2 + len(held)
    (said,) = (json.loads(c) for p, c in files.items() if p.endswith("productInformation.json"))
    assert said["properties"] == product["properties"]


@pytest.mark.parametrize(("tier", "logger"), [("standard-v2", "azureMonitor"), ("consumption", "applicationInsights")])
def test_diagnostics_hide_what_holds_credentials(tier: str, logger: str) -> None:
    """Traces of severity information are kept, bodies and headers are not, and secrets of loggers are named values."""
    files = contents(built("orders", tier=tier))
    (diagnostic,) = (one["properties"] for one in resources(files, "apis/diagnostics"))
    found = {one["properties"]["loggerType"]: one["properties"] for one in resources(files, "loggers")}
    assert set(found) == {logger, "azureEventHub"}
    assert diagnostic["verbosity"] == "information"
    assert diagnostic["frontend"]["request"]["body"] == {"bytes": 0}
    hidden = {one["value"] for one in diagnostic["frontend"]["request"]["dataMasking"]["headers"]}
    assert {"authorization", "cookie", "x-api-key"} <= hidden
    secrets = {value for one in found.values() for value in one.get("credentials", {}).values()}
    named = {"{{" + one["properties"]["displayName"] + "}}" for one in resources(files, "namedValues")}
    assert secrets <= named


@pytest.mark.parametrize(("tier", "ciphers"), [("premium", 10), ("standard-v2", 0)])
def test_tls_settings_stand_in_a_template_of_the_instance(tier: str, ciphers: int) -> None:
    """Old protocols off on both sides, weak ciphers where the tier has a setting; all of it text, as the service wants it."""
    (service,) = json.loads(contents(built("orders", tier=tier))["azuredeploy.service.json"])["resources"]
    said = service["properties"]["customProperties"]
    assert set(said.values()) == {"False"}
    assert sum(".Ciphers." in key for key in said) == ciphers
    assert sum(".Protocols." in key for key in said) == 6


@pytest.mark.parametrize(
    ("below", "properties", "said"),
    [
        ("products", {"displayName": "x", "state": "open"}, "none of notPublished"),
        ("products", {"state": "published"}, "displayName is missing"),
        ("products", {"displayName": "x" * 301}, "301 characters"),
        ("apis", {"path": "", "subscriptionRequired": "false"}, "no boolean"),
        ("apis", {"path": "", "colour": "red"}, "no property colour"),
        ("apis/operations", {"displayName": "x", "templateParameters": [{"name": "a"}]}, "type is missing"),
        ("namedValues", {"displayName": "a b"}, "does not fit"),
        ("namedValues", {"displayName": "a", "tags": ["x"] * 33}, "at most 32"),
        ("apis/diagnostics", {"loggerId": "x", "sampling": {"percentage": 101}}, "0 to 100"),
        ("", {"publisherEmail": "a", "publisherName": "b", "customProperties": {"x": "false"}}, "none of True, False"),
        ("loggers", {"loggerType": "applicationInsights", "credentials": {"key": 1}}, "no text"),
    ],
)  # fmt: skip
def test_the_table_of_resources_refuses(below: str, properties: object, said: str) -> None:
    """Types, words, lengths, what is missing and what is not known."""
    assert any(said in problem for problem in check_properties(below, properties))


def test_the_table_of_resources_wants_type_version_and_name() -> None:
    """An expression of the template is not looked into, a text that only looks like one is."""
    good = {
        "type": "Microsoft.ApiManagement/service/products", "apiVersion": "2024-05-01",
        "name": "[concat(parameters('service'), '/one')]", "properties": {"displayName": "[parameters('title')]"},
    }  # fmt: skip
    assert list(check_resource(good)) == []
    every: list[dict[str, object]] = [
        {"type": "Microsoft.ApiManagement/service/colours"}, {"apiVersion": "2019-01-01"}, {"name": "one"}, {"zones": []},
        {"name": "[concat(parameters('service'), '/one/two')]"}, {"properties": {"displayName": "[[" + "x" * 300}},
    ]  # fmt: skip
    for wrong in every:
        assert list(check_resource({**good, **wrong})) != []


# ------------------------------------------------------------------------------------------------------------ documents
@pytest.mark.parametrize("text", ["{{secret}}", "a}}b", "@(1)", "x@{y}", "é\n", "<&'\">", "plain"])
def test_a_literal_stays_a_literal(text: str) -> None:
    """Neither spelling holds a reference, or an expression but one that gives the text."""
    document = element("set-header", [element("value", text=text)], name="X")
    for spelled in (to_xml(document).decode(), to_rawxml(document).decode()):
        assert "{{" not in spelled
        assert "}}" not in spelled
        value = spelled.split("<value>")[1].split("</value>")[0]
        if value.startswith("@("):
            assert re.fullmatch(r'@\("[^"]*"\)', value.replace("&quot;", '"'))
        else:
            assert "@(" not in value
            assert "@{" not in value


def test_both_spellings_say_the_same() -> None:
    """Expressions are escaped in one and stand as they are in the other; named values in both."""
    document = element("when", [element("set-url", text=NamedValue("place"))], condition=Expression('@(1 < 2 && "a" == "a")'))
    assert ElementTree.fromstring(to_xml(document)).get("condition") == '@(1 < 2 && "a" == "a")'
    assert '@(1 < 2 && "a" == "a")' in to_rawxml(document).decode()
    assert "{{place}}" in to_xml(document).decode()
    assert "{{place}}" in to_rawxml(document).decode()


def policies(*inbound: Element) -> Element:
    base = element("base")
    return element("policies", [
        element("inbound", [base, *inbound]), element("backend", [base]), element("outbound", [base]), element("on-error", [base]),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (element("validate-token"), "no policy is called"),
        (element("when", condition="x"), "no policy is called"),
        (element("set-variable", name="x"), "value is missing"),
        (element("set-variable", name=Expression("@(1)"), value="x"), "takes no expression"),
        (element("set-header", name="x", exists_action="replace"), "exists-action is replace"),
        (element("return-response", [element("set-body", text="x"), element("set-status", code="200", reason="OK")]), "too late"),
        (element("quota-by-key", calls="1", renewal_period="300", counter_key="x"), "lacks it"),
        (element("set-backend-service", base_url="x", colour="red"), "no attribute colour"),
    ],
)  # fmt: skip
def test_the_table_refuses(wrong: Element, said: str) -> None:
    """What a gateway would not take is named."""
    assert any(said in problem for problem in check(as_node(policies(wrong)), "standard-v2", 100))


def test_the_table_wants_sections_base_and_size() -> None:
    """All four sections, each with one `<base/>`, within the size of the tier."""
    good = as_node(policies())
    assert list(check(good, "premium", 262_144)) == []
    assert list(check(good, "premium", 262_145)) != []
    assert list(check(good, "consumption", 16_385)) != []
    assert list(check(replace(good, children=good.children[:3]), "premium", 1)) != []
    bare = replace(good, children=(replace(good.children[0], children=()), *good.children[1:]))
    assert list(check(bare, "premium", 1)) != []


def test_a_thousand_routes_fit() -> None:
    """Every document is within its size, every template within the resources of a deployment."""
    policy = api.policy(api.load(str(EXAMPLES / "minimal" / "seccfg.yaml")))
    model = policy.routes[-1]
    places = [(f"area{n % 40}", f"things{n}") for n in range(1000)]
    routes = tuple(
        replace(model, method="GET", template=f"/{area}/{thing}", path=(LiteralSegment(area), LiteralSegment(thing)))
        for area, thing in places
    )
    output = TARGET.compile(replace(policy, routes=routes), {})
    assert "policy-size" not in {gap.id for gap in output.gaps}
    files = contents(output)
    templates = [json.loads(c) for p, c in files.items() if p.startswith("azuredeploy") and "service" not in p]
    assert [len(template["resources"]) <= 800 for template in templates] == [True, True]
    assert all(len(content) < 4_000_000 for path, content in files.items() if path.startswith("azuredeploy"))
