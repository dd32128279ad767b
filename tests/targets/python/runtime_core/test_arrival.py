"""Steps 2 to 7: host, transport, address, route, method."""

from __future__ import annotations

from typing import Any

import pytest

from seccfg_runtime.runtime.model import AddressRule, Edge, Route


@pytest.mark.parametrize(
    "host", ["notes.example.com", "NOTES.Example.COM", "notes.example.com:8443", "notes.example.com:", " notes.example.com "]
)
def test_own_hosts_pass(kit: Any, host: str) -> None:
    """Compared in ASCII lower case, without port."""
    assert kit.world(kit.policy(kit.public())).refused(host=host) == "pass"


def test_a_host_with_a_comma_is_two_lines(kit: Any) -> None:
    """Some servers join them; that is 400 like two lines."""
    assert kit.world(kit.policy(kit.public())).refused(host="a,notes.example.com") == "400 malformed"


@pytest.mark.parametrize("host", ["", "other.example.com", "notes.example.com.", "notes.example.com:x"])
def test_foreign_hosts_are_404(kit: Any, host: str) -> None:
    """What is no host of the service does not exist here."""
    assert kit.world(kit.policy(kit.public())).refused(host=host) == "404 wrong_host"


def test_a_missing_host_is_400(kit: Any) -> None:
    """No Host line at all."""
    assert kit.world(kit.policy(kit.public())).refused(host=None) == "400 malformed"


def plain(kit: Any, mode: Any) -> Any:
    return kit.world(kit.policy(kit.public(plain_http=mode), edge=Edge(plain_http=mode), trusted_proxies=("10.0.0.0/8",)))


def test_plain_http_is_refused_redirected_or_allowed(kit: Any) -> None:
    """As the route says."""
    assert plain(kit, "refuse").refused(scheme="http") == "403 plain_http"
    assert plain(kit, "allow").refused(scheme="http") == "pass"
    answer = plain(kit, "redirect").answer("/notes?x=1", scheme="http", host="Notes.example.com:80")
    assert answer.status == 308
    assert kit.header(answer.headers, "location") == ["https://notes.example.com/notes?x=1"]


@pytest.mark.parametrize("sent", [("Authorization", "Basic x"), ("X-API-Key", ""), ("Authorization", "Bearer x")])
def test_credentials_in_the_clear_are_never_redirected(kit: Any, sent: tuple[str, str]) -> None:
    """Nor is any method but GET and HEAD."""
    world = plain(kit, "redirect")
    assert world.refused("/notes", sent, scheme="http") == "403 plain_http"
    assert world.refused(method="POST", scheme="http") == "403 plain_http"
    assert world.answer(method="HEAD", scheme="http").status == 308


def test_the_scheme_is_taken_from_trusted_proxies_only(kit: Any) -> None:
    """Exactly one line saying https."""
    world, said = plain(kit, "refuse"), ("X-Forwarded-Proto", "https")
    assert world.refused("/notes", said, scheme="http", peer="10.1.1.1") == "pass"
    assert world.refused("/notes", said, scheme="http", peer="11.1.1.1") == "403 plain_http"
    assert world.refused("/notes", said, said, scheme="http", peer="10.1.1.1") == "403 plain_http"
    assert world.refused("/notes", ("X-Forwarded-Proto", "http"), scheme="https", peer="10.1.1.1") == "403 plain_http"
    assert world.refused("/notes", ("X-Forwarded-Proto", "http"), scheme="https", peer="11.1.1.1") == "pass"
    assert world.refused("/notes", scheme="https", peer="10.1.1.1") == "pass"


def office(kit: Any) -> Any:
    rule = AddressRule("office", ("198.51.100.0/24", "2001:db8::/32"), ("198.51.100.66/32",))
    return kit.world(kit.policy(kit.public(network=(rule,)), trusted_proxies=("10.0.0.0/8", "fd00::/8")))


@pytest.mark.parametrize(
    "peer, expected",
    [
        ("198.51.100.1", "pass"),
        ("198.51.100.66", "403 address"),
        ("203.0.113.1", "403 address"),
        ("::ffff:198.51.100.1", "pass"),
        ("2001:db8::1", "pass"),
        ("2001:db9::1", "403 address"),
        ("", "500 internal"),
        ("unix:", "500 internal"),
        ("198.51.100.1:80", "500 internal"),
        ("fe80::1%eth0", "500 internal"),
    ],
)
def test_the_peers_address_is_judged(kit: Any, peer: str, expected: str) -> None:
    """In allow and not in deny; an address that cannot be read is an error, never a pass."""
    assert office(kit).refused(peer=peer) == expected


