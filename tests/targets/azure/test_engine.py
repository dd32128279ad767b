"""The interpreter of policies alone, on documents nobody emitted: what the vendor's reference says of each policy."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwk, jws

from seccfg.ir.request import Decision, Request, Surroundings
from seccfg.targetapi.observe import EngineFailed
from seccfg_azure.engine import PolicyEngine

NOW_S = 1_767_614_400
KEY = jwk.RSAKey.generate_key(2048)
OTHER = jwk.RSAKey.generate_key(2048)
REFUSE = (
    '<return-response><set-status code="{0}" reason="x" /><set-body>{{"reason":"{1}"}}</set-body></return-response>'
)


def problem(status: int, reason: str) -> str:
    return REFUSE.format(status, reason)


def key(public: jwk.RSAKey) -> str:
    data = public.as_dict(private=False)
    return f'<key n="{data["n"]}" e="{data["e"]}" />'


POLICY = f"""<policies>
  <inbound>
    <base />
    <choose>
      <when condition="@(context.Request.OriginalUrl.Path == &quot;/throws&quot;)">
        <set-variable name="x" value="@((string)context.Variables[&quot;nothing&quot;].ToString())" />
      </when>
      <when condition="@(context.Request.OriginalUrl.Path == &quot;/bare&quot;)"><return-response /></when>
      <when condition="@(context.Request.OriginalUrl.Path == &quot;/first&quot;)">{problem(401, "no_credential")}</when>
      <when condition="@(context.Request.OriginalUrl.Path.StartsWith(&quot;/first&quot;, StringComparison.Ordinal))">{problem(403, "forbidden")}</when>
      <when condition="@(context.Request.OriginalUrl.Path == &quot;/limited&quot;)">
        <rate-limit-by-key calls="2" renewal-period="60" counter-key="k" retry-after-variable-name="wait"
          increment-condition="@(context.Request.Method == &quot;GET&quot;)" />
      </when>
      <when condition="@(context.Request.OriginalUrl.Path == &quot;/quota&quot;)">
        <quota-by-key calls="1" renewal-period="300" counter-key="q" />
      </when>
      <when condition="@(context.Request.OriginalUrl.Path == &quot;/token&quot;)">
        <validate-jwt header-name="Authorization" require-scheme="Bearer" clock-skew="10">
          <issuer-signing-keys>{key(OTHER)}{key(KEY)}</issuer-signing-keys>
          <audiences><audience>api</audience></audiences>
          <issuers><issuer>https://id.example.com/</issuer></issuers>
          <required-claims><claim name="level"><value>5</value></claim></required-claims>
        </validate-jwt>
      </when>
      <when condition="@(context.Request.OriginalUrl.Path == &quot;/asks&quot;)">
        <send-request mode="new" response-variable-name="told" ignore-error="true">
          <set-url>https://x.example.com</set-url><set-method>POST</set-method>
          <set-body>{{"tokens":[{{"denied":"a","principal":"p"}}]}}</set-body>
        </send-request>
        <choose>
          <when condition="@(context.Variables[&quot;told&quot;] == null)">{problem(503, "unavailable")}</when>
          <when condition="@((bool)((IResponse)context.Variables[&quot;told&quot;]).Body.As&lt;JObject&gt;()[&quot;tokens&quot;][0][&quot;denied&quot;])">{problem(401, "revoked")}</when>
        </choose>
      </when>
    </choose>
    <set-header name="X-Who" exists-action="override"><value>@(context.Operation.Id)</value></set-header>
    <set-header name="X-Sent" exists-action="delete" />
  </inbound>
  <backend><base /></backend>
  <outbound><base /><set-header name="Vary" exists-action="override"><value>Origin</value></set-header></outbound>
  <on-error>
    <base />
    <choose>
      <when condition="@(context.LastError.Reason == &quot;OperationNotFound&quot;)">{problem(404, "no_route")}</when>
      <when condition="@(context.LastError.Reason == &quot;RateLimitExceeded&quot;)">{problem(429, "rate_limited")}</when>
      <when condition="@(context.LastError.Reason == &quot;QuotaExceeded&quot;)">{problem(403, "rate_limited")}</when>
      <when condition="@(context.LastError.Source == &quot;validate-jwt&quot;)">{problem(401, "invalid_token")}</when>
      <otherwise>{problem(500, "internal")}</otherwise>
    </choose>
  </on-error>
