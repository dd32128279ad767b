"""Tokens: the negative suite, boundary seconds, roles and scopes."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from joserfc import jwk

from seccfg.ir.policy import AttrClaim, Grant, Jwk, Jwks
from seccfg.ir.request import Surroundings
from seccfg.record import replace
from seccfg.semantics import State, decide, judge
from seccfg.semantics.jwt import text_set, unpack

BAD = (401, "invalid_token")


def ask(kit, token, **changes):
    return kit.request("GET", "/orders", ("Authorization", f"Bearer {token}"), **changes)


def policy_with(kit, **changes):
    made = kit.policy(kit.route())
    return replace(made, verifiers=(*(v for v in made.verifiers if v.name != "users"), kit.jwt(**changes)))


def forged(kit, header, secret=b""):
    """A token over good claims whose signature is an HMAC with *secret*, or empty."""
    message = f"{kit.b64(json.dumps(header).encode())}.{kit.b64(json.dumps(kit.claims()).encode())}"
    signature = hmac.new(secret, message.encode(), hashlib.sha256).digest() if secret else b""
    return f"{message}.{kit.b64(signature)}"


def test_a_good_token_passes(kit):
    """RS256, ES256 and EdDSA with the key of the set."""
    for name in ("users", "others", "edge"):
        policy = kit.policy(kit.route(auth=((name,),)))
        assert decide(policy, ask(kit, kit.token(name))).allowed


# -------------------------------------------------------------------------------------------------------- the shape
@pytest.mark.parametrize("text", [
    "", ".", "..", "...", "a.b", "a.b.c.d", "!.!.!", "eyJ9.e30.x", "null.null.null",
])  # fmt: skip
def test_what_is_no_token(kit, text):
    """Exactly three segments of base64url, header and payload JSON objects."""
    assert kit.status(kit.policy(kit.route()), ask(kit, text)) == BAD


@pytest.mark.parametrize("change", [
    lambda t: t + "=", lambda t: t + "A" * 4, lambda t: t.replace(".", "..", 1), lambda t: t[:-8], lambda t: t + ".",
    lambda t: t.replace(".", ". ", 1), lambda t: t[:20] + ("A" if t[20] != "A" else "B") + t[21:], lambda t: t + "%00",
])  # fmt: skip
def test_a_changed_token_is_refused(kit, change):
    """No padding, no white space, nothing added, nothing lost."""
    assert kit.status(kit.policy(kit.route()), ask(kit, change(kit.token()))) == BAD


@pytest.mark.parametrize("payload", [
    b"", b"[]", b"null", b"\xff{}", b"{", b'{"iss":NaN}', b"\xef\xbb\xbf{}", b"[" * 3000,
])  # fmt: skip
def test_a_payload_that_is_no_json_object(kit, payload):
    """A well-signed payload that is no JSON object is no token."""
    assert kit.status(kit.policy(kit.route()), ask(kit, kit.token(payload=payload))) == BAD


def test_a_duplicate_member_counts_last(kit):
    """A duplicate member in a token: the last wins."""
    claims = json.dumps(kit.claims())
    good = claims[:-1] + ', "sub": "mallory", "sub": "alice"}'
    bad = claims[:-1] + ', "aud": "somebody else"}'
    policy = kit.policy(kit.route())
    assert judge(policy, ask(kit, kit.token(payload=good.encode()))).explanation.principal.endswith("alice")
    assert kit.status(policy, ask(kit, kit.token(payload=bad.encode()))) == BAD


# ------------------------------------------------------------------------------------------------------- the header
@pytest.mark.parametrize("header", [
    {"kid": None}, {"kid": ""}, {"kid": "users-2"}, {"kid": 1}, {"kid": ["users-1"]},
    {"alg": None}, {"alg": "RS512"}, {"alg": "PS256"}, {"alg": "rs256"}, {"alg": 1}, {"alg": "ES256"},
    {"crit": ["exp"]}, {"crit": []}, {"crit": None, "b64": False}, {"b64": True}, {"jku": "https://evil.example"},
    {"jwk": {}}, {"x5u": "https://evil.example"}, {"typ": "jwt"}, {"typ": "JWE"}, {"typ": "at+JWT"}, {"typ": ""},
    {"typ": 1}, {"typ": ["JWT"]},
])  # fmt: skip
def test_headers_that_are_refused(kit, header):
    """`kid` must name a key of the set; `crit jku jwk x5u b64` and other types are 401, though well signed."""
    assert kit.status(kit.policy(kit.route()), ask(kit, kit.token(header=header))) == BAD


@pytest.mark.parametrize("typ", [None, "JWT", "at+jwt", "application/at+jwt"])
def test_types_that_are_taken(kit, typ):
    """A `typ` other than absent, `JWT` or `(application/)at+jwt` is refused, these are not."""
    assert decide(kit.policy(kit.route()), ask(kit, kit.token(header={"typ": typ}))).allowed


def test_a_header_member_may_be_null_and_is_still_there(kit):
    """A refused header member counts by its name."""
    message = {"alg": "RS256", "kid": "users-1", "crit": None}
    head = kit.b64(json.dumps(message).encode())
    assert kit.status(kit.policy(kit.route()), ask(kit, f"{head}.{kit.token().split('.')[1]}.")) == BAD


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS256"])
def test_unsigned_tokens_are_refused(kit, alg):
    """`none` in any spelling is no algorithm."""
    assert kit.status(kit.policy(kit.route()), ask(kit, forged(kit, {"alg": alg, "kid": "users-1"}))) == BAD


def test_the_public_key_as_hmac_secret_is_refused(kit):
    """HS256 with the RSA public key, even where a spec lists HS256 by mistake."""
    secret = kit.signers["users"].key.as_bytes(encoding="PEM", private=False)
    token = forged(kit, {"alg": "HS256", "kid": "users-1"}, secret)
    assert kit.status(kit.policy(kit.route()), ask(kit, token)) == BAD
    with pytest.raises(KeyError):
        decide(policy_with(kit, algorithms=("RS256", "HS256")), ask(kit, token))


def test_another_key_of_the_same_id_is_refused(kit):
    """The signature must be the set's key's."""
    assert kit.status(kit.policy(kit.route()), ask(kit, kit.token(signer=kit.signers["stranger"]))) == BAD


def keyed(kit, *keys, **changes):
    return policy_with(kit, jwks=Jwks("", "keys/users.json", keys, 600, 3600), **changes)


@pytest.mark.parametrize("members, allowed", [
    ({"alg": "RS256"}, True), ({"use": "sig"}, True), ({"alg": "RS512"}, False), ({"use": "enc"}, False),
])  # fmt: skip
def test_a_key_must_fit_the_algorithm(kit, members, allowed):
    """An `alg` or `use` of the key itself restricts it."""
    policy = keyed(kit, kit.public("users", **members), algorithms=("RS256", "RS512"))
    assert decide(policy, ask(kit, kit.token())).allowed is allowed


def test_a_key_of_another_kind_or_curve_is_refused(kit):
    """ES256 needs P-256, EdDSA Ed25519."""
    other = jwk.ECKey.generate_key("P-384").as_dict(private=False)
    wrong = Jwk("others-1", "EC", "", "", json.dumps({**other, "kid": "others-1"}))
    made = kit.policy(kit.route(auth=(("others",),)))
    verifier = kit.jwt("others", jwks=Jwks("", "", (wrong,), 600, 3600), algorithms=("ES256", "RS256"))
    policy = replace(made, verifiers=(*(v for v in made.verifiers if v.name != "others"), verifier))
    assert kit.status(policy, ask(kit, kit.token("others"))) == BAD


def test_two_keys_of_one_id_tell_nothing(kit):
    """`kid` must name a key of the set: one of two is none."""
    double = keyed(kit, kit.public("users"), replace(kit.public("users")))
    assert kit.status(double, ask(kit, kit.token())) == BAD


def test_rotation(kit):
    """A key that left the set is refused, both are taken while both are in it."""
    renamed = replace(kit.signers["stranger"], kid="users-2")
    old, new = kit.token(), kit.token(signer=renamed)
    data = {**renamed.key.as_dict(private=False), "kid": "users-2"}
    added = Jwk("users-2", "RSA", "", "", json.dumps(data))
    both, after = keyed(kit, kit.public("users"), added), keyed(kit, added)
    assert [decide(both, ask(kit, t)).allowed for t in (old, new)] == [True, True]
    assert [decide(after, ask(kit, t)).allowed for t in (old, new)] == [False, True]


def test_a_key_that_cannot_be_read_checks_nothing(kit):
    """A broken entry of a key set is no key."""
    assert kit.status(keyed(kit, Jwk("users-1", "RSA", "", "", '{"kty":"RSA","kid":"users-1"}')), ask(kit, kit.token())) == BAD


# ------------------------------------------------------------------------------------------------- the stale key set
def test_a_stale_key_set_is_503(kit):
    """A key set that is too old cannot check anything: 503, event `check.failed`."""
    fetched = Jwks("https://id.example.com/jwks", "", (kit.public("users"),), 600, 3600)
    policy, stale = policy_with(kit, jwks=fetched), State(Surroundings(keys="stale"))
    assert decide(policy, ask(kit, kit.token())).allowed
    decision = decide(policy, ask(kit, kit.token()), stale)
    assert (decision.status, decision.reason, decision.events) == (503, "unavailable", ("check.failed",))
    assert kit.status(policy, ask(kit, "x"), stale) == BAD
    assert decide(policy, kit.request(), stale).status == 401


def test_a_pinned_key_set_has_no_age(kit):
    """Keys of a file alone do not grow stale."""
    assert decide(kit.policy(kit.route()), ask(kit, kit.token()), State(Surroundings(keys="stale"))).allowed


# ------------------------------------------------------------------------------------------------------- the claims
@pytest.mark.parametrize("claims", [
    {"iss": None}, {"iss": "https://id.example.com"}, {"iss": "HTTPS://id.example.com/"},
    {"iss": ["https://id.example.com/"]},
    {"aud": None}, {"aud": "order"}, {"aud": ["billing"]}, {"aud": []}, {"aud": {"orders": 1}}, {"aud": ["orders", 1]},
    {"aud": 1}, {"sub": None}, {"sub": ""}, {"sub": 1}, {"sub": ["alice"]}, {"sub": "a\u0000b"}, {"sub": "\ud800"},
    {"exp": None}, {"exp": "soon"}, {"exp": "1999999999"}, {"exp": True}, {"exp": [1999999999]}, {"exp": 2**53},
    {"nbf": "0"}, {"nbf": False}, {"iat": "0"}, {"iat": {}},
])  # fmt: skip
def test_claims_that_are_refused(kit, claims):
    """Issuer and audience exact, `exp` required, times numbers, the subject a non-empty string."""
    assert kit.status(kit.policy(kit.route()), ask(kit, kit.token(**claims))) == BAD


def test_infinite_times_are_refused(kit):
    """A number no host reads alike is no time."""
    payload = json.dumps(kit.claims()).replace(str(kit.now + 300), "1e999")
    assert kit.status(kit.policy(kit.route()), ask(kit, kit.token(payload=payload.encode()))) == BAD


def test_null_times_are_refused(kit):
    """`nbf` and `iat` that are there must be numbers."""
    payload = json.dumps({**kit.claims(), "nbf": None})
    assert kit.status(kit.policy(kit.route()), ask(kit, kit.token(payload=payload.encode()))) == BAD


@pytest.mark.parametrize("aud", ["orders", ["orders"], ["billing", "orders"]])
def test_audiences_are_any_of(kit, aud):
    """One of the token's audiences is one of ours."""
    assert decide(kit.policy(kit.route()), ask(kit, kit.token(aud=aud))).allowed


