"""`prefer: native`: Apigee's own policies decide, and all of them together what the effective Policy says."""

from __future__ import annotations

import importlib.util
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from seccfg import api
from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.ir.policy import Policy
from seccfg.ir.request import differences
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.base import Output
from seccfg.verify.boundary.plan import plan
from seccfg.verify.run import with_keys
from seccfg_apigee import TARGET
from seccfg_apigee.engine import BundleEngine

GUIDE = Path(__file__).resolve().parents[3] / "examples" / "guide"
NATIVE = {"prefer": '"native"'}
TODAY = "2026-01-05"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "guide"
    shutil.copytree(GUIDE, folder, ignore=shutil.ignore_patterns("expected"))
    (folder / ".git").mkdir()
    return folder / "seccfg.yaml"


def changed(path: Path, *changes: tuple[str, str]) -> Path:
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")
    return path


def native(path: Path) -> tuple[Policy, Output]:
    policy = api.policy(api.load(str(path)))
    return policy, TARGET.compile(policy, NATIVE)


def files_of(output: Output) -> dict[str, bytes]:
    return {file.path: file.content for file in output.files}


def proxy(output: Output) -> ET.Element:
    return ET.fromstring(files_of(output)["apiproxy/proxies/default.xml"])


def steps(node: ET.Element) -> list[tuple[str, str]]:
    return [(step.findtext("Name") or "", step.findtext("Condition") or "") for step in node.iter("Step")]


def flows(output: Output) -> Mapping[str, list[tuple[str, str]]]:
    return {flow.get("name", ""): steps(flow) for flow in proxy(output).iter("Flow")}


def policy_file(output: Output, name: str) -> ET.Element:
    return ET.fromstring(files_of(output)[f"apiproxy/policies/{name}.xml"])


def is_native(output: Output) -> bool:
    return "apiproxy/resources/jsc/check-request.js" in files_of(output)


def equal(policy: Policy, every: int, first: int, least: int) -> None:
    """Each so-many-th boundary scenario."""
    ring = exchange(policy, NOW_S)
    output = TARGET.compile(ring.build, NATIVE)
    assert is_native(output)
    effective = with_keys(output.effective, ring)
    engine = BundleEngine()
    engine.start(files_of(output), ring.environment)
    asked = 0
    for scenario in plan(ring).scenarios[first::every]:
        if len(scenario.requests) > 60:
            continue
        engine.reset(scenario.surroundings)
        state = State(scenario.surroundings)
        for number, request in enumerate(scenario.requests):
            asked += 1
            assert not differences(decide(effective, request, state), engine.answer(request)), (scenario.id, number)
    assert asked >= least


def test_the_guide_decides_as_said(need_engine: Callable[[str, str], None]) -> None:
    """A sample; `seccfg verify examples/guide --env native -t apigee` asks everything."""
    need_engine("apigee", "apigee-rhino")
    equal(api.policy(api.load(str(GUIDE / "seccfg.yaml"))), 13, 5, 40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 14])
def test_made_up_specs_decide_as_said(seed: int, need_engine: Callable[[str, str], None]) -> None:
    """Public routes, several issuers, scopes, conditions, limits by principal, networks."""
    need_engine("apigee", "apigee-rhino")
    place = Path(__file__).with_name("plainer.py")
    found = importlib.util.spec_from_file_location("apigee_plainer", place)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    equal(module.plainer_policy(seed), 20, seed % 20, 30)


def test_the_guide_reads_as_apigee(project: Path) -> None:
    """A flow for each route, and in it the conditions it refuses under; no decision resource."""
    _, output = native(project)
    found = flows(output)
    assert list(found) == [
        "trailing-slash", "get-departments-department-documents-document-id",
        "other-departments-department-documents-document-id", "get-users", "other-users", "delete-users-user-id",
        "get-users-user-id", "other-users-user-id", "not-found",
    ]  # fmt: skip
    assert found["delete-users-user-id"] == [("RF-Forbidden", '(seccfg.role.admin != "yes")')]
    assert found["not-found"] == [("RF-NotFound", "")]
    assert found["other-users-user-id"] == [("RF-Allow-DELETE-GET", "")]
    assert [flow.findtext("Condition") for flow in proxy(output).iter("Flow")][-1] is None
    assert policy_file(output, "Q-per-ip").find("Identifier").attrib == {"ref": "client.resolved.ip"}  # type: ignore[union-attr]
    assert policy_file(output, "VJ-users").findtext("RequiredClaims") == "exp,iss,aud,sub"
    assert not [path for path in files_of(output) if "seccfg-decide" in path or "seccfg-policy" in path]
    script = files_of(output)["apiproxy/resources/jsc/get-departments-department-documents-document-id.js"].decode()
    assert "// department-and-clearance is TRUE: principal.department == resource.department" in script


