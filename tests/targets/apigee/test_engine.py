"""The engine alone: conditions with null, Rhino as measured, policies with their bad habits. No compiler is involved."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from seccfg.targetapi.observe import EngineFailed
from seccfg_apigee.engine_conditions import parse_condition
from seccfg_apigee.engine_edge import Edge
from seccfg_apigee.engine_message import Message, Variables
from seccfg_apigee.engine_policies import Fault, World, run_policy
from seccfg_apigee.engine_rhino import Ran, shared

NOW_S = 1_767_614_400


# -------------------------------------------------------------------------------------------------------- conditions
@pytest.mark.parametrize(
    ("op", "left_null", "right_null", "both"),
    [
        ("=", False, False, True), (":=", False, False, True), ("!=", True, True, False), ("=|", False, False, False),
        (">", True, False, False), (">=", False, True, True), ("<", True, False, False), ("<=", True, False, True),
    ],
)  # fmt: skip
def test_what_operators_say_of_null(op: str, left_null: bool, right_null: bool, both: bool) -> None:
    """The documented table: an absent variable is greater than anything, and equal to another absent one."""
    held = {"present": "5"}.get
    assert parse_condition(f"(absent {op} present)").evaluate(held) is left_null
    assert parse_condition(f"(present {op} absent)").evaluate(held) is right_null
    assert parse_condition(f"(absent {op} missing)").evaluate(held) is both


def test_a_gate_that_says_equals_lets_absence_through() -> None:
    """`!=` refuses where nothing was decided, `=` does not."""
    assert parse_condition('(seccfg.decision != "allow")').evaluate(lambda _: None)
    assert not parse_condition('(seccfg.decision = "deny")').evaluate(lambda _: None)


def test_java_s_precedence_words_and_coercion() -> None:
    """`and` binds before `or`; words are operators; numbers compare as numbers, texts by case."""
    held = {"a": "x", "b": "y", "n": "10"}.get
    assert parse_condition('a = "x" or b = "n" and b = "z"').evaluate(held)
    assert parse_condition('(a Equals "x") And (b IsNot "n")').evaluate(held)
    assert parse_condition("(n > 9)").evaluate(held)
    assert not parse_condition('(a = "X")').evaluate(held)
    assert parse_condition('(a := "X")').evaluate(held)
    assert parse_condition('(a =| "x")').evaluate(held)
    assert parse_condition("!(missing != null)").evaluate(held)


@pytest.mark.parametrize("text", ["a ~~ \"x\"", "(a = 'x')", "(a = \"x\"", "a", "a = ", "a @ \"x\"", "(a = \"x\") b"])
def test_what_is_not_certain_is_refused(text: str) -> None:
    """Patterns, single quotes and anything half written are no conditions here."""
    with pytest.raises(EngineFailed):
        parse_condition(text)


# -------------------------------------------------------------------------------------------------------------- Rhino
@pytest.fixture
def rhino(need_engine: Callable[[str, str], None]) -> Callable[..., Ran]:
    """`rhino(source, **variables)`: what a script does."""
    need_engine("apigee", "apigee-rhino")

    def run(source: str, limit_ms: int = 2_000, **variables: str) -> Ran:
        return shared().run([shared().load("test.js", source)], variables, {}, limit_ms)

    return run


def said(ran: Ran) -> object:
    return json.loads(ran.changed["out"])


def test_rhino_takes_more_than_es5(rhino: Callable[..., Ran]) -> None:
    """Arrow functions pass here, which proves nothing of Apigee; `let` does not in version 0."""
    assert said(rhino("context.setVariable('out', JSON.stringify([1].map(x => x + 1)));")) == [2]
    with pytest.raises(EngineFailed, match=r"test\.js"):
        rhino("let a = 1; context.setVariable('out', '1');")


def test_versions_have_to_agree(rhino: Callable[..., Ran]) -> None:
    """`parseInt('08')` is NaN in version 0 and 8 in 180: a script that needs it fails."""
    with pytest.raises(EngineFailed, match="versions 0 and 180 differ"):
        rhino("context.setVariable('out', String(parseInt('08')));")


def test_prototype_keys_are_truthy(rhino: Callable[..., Ran]) -> None:
    """What a plain look-up finds for a role called `constructor`, and what `hasOwnProperty` does."""
    found = said(rhino(
        "var t = {viewer: 1}; function has(k) { return Object.prototype.hasOwnProperty.call(t, k); }"
        "context.setVariable('out', JSON.stringify([!!t.constructor, has('constructor'), has('__proto__'), has('viewer')]));"
    ))  # fmt: skip
    assert found == [True, False, False, True]


def test_two_absent_variables_are_equal_and_a_text_of_null_is_a_text(rhino: Callable[..., Ran]) -> None:
    """`undefined === undefined`, and `String(null)` is "null": both have to be asked about first."""
    found = said(rhino(
        "var a = {}.tenant, b = {}.tenant, c = context.getVariable('absent');"
        "context.setVariable('out', JSON.stringify([a === b, c === null, String(c)]));"
    ))  # fmt: skip
    assert found == [True, True, "null"]


def test_scripts_end(rhino: Callable[..., Ran]) -> None:
    """An exception and a loop without end are faults; a console there is none."""
    assert "boom" in rhino("throw new Error('boom');").failed
    assert rhino("while (true) {}", 200).failed == "timeLimit exceeded"
    assert "console" in rhino("console.log('x');").failed
    assert "java" in rhino("java.lang.System.exit(1);").failed


def test_strict_mode_is_not_to_be_relied_on(rhino: Callable[..., Ran]) -> None:
    """An undeclared name is assigned to in both versions, strict or not."""
    assert rhino("function f() { 'use strict'; undeclared = 1; } f(); context.setVariable('out', '1');").failed == ""


def test_header_names_have_no_case(rhino: Callable[..., Ran]) -> None:
    """Everything else has."""
    source = "context.setVariable('out', JSON.stringify([context.getVariable('request.header.X-A'), context.getVariable('B')]));"
    assert said(shared_run(source, {"request.header.x-a": "1", "b": "2"})) == ["1", None]
    del rhino


def shared_run(source: str, variables: dict[str, str]) -> Ran:
    return shared().run([shared().load("test.js", source)], variables, {}, 2_000)


# ----------------------------------------------------------------------------------------------------------- policies
def variables(*headers: tuple[str, str], **more: str) -> Variables:
    return Variables(Message(headers), more)


def world(now_s: int = NOW_S) -> World:
    made = World()
    made.now_s = now_s
    return made


def quota(name: str, mode: str = "", count: int = 2) -> ET.Element:
    return ET.fromstring(
        f'<Quota name="{name}"><Identifier ref="who"/><Allow count="{count}" countRef="size"/><Interval>1</Interval>'
        "<TimeUnit>minute</TimeUnit><StartTime>2020-01-01 00:00:00</StartTime><SharedName>one</SharedName>"
        f"{mode}</Quota>"
    )


def test_a_quota_counts_calendar_windows() -> None:
    """Two a minute, then a violation that is 500 by default, until the minute is over; `expiry.time` says when."""
    held, here = variables(who="a"), world(NOW_S + 59)
    run_policy(quota("Q"), held, here)
    run_policy(quota("Q"), held, here)
    with pytest.raises(Fault, match="QuotaViolation") as caught:
        run_policy(quota("Q"), held, here)
    assert (caught.value.status, held.get("ratelimit.Q.expiry.time")) == (500, str((NOW_S + 60) * 1000))
    here.now_s += 1
    run_policy(quota("Q"), held, here)


def test_asking_and_counting_are_one_counter() -> None:
    """EnforceOnly counts nothing, CountOnly refuses nothing; they share what has one SharedName."""
    held, here = variables(who="a"), world()
    for _ in range(5):
        run_policy(quota("QE", "<EnforceOnly>true</EnforceOnly>"), held, here)
    for _ in range(3):
        run_policy(quota("QC", "<CountOnly>true</CountOnly>"), held, here)
    with pytest.raises(Fault, match="QuotaViolation"):
        run_policy(quota("QE", "<EnforceOnly>true</EnforceOnly>"), held, here)


def test_callers_without_identifier_share_a_counter() -> None:
    """One counter for all of them: a denial of service among tenants."""
    here = world()
    run_policy(quota("Q"), variables(), here)
    run_policy(quota("Q"), variables(other="b"), here)
    with pytest.raises(Fault):
        run_policy(quota("Q"), variables(), here)


def test_a_missing_map_is_a_fault_and_a_missing_key_is_null() -> None:
    """And a read is kept as long as the policy says."""
    read = ET.fromstring(
        '<KeyValueMapOperations name="K" mapIdentifier="m"><ExpiryTimeInSecs>5</ExpiryTimeInSecs>'
        '<Get assignTo="private.x"><Key><Parameter ref="k"/></Key></Get></KeyValueMapOperations>'
    )
    held, here = variables(k="a"), world()
    with pytest.raises(Fault, match="KeyValueMapNotFound"):
        run_policy(read, held, here)
    here.maps = {"m": {}}
    run_policy(read, held, here)
    assert held.get("private.x") is None
    here.maps["m"]["a"] = "1"
    run_policy(read, held, here)
    assert held.get("private.x") is None
    here.now_s += 5
    run_policy(read, held, here)
    assert held.get("private.x") == "1"


def test_headers_are_elements() -> None:
    """The bare variable is the first element; all of them are one text, whatever lines they came in."""
    held = variables(("X-A", "1"), ("x-a", "2, 3"))
    assert held.get("request.header.X-a") == "1"
    assert held.get("request.header.x-a.values.string") == "1,2, 3"
    assert held.get("request.header.x-a.values.count") == "3"


def test_threats_are_looked_for_in_json_alone() -> None:
    """Another content type is a way around."""
    policy = ET.fromstring(
        "<JSONThreatProtection name='J'><ArrayElementCount>1</ArrayElementCount><ContainerDepth>9</ContainerDepth>"
        "<ObjectEntryCount>9</ObjectEntryCount><ObjectEntryNameLength>9</ObjectEntryNameLength>"
        "<StringValueLength>9</StringValueLength><Source>request</Source></JSONThreatProtection>"
    )
    held = Variables(Message((("Content-Type", "application/json"),), "[1,2]"), {})
    with pytest.raises(Fault, match="ExecutionFailed"):
        run_policy(policy, held, world())
    run_policy(policy, Variables(Message((("Content-Type", "text/plain"),), "[1,2]"), {}), world())


def test_without_its_setting_the_client_s_address_is_the_client_s_choice() -> None:
    """The first element of X-Forwarded-For, unless the environment says which one."""
    message = Message((("X-Forwarded-For", "6.6.6.6, 198.51.100.7, 35.191.10.1"),))
    assert Edge({}).client_address(message) == "6.6.6.6"
    setting = {"clientIpResolutionConfig": {"headerIndexAlgorithm": {"ipHeaderName": "X-Forwarded-For", "ipHeaderIndex": -2}}}
    assert Edge({"environment.json": json.dumps(setting).encode()}).client_address(message) == "198.51.100.7"