@pytest.mark.parametrize("claims, skew, age, allowed", [
    ({"exp": 0}, 0, None, False), ({"exp": 1}, 0, None, True),  # now < exp + skew
    ({"exp": -30}, 30, None, False), ({"exp": -29}, 30, None, True), ({"exp": 0.5}, 0, None, True),
    ({"nbf": 0}, 0, None, True), ({"nbf": 1}, 0, None, False),  # now >= nbf - skew
    ({"nbf": 30}, 30, None, True), ({"nbf": 31}, 30, None, False),
    ({"iat": 0}, 0, None, True), ({"iat": 1}, 0, None, False),  # iat <= now + skew
    ({"iat": 30}, 30, None, True), ({"iat": 31}, 30, None, False),
    ({"iat": -899}, 0, 900, True), ({"iat": -900}, 0, 900, False),  # now - iat < age + skew
    ({"iat": -929}, 30, 900, True), ({"iat": -930}, 30, 900, False), ({"iat": -10**6}, 0, None, True),
])  # fmt: skip
def test_boundary_seconds(kit, claims, skew, age, allowed):
    """`now < exp + skew`; `now >= nbf - skew`; `iat <= now + skew`; `now - iat < age + skew`."""
    policy = policy_with(kit, skew_s=skew, max_age_s=age)
    token = kit.token(**{name: kit.now + offset for name, offset in claims.items()})
    assert decide(policy, ask(kit, token)).allowed is allowed


