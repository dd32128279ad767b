"""Conditions: their syntax and types, and whether a route can know what they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from seccfg.expr.ast import Has, attributes, walk
from seccfg.expr.check import check_text
from seccfg.expr.errors import ExprError
from seccfg.expr.parser import parse, refused_name
from seccfg.expr.types import AttributeKey, AttributeType, ExprType, Side, TypeEnv, list_of
from seccfg.record import Record
from seccfg.spec.problems import Problem, label, shown
from seccfg.spec.rules.authentication import TOKEN_TYPES
from seccfg.spec.rules.effective import Effective
from seccfg.spec.rules.references import CLAIM_KEYS, captured
from seccfg.spec.rules.routes import parameters_of

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.spec import loader
    from seccfg.spec.loader import Attribute, AuthMethod, Grant, Spec


class Reads(Record):
    """What a sound condition reads, and what of it no `has()` in the same condition asks for first."""

    all: tuple[AttributeKey, ...]
    unguarded: frozenset[AttributeKey]


def problems(spec: Spec, routes: list[Effective]) -> Iterator[Problem]:
    """Everything wrong with the conditions and with the routes that use them."""
    yield from _unusable_names(spec)
    reads: dict[str, Reads] = {}
    if spec.conditions is not None:
        env = type_env(spec)
        for name, text in spec.conditions.items():
            yield from _condition(name, text, env, reads)
    if reads:
        uses = _Uses(spec, reads)
        for route in routes:
            if not route.public:
                yield from uses.of(route)


def type_env(spec: Spec) -> TypeEnv:
    """The attributes conditions of *spec* may name, with their types."""
    declared: dict[AttributeKey, AttributeType] = {}
    if spec.attributes is not None:
        sides: tuple[tuple[Side, Mapping[str, loader.PrincipalAttribute | Attribute] | None], ...] = (
            ("principal", spec.attributes.principal),
            ("resource", spec.attributes.resource),
            ("request", spec.attributes.request),
        )
        for side, entries in sides:
            for name, entry in (entries or {}).items():
                type_: ExprType = entry.type if isinstance(entry.type, str) else list_of(entry.type.list)
                declared[side, name] = AttributeType(type_, entry.optional)
    return TypeEnv(declared)


def provided(method: AuthMethod) -> frozenset[str] | None:
    """The attributes a method's credentials can carry; None for whatever their records say."""
    if method.type == "api_key":
        return None
    if method.type == "mtls":
        return frozenset(captured(method.san.uri))
    return frozenset(name for name in method.claims or () if name not in CLAIM_KEYS)


def _unusable_names(spec: Spec) -> Iterator[Problem]:
    for side in ("principal", "resource", "request") if spec.attributes is not None else ():
        for name in getattr(spec.attributes, side) or ():
            if refused_name(name):
                message = f"{shown(name)} means something else in a language conditions are compiled to"
                yield Problem("DATA011", ("attributes", side, name), message, key=True)


def _condition(name: str, text: str, env: TypeEnv, reads: dict[str, Reads]) -> Iterator[Problem]:
    try:
        expr = check_text(text, env).expr
    except ExprError as error:
        rule = "AUTHZ112" if _reads(text) else "AUTHZ111"
        for found in error.problems:
            message = f"condition {shown(name)}: {found.message}"
            about: tuple[SpecPath, ...] = () if rule == "AUTHZ111" else (("attributes",),)
            yield Problem(rule, ("conditions", name), message, found.help, about=about, within=(found.start, found.end))
        return
    guarded = {(node.attribute.side, node.attribute.name) for node in walk(expr) if isinstance(node, Has)}
    read = attributes(expr)
    reads[name] = Reads(tuple(sorted(read)), frozenset(read - guarded))


def _reads(text: str) -> bool:
    """Whether *text* is a condition, types aside."""
    try:
        parse(text)
    except ExprError:
        return False
    return True


def _grants(route: Effective) -> tuple[Grant, ...]:
    return () if route.allow is None or isinstance(route.allow, str) else route.allow


