"""What the policies of an API enforce, element by element, and the parts of the program in their expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from seccfg.targetapi.attribution import Attribution, Code, Meaning, Place, Section
from seccfg.targetapi.meanings import (
    ANSWERS,
    AUDIT,
    EVERYTHING,
    FORWARD,
    HEADERS,
    IDENTITY,
    LIMIT,
    MEMBERS,
    METHOD,
    PASSED_ON,
    REASONS,
    ROUTES,
    STEPS,
    UPSTREAM,
)

__all__ = ["ATTRIBUTION"]

_HTTP: Final = Meaning("Transport", "requests over plain http reach the API", "more")
_TOLD: Final = Meaning("Errors", "refusals are told otherwise")
_ASKED: Final = Meaning("every control", "what decides is asked for other requests", "any")
_NOT_RUN: Final = Meaning("every control", "what decides does not run", "less")
_REFUSED: Final = Meaning("every control", "what was refused goes on", "any")
_REVOKED: Final = Meaning("Revocation", "revoked tokens are taken", "any")
_OUT: Final = "out"
_IN: Final = "in"
_REGIONS: Final = (
    (r"^<(?:inbound|fragment)>", _IN),
    (r"^<(?:outbound|return-response)>", _OUT),
    (r"^<on-error>", "error"),
    (r"<send-request\b", "revocation"),
    (r"^</send-request>", _IN),
    (r"^switch \(branch\)", "branch"),
    (r"^switch \(step\)", "step"),
    (r"^switch \((?:over|reached)\)", "over"),
    (r"^switch \((?:template|node)", "route"),
    (r"^/\* ", "prelude"),
)
_ELEMENTS: Final[Mapping[str, Meaning]] = {
    "validate-jwt": Meaning("Authenticate", "signatures of tokens are not checked", "any"),
    "issuer-signing-keys|key|openid-config|certificate": Meaning(
        "Authenticate", "tokens signed with another key are taken", "any"
    ),
    "audiences|audience": Meaning("Authenticate", "tokens minted for another audience are taken", "any"),
    "issuers|issuer": Meaning("Authenticate", "tokens of another issuer are taken", "any"),
    "required-claims|claim": METHOD,
    "rate-limit-by-key|rate-limit|quota-by-key": LIMIT,
    "set-backend-service": UPSTREAM,
    "forward-request": FORWARD,
    "rewrite-uri": Meaning("Forward", "the upstream is asked for another path", "any"),
    "set-query-parameter": PASSED_ON,
    "send-request|set-url|set-method": _REVOKED,
    "cors|allowed-origins|origin|allowed-methods|method|allowed-headers|expose-headers": STEPS["preflight"],
    "trace|message|log-to-eventhub": AUDIT,
    "set-status|return-response": _TOLD,
    "validate-content|validate-parameters": STEPS["validate"],
    "ip-filter|address|address-range": STEPS["address"],
    "authentication-certificate|validate-client-certificate": METHOD,
    "base": _NOT_RUN,
}
_PRELUDE: Final[Mapping[str, Meaning]] = {
    "the request in pieces": STEPS["request_target"],
    "the address of the client": STEPS["address"],
    "the body": STEPS["body"],
    "the query": STEPS["validate"],
    "what stands in the places": METHOD,
    "the template of the path": ROUTES,
    "the branch of the request": ROUTES,
    "each filled place": METHOD,
    "JSON, strictly": STEPS["validate"],
    "which method claims": METHOD,
    "the record": MEMBERS["records"],
    "who it is": METHOD,
    "what is asked about each token": STEPS["revocation"],
    "": EVERYTHING,
}
_TABLES: Final[Mapping[str, Meaning]] = {
    "issuers": Meaning("Authenticate", "tokens of another issuer are taken", "any"),
    "names|kinds|keyIds|uses": METHOD,
    "trusted": Meaning("ClientAddress", "others may say what a client's address is"),
    "allowed|asserts": MEMBERS["asserts"],
}


def _sections() -> Iterator[Section]:
    """Lines of XML first, then the parts of the program."""
    yield Section(r'^<include-fragment fragment-id="[^"]*-refuse"', _REFUSED)
    yield Section(r"^<include-fragment", _NOT_RUN)
    for name, means in HEADERS.items():
        yield Section(rf'^<set-header name="(?i:{name})', means, region=_OUT)
    yield Section(r'^<set-header name="X-Request-Id"', MEMBERS["correlation"], region=_OUT)
    yield Section(r'^<set-header name="Content-Type"', MEMBERS["content_type"], region=_OUT)
    yield Section(r'^<set-header name="[^"]*" exists-action="delete"', MEMBERS["remove"], region=_OUT)
    yield Section(r"^<set-header\b", MEMBERS["set"], region=_OUT)
    yield Section(
        r'^<set-header name="(?i:authorization|cookie|x-api-key)"',
        Meaning(PASSED_ON.control, PASSED_ON.says, "any"),
        region=_IN,
    )
    yield Section(r'^<set-header name="X-Authz-Open"', MEMBERS["always_open"], region=_IN)
    yield Section(r'^<set-header name="X-Forwarded-', FORWARD, region=_IN)
    yield Section(r"^<set-header\b", Meaning(IDENTITY.control, IDENTITY.says, "any"))
    for element, means in _ELEMENTS.items():
        yield Section(rf"^<(?:{element})\b", means, members=element.startswith("rate-limit"))
    yield Section(r"^<set-body", _REVOKED, region="revocation")
    yield Section(r"^<set-body", _TOLD)
    yield Section(r"LastError", _TOLD)
    yield Section(r"seccfg-revocation|&quot;revocation&quot;", _REVOKED)
    yield Section(r"&quot;counted&quot;|&quot;charged&quot;", LIMIT)
    yield Section(
        r"&quot;verify&quot;|seccfg-signed", Meaning("Authenticate", "signatures of tokens are not checked", "any")
    )
    yield Section(r"^<when condition=.*Intersect", ROUTES)
    yield Section(r"^<when condition=.*&quot;branch&quot;", UPSTREAM)
    yield Section(r"^<when condition=.*new string\[\]", AUDIT)
    yield Section(r'^<set-variable name="seccfg-answer"', _TOLD)
    yield Section(
        r"^<(?:when|otherwise|choose|policies|inbound|outbound|backend|on-error|fragment|set-variable)\b", _ASKED
    )
    for words, means in _PRELUDE.items():
        yield Section(rf"^/\* {words}", means)
    for name, means in _TABLES.items():
        yield Section(rf"^[\w<>\[\], ]+ (?:{name}) = ", means)
    yield Section(r"^switch \(step\)", EVERYTHING)
    yield Section(r"^case (?:\d+|-\d+):", None, region="step")
    yield Section(r"^case (?:\d+|-\d+):", STEPS["validate"], region="branch")
    yield Section(r"^case .*:", ROUTES, region="route")
    yield Section(r"^switch \((?:over|reached)\)", LIMIT)
    yield Section(r"^switch \((?:template|node)", ROUTES)
    yield Section(r"^switch \(branch\)", EVERYTHING)
    yield Section(r"^switch \((?:who|chosen)", METHOD)
    yield Section(r"headers\[&quot;access-control|headers\[&quot;vary", STEPS["preflight"])
    yield Section(r"^string\[\]\[\]\[?\]? sought = ", STEPS["revocation"])
    yield Section(r"^string\[\]\[\]\[\] claimed = ", MEMBERS["roles"])
    yield Section(r"^depth = ", Meaning("Validate", "bodies nested deeper are taken", "more"))
    yield Section(r"forward\[&quot;", Meaning("Forward", "the upstream is told another identity"))
    yield Section(r"opened\.", MEMBERS["always_open"])
    yield Section(r"^texts\.Add\(&quot;\[", MEMBERS["records"])
    yield Section(r"headers\[&quot;strict-transport", MEMBERS["hsts"])
    yield Section(r"^(?:JToken|string|List|double|bool|int|var|foreach) ?", STEPS["authorize"], region="branch")
    yield Section(r"^(?:counted|charged|raised|limitedStatus)\b", LIMIT)
    yield Section(r"^string reason = null", EVERYTHING)


def _places() -> Iterator[Place]:
    yield Place("apis * path", ROUTES)
    yield Place("apis * protocols **", _HTTP)
    yield Place(
        "apis * subscriptionRequired", Meaning("Authenticate", "the service asks for keys of its own, or for none")
    )
    yield Place("apis * subscriptionKeyParameterNames **", MEMBERS["places"])
    yield Place("apis * **", ROUTES)
    yield Place("operations *", Meaning("Route", "another method is served", "more"))
    yield Place("operations **", ROUTES)
    yield Place("policies fragment?*", Meaning("every control", "nothing is decided", "less"))
    yield Place("policies *", Meaning("every control", "another policy decides for an operation, or none", "any"))
    yield Place("policies **", EVERYTHING)


ATTRIBUTION: Final = Attribution(
    tuple(_places()),
    (
        Code(
            "policies *",
            tuple(_sections()),
            {
                **MEMBERS,
                "renewal-period": MEMBERS["window_s"],
                "counter-key": MEMBERS["by"],
                "increment-condition": MEMBERS["limits"],
            },
            head=((r"case (\d+):", "{region} {}"),),
            refers=(),
            route=r"name:^branch (\d+)$",
            regions=_REGIONS,
            ahead=((r"reason = &quot;(\w+)&quot;", REASONS), (r"^(sent) = ", {"sent": ANSWERS})),
            silent=((r"^</|^\{|^\}|^<choose>|^else \{", "a bracket"), (r"^/\*.*\*/$", "a comment")),
        ),
    ),
)
