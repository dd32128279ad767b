"""A JWT verifier's boundaries: every way a token can be nearly good (RFC 7519, RFC 8725)."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator

from seccfg.analyse.credentials import MISSING, Persona, add_cookie, add_header, claims_of, present, present_as, token
from seccfg.analyse.exchange import KeyRing, SigningKey
from seccfg.ir.policy import Bearer, CookiePlace, HeaderPlace, JwtVerifier
from seccfg.ir.request import Request
from seccfg.record import replace

Labelled = tuple[str, Request]
_SIZE_LIMIT_BYTES = 8192


def token_variants(ring: KeyRing, verifier: JwtVerifier, persona: Persona, bare: Request) -> Iterator[Labelled]:
    """*bare* (which carries no credential) with good and nearly good tokens of *persona*, each with a label."""
    place = verifier.places[0]
    for label, text in _texts(ring, verifier, persona, bare.now_s):
        yield label, present(bare, place, text)
    yield from _presentations(ring, verifier, persona, bare)


def _texts(ring: KeyRing, verifier: JwtVerifier, persona: Persona, now: int) -> Iterator[tuple[str, str]]:
    yield from _times(ring, verifier, persona, now)
    yield from _names(ring, verifier, persona, now)
    yield from _headers(ring, verifier, persona, now)
    yield from _signatures(ring, verifier, persona, now)
    yield from _shapes(ring, verifier, persona, now)


def _times(ring: KeyRing, verifier: JwtVerifier, persona: Persona, now: int) -> Iterator[tuple[str, str]]:
    skew = verifier.skew_s

    def made(**claims: object) -> str:
        return token(ring, persona, now, claims=claims)

    yield "good token", made()
    yield "expired at this second", made(exp=now - skew)
    yield "last second before expiry", made(exp=now - skew + 1)
    yield "no exp", made(exp=MISSING)
    yield "exp is text", made(exp=str(now + 300))
    yield "exp is a fraction", made(exp=now + 300.5)
    yield "exp is true", made(exp=True)
    yield "nbf at the skew", made(nbf=now + skew)
    yield "nbf one second beyond the skew", made(nbf=now + skew + 1)
    yield "nbf is text", made(nbf="0")
    yield "iat at the skew", made(iat=now + skew)
    yield "iat one second beyond the skew", made(iat=now + skew + 1)
    yield "no iat", made(iat=MISSING)
    yield "iat is text", made(iat="0")
    if verifier.max_age_s is not None:
        oldest = now - verifier.max_age_s - skew
        yield "as old as tokens may be", made(iat=oldest + 1)
        yield "too old by one second", made(iat=oldest)


def _names(ring: KeyRing, verifier: JwtVerifier, persona: Persona, now: int) -> Iterator[tuple[str, str]]:
    def made(**claims: object) -> str:
        return token(ring, persona, now, claims=claims)

    ours = verifier.audiences[0]
    yield "another audience", made(aud="https://elsewhere.example.net")
    yield "audience in other case", made(aud=ours.swapcase())
    yield "one audience of several", made(aud=["https://elsewhere.example.net", verifier.audiences[-1]])
    yield "several audiences, none ours", made(aud=["a", "b"])
    yield "no audience", made(aud=MISSING)
    yield "empty audience list", made(aud=[])
    yield "audience list with a number", made(aud=[ours, 5])
    yield "audience is an object", made(aud={"aud": ours})
    yield "another issuer", made(iss="https://elsewhere.example.net/")
    yield "issuer with one more slash", made(iss=verifier.issuer + "/")
    yield "no issuer", made(iss=MISSING)
    yield "issuer is a list", made(iss=[verifier.issuer])
    if len(verifier.subject_claim) == 1:
        claim = verifier.subject_claim[0]
        for label, value in (
            ("no subject", MISSING),
            ("empty subject", ""),
            ("subject is a number", 5),
            ("null subject", None),
        ):
            yield label, token(ring, persona, now, claims={claim: value})
    if persona.client_id:
        yield "client in client_id", made(azp=MISSING, client_id=persona.client_id)
        yield "azp of another client", made(azp="someone-else", client_id=persona.client_id)
    yield from _role_forms(ring, verifier, persona, now)


def _role_forms(ring: KeyRing, verifier: JwtVerifier, persona: Persona, now: int) -> Iterator[tuple[str, str]]:
    if not verifier.roles_claim or not persona.roles:
        return
    top, rest = verifier.roles_claim[0], verifier.roles_claim[1:]

    def made(value: object) -> str:
        for key in reversed(rest):
            value = {key: value}
        return token(ring, persona, now, claims={top: value})

    roles = list(persona.roles)
    yield "roles as one string", made(" ".join(roles))
    yield "roles as one string with commas", made(",".join([*roles, "x"]))
    yield "roles with a number among them", made([*roles, 5])
    yield "roles is an object", made(dict.fromkeys(roles, True))
    yield "roles is null", made(None)
    yield "roles nested once more", made([roles])
    yield "roles in other case", made([role.upper() for role in roles])
    yield "roles and an unknown one", made([*roles, "verify-unknown"])


def _headers(ring: KeyRing, verifier: JwtVerifier, persona: Persona, now: int) -> Iterator[tuple[str, str]]:
    def made(**header: object) -> str:
        return token(ring, persona, now, header=header)

    key = ring.signers[verifier.name][0].key.as_dict(private=False)
    yield "no kid", made(kid=MISSING)
    yield "unknown kid", made(kid="verify-unknown")
    yield "empty kid", made(kid="")
    yield "unknown critical header", made(crit=["exp"], exp=now)
    yield "empty crit", made(crit=[])
    yield "jku", made(jku="https://elsewhere.example.net/jwks.json")
    yield "jwk", made(jwk=key)
    yield "x5u", made(x5u="https://elsewhere.example.net/cert.pem")
    yield "b64", made(b64=True)
    yield "no typ", made(typ=MISSING)
    yield "typ at+jwt", made(typ="at+jwt")
    yield "typ application/at+jwt", made(typ="application/at+jwt")
    yield "typ in lower case", made(typ="jwt")
    yield "typ of a logout token", made(typ="logout+jwt")
    yield "typ is a number", made(typ=5)


def _signatures(ring: KeyRing, verifier: JwtVerifier, persona: Persona, now: int) -> Iterator[tuple[str, str]]:
    own = ring.signers[verifier.name]
    yield "signed by a key nobody trusts", token(ring, persona, now, signer=ring.foreign[verifier.name])
    for n, signer in enumerate(own):
        yield f"signed by key {n + 1} of the set", token(ring, persona, now, signer=signer)
    for other, signers in ring.signers.items():
        if other != verifier.name:
            yield f"signed by the key of {other}", token(ring, persona, now, signer=signers[0])
    if len(own) > 1:
        yield "kid of another key of the set", token(ring, persona, now, signer=own[0], header={"kid": own[1].kid})
    yield "alg none", token(ring, persona, now, header={"alg": "none"}, unsigned=True)
    yield "alg None in mixed case", token(ring, persona, now, header={"alg": "nOnE"}, unsigned=True)
    yield "right alg, no signature", token(ring, persona, now, unsigned=True)
    good = token(ring, persona, now)
    head, body, signature = good.split(".")
    yield "signature cut short", f"{head}.{body}.{signature[:-4]}"
    yield (
        "signature of another token",
        f"{head}.{body}.{token(ring, persona, now, claims={'jti': 'other'}).split('.')[2]}",
    )
    yield "claims changed after signing", f"{head}.{_flip(body)}.{signature}"
    yield "public key as HMAC secret", _confused(own[0], verifier, persona, now)
    unlisted = _unlisted(verifier, own[0])
    if unlisted:
        changed = SigningKey(own[0].kid, unlisted, own[0].key)
        yield f"algorithm {unlisted}, which is not listed", token(ring, persona, now, signer=changed)


def _unlisted(verifier: JwtVerifier, signer: SigningKey) -> str:
    """An algorithm the same key could use that the verifier does not list; empty when there is none."""
    if signer.alg[:2] not in ("RS", "PS"):
        return ""
    candidates = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
    return next((alg for alg in candidates if alg not in verifier.algorithms), "")


def _confused(signer: SigningKey, verifier: JwtVerifier, persona: Persona, now: int) -> str:
    header = {"alg": "HS256", "kid": signer.kid, "typ": "JWT"}
    signed = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims_of(verifier, persona, now)).encode())}"
    return f"{signed}.{_b64(hmac.digest(signer.public_pem(), signed.encode(), 'sha256'))}"


def _flip(text: str) -> str:
    return ("B" if text[9] == "A" else "A").join((text[:9], text[10:]))


def _shapes(ring: KeyRing, verifier: JwtVerifier, persona: Persona, now: int) -> Iterator[tuple[str, str]]:
    good = token(ring, persona, now)
    head, body, signature = good.split(".")
    claims = {**claims_of(verifier, persona, now), **ring.claims}
    yield "two segments", f"{head}.{body}"
    yield "four segments", f"{good}.x"
    yield "no dots", "abc"
    yield "only dots", ".."
    yield "padded", f"{head}=.{body}.{signature}"
    yield "not base64url", f"{head}.{body[:-1]}!.{signature}"
    yield "header is no JSON", f"{_b64(b'x')}.{body}.{signature}"
    yield "header is a list", f"{_b64(b'[]')}.{body}.{signature}"
    yield "claims are no JSON", token(ring, persona, now, payload=b"{")
    yield "claims are a list", token(ring, persona, now, payload=b"[]")
    yield "claims are not UTF-8", token(ring, persona, now, payload=b'{"iss": "\xff"}')
    twice = json.dumps(claims)[:-1] + ', "aud": "https://elsewhere.example.net"}'
    yield "aud twice, the last is wrong", token(ring, persona, now, payload=twice.encode())
    twice = '{"aud": "https://elsewhere.example.net", ' + json.dumps(claims)[1:]
    yield "aud twice, the last is right", token(ring, persona, now, payload=twice.encode())
    for label, size in (("as long as tokens may be", _SIZE_LIMIT_BYTES), ("one byte too long", _SIZE_LIMIT_BYTES + 1)):
        padded = _padded(ring, persona, now, size)
        if padded:
            yield label, padded


def _padded(ring: KeyRing, persona: Persona, now: int, size: int) -> str:
    """A good token of exactly *size* characters; empty when base64 cannot hit that length."""
    guess = (size - len(token(ring, persona, now))) * 3 // 4
    for filler in range(max(guess - 8, 0), guess + 1):
        text = token(ring, persona, now, claims={"pad": "x" * filler})
        if len(text) == size:
            return text
        if len(text) > size:
            break
    for filler in range(max(guess - 8, 0), guess + 1):
        text = token(ring, persona, now, claims={"pad": "x" * filler}, header={"pad2": "y"})
        if len(text) == size:
            return text
    return ""


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _presentations(ring: KeyRing, verifier: JwtVerifier, persona: Persona, bare: Request) -> Iterator[Labelled]:
    good = token(ring, persona, bare.now_s)
    for place in verifier.places:
        match place:
            case Bearer():
                yield "scheme in lower case", add_header(bare, "Authorization", f"bearer {good}")
                yield "scheme in upper case", add_header(bare, "AUTHORIZATION", f"BEARER {good}")
                yield "two spaces after the scheme", add_header(bare, "Authorization", f"Bearer  {good}")
                yield "tab after the scheme", add_header(bare, "Authorization", f"Bearer\t{good}")
                yield "scheme alone", add_header(bare, "Authorization", "Bearer")
                yield "scheme and a space", add_header(bare, "Authorization", "Bearer ")
                yield "empty Authorization", add_header(bare, "Authorization", "")
                yield "no scheme", add_header(bare, "Authorization", good)
                yield "another scheme", add_header(bare, "Authorization", f"Basic {good}")
                yield "token in the query", replace(bare, target=_with_query(bare.target, f"access_token={good}"))
                said = present(bare, place, good)
                yield "token in the query as well", replace(said, target=_with_query(said.target, f"jwt={good}"))
                twice = present(bare, place, good)
                yield "Authorization twice", add_header(twice, "Authorization", f"Bearer {good}")
            case CookiePlace(name):
                yield "good cookie", present(bare, place, good)
                yield "good cookie without its CSRF header", present(bare, place, good)
                yield "cookie with an empty value", present(bare, place, "")
                yield "cookie twice", add_header(bare, "Cookie", f"{name}={good}; {name}={good}")
                yield "cookie among others", add_header(bare, "Cookie", f"a=b; {name}={good}; c=d")
                yield "cookie name in other case", add_header(bare, "Cookie", f"{name.swapcase()}={good}")
                yield "quoted cookie", add_header(bare, "Cookie", f'{name}="{good}"')
            case HeaderPlace(name):
                yield "good header", present(bare, place, good)
                yield "header with an empty value", add_header(bare, name, "")
                yield "header twice", add_header(present(bare, place, good), name, good)
            case _:
                yield "good query parameter", present(bare, place, good)
    if len(verifier.places) > 1:
        both = present(bare, verifier.places[0], good)
        yield "both places filled", present(both, verifier.places[1], good)
        yield "second place filled with nothing", present(both, verifier.places[1], "")
    if Bearer() not in verifier.places:
        yield "token in a place that is not listed", add_header(bare, "Authorization", f"Bearer {good}")
    yield "token and an unlisted cookie", add_cookie(present_as(ring, bare, persona), f"session={good}")


def _with_query(target: str, pair: str) -> str:
    return f"{target}{'&' if '?' in target else '?'}{pair}"
