"""`prefer: native`: AWS's own features where they will do, each held to what the target says of it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from seccfg import api
from seccfg.findings import InputError
from seccfg.ir import policy as ir
from seccfg.targetapi.base import Output
from seccfg.targetapi.kit.noticing import check_mutants
from seccfg.targetapi.observe import EngineFailed
from seccfg.verify.run import verify_policy
from seccfg_aws import TARGET
from seccfg_aws.native import waf_setting
from seccfg_aws.stack_acl import read_acl
from seccfg_aws.stack_api import AclAnswer, AddressRule, RateRule, mock_answer
from seccfg_aws.web_acl_model import WebAcl
from tests.targets.aws.conformance import NATIVE as CHANGED
from tests.targets.aws.plainer import plainer_policy

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NATIVE = {"prefer": '"native"'}
TODAY = "2026-01-05"
SEEDS = ((3, True), (14, False), (17, True))
"""(made-up spec, nothing but tokens): a table of rules behind sets of addresses, the whole runtime behind a MOCK method."""


@functools.cache
def guide() -> ir.Policy:
    return api.policy(api.load(str(EXAMPLES / "guide" / "seccfg.yaml"), "native"))


@functools.cache
def built() -> Output:
    return TARGET.compile(guide(), NATIVE)


def template(output: Output) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next(f.content for f in output.files if f.path == "template.json"))
    return found


# ------------------------------------------------------------------------------------------------------- the whole
@pytest.fixture(scope="module")
def report() -> Any:
    (target,) = verify_policy(guide(), {"aws": NATIVE, "python": {}}, TODAY, ("aws-model",)).targets[:1]
    return target


def test_the_guide_is_decided_as_the_target_says(report: Any) -> None:
    """Every boundary request; and the price of the native form shows in some of them."""
    (engine,) = report.engines
    assert (engine.failure, engine.differ) == ("", 0)
    assert engine.requests > 1000
    gaps = {gap.gap.id: gap for gap in report.gaps}
    assert gaps["limit-rate-rule"].witness
    assert gaps["limit-rate-rule"].differs > 0
    assert gaps["limit-rate-rule"].accepted
    assert not any(gap.blocking for gap in report.gaps)


@pytest.mark.parametrize(("seed", "tokens_only"), SEEDS)
def test_made_up_specs_are_decided_as_the_target_says(seed: int, tokens_only: bool) -> None:
    """Specs nobody wrote, without what keeps the features from being used."""
    (target,) = verify_policy(plainer_policy(seed, tokens_only=tokens_only), {"aws": NATIVE}, TODAY).targets
    (engine,) = target.engines
    assert (engine.failure, engine.differ) == ("", 0)
    assert engine.requests > 500


TWO_OF_ONE_ISSUER = """\
seccfg: 1
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: http://127.0.0.1:8000}}
auth:
  users: {type: oidc, issuer: https://id.example.com/, audiences: [notes], algorithms: [RS256], jwks: {file: keys/u.json}}
  partners: {type: oidc, issuer: https://id.example.com/, audiences: [feed], algorithms: [RS256], jwks: {file: keys/u.json}}
rate_limits: {per-ip: {limit: 100, window: 15m, by: ip}}
defaults: {rate_limits: [per-ip]}
routes:
  /notes: {get: {auth: [users], allow: authenticated}}
  /feed: {get: {auth: [partners], allow: authenticated}}
"""


def test_two_methods_may_trust_one_issuer(tmp_path: Path) -> None:
    """On routes of their own, for audiences of their own: neither stands in the other's way, neither takes its tokens."""
    (tmp_path / "keys").mkdir()
    keys = EXAMPLES / "guide" / "keys" / "users.jwks.json"
    (tmp_path / "keys" / "u.json").write_bytes(keys.read_bytes())
    (tmp_path / "seccfg.yaml").write_text(TWO_OF_ONE_ISSUER)
    policy = api.policy(api.load(str(tmp_path / "seccfg.yaml")))
    assert "authorizer/notes_authorizer/policy.py" in {file.path for file in TARGET.compile(policy, NATIVE).files}
    (target,) = verify_policy(policy, {"aws": NATIVE}, TODAY).targets
    (engine,) = target.engines
    assert (engine.failure, engine.differ) == ("", 0)
    assert engine.requests > 100


def test_changes_of_its_files_are_noticed() -> None:
    """A few of them, evenly chosen; all by `check_mutants` with 0."""
    found = check_mutants(TARGET, "aws-model", guide(), NATIVE, CHANGED.mutated, CHANGED.survivors, 24)
    assert found.noticed > 10
    assert [(m.where, m.what) for m in found.survivors if not any(r.covers(m) for r in CHANGED.survivors)] == []


def test_the_guide_has_nothing_but_features_and_a_table() -> None:
    """No table in DynamoDB, no usage key, no function for preflights; the function is short."""
    kinds = [resource["Type"] for resource in template(built())["Resources"].values()]
    assert "AWS::DynamoDB::Table" not in kinds
    assert "AWS::ApiGateway::ApiKey" not in kinds
    assert kinds.count("AWS::Lambda::Function") == 1
    code = [f for f in built().files if f.path.startswith("authorizer/")]
    assert len(code) <= 12
    assert sum(len(f.content) for f in code) < 60_000


def test_what_is_in_the_way_is_said() -> None:
    """The larger example has trusted proxies: everything stays compiled, and the README says why."""
    policy = api.policy(api.load(str(EXAMPLES / "orders" / "seccfg.yaml")))
    output = TARGET.compile(policy, NATIVE)
    readme = next(f.content for f in output.files if f.path == "README.md").decode()
    assert "not native: a proxy speaks for clients" in readme
    exact = TARGET.compile(policy, {})
    assert output.effective == exact.effective
    assert [g.id for g in output.gaps] == [g.id for g in exact.gaps]


@pytest.mark.parametrize("options", [{"api": '"http"'}, {"format": '"terraform"'}])
def test_forms_without_it_are_refused(options: dict[str, str]) -> None:
    """By name, before anything is built."""
    with pytest.raises(InputError, match="`prefer` of target `aws` is exact with"):
        TARGET.compile(guide(), {**NATIVE, **options})


# ---------------------------------------------------------------------------------------------------- rate-based rules
def limit(size: int, window_s: int, algorithm: Any = "fixed-window", burst: int = 0) -> ir.RateLimit:
    return ir.RateLimit("l", algorithm, size, window_s, burst or size, ir.ByAddress(), "request", (), "shared", "refuse")


@pytest.mark.parametrize(
    ("wanted", "rule"),
    [
        (limit(100, 900), (66, 600)),
        (limit(600, 60), (600, 60)),
        (limit(9, 60), None),
        (limit(100, 900, "sliding-window"), (50, 600)),
        (limit(1000, 3600, "token-bucket", 50), (50, 300)),
        (limit(5, 3600), None),
    ],
)  # fmt: skip
def test_the_setting_never_admits_more_than_the_limit(wanted: ir.RateLimit, rule: tuple[int, int] | None) -> None:
    """From idle, in the long run and in any window; among those the one that refuses a burst last."""
    found = waf_setting(wanted)
    assert (None if found is None else (found.limit, found.window_s)) == rule


ANSWER = AclAnswer(429, (), "")


def test_a_rate_rule_counts_what_it_blocks() -> None:
    """It looks back over its window; whoever goes on asking stays blocked."""
    acl = WebAcl([RateRule(2, 60, ANSWER)])
    assert [acl.block("192.0.2.1", now) for now in (0, 1, 2)] == [None, None, ANSWER]
    assert acl.block("192.0.2.2", 2) is None
    assert acl.block("192.0.2.1", 60) is ANSWER
    assert acl.block("192.0.2.1", 200) is None
    acl.forget()
    assert acl.block("192.0.2.1", 200) is None


def test_a_rule_that_ends_leaves_the_next_uncounted() -> None:
    """A blocked address costs its neighbours behind it nothing."""
    acl = WebAcl([AddressRule(None, ("192.0.2.0/24",), ANSWER), RateRule(1, 60, ANSWER)])
    assert acl.block("192.0.2.1", 0) is ANSWER
    assert acl.block("::ffff:192.0.2.1", 0) is ANSWER
    assert [acl.block("198.51.100.1", now) for now in (0, 1)] == [None, ANSWER]


def rules(change: Any) -> Any:
    resources = template(built())["Resources"]
    change(resources["WebAcl"]["Properties"])
    return read_acl(resources)


@pytest.mark.parametrize(
    "change",
    [
        lambda acl: acl["Rules"][0]["Statement"]["RateBasedStatement"].update(EvaluationWindowSec=900),
        lambda acl: acl["Rules"][0]["Statement"]["RateBasedStatement"].update(Limit=9),
        lambda acl: acl["Rules"][0]["Statement"]["RateBasedStatement"].update(AggregateKeyType="FORWARDED_IP"),
        lambda acl: acl["Rules"][1].update(OverrideAction={"None": {}}),
        lambda acl: acl.update(DefaultAction={"Block": {}}),
    ],
)
def test_what_waf_refuses_is_no_web_acl(change: Any) -> None:
    """And so is what there is no model of."""
    assert rules(lambda _: None)
    with pytest.raises(EngineFailed):
        rules(change)


def test_without_an_association_nothing_is_blocked() -> None:
    """A web ACL that stands beside the stage does nothing."""
    resources = template(built())["Resources"]
    del resources["WebAclAssociation"]
    assert read_acl(resources) == ()


def test_a_mock_sends_declared_headers_only() -> None:
    """API Gateway refuses the deployment otherwise."""
    said = {"204": {"method.response.header.Vary": "'Origin'"}}
    assert mock_answer("204", said, {"204": {"method.response.header.Vary"}}).headers == (("Vary", "Origin"),)
    with pytest.raises(EngineFailed, match="does not declare"):
        mock_answer("204", said, {"204": set()})
    with pytest.raises(EngineFailed, match="no text"):
        mock_answer("204", {"204": {"x": "method.request.header.Origin"}}, {"204": {"x"}})
