"""Steps 1 to 4 of every branch, and the branches of requests no route takes: no template (404), no method (405)."""

from __future__ import annotations

from collections.abc import Callable

from seccfg.ir.policy import (
    ClientAddress,
    Cors,
    Errors,
    Event,
    Hsts,
    Policy,
    Reason,
    RequestTarget,
    StepName,
    Transport,
)
from seccfg.program import patterns
from seccfg.program.build import all_of, any_of, count_is, given, line, matches, origin_allowed, place_id
from seccfg.program.model import (
    Always,
    Branch,
    Case,
    Cases,
    Check,
    Compare,
    Form,
    Header,
    HeaderText,
    Is,
    Item,
    Known,
    OneOf,
    Refuse,
    SameText,
    Slot,
    Step,
    Within,
)

__all__ = [
    "EVENTS", "Refusing", "client_known", "edge_branch", "first_steps", "hsts_headers", "refusing", "routable", "undeclared_branch",
]

EVENTS: dict[StepName, Event] = {
    "request_target": "input.rejected", "host": "authz.denied", "plain_http": "authz.denied", "address": "authz.denied",
    "route": "input.rejected", "preflight": "input.rejected", "method": "input.rejected", "body": "input.rejected",
    "address_limits": "rate.limited", "authenticate": "auth.failed", "revocation": "token.revoked",
    "principal_limits": "rate.limited", "authorize": "authz.denied", "validate": "input.rejected",
    "forward": "authz.denied",
}  # fmt: skip
OVERRIDES = ("x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url")
_ONCE = ("host", "authorization", "content-length")

Refusing = Callable[[Reason], Refuse]
"""Makes the refusal of a reason at the step being lowered."""


def refusing(step: StepName, errors: Errors) -> Refusing:
    """The refusals of *step*, without headers of their own."""

    def refuse(reason: Reason) -> Refuse:
        event = "check.failed" if reason in ("unavailable", "internal") else EVENTS[step]
        return Refuse(reason, errors.code(reason), event)

    return refuse


def hsts_headers(hsts: Hsts | None) -> tuple[Header, ...]:
    """`Strict-Transport-Security`, over TLS only."""
    if hsts is None:
        return ()
    parts = [f"max-age={hsts.max_age_s}"]
    if hsts.include_subdomains:
        parts.append("includeSubDomains")
    if hsts.preload:
        parts.append("preload")
    return (Header("strict-transport-security", ("; ".join(parts),), Is(Slot("tls"))),)


def edge_branch(policy: Policy) -> Branch:
    """A path no template matches."""
    edge = policy.edge
    items = first_steps(policy, RequestTarget(False), edge.transport, edge.address, None, edge.errors)
    items["route"] = (refusing("route", edge.errors)("no_route"),)
    headers = hsts_headers(edge.headers.hsts)
    steps = tuple(Step(name, items[name], headers) for name in policy.order if name in items)
    return Branch("edge", "edge", steps, headers=edge.headers)


def undeclared_branch(policy: Policy, template: str, allow: str, edge: Branch) -> Branch:
    """A method the template does not declare: as *edge*, whose steps it shares, until the method is looked at."""
    refuse = refusing("method", policy.edge.errors)("method")
    allowed = (Header("allow", (allow,), Always(True)),)
    refuse = Refuse(refuse.reason, refuse.status, refuse.event, allowed)
    steps = {step.name: step for step in edge.steps if step.name != "route"}
    steps["method"] = Step("method", (refuse,), hsts_headers(policy.edge.headers.hsts))
    ordered = tuple(steps[name] for name in policy.order if name in steps)
    return Branch(f"undeclared {template}", "undeclared", ordered, headers=policy.edge.headers)


def first_steps(
    policy: Policy, target: RequestTarget, transport: Transport, address: ClientAddress, cors: Cors | None, errors: Errors
) -> dict[StepName, tuple[Item, ...]]:
    """Steps 1 to 4."""
    return {
        "request_target": _request_target(policy, target, cors, refusing("request_target", errors)),
        "host": _host(policy.hosts, refusing("host", errors)),
        "plain_http": _plain_http(policy, transport, refusing("plain_http", errors)),
        "address": _address(address, refusing("address", errors)),
    }


