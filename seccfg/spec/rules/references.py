"""Names that must be defined somewhere else in the spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from seccfg.spec.problems import Problem, Slip, shown
from seccfg.spec.rules.effective import methods_of

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.spec.loader import AuthChoice, Defaults, Grant, RouteKeys, Spec, Who, Without

# What the language itself knows of a principal.
PRINCIPAL_FIELDS = ("subject", "roles", "scopes", "method", "client")
REQUEST_FIELDS = ("method", "path", "host", "ip", "time")
CLAIM_KEYS = ("subject", "roles", "scopes")


class Kind:
    """One kind of thing that has names: the rule that speaks of unknown ones, its word, its section, its names."""

    __slots__ = ("known", "rule", "section", "word")

    def __init__(self, rule: str, word: str, section: SpecPath, known: Iterable[str]) -> None:
        self.rule = rule
        self.word = word
        self.section = section
        self.known = dict.fromkeys(known)

    def unknown(self, names: Iterable[str] | None, path: SpecPath) -> Iterator[Problem]:
        """A problem for each of the *names* listed at *path* that is not known."""
        for index, name in enumerate(names or ()):
            if name not in self.known:
                yield self.missing(name, (*path, index))

    def one(self, name: str | None, path: SpecPath) -> Iterator[Problem]:
        """A problem if the *name* at *path* is not known."""
        if name is not None and name not in self.known:
            yield self.missing(name, path)

    def missing(self, name: str, path: SpecPath, *, key: bool = False) -> Problem:
        message = f"unknown {self.word} {shown(name)}"
        return Problem(self.rule, path, message, key=key, about=((*self.section, name),), slip=Slip(name, self.known))


class Names:
    """Everything *spec* gives a name to."""

    def __init__(self, spec: Spec) -> None:
        profiles = spec.network.profiles if spec.network is not None else None
        held = [name for role in (spec.roles or {}).values() for name in role.permissions or ()]
        self.auth = Kind("REF001", "auth method", ("auth",), spec.auth or ())
        self.roles = Kind("REF002", "role", ("roles",), spec.roles or ())
        self.conditions = Kind("REF003", "condition", ("conditions",), spec.conditions or ())
        self.limits = Kind("REF004", "rate limit", ("rate_limits",), spec.rate_limits or ())
        self.cors = Kind("REF005", "CORS profile", ("cors",), [*(spec.cors or ()), "none"])
        self.networks = Kind("REF006", "network profile", ("network", "profiles"), profiles or ())
        self.upstreams = Kind("REF007", "upstream", ("upstreams",), spec.upstreams)
        self.clients = Kind("REF008", "client", ("clients",), spec.clients or ())
        self.targets = Kind("REF014", "target", ("targets",), spec.targets or ())
        self.hosts = Kind("REF015", "host", ("service", "hosts"), spec.service.hosts)
        self.permissions = Permissions("REF009", "permission", ("roles",), held)


class Permissions(Kind):
    """Permissions are defined by the roles that have them."""

    __slots__ = ()

    def missing(self, name: str, path: SpecPath, *, key: bool = False) -> Problem:
        message = f"no role has the permission {shown(name)}"
        return Problem(self.rule, path, message, key=key, about=(self.section,), slip=Slip(name, self.known))


def attribute_names(spec: Spec, side: str) -> dict[str, None]:
    """The attributes declared on one side, and those every spec has."""
    declared: Mapping[str, object] | None = getattr(spec.attributes, side) if spec.attributes is not None else None
    built_in = {"principal": PRINCIPAL_FIELDS, "request": REQUEST_FIELDS}.get(side, ())
    return dict.fromkeys([*(declared or ()), *built_in])


def problems(spec: Spec) -> Iterator[Problem]:
    """Every name that is used and not defined."""
    names = Names(spec)
    yield from _auth(spec, names)
    yield from _roles(spec, names)
    yield from _attributes(spec)
    yield from _edge(spec, names)
    if spec.defaults is not None:
        yield from _level(spec.defaults, ("defaults",), names)
    for template, item in spec.routes.items():
        yield from _route_keys(item, ("routes", template), names)
        for method, route in methods_of(item):
            yield from _route_keys(route, ("routes", template, method), names)
    yield from _assurance(spec, names)


def _auth(spec: Spec, names: Names) -> Iterator[Problem]:
    for name, method in (spec.auth or {}).items():
        at: SpecPath = ("auth", name)
        if method.asserts is not None:
            yield from names.roles.unknown(method.asserts.roles, (*at, "asserts", "roles"))
        if method.type == "mtls":
            yield from names.hosts.one(method.host, (*at, "host"))
            if method.gives is not None:
                yield from names.roles.unknown(method.gives.roles, (*at, "gives", "roles"))
    tokens = Kind("REF001", "auth method", ("auth",), names.auth.known)
    for name, client in (spec.clients or {}).items():
        yield from tokens.one(client.tokens, ("clients", name, "tokens"))


def _roles(spec: Spec, names: Names) -> Iterator[Problem]:
    roles = spec.roles or {}
    for name, role in roles.items():
        yield from names.roles.unknown(role.inherits, ("roles", name, "inherits"))
    for cycle in _cycles({name: role.inherits or () for name, role in roles.items()}):
        way = ", which inherits ".join(shown(name) for name in (*cycle[1:], cycle[0]))
        yield Problem("REF011", ("roles", cycle[0], "inherits"), f"role {shown(cycle[0])} inherits {way}")


def _cycles(edges: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Each cycle once, from its first member in the order written."""
    done: set[str] = set()
    for start in edges:
        way: list[str] = []
        stack = [(start, iter(edges[start]))]
        if start in done:
            continue
        way.append(start)
        while stack:
            node, following = stack[-1]
            successor = next((n for n in following if n in edges and n not in done), None)
            if successor is None:
                stack.pop()
                way.pop()
                done.add(node)
            elif successor in way:
                yield way[way.index(successor) :]
            else:
                way.append(successor)
                stack.append((successor, iter(edges[successor])))


