"""What the entities of a node enforce (Kong 3.9), and the parts of the program in its functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, get_args

from seccfg.ir.policy import StepName
from seccfg.targetapi.attribution import Attribution, Code, ControlName, Meaning, Place, Section
from seccfg.targetapi.meanings import (
    ANSWERS,
    AUDIT,
    EVERYTHING,
    FORWARD,
    HEADERS,
    IDENTITY,
    MEMBERS,
    METHOD,
    ROUTES,
    STEPS,
    UPSTREAM,
)

__all__ = ["ATTRIBUTION"]

_HTTP: Final = Meaning("Transport", "requests over plain http reach the route", "more")
_SLOWER: Final = Meaning("Forward", "the upstream may take longer", "more")
_LOCATION: Final = Meaning("Authenticate", "tokens are taken from another place", "more")
_UNSIGNED: Final = Meaning("Authenticate", "signatures of tokens are not checked", "less")
_KEY: Final = Meaning("Authenticate", "tokens signed with another key are taken", "any")

_PLUGINS: Final[Mapping[str, Meaning]] = {
    "jwt": _UNSIGNED,
    "mtls-auth": Meaning("Authenticate", "other client certificates are taken"),
    "key-auth": Meaning("Authenticate", "API keys are not checked", "less"),
    "basic-auth": METHOD,
    "hmac-auth": METHOD,
    "oauth2": METHOD,
    "ldap-auth": METHOD,
    "session": Meaning("Session", "sessions are kept otherwise"),
    "acl": Meaning("Authorize", "groups are not checked", "less"),
    "rate-limiting": Meaning("RateLimit", "requests are not counted", "less"),
    "response-ratelimiting": Meaning("RateLimit", "requests are not counted", "less"),
    "cors": Meaning("Cors", "browsers are told otherwise by a plugin of the node", "more"),
    "ip-restriction": Meaning("ClientAddress", "other addresses of clients are let in"),
    "bot-detection": Meaning("RequestTarget", "clients are told apart otherwise"),
    "request-size-limiting": Meaning("BodyLimit", "larger bodies are taken", "less"),
    "request-termination": Meaning("Route", "requests are answered by the node itself"),
    "correlation-id": Meaning("Errors", "answers cannot be found in the logs", "less"),
    "request-transformer": Meaning("Forward", "a plugin of the node changes what the upstream receives", "more"),
    "response-transformer": Meaning("ResponseHeaders", "a plugin of the node changes answers", "more"),
    "file-log": Meaning("Audit", "events are not written", "less"),
    "http-log": Meaning("Audit", "events are not written", "less"),
    "tcp-log": Meaning("Audit", "events are not written", "less"),
    "udp-log": Meaning("Audit", "events are not written", "less"),
    "syslog": Meaning("Audit", "events are not written", "less"),
    "prometheus": Meaning("Audit", "usage is not counted", "less"),
    "proxy-cache": Meaning("every control", "answers to one caller are given to another", "more"),
    "post-function": Meaning("every control", "the decision is not carried out", "less"),
    "pre-function": Meaning("every control", "nothing is decided", "less"),
}


def _plugins() -> Iterator[Place]:
    """Members of plugins first, then each plugin as a whole, switched off included."""
    for name in (*_PLUGINS, "seccfg-*"):
        gone = _PLUGINS.get(name, Meaning("every control", "nothing is decided", "less"))
        yield Place(
            f"plugins */?{name} enabled", Meaning(gone.control, gone.says, "false" if gone.weaker == "less" else "true")
        )
        yield Place(f"plugins */?{name} protocols **", Meaning(gone.control, gone.says, gone.weaker))
        yield Place(f"plugins */?{name} tags **", None, "a mark for people")
    yield Place("plugins */?jwt config key_claim_name", _KEY)
    yield Place(
        "plugins */?jwt config anonymous",
        Meaning("Authenticate", "requests without a good token go on as somebody else", "any"),
    )
    yield Place("plugins */?jwt config maximum_expiration", Meaning("Authenticate", "tokens may live longer", "any"))
    yield Place(
        "plugins */?jwt config claims_to_verify **", Meaning("Authenticate", "times of tokens are not checked", "less")
    )
    yield Place("plugins */?jwt config run_on_preflight", Meaning("Cors", "preflights are authenticated or not"))
    for key in ("header_names", "uri_param_names", "cookie_names"):
        yield Place(f"plugins */?jwt config {key} **", _LOCATION)
    yield Place("plugins */?jwt config **", METHOD)
    for log in ("file-log", "http-log"):
        yield Place(
            f"plugins */?{log} config custom_fields_by_lua **",
            Meaning("Audit", "secrets are written to the log", "less"),
        )
        yield Place(f"plugins */?{log} config **", Meaning("Audit", "events are written elsewhere or later", "any"))
    for name in ("pre-function", "post-function"):
        yield Place(f"plugins */?{name} config **", Meaning("every control", "other code runs", "any"))
    yield Place(
        "plugins */?seccfg-* config redis **", Meaning("RateLimit", "requests are counted in another store", "any")
    )
    yield Place("plugins */?seccfg-* config route", ROUTES)
    for name, gone in _PLUGINS.items():
        yield Place(f"plugins */?{name} config **", Meaning(gone.control, gone.says))
        yield Place(f"plugins */?{name} **", gone)
    yield Place("plugins */?seccfg-* **", Meaning("every control", "nothing is decided", "less"))
    yield Place("plugins **", Meaning("every control", "another plugin runs on requests of the spec", "any"))


def _places() -> Iterator[Place]:
    for kind in ("services", "routes", "consumers", "jwt_secrets", "ca_certificates"):
        yield Place(f"{kind} * tags **", None, "a mark for people")
    yield Place("ca_certificates **", Meaning("Authenticate", "certificates of another authority are taken", "any"))
    for key in ("host", "port", "protocol", "path"):
        yield Place(f"services * {key}", UPSTREAM)
    for key in ("tls_verify", "tls_verify_depth", "ca_certificates"):
        yield Place(
            f"services * {key} **",
            Meaning(
                "Forward", "the upstream's certificate is not checked", "false" if key == "tls_verify" else "unknown"
            ),
        )
    for key in ("connect_timeout", "read_timeout", "write_timeout"):
        yield Place(f"services * {key}", _SLOWER)
    yield Place("services * retries", Meaning("Forward", "requests are sent to the upstream again", "more"))
    yield Place("services * **", Meaning("Forward", "requests reach the upstream otherwise"))
    yield Place("routes * protocols **", _HTTP)
    yield Place(
        "routes * https_redirect_status_code", Meaning("Transport", "requests over plain http are answered otherwise")
    )
    yield Place("routes * strip_path", Meaning("Forward", "the upstream is asked for another path", "true"))
    yield Place("routes * path_handling", Meaning("Forward", "the upstream is asked for another path", "any"))
    yield Place(
        "routes * preserve_host", Meaning("Forward", "the caller chooses the host the upstream is asked for", "true")
    )
    yield Place("routes * request_buffering", Meaning("BodyLimit", "bodies go on before they were read whole", "false"))
    yield Place(
        "routes * response_buffering", Meaning("ResponseHeaders", "answers go on before they were read whole", "false")
    )
    yield Place("routes * service", UPSTREAM)
    for key in ("methods", "paths", "hosts", "headers", "snis", "sources", "destinations"):
        yield Place(f"routes * {key} **", Meaning("Route", "other requests are taken for this route", "more"))
    yield Place("routes * **", ROUTES)
    yield Place("consumers **", Meaning("Authenticate", "credentials belong to somebody else", "more"))
    yield Place(
        "jwt_secrets * algorithm", Meaning("Authenticate", "tokens signed by another algorithm are taken", "any")
    )
    yield Place("jwt_secrets *", Meaning("Authenticate", "tokens signed with another key are taken", "more"))
    yield Place("jwt_secrets **", _KEY)
    yield from _plugins()


_MODULES: Final[Mapping[str, Meaning]] = {
    "addresses": STEPS["address"],
    "proxied": STEPS["address"],
    "times": STEPS["authorize"],
    "loops": STEPS["authorize"],
    "forms": STEPS["validate"],
    "json": STEPS["validate"],
    "head": STEPS["request_target"],
    "identity": METHOD,
    "limits": STEPS["address_limits"],
    "answers": Meaning("Errors", "errors come in another form"),
    "forward": FORWARD,
    "respond": ANSWERS,
    "schemas": STEPS["validate"],
    "revocation": STEPS["revocation"],
    "log": AUDIT,
    "sha256": METHOD,
    "signatures": METHOD,
    "certificates": METHOD,
}
_DATA: Final[Mapping[str, ControlName]] = {
    "nodes": "Route",
    "templates": "Route",
    "branches": "every control",
    "limits": "RateLimit",
    "methods": "Authenticate",
    "places": "Authenticate",
    "roles": "Authorize",
    "attributes": "Authorize",
    "answers": "ResponseHeaders",
    "cors_headers": "Cors",
    "tls": "Transport",
}


def _sections() -> Iterator[Section]:
    for name, means in _MODULES.items():
        yield Section(rf"^ *modules\.{name} = ", means)
    yield Section(r"^ *(?:modules\.\w+ = |local modules|-- (?:Decides|Completes) every|local host\b)", EVERYTHING)
    for name, control in _DATA.items():
        means = {
            "Route": ROUTES,
            "RateLimit": MEMBERS["limit"],
            "Authenticate": METHOD,
            "ResponseHeaders": ANSWERS,
            "Authorize": MEMBERS["roles"] if name == "roles" else MEMBERS["attributes"],
            "Cors": STEPS["preflight"],
            "Transport": STEPS["plain_http"],
        }.get(control, EVERYTHING)
        yield Section(rf"^ *(?:function )?data\.{name}\b", means, members=name not in ("nodes", "templates", "roles"))
    yield Section(r"^ *(?:local data = .*cors_headers|cors_headers = )", STEPS["preflight"])
    yield Section(r"^ *(?:trusted = |local proxied, trusted = )", MEMBERS["trusted_proxies"])
    yield Section(r"^ *(?:internal|known) = ", IDENTITY)
    yield Section(r"^ *proxied = ", Meaning("Authorize", "callers choose the value of an attribute", "less"))
    yield Section(r"^ *log_subject = ", AUDIT)
    yield Section(r"^ *(?:no_route|routable) = ", ROUTES)
    yield Section(r"^ *answers = ", ANSWERS)
    yield Section(r"^ *edge = ", ROUTES)
    for name, means in HEADERS.items():
        yield Section(rf'^ *out\["{name}', means)
    yield Section(r'^ *if \(*forms\.\w+\(head\.line\(q, "origin"\)', STEPS["preflight"])
    yield Section(r"^ *H\[\d+\] = ", ANSWERS)
    for name in get_args(StepName):
        yield Section(rf'^ *S\[\d+\] = {{ name = "{name}"', STEPS[name])
    yield Section(r"^ *A\[\d+\] = ", ANSWERS, members=True)
    yield Section(r"^ *F\[\d+\] = ", FORWARD, members=True)
    yield Section(r"^ *R\[\d+\] = ", Meaning("Errors", "refusals are told otherwise"), members=True)
    yield Section(r"^ *[TCGQPX]\[\d+\] = ", None)
    yield Section(
        r"^ *(?:local [A-Z] = \{\}|local enter = |return function\(\)|local data = |local function |data\.)", EVERYTHING
    )


_PROGRAM: Final = tuple(_sections())


def _code(where: str) -> Code:
    return Code(
        where,
        _PROGRAM,
        {**MEMBERS, "name": MEMBERS["by"], "answers": ANSWERS, "key": METHOD},
        head=((r"^ *([A-Z]\[\d+\]) = ", "{}"), (r"^ *data\.(\w+\[[^\]]*\]) = ", "{}")),
        refers=((r"\b([A-Z]\[\d+\])", "{}"),),
        route=r'\broute = "([A-Z]+ /[^"]*)"',
        silent=((r"^\s*--", "a comment"),),
    )


ATTRIBUTION: Final = Attribution(
    tuple(_places()),
    tuple(
        _code(f"plugins */?{name} config {phase} {at}")
        for name in ("pre-function", "post-function")
        for phase in ("access", "header_filter", "body_filter", "rewrite", "log", "certificate")
        for at in "0123"
    ),
)
