"""Step 1: malformed or ambiguous requests are 400."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import RequestTarget
from seccfg.semantics import decide
from seccfg.semantics.target import OVERRIDES, decode, parse

MALFORMED = (400, "malformed")
PATHS = {
    "an encoded slash": "/orders/a%2Fb",
    "an encoded slash in lower case": "/orders/a%2fb",
    "an encoded backslash": "/orders/a%5Cb",
    "an encoded NUL": "/orders/a%00",
    "the last encoded control character": "/orders/a%1F",
    "an encoded DEL": "/orders/a%7f",
    "ill-formed UTF-8": "/orders/%FF",
    "an overlong encoding": "/orders/%C0%AF",
    "an encoded surrogate": "/orders/%ED%A0%80",
    "a backslash": "/orders\\a",
    "an empty segment": "/orders//a",
    "an empty first segment": "//orders",
    "a dot segment": "/orders/./a",
    "a double dot segment": "/orders/../a",
    "a dot segment at the end": "/orders/..",
    "a semicolon": "/orders/a;b",
    "bad percent-encoding": "/orders/%zz",
    "cut-off percent-encoding": "/orders/a%2",
    "an encoded unreserved character": "/orders/%61",
    "an encoded dot": "/orders/%2e%2e",
    "an encoded tilde": "/orders/%7E",
    "a non-ASCII byte": "/orders/\xe4",
    "a space": "/orders/a b",
    "a control character": "/orders/a\x01",
    "a fragment": "/orders#a",
    "no path": "*",
    "nothing": "",
    "an absolute-form target without a path": "http://api.example.com",
    "another scheme": "ftp://api.example.com/orders",
}


@pytest.mark.parametrize("target", PATHS.values(), ids=PATHS.keys())
def test_malformed_paths_are_refused(kit, target):
    """Step 1 refuses encoded separators and controls, ill-formed UTF-8, `\\`, `//`, dot segments, `;` and the like."""
    policy = kit.policy(kit.route(template="/orders/{id}"), kit.route())
    assert kit.status(policy, kit.request("GET", target, kit.bearer())) == MALFORMED


@pytest.mark.parametrize("target", ["/orders/a%20b", "/orders/%C3%A4", "/orders/a%3Bb", "/orders/a%25b", "/orders/a:b@c,d+e"])
def test_well_formed_paths_pass(kit, target):
    """A reserved or non-ASCII character that is encoded once is no offence."""
    policy = kit.policy(kit.route(template="/orders/{id}"))
    assert decide(policy, kit.request("GET", target, kit.bearer())).allowed


@pytest.mark.parametrize("query", ["a=%zz", "a=%2", "a=\xe4"])
def test_bad_percent_encoding_and_non_ascii_in_the_query_are_refused(kit, query):
    """In the query only bad percent-encoding and non-ASCII bytes are refused."""
    policy = kit.policy(kit.route())
    assert kit.status(policy, kit.request("GET", f"/orders?{query}", kit.bearer())) == MALFORMED


@pytest.mark.parametrize("query", ["a=%2F..%00", "a=//../;b", "a=%61&a=%FF", "&&a", "="])
def test_nothing_else_in_the_query_is_refused(kit, query):
    """In the query only bad percent-encoding and non-ASCII bytes are refused."""
    policy = kit.policy(kit.route())
    assert decide(policy, kit.request("GET", f"/orders?{query}", kit.bearer())).allowed


def test_query_names_are_decoded_and_plus_is_plus():
    """Names are decoded, `+` is `+`."""
    target = parse("/x?%61b=c+d&e=%2B&f&%FF=1")
    assert target.query == (("ab", "c+d"), ("e", "+"), ("f", ""), (None, "1"))


def test_the_path_is_split_before_it_is_decoded_once():
    """Path split on `/` before decoding; parameters are decoded once."""
    assert parse("/a%20b/%2525").segments == ("a b", "%25")
    assert decode("%2525") == "%25"
    assert parse("/").segments == ()
    assert parse("/x/").segments == ("x", "")


@pytest.mark.parametrize("name", ["Host", "Authorization", "Content-Length"])
def test_duplicated_headers_are_refused(kit, name):
    """Duplicated Host, Authorization and Content-Length are refused."""
    request = kit.request("GET", "/orders", (name, "1"), (name.lower(), "1"))
    assert kit.status(kit.policy(kit.route()), request) == MALFORMED


def test_two_hosts_in_one_line_are_two_lines(kit):
    """A comma in Host is two lines that some server joined."""
    request = kit.request("GET", "/orders", kit.bearer(), host="api.example.com,api.example.com")
    assert kit.status(kit.policy(kit.route()), request) == MALFORMED


@pytest.mark.parametrize("method", ["CONNECT", "TRACE"])
def test_connect_and_trace_are_refused(kit, method):
    """CONNECT and TRACE are refused, declared or not."""
    policy = kit.policy(kit.route(), kit.route(method))
    assert kit.status(policy, kit.request(method, "/orders", kit.bearer())) == MALFORMED


@pytest.mark.parametrize("name", OVERRIDES)
def test_method_override_headers_are_refused(kit, name):
    """Method-override headers are refused, whatever they say."""
    assert kit.status(kit.policy(kit.route()), kit.request("GET", "/orders", (name.title(), ""))) == MALFORMED


def test_underscore_spellings_are_not_read(kit):
    """Underscore spellings of headers we read are stripped: they are no credential and no override."""
    policy = kit.policy(kit.route(auth=(("partner",),)))
    sent = (("X_API_Key", "k1.secret"), ("X_HTTP_Method_Override", "DELETE"))
    assert kit.status(policy, kit.request("GET", "/orders", *sent)) == (401, "no_credential")


def test_absolute_form_of_the_same_authority_is_served(kit):
    """An absolute-form target that names the Host header's authority is the same request."""
    policy = kit.policy(kit.route())
    assert decide(policy, kit.request("GET", "https://API.example.com/orders", kit.bearer())).allowed


