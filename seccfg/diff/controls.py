"""Transport, headers, errors, forwarding, audit and sessions of two versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from seccfg.diff.model import Strength
from seccfg.ir.policy import (
    Audit,
    Errors,
    Forward,
    Hsts,
    ResponseHeaders,
    Revocation,
    Session,
    Sink,
    Transport,
)
from seccfg.record import Record

__all__ = ["Change", "both", "forwarding", "headers_and_errors", "masked_url", "records", "sessions", "sets", "transport"]

_T = TypeVar("_T")
_PLAIN: Final = ("allow", "redirect", "refuse")
_SAME_SITE: Final = ("", "none", "lax", "strict")


class Change(Record):
    """One setting; empty text: it is not set."""

    area: str
    what: str
    before: str
    after: str
    strength: Strength


def sets(area: str, what: str, old: Iterable[str], new: Iterable[str], more_is: Strength) -> Iterator[Change]:
    """Two sets of words, of which more are weaker or stronger."""
    before, after = set(old), set(new)
    if before != after:
        less_is: Strength = "weaker" if more_is == "stronger" else "stronger"
        strength = more_is if before < after else less_is if after < before else "changed"
        yield Change(area, what, ", ".join(sorted(before)), ", ".join(sorted(after)), strength)


def both(word: Callable[[_T], str], old: _T, new: _T) -> tuple[str, str]:
    """What is said of either."""
    return word(old), word(new)


def _number(area: str, what: str, old: int, new: int, more_is: Strength) -> Iterator[Change]:
    if old != new:
        less_is: Strength = "weaker" if more_is == "stronger" else "changed" if more_is == "changed" else "stronger"
        yield Change(area, what, str(old), str(new), more_is if new > old else less_is)


def _yes_no(area: str, what: str, old: bool, new: bool, on_is: Strength) -> Iterator[Change]:
    if old != new:
        off_is: Strength = "weaker" if on_is == "stronger" else "stronger"
        yield Change(area, what, "yes" if old else "no", "yes" if new else "no", on_is if new else off_is)


def _word(area: str, what: str, old: str, new: str, strength: Strength = "changed") -> Iterator[Change]:
    if old != new:
        yield Change(area, what, old, new, strength)


def _graded(area: str, what: str, old: str, new: str, order: tuple[str, ...]) -> Iterator[Change]:
    """Words of which *order* names the weakest first."""
    if old != new:
        known = old in order and new in order
        strength: Strength = "changed" if not known else "stronger" if order.index(new) > order.index(old) else "weaker"
        yield Change(area, what, old, new, strength)


# --------------------------------------------------------------------------------------------------------------- edge
def transport(old: Transport, new: Transport) -> Iterator[Change]:
    """Plain http and TLS."""
    yield from _graded("tls", "plain http", old.plain_http, new.plain_http, _PLAIN)
    yield from _graded("tls", "lowest version", old.min_tls, new.min_tls, ("1.2", "1.3"))
    before, after = (c if isinstance(c, str) else ", ".join(c) for c in (old.ciphers, new.ciphers))
    yield from _graded("tls", "ciphers", before, after, ("intermediate", "modern"))
    yield from _word("tls", "certificates", *both(_certificates, old, new))


def _certificates(control: Transport) -> str:
    return ", ".join(f"{c.host} {c.file} ({c.renew_before_s} s before)" for c in control.certificates)


_PROTECTS_NOBODY: Final = frozenset(
    {"server", "via", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-runtime", "p3p"}
    | {"x-xss-protection", "public-key-pins", "expect-ct", "feature-policy", "x-content-security-policy", "x-webkit-csp"}
)
"""Headers that tell what answers, and those browsers no longer read."""


def _protects(header: str) -> bool:
    """Whether an answer with *header* is better protected than one without."""
    return header.lower() not in _PROTECTS_NOBODY and not header.lower().startswith("access-control-")


def headers_and_errors(old: ResponseHeaders, new: ResponseHeaders, errors: Errors, after: Errors) -> Iterator[Change]:
    """What every answer carries, and what refusals say."""
    before, now = dict(old.set), dict(new.set)
    for name in sorted(before.keys() | now.keys()):
        strength: Strength = "changed"
        if _protects(name) and (name not in before or name not in now):
            strength = "stronger" if name in now else "weaker"
        yield from _word("headers", name, before.get(name, ""), now.get(name, ""), strength)
    removed, removed_now = ([name.lower() for name in r.remove] for r in (old, new))
    yield from sets("headers", "headers taken from answers", removed, removed_now, "stronger")
    yield from _hsts(old.hsts, new.hsts)
    yield from _word("errors", "format", errors.format, after.format)
    yield from _graded("errors", "details", errors.details, after.details, ("shown", "hidden"))
    yield from _word("errors", "correlation header", errors.correlation_header, after.correlation_header)
    codes = {**dict(errors.status), **dict(after.status)}
    for reason in sorted(codes):
        if errors.code(reason) != after.code(reason):
            yield Change("errors", f"status of {reason}", str(errors.code(reason)), str(after.code(reason)), "changed")


def _hsts(old: Hsts | None, new: Hsts | None) -> Iterator[Change]:
    if old is None or new is None:
        if old is not new:
            told = both(lambda h: "" if h is None else f"{h.max_age_s} s", old, new)
            yield Change("tls", "HSTS", *told, "weaker" if new is None else "stronger")
        return
    yield from _number("tls", "HSTS seconds", old.max_age_s, new.max_age_s, "stronger")
    yield from _yes_no("tls", "HSTS for subdomains", old.include_subdomains, new.include_subdomains, "stronger")
    yield from _yes_no("tls", "HSTS preload", old.preload, new.preload, "stronger")


def forwarding(old: Forward, new: Forward) -> Iterator[Change]:
    """What the upstream is, and what it is told."""
    if old.url != new.url:
        yield Change("forwarding", "upstream", masked_url(old.url), masked_url(new.url), "changed")
    yield from _yes_no("tls", "upstream's certificate checked", old.verify_tls, new.verify_tls, "stronger")
    yield from _number("forwarding", "timeout in seconds", old.timeout_s, new.timeout_s, "changed")
    yield from _graded("forwarding", "credentials", old.credentials, new.credentials, ("keep", "strip"))
    told = ([f"{i.header}: {i.field}" for i in f.set] for f in (old, new))
    before, after = (set(listed) for listed in told)
    if before != after:
        yield Change("forwarding", "identity told", ", ".join(sorted(before)), ", ".join(sorted(after)), "changed")
    own = {i.header for f in (old, new) for i in f.set}
    if old.credentials == new.credentials:
        yield from sets("forwarding", "headers taken from requests", set(old.strip) - own, set(new.strip) - own, "stronger")


def masked_url(url: str) -> str:
    """A URL without the user and password it may carry."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{'***@' if '@' in authority else ''}{authority.rpartition('@')[2]}{slash}{path}"


