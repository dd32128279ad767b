"""A situation as a request: the values of `seccfg.analyse.sources` put where requests carry them, with a credential."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import quote

from seccfg.analyse.atoms import Situation, is_value
from seccfg.analyse.credentials import Persona, add_header, claims_of, key_text, present, san_of, token
from seccfg.analyse.exchange import KeyRing, SigningKey
from seccfg.analyse.requests import RequestMaker
from seccfg.analyse.samples import good_json, good_text, good_texts, good_values
from seccfg.analyse.schemas import shut_out
from seccfg.analyse.sources import (
    ADDRESS,
    CLIENT,
    HOST,
    NOW,
    Application,
    Capture,
    Claim,
    Client,
    InBody,
    InHeader,
    InPath,
    InQuery,
    Place,
    Places,
    Roles,
    Scopes,
    Subject,
)
from seccfg.analyse.values import Shape
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import UNUSABLE
from seccfg.expr.times import print_timestamp
from seccfg.expr.types import AttributeKey, ExprType
from seccfg.ir.policy import (
    BodyLimit,
    CertVerifier,
    CookiePlace,
    IntrospectVerifier,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    LiteralSegment,
    Param,
    ParamSegment,
    Policy,
    RestSegment,
    Route,
    Segment,
    Validate,
)
from seccfg.ir.policy import Place as CredentialPlace
from seccfg.ir.request import Request, Surroundings
from seccfg.record import Record, replace
from seccfg.resolve.values import canonical_json
from seccfg.semantics.values import from_text

__all__ = ["Asked", "Asker", "Variation", "shapes", "takes"]

SOMEBODY = "alice"
_Carried = Mapping[Place, tuple[object, ExprType]]
"""What stands where."""
_SEGMENT_SAFE = "!$&'()*+,=:@-._~"


class Asked(Record):
    """A request and what it takes to repeat it. `bare` is the request without its credentials."""

    request: Request
    bare: Request
    surroundings: Surroundings
    personas: tuple[Persona, ...]
    claims: tuple[tuple[str, str], ...]
    """Claims besides the usual ones, as (path, JSON)."""


class Variation(Record):
    """What is special about a token; empty: the usual."""

    audience: str = ""
    signer: SigningKey | None = None
    place: CredentialPlace | None = None
    issued_s: int | None = None
    """Seconds before now it was issued."""
    expires_s: int | None = None
    """Seconds after now it expires."""


USUAL = Variation()


class Asker:
    """Makes requests that one version believes, of situations over its and the other version's places."""

    def __init__(self, ring: KeyRing, places: Places, now_s: int, usual: Mapping[str, Variation] | None = None) -> None:
        """
        Args:
            usual: For an auth method, what its tokens are like unless something else is asked for.
        """
        self.ring = ring
        self._usual = usual or {}
        self.policy: Policy = ring.decide
        self._places = places
        self._maker = RequestMaker(ring, now_s)
        self._now_s = now_s

    def address(self, route: Route) -> str:
        """An address the route admits."""
        return self._maker.address(route)

    def ask(
        self, route: Route, path: Sequence[Segment], alternative: Sequence[str], situation: Situation, *,
        record: str = "", address: str = "", filler: str = "x1", variation: Variation | None = None, now_s: int | None = None,
        records: Mapping[str, str] | None = None,
    ) -> Asked:  # fmt: skip
        """
        The request of *situation*.

        Args:
            route: Whose parameters and body the request has.
            path: The paths to choose from, at most as many as the route's own.
            alternative: The auth methods to present credentials of, the principal's first; none: nobody asks.
            record: The principal's key record, where the first method takes keys.
            filler: Text for parameters nothing is known of.
            variation: What is special about the principal's token.
            records: Key records of other methods, by the method's name.
        """
        moment = situation.get(NOW)
        if now_s is None:
            now_s = moment if isinstance(moment, int) and moment > 0 else self._now_s
        request = self._maker.bare(route, None, now_s)
        carried = self._carried(situation)
        query = request.target.partition("?")[2]
        target = self._path(route, path, carried, filler)
        host, wanted = situation.get(HOST), situation.get(ADDRESS)
        if isinstance(host, str):
            request = replace(request, headers=tuple(("Host", host) if n == "Host" else (n, v) for n, v in request.headers))
        request = replace(request, target=target, peer=address or (wanted if isinstance(wanted, str) else request.peer))
        for place, (value, type_) in carried.items():
            if value is MISSING:
                continue
            match place:
                case InQuery(name):
                    pairs = "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for text in _texts(value, type_))
                    query = f"{query}&{pairs}" if query else pairs
                case InHeader(name, proxied):
                    if proxied:
                        request = self._through_proxy(request)
                    for text in _texts(value, type_):
                        request = add_header(request, name, text)
                case InBody(member):
                    request = self._with_member(request, route, member, value)
                case _:
                    pass
        bare = replace(request, target=f"{request.target}?{query}" if query else request.target)
        specials = [self._usual.get(name, USUAL) for name in alternative]
        if variation is not None and specials:
            specials[0] = variation
        if route.method not in ("GET", "HEAD") and any(map(self._is_cookie, alternative, specials)):
            bare = self._maker.with_csrf(route, bare)
        chosen = {**(records or {}), **({alternative[0]: record} if alternative and record else {})}
        personas, claims = self._personas(alternative, situation, carried, chosen)
        asked = bare
        for persona, told, special in zip(personas, claims, specials, strict=True):
            asked = self._present(asked, persona, told, special)
        shown = tuple((".".join(path), json.dumps(value)) for told in claims for path, value in told.items())
        return Asked(asked, bare, self._surroundings(carried), personas, shown)

    def _carried(self, situation: Situation) -> _Carried:
        carried: dict[Place, tuple[object, ExprType]] = {}
        for key, value in situation.items():
            found = self._places.of(key)
            if found is not None and (is_value(value) or not is_value(carried.get(found[0], (MISSING,))[0])):
                carried[found[0]] = value, found[1]  # one place may be read as several types: a value wins
        return carried

    # ------------------------------------------------------------------------------------------------ the request
    def _path(self, route: Route, path: Sequence[Segment], carried: _Carried, filler: str) -> str:
        params = {p.name: p for p in route.one(Validate).params if p.place == "path"}
        parts: list[str] = []
        for at, segment in enumerate(path):
            rest = carried.get(InPath(at, True))
            if isinstance(segment, LiteralSegment):
                parts.append(segment.text)
            elif isinstance(segment, RestSegment) and rest is not None:
                parts.extend(_text(*rest).split("/"))
            else:
                value = carried.get(InPath(at, False))
                named = route.path[at] if at < len(route.path) else None
                param = params.get(named.name) if isinstance(named, (ParamSegment, RestSegment)) else None
                parts.append(good_text(param, filler) if value is None or value[0] is MISSING else _text(*value))
        return "/" + "/".join(quote(part, safe=_SEGMENT_SAFE) for part in parts)

    def _through_proxy(self, request: Request) -> Request:
        proxy = self._maker.proxy()
        if not proxy or request.header("x-forwarded-for"):
            return request
        return replace(add_header(request, "X-Forwarded-For", request.peer), peer=proxy)

    def _with_member(self, request: Request, route: Route, member: Sequence[str], value: object) -> Request:
        body = json.loads(request.body) if request.body else {}
        root = body if isinstance(body, dict) else {}
        _put(root, member, _json(value))
        if not request.header("content-type"):
            request = add_header(request, "Content-Type", route.one(BodyLimit).content_types[0])
        return replace(request, body=json.dumps(root).encode())

    def _surroundings(self, carried: _Carried) -> Surroundings:
        told = [
            (place.name, canonical_json(_json(value)))
            for place, (value, _) in carried.items()
            if isinstance(place, Application) and value is not MISSING
        ]
        return Surroundings(application=tuple(sorted(told)))

    # --------------------------------------------------------------------------------------------- the credentials
    def _personas(
        self, alternative: Sequence[str], situation: Situation, whole: _Carried, records: Mapping[str, str]
    ) -> tuple[tuple[Persona, ...], tuple[Mapping[tuple[str, ...], object], ...]]:
        personas: list[Persona] = []
        claims: list[Mapping[tuple[str, ...], object]] = []
        for number, name in enumerate(alternative):
            verifier = self.policy.verifier(name)
            own = _of(whole, name)
            carried = {**whole, **own} if number == 0 else own
            told: dict[tuple[str, ...], object] = {}
            match verifier:
                case KeyVerifier() if number or name in records or not verifier.store.env:
                    personas.append(Persona(name, record=records.get(name) or self._any_record(verifier)))
                case KeyVerifier():
                    like = _kept(verifier, carried)
                    personas.append(Persona(name, like.subject, like.roles, like.scopes, record=self._stand_in(verifier, like)))
                case CertVerifier():
                    captured = {p.name: _text(v, t) for p, (v, t) in carried.items() if isinstance(p, Capture) and v is not MISSING}
                    personas.append(Persona(name, attributes=tuple(sorted(captured.items()))))
                case _ if number and not own:
                    personas.append(Persona(name, SOMEBODY))
                case _:
                    client = carried.get(Client(""), (situation.get(CLIENT) if number == 0 else None,))[0]
                    subject = carried.get(Subject(verifier.subject_claim), (SOMEBODY,))[0]
                    personas.append(
                        Persona(
                            name, str(subject) if is_value(subject) and subject != "" else SOMEBODY,
                            _listed(carried.get(Roles(verifier.roles_claim))), _listed(carried.get(Scopes(verifier.scopes_claim))),
                            client if isinstance(client, str) else "",
                        )
                    )  # fmt: skip
                    told = _claims(carried, verifier)
            claims.append(told)
        return tuple(personas), tuple(claims)

    def stand_in(self, name: str, situation: Situation) -> KeyRecord | None:
        """A record as a deployment may keep one for *situation*; None where the spec's own file holds the records."""
        verifier = self.policy.verifier(name)
        if not isinstance(verifier, KeyVerifier) or not verifier.store.env:
            return None
        return _kept(verifier, self._carried(situation))

    def _stand_in(self, verifier: KeyVerifier, like: KeyRecord) -> str:
        """The id of the ring's record that is *like* that one."""
        return next((r.id for r in verifier.records if replace(r, id="", sha256="") == like), self._any_record(verifier))

    def _is_cookie(self, name: str, special: Variation) -> bool:
        verifier = self.policy.verifier(name)
        return not isinstance(verifier, CertVerifier) and isinstance(special.place or verifier.places[0], CookiePlace)

    def _any_record(self, verifier: KeyVerifier) -> str:
        now = self._now_s
        for record in verifier.records:
            if (record.not_before_s or 0) <= now and (record.expires_s is None or now < record.expires_s) and not record.addresses:
                return record.id
        return verifier.records[0].id if verifier.records else ""

    def _present(self, request: Request, persona: Persona, claims: Mapping[tuple[str, ...], object], special: Variation) -> Request:
        verifier = self.policy.verifier(persona.verifier)
        if isinstance(verifier, CertVerifier):
            uri = san_of(verifier, dict(persona.attributes))
            day = 86_400
            issued = self.ring.authorities[verifier.name].issue(
                uri, not_before_s=request.now_s - day, not_after_s=request.now_s + day
            )
            return replace(request, certificate=issued)
        place = special.place or verifier.places[0]
        if isinstance(verifier, KeyVerifier):
            return present(request, place, key_text(self.ring, persona)) if persona.record else request
        if isinstance(verifier, IntrospectVerifier):
            return present(request, place, "opaque")
        usual = {**claims_of(verifier, persona, request.now_s), **self.ring.claims}
        whole: dict[str, object] = json.loads(json.dumps(usual))
        for path, value in claims.items():
            _put(whole, path, value)
        if special.audience:
            whole["aud"] = special.audience
        if special.issued_s is not None:
            whole["iat"] = request.now_s - special.issued_s
        if special.expires_s is not None:
            whole["exp"] = request.now_s + special.expires_s
        return present(request, place, token(self.ring, persona, request.now_s, claims=whole, signer=special.signer))