def test_with_a_greatest_age_iat_is_required(kit):
    """With `max_token_age` iat is required; without, it is not."""
    token = kit.token(iat=None)
    assert decide(policy_with(kit), ask(kit, token)).allowed
    assert kit.status(policy_with(kit, max_age_s=900), ask(kit, token)) == BAD


def test_times_are_judged_on_every_request(kit):
    """What was verified once still expires."""
    policy, token = kit.policy(kit.route()), kit.token()
    assert decide(policy, ask(kit, token)).allowed
    assert kit.status(policy, ask(kit, token, now_s=kit.now + 300)) == BAD
    assert decide(policy, ask(kit, token)).allowed


# -------------------------------------------------------------------------------------------------- roles and scopes
@pytest.mark.parametrize("value, expected", [
    (["a", "b"], ("a", "b")), ("a b", ("a", "b")), ("b  a ", ("a", "b")), ("a\tb", ("a\tb",)), ([], ()), ("", ()),
    (["a", 1], ()), (["a", None], ()), ({"a": 1}, ()), (1, ()), (None, ()), (True, ()), (["a b"], ("a b",)), (["a",
    "a"], ("a",)),
])  # fmt: skip
def test_a_set_claim(value, expected):
    """A role claim is an array of strings or one string split on spaces; anything else means no roles at all."""
    assert text_set(value) == expected