# -------------------------------------------------------------------------------------------------------------- audit
def records(old: Audit, new: Audit) -> Iterator[Change]:
    """What is written down of each decision."""
    yield from sets("audit", "events", old.events, new.events, "stronger")
    yield from sets("audit", "redacted headers", old.redact, new.redact, "stronger")
    yield from _graded("audit", "subject", old.subject, new.subject, ("clear", "keyed_hash"))
    if old.hash_key is not None and new.hash_key is not None:
        yield from _word("audit", "hash key", *both(lambda key: key.env or key.file, old.hash_key, new.hash_key))
    yield from _number("audit", "seconds kept at least", old.retention_min_s, new.retention_min_s, "stronger")
    yield from _number("audit", "seconds searchable", old.retention_hot_s, new.retention_hot_s, "stronger")
    yield from _number("audit", "seconds kept at most", old.retention_max_s, new.retention_max_s, "changed")
    yield from _yes_no("audit", "required", old.required, new.required, "stronger")
    before, after = {s.name: s for s in old.sinks}, {s.name: s for s in new.sinks}
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after:
            told = both(lambda s: "" if s is None else s.type, before.get(name), after.get(name))
            yield Change("audit", f"sink `{name}`", *told, "stronger" if name in after else "weaker")
        elif before[name] != after[name]:
            yield Change("audit", f"sink `{name}`", _sink(before[name]), _sink(after[name]), "changed")


def _sink(sink: Sink) -> str:
    """Where events go, with references to secrets, never secrets; an address written out may hold one."""
    told = [f"{key} {ref.env or masked_url(ref.file)}" for key, ref in sink.settings]
    return ", ".join([sink.type, *told])


def sessions(
    old: Session | None, new: Session | None, before: Revocation | None, after: Revocation | None
) -> Iterator[Change]:
    """Lifetimes, the cookie, and how late a revocation may be noticed."""
    if before is not None and after is not None:
        yield from _number("sessions", "seconds until a revocation counts", before.staleness_s, after.staleness_s, "weaker")
    if old is None or new is None:
        if old is not new:
            yield Change("sessions", "sessions", "" if old is None else "yes", "" if new is None else "yes", "changed")
        return
    yield from _number("sessions", "access token seconds", old.access_ttl_s, new.access_ttl_s, "weaker")
    yield from _number("sessions", "refresh token seconds", old.refresh_ttl_s, new.refresh_ttl_s, "weaker")
    yield from _number("sessions", "session seconds at most", old.absolute_ttl_s, new.absolute_ttl_s, "weaker")
    yield from _yes_no("sessions", "refresh tokens rotate", old.refresh_rotate, new.refresh_rotate, "stronger")
    yield from _word("sessions", "on reuse", old.refresh_on_reuse, new.refresh_on_reuse)
    yield from _word("sessions", "cookie", old.cookie_name, new.cookie_name)
    yield from _yes_no("sessions", "cookie hidden from scripts", old.cookie_http_only, new.cookie_http_only, "stronger")
    yield from _yes_no("sessions", "cookie over TLS only", old.cookie_secure, new.cookie_secure, "stronger")
    yield from _graded("sessions", "cookie same-site", old.cookie_same_site, new.cookie_same_site, _SAME_SITE)
    yield from _word("sessions", "logout path", old.logout_path, new.logout_path)
    yield from _yes_no("sessions", "back-channel logout", old.back_channel, new.back_channel, "stronger")