</policies>"""  # noqa: E501


def resource(kind: str, names: str, **properties: object) -> dict[str, Any]:
    return {
        "type": f"Microsoft.ApiManagement/service/{kind}", "name": f"[concat(parameters('service'), '/{names}')]",
        "apiVersion": "2024-05-01", "properties": properties,
    }  # fmt: skip


def ident(made: dict[str, Any]) -> str:
    names = ", ".join(f"'{name}'" for name in made["name"].split("'/")[1].removesuffix("')]").split("/"))
    return f"[resourceId('{made['type']}', parameters('service'), {names})]"


def template(policy: str, *operations: tuple[str, str, str]) -> bytes:
    resources = [
        resource("apis", "a", path="", protocols=["https"], subscriptionRequired=False),
        resource("apis/policies", "a/policy", format="xml", value=policy),
        *(resource("apis/operations", f"a/{name}", displayName=name, method=verb, urlTemplate=at) for name, verb, at in operations),
    ]
    for before, after in itertools.pairwise(resources):
        after["dependsOn"] = [ident(before)]
    head = {"$schema": "https://x/deploymentTemplate.json#", "contentVersion": "1.0.0.0"}
    return json.dumps({**head, "parameters": {}, "resources": resources}).encode()


OPERATIONS = (
    ("one", "GET", "/items/{id}"), ("special", "GET", "/items/special"), ("rest", "GET", "/files/*"), ("root", "GET", "/"),
    *((name, "GET", f"/{name}") for name in ("throws", "bare", "first", "first-two", "limited", "quota", "token", "asks")),
    ("limited-post", "POST", "/limited"),
)  # fmt: skip


@pytest.fixture(scope="module")
def gateway() -> Iterator[PolicyEngine]:
    from seccfg_azure.engine import engines

    (info,) = engines()
    if info.missing:
        pytest.skip(info.missing)
    engine = PolicyEngine()
    engine.start({"azuredeploy.json": template(POLICY, *OPERATIONS)}, {})
    yield engine
    engine.close()


@pytest.fixture
def ask(gateway: PolicyEngine, need_engine: Callable[[str, str], None]) -> Callable[..., Decision]:
    need_engine("azure", "azure-policies")
    gateway.reset(Surroundings())

    def make(path: str, method: str = "GET", now_s: int = NOW_S, **fields: object) -> Decision:
        headers = (("Host", "api.example.com"), *fields.pop("headers", ()))  # type: ignore[misc]
        return gateway.answer(Request(method, path, headers, now_s=now_s, **fields))  # type: ignore[arg-type]

    return make


def token(signer: jwk.RSAKey = KEY, header: dict[str, object] | None = None, **claims: Any) -> tuple[tuple[str, str], ...]:
    said = {"iss": "https://id.example.com/", "aud": "api", "exp": NOW_S + 60, "level": 5, **claims}
    head = {"alg": "RS256", **(header or {})}
    pieces = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, said)]
    message = ".".join(pieces)
    signature = jws.JWSRegistry.algorithms["RS256"].sign(message.encode(), signer)
    return (("Authorization", f"Bearer {message}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"),)


def test_a_passed_request_gets_outbound_headers_and_the_upstream_those_set(ask: Callable[..., Decision]) -> None:
    """Headers set inbound reach the upstream, those set outbound the client."""
    decision = ask("/items/7", headers=(("X-Who", "forged"), ("X-Sent", "y")))
    assert (decision.outcome, decision.forwarded, decision.headers) == ("pass", (("x-who", "one"),), (("vary", "Origin"),))


def test_templates_match_without_case_and_literals_first(ask: Callable[..., Decision]) -> None:
    """`/items/SPECIAL` is the literal's operation; `*` takes any rest; a method that is not there is no operation."""
    assert dict(ask("/items/SPECIAL").forwarded)["x-who"] == "special"
    assert dict(ask("/files/a/b").forwarded)["x-who"] == "rest"
    assert dict(ask("/").forwarded)["x-who"] == "root"
    for path, method in (("/items", "GET"), ("/items/7/8", "GET"), ("/items/7", "DELETE")):
        assert (ask(path, method).status, ask(path, method).reason) == (404, "no_route")


def test_the_first_condition_that_holds_counts_and_the_pipeline_ends(ask: Callable[..., Decision]) -> None:
    """`return-response` ends it: no outbound header."""
    assert (ask("/first").status, ask("/first").headers) == (401, ())
    assert ask("/first-two").status == 403


def test_an_expression_that_throws_is_an_error(ask: Callable[..., Decision]) -> None:
    """On to on-error, with nothing of the rest of inbound."""
    assert (ask("/throws").status, ask("/throws").reason) == (500, "internal")


def test_return_response_without_a_status_is_200(ask: Callable[..., Decision]) -> None:
    """The trap: an answer that looks like a pass, which no reader may take for a refusal it knows."""
    with pytest.raises(EngineFailed, match="status 200"):
        ask("/bare")


def test_a_rate_limit_slides_and_can_look_without_counting(ask: Callable[..., Decision]) -> None:
    """POST is not counted and refused when the two are used up; refused requests that are to be counted count."""
    assert [ask("/limited").outcome for _ in range(2)] == ["pass", "pass"]
    assert ask("/limited", "POST").status == 429
    assert ask("/limited", "POST", now_s=NOW_S + 59).status == 429
    assert ask("/limited", "POST", now_s=NOW_S + 60).outcome == "pass"
    assert [ask("/limited", now_s=NOW_S + 61).outcome for _ in range(3)] == ["pass", "pass", "refuse"]
    assert ask("/limited", now_s=NOW_S + 120).outcome == "refuse"


def test_a_quota_counts_in_fixed_windows_and_answers_403(ask: Callable[..., Decision]) -> None:
    """The next window is new."""
    assert [ask("/quota").outcome, ask("/quota").outcome] == ["pass", "refuse"]
    assert ask("/quota").status == 403
    assert ask("/quota", now_s=NOW_S + 300).outcome == "pass"


