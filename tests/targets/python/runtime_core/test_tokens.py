"""Step 10, bearer tokens: header, key, signature, claims, and the memory of verified ones."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from seccfg_runtime.runtime.interface import PolicyError
from seccfg_runtime.runtime.jwks import KeySource, KeysUnavailable
from seccfg_runtime.runtime.model import Authorize, Grant

INVALID = "401 invalid_token"


def world(kit: Any, **changes: Any) -> Any:
    return kit.world(kit.policy(kit.route(), verifiers=(kit.users(**changes),)))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_good_token_passes(kit: Any) -> None:
    """And says who it is."""
    outcome = world(kit, clients=(("web", "notes-web"),)).passed(
        bearer=kit.token(scope="a b", azp="notes-web", client_id="x", aud=["else", "notes"])
    )
    principal = outcome.principal
    assert (principal.method, principal.subject, principal.client) == ("users", "ann", "web")
    assert principal.roles == {"editor", "viewer"}
    assert principal.scopes == {"a", "b"}
    assert principal.id == f"jwt:{kit.issuer}\x1fann"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        "e30.e30.",
        "e30.e30.e30",
        "bnVsbA.e30.e30",
        "!!!.???.***",
        "a" * 9000,
        "\u00e9.e30.e30",
    ],
)
def test_what_is_no_token_is_refused(kit: Any, text: str) -> None:
    """401, with the error in the challenge."""
    answer = world(kit).answer(bearer=text)
    assert (answer.status, answer.reason) == (401, "invalid_token")
    assert kit.header(answer.headers, "www-authenticate") == ['Bearer realm="notes", error="invalid_token"']


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"alg": "RS256"},
        {"alg": 1},
        {"alg": None},
        {"kid": "other"},
        {"kid": 1},
        {"kid": None},
        {"crit": ["exp"]},
        {"jku": "https://evil"},
        {"jwk": {}},
        {"x5u": "https://evil"},
        {"b64": False},
        {"typ": "jwt"},
        {"typ": "dpop+jwt"},
        {"typ": 1},
        {"typ": None},
    ],
)
def test_headers_that_choose_or_ask_are_refused(kit: Any, header: dict[str, object]) -> None:
    """Algorithm and key are the policy's choice; what the header may not ask for it is refused for."""
    good = kit.token().split(".")
    head = {"alg": "ES256", "kid": "k1", **header}
    forged = ".".join([b64(json.dumps(head).encode()), good[1], good[2]])
    assert world(kit).refused(bearer=forged) == INVALID


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "application/at+jwt"])
def test_accepted_types(kit: Any, kind: str) -> None:
    """The types of access tokens."""
    assert world(kit).refused(bearer=kit.token(header={"typ": kind})) == "pass"


def test_signatures_are_checked(kit: Any) -> None:
    """Another key, another payload, no signature, a signature of other bytes."""
    made, good = world(kit), kit.token()
    head, payload, signature = good.split(".")
    other = b64(json.dumps({"sub": "eve"}).encode())
    for forged in (
        kit.token(key="other"),
        f"{head}.{other}.{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature[:-4]}AAAA",
        f"{head}.{payload}.{b64(bytes(64))}",
    ):
        assert made.refused(bearer=forged) == INVALID
    assert made.refused(bearer=good) == "pass"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil/"},
        {"iss": "https://id.example.com"},
        {"iss": None},
        {"iss": ["https://id.example.com/"]},
        {"aud": "other"},
        {"aud": []},
        {"aud": ["notes", 1]},
        {"aud": None},
        {"aud": {"notes": 1}},
        {"sub": ""},
        {"sub": 1},
        {"sub": None},
        {"sub": "a\x00b"},
        {"sub": "\ud800"},
        {"exp": None},
        {"exp": "1e20"},
        {"exp": True},
        {"exp": 1e300},
        {"nbf": "0"},
        {"nbf": None},
        {"iat": "0"},
        {"iat": None},
        {"exp": [1]},
    ],
)
def test_claims_of_another_kind_are_refused(kit: Any, claims: dict[str, object]) -> None:
    """Issuer, audience, subject and times must be what they should be."""
    assert world(kit).refused(bearer=kit.token(**claims)) == INVALID


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "exp"])
def test_claims_that_must_be_there(kit: Any, missing: str) -> None:
    """Without them a token says nothing."""
    assert world(kit).refused(bearer=kit.token(drop=[missing])) == INVALID


