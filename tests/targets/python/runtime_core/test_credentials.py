"""Step 10, other credentials and the choice between them: keys, certificates, `all:`, places, CSRF."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from seccfg_runtime.runtime.interface import GuardSettings, PolicyError
from seccfg_runtime.runtime.model import (
    Attribute,
    Authenticate,
    Bearer,
    CertVerifier,
    CookiePlace,
    Cors,
    FromClaims,
    HeaderPlace,
    KeyRecord,
    Origin,
    QueryPlace,
    SanLiteral,
    SanSegment,
    SecretRef,
)


def keyed(kit: Any, **changes: Any) -> Any:
    record = kit.partners().records[0]
    made = KeyRecord(**{name: getattr(record, name) for name in KeyRecord.__slots__} | changes)
    return kit.world(kit.policy(kit.route(authenticate=Authenticate((("partners",),))), verifiers=(kit.partners(records=(made,)),)))


def test_a_good_key_passes(kit: Any) -> None:
    """And says who it is."""
    principal = keyed(kit).passed(key=kit.secret).principal
    assert (principal.method, principal.subject, principal.roles) == ("partners", "acme-logistics", {"partner"})
    assert (principal.scopes, dict(principal.attributes)) == ({"notes.read"}, {"tenant": "acme"})
    assert principal.id == "key:partners\x1facme"


@pytest.mark.parametrize(
    "text", ["", "acme", "acme.", "acme.wrong", ".x", "ACME.2dbb6e6f3bd8", "acme.2dbb6e6f3bd8x", "\u00e9.x", "x" * 9000]
)
def test_other_keys_are_refused(kit: Any, text: str) -> None:
    """401 without a hint which part is wrong; the challenge is `ApiKey`."""
    made = keyed(kit)
    answer = made.answer(key=text)
    assert (answer.status, answer.reason) == (401, "invalid_key")
    assert kit.header(answer.headers, "www-authenticate") == ['ApiKey realm="notes", error="invalid_token"']


def test_keys_are_valid_in_their_time(kit: Any) -> None:
    """`not_before <= now < expires`."""
    made = keyed(kit, not_before_s=kit.now, expires_s=kit.now + 10)
    for offset, expected in ((-1, "401 invalid_key"), (0, "pass"), (9.9, "pass"), (10, "401 invalid_key")):
        made.now = kit.now + offset
        assert made.refused(key=kit.secret) == expected


def test_keys_are_valid_from_their_addresses(kit: Any) -> None:
    """Elsewhere a good key is none."""
    made = keyed(kit, addresses=("198.51.100.0/24",))
    assert made.refused(key=kit.secret) == "pass"
    assert made.refused(key=kit.secret, peer="203.0.113.1") == "401 invalid_key"


def test_key_roles_are_limited_by_the_method(kit: Any) -> None:
    """A record cannot give what the method may not assert."""
    assert keyed(kit, roles=("admin", "partner")).passed(key=kit.secret).principal.roles == {"partner"}


def test_records_may_come_with_the_settings(kit: Any) -> None:
    """When the policy holds none."""
    records = kit.partners().records
    route = kit.route(authenticate=Authenticate((("partners",),)))
    policy = kit.policy(route, verifiers=(kit.partners(records=(), store=SecretRef(env="KEYS")),))
    assert kit.world(policy, GuardSettings(key_records={"partners": records})).refused(key=kit.secret) == "pass"
    assert kit.world(policy).refused(key=kit.secret) == "401 invalid_key"


@pytest.mark.parametrize("changes", [{"sha256": "x"}, {"sha256": "A" * 64}, {"id": ""}, {"id": "a.b"}])
def test_records_that_cannot_work_do_not_start(kit: Any, changes: dict[str, str]) -> None:
    """A key nobody could present is a mistake in the policy."""
    with pytest.raises(PolicyError):
        keyed(kit, **changes)


# ---------------------------------------------------------------------------------------------------------- choosing
def both(kit: Any, *alternatives: tuple[str, ...], **changes: Any) -> Any:
    route = kit.route(authenticate=Authenticate(alternatives or (("users",), ("partners",))))
    return kit.world(kit.policy(route, **changes))


def test_exactly_one_place_may_be_filled(kit: Any) -> None:
    """Two good credentials are as bad as none."""
    made = both(kit)
    assert made.refused(bearer=kit.token()) == "pass"
    assert made.refused(key=kit.secret) == "pass"
    assert made.refused() == "401 no_credential"
    assert made.refused(bearer=kit.token(), key=kit.secret) == "401 several_credentials"
    assert made.refused(bearer=kit.token(), key="") == "401 several_credentials"
    assert made.refused("/notes", ("X-API-Key", kit.secret), ("X-API-Key", kit.secret)) == "401 several_credentials"


def test_the_chosen_method_decides_alone(kit: Any) -> None:
    """No second try with another method."""
    made = both(kit)
    assert made.refused(bearer="x.y.z") == "401 invalid_token"
    assert made.refused(key="acme.wrong") == "401 invalid_key"


def test_methods_that_are_not_listed_are_not_looked_at(kit: Any) -> None:
    """A key beside a token on a route that takes tokens only."""
    made = both(kit, ("users",))
    assert made.refused(bearer=kit.token(), key="junk") == "pass"
    assert made.refused(key=kit.secret) == "401 no_credential"


@pytest.mark.parametrize("line", ["Basic abc", "Bearer", "bearer\tx", "", "Negotiate"])
def test_other_schemes_do_not_fill_the_bearer_place(kit: Any, line: str) -> None:
    """`Bearer` alone is an empty credential."""
    expected = "401 invalid_token" if line == "Bearer" else "401 no_credential"
    assert both(kit, ("users",)).refused("/notes", ("Authorization", line)) == expected


def test_the_scheme_is_compared_without_case(kit: Any) -> None:
    """One space, then the token."""
    made = both(kit, ("users",))
    for scheme in ("Bearer", "bearer", "BEARER", "bEaReR"):
        assert made.refused("/notes", ("Authorization", f"{scheme} {kit.token()}")) == "pass"
    assert made.refused("/notes", ("Authorization", f"Bearer  {kit.token()}")) == "401 invalid_token"


def test_tokens_are_told_apart_by_issuer(kit: Any) -> None:
    """Exact text; a token of a third issuer belongs to nobody, before any key is looked at."""
    second = kit.users(name="customers", issuer="https://c.example.com", audiences=("notes",))
    made = both(kit, ("users",), ("customers",), verifiers=(kit.users(), second))
    assert made.passed(bearer=kit.token()).principal.method == "users"
    assert made.passed(bearer=kit.token(iss="https://c.example.com")).principal.method == "customers"
    assert made.refused(bearer=kit.token(iss="https://c.example.com/")) == "401 invalid_token"
    assert made.passed(bearer=kit.token(iss="https://c.example.com")).principal.method == "customers"


def test_one_methods_memory_is_not_anothers(kit: Any) -> None:
    """A token remembered on one route is judged anew where another method takes the issuer."""
    strict = kit.users(name="strict", audiences=("other",))
    routes = (kit.route(), kit.route(template="/strict", authenticate=Authenticate((("strict",),))))
    made, sent = kit.world(kit.policy(*routes, verifiers=(kit.users(), strict))), kit.token()
    assert made.refused("/notes", bearer=sent) == "pass"
    assert made.refused("/strict", bearer=sent) == "401 invalid_token"
    assert made.refused("/notes", bearer=sent) == "pass"


def test_a_remembered_authorization_line_is_no_token(kit: Any) -> None:
    """What stands in another place is judged as what it is there."""
    methods = (kit.users(places=(Bearer(), CookiePlace("session"))),)
    made, sent = kit.world(kit.policy(verifiers=methods)), kit.token()
    assert made.refused(bearer=sent) == "pass"
    assert made.refused("/notes", ("Cookie", f"session=Bearer {sent}")) == "401 invalid_token"
    assert made.refused("/notes", ("Cookie", f"session={sent}")) == "pass"
    assert made.refused(bearer=sent) == "pass"


def test_keys_and_tokens_in_one_place(kit: Any) -> None:
    """A key's id or a token's issuer says whose it is."""
    partners = kit.partners(places=(Bearer(),))
    made = both(kit, verifiers=(kit.users(), partners))
    assert made.passed(bearer=kit.secret).principal.method == "partners"
    assert made.passed(bearer=kit.token()).principal.method == "users"
    assert made.refused(bearer="nobody.x") == "401 invalid_key"
    assert made.refused(bearer=kit.token(iss="x")) == "401 invalid_token"


def test_credentials_in_a_query(kit: Any) -> None:
    """Read, decoded once, and not passed on."""
    partners = kit.partners(places=(QueryPlace("key"),))
    route = kit.route(authenticate=Authenticate((("partners",),)))
    forward = type(route.forward)("main", "http://127.0.0.1:1", strip_query=("key",))
    made = kit.world(kit.policy(kit.route(authenticate=Authenticate((("partners",),)), forward=forward), verifiers=(partners,)))
    assert made.passed(f"/notes?a=%20&key={kit.secret}&b=1").target == b"/notes?a=%20&b=1"
    assert made.passed(f"/notes?%6bey=%61cme.2dbb6e6f3bd8").target == b"/notes"  # noqa: F541
    assert made.refused("/notes?key=%ff") == "401 invalid_key"
    assert made.refused(f"/notes?key={kit.secret}&key=") == "401 several_credentials"


# ------------------------------------------------------------------------------------------------------ certificates
def mesh(authority: Any, *san: Any) -> CertVerifier:
    pattern = san or (SanLiteral("spiffe://example.com/ns/"), SanSegment("tenant"), SanLiteral("/sa/"), SanSegment())
    return CertVerifier("mesh", authority.pem, pattern, frozenset({"partner"}), ("partner", "admin"))


def certified(kit: Any, authority: Any, *alternatives: tuple[str, ...]) -> Any:
    tenant = Attribute("principal", "tenant", "string", FromClaims())
    route = kit.route(authenticate=Authenticate(alternatives or (("mesh",),)))
    return kit.world(kit.policy(route, verifiers=(kit.users(), mesh(authority)), attributes=(tenant,)))


URI = "spiffe://example.com/ns/acme/sa/worker"


def test_a_certificate_of_the_authority_passes(kit: Any, authority: Any) -> None:
    """Its one fitting URI is the subject, captures are attributes; DER and PEM alike."""
    import ssl

    made, sent = certified(kit, authority), authority.issue(URI)
    principal = made.passed(certificate=sent).principal
    assert (principal.subject, principal.roles, dict(principal.attributes)) == (URI, {"partner"}, {"tenant": "acme"})
    assert principal.id == f"cert:{URI}"
    assert made.refused(certificate=ssl.DER_cert_to_PEM_cert(sent).encode()) == "pass"


@pytest.mark.parametrize(
    "uris",
    [
        ("spiffe://example.com/ns//sa/x",),
        ("spiffe://example.com/ns/a/b/sa/x",),
        ("spiffe://evil.com/ns/acme/sa/x",),
        ("spiffe://example.com/ns/acme/sa/x/y",),
        (URI, "spiffe://example.com/ns/other/sa/x"),
        (f"{URI}\n",),
    ],
)
def test_names_must_fit_once(kit: Any, authority: Any, uris: tuple[str, ...]) -> None:
    """A wildcard is one segment; two fitting names are none."""
    expected = "pass" if uris == (f"{URI}\n",) else "401 invalid_certificate"
    assert certified(kit, authority).refused(certificate=authority.issue(*uris)) == expected


def test_other_names_beside_the_fitting_one_are_fine(kit: Any, authority: Any) -> None:
    """Exactly one must fit."""
    assert certified(kit, authority).refused(certificate=authority.issue(URI, "https://example.com/")) == "pass"


def test_certificates_are_valid_in_their_time(kit: Any, authority: Any) -> None:
    """Judged for the second of each request, remembered or not."""
    made, sent = certified(kit, authority), authority.issue(URI, start=kit.now - 10, end=kit.now + 10)
    for offset, expected in ((0, "pass"), (11, "401 invalid_certificate"), (-11, "401 invalid_certificate"), (5, "pass")):
        made.now = kit.now + offset
        assert made.refused(certificate=sent) == expected


def test_strangers_and_rubbish_are_refused(kit: Any, authority: Any, stranger: Any) -> None:
    """Another authority, the authority itself, and what is no certificate."""
    import ssl

    made = certified(kit, authority)
    for sent in (stranger.issue(URI), ssl.PEM_cert_to_DER_cert(authority.pem), b"junk", b"-----BEGIN CERTIFICATE-----\nx"):
        assert made.refused(certificate=sent) == "401 invalid_certificate"


def test_a_certificate_counts_when_nothing_else_is_filled(kit: Any, authority: Any) -> None:
    """Beside a token it does not matter, unless `all:` asks for both."""
    either = certified(kit, authority, ("mesh",), ("users",))
    good, bad = authority.issue(URI), b"junk"
    assert either.passed(bearer=kit.token(), certificate=bad).principal.method == "users"
    assert either.passed(certificate=good).principal.method == "mesh"
    assert either.refused(bearer="x", certificate=good) == "401 invalid_token"
    both_asked = certified(kit, authority, ("mesh", "users"))
    assert both_asked.passed(bearer=kit.token(), certificate=good).principal.method == "mesh"
    assert both_asked.refused(bearer=kit.token(), certificate=bad) == "401 invalid_certificate"
    assert both_asked.refused(bearer="x", certificate=good) == "401 invalid_token"
    assert both_asked.refused(bearer=kit.token()) == "401 no_credential"
    assert both_asked.refused(certificate=good) == "401 no_credential"


def test_the_others_of_all_go_to_the_audit_event_only(kit: Any, authority: Any) -> None:
    """The first gives the principal."""
    from dataclasses import replace

    route = kit.route(authenticate=Authenticate((("mesh", "users"),)))
    route = replace(route, audit=replace(route.audit, events=("access.allowed",)))
    made = kit.world(kit.policy(route, verifiers=(kit.users(), mesh(authority))))
    outcome = made.passed(bearer=kit.token(), certificate=authority.issue(URI))
    assert outcome.principal.roles == {"partner"}
    event = json.loads(made.log.lines[0])
    assert event["principal"] == {"method": "mesh", "subject": URI}
    assert event["also"] == [{"method": "users", "subject": "ann"}]


def test_an_authority_that_is_none_does_not_start(kit: Any) -> None:
    """At start, not at the first request."""
    verifier = CertVerifier("mesh", "junk", (SanLiteral("x"),), frozenset())
    with pytest.raises(PolicyError, match="mesh"):
        kit.world(kit.policy(kit.route(authenticate=Authenticate((("mesh",),))), verifiers=(verifier,)))


# --------------------------------------------------------------------------------------------------------- CSRF
def browser(kit: Any, header: str = "x-csrf-token") -> Any:
    users = kit.users(places=(Bearer(), CookiePlace("session")))
    cors = Cors("web", (Origin("https", "app.example.com"),), ("GET", "POST"))
    wanted = Authenticate((("users",),), header)
    routes = (kit.route(authenticate=wanted, cors=cors), kit.route("POST", authenticate=wanted, cors=cors))
    return kit.world(kit.policy(*routes, verifiers=(users,)))


def test_cookies_need_the_csrf_header_on_other_methods_than_get_and_head(kit: Any) -> None:
    """Exactly one line, not empty; tokens in `Authorization` do not."""
    made, cookie = browser(kit), ("Cookie", f"a=1; session={kit.token()}")
    assert made.refused("/notes", cookie) == "pass"
    assert made.refused("/notes", cookie, method="POST") == "403 csrf"
    assert made.refused("/notes", cookie, ("X-CSRF-Token", ""), method="POST") == "403 csrf"
    assert made.refused("/notes", cookie, ("X-CSRF-Token", "x"), method="POST") == "pass"
    assert made.refused("/notes", cookie, ("X-CSRF-Token", "x"), ("X-CSRF-Token", "x"), method="POST") == "403 csrf"
    assert made.refused(method="POST", bearer=kit.token()) == "pass"


@pytest.mark.parametrize(
    "origin, expected",
    [
        ("https://notes.example.com", "pass"),
        ("https://notes.example.com:8443", "pass"),
        ("https://app.example.com", "pass"),
        ("http://notes.example.com", "403 csrf"),
        ("https://evil.example.com", "403 csrf"),
        ("null", "403 csrf"),
        ("", "403 csrf"),
    ],
)
def test_cookies_need_an_own_or_allowed_origin(kit: Any, origin: str, expected: str) -> None:
    """An Origin that is sent must be ours under our scheme, or allowed by name."""
    sent = (("Cookie", f"session={kit.token()}"), ("X-CSRF-Token", "x"), ("Origin", origin))
    assert browser(kit).refused("/notes", *sent, method="POST") == expected
    assert browser(kit, "").refused("/notes", sent[0], sent[2], method="POST") == expected


def test_a_credential_is_judged_before_its_csrf_header(kit: Any) -> None:
    """A bad cookie is 401; two cookies of the name are several credentials."""
    made = browser(kit)
    assert made.refused("/notes", ("Cookie", "session=x"), method="POST") == "401 invalid_token"
    assert made.refused("/notes", ("Cookie", "session"), method="POST") == "401 invalid_token"
    assert made.refused("/notes", ("Cookie", "session=a;session=b")) == "401 several_credentials"
    assert made.refused("/notes", ("Cookie", f"session={kit.token()}"), bearer=kit.token()) == "401 several_credentials"
    assert made.refused("/notes", ("Cookie", f"Session={kit.token()}")) == "401 no_credential"


def test_stripped_cookies_leave_the_others(kit: Any) -> None:
    """Only the credential's own cookie is taken out."""
    users = kit.users(places=(CookiePlace("session"),))
    forward = type(kit.route().forward)("main", "http://127.0.0.1:1", strip_cookies=("session",))
    made = kit.world(kit.policy(kit.route(forward=forward), verifiers=(users,)))
    outcome = made.passed("/notes", ("Cookie", f"a=1; session={kit.token()}; b=2"))
    assert kit.header(outcome.headers, "cookie") == ["a=1; b=2"]
    assert kit.header(made.passed("/notes", ("Cookie", f"session={kit.token()}")).headers, "cookie") == []


def test_the_secret_is_hashed_for_unknown_ids_too(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known and unknown ids cost the same look at the digest."""
    seen: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        seen.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    made = keyed(kit)
    assert made.refused(key="nobody.secret") == "401 invalid_key"
    assert seen == [(hashlib.sha256(b"nobody.secret").hexdigest(), "0" * 64)]
    assert HeaderPlace("x-api-key") in kit.partners().places
