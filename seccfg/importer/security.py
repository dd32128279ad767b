"""`securitySchemes` as auth methods and clients, `security` as `auth` and `allow`: never with less asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from seccfg.findings import SpecPath
from seccfg.importer.clients import read_clients
from seccfg.importer.description import Description, NotCarried, quoted
from seccfg.importer.names import Names, slug
from seccfg.importer.outcome import Edit, Notes
from seccfg.importer.print_yaml import Plain
from seccfg.importer.schemes import Scheme, read_scheme
from seccfg.record import Record
from seccfg.source.document import Data
from seccfg.spec import scalars

__all__ = ["Access", "Requirement", "Security", "asks_as_much"]

Requirement = Mapping[str, tuple[str, ...]]
"""One way in: every scheme that must succeed, with the scopes it must have."""

_MAX_ALTERNATIVES = 32
_MAX_CHOICES = 4096


class Access(Record):
    """Who may call an operation, in the words of a spec."""

    auth: list[Plain]
    allow: Plain
    methods: tuple[str, ...]
    """Names of the auth methods in it."""
    requirements: tuple[Requirement, ...]
    """What the description asks for, alternative by alternative, without those that are not carried over."""


class Way(Record):
    """One alternative of a route: the scheme that gives the principal first."""

    requirement: Requirement
    schemes: tuple[Scheme, ...]
    at: SpecPath


def asks_as_much(access: Sequence[Requirement], other: Sequence[Requirement]) -> bool:
    """Whether whoever passes *access* has all that some alternative of *other* asks for."""
    return all(any(_covers(mine, theirs) for theirs in other) for mine in access)


def _covers(mine: Requirement, theirs: Requirement) -> bool:
    return all(name in mine and set(scopes) <= set(mine[name]) for name, scopes in theirs.items())


class Security:
    """The security of one description. Schemes are read when an operation first asks for them."""

    def __init__(self, description: Description, notes: Notes) -> None:
        self._description = description
        self._notes = notes
        self._names = Names()
        self._files = Names()
        self._schemes: dict[str, Scheme | NotCarried] = {}

    def declared(self) -> tuple[str, ...]:
        """Ids of the schemes the description declares."""
        return tuple(self._description.map("components", "securitySchemes"))

    def asked_for(self) -> frozenset[str]:
        """Ids of the schemes operations have asked for."""
        return frozenset(self._schemes)

    def method(self, name: str) -> Scheme:
        """The scheme behind the auth method *name*."""
        return next(s for s in self._schemes.values() if isinstance(s, Scheme) and s.name == name)

    def clients(self, methods: Sequence[str]) -> tuple[dict[str, Plain], tuple[Edit, ...]]:
        """The clients the flows of *methods* describe, and what they lack."""
        found: dict[str, Plain] = {}
        edits: list[Edit] = []
        names = Names()
        for method in methods:
            scheme = self.method(method)
            if scheme.kind == "token":
                own, lacks = read_clients(self._description, scheme.data, scheme.at, method, names, self._notes)
                found |= own
                edits += lacks
        return found, tuple(edits)

    def requirements(self, value: Data, at: SpecPath) -> tuple[Requirement, ...]:
        """The alternatives of a `security` list; NotCarried for what is no such list."""
        wrong = NotCarried("its `security` is no list of requirements", "correct it in the description", at)
        if not isinstance(value, list):
            raise wrong
        found: list[Requirement] = []
        for item in value:
            if not isinstance(item, dict):
                raise wrong
            requirement: dict[str, tuple[str, ...]] = {}
            for scheme, scopes in item.items():
                if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
                    raise wrong
                requirement[scheme] = tuple(dict.fromkeys(str(scope) for scope in scopes))
            found.append(requirement)
        return tuple(found)

    def access(self, value: Data, at: SpecPath) -> Access:
        """What a spec says for the `security` at *at*; NotCarried when no alternative of it can be kept exactly."""
        requirements = self.requirements(value, at)
        if len(requirements) > _MAX_ALTERNATIVES:
            raise NotCarried(
                f"its security has more than {_MAX_ALTERNATIVES} alternatives", "write `auth` and `allow` by hand", at
            )
        ways: list[Way] = []
        refused: list[NotCarried] = []
        for index, requirement in enumerate(requirements):
            where: SpecPath = (*at, index)
            try:
                way = self._way(requirement, where)
                self._told_apart(way, ways)
            except NotCarried as error:
                refused.append(error)
            else:
                ways.append(way)
        if not ways:
            raise refused[0]
        for problem in refused:
            self._notes.add(
                f"an alternative of `security` is left out: {problem.reason}; {problem.edit}",
                self._description.place(problem.at),
            )
        return _access(self._ordered(ways, at))

    def _way(self, requirement: Requirement, at: SpecPath) -> Way:
        if not requirement:
            raise NotCarried(
                "its security lets everybody in as well",
                "if it is meant to be public, write `public: true` and a `reason` in place of `auth` and `allow`",
                at,
            )
        schemes = tuple(self._scheme(ident, at) for ident in requirement)
        asking = [scheme for scheme in schemes if requirement[scheme.ident]]
        for scheme in asking:
            scopes = requirement[scheme.ident]
            if not scheme.has_scopes:
                raise NotCarried(
                    f"it asks for the roles {', '.join(quoted(scope) for scope in scopes)} of {quoted(scheme.ident)}, "
                    "which no credential is said to carry",
                    "declare the roles, and how the method asserts them",
                    at,
                )
            for scope in scopes:
                _check_scope(scope, at)
        if len(asking) > 1:
            raise NotCarried(
                "it asks for scopes of several credentials at once",
                "one credential gives the principal whose scopes count: ask for all of them in that one",
                at,
            )
        for index, scheme in enumerate(schemes):
            if any(scheme.place == earlier.place for earlier in schemes[:index]):
                raise NotCarried(
                    f"it asks for two credentials in one place, the {scheme.place}",
                    "carry one of them in another header",
                    at,
                )
        return Way(requirement, schemes, at)

    def _told_apart(self, way: Way, ways: Sequence[Way]) -> None:
        """NotCarried where a request could not show which of two schemes its credential is for."""
        for earlier in ways:
            for one, other in product(earlier.schemes, way.schemes):
                if one.ident != other.ident and not _distinct(one, other):
                    raise NotCarried(
                        f"{quoted(other.ident)} stands in the {other.place} as {quoted(one.ident)} does",
                        "make one auth method of the two, or carry one of them in another header",
                        way.at,
                    )

    def _ordered(self, ways: Sequence[Way], at: SpecPath) -> Sequence[Way]:
        """*ways* with a principal chosen for each, so that no grant for one of them opens another."""
        options = [tuple(_principals(way)) for way in ways]
        for count, chosen in enumerate(product(*options)):
            if count >= _MAX_CHOICES:
                break
            if all(_harmless(one, other) for one in chosen for other in chosen if one is not other):
                return chosen
        raise NotCarried(
            "its alternatives ask for different scopes of the same credential, alone and beside another",
            "write `auth` and `allow` by hand",
            at,
        )

    def _scheme(self, ident: str, at: SpecPath) -> Scheme:
        found = self._schemes.get(ident)
        if found is None:
            try:
                found = self._read(ident, at)
            except NotCarried as error:
                found = error
            self._schemes[ident] = found
        if isinstance(found, NotCarried):
            raise NotCarried(found.reason, found.edit, at)
        return found

    def _read(self, ident: str, at: SpecPath) -> Scheme:
        declared = self._description.map("components", "securitySchemes")
        if ident not in declared:
            raise NotCarried(f"the security scheme {quoted(ident)} is not declared", "declare it", at)
        place: SpecPath = ("components", "securitySchemes", ident)
        value, where = self._description.follow(declared[ident], place)
        if not isinstance(value, dict):
            raise NotCarried(f"the security scheme {quoted(ident)} is no map", "correct the description", where)
        scheme = read_scheme(ident, slug(ident), value, where)
        name = self._names.new(scheme.name)
        return scheme if name == scheme.name else read_scheme(ident, name, value, where)


def _check_scope(scope: str, at: SpecPath) -> None:
    try:
        scalars.parse_scope(scope)
    except ValueError as error:
        raise NotCarried(f"the scope {quoted(scope)} {error}", "use a scope that OAuth allows", at) from error


def _distinct(one: Scheme, other: Scheme) -> bool:
    """Whether a credential tells which of the two it is for: by its place, or else by its issuer."""
    return one.place != other.place or ("" not in (one.issuer, other.issuer) and one.issuer != other.issuer)


def _principals(way: Way) -> Iterator[Way]:
    """*way* once for each scheme that may give the principal: the one whose scopes count, else any of them."""
    for first in way.schemes:
        if way.requirement[first.ident] or not any(way.requirement.values()):
            rest = tuple(scheme for scheme in way.schemes if scheme.ident != first.ident)
            yield Way(way.requirement, (first, *rest), way.at)


def _harmless(one: Way, other: Way) -> bool:
    """Whether the grant of *other* lets nobody in by the credentials of *one* who should not come in."""
    principal = one.schemes[0].ident
    if principal != other.schemes[0].ident:
        return one.requirement.keys() != other.requirement.keys()  # the same credentials have one principal
    if other.requirement.keys() <= one.requirement.keys():
        return True
    return set(one.requirement[principal]) <= set(other.requirement[principal])


def _access(ways: Sequence[Way]) -> Access:
    auth: list[Plain] = []
    grants: list[Plain] = []
    principals = {way.schemes[0].name for way in ways}
    for way in ways:
        names: list[Plain] = [scheme.name for scheme in way.schemes]
        choice: Plain = names[0] if len(names) == 1 else {"all": names}
        if len(names) == 1 or not any(_same_group(choice, known) for known in auth):
            auth += [] if choice in auth else [choice]
        scopes: list[Plain] = list(way.requirement[way.schemes[0].ident])
        grant: dict[str, Plain] = {"auth": [names[0]]} if len(principals) > 1 or not scopes else {}
        if scopes:
            grant["scopes"] = scopes
        grants += [] if grant in grants else [grant]
    free = {way.schemes[0].name for way in ways if not way.requirement[way.schemes[0].ident]}
    allow: Plain = "authenticated" if free == principals else grants
    methods = tuple(dict.fromkeys(scheme.name for way in ways for scheme in way.schemes))
    return Access(auth, allow, methods, tuple(way.requirement for way in ways))


def _same_group(choice: Plain, other: Plain) -> bool:
    if not isinstance(choice, dict) or not isinstance(other, dict):
        return False
    return _names(choice) == _names(other)


def _names(choice: dict[str, Plain]) -> frozenset[str]:
    listed = choice["all"]
    return frozenset(str(name) for name in listed) if isinstance(listed, list) else frozenset()