def _of(carried: _Carried, name: str) -> dict[Place, tuple[object, ExprType]]:
    """What the credential of the auth method *name* carries, of several; as if there were no other."""
    return {replace(place, of=""): found for place, found in carried.items() if getattr(place, "of", "") == name}


def _claims(carried: _Carried, verifier: JwtVerifier | IntrospectVerifier) -> dict[tuple[str, ...], object]:
    """The claims a token has besides those *verifier* takes subject, roles and scopes from."""
    own = {Subject(verifier.subject_claim), Roles(verifier.roles_claim), Scopes(verifier.scopes_claim)}
    return {
        place.path: _json(value)
        for place, (value, _) in carried.items()
        if isinstance(place, (Claim, Subject, Roles, Scopes)) and place not in own and place.path and value not in (MISSING, ())
    }


def _kept(verifier: KeyVerifier, carried: _Carried) -> KeyRecord:
    """The record of a key that carries all that, its id and hash left empty."""
    path = ("a key of", verifier.name)
    subject = carried.get(Subject(path), (SOMEBODY,))[0]
    told = {
        place.path[-1]: canonical_json(_json(value))
        for place, (value, _) in carried.items()
        if isinstance(place, Claim) and place.path[:-1] == path and value is not MISSING
    }
    roles, scopes = _listed(carried.get(Roles(path))), _listed(carried.get(Scopes(path)))
    who = str(subject) if is_value(subject) and subject != "" else SOMEBODY
    return KeyRecord("", "", who, roles, scopes, tuple(sorted(told.items())), None, None, ())


