"""Attributes: sources, text to value, trust. Each is asked through a condition, as a user would see it."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import (
    Attr,
    Cidr,
    ClientAddress,
    FromBody,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    Grant,
)
from seccfg.record import replace
from seccfg.semantics import decide

JSON = ("Content-Type", "application/json")


def holds(kit, text, *headers, source=None, kind="string", list_of=False, trust="caller", method="GET", target="/r/p",
          address=None, claims=None, **changes):  # fmt: skip
    """Whether *text* over `resource.x` is TRUE for the request."""
    attrs = () if source is None else (Attr("resource", "x", kind, list_of, True, source, trust),)
    service = {} if address is None else {"address": address}
    route = kit.route(method, "/r/{p}", allow=(Grant(conditions=("c",)),), **service)
    policy = kit.policy(route, conditions={"c": text}, attrs=attrs)
    request = kit.request(method, target, kit.bearer(**(claims or {})), *headers, **changes)
    return decide(policy, request).allowed


def test_path_attributes_are_decoded_once(kit):
    """`from: {path: …}`: the decoded parameter."""
    assert holds(kit, 'resource.x == "a b"', source=FromPath("p"), target="/r/a%20b")
    assert holds(kit, 'resource.x == "a%20b"', source=FromPath("p"), target="/r/a%2520b")
    assert not holds(kit, "has(resource.x)", source=FromPath("other"))


@pytest.mark.parametrize("text, kind, same", [
    ("5", "integer", "resource.x == 5"), ("-5", "integer", "resource.x == -5"), ("0", "integer", "resource.x == 0"),
    ("-0", "integer", "resource.x == 0"), ("9007199254740991", "integer", "resource.x == 9007199254740991"),
    ("true", "boolean", "resource.x"), ("false", "boolean", "!resource.x"),
    ("2026-01-05T12:00:00Z", "timestamp", 'resource.x == timestamp("2026-01-05T12:00:00Z")'),
    ("2026-01-05T13:00:00+01:00", "timestamp", 'resource.x == timestamp("2026-01-05T12:00:00Z")'),
    ("2026-01-05T12:00:00.000Z", "timestamp", 'resource.x == timestamp("2026-01-05T12:00:00Z")'),
    ("1.5", "number", "resource.x == 1.5"), ("x", "string", 'resource.x == "x"'), ("05", "string",
    'resource.x == "05"'),
])  # fmt: skip
def test_text_to_value(kit, text, kind, same):
    """`integer` `-?(0|[1-9][0-9]{0,15})`; `boolean` `true|false`; `timestamp` RFC 3339 with offset; `string` the text."""
    assert holds(kit, same, ("X-A", text), source=FromHeader("x-a"), kind=kind)
    assert holds(kit, same, target=f"/r/p?a={text.replace('+', '%2B')}", source=FromQuery("a"), kind=kind)


@pytest.mark.parametrize("text, kind", [
    ("05", "integer"), ("+5", "integer"), ("5.0", "integer"), ("", "integer"), (" 5", "integer"), ("9007199254740992",
    "integer"),
    ("\u0665", "integer"), ("1e3", "integer"), ("TRUE", "boolean"), ("1", "boolean"), ("", "boolean"),
    ("2026-01-05", "timestamp"), ("2026-01-05T12:00:00", "timestamp"), ("2026-02-30T12:00:00Z", "timestamp"),
    ("2026-01-05T12:00:00.5Z", "timestamp"), ("1767614400", "timestamp"), ("1e3", "number"), (".5", "number"),
    ("NaN", "number"), ("60", "duration"), ("60s", "duration"), ("%00", "string"), ("%EF%BF%BD", "string"), ("%FF",
    "string"),
])  # fmt: skip
def test_text_that_is_no_value_is_an_error(kit, text, kind):
    """What is no value of the type is present and an error: neither a condition nor its opposite is TRUE."""
    source, target = FromQuery("a"), "/r/p?a=" + text.replace("+", "%2B").replace(" ", "%20").replace("\u0665", "%D9%A5")
    assert holds(kit, "has(resource.x)", target=target, source=source, kind=kind)
    for op in ("==", "!="):
        assert not holds(kit, f"resource.x {op} resource.x", target=target, source=source, kind=kind)


def test_empty_text_is_a_present_empty_string(kit):
    """Empty text is a present empty string."""
    assert holds(kit, 'resource.x == ""', ("X-A", ""), source=FromHeader("x-a"))
    assert holds(kit, 'resource.x == ""', target="/r/p?a=", source=FromQuery("a"))
    assert holds(kit, 'resource.x == ""', target="/r/p?a", source=FromQuery("a"))
    assert not holds(kit, "has(resource.x)", target="/r/p?b=", source=FromQuery("a"))


@pytest.mark.parametrize("lines", [("a", "a"), ("a,b",), ("a,",), ("\xe4",), ("a", "")])
def test_headers_that_are_errors(kit, lines):
    """Given twice, a comma or a non-ASCII byte in a header value: ERR."""
    headers = [("X-A", line) for line in lines]
    assert holds(kit, "has(resource.x)", *headers, source=FromHeader("x-a"))
    for text in ('resource.x == "a"', 'resource.x != "a"'):
        assert not holds(kit, text, *headers, source=FromHeader("x-a"))


def test_a_query_parameter_given_twice_is_an_error(kit):
    """Given twice: ERR, also under two spellings of the name."""
    for query in ("a=1&a=1", "a=1&%61=1", "a=1&a"):
        assert not holds(kit, 'resource.x == "1"', target=f"/r/p?{query}", source=FromQuery("a"))


def test_lists_come_from_json_only(kit):
    """Lists only from JSON."""
    assert not holds(kit, '"a" in resource.x', ("X-A", "a"), source=FromHeader("x-a"), list_of=True)
    assert holds(kit, '"a" in principal.tags', claims={"tags": ["a", "b"]})


@pytest.mark.parametrize("tags", ["a", ["a", 1], ["a", None], [["a"]], {"a": 1}, None])
def test_one_element_of_another_type_spoils_the_list(kit, tags):
    """One element of another type makes the whole list of the wrong type."""
    assert not holds(kit, '"a" in principal.tags', claims={"tags": tags})
    assert not holds(kit, '!("z" in principal.tags)', claims={"tags": tags})


class TestTrust:
    """`trust: proxy` is taken only from a trusted proxy, else stripped and ERR."""

    PROXY = ClientAddress((), (Cidr(4, 10 << 24, 8),))
    SENT = ("X-A", "eu"), ("X-Forwarded-Proto", "https")

    def test_from_a_proxy(self, kit):
        args = {"source": FromHeader("x-a"), "trust": "proxy", "address": self.PROXY}
        assert holds(kit, 'resource.x == "eu"', *self.SENT, peer="10.0.0.1", **args)
        assert not holds(kit, 'resource.x == "eu"', *self.SENT, peer="192.0.2.1", **args)
        assert not holds(kit, "has(resource.x)", *self.SENT, peer="192.0.2.1", **args)

    def test_without_proxies_never(self, kit):
        assert not holds(kit, "has(resource.x)", *self.SENT, source=FromHeader("x-a"), trust="proxy", peer="10.0.0.1")

    def test_the_peer_counts_not_the_client(self, kit):
        args = {"source": FromHeader("x-a"), "trust": "proxy", "address": self.PROXY}
        headers = (*self.SENT, ("X-Forwarded-For", "10.0.0.9"))
        assert not holds(kit, "has(resource.x)", *headers, peer="192.0.2.1", **args)


class TestBody:
    """Body attributes are typed JSON."""

    def holds(self, kit, text, body, kind="integer", path=("order", "amount")):
        return holds(kit, text, JSON, source=FromBody(path), kind=kind, method="POST", body=body)

    def test_a_member(self, kit):
        assert self.holds(kit, "resource.x == 5", b'{"order": {"amount": 5}}')
        assert not self.holds(kit, "resource.x == 5", b'{"order": {"amount": "5"}}')

    @pytest.mark.parametrize("body", [b'{"order": {}}', b'{"order": {"amount": null}}', b'{"order": 1}', b"[]", b""])
    def test_missing(self, kit, body):
        assert not self.holds(kit, "has(resource.x)", body)

    @pytest.mark.parametrize("body", [
        b"{", b'{"order": {"amount": 5}, "order": {"amount": 5}}', b'{"order": {"amount": 5}, "x": [[[[[[[[[]]]]]]]]]}',
        b'\xff{"order": {"amount": 5}}', b'{"order": {"amount": 5, "x": NaN}}', b'{"order": {"amount": 5, "x": 1e999}}',
    ])  # fmt: skip
    def test_a_body_that_is_no_json_makes_every_attribute_an_error(self, kit, body):
        for text in ("resource.x == 5", "resource.x != 5", "!has(resource.x)"):
            assert not self.holds(kit, text, body)

    def test_unparsable_is_an_error_before_it_is_invalid_input(self, kit):
        """Step 13 reads the body before step 14 checks it."""
        attrs = (Attr("resource", "x", "integer", False, True, FromBody(("a",)), "caller"),)
        policy = kit.policy(
            kit.route("POST", allow=(Grant(conditions=("c",)), Grant(role_sets=(("admin",),)))),
            conditions={"c": "resource.x == 5"}, attrs=attrs,
        )  # fmt: skip
        ask = lambda **claims: kit.request("POST", "/orders", kit.bearer(**claims), JSON, body=b"{")  # noqa: E731
        assert decide(policy, ask()).status == 403
        assert decide(policy, ask(roles=["admin"])).status == 400


def test_the_clock(kit):
    """`hour_utc` 0-23, `weekday_utc` 0 = Sunday, `unix_s`; 2026-01-05 is a Monday."""
    for function, value in (("hour_utc", 12), ("weekday_utc", 1), ("unix_s", 1_767_614_400)):
        assert holds(kit, f"resource.x == {value}", source=FromClock(function), kind="integer", trust="verified")
    sunday = FromClock("weekday_utc")
    assert holds(kit, "resource.x == 0", source=sunday, kind="integer", now_s=1_767_614_400 - 86_400, claims={"iat": None})


@pytest.mark.parametrize("text", [
    'request.method == "GET"', 'request.path == "/r/p"', 'request.host == "api.example.com"', 'request.ip == "198.51.100.7"',
    'request.time == timestamp("2026-01-05T12:00:00Z")', 'principal.subject == "alice"', 'principal.method == "users"',
    '"viewer" in principal.roles', '"read" in principal.scopes', 'principal.client == "web"',
])  # fmt: skip
def test_built_in_attributes(kit, text):
    """Built in: `principal.{subject,roles,scopes,method,client}`, `request.{method,path,host,ip,time}`."""
    assert holds(kit, text, claims={"roles": ["admin"], "scope": "read write", "azp": "orders-web"})


def test_request_attributes_are_in_compared_form(kit):
    """Path as sent, host and address as they are compared."""
    assert holds(kit, 'request.path == "/r/a%20b"', target="/r/a%20b?x=1")
    assert holds(kit, 'request.ip == "2001:db8::1"', peer="2001:0DB8:0:0::1")
    assert holds(kit, 'request.ip == "192.0.2.1"', peer="::ffff:192.0.2.1")
    assert holds(kit, 'request.host == "api.example.com"', host="API.example.com:443")


def test_an_undeclared_client_is_missing(kit):
    """`principal.client` is the spec's name for the client."""
    assert not holds(kit, "has(principal.client)", claims={"azp": "somebody"})
    assert not holds(kit, 'principal.client != "web"', claims={"azp": "somebody"})


