"""
A route's authorization as one condition over what a request carries.

A `Viewpoint` is one version's route seen with the credentials of one auth method: conditions are rewritten from the names
the spec gives attributes to the places their values come from, roles to the roles a token carries, clients to client ids.
Two versions seen through the same `Places` can be compared, whatever each calls things.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.analyse.fixing import constant_of
from seccfg.analyse.rewriting import conjunction, disjunction, rewrite
from seccfg.analyse.sources import (
    ADDRESS,
    CLIENT,
    HOST,
    NOTHING,
    NOW,
    PATH,
    USELESS,
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
from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
    Constant,
    Exists,
    Expr,
    ForAll,
    Has,
    In,
    ListLiteral,
    Not,
    Or,
    String,
    TextTest,
    TimePart,
    attributes,
)
from seccfg.expr.evaluate import UNUSABLE, typed_value
from seccfg.expr.substitute import bind, substitute
from seccfg.expr.types import AttributeKey, ExprType, ScalarType, list_of
from seccfg.ir.policy import (
    Attr,
    Authorize,
    ByAttribute,
    CertVerifier,
    Condition,
    FromApplication,
    FromBody,
    FromClaims,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    FromRoute,
    Grant,
    IntrospectVerifier,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    LiteralSegment,
    ParamSegment,
    Policy,
    RateLimit,
    RestSegment,
    Route,
    SanWildcard,
    Segment,
    Verifier,
)
from seccfg.record import Record
from seccfg.semantics.values import from_text

__all__ = ["Form", "GrantForm", "Viewpoint", "roles_place", "scopes_place"]


def roles_place(verifier: Verifier, record: KeyRecord | None = None, of: str = "") -> Roles | None:
    """
    Where credentials of *verifier* carry roles that differ from one to the next; None where what they carry is known.

    Args:
        of: The auth method, where requests carry several credentials that say who asks.
    """
    match verifier:
        case JwtVerifier(roles_claim=path) | IntrospectVerifier(roles_claim=path):
            return Roles(path, of) if path else None
        case KeyVerifier(store=store) if record is None and store.env:
            return Roles(("a key of", verifier.name), of)
        case _:
            return None


def scopes_place(verifier: Verifier, record: KeyRecord | None = None, of: str = "") -> Scopes | None:
    """As `roles_place`, of scopes."""
    match verifier:
        case JwtVerifier(scopes_claim=path) | IntrospectVerifier(scopes_claim=path):
            return Scopes(path, of) if path else None
        case KeyVerifier(store=store) if record is None and store.env:
            return Scopes(("a key of", verifier.name), of)
        case _:
            return None


_UNRESERVED: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
"""Characters that can be sent in one way only."""
_CLIENT_NAME: Final[AttributeKey] = ("principal", "client")
_SOME: Final[Mapping[ScalarType, object]] = {
    "string": "", "integer": 0, "number": 0.0, "boolean": True, "timestamp": 0, "duration": 0,
}  # fmt: skip


class GrantForm(Record):
    """A grant as a condition; each part TRUE exactly when that key of the grant holds."""

    grant: Grant
    method: bool
    """The auth method is one the grant names, or it names none."""
    clients: Expr
    roles: Expr
    scopes: tuple[tuple[str, Expr], ...]
    conditions: tuple[tuple[Condition, Expr], ...]
    whole: Expr


class Form(Record):
    """A route's authorization, seen with one method's credentials; `whole` is TRUE exactly when steps 12 and 13 pass."""

    grants: tuple[GrantForm, ...]
    require: tuple[tuple[Condition, Expr], ...]
    forbid: tuple[tuple[Condition, Expr], ...]
    counted: tuple[tuple[RateLimit, Expr], ...]
    """Limits by attribute, each TRUE where there is a value to count by: without one the request is refused."""
    whole: Expr


class Viewpoint:
    """One route of one version, asked with the credentials of *verifier* (and of one key record, where there are any)."""

    def __init__(
        self, policy: Policy, route: Route, path: Sequence[Segment], verifier: Verifier, places: Places,
        record: KeyRecord | None = None, asserts: Sequence[str] | None = None, of: str = "",
    ) -> None:  # fmt: skip
        """
        Args:
            path: The paths asked about: the route's own, or more literal ones that it answers as well.
            asserts: Roles to take the method's tokens to assert; its own, where left out.
            of: The method's name, where requests carry the credentials of several that say who asks in one version each.
        """
        self._policy = policy
        self._route = route
        self._verifier = verifier
        self._places = places
        self._record = record
        self._of = of
        self._asserts = frozenset(verifier.asserts if asserts is None else asserts)
        self._gives: Mapping[str, tuple[str, ...]] = dict(policy.roles)
        self._attrs: dict[AttributeKey, Attr] = {(a.side, a.name): a for a in policy.attrs}
        self._segments = _values_of_path(route.path, path)
        self._prefix, self._whole_path = _beginning(path)
        self._conditions: dict[str, Expr] = {}

    def form(self) -> Form:
        """The route's authorization; nobody passes a route that has none."""
        authorize = self._route.first(Authorize)
        if authorize is None:
            return Form((), (), (), (), Bool(False))
        require = tuple(self._condition(ident) for ident in authorize.require)
        forbid = tuple(self._condition(ident) for ident in authorize.forbid)
        grants = tuple(self.grant(grant) for grant in authorize.allow)
        counted = tuple((limit, self._counts(limit.key)) for limit in self._route.limits() if isinstance(limit.key, ByAttribute))
        around = [*(expr for _, expr in require), *(Not(expr) for _, expr in forbid), *(expr for _, expr in counted)]
        whole = conjunction([*around, disjunction([grant.whole for grant in grants])])
        if PATH in attributes(whole):  # what every path of the class begins with is no matter of the conditions
            whole = And((TextTest("startsWith", Attribute(*PATH, "string"), String(self._prefix)), whole))
        return Form(grants, require, forbid, counted, whole)

    def condition(self, condition: Condition) -> Expr:
        """*condition* over what the request carries."""
        found = self._conditions.get(condition.id)
        if found is None:
            found = self._conditions[condition.id] = rewrite(condition.expr, self._seen)
        return found

    def _counts(self, key: ByAttribute) -> Expr:
        """The attribute is there and of its type: either it equals some value or it does not."""
        attr = self._attrs.get((key.side, key.name))
        scalar: ScalarType = "string" if attr is None else attr.type
        type_: ExprType = list_of(scalar) if attr is not None and attr.list_of else scalar
        found = Attribute(key.side, key.name, type_)
        some = _scalar_constant(scalar)
        asked: Expr = In(some, found) if type_ != scalar else Compare("==", found, some)
        return rewrite(Or((asked, Not(asked))), self._seen)

    def _condition(self, ident: str) -> tuple[Condition, Expr]:
        condition = self._policy.condition(ident)
        return condition, self.condition(condition)

    def grant(self, grant: Grant) -> GrantForm:
        """Who meets *grant*."""
        method = not grant.methods or self._verifier.name in grant.methods
        clients = self._clients(grant.clients) if grant.clients else Bool(True)
        roles = conjunction([disjunction([self._carries(role) for role in wanted]) for wanted in grant.role_sets])
        scopes = tuple((scope, self._in_scopes(String(scope))) for scope in grant.scopes)
        conditions = tuple(self._condition(ident) for ident in grant.conditions)
        parts = [clients, roles, *(expr for _, expr in scopes), *(expr for _, expr in conditions)]
        return GrantForm(grant, method, clients, roles, scopes, conditions, conjunction(parts) if method else Bool(False))

    # -------------------------------------------------------------------------------------------- who asks
    def _carries(self, role: str) -> Expr:
        """The credential carries *role* itself, and may."""
        if role not in self._asserts or role not in self._gives:
            return Bool(False)
        place = roles_place(self._verifier, self._record, self._of)
        if place is not None:
            return In(String(role), self._placed(place, "list<string>"))
        if isinstance(self._verifier, CertVerifier):
            return Bool(role in self._verifier.roles)
        return Bool(self._record is not None and role in self._record.roles)

    def _has_role(self, role: str) -> Expr:
        """The principal has *role*, after closure."""
        return disjunction([self._carries(other) for other, gives in self._gives.items() if role in gives])

    def _clients(self, names: Sequence[str]) -> Expr:
        known = self._known_clients()
        idents = tuple(String(known[name]) for name in names if name in known)
        return In(self._client("string"), ListLiteral(idents)) if idents else Bool(False)

    def _in_scopes(self, item: Expr) -> Expr:
        return In(item, self._scopes())

    def _scopes(self) -> Expr:
        place = scopes_place(self._verifier, self._record, self._of)
        if place is not None:
            return self._placed(place, "list<string>")
        return ListLiteral(tuple(String(scope) for scope in (self._record.scopes if self._record is not None else ())))

    # ------------------------------------------------------------------------------------------- conditions
    def _seen(self, node: Expr) -> Expr | None:
        match node:
            case In(String(role), Attribute("principal", "roles")):
                return self._has_role(role)
            case Exists(Attribute("principal", "roles"), variable, body):
                return disjunction([And((self._has_role(r), self._of_role(body, variable, r))) for r in self._gives])
            case ForAll(Attribute("principal", "roles"), variable, body):
                return conjunction([Or((Not(self._has_role(r)), self._of_role(body, variable, r))) for r in self._gives])
            case Attribute():
                return self._attribute(node)
            case And() | Or() | Not():
                return None
            case _:
                return self._of_client(node) if _CLIENT_NAME in attributes(node) else None

    def _of_client(self, atom: Expr) -> Expr | None:
        """*atom*, which reads the client's name, by the client's id: what it says of each name; an error for any other id."""
        known = self._known_clients()
        if not known:
            return None
        client = self._client("string")
        listed = In(client, ListLiteral(tuple(String(ident) for ident in known.values())))
        if isinstance(atom, Has):
            return And((Has(client), listed))
        each: list[Expr] = [
            And((Compare("==", client, String(ident)), rewrite(substitute(atom, {_CLIENT_NAME: String(name)}), self._seen)))
            for name, ident in known.items()
        ]
        unknown = And((Not(listed), Compare("==", Attribute(*NOTHING, "string"), String(""))))
        return disjunction([*each, unknown])

    def _known_clients(self) -> dict[str, str]:
        """The clients tokens of the method may be for, by name: of several names for one id the first."""
        if not isinstance(self._verifier, (JwtVerifier, IntrospectVerifier)):
            return {}
        first: dict[str, str] = {}
        for name, ident in self._verifier.clients:
            first.setdefault(ident, name)
        return {name: ident for ident, name in first.items()}

    def _of_role(self, body: Expr, variable: str, role: str) -> Expr:
        return rewrite(bind(body, variable, String(role)), self._seen)

    def _attribute(self, node: Attribute) -> Expr:
        type_ = node.type
        if type_ is None:
            raise TypeError("only checked conditions can be analysed")
        attr = self._attrs.get((node.side, node.name))
        if attr is None:
            return self._built_in(node, type_)
        match attr.source:
            case FromClaims():
                return self._claim(attr, type_)
            case FromHeader(name):
                if attr.trust == "proxy" and not self._policy.edge.address.trusted_proxies:
                    return Attribute(*NOTHING, type_)  # nobody is believed: it is stripped from every request
                place: Place = InHeader(name, attr.trust == "proxy")
            case FromQuery(name):
                place = InQuery(name)
            case FromBody(path):
                place = InBody(path)
            case FromPath(name):
                found = self._segments.get(name)
                if found is None:
                    return Attribute(*NOTHING, type_)
                if isinstance(found, str):
                    return _valued(from_text(found, attr.type), type_)
                place = found
            case FromClock(function):
                return _clock(function)
            case FromApplication():
                place = Application(attr.name)
            case FromRoute():
                return Attribute(*NOTHING, type_)
        return self._placed(place, type_)

    def _placed(self, place: Place, type_: ExprType) -> Attribute:
        return Attribute(*self._places.key(place, type_), type_)

    def _claim(self, attr: Attr, type_: ExprType) -> Expr:
        match self._verifier:
            case JwtVerifier(attributes=claims) | IntrospectVerifier(attributes=claims):
                path = next((claim.path for claim in claims if claim.name == attr.name), None)
                if path is None:
                    return Attribute(*NOTHING, type_)
                return self._placed(Claim(path, self._of), type_)
            case KeyVerifier():
                if self._record is None:
                    return self._placed(Claim(("a key of", self._verifier.name, attr.name), self._of), type_)
                told = dict(self._record.attributes)
                value = json.loads(told[attr.name]) if attr.name in told else None
                return Attribute(*NOTHING, type_) if value is None else _valued(value, type_)
            case CertVerifier(san=parts):
                if not any(isinstance(part, SanWildcard) and part.capture == attr.name for part in parts):
                    return Attribute(*NOTHING, type_)
                if attr.list_of:
                    return Attribute(*USELESS, type_)
                return self._placed(Capture(attr.name, self._of), type_)

    def _built_in(self, node: Attribute, type_: ExprType) -> Expr:
        match node.side, node.name:
            case "principal", "subject":
                return self._subject(type_)
            case "principal", "scopes":
                return self._scopes()
            case "principal", "method":
                return String(self._verifier.name)
            case "principal", "client":  # no token, or none of a client with a name
                return Attribute(*NOTHING, type_)
            case "request", "method":
                return String(self._route.method)
            case "request", "path":
                return String(self._prefix) if self._whole_path else Attribute(*PATH, type_)
            case "request", "host":
                return Attribute(*HOST, type_)
            case "request", "ip":
                return Attribute(*ADDRESS, type_)
            case "request", "time":
                return Attribute(*NOW, "timestamp")
            case _:
                return node


    def _client(self, type_: ExprType) -> Attribute:
        return self._placed(Client(self._of), type_) if self._of else Attribute(*CLIENT, type_)

    def _subject(self, type_: ExprType) -> Expr:
        match self._verifier:
            case KeyVerifier():
                if self._record is None:
                    return self._placed(Subject(("a key of", self._verifier.name), self._of), type_)
                return String(self._record.subject)
            case CertVerifier():
                return self._placed(Subject((), self._of), type_)
            case JwtVerifier(subject_claim=path) | IntrospectVerifier(subject_claim=path):
                return self._placed(Subject(path, self._of), type_)