def _attributes(spec: Spec) -> Iterator[Problem]:
    declared = attribute_names(spec, "principal")
    own: Mapping[str, object] = (spec.attributes.principal if spec.attributes is not None else None) or {}
    claims = Kind("REF010", "principal attribute", ("attributes", "principal"), [*own, *CLAIM_KEYS])
    captures = Kind("REF010", "principal attribute", ("attributes", "principal"), own)
    for name, method in (spec.auth or {}).items():
        if method.type in ("oidc", "jwt", "introspection"):
            for key in method.claims or ():
                if key not in claims.known:
                    yield claims.missing(key, ("auth", name, "claims", key), key=True)
        elif method.type == "mtls":
            for capture in captured(method.san.uri):
                yield from captures.one(capture, ("auth", name, "san", "uri"))
    identity = Kind("REF010", "principal attribute", ("attributes", "principal"), declared)
    if spec.forward is not None:
        for header, field in (spec.forward.identity or {}).items():
            yield from identity.one(field.partition(".")[2], ("forward", "identity", header))
    for name, limit in (spec.rate_limits or {}).items():
        if not isinstance(limit.by, str):
            side, _, attribute = limit.by.attribute.partition(".")
            known = Kind("REF010", f"{side} attribute", ("attributes", side), attribute_names(spec, side))
            yield from known.one(attribute, ("rate_limits", name, "by", "attribute"))


def captured(san: str) -> list[str]:
    """Names a SAN pattern captures."""
    return [part.partition("}")[0] for part in san.split("{")[1:]]


def _edge(spec: Spec, names: Names) -> Iterator[Problem]:
    for name, limit in (spec.rate_limits or {}).items():
        for role in limit.tiers or ():
            if role not in names.roles.known:
                yield names.roles.missing(role, ("rate_limits", name, "tiers", role), key=True)
    if spec.tls is not None:
        for index, certificate in enumerate(spec.tls.certificates or ()):
            yield from names.hosts.one(certificate.host, ("tls", "certificates", index, "host"))