# ----------------------------------------------------------------------------------------------------------- step 1
def routable() -> Form:
    """A path the router may be asked about; any other matches nothing."""
    path = Slot("path")
    return all_of((
        matches(path, patterns.WELL_FORMED_PATH), matches(path, patterns.DOT_SEGMENT, False),
        matches(path, patterns.DOT_SEGMENT_LAST, False),
    ))  # fmt: skip


def _well_formed() -> Form:
    """The request target itself: path and query."""
    target, query = Slot("target"), Slot("query")
    return all_of((
        matches(target, patterns.VISIBLE), routable(),
        given(query, all_of((matches(query, patterns.BAD_ENCODING, False), matches(query, patterns.CUT_ENCODING, False)))),
    ))  # fmt: skip


def _request_target(
    policy: Policy, target: RequestTarget, cors: Cors | None, refuse: Refusing
) -> tuple[Item, ...]:
    length = line("content-length")
    measured = (matches(length, patterns.LENGTH), Is(Slot("chunked"), False))
    upgrade: Form = count_is("upgrade", 0)
    if target.websocket:
        to_websocket = (matches(line("upgrade"), patterns.WEBSOCKET), origin_allowed(cors))
        upgrade = any_of((upgrade, all_of(to_websocket)))
    forms = (
        _well_formed(),
        *((matches(Slot("path"), "%", False),) if policy.host.plain_paths else ()),
        *(Compare(Slot("count", name), "<=", 1) for name in _ONCE),
        given(line("host"), matches(line("host"), ",", False)),
        *(count_is(name, 0) for name in OVERRIDES),
        any_of((count_is("content-length", 0), all_of(measured))),
        given(Slot("authority"), SameText(Slot("authority"), line("host"))),
        OneOf(Slot("method"), ("CONNECT", "TRACE"), False),
        upgrade,
    )
    return tuple(Check(form, refuse("malformed")) for form in forms)


# ---------------------------------------------------------------------------------------------------- steps 2, 3, 4
def _host(hosts: tuple[str, ...], refuse: Refusing) -> tuple[Item, ...]:
    return (
        Check(Known(Slot("host")), refuse("malformed")),
        Check(OneOf(Slot("host"), hosts), refuse("wrong_host")),
    )


def _plain_http(policy: Policy, transport: Transport, refuse: Refusing) -> tuple[Item, ...]:
    if transport.plain_http == "allow":
        return ()
    cases = [Case(Is(Slot("tls")), ())]
    if transport.plain_http == "redirect":
        places = dict.fromkeys(p for v in policy.verifiers for p in getattr(v, "places", ()))
        bare = all_of((
            OneOf(Slot("method"), ("GET", "HEAD")), OneOf(Slot("host"), policy.hosts), _well_formed(),
            count_is("authorization", 0), *(Compare(Slot("filled", place_id(place)), "==", 0) for place in places),
        ))  # fmt: skip
        secure: HeaderText = ("https://", Slot("host"), Slot("path"))
        with_query = all_of((bare, Known(Slot("query"))))
        cases.append(Case(with_query, (_redirect(refuse, (*secure, "?", Slot("query"))),)))
        cases.append(Case(bare, (_redirect(refuse, secure),)))
    return (Cases(tuple(cases), (refuse("plain_http"),)),)


def _redirect(refuse: Refusing, location: HeaderText) -> Refuse:
    plain = refuse("plain_http")
    return Refuse(plain.reason, 308, plain.event, (Header("location", location, Always(True)),))


def client_known(refuse: Refusing) -> tuple[Item, ...]:
    """What every check that needs the client's address asks first."""
    return Check(Known(Slot("peer")), refuse("internal")), Check(Known(Slot("client")), refuse("malformed"))


def _address(address: ClientAddress, refuse: Refusing) -> tuple[Item, ...]:
    client = Slot("client")
    return (
        *client_known(refuse),
        *(
            Check(
                all_of((Within(client, rule.allow), Within(client, rule.deny, False) if rule.deny else Always(True))),
                refuse("address"),
            )
            for rule in address.rules
        ),
    )