def _valued(value: object, type_: ExprType) -> Expr:
    typed = None if value is UNUSABLE else typed_value(value, type_)
    return Attribute(*USELESS, type_) if typed is None else constant_of(typed, type_)


def _scalar_constant(type_: ScalarType) -> Constant:
    found = constant_of(_SOME[type_], type_)
    if isinstance(found, ListLiteral):
        raise TypeError("a scalar's constant is no list")
    return found


def _clock(function: str) -> Expr:
    now = Attribute(*NOW, "timestamp")
    if function == "unix_s":
        return now
    return TimePart("getHours" if function == "hour_utc" else "getDayOfWeek", now)


def _beginning(path: Sequence[Segment]) -> tuple[str, bool]:
    """What every path of the class begins with as it is sent, and whether that is all of it."""
    text = ""
    for segment in path:
        if not isinstance(segment, LiteralSegment) or not _UNRESERVED.issuperset(segment.text):
            return f"{text}/", False
        text += f"/{segment.text}"
    return text or "/", True


def _values_of_path(template: Sequence[Segment], path: Sequence[Segment]) -> dict[str, str | InPath]:
    """What each parameter of *template* holds on *path*: a text where that is literal, else where to read it."""
    found: dict[str, str | InPath] = {}
    for at, segment in enumerate(template):
        match segment:
            case ParamSegment(name):
                here = path[at] if at < len(path) else None
                found[name] = here.text if isinstance(here, LiteralSegment) else InPath(at, False)
            case RestSegment(name):
                tail = path[at:]
                texts = [part.text for part in tail if isinstance(part, LiteralSegment)]
                found[name] = "/".join(texts) if len(texts) == len(tail) else InPath(at, True)
            case LiteralSegment():
                pass
    return found
