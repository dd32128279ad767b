"""The engine alone: what stands in bundles of the native form, with its bad habits. No compiler is involved."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from seccfg_apigee.engine_conditions import parse_condition
from seccfg_apigee.engine_message import Message, Variables
from seccfg_apigee.engine_policies import Answered, Fault, World, run_policy
from seccfg_apigee.engine_table import POLICIES, check

CORS = ET.fromstring(
    '<CORS name="C" enabled="true" continueOnError="false"><AllowOrigins>https://a.example, https://b.example</AllowOrigins>'
    "<AllowMethods>GET, PUT</AllowMethods><AllowHeaders>X-One</AllowHeaders><ExposeHeaders>X-Two</ExposeHeaders>"
    "<MaxAge>60</MaxAge><AllowCredentials>true</AllowCredentials><GeneratePreflightResponse>true</GeneratePreflightResponse>"
    "</CORS>"
)
ACCESS = ET.fromstring(
    '<AccessControl name="A"><IPRules noRuleMatchAction="DENY"><MatchRule action="DENY"><SourceAddress mask="32">198.51.100.9'
    '</SourceAddress></MatchRule><MatchRule action="ALLOW"><SourceAddress mask="24">198.51.100.0</SourceAddress><SourceAddress '
    'mask="32">2001:db8::</SourceAddress></MatchRule></IPRules><ClientIPVariable>client.resolved.ip</ClientIPVariable>'
    "</AccessControl>"
)


def variables(method: str = "GET", **headers: str) -> Variables:
    sent = Message(tuple((name.replace("_", "-"), value) for name, value in headers.items()))
    return Variables(sent, {"request.verb": method, "client.resolved.ip": headers.get("address", "")})


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("/users", "/users", True), ("/users/", "/users", False), ("/users/7", "/users/*", True), ("/users", "/users/*", False),
        ("/users/7/x", "/users/*", False), ("/Users", "/users", False), ("/files/a/b", "/files/**", True),
        ("/files/a/b", "/files/*/**", True), ("/users/", "/users/*", True), ("/files", "/files/**", True),
    ],
)  # fmt: skip
def test_paths(path: str, pattern: str, matches: bool) -> None:
    """By element and case; the last two are what nobody says, taken as the worse of both."""
    assert parse_condition(f'(proxy.pathsuffix MatchesPath "{pattern}")').evaluate(lambda _: path) is matches
    assert not parse_condition(f'(proxy.pathsuffix MatchesPath "{pattern}")').evaluate(lambda _: None)


def test_globs() -> None:
    """`Matches` knows one wildcard, for any text, and compares all of it."""
    ends = parse_condition('(proxy.pathsuffix Matches "/*/")')
    assert [ends.evaluate(lambda _, path=path: path) for path in ("/a/", "/a/b/", "/", "/a", "/a/b")] == [  # type: ignore[misc]
        True, True, False, False, False,
    ]  # fmt: skip
    assert not parse_condition('(x Matches "a.c")').evaluate(lambda _: "abc")


def test_cors_answers_preflights_and_refuses_nobody() -> None:
    """Whatever the path, method and headers; another origin is told nothing, and goes on."""
    preflight = variables("OPTIONS", origin="https://b.example", access_control_request_method="DELETE")
    with pytest.raises(Answered):
        run_policy(CORS, preflight, World())
    assert preflight.response.status == 200
    assert dict(preflight.response.pairs()) == {
        "Access-Control-Allow-Origin": "https://b.example", "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, PUT", "Access-Control-Allow-Headers": "X-One", "Access-Control-Max-Age": "60",
    }  # fmt: skip
    foreign = variables("OPTIONS", origin="https://c.example", access_control_request_method="GET")
    with pytest.raises(Answered):
        run_policy(CORS, foreign, World())
    assert foreign.response.pairs() == ()
    for origin, told in (("https://a.example", 3), ("https://c.example", 0), ("https://a.example, https://b.example", 0)):
        plain = variables("GET", origin=origin)
        run_policy(CORS, plain, World())
        assert len(plain.cors or {}) == told
    run_policy(CORS, variables("OPTIONS", origin="https://a.example"), World())


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("198.51.100.1", ""), ("198.51.100.9", "IPDeniedAccess"), ("192.0.2.1", "IPDeniedAccess"), ("2001:db8::5", ""),
        ("", "InvalidIPAddressInVariable"), ("::ffff:198.51.100.1", "IPDeniedAccess"),
    ],
)  # fmt: skip
def test_access_control(address: str, fault: str) -> None:
    """The first rule that has the address decides; nobody says that an IPv4 address in IPv6 clothes is one."""
    found = ""
    try:
        run_policy(ACCESS, variables(address=address), World())
    except Fault as fault_found:
        found = fault_found.name
    assert found == fault


def test_decode_jwt_verifies_nothing() -> None:
    """Claims of a token with any signature; what is no token is a fault."""
    decode = ET.fromstring('<DecodeJWT name="D"><Source>seccfg.bearer</Source></DecodeJWT>')
    held = variables()
    held.set("seccfg.bearer", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2EiLCJhdWQiOlsieCJdfQ.c2ln")
    run_policy(decode, held, World())
    assert held.get("jwt.D.decoded.claim.iss") == "https://a"
    assert held.get("jwt.D.decoded.claim.aud") == '["x"]'
    held.set("seccfg.bearer", "a.b")
    with pytest.raises(Fault, match="FailedToDecode"):
        run_policy(decode, held, World())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<AllowOrigins>https://a.example, https://b.example<", "<AllowOrigins>*<"),
        ("<AllowOrigins>https://a.example, https://b.example<", "<AllowOrigins>{request.header.origin}<"),
        ('continueOnError="false"', 'continueOnError="true"'), ("<MaxAge>60</MaxAge>", ""),
        ("<AllowMethods>GET, PUT<", "<AllowMethods>*<"),
    ],
)  # fmt: skip
def test_the_table_knows_cors(old: str, new: str) -> None:
    """Neither the linter nor a schema looks at these."""
    text = ET.tostring(CORS, "unicode").replace(
        "</CORS>", "<IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables></CORS>"
    )
    assert check(ET.fromstring(text), POLICIES, "C") == []
    assert check(ET.fromstring(text.replace(old, new)), POLICIES, "C") != []
