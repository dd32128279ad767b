"""Values that contradict each other within one part of the spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from seccfg.spec.problems import Problem, label, shown
from seccfg.spec.rules.effective import methods_of
from seccfg.spec.rules.references import PRINCIPAL_FIELDS, REQUEST_FIELDS
from seccfg.spec.scalars import duration_s

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.spec.loader import Attribute, Parameter, RateLimit, RouteKeys, Spec

# Headers that frame or route a message: setting or dropping them changes what a message is (RFC 9110, RFC 9112).
_FRAMING = frozenset({
    "connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade",
})  # fmt: skip
_TEXT_KEYS = ("min_length", "max_length", "pattern", "format")
_KEYS = {"min_length": "minLength", "max_length": "maxLength"}


def problems(spec: Spec) -> Iterator[Problem]:
    """Every contradiction within one part."""
    yield from _headers(spec)
    yield from _attributes(spec)
    yield from _limits(spec)
    yield from _audit(spec)
    if spec.cors is not None and "none" in spec.cors:
        yield Problem(
            "DATA011", ("cors", "none"), "a CORS profile cannot be called `none`, which means no profile", key=True
        )
    for template, item in spec.routes.items():
        yield from _parameters(item, ("routes", template))
        for method, route in methods_of(item):
            yield from _parameters(route, ("routes", template, method))


# ---------------------------------------------------------------------------------------------------------- headers
def _headers(spec: Spec) -> Iterator[Problem]:
    if spec.headers is not None:
        yield from _one_case(spec.headers.set or (), ("headers", "set"))
        yield from _no_framing(spec.headers.set or (), ("headers", "set"))
        for index, name in enumerate(spec.headers.remove or ()):
            if name.lower() in _FRAMING:
                yield _framing(name, ("headers", "remove", index), key=False)
    if spec.forward is not None:
        yield from _one_case(spec.forward.identity or (), ("forward", "identity"))
        yield from _no_framing(spec.forward.identity or (), ("forward", "identity"))
    if spec.errors is not None and spec.errors.correlation_header.lower() in _FRAMING:
        yield _framing(spec.errors.correlation_header, ("errors", "correlation_header"), key=False)


def _one_case(names: Iterable[str], at: SpecPath) -> Iterator[Problem]:
    """Header names are compared without case, so two spellings of one are one."""
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(name.lower(), name)
        if first != name:
            message = f"header {shown(name)} stands in {label(at)} twice"
            yield Problem("DATA009", (*at, name), message, key=True, related=(((*at, first), "here first"),))


def _no_framing(names: Iterable[str], at: SpecPath) -> Iterator[Problem]:
    for name in names:
        if name.lower() in _FRAMING:
            yield _framing(name, (*at, name), key=True)


def _framing(name: str, at: SpecPath, *, key: bool) -> Problem:
    return Problem("DATA010", at, f"header {shown(name)} belongs to the protocol and cannot be changed", key=key)


# ------------------------------------------------------------------------------------------------------- attributes
def _attributes(spec: Spec) -> Iterator[Problem]:
    if spec.attributes is None:
        return
    for name in spec.attributes.principal or ():
        if name in PRINCIPAL_FIELDS:
            yield _built_in("principal", name)
    for name, attribute in (spec.attributes.resource or {}).items():
        yield from _source(attribute, ("attributes", "resource", name))
    for name, attribute in (spec.attributes.request or {}).items():
        if name in REQUEST_FIELDS:
            yield _built_in("request", name)
        yield from _source(attribute, ("attributes", "request", name))


def _built_in(side: str, name: str) -> Problem:
    message = f"`{side}.{name}` is built in and cannot be declared"
    return Problem("DATA011", ("attributes", side, name), message, key=True)


def _source(attribute: Attribute, at: SpecPath) -> Iterator[Problem]:
    source = attribute.from_
    if isinstance(source, str):
        if source == "route" and attribute.type not in ("string", "integer", "number", "boolean"):
            message = "a constant of a route is of type `string`, `integer`, `number` or `boolean`"
            yield Problem("AUTHZ107", (*at, "type"), message)
        if attribute.trust is not None:
            yield Problem("AUTHZ108", (*at, "trust"), f"nobody chooses {label(at)} but the {source}; leave `trust` out")
        return
    if source.clock is not None and attribute.type != "integer":
        yield Problem("AUTHZ107", (*at, "type"), "the clock gives an `integer`")
    if source.body is None and not isinstance(attribute.type, str):
        yield Problem("AUTHZ107", (*at, "type"), "only a body can hold a list")
    if attribute.trust is not None and source.header is None and source.query is None and source.body is None:
        yield Problem("AUTHZ108", (*at, "trust"), "`trust` is for values of a header, the query or the body")
    if attribute.trust == "proxy" and (source.query is not None or source.body is not None):
        yield Problem("AUTHZ108", (*at, "trust"), "a proxy can vouch for a header only")


# ----------------------------------------------------------------------------------------------- limits, audit, misc
def _limits(spec: Spec) -> Iterator[Problem]:
    for name, limit in (spec.rate_limits or {}).items():
        yield from _limit(limit, ("rate_limits", name))


def _limit(limit: RateLimit, at: SpecPath) -> Iterator[Problem]:
    if limit.burst is not None and limit.algorithm != "token-bucket":
        yield Problem("LIMIT101", (*at, "burst"), "`burst` is the size of a bucket; this limit has none")
    if limit.tiers is not None and limit.by == "ip":
        yield Problem("LIMIT102", (*at, "tiers"), "an address has no roles, so `tiers` cannot apply", key=True)
    if limit.count == "auth.failed" and limit.by != "ip":
        yield Problem("LIMIT103", (*at, "by"), "who failed to authenticate is unknown; count refusals `by: ip`")


def _audit(spec: Spec) -> Iterator[Problem]:
    retention = spec.audit.retention if spec.audit is not None else None
    if retention is None or retention.max is None:
        return
    for key in ("min", "hot"):
        least = getattr(retention, key)
        if least is not None and duration_s(least) > duration_s(retention.max):
            yield Problem("AUDIT101", ("audit", "retention", key), f"`{key}` is longer than `max`")


# ------------------------------------------------------------------------------------------------------- parameters
def _parameters(level: RouteKeys, at: SpecPath) -> Iterator[Problem]:
    if level.header_params is not None:
        yield from _one_case(level.header_params, (*at, "header_params"))
    for key in ("params", "query", "header_params"):
        declared: Mapping[str, Parameter] | None = getattr(level, key)
        for name, parameter in (declared or {}).items():
            yield from _parameter(parameter, (*at, key, name))


def _parameter(parameter: Parameter, at: SpecPath) -> Iterator[Problem]:
    numeric = parameter.type in ("integer", "number")
    for field in ("minimum", "maximum"):
        bound = getattr(parameter, field)
        if bound is not None and not numeric:
            yield Problem(
                "INPUT104", (*at, field), f"`{field}` is for numbers; {label(at)} is of type `{parameter.type}`"
            )
        elif bound is not None and parameter.type == "integer" and not isinstance(bound, int):
            yield Problem("INPUT104", (*at, field), f"`{field}` of an integer is a whole number")
    for field in _TEXT_KEYS:
        if getattr(parameter, field) is not None and parameter.type != "string":
            key = _KEYS.get(field, field)
            yield Problem("INPUT104", (*at, key), f"`{key}` is for text; {label(at)} is of type `{parameter.type}`")
    if parameter.minimum is not None and parameter.maximum is not None and parameter.minimum > parameter.maximum:
        yield Problem("INPUT104", (*at, "minimum"), "`minimum` is above `maximum`")
    if (
        parameter.min_length is not None
        and parameter.max_length is not None
        and parameter.min_length > parameter.max_length
    ):
        yield Problem("INPUT104", (*at, "minLength"), "`minLength` is above `maxLength`")
    if parameter.pattern is not None:
        yield from _pattern(parameter.pattern, (*at, "pattern"))
    for index, value in enumerate(parameter.enum or ()):
        if not _is_of(value, parameter.type):
            yield Problem(
                "INPUT104", (*at, "enum", index), f"item {index + 1} of `enum` is not of type `{parameter.type}`"
            )


def _pattern(pattern: str, at: SpecPath) -> Iterator[Problem]:
    from seccfg.expr.regex import RegexError, parse_regex  # few specs have a pattern

    try:
        parse_regex(pattern)
    except RegexError as error:
        where = (error.offset, error.offset + 1)
        yield Problem("INPUT105", at, f"{label(at)} {error.message}", error.help, within=where)


def _is_of(value: object, type_: str) -> bool:
    if isinstance(value, bool):
        return type_ == "boolean"
    if isinstance(value, str):
        return type_ == "string"
    if isinstance(value, int):
        return type_ in ("integer", "number")
    return isinstance(value, float) and type_ == "number"