def _level(level: Defaults | RouteKeys, at: SpecPath, names: Names) -> Iterator[Problem]:
    """The keys that routes and defaults share. Most are not written, so each is looked at before it is checked."""
    if level.auth is not None:
        yield from _choices(level.auth, (*at, "auth"), names)
    if level.allow is not None and not isinstance(level.allow, str):
        for index, grant in enumerate(level.allow):
            yield from _grant(grant, (*at, "allow", index), names)
    if level.require is not None:
        yield from names.conditions.unknown(level.require, (*at, "require"))
    if level.forbid is not None:
        yield from names.conditions.unknown(level.forbid, (*at, "forbid"))
    if level.rate_limits is not None:
        yield from names.limits.unknown(level.rate_limits, (*at, "rate_limits"))
    if level.cors is not None:
        yield from names.cors.one(level.cors, (*at, "cors"))
    if level.network is not None:
        yield from names.networks.one(level.network, (*at, "network"))
    if level.upstream is not None:
        yield from names.upstreams.one(level.upstream, (*at, "upstream"))


def _route_keys(level: RouteKeys, at: SpecPath, names: Names) -> Iterator[Problem]:
    yield from _level(level, at, names)
    if level.without is not None:
        yield from _without(level.without, (*at, "without"), names)


def _without(without: Without, at: SpecPath, names: Names) -> Iterator[Problem]:
    yield from names.limits.unknown(without.rate_limits, (*at, "rate_limits"))
    yield from names.conditions.unknown(without.forbid, (*at, "forbid"))
    yield from names.conditions.unknown(without.require, (*at, "require"))
    yield from names.networks.unknown(without.network, (*at, "network"))


def _choices(auth: tuple[AuthChoice, ...], at: SpecPath, names: Names) -> Iterator[Problem]:
    for index, choice in enumerate(auth):
        if isinstance(choice, str):
            yield from names.auth.one(choice, (*at, index))
        else:
            yield from names.auth.unknown(choice.all, (*at, index, "all"))


def _grant(grant: Grant, at: SpecPath, names: Names) -> Iterator[Problem]:
    yield from _who(grant, at, names)
    yield from names.conditions.unknown(grant.if_, (*at, "if"))
    if grant.enforce is not None and grant.if_ is None:
        yield Problem("AUTHZ117", (*at, "enforce"), "this grant has no condition for the service to decide", key=True)


def _who(who: Grant | Who, at: SpecPath, names: Names) -> Iterator[Problem]:
    yield from names.auth.unknown(who.auth, (*at, "auth"))
    yield from names.clients.unknown(who.clients, (*at, "clients"))
    yield from names.roles.unknown(who.roles, (*at, "roles"))
    yield from names.permissions.unknown(who.permissions, (*at, "permissions"))


def _assurance(spec: Spec, names: Names) -> Iterator[Problem]:
    for index, invariant in enumerate(spec.invariants or ()):
        if invariant.never is not None and not isinstance(invariant.never, str):
            yield from _who(invariant.never, ("invariants", index, "never"), names)
        if invariant.only is not None:
            yield from _who(invariant.only, ("invariants", index, "only"), names)
        yield from names.conditions.unknown(invariant.always, ("invariants", index, "always"))
    for index, test in enumerate(spec.tests or ()):
        if test.as_ is not None:
            at: SpecPath = ("tests", index, "as")
            yield from names.auth.one(test.as_.auth, (*at, "auth"))
            yield from names.roles.unknown(test.as_.roles, (*at, "roles"))
            yield from names.clients.one(test.as_.client, (*at, "client"))
    for index, entry in enumerate(spec.accept or ()):
        yield from names.targets.one(entry.target, ("accept", index, "target"))
        named = (entry.gap is not None) + (entry.at is not None)
        if named != (0 if entry.widening is not None else 2):
            message = "a gap is named by `target`, `gap` and `at`, a `widening` by itself"
            yield Problem("DATA008", ("accept", index), message)