@pytest.mark.parametrize("authority", ["mesh.example.com", "api.example.com:80", "user@api.example.com", ""])
def test_absolute_form_of_another_authority_is_refused(kit, authority):
    """An absolute-form target of another authority is refused, even of another own host."""
    request = kit.request("GET", f"http://{authority}/orders", kit.bearer())
    assert kit.status(kit.policy(kit.route()), request) == MALFORMED


@pytest.mark.parametrize("length", ["x", "-1", "1, 1", "", "0x10", "+1"])
def test_a_content_length_that_is_no_number_is_ambiguous(kit, length):
    """What cannot be read in one way only is refused."""
    request = kit.request("GET", "/orders", kit.bearer(), ("Content-Length", length))
    assert kit.status(kit.policy(kit.route()), request) == MALFORMED


def test_content_length_with_a_chunked_body_is_ambiguous(kit):
    """A body of two lengths is refused."""
    sent = (kit.bearer(), ("Content-Length", "2"), ("Content-Type", "application/json"))
    policy = kit.policy(kit.route("POST"))
    assert kit.status(policy, kit.request("POST", "/orders", *sent, body=b"{}", chunked=True)) == MALFORMED
    both = (*sent, ("Transfer-Encoding", "chunked"))
    assert kit.status(policy, kit.request("POST", "/orders", *both, body=b"{}")) == MALFORMED


class TestUpgrade:
    """`Upgrade` on a route without `websocket: true` is refused; with it, the Origin must be in the CORS profile."""

    ORIGIN = ("Origin", "https://app.example.com")

    def policy(self, kit):
        return kit.policy(
            kit.route(), kit.route("GET", "/live", target=RequestTarget(True), cors=kit.web),
            kit.route("GET", "/live/raw", target=RequestTarget(True)),
        )  # fmt: skip

    def test_refused_where_the_route_does_not_say_so(self, kit):
        request = kit.request("GET", "/orders", kit.bearer(), self.ORIGIN, ("Upgrade", "websocket"))
        assert kit.status(self.policy(kit), request) == MALFORMED

    def test_refused_where_no_route_is(self, kit):
        request = kit.request("GET", "/nowhere", ("Upgrade", "websocket"))
        assert kit.status(self.policy(kit), request) == MALFORMED

    def test_served_on_a_websocket_route(self, kit):
        request = kit.request("GET", "/live", kit.bearer(), self.ORIGIN, ("Upgrade", "WebSocket"))
        assert decide(self.policy(kit), request).allowed

    @pytest.mark.parametrize("target, origin", [
        ("/live", (("Origin", "https://evil.example"),)), ("/live", (ORIGIN, ORIGIN)), ("/live", ()),
        ("/live", (("Origin", "null"),)), ("/live/raw", (ORIGIN,)),
    ])  # fmt: skip
    def test_refused_for_a_foreign_origin(self, kit, target, origin):
        request = kit.request("GET", target, kit.bearer(), *origin, ("Upgrade", "websocket"))
        assert kit.status(self.policy(kit), request) == MALFORMED

    @pytest.mark.parametrize("upgrade", [("h2c",), ("websocket", "websocket"), ("websocket, h2c",)])
    def test_only_to_websocket(self, kit, upgrade):
        lines = (("Upgrade", value) for value in upgrade)
        request = kit.request("GET", "/live", kit.bearer(), self.ORIGIN, *lines)
        assert kit.status(self.policy(kit), request) == MALFORMED