@pytest.mark.parametrize(
    "lines, expected",
    [
        (["198.51.100.1"], "pass"),
        (["203.0.113.1, 198.51.100.1"], "pass"),
        (["198.51.100.1, 203.0.113.1"], "403 address"),
        (["198.51.100.1", "10.2.3.4"], "pass"),
        (["198.51.100.1 ,\t10.2.3.4"], "pass"),
        (["junk, 198.51.100.1"], "pass"),
        (["198.51.100.1, junk"], "400 malformed"),
        (["198.51.100.1,"], "400 malformed"),
        ([""], "400 malformed"),
        (["198.51.100.1:443"], "400 malformed"),
        (["[2001:db8::1]"], "400 malformed"),
        (["::ffff:198.51.100.1"], "pass"),
        (["198.51.100.1, ::ffff:10.0.0.1"], "pass"),
        (["10.9.9.9"], "403 address"),
    ],
)
def test_forwarded_addresses_are_walked_from_the_right(kit: Any, lines: list[str], expected: str) -> None:
    """While the address is trusted; a reached element that does not parse is 400, unreached ones are not looked at."""
    sent = [("X-Forwarded-For", line) for line in lines]
    assert office(kit).refused("/notes", *sent, peer="10.1.1.1") == expected


def test_forwarded_addresses_of_others_are_ignored(kit: Any) -> None:
    """And not passed on."""
    outcome = office(kit).passed("/notes", ("X-Forwarded-For", "203.0.113.9"), peer="198.51.100.1")
    assert outcome.client == "198.51.100.1"
    assert kit.header(outcome.headers, "x-forwarded-for") == ["198.51.100.1"]


def test_what_was_found_for_one_peer_holds_for_no_other(kit: Any) -> None:
    """Many requests in any order: each is judged by its own peer, scheme and host."""
    world = office(kit)
    for _ in range(3):
        assert world.refused(peer="198.51.100.1") == "pass"
        assert world.refused(peer="203.0.113.1") == "403 address"
        assert world.refused(peer="198.51.100.1", scheme="http") == "403 plain_http"
        assert world.refused(peer="198.51.100.1", host="x") == "404 wrong_host"
        assert world.refused("/notes", ("X-Forwarded-For", "203.0.113.1"), peer="10.0.0.1") == "403 address"


def tree(kit: Any) -> Any:
    templates = ["/", "/a/b", "/a/{x}", "/{x}/c", "/{x+}", "/a/{x}/d", "/files/{p+}", "/a/b/{z}/e"]
    routes: list[Route] = [kit.public(template=template) for template in templates]
    return kit.world(kit.policy(*routes, kit.public("POST", "/a/b")))


@pytest.mark.parametrize(
    "path, template, params",
    [
        ("/", "/", {}),
        ("/a/b", "/a/b", {}),
        ("/a/q", "/a/{x}", {"x": "q"}),
        ("/a/c", "/a/{x}", {"x": "c"}),
        ("/z/c", "/{x}/c", {"x": "z"}),
        ("/a", "/{x+}", {"x": "a"}),
        ("/a/b/d", "/a/{x}/d", {"x": "b"}),
        ("/a/b/q/e", "/a/b/{z}/e", {"z": "q"}),
        ("/files/x/y", "/files/{p+}", {"p": "x/y"}),
        ("/z/z/z", "/{x+}", {"x": "z/z/z"}),
        ("/a/%C3%A9", "/a/{x}", {"x": "é"}),
        ("/%61", None, {}),
    ],
)
def test_the_most_specific_template_is_taken(kit: Any, path: str, template: str | None, params: dict[str, str]) -> None:
    """Literal before parameter before rest, going back where the first choice leads nowhere."""
    world = tree(kit)
    if template is None:
        assert world.refused(path) == "400 malformed"
        return
    outcome = world.passed(path)
    assert (outcome.route.template, dict(outcome.params)) == (template, params)


def test_an_empty_segment_is_no_parameter(kit: Any) -> None:
    """`/x/` is not `/x`, and a rest has no empty part."""
    world = kit.world(kit.policy(kit.public(template="/x"), kit.public(template="/x/{y}"), kit.public(template="/r/{z+}")))
    assert world.refused("/x/") == "404 no_route"
    assert world.refused("/r/a/") == "404 no_route"


def test_the_method_comes_after_the_path(kit: Any) -> None:
    """405 with Allow, even where a looser template has the method; methods are compared exactly."""
    world = tree(kit)
    answer = world.answer("/a/b", method="DELETE")
    assert (answer.status, kit.header(answer.headers, "allow")) == (405, ["GET, POST"])
    assert world.refused("/a/q", method="POST") == "405 method"
    assert world.refused("/a/b", method="get") == "405 method"
    assert world.refused("/nope/nope", method="HEAD") == "405 method"
    assert kit.world(kit.policy(kit.public())).refused("/other") == "404 no_route"


def test_route_existence_comes_before_authentication(kit: Any) -> None:
    """404 and 405 need no credential."""
    world = kit.world(kit.policy())
    assert world.refused("/other") == "404 no_route"
    assert world.refused(method="PUT") == "405 method"
    assert world.refused() == "401 no_credential"
