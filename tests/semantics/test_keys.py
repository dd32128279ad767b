"""API keys and client certificates."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import Cidr, SanLiteral, SanWildcard
from seccfg.record import replace
from seccfg.semantics import decide, judge
from seccfg.semantics.certificates import judge_certificate

BAD = (401, "invalid_key")
BAD_CERTIFICATE = (401, "invalid_certificate")


def policy(kit, *records, **changes):
    made = kit.policy(kit.route(auth=(("partner",),)))
    if records:
        changes["records"] = records
    return replace(made, verifiers=(*(v for v in made.verifiers if v.name != "partner"), kit.key_method(**changes)))


def ask(kit, key, **changes):
    return kit.request("GET", "/orders", ("X-API-Key", key), **changes)


@pytest.mark.parametrize("key, status", [
    ("k1.secret", 200), ("k2.secret", 200), ("k1.Secret", 401), ("K1.secret", 401), ("k1.secret.", 401), ("k1secret",
    401),
    ("k1", 401), (".secret", 401), ("k9.secret", 401), ("k1.", 401), ("k1..secret", 401), ("k2.secret ", 200),
    ("k1.secr\xe9t", 401),
])  # fmt: skip
def test_the_whole_key_is_hashed(kit, key, status):
    """Key text is `<id>.<secret>`, `sha256` the lower-case hex of the whole."""
    assert decide(policy(kit), ask(kit, key)).status == status


@pytest.mark.parametrize("first, last, now_s, allowed", [
    (None, None, 0, True), (100, None, 99, False), (100, None, 100, True), (None, 100, 99, True), (None, 100, 100,
    False),
    (100, 200, 150, True), (100, 100, 100, False),
])  # fmt: skip
def test_validity(kit, first, last, now_s, allowed):
    """Valid iff `not_before <= now < expires`."""
    record = kit.record("k1", not_before_s=first, expires_s=last)
    assert decide(policy(kit, record), ask(kit, "k1.secret", now_s=now_s)).allowed is allowed


@pytest.mark.parametrize("peer, status", [("198.51.100.7", 200), ("198.51.101.7", 401), ("2001:db8::1", 401)])
def test_a_key_from_elsewhere_is_401(kit, peer, status):
    """A key's `addresses` that do not hold the client: 401."""
    record = kit.record("k1", addresses=(Cidr(4, 0xC6336400, 24),))
    assert decide(policy(kit, record), ask(kit, "k1.secret", peer=peer)).status == status


def test_what_a_key_says(kit):
    """Effective roles are the record's that the method may assert, closed; the record's scopes; no client."""
    judged = judge(policy(kit), ask(kit, "k1.secret"))
    explanation = judged.explanation
    assert (explanation.principal, explanation.roles) == ("key:partner\x1fk1", ("viewer",))
    assert (explanation.scopes, explanation.client) == (("read",), "")
    assert judged.decision.events == ("access.allowed", "key.used")


def test_a_wrong_key_is_an_auth_failure(kit):
    """Step 10 refuses with event `auth.failed`."""
    decision = decide(policy(kit), ask(kit, "x"))
    assert ((decision.status, decision.reason), decision.events) == (BAD, ("auth.failed",))


# ----------------------------------------------------------------------------------------------------- certificates
GOOD = "spiffe://example.com/ns/acme/sa/orders"


def mesh(kit, **changes):
    made = kit.policy(kit.route(auth=(("mesh",),)))
    return replace(made, verifiers=(*(v for v in made.verifiers if v.name != "mesh"), kit.mesh(**changes)))


def present(kit, *uris, now_s=None, **changes):
    return kit.request(certificate=kit.authority.issue(*uris, **changes), now_s=kit.now if now_s is None else now_s)


@pytest.mark.parametrize("uris, status", [
    ((GOOD,), 200), (("spiffe://example.com/ns/acme/sa/a b",), 200), ((), 401),
    (("spiffe://example.com/ns/acme/sa/",), 401), (("spiffe://example.com/ns//sa/orders",), 401),
    (("spiffe://example.com/ns/a/b/sa/orders",), 401), (("spiffe://example.com/ns/acme/sa/orders/x",), 401),
    (("xspiffe://example.com/ns/acme/sa/orders",), 401), (("https://example.com/ns/acme/sa/orders",), 401),
    ((GOOD, "spiffe://example.com/ns/b/sa/c"), 401), ((GOOD, "https://example.com/about"), 200),
])  # fmt: skip
def test_exactly_one_uri_san_must_match(kit, uris, status):
    """Exactly one URI SAN must match; a wildcard is one non-empty run without `/`."""
    assert decide(mesh(kit), present(kit, *uris)).status == status


def test_the_subject_is_that_san(kit):
    """The certificate's subject is that SAN; its id is the SAN with the method kind."""
    explanation = judge(mesh(kit), present(kit, GOOD)).explanation
    assert (explanation.principal, explanation.roles) == (f"cert:{GOOD}", ("viewer",))


def test_given_roles_are_intersected_with_asserts(kit):
    """`gives` counts as far as the method may assert."""
    for asserts, roles in ((("viewer",), ("viewer",)), (("admin",), ("admin", "editor", "viewer")), ((), ())):
        explanation = judge(mesh(kit, asserts=asserts), present(kit, GOOD)).explanation
        assert explanation.roles == roles


def test_captures_are_principal_attributes(kit):
    """`{name}` captures an attribute."""
    identity = judge_certificate(kit.mesh(), kit.authority.issue(GOOD), kit.now)
    assert identity.captures == (("tenant", "acme"),)
    two = kit.mesh(san=(SanLiteral("spiffe://example.com/ns/"), SanWildcard(), SanLiteral("/sa/"), SanWildcard("who")))
    assert judge_certificate(two, kit.authority.issue(GOOD), kit.now).captures == (("who", "orders"),)


def test_a_certificate_of_another_authority_is_401(kit):
    """Issued by the method's authority: an authority of the same name with another key is another one."""
    request = kit.request(certificate=kit.stranger.issue(GOOD))
    assert kit.status(mesh(kit), request) == BAD_CERTIFICATE


@pytest.mark.parametrize("offset, allowed", [(-1, False), (0, True), (10, True), (11, False)])
def test_certificate_validity_includes_both_ends(kit, offset, allowed):
    """RFC 5280: valid from notBefore to notAfter, both included."""
    request = present(kit, GOOD, now_s=kit.now + offset, not_before_s=kit.now, not_after_s=kit.now + 10)
    assert decide(mesh(kit), request).allowed is allowed


@pytest.mark.parametrize("pem", ["x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_401(kit, pem):
    """A certificate that cannot be read is refused."""
    assert kit.status(mesh(kit), kit.request(certificate=pem)) == BAD_CERTIFICATE


def test_an_authority_that_cannot_be_read_admits_nobody(kit):
    """A check that cannot be carried out is never a pass."""
    assert kit.status(mesh(kit, ca_pem=""), present(kit, GOOD)) == BAD_CERTIFICATE


def test_no_certificate_is_401(kit):
    """No certificate on a route that lists only certificates."""
    assert kit.status(mesh(kit), kit.request()) == (401, "no_credential")