def _listed(found: tuple[object, ExprType] | None) -> tuple[str, ...]:
    return tuple(str(item) for item in found[0]) if found is not None and isinstance(found[0], (tuple, list)) else ()


def _json(value: object) -> object:
    """As a claim or a body carries it; what is of no use becomes a value of another type than any attribute's."""
    if value is UNUSABLE:
        return {}
    return list(value) if isinstance(value, tuple) else value


def _text(value: object, type_: ExprType) -> str:
    if value is UNUSABLE:
        return "\ufffd" if type_ == "string" else "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if type_ == "timestamp" and isinstance(value, int):
        return print_timestamp(value)
    return value if isinstance(value, str) else json.dumps(_json(value))


def _texts(value: object, type_: ExprType) -> tuple[str, ...]:
    """The lines of a header or a query parameter; one given twice is of no use."""
    return ("a", "b") if value is UNUSABLE else (_text(value, type_),)


def _put(root: dict[str, object], path: Sequence[str], value: object) -> None:
    node = root
    for key in path[:-1]:
        child = node.get(key)
        if not isinstance(child, dict):
            child = node[key] = {}
        node = child
    node[path[-1]] = value


# ------------------------------------------------------------------------------------------------------- what can be
def shapes(
    keys: Iterable[AttributeKey], places: Places, hosts: Sequence[str], routes: Sequence[Route]
) -> dict[AttributeKey, Shape]:
    """What requests can carry in the places *keys* name, on any of *routes*."""
    found: dict[AttributeKey, Shape] = {}
    for key in keys:
        place = places.of(key)
        if place is not None:
            found[key] = _shape(place[0], place[1], routes)
    found[CLIENT] = Shape(True, False)
    found[HOST] = Shape(False, False, tuple(hosts))
    found[ADDRESS] = Shape(False, False, fits=_is_address)
    found[NOW] = Shape(False, False, fits=lambda moment: isinstance(moment, int) and moment > 1_000_000_000)
    return found