class _Uses:
    """Looks at each use of a condition on a route. The same use on many routes is looked at once."""

    def __init__(self, spec: Spec, reads: Mapping[str, Reads]) -> None:
        self.spec = spec
        self.reads = reads
        declared = spec.attributes
        self.declared: dict[AttributeKey, Attribute] = {}
        if declared is not None:
            self.declared |= {("resource", name): entry for name, entry in (declared.resource or {}).items()}
            self.declared |= {("request", name): entry for name, entry in (declared.request or {}).items()}
        self.provided = {name: provided(method) for name, method in (spec.auth or {}).items()}
        self.tokens = {name for name, method in (spec.auth or {}).items() if method.type in TOKEN_TYPES}
        self.seen: set[tuple[object, ...]] = set()

    def of(self, route: Effective) -> Iterator[Problem]:
        parameters = tuple(parameters_of(route.template))
        principals = tuple(choice if isinstance(choice, str) else choice.all[0] for choice in route.auth)
        key = (parameters, principals, route.resource, route.require, route.forbid, route.allow_at)
        if key in self.seen:
            return
        self.seen.add(key)
        for index, grant in enumerate(_grants(route)):
            yield from self._grant(route, grant, (*route.allow_at, index), parameters, principals)
        for name in route.require:
            yield from self._use(route, name, _written(self.spec, route, "require", name), parameters, ())
        for name in route.forbid:
            yield from self._use(route, name, _written(self.spec, route, "forbid", name), parameters, principals)

    def _grant(
        self, route: Effective, grant: Grant, at: SpecPath, parameters: tuple[str, ...], principals: tuple[str, ...]
    ) -> Iterator[Problem]:
        limited_to = tuple(name for name in grant.auth or () if name in principals) or tuple(grant.auth or ())
        only_service = False
        for index, name in enumerate(grant.if_ or ()):
            yield from self._use(route, name, (*at, "if", index), parameters, limited_to)
            read = self.reads[name].all if name in self.reads else ()
            only_service = only_service or any(self._source(key) == "application" for key in read)
        known = all(name in self.reads for name in grant.if_ or ())
        if only_service and grant.enforce is None:
            yield Problem(
                "AUTHZ117", at, "this grant reads what only the service knows and lacks `enforce: application`"
            )
        elif known and not only_service and grant.enforce is not None and grant.if_ is not None:
            yield Problem(
                "AUTHZ117", (*at, "enforce"), "this grant reads nothing that only the service knows", key=True
            )

    def _source(self, key: AttributeKey) -> object:
        attribute = self.declared.get(key)
        return attribute.from_ if attribute is not None else None

    def _use(
        self, route: Effective, name: str, at: SpecPath, parameters: tuple[str, ...], methods: tuple[str, ...]
    ) -> Iterator[Problem]:
        """One use of condition *name*; *methods* alone decide whether the principal has its attributes."""
        reads = self.reads.get(name)
        if reads is None:
            return
        for key in reads.all:
            side, attribute = key
            guarded = key not in reads.unguarded
            if side == "principal":
                if methods and not guarded and not self._somebody_provides(attribute, methods):
                    yield _nobody(name, attribute, methods, at)
            elif key in self.declared:
                yield from self._request_side(route, name, key, at, parameters, guarded=guarded)

    def _request_side(
        self,
        route: Effective,
        name: str,
        key: AttributeKey,
        at: SpecPath,
        parameters: tuple[str, ...],
        *,
        guarded: bool,
    ) -> Iterator[Problem]:
        declared, text = self.declared[key], f"`{key[0]}.{key[1]}`"
        source = declared.from_
        about: tuple[SpecPath, ...] = (("attributes", *key), ("conditions", name))
        if source == "route":
            if key[1] not in route.resource and not guarded:
                message = f"condition {shown(name)} reads {text}, and {_called(route)} states no such constant"
                yield Problem(
                    "AUTHZ115", at, message, about=(*about, (*route.at, "resource"), (*route.at[:2], "resource"))
                )
        elif not isinstance(source, str):
            if source.path is not None and source.path not in parameters and not guarded:
                message = (
                    f"condition {shown(name)} reads {text}, and {_called(route)} has no parameter {shown(source.path)}"
                )
                yield Problem("AUTHZ116", at, message, about=about)
            chosen = source.header is not None or source.query is not None or source.body is not None
            if chosen and declared.trust is None:
                related = ((("attributes", *key), "declared here without `trust`"),)
                yield Problem(
                    "AUTHZ113",
                    at,
                    f"{label(at)} rests on {text}, which the caller chooses",
                    about=about,
                    related=related,
                )

    def _somebody_provides(self, attribute: str, methods: Iterable[str]) -> bool:
        if attribute in ("subject", "roles", "scopes", "method"):
            return True
        for name in methods:
            known = self.provided.get(name, None)
            if attribute == "client":
                if name in self.tokens or name not in self.provided:
                    return True
            elif known is None or attribute in known:
                return True
        return False


def _nobody(name: str, attribute: str, methods: tuple[str, ...], at: SpecPath) -> Problem:
    listed = " or ".join(shown(method) for method in methods)
    message = f"condition {shown(name)} reads `principal.{attribute}`, which no credential of {listed} carries"
    return Problem("AUTHZ114", at, message, about=(("conditions", name), *(("auth", method) for method in methods)))


def _called(route: Effective) -> str:
    return shown(f"{str(route.at[-1]).upper()} {route.template}")


def _written(spec: Spec, route: Effective, key: str, name: str) -> SpecPath:
    """Where a name that holds for *route* is written: on the method, on the path, or in `defaults`."""
    for level, at in ((route.route, route.at), (route.item, route.at[:2]), (spec.defaults, ("defaults",))):
        names: tuple[str, ...] = (getattr(level, key) or ()) if level is not None else ()
        if name in names:
            return (*at, key, names.index(name))
    return route.at
