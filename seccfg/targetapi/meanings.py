"""What the parts of a Program are for, under the names that targets print them by: shared data of their attributions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seccfg.ir.policy import StepName
from seccfg.targetapi.attribution import Meaning

__all__ = [
    "ANSWERS",
    "AUDIT",
    "EVERYTHING",
    "FORWARD",
    "HEADERS",
    "IDENTITY",
    "LIMIT",
    "MEMBERS",
    "METHOD",
    "PASSED_ON",
    "REASONS",
    "ROUTES",
    "STEPS",
    "UPSTREAM",
]

EVERYTHING: Final = Meaning("every control", "requests are taken apart or decided otherwise")
ROUTES: Final = Meaning("Route", "other requests are taken for this route")
METHOD: Final = Meaning("Authenticate", "other credentials are taken")
LIMIT: Final = Meaning("RateLimit", "requests are counted otherwise")
ANSWERS: Final = Meaning("ResponseHeaders", "answers carry other headers")
AUDIT: Final = Meaning("Audit", "other events are written")
FORWARD: Final = Meaning("Forward", "the upstream receives something else")
UPSTREAM: Final = Meaning("Forward", "requests go to another upstream", "any")
IDENTITY: Final = Meaning("Forward", "identity header can be set by the caller", "less")
PASSED_ON: Final = Meaning("Forward", "credentials of the caller reach the upstream", "less")

_CSRF: Final = Meaning("Authenticate", "requests of other sites with a cookie are taken", "less")

STEPS: Final[Mapping[StepName, Meaning]] = {
    "request_target": Meaning("RequestTarget", "malformed or ambiguous requests are judged otherwise"),
    "host": Meaning("Host", "requests for other hosts are taken"),
    "plain_http": Meaning("Transport", "requests over plain http are treated otherwise"),
    "address": Meaning("ClientAddress", "other addresses of clients are let in"),
    "route": ROUTES,
    "preflight": Meaning("Cors", "preflights are answered otherwise"),
    "method": Meaning("Route", "methods nobody declared are answered otherwise"),
    "body": Meaning("BodyLimit", "other bodies are taken"),
    "address_limits": LIMIT,
    "authenticate": METHOD,
    "revocation": Meaning("Revocation", "revoked credentials are treated otherwise"),
    "principal_limits": LIMIT,
    "authorize": Meaning("Authorize", "others are allowed"),
    "validate": Meaning("Validate", "other input is taken"),
    "forward": FORWARD,
}

REASONS: Final[Mapping[str, Meaning]] = {
    "malformed": STEPS["request_target"],
    "wrong_host": STEPS["host"],
    "plain_http": STEPS["plain_http"],
    "address": STEPS["address"],
    "no_route": STEPS["route"],
    "method": STEPS["method"],
    "preflight": STEPS["preflight"],
    "body_too_large": STEPS["body"],
    "media_type": STEPS["body"],
    "rate_limited": LIMIT,
    "no_credential": METHOD,
    "several_credentials": METHOD,
    "invalid_token": METHOD,
    "invalid_key": METHOD,
    "invalid_certificate": METHOD,
    "csrf": _CSRF,
    "revoked": STEPS["revocation"],
    "forbidden": STEPS["authorize"],
    "insufficient_scope": STEPS["authorize"],
    "invalid_input": STEPS["validate"],
}
"""What is no longer refused, or refused besides, where a check changes that refuses for the reason."""

HEADERS: Final[Mapping[str, Meaning]] = {
    "access-control-": Meaning("Cors", "scripts of other origins may read answers"),
    "vary": Meaning("Cors", "caches give an answer to other origins"),
    "strict-transport-security": Meaning("ResponseHeaders", "browsers may come back over plain http", "less"),
    "location": Meaning("Transport", "requests over plain http are answered otherwise"),
    "retry-after": LIMIT,
    "www-authenticate": Meaning("Authenticate", "refusals name another way to authenticate"),
    "allow": Meaning("Route", "methods nobody declared are answered otherwise"),
}
"""Of answers, by how their names begin."""

_ISSUER: Final = Meaning("Authenticate", "tokens of another issuer are taken", "any")
_KEYS: Final = Meaning("Authenticate", "tokens signed with another key are taken", "more")
_RECORDS: Final = Meaning("Authenticate", "other API keys are taken", "more")
_ROLES: Final = Meaning("Authorize", "other roles count", "more")

MEMBERS: Final[Mapping[str, Meaning]] = {
    # credentials
    "issuer": _ISSUER,
    "issuers": _ISSUER,
    "audiences": Meaning("Authenticate", "tokens minted for another audience are taken", "more"),
    "audience": Meaning("Authenticate", "tokens minted for another audience are taken", "more"),
    "algorithms": Meaning("Authenticate", "tokens signed by another algorithm are taken", "more"),
    "keys": _KEYS,
    "kid": _KEYS,
    "document": _KEYS,
    "records": _RECORDS,
    "sha256": _RECORDS,
    "not_before": Meaning("Authenticate", "a key is valid from another time on", "less"),
    "expires": Meaning("Authenticate", "a key is valid until another time", "more"),
    "addresses": Meaning("Authenticate", "a key is taken from other addresses", "unknown"),
    "subject": Meaning("Authenticate", "somebody else is the principal", "unknown"),
    "prefix": Meaning("Authenticate", "principals are told apart otherwise"),
    "kind": METHOD,
    "skew_s": Meaning("Authenticate", "tokens are taken longer after they expired", "more"),
    "max_age_s": Meaning("Authenticate", "older tokens are taken", "more"),
    "max_stale_s": Meaning("Authenticate", "key sets are used longer after they were fetched", "more"),
    "live_keys": _KEYS,
    "san": Meaning("Authenticate", "certificates of other services are taken"),
    "ca": Meaning("Authenticate", "certificates of another authority are taken", "any"),
    "verified_by": METHOD,
    "places": Meaning("Authenticate", "credentials are looked for elsewhere"),
    "place": Meaning("Authenticate", "credentials are looked for elsewhere"),
    "carriers": Meaning("Authenticate", "credentials are looked for elsewhere"),
    "alternatives": Meaning("Authenticate", "other methods of authentication are enough", "unknown"),
    "methods": Meaning("Authenticate", "other methods of authentication are enough", "more"),
    "csrf_header": _CSRF,
    "csrf": _CSRF,
    "challenge": Meaning("Authenticate", "refusals name another way to authenticate"),
    "certificate": METHOD,
    "denied": Meaning("Revocation", "revoked tokens are taken", "less"),
    "revokes": Meaning("Revocation", "revoked tokens are taken", "false"),
    # who may
    "asserts": Meaning("Authorize", "a method may assert other roles", "more"),
    "roles": _ROLES,
    "role_sets": _ROLES,
    "scopes": Meaning("Authorize", "other scopes are asked for", "less"),
    "clients": Meaning("Authorize", "other clients are allowed", "more"),
    "attributes": Meaning("Authorize", "conditions read another value"),
    "conditions": Meaning("Authorize", "other conditions must hold", "less"),
    "allow": Meaning("Authorize", "others are allowed", "more"),
    "require": Meaning("Authorize", "other conditions must hold", "less"),
    "forbid": Meaning("Authorize", "other requests are forbidden", "less"),
    "always_open": Meaning("Authorize", "conditions are left to the service", "more"),
    "may_be_open": Meaning("Authorize", "conditions are left to the service", "more"),
    "open": Meaning("Authorize", "conditions are left to the service", "more"),
    # how much
    "limit": Meaning("RateLimit", "more requests are let through", "more"),
    "calls": Meaning("RateLimit", "more requests are let through", "more"),
    "window": Meaning("RateLimit", "requests are counted over another time", "less"),
    "window_s": Meaning("RateLimit", "requests are counted over another time", "less"),
    "burst": Meaning("RateLimit", "more requests are let through at once", "more"),
    "tiers": Meaning("RateLimit", "more requests are let through", "more"),
    "by": Meaning("RateLimit", "requests are counted by something else"),
    "key": Meaning("RateLimit", "requests are counted by something else"),
    "algorithm": LIMIT,
    "may_be_local": Meaning("RateLimit", "requests are counted by each node alone", "true"),
    "limits": Meaning("RateLimit", "requests are not counted", "less"),
    "charges": Meaning("RateLimit", "failed attempts are not counted", "less"),
    # the request and its route
    "hosts": Meaning("Host", "requests for other hosts are taken", "more"),
    "trusted_proxies": Meaning("ClientAddress", "others may say what a client's address is", "more"),
    "networks": Meaning("ClientAddress", "other addresses of clients are let in"),
    "plain_http": Meaning("Transport", "requests over plain http are treated otherwise"),
    "websocket": Meaning("RequestTarget", "connections are handed over to another protocol", "true"),
    "max_bytes": Meaning("BodyLimit", "larger bodies are taken", "more"),
    "content_types": Meaning("BodyLimit", "bodies of other types are taken", "more"),
    "depth": Meaning("Validate", "bodies nested deeper are taken", "more"),
    "json_depth": Meaning("Validate", "bodies nested deeper are taken", "more"),
    "screens": Meaning("Validate", "input is not screened", "less"),
    "parameters": Meaning("Validate", "parameters are read from another place"),
    "literals": ROUTES,
    "here": ROUTES,
    "parameter": ROUTES,
    "rest": ROUTES,
    "templates": ROUTES,
    "preflights": Meaning("Cors", "preflights are answered otherwise", "more"),
    "undeclared": Meaning("Route", "methods nobody declared are answered otherwise"),
    "steps": Meaning("every control", "a step of the decision is gone", "less"),
    "split": Meaning("every control", "steps run in another phase"),
    "id": ROUTES,
    "route": ROUTES,
    # what goes on, and back
    "strip": IDENTITY,
    "cookies": PASSED_ON,
    "strip_cookies": PASSED_ON,
    "query": PASSED_ON,
    "strip_query": PASSED_ON,
    "credentials": PASSED_ON,
    "identity": Meaning("Forward", "the upstream is told another identity"),
    "Forward.set": Meaning("Forward", "the upstream is told another identity"),
    "header": Meaning("Forward", "the upstream is told another identity"),
    "field": Meaning("Forward", "the upstream is told another identity"),
    "upstream": UPSTREAM,
    "url": UPSTREAM,
    "verify_tls": Meaning("Forward", "the upstream's certificate is not checked", "false"),
    "timeout_s": Meaning("Forward", "the upstream may take longer", "more"),
    "forward": FORWARD,
    "set": Meaning("ResponseHeaders", "answers lack a security header", "less"),
    "remove": Meaning("ResponseHeaders", "answers tell what runs behind them", "less"),
    "hsts": Meaning("ResponseHeaders", "browsers may come back over plain http", "less"),
    "max_age": Meaning("ResponseHeaders", "browsers may come back over plain http", "less"),
    "answers": ANSWERS,
    "hidden": Meaning("Errors", "errors of the upstream are shown", "false"),
    "details": Meaning("Errors", "errors of the upstream are shown"),
    "codes": Meaning("Errors", "refusals have another status"),
    "status": Meaning("Errors", "refusals have another status"),
    "content_type": Meaning("Errors", "errors come in another form"),
    "format": Meaning("Errors", "errors come in another form"),
    "correlation": Meaning("Errors", "answers cannot be found in the logs"),
    "correlation_header": Meaning("Errors", "answers cannot be found in the logs"),
    "own_cache_control": Meaning("ResponseHeaders", "answers may be kept by caches", "true"),
    "logged": Meaning("Audit", "events are not written", "less"),
    "events": Meaning("Audit", "events are not written", "less"),
    "event": Meaning("Audit", "other events are written"),
    "redact": Meaning("Audit", "secrets are written to the log", "less"),
    # browsers
    "origins": Meaning("Cors", "scripts of other origins may read answers", "more"),
    "expose": Meaning("Cors", "scripts may read more headers", "more"),
    "allow_credentials": Meaning("Cors", "scripts may send cookies along", "true"),
}