def takes(route: Route, path: Sequence[Segment]) -> bool:
    """Whether the literal segments of *path* are values *route*'s parameters take in their places."""
    for at, segment in enumerate(route.path):
        here = path[at] if at < len(path) else None
        if isinstance(segment, ParamSegment) and isinstance(here, LiteralSegment):
            param = _param_at(at, (route,))
            value = UNUSABLE if param is None else from_text(here.text, param.type)
            if param is not None and (value is UNUSABLE or not _accepts(param, here.text if param.type == "timestamp" else value)):
                return False
    return True


def _is_address(text: object) -> bool:
    from seccfg.semantics.address import parse_address

    return isinstance(text, str) and parse_address(text) is not None


def _shape(place: object, type_: ExprType, routes: Sequence[Route]) -> Shape:
    match place:
        case InPath(at, rest):
            return _of_param(Shape(False, True), type_, _segment_text, None if rest else _param_at(at, routes))
        case InHeader(name):
            return _of_param(Shape(), type_, _header_text, _param_named("header", name, routes))
        case InQuery(name):
            return _of_param(Shape(), type_, lambda _: True, _param_named("query", name, routes))
        case InBody(path):
            return Shape(only=()) if shut_out(path, type_, routes) else _of_body(path, routes)
        case Subject() | Roles() | Scopes():
            return Shape(False, False)
        case Client():
            return Shape(True, False)
        case Capture():
            return _of_param(Shape(False, True), type_, _segment_text, None)
        case _:
            return Shape()