@pytest.mark.parametrize(
    "skew, claims, offset, good",
    [
        (0, {"exp": 10}, 9, True),
        (0, {"exp": 10}, 10, False),
        (5, {"exp": 10}, 14, True),
        (5, {"exp": 10}, 15, False),
        (0, {"nbf": 10}, 9, False),
        (0, {"nbf": 10}, 10, True),
        (5, {"nbf": 10}, 5, True),
        (5, {"nbf": 10}, 4, False),
        (0, {"iat": 1}, 0, False),
        (0, {"iat": 1}, 1, True),
        (5, {"iat": 5}, 0, True),
        (5, {"iat": 6}, 0, False),
        (0, {"exp": 10.5}, 10, True),
        (0, {"exp": 9.5}, 10, False),
    ],
)
def test_times_have_exact_ends(kit: Any, skew: int, claims: dict[str, float], offset: int, good: bool) -> None:
    """`now < exp + skew`, `now >= nbf - skew`, `iat <= now + skew`, in whole seconds."""
    made = world(kit, skew_s=skew)
    sent = kit.token(**{name: kit.now + value for name, value in claims.items()})
    for fraction in (0, 0.99):
        made.now = kit.now + offset + fraction
        assert made.refused(bearer=sent) == ("pass" if good else INVALID)


def test_a_greatest_age_needs_an_issue_time(kit: Any) -> None:
    """`now - iat < age + skew`."""
    made = world(kit, max_age_s=60, skew_s=2)
    assert made.refused(bearer=kit.token(drop=["iat"])) == INVALID
    sent = kit.token()
    made.now = kit.now + 61
    assert made.refused(bearer=sent) == "pass"
    made.now = kit.now + 62
    assert made.refused(bearer=sent) == INVALID


def test_a_remembered_token_is_judged_by_the_clock_again(kit: Any) -> None:
    """Signature and claims are remembered, nothing else."""
    made, sent = world(kit), kit.token()
    assert made.refused(bearer=sent) == "pass"
    made.now = kit.now + 299
    assert made.refused(bearer=sent) == "pass"
    made.now = kit.now + 300
    assert made.refused(bearer=sent) == INVALID
    made.now = kit.now - 1
    assert made.refused(bearer=sent) == INVALID


def test_tokens_of_one_subject_keep_their_own_roles_and_times(kit: Any) -> None:
    """What is worked out for a principal holds for equal principals alone, and never for another token's times."""
    grant = Authorize((Grant(role_sets=(frozenset({"admin"}),)),))
    made = kit.world(kit.policy(kit.route(authorize=grant), verifiers=(kit.users(),)))
    for _ in range(2):
        assert made.refused(bearer=kit.token(roles=["admin"])) == "pass"
        assert made.refused(bearer=kit.token(roles=["editor"])) == "403 forbidden"
        assert made.refused(bearer=kit.token(roles=["admin"], sub="bob")) == "pass"
        assert made.refused(bearer=kit.token(roles=["admin"], exp=kit.now - 400)) == INVALID
    later = made.passed(bearer=kit.token(roles=["admin"], jti="another")).principal
    assert (later.subject, later.roles) == ("ann", {"admin", "editor", "viewer"})


class Rotating:
    """A key source a test can change."""

    def __init__(self, document: str) -> None:
        self.source = KeySource("users", algorithms=("ES256",), embedded=document.encode())
        self.mode = "good"

    def key(self, kid: str) -> Any:
        if self.mode == "stale":
            raise KeysUnavailable("users")
        return None if self.mode == "withdrawn" else self.source.key(kid)