def test_roles_are_intersected_with_asserts_then_closed(kit):
    """Each method says in `asserts` which roles it may assert; others are ignored."""
    policy = policy_with(kit, asserts=("editor", "viewer"))
    judged = judge(policy, ask(kit, kit.token(roles=["admin", "editor", "wheel"])))
    assert judged.explanation.roles == ("editor", "viewer")
    assert judge(policy, ask(kit, kit.token(roles=["admin"]))).explanation.roles == ()


def test_claims_are_found_by_a_list_of_keys(kit):
    """A claim is named by a list of keys; dots never split."""
    policy = policy_with(kit, roles_claim=("realm.a", "roles"), subject_claim=("ids", "sub"))
    token = kit.token(**{"realm.a": {"roles": "viewer"}, "ids": {"sub": "bob"}})
    explanation = judge(policy, ask(kit, token)).explanation
    assert (explanation.roles, explanation.principal) == (("viewer",), "jwt:https://id.example.com/\x1fbob")
    assert kit.status(policy, ask(kit, kit.token(ids="bob"))) == BAD


def test_without_a_roles_claim_there_are_no_roles(kit):
    """No roles claim: tokens carry none."""
    assert judge(policy_with(kit, roles_claim=()), ask(kit, kit.token(roles=["admin"]))).explanation.roles == ()


@pytest.mark.parametrize("claims, client", [
    ({"azp": "orders-web"}, "web"), ({"client_id": "orders-web"}, "web"),
    ({"azp": "orders-nightly", "client_id": "orders-web"}, "nightly"), ({"azp": "web"}, ""),
    ({"azp": "other", "client_id": "orders-web"}, ""), ({"azp": ["orders-web"]}, ""), ({}, ""),
])  # fmt: skip
def test_clients(kit, claims, client):
    """`clients` compares `azp` when present, else `client_id`."""
    policy = kit.policy(kit.route(allow=(Grant(clients=("web", "nightly")),)))
    judged = judge(policy, ask(kit, kit.token(**claims)))
    assert judged.explanation.client == client
    assert judged.decision.allowed is bool(client)


def test_attributes_are_found_by_path(kit):
    """One claim path per principal attribute."""
    policy = policy_with(kit, attributes=(AttrClaim("level", ("realm", "level")),))
    assert decide(policy, ask(kit, kit.token(realm={"level": 1}))).allowed


def test_unpack_keeps_nothing_it_does_not_believe():
    """A text that is no token has no parts."""
    assert unpack("a.b.c") is None