def test_nothing_is_passed_over(project: Path) -> None:
    """Every policy stops what it fails on, and conditions that refuse say `!=`: absence is no yes."""
    _, output = native(project)
    for path, content in files_of(output).items():
        if "/policies/" in path and "ML-Audit" not in path:
            assert b'enabled="true" continueOnError="false"' in content, path
    refusing = [
        condition for name, condition in steps(proxy(output))
        if name.startswith("RF-") and condition and "x-forwarded-proto" not in condition
    ]
    told_apart = {'(seccfg.body = "too_large")', '(seccfg.body = "media_type")', '(seccfg.credential = "none")'}
    assert told_apart < set(refusing)
    assert all("!=" in condition for condition in set(refusing) - told_apart)


def test_what_opens_access_is_accepted_first(project: Path) -> None:
    """An address of its own for every IPv6 client: the build stops until the spec takes that."""
    changed(project, ("apigee: {organization: example", "apigee: {prefer: native, organization: example"))
    (result,) = api.build(api.load(str(project)), ("apigee",), TODAY)
    assert [gap.id for gap in result.blocking] == ["rate-limit-address"]
    (result,) = api.build(api.load(str(project), "native"), ("apigee",), TODAY)
    assert list(result.blocking) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("claims: {subject", "in: {header: X-Token}\n    claims: {subject"), "looked for elsewhere than in"),
        (("origins: [https://app", 'origins: ["https://*.trusted.example.com", https://app'), "origins the CORS policy"),
        (("    headers: [Authorization, Content-Type]\n", ""), "headers of its own choice"),
        (("    get: {allow: [{roles: [viewer]}]}", "    options: {allow: [{roles: [viewer]}]}"), "a declared OPTIONS"),
        (("window: 15m, by: ip}", "window: 15m, by: ip, count: auth.failed}"), "limits that count failures"),
        (("algorithms: [RS256]", "algorithms: [RS256, PS256]"), "several algorithms"),
        (("{type: integer, minimum: 1}", "{type: number}"), "parameters beyond"),
        (("  /users:\n", "  /users:all:\n    get: {allow: authenticated}\n  /users:\n"), "characters in its path"),
    ],
)
def test_what_stays_with_the_program(project: Path, change: tuple[str, str], why: str) -> None:
    """Where a policy of Apigee's would decide otherwise the whole spec is built as without, and APPLY.md says why."""
    _, output = native(changed(project, change))
    assert not is_native(output)
    assert why in files_of(output)["APPLY.md"].decode().replace("\\", "")
    assert "cors-policy" not in {gap.id for gap in output.gaps}


def test_networks_and_several_issuers(project: Path) -> None:
    """Deny before allow, whoever is in neither denied; each issuer its VerifyJWT, none of them no pass."""
    changed(
        project,
        ("roles:\n  viewer", "  others:\n    type: jwt\n    issuer: https://other.example.com/\n    audiences: [x, y]\n"
         "    algorithms: [RS256]\n    jwks: {file: keys/users.jwks.json}\n    asserts: {roles: [viewer]}\n\nroles:\n  viewer"),
        ("claims: {subject", "asserts: {roles: [viewer, admin]}\n    claims: {subject"),
        ("  auth: [users]", "  auth: [users, others]\n  network: staff"),
        ("cors:\n", "network:\n  profiles:\n    staff: {allow: [198.51.100.0/24], deny: [198.51.100.66/32]}\n\ncors:\n"),
    )  # fmt: skip
    _, output = native(project)
    rules = policy_file(output, "AC-staff").find("IPRules")
    assert rules is not None
    assert rules.get("noRuleMatchAction") == "DENY"
    assert [rule.get("action") for rule in rules] == ["DENY", "ALLOW"]
    (asked,) = map(steps, proxy(output).findall("PreFlow/Request"))
    assert ("VJ-others", '(jwt.DJ-Issuer.decoded.claim.iss = "https://other.example.com/")') in asked
    assert asked[-1] == ("RF-InvalidToken", '(seccfg.token != "good")')
    assert policy_file(output, "VJ-others").find("Audience") is None