def test_a_withdrawn_key_ends_remembered_tokens(kit: Any) -> None:
    """At once, and they are good again when the key is back."""
    keys = Rotating(kit.document)
    made, sent = kit.world(kit.policy(verifiers=(kit.users(),)), keys={"users": keys}), kit.token()
    assert made.refused(bearer=sent) == "pass"
    keys.mode = "withdrawn"
    assert made.refused(bearer=sent) == INVALID
    keys.mode = "stale"
    assert made.refused(bearer=sent) == "503 unavailable"
    assert made.refused(bearer=kit.token(sub="bob")) == "503 unavailable"
    assert made.refused(bearer="x.y.z") == INVALID
    keys.mode = "good"
    assert made.refused(bearer=sent) == "pass"
    assert made.log.events()[1:3] == ["check.failed/unavailable"] * 2


@pytest.mark.parametrize(
    "claim, roles",
    [
        (["admin"], {"admin", "editor", "viewer"}),
        (["viewer"], set()),
        (["editor", "nonsense"], {"editor", "viewer"}),
        ("editor admin", {"admin", "editor", "viewer"}),
        (["editor", 1], set()),
        ({"editor": 1}, set()),
        (None, set()),
        ("", set()),
        (1, set()),
    ],
)
def test_roles_are_what_the_method_may_assert(kit: Any, claim: object, roles: set[str]) -> None:
    """After closure; a claim of another form means no roles, not 401."""
    assert world(kit).passed(bearer=kit.token(roles=claim)).principal.roles == roles


def test_claims_are_named_by_paths(kit: Any) -> None:
    """Nested claims, and attributes of the principal; JSON null is lacking."""
    made = world(
        kit,
        roles_claim=("realm", "roles"),
        subject_claim=("who", "name"),
        attributes=(("tenant", ("org", "id")), ("gone", ("none",))),
    )
    outcome = made.passed(bearer=kit.token(realm={"roles": ["admin"]}, who={"name": "eve"}, org={"id": 7}, none=None))
    assert outcome.principal.subject == "eve"
    assert dict(outcome.principal.attributes) == {"tenant": 7}
    assert made.refused(bearer=kit.token(who="x")) == INVALID


def test_the_last_of_equal_members_counts(kit: Any) -> None:
    """In a token; bodies are stricter."""
    payload = json.dumps({"iss": kit.issuer, "aud": "notes", "sub": "ann", "exp": kit.now + 9})[:-1] + ', "sub": "bob"}'
    sent = kit.sign({"alg": "ES256", "kid": "k1"}, payload.encode())
    assert world(kit).passed(bearer=sent).principal.subject == "bob"


@pytest.mark.parametrize("payload", [b"[]", b"null", b'{"exp": NaN}', b"{", b"\xff", b"[" * 5000])
def test_payloads_that_are_no_objects(kit: Any, payload: bytes) -> None:
    """Signed or not."""
    assert world(kit).refused(bearer=kit.sign({"alg": "ES256", "kid": "k1"}, payload)) == INVALID


def test_white_space_around_claims_is_json(kit: Any) -> None:
    """What any JSON parser takes is taken."""
    claims = json.dumps({"iss": kit.issuer, "aud": "notes", "sub": "ann", "exp": kit.now + 9})
    assert world(kit).refused(bearer=kit.sign({"alg": "ES256", "kid": "k1"}, f" {claims}\n".encode())) == "pass"


@pytest.mark.parametrize("algorithms", [("HS256",), ("none",), ("XX",)])
def test_algorithms_without_published_keys_do_not_start(kit: Any, algorithms: tuple[str, ...]) -> None:
    """A policy that lists one is refused at start."""
    with pytest.raises(PolicyError):
        kit.world(kit.policy(verifiers=(kit.users(algorithms=algorithms),)), keys={"users": Rotating(kit.document)})


def test_a_method_without_key_source_does_not_start(kit: Any) -> None:
    """Nothing is guessed."""
    with pytest.raises(PolicyError, match="users"):
        kit.world(kit.policy(), keys={})