def _segment_text(text: str) -> bool:
    return text not in ("", ".", "..") and text.isascii() and text.isprintable() and not set(text) & set("/\\;%?#")


def _header_text(text: str) -> bool:
    return text.isascii() and text.isprintable() and "," not in text and text == text.strip()


def _param_at(at: int, routes: Sequence[Route]) -> Param | None:
    for route in routes:
        segment = route.path[at] if at < len(route.path) else None
        if isinstance(segment, ParamSegment):
            found = next((p for p in route.one(Validate).params if p.place == "path" and p.name == segment.name), None)
            if found is not None:
                return found
    return None


def _param_named(place: str, name: str, routes: Sequence[Route]) -> Param | None:
    return next((p for route in routes for p in route.one(Validate).params if (p.place, p.name) == (place, name)), None)


def _of_param(shape: Shape, type_: ExprType, fits: Callable[[str], bool], param: Param | None) -> Shape:
    """*shape* with the values its parameter takes."""
    also = () if param is None else tuple(from_text(text, param.type) for text in good_texts(param))
    return replace(shape, also=tuple(v for v in also if v is not UNUSABLE), fits=_fitting(type_, fits, param))


def _of_body(path: Sequence[str], routes: Sequence[Route]) -> Shape:
    """What the first body schema lets stand at *path*."""
    from seccfg.semantics.validate import inputs_of, is_valid

    control = next((c for route in routes for c in [route.one(Validate)] if c.body_schema), None)
    validator = None if control is None else inputs_of(control).body
    if control is None or validator is None:
        return Shape()
    good = good_json(control.body_schema)

    def fits(value: object) -> bool:
        root = json.loads(json.dumps(good))
        if not isinstance(root, dict):
            return False
        _put(root, path, _json(value))
        return is_valid(validator, root)

    found = good_values(control.body_schema, path)
    return Shape(also=tuple(tuple(v) if isinstance(v, list) else v for v in found if not isinstance(v, dict)), fits=fits)


def _fitting(type_: ExprType, fits: Callable[[str], bool], param: Param | None) -> Callable[[object], bool]:
    """Whether a value can stand in its place, and its parameter's schema lets it."""

    def fitting(value: object) -> bool:
        text = _text(value, type_)
        return fits(text) and (param is None or _accepts(param, value))

    return fitting


def _accepts(param: Param, value: object) -> bool:
    from seccfg.semantics.validate import inputs_of, is_valid

    control = Validate((param,), False, "", False, 32, ())
    return is_valid(inputs_of(control).params[0].validator, _text(value, "timestamp") if param.type == "timestamp" else value)