def test_attributes_of_keys_are_typed_like_claims(kit):
    """Record attributes of keys are typed like claims."""
    policy = kit.policy(kit.route(auth=(("partner",),), allow=(Grant(conditions=("c",)),)),
        conditions={"c": "principal.level >= 3"})
    for value, allowed in (("3", True), ("3.0", True), ('"3"', False), ("null", False), ("true", False)):
        record = kit.record("k1", attributes=(("level", value),))
        changed = replace(policy, verifiers=(kit.key_method(records=(record,)),
            *(v for v in policy.verifiers if v.name != "partner")))
        assert decide(changed, kit.request("GET", "/orders", ("X-API-Key", "k1.secret"))).allowed is allowed


def test_captures_of_certificates_are_text(kit):
    """Text to value holds for certificates as well."""
    for text, san, allowed in (
        ('principal.tenant == "acme"', "acme", True), ("principal.level == 7", "7", True), ("principal.level == 7",
        "07", False),
    ):  # fmt: skip
        name = "tenant" if "tenant" in text else "level"
        mesh = kit.mesh(san=tuple(replace(p, capture=name) if getattr(p, "capture", "") else p for p in kit.mesh().san))
        policy = kit.policy(kit.route(auth=(("mesh",),), allow=(Grant(conditions=("c",)),)), conditions={"c": text})
        policy = replace(policy, verifiers=(mesh, *(v for v in policy.verifiers if v.name != "mesh")))
        request = kit.request(certificate=kit.authority.issue(f"spiffe://example.com/ns/{san}/sa/x"))
        assert decide(policy, request).allowed is allowed
