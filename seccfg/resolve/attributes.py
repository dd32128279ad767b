"""Declared attributes, their types for the condition checker, and the conditions of each route."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seccfg.expr.ast import Bool, Constant, Double, Expr, Int, String
from seccfg.expr.ast import attributes as attributes_of
from seccfg.expr.canonical import expr_id
from seccfg.expr.check import check_text
from seccfg.expr.substitute import substitute
from seccfg.expr.types import AttributeType, TypeEnv, list_of
from seccfg.findings import Span
from seccfg.ir.policy import (
    Attr,
    AttrSource,
    Condition,
    FromApplication,
    FromBody,
    FromClaims,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    FromRoute,
    ScalarType,
    Side,
    SourceMap,
)
from seccfg.spec import loader

__all__ = ["ConditionTable", "declared_attributes"]


def declared_attributes(attributes: loader.Attributes | None, places: SourceMap) -> tuple[Attr, ...]:
    """Every declared attribute, sorted by side and name."""
    if attributes is None:
        return ()
    found: list[Attr] = []
    for name, declared in (attributes.principal or {}).items():
        kind, listed = _type(declared.type)
        at = places.span(("attributes", "principal", name))
        found.append(Attr("principal", name, kind, listed, declared.optional, FromClaims(), "verified", at))
    sides: tuple[tuple[Side, Mapping[str, loader.Attribute] | None], ...] = (
        ("resource", attributes.resource),
        ("request", attributes.request),
    )
    for side, entries in sides:
        for name, entry in (entries or {}).items():
            kind, listed = _type(entry.type)
            source = _source(entry.from_)
            trust = entry.trust or ("application" if isinstance(source, FromApplication) else "verified")
            at = places.span(("attributes", side, name))
            found.append(Attr(side, name, kind, listed, entry.optional, source, trust, at))
    return tuple(sorted(found, key=lambda a: (a.side, a.name)))


def _type(declared: loader.AttributeType) -> tuple[ScalarType, bool]:
    return (declared, False) if isinstance(declared, str) else (declared.list, True)


def _source(declared: str | loader.AttributeSource) -> AttrSource:
    if isinstance(declared, str):
        return FromRoute() if declared == "route" else FromApplication()
    if declared.path is not None:
        return FromPath(declared.path)
    if declared.query is not None:
        return FromQuery(declared.query)
    if declared.header is not None:
        return FromHeader(declared.header.lower())
    if declared.body is not None:
        return FromBody((declared.body,) if isinstance(declared.body, str) else tuple(declared.body))
    if declared.clock is not None:
        return FromClock(declared.clock)
    raise ValueError("an attribute source names exactly one part of the request")


_KEPT = 16_384
_ids: dict[tuple[str, TypeEnv], str] = {}


def _whole_id(text: str, env: TypeEnv, expr: Expr) -> str:
    """The id of *expr*, which is what *text* says; asked once a run, since versions of a spec share most conditions."""
    found = _ids.get((text, env))
    if found is None:
        if len(_ids) >= _KEPT:
            _ids.clear()
        found = _ids[text, env] = expr_id(expr)
    return found


class ConditionTable:
    """The spec's conditions, and each as a route sees it: constants folded in, equal ones shared."""

    def __init__(self, texts: Mapping[str, str] | None, attrs: Iterable[Attr], places: SourceMap) -> None:
        self._texts = dict(texts or {})
        self._attrs = {(a.side, a.name): a for a in attrs}
        self._places = places
        self._env = TypeEnv(
            {key: AttributeType(list_of(a.type) if a.list_of else a.type, a.optional) for key, a in self._attrs.items()}
        )
        self._typed: dict[str, Expr] = {}
        self._constants: dict[str, tuple[tuple[Side, str], ...]] = {}
        self._folded: dict[tuple[str, tuple[tuple[str, object], ...]], Condition] = {}
        self._by_id: dict[str, Condition] = {}

    def for_route(self, name: str, constants: Mapping[str, object]) -> str:
        """Id of condition *name* on a route whose resource *constants* are these."""
        expr = self._expr(name)
        needed = self._constants[name]
        key = (name, tuple((attr, _hashable(constants[attr])) for _, attr in needed))
        found = self._folded.get(key)
        if found is None:
            values = {(side, attr): _constant(self._attrs[side, attr].type, constants[attr]) for side, attr in needed}
            folded = substitute(expr, values) if values else expr
            ident = expr_id(folded) if values else _whole_id(self._texts[name], self._env, expr)
            found = Condition(ident, name, folded, self._texts[name], self.span(name))
            found = self._by_id.setdefault(found.id, found)
            self._folded[key] = found
        return found.id

    def used(self) -> tuple[Condition, ...]:
        """Every condition some route asked for, sorted by id."""
        return tuple(self._by_id[ident] for ident in sorted(self._by_id))

    def reads(self, ident: str) -> frozenset[tuple[Side, str]]:
        """The attributes a condition reads."""
        return attributes_of(self._by_id[ident].expr)

    def span(self, name: str) -> Span:
        """Where the condition stands in the spec."""
        return self._places.span(("conditions", name))

    def _expr(self, name: str) -> Expr:
        found = self._typed.get(name)
        if found is None:
            found = check_text(self._texts[name], self._env).expr
            self._typed[name] = found
            reads = sorted(attributes_of(found))
            self._constants[name] = tuple(key for key in reads if self._is_constant(key))
        return found

    def _is_constant(self, key: tuple[Side, str]) -> bool:
        attr = self._attrs.get(key)
        return attr is not None and isinstance(attr.source, FromRoute)


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _constant(kind: ScalarType, value: object) -> Constant:
    if isinstance(value, bool):
        return Bool(value)
    if isinstance(value, str):
        return String(value)
    if kind == "number" and isinstance(value, (int, float)):
        return Double(float(value))
    if isinstance(value, int):
        return Int(value)
    raise TypeError("a route constant is a scalar")