@pytest.mark.parametrize(
    ("claims", "passes"),
    [
        ({}, True), ({"level": "5"}, True), ({"level": [5, 6]}, True), ({"level": 6}, False), ({"level": None}, False),
        ({"aud": ["x", "api"]}, True), ({"aud": "x"}, False), ({"iss": "https://id.example.com"}, False),
        ({"exp": NOW_S - 10}, True), ({"exp": NOW_S - 11}, False), ({"exp": None}, False), ({"nbf": NOW_S + 10}, True),
        ({"nbf": NOW_S + 11}, False),
    ],
)  # fmt: skip
def test_validate_jwt(ask: Callable[..., Decision], claims: dict[str, Any], passes: bool) -> None:
    """Its habits: 5 is "5", a token is good at its very last second, and every key is tried."""
    decision = ask("/token", headers=token(**claims))
    assert (decision.outcome == "pass") is passes
    assert passes or decision.reason == "invalid_token"


def test_validate_jwt_looks_at_no_kid_and_at_signatures(ask: Callable[..., Decision]) -> None:
    """A token that names another key passes; one that is not signed, or not sent, does not."""
    assert ask("/token", headers=token(header={"kid": "another"})).outcome == "pass"
    assert ask("/token", headers=token(header={"alg": "none"})).outcome == "refuse"
    assert ask("/token", headers=token(jwk.RSAKey.generate_key(2048))).outcome == "refuse"
    assert ask("/token").outcome == "refuse"


def test_send_request_gives_null_when_nobody_answers(gateway: PolicyEngine, ask: Callable[..., Decision]) -> None:
    """With `ignore-error` the variable is null."""
    assert ask("/asks").outcome == "pass"
    gateway.reset(Surroundings(denied=("a",)))
    assert ask("/asks").reason == "revoked"
    gateway.reset(Surroundings(store="down"))
    assert ask("/asks").reason == "unavailable"


def test_plain_http_is_not_found_on_an_api_that_takes_https(ask: Callable[..., Decision]) -> None:
    """Answered before any policy."""
    assert (ask("/items/7", scheme="http").status, ask("/items/7", scheme="http").reason) == (404, "plain_http")


def _run(engine: PolicyEngine, policy: str) -> Decision:
    engine.start({"azuredeploy.json": template(policy, ("one", "GET", "/x"))}, {})
    return engine.answer(Request("GET", "/x", (("Host", "a"),)))


@pytest.mark.parametrize(("said", "status"), [({"subscriptionRequired": True}, 500), ({}, 500)])
def test_an_api_that_wants_a_subscription_serves_nobody_without_one(said: dict[str, Any], status: int) -> None:
    """Left out it is wanted; only on-error sees the request, whose policy here makes 500 of what it does not know."""
    document = json.loads(template(POLICY, *OPERATIONS))
    document["resources"][0]["properties"] = {"path": "", "protocols": ["https"], **said}
    engine = PolicyEngine()
    engine.start({"azuredeploy.json": json.dumps(document).encode()}, {})
    engine.reset(Surroundings())
    answer = engine.answer(Request("GET", "/items/7", (("Host", "a"),)))
    engine.close()
    assert (answer.outcome, answer.status) == ("refuse", status)


UNKNOWN = "<policies><inbound><set-colour /></inbound></policies>"


INCLUDES = '<include-fragment fragment-id="x" />'


@pytest.mark.parametrize(
    ("at", "changed", "said"),
    [
        (0, {"apiVersion": "2019-01-01"}, "apiVersion"), (0, {"properties": {"path": "", "protocols": ["ftp"]}}, "ftp"),
        (1, {"dependsOn": []}, "before apis a"), (1, {"dependsOn": ["[resourceId('x')]"]}, "waits for"),
        (1, {"properties": {"format": "xml", "value": POLICY.replace("set-body>", "set-text>")}}, "set-text"),
        (1, {"properties": {"format": "xml", "value": POLICY.replace("<base />", INCLUDES, 1)}}, "policyFragments x"),
    ],
)  # fmt: skip
def test_what_the_management_api_refuses_is_not_deployed(at: int, changed: dict[str, Any], said: str) -> None:
    """Shapes, documents, and the order resources wait for each other in."""
    document = json.loads(template(POLICY, *OPERATIONS))
    document["resources"][at].update(changed)
    engine = PolicyEngine()
    with pytest.raises(EngineFailed, match=said):
        engine.start({"azuredeploy.json": json.dumps(document).encode()}, {})
    engine.close()


@pytest.mark.parametrize("wrong", [UNKNOWN, "<policies", POLICY.replace("(bool)", "(colour)")])
def test_what_no_gateway_takes_fails(wrong: str, need_engine: Callable[[str, str], None]) -> None:
    """Unknown policies, documents that are no XML, expressions that do not compile."""
    need_engine("azure", "azure-policies")
    engine = PolicyEngine()
    with pytest.raises(EngineFailed):
        _run(engine, wrong)
    engine.close()
