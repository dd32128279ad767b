"""Boundaries of authentication and authorization on one route."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.analyse.credentials import (
    MISSING,
    Persona,
    add_header,
    certificate,
    present,
    san_of,
    token,
)
from seccfg.analyse.requests import RequestMaker
from seccfg.analyse.situations import Goal, deciding_pairs, find, ill_typed
from seccfg.analyse.ways import Way, WayFinder, reads
from seccfg.expr.evaluate import Truth
from seccfg.ir.policy import (
    Authenticate,
    Bearer,
    CertVerifier,
    Condition,
    CookiePlace,
    HeaderPlace,
    JwtVerifier,
    KeyVerifier,
    QueryPlace,
    Revocation,
    Route,
    Verifier,
)
from seccfg.ir.request import Request, Surroundings
from seccfg.record import replace
from seccfg.verify.boundary.scenario import Scenario, single
from seccfg.verify.boundary.tokens import token_variants

__all__ = ["AccessBoundaries"]


class AccessBoundaries:
    """Scenarios about who gets in. Every token variant runs on the first route of each verifier, the basic ones on all."""

    def __init__(self, maker: RequestMaker, finder: WayFinder) -> None:
        self._maker = maker
        self._finder = finder
        self._ring = maker.ring
        self._policy = maker.policy
        self._done: set[str] = set()

    def route(self, route: Route) -> Iterator[Scenario]:
        """Everything about one route."""
        bare = self._maker.bare(route)
        yield single(f"{route.id}: no credential", bare)
        if route.public:
            yield from self._on_public(route, bare)
            return
        ways = tuple(self._finder.ways(route))
        for way in ways:
            yield self._single(way, "allowed way", self._finder.request(way))
            alone = self._finder.alone(way)
            if alone is not None:
                yield self._single(way, "by this grant alone", self._finder.request(way, situation=alone), dict(alone))
        seen: set[str] = set()
        for way in ways:
            if way.principal.verifier not in seen:
                seen.add(way.principal.verifier)
                yield from self._credentials(way)
        for way in ways:
            yield from self._roles_and_scopes(way)
            yield from self._conditions(way)
        yield from self._unreachable(route, ways)
        yield from self._several(route, ways)
        yield from self._revocation(ways)

    def _single(self, way: Way, label: str, request: Request, situation: object = None) -> Scenario:
        chosen = situation if isinstance(situation, dict) else None
        return single(f"{way.label}: {label}", request, self._finder.surroundings(way, chosen))

    def _bare(self, way: Way) -> Request:
        """The way's request without the principal's credential, with everybody else's."""
        others = way.personas[1:]
        return self._finder.request(way, personas=others)

    def _credentials(self, way: Way) -> Iterator[Scenario]:
        verifier = self._policy.verifier(way.principal.verifier)
        persona = self._finder.dressed(way.principal, way.situation)
        bare = self._bare(way)
        first = verifier.name not in self._done
        self._done.add(verifier.name)
        match verifier:
            case JwtVerifier():
                for label, request in token_variants(self._ring, verifier, persona, bare):
                    if first or label in _BASIC_TOKENS:
                        yield self._single(way, label, request)
                yield from self._stale(way)
            case KeyVerifier():
                for label, request in self._keys(verifier, bare, first):
                    yield self._single(way, label, request)
            case CertVerifier():
                for label, request in self._certificates(verifier, bare, way):
                    yield self._single(way, label, request)
            case _:
                pass

    def _stale(self, way: Way) -> Iterator[Scenario]:
        request = self._finder.request(way)
        yield single(f"{way.label}: key set too old", request, replace(self._finder.surroundings(way), keys="stale"))

    def _keys(self, verifier: KeyVerifier, bare: Request, full: bool) -> Iterator[tuple[str, Request]]:
        place = verifier.places[0]
        texts = self._ring.key_texts[verifier.name]
        for record in verifier.records:
            good = present(bare, place, texts[record.id])
            yield f"key {record.id}", good
            if not full:
                continue
            if record.not_before_s is not None:
                yield f"key {record.id} at its first second", replace(good, now_s=record.not_before_s)
                yield f"key {record.id} one second early", replace(good, now_s=record.not_before_s - 1)
            if record.expires_s is not None:
                yield f"key {record.id} in its last second", replace(good, now_s=record.expires_s - 1)
                yield f"key {record.id} expired", replace(good, now_s=record.expires_s)
            if record.addresses:
                yield f"key {record.id} from elsewhere", replace(good, peer="192.0.2.200")
        text = next(iter(texts.values()), "id.secret")
        yield "wrong secret", present(bare, place, text[:-1] + ("x" if text[-1] != "x" else "y"))
        yield "unknown id", present(bare, place, "verify-unknown.secret")
        if full:
            yield "id alone", present(bare, place, text.partition(".")[0])
            yield "empty secret", present(bare, place, text.partition(".")[0] + ".")
            yield "key in upper case", present(bare, place, text.swapcase())
            yield "key with a blank after it", present(bare, place, text + " x")
            yield "empty key", present(bare, place, "")
            yield "key with a comma", present(bare, place, text + ",x")
            yield "key with an e acute", present(bare, place, text + "\xe9")
            yield "key of 9 KiB", present(bare, place, text + "x" * 9216)
            yield "key with a line of another id", present(present(bare, place, text), place, "other.secret")
            yield "hash instead of key", present(bare, place, verifier.records[0].sha256 if verifier.records else "0")
            match place:
                case HeaderPlace(name):
                    yield (
                        "key in the query",
                        replace(bare, target=f"{bare.target}{'&' if '?' in bare.target else '?'}{name}={text}"),
                    )
                    yield "key as bearer token", add_header(bare, "Authorization", f"Bearer {text}")
                    yield "underscores for hyphens", add_header(bare, name.replace("-", "_"), text)
                case Bearer():
                    yield "another scheme", add_header(bare, "Authorization", f"Basic {text}")
                case CookiePlace() | QueryPlace():
                    yield "key as bearer token", add_header(bare, "Authorization", f"Bearer {text}")

    def _certificates(self, verifier: CertVerifier, bare: Request, way: Way) -> Iterator[tuple[str, Request]]:
        own, stranger = self._ring.authorities[verifier.name], self._ring.strangers[verifier.name]
        persona = self._finder.dressed(way.principal, way.situation)
        good = san_of(verifier, dict(persona.attributes))
        now = bare.now_s

        def with_cert(pem: str) -> Request:
            return replace(bare, certificate=pem)

        yield "good certificate", with_cert(certificate(self._ring, persona))
        yield "certificate of another authority", with_cert(stranger.issue(good))
        yield "expired certificate", with_cert(own.issue(good, not_before_s=now - 7200, not_after_s=now - 1))
        yield "certificate not valid yet", with_cert(own.issue(good, not_before_s=now + 60, not_after_s=now + 7200))
        yield "no SAN", with_cert(own.issue())
        yield "another URI", with_cert(own.issue("spiffe://elsewhere.example.net/x"))
        yield "URI and more", with_cert(own.issue(good + "/x"))
        yield "URI cut short", with_cert(own.issue(good[:-1]))
        yield "URI in upper case", with_cert(own.issue(good.upper()))
        yield "empty last segment", with_cert(own.issue(good.rpartition("/")[0] + "/"))
        yield "two URIs, both fit", with_cert(own.issue(good, good + "2"))
        yield "two URIs, one fits", with_cert(own.issue(good, "https://elsewhere.example.net/"))

    def _roles_and_scopes(self, way: Way) -> Iterator[Scenario]:
        verifier = self._policy.verifier(way.principal.verifier)
        if not isinstance(verifier, JwtVerifier):
            return
        persona = self._finder.dressed(way.principal, way.situation)

        def made(label: str, changed: Persona) -> Scenario:
            return self._single(way, label, self._finder.request(way, (changed, *way.personas[1:])))

        if verifier.roles_claim:
            for role in (*verifier.asserts, *(name for name, _ in self._policy.roles if name not in verifier.asserts)):
                yield made(f"role {role} alone", replace(persona, roles=(role,)))
                yield made(f"role {role} besides", replace(persona, roles=tuple(dict.fromkeys((*persona.roles, role)))))
            for role in persona.roles:
                yield made(f"without role {role}", replace(persona, roles=tuple(r for r in persona.roles if r != role)))
            yield made("no roles", replace(persona, roles=()))
            yield made("an unknown role", replace(persona, roles=("verify-unknown",)))
            yield made("all roles", replace(persona, roles=tuple(name for name, _ in self._policy.roles)))
        for scope in persona.scopes:
            others = tuple(s for s in persona.scopes if s != scope)
            yield made(f"without scope {scope}", replace(persona, scopes=others))
            yield made(f"scope {scope} cut short", replace(persona, scopes=(*others, scope[:-1])))
            yield made(f"scope {scope} and more", replace(persona, scopes=(*others, scope + "x")))
        yield made("scopes besides", replace(persona, scopes=(*persona.scopes, "verify-more")))
        clients = dict(verifier.clients)
        for name, client_id in clients.items():
            yield made(f"through client {name}", replace(persona, client_id=client_id))
        if clients:
            yield made("through an unknown client", replace(persona, client_id="verify-unknown"))
            yield made("through no client", replace(persona, client_id=""))

    def _conditions(self, way: Way) -> Iterator[Scenario]:
        verifier = self._policy.verifier(way.principal.verifier)
        pools, narrowed = self._finder.pools(way.route), self._finder.allowed(way.route)
        for condition, _ in self._finder.conditions(way.route, way.grant):
            keys = [key for key in reads(condition) if self._can_change(verifier, key)]
            allowed = {
                **narrowed,
                **{key: (way.situation[key],) for key in reads(condition) if key not in keys and key in way.situation},
            }
            for pair in deciding_pairs(condition, pools, way.situation, allowed):
                for sign, situation in (("decides for", pair.holds), ("decides against", pair.fails)):
                    chosen = dict(situation)
                    request = self._finder.request(way, situation=chosen)
                    yield self._single(way, f"{condition.name}: atom {pair.atom + 1} {sign}", request, chosen)
            for key in keys:
                for value in (allowed.get(key, ()) or pools.of(key))[:12]:
                    chosen = {**way.situation, key: value}
                    request = self._finder.request(way, situation=chosen)
                    yield self._single(way, f"{condition.name}: {key[0]}.{key[1]} is {value!r}", request, chosen)
            yield from self._spoiled(way, condition, verifier)

    def _can_change(self, verifier: Verifier, key: tuple[str, str]) -> bool:
        side, name = key
        if side == "principal":
            return isinstance(verifier, JwtVerifier) and name not in ("roles", "scopes", "method", "client")
        return (side, name) in self._maker.attrs and not (
            side == "request" and name in ("method", "host", "ip", "path")
        )

    def _spoiled(self, way: Way, condition: Condition, verifier: Verifier) -> Iterator[Scenario]:
        """Each attribute missing, and of every wrong type."""
        for key in reads(condition):
            side, name = key
            if not self._can_change(verifier, key):
                continue
            attr = self._maker.attrs.get(key)
            kind = "string" if attr is None else "list" if attr.list_of else attr.type
            without = {k: v for k, v in way.situation.items() if k != key}
            label = f"{condition.name}: {side}.{name}"
            yield self._single(way, f"{label} missing", self._finder.request(way, situation=without), without)
            if side == "principal" or (
                attr is not None and type(attr.source).__name__ in ("FromBody", "FromApplication")
            ):
                for what, value in ill_typed(key, kind):
                    changed = {**way.situation, key: value}
                    yield self._single(way, f"{label} is {what}", self._finder.request(way, situation=changed), changed)
            elif attr is not None and type(attr.source).__name__ in ("FromHeader", "FromQuery"):
                for what, text in (
                    ("empty", ""),
                    ("with a comma", "a,b"),
                    ("text", "abc"),
                    ("with a leading zero", "01"),
                    ("true", "true"),
                ):
                    changed = {**way.situation, key: text}
                    yield self._single(way, f"{label} is {what}", self._finder.request(way, situation=changed), changed)

    def _unreachable(self, route: Route, ways: tuple[Way, ...]) -> Iterator[Scenario]:
        """A grant nobody was found for: everybody the route's verifiers believe is tried, and must be refused or allowed alike."""
        reached = {way.principal.verifier for way in ways}
        for alternative in route.one(Authenticate).alternatives:
            if alternative[0] in reached:
                continue
            personas = tuple(self._finder.plain(self._policy.verifier(name)) for name in alternative)
            if all(
                p.record or not isinstance(self._policy.verifier(p.verifier), KeyVerifier) for p in personas
            ) and not any(type(self._policy.verifier(p.verifier)).__name__ == "IntrospectVerifier" for p in personas):
                request = self._maker.with_csrf(route, self._maker.made_by(self._maker.bare(route), personas))
                yield single(
                    f"{route.id}: as {' and '.join(p.describe() for p in personas)}, whom no grant names", request
                )

    def _several(self, route: Route, ways: tuple[Way, ...]) -> Iterator[Scenario]:
        """Two methods' places filled at once, and methods the route does not list."""
        for one in ways:
            for other in self._policy.verifiers:
                if other.name in {p.verifier for p in one.personas} or type(other).__name__ == "IntrospectVerifier":
                    continue
                persona = self._finder.plain(other)
                if isinstance(other, KeyVerifier) and not persona.record:
                    continue
                both = self._maker.made_by(self._finder.request(one), (persona,))
                yield self._single(one, f"and a credential of {other.name}", both)
                alone = self._maker.made_by(self._maker.bare(route, one.situation), (persona,))
                yield self._single(one, f"a credential of {other.name} instead", self._maker.with_csrf(route, alone))
            for n, left_out in enumerate(one.personas):
                if len(one.personas) > 1:
                    rest = tuple(p for m, p in enumerate(one.personas) if m != n)
                    yield self._single(one, f"without {left_out.verifier}", self._finder.request(one, rest))
            return

    def _revocation(self, ways: tuple[Way, ...]) -> Iterator[Scenario]:
        for way in ways[:1]:
            control = way.route.first(Revocation)
            verifier = self._policy.verifier(way.principal.verifier)
            if control is None or not isinstance(verifier, JwtVerifier):
                continue
            persona = self._finder.dressed(way.principal, way.situation)
            bare = self._bare(way)
            place, now = verifier.places[0], bare.now_s
            ident = f"jwt:{verifier.issuer}\x1f{persona.subject}"
            base = self._finder.surroundings(way)

            def made(**changed: object) -> Request:
                return present(bare, place, token(self._ring, persona, now, claims=changed))  # noqa: B023 - used at once

            cases: list[tuple[str, Surroundings, Request]] = [
                ("nothing revoked", base, made()),
                ("store down", replace(base, store="down"), made()),
            ]
            if control.deny_claim:
                name = control.deny_claim[0]
                cases += [
                    ("token on the deny list", replace(base, denied=("verify-token-1",)), made()),
                    ("another token on the deny list", replace(base, denied=("verify-token-2",)), made()),
                    (f"no {name}", base, made(**{name: MISSING})),
                    (f"{name} is a number", base, made(**{name: 5})),
                    (f"{name} is empty", base, made(**{name: ""})),
                ]
            if control.version_claim:
                name = control.version_claim[0]
                cases += [
                    ("version just good enough", replace(base, versions=((ident, 3),)), made()),
                    ("version one too old", replace(base, versions=((ident, 4),)), made()),
                    (f"no {name}", base, made(**{name: MISSING})),
                    (f"{name} is text", base, made(**{name: "3"})),
                ]
            if control.not_before:
                cases += [
                    ("issued in the second tokens became bad", replace(base, not_before=((ident, now),)), made()),
                    ("issued one second too early", replace(base, not_before=((ident, now + 1),)), made()),
                    ("no iat", replace(base, not_before=((ident, now),)), made(iat=MISSING)),
                ]
            for label, surroundings, request in cases:
                yield single(f"{way.label}: {label}", request, surroundings)

    def _on_public(self, route: Route, bare: Request) -> Iterator[Scenario]:
        """A public route looks at no credential and forwards no identity."""
        yield single(f"{route.id}: with a bad token", add_header(bare, "Authorization", "Bearer abc"))
        for verifier in self._policy.verifiers:
            if isinstance(verifier, JwtVerifier):
                request = self._maker.made_by(bare, (Persona(verifier.name, roles=verifier.asserts),))
                yield single(f"{route.id}: with a good token of {verifier.name}", request)
                break


def forbidden(finder: WayFinder, way: Way) -> Request | None:
    """A request of the same principal that some condition refuses; None when no condition has a say."""
    route, grant = way.route, way.grant
    for condition, truth in finder.conditions(route, grant):
        wrong = Truth.FALSE if truth is Truth.TRUE else Truth.TRUE
        situation = find((Goal(condition, wrong),), finder.pools(route), {}, finder.allowed(route))
        if situation is not None:
            return finder.request(way, situation={**way.situation, **situation})
    return None


_BASIC_TOKENS = frozenset(
    (
        "good token",
        "expired at this second",
        "nbf one second beyond the skew",
        "another audience",
        "another issuer",
        "unknown kid",
        "signed by a key nobody trusts",
        "alg none",
        "public key as HMAC secret",
        "two segments",
        "no dots",
        "Authorization twice",
        "both places filled",
        "scheme alone",
        "good cookie",
        "good cookie without its CSRF header",
    )
)
