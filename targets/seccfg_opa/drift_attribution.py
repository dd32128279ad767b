"""What the data and the modules of a bundle enforce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, get_args

from seccfg.ir.policy import StepName
from seccfg.targetapi.attribution import Attribution, Code, Meaning, Place, Section
from seccfg.targetapi.meanings import (
    ANSWERS,
    AUDIT,
    EVERYTHING,
    FORWARD,
    IDENTITY,
    MEMBERS,
    METHOD,
    PASSED_ON,
    ROUTES,
    STEPS,
    UPSTREAM,
)

__all__ = ["ATTRIBUTION"]

_DATA: Final = "data * authz_data"
_OTHER_IDENTITY: Final = Meaning("Forward", "the upstream is told another identity")
_ANSWERS: Final[Mapping[str, Meaning]] = {name: MEMBERS[name] for name in ("hsts", "remove", "set")}
_METHOD: Final[Mapping[str, Meaning]] = {
    name: MEMBERS[name]
    for name in (
        "algorithms",
        "asserts",
        "attributes",
        "audiences",
        "ca",
        "issuer",
        "kind",
        "max_age_s",
        "max_stale_s",
        "live_keys",
        "san",
        "skew_s",
        "subject",
        "verified_by",
    )
} | {
    "clients": Meaning("Authorize", "other clients are known", "more"),
    "roles": Meaning("Authorize", "roles are read from another claim"),
    "scopes": Meaning("Authorize", "scopes are read from another claim"),
    "captures": MEMBERS["attributes"],
    "env": MEMBERS["records"],
    "allow_missing_kid": METHOD,
}
_RECORD: Final[Mapping[str, Meaning]] = {
    "addresses": MEMBERS["addresses"],
    "attributes": MEMBERS["attributes"],
    "expires_s": MEMBERS["expires"],
    "not_before_s": MEMBERS["not_before"],
    "roles": Meaning("Authorize", "a key has other roles", "more"),
    "scopes": Meaning("Authorize", "a key has other scopes", "more"),
    "sha256": Meaning("Authenticate", "another API key is taken", "any"),
    "subject": MEMBERS["subject"],
}
_CORS: Final[Mapping[str, Meaning]] = {
    "any_origin": Meaning("Cors", "scripts of any origin may read answers", "true"),
    "credentials": MEMBERS["allow_credentials"],
    "expose": MEMBERS["expose"],
    "origins": MEMBERS["origins"],
    "headers": Meaning("Cors", "scripts may send more headers", "more"),
    "methods": Meaning("Cors", "scripts may send more methods", "more"),
    "max_age_s": Meaning("Cors", "browsers ask again later", "more"),
}
_VALIDATION: Final[Mapping[str, Meaning]] = {
    "body": Meaning("Validate", "bodies of another shape are taken"),
    "body_required": Meaning("Validate", "no body is needed", "false"),
    "checks": Meaning("Validate", "parameters are not checked", "less"),
    "headers": Meaning("Validate", "headers are not screened", "less"),
    "json_depth": MEMBERS["json_depth"],
    "query": Meaning("Validate", "other parameters of the query are taken", "more"),
    "screens": MEMBERS["screens"],
}
_FORWARD: Final[Mapping[str, Meaning]] = {
    "credentials": Meaning("Forward", "credentials of the caller reach the upstream", "any"),
    "identity": _OTHER_IDENTITY,
    "strip": IDENTITY,
    "strip_cookies": PASSED_ON,
    "strip_query": PASSED_ON,
    "timeout_s": MEMBERS["timeout_s"],
    "upstream": UPSTREAM,
    "url": UPSTREAM,
    "verify_tls": MEMBERS["verify_tls"],
}
_ROUTE: Final[Mapping[str, Meaning]] = {
    "answer": ANSWERS,
    "auth": Meaning("Authenticate", "other methods of authentication are enough", "any"),
    "body": Meaning("BodyLimit", "other bodies are taken", "any"),
    "cors": Meaning("Cors", "browsers are answered by another profile", "any"),
    "forward": Meaning("Forward", "the upstream receives something else", "any"),
    "id": ROUTES,
    "networks": Meaning("ClientAddress", "other addresses of clients are let in", "less"),
    "parameters": MEMBERS["parameters"],
    "plain_http": STEPS["plain_http"],
    "revocation": Meaning("Revocation", "revoked tokens are taken", "less"),
    "validate": Meaning("Validate", "other input is taken", "any"),
    "websocket": MEMBERS["websocket"],
    "open": MEMBERS["always_open"],
    "always_open": MEMBERS["always_open"],
    "may_be_open": MEMBERS["may_be_open"],
    "decided_by": STEPS["authorize"],
}
_GRANT: Final[Mapping[str, Meaning]] = {
    "clients": Meaning("Authorize", "other clients are allowed", "more"),
    "conditions": Meaning("Authorize", "fewer conditions must hold", "less"),
    "methods": Meaning("Authorize", "other methods of authentication are allowed", "more"),
    "role_sets": Meaning("Authorize", "other roles are allowed", "less"),
    "scopes": Meaning("Authorize", "fewer scopes are asked for", "less"),
}


def _places() -> Iterator[Place]:
    at = f"{_DATA} templates * methods * authorize"
    for key, means in _GRANT.items():
        yield Place(f"{at} allow * {key} **", means)
    yield Place(f"{at} allow **", Meaning("Authorize", "others are allowed", "more"))
    yield Place(f"{at} require **", Meaning("Authorize", "fewer conditions must hold", "less"))
    yield Place(f"{at} forbid **", Meaning("Authorize", "fewer requests are forbidden", "less"))
    yield Place(f"{at} **", STEPS["authorize"])
    for key, means in _ROUTE.items():
        yield Place(f"{_DATA} templates * methods * {key} **", means)
    yield Place(f"{_DATA} templates * methods **", Meaning("Route", "another method is served", "more"))
    yield Place(f"{_DATA} templates * allow", STEPS["method"])
    yield Place(f"{_DATA} templates **", Meaning("Route", "another path is served", "more"))
    for kind, table in (
        ("answers", _ANSWERS),
        ("methods", _METHOD),
        ("cors", _CORS),
        ("validations", _VALIDATION),
        ("forwards", _FORWARD),
    ):
        for key, means in table.items():
            yield Place(f"{_DATA} {kind} * {key} **", means)
    for key, means in _RECORD.items():
        yield Place(f"{_DATA} records * * {key} **", means)
    yield Place(f"{_DATA} auths * alternatives **", MEMBERS["alternatives"])
    yield Place(f"{_DATA} auths * places **", MEMBERS["places"])
    yield Place(f"{_DATA} auths * csrf_header", MEMBERS["csrf_header"])
    yield Place(f"{_DATA} auths * challenge", MEMBERS["challenge"])
    yield Place(f"{_DATA} bodies * max_bytes", MEMBERS["max_bytes"])
    yield Place(f"{_DATA} bodies * content_types **", MEMBERS["content_types"])
    yield Place(f"{_DATA} edge networks **", _ROUTE["networks"])
    yield Place(
        f"{_DATA} networks * deny **", Meaning("ClientAddress", "other addresses of clients are let in", "less")
    )
    yield Place(
        f"{_DATA} networks * allow **", Meaning("ClientAddress", "other addresses of clients are let in", "more")
    )
    yield Place(f"{_DATA} networks **", Meaning("ClientAddress", "other addresses of clients are let in", "less"))
    yield Place(
        f"{_DATA} attributes * * trust", Meaning("Authorize", "callers choose the value of an attribute", "any")
    )
    yield Place(f"{_DATA} service", None, "the name of the service, which stands in keys and logs")
    yield Place(f"{_DATA} titles **", Meaning("Errors", "refusals are told otherwise"))
    yield Place("rego_version", EVERYTHING)
    for kind, means in {
        "answers": ANSWERS,
        "attributes": MEMBERS["attributes"],
        "auths": METHOD,
        "bodies": STEPS["body"],
        "cors": STEPS["preflight"],
        "edge": STEPS["plain_http"],
        "errors": MEMBERS["details"],
        "events": AUDIT,
        "forwards": FORWARD,
        "hosts": MEMBERS["hosts"],
        "keys": MEMBERS["keys"],
        "methods": METHOD,
        "networks": STEPS["address"],
        "nodes": ROUTES,
        "places": MEMBERS["places"],
        "records": MEMBERS["records"],
        "role_sets": Meaning("Authorize", "other roles are allowed", "more"),
        "roles": MEMBERS["roles"],
        "statuses": MEMBERS["status"],
        "trusted_proxies": MEMBERS["trusted_proxies"],
        "validations": STEPS["validate"],
        "limits": MEMBERS["limit"],
        "revocations": STEPS["revocation"],
        "screens": MEMBERS["screens"],
    }.items():
        yield Place(f"{_DATA} {kind} **", means)
    yield Place("data **", EVERYTHING)
    yield Place("modules **", Meaning("every control", "other rules stand in the spec's packages", "any"))


_MODULES: Final[Mapping[str, Meaning]] = {
    "*.authz.runtime.addresses": STEPS["address"],
    "*.authz.runtime.attributes": MEMBERS["attributes"],
    "*.authz.runtime.authenticate": METHOD,
    "*.authz.runtime.authorize": STEPS["authorize"],
    "*.authz.runtime.body": STEPS["validate"],
    "*.authz.runtime.certificates": METHOD,
    "*.authz.runtime.edge": STEPS["request_target"],
    "*.authz.runtime.formats": STEPS["validate"],
    "*.authz.runtime.forward": FORWARD,
    "*.authz.runtime.keys": METHOD,
    "*.authz.runtime.message": EVERYTHING,
    "*.authz.runtime.origins": STEPS["preflight"],
    "*.authz.runtime.parameters": STEPS["validate"],
    "*.authz.runtime.places": METHOD,
    "*.authz.runtime.revocation": STEPS["revocation"],
    "*.authz.runtime.routing": ROUTES,
    "*.authz.runtime.screens": MEMBERS["screens"],
    "*.authz.runtime.tokens": METHOD,
    "*.authz.runtime.types": STEPS["authorize"],
    "*.authz.runtime.validate": STEPS["validate"],
    "*.authz.adapters.*": EVERYTHING,
    "*.authz.inputs": STEPS["validate"],
    "*.authz.schemas": STEPS["validate"],
    "*.authz_conds": Meaning("Authorize", "a condition holds for others"),
    "system.log": Meaning("Audit", "secrets are written to the log", "less"),
    "*.authz.runtime.*": EVERYTHING,
}
_EDGE: Final[Mapping[str, Meaning]] = {
    "host": STEPS["host"],
    "scheme|location": STEPS["plain_http"],
    "peer|client|address|walk|hop|forwarded": STEPS["address"],
    "body|declared|length|media": STEPS["body"],
}
_RULES: Final = r"^(?:default |else |[a-z_]\w*(?:\(| if| :=| contains|\[|$))"


def _decision() -> Iterator[Section]:
    """The rules of the decision itself: each step's line, and what answers are made of."""
    for step in get_args(StepName):
        yield Section(rf'^(?:outcome|else) := {{"step": "{step}"', STEPS[step])
    for name in ("target", "host", "scheme", "peer", "address", "body"):
        means = {"target": STEPS["request_target"], "scheme": STEPS["plain_http"], "peer": STEPS["address"]}
        yield Section(rf"^\s+edge\.{name}", means[name] if name in means else STEPS[name])  # type: ignore[index]
    for name, step in (
        ("authenticate", METHOD),
        ("revocation", STEPS["revocation"]),
        ("authorize", STEPS["authorize"]),
        ("validate", STEPS["validate"]),
        ("forward", FORWARD),
        ("routing", STEPS["method"]),
    ):
        yield Section(rf"^\s+{name}\.(?:ok|declared) == true", step)
    yield Section(r"^(?:default )?(?:headers|strict_transport)\b", ANSWERS)
    yield Section(r"^(?:default )?(?:cross_origin|matched_steps)\b", STEPS["preflight"])
    yield Section(r"^(?:default )?(?:own|challenge_error)\b", METHOD)
    yield Section(r"^(?:default )?location\b", STEPS["plain_http"])
    yield Section(r"^(?:default )?(?:route_id)\b", ROUTES)
    yield Section(r"^(?:default )?event\b", AUDIT)
    yield Section(r"^(?:default )?(?:error|status)\b", MEMBERS["status"])
    yield Section(r"^(?:default )?upstream\b", FORWARD)
    yield Section(r"^(?:package|import|default allow|allow|result|outcome)\b", EVERYTHING)


def _codes() -> Iterator[Code]:
    silent = ((r"^\s*#", "a comment"),)
    edge = tuple(
        Section(rf"^(?:default )?\w*(?:{words})\w*\b.*(?:if|:=|contains|\()", means) for words, means in _EDGE.items()
    )
    rest = Section(r"^package ", STEPS["request_target"]), Section(_RULES, STEPS["request_target"])
    yield Code("modules *.authz.runtime.edge", (*edge, *rest), {}, silent=silent)
    for name, means in _MODULES.items():
        yield Code(f"modules {name}", (Section(r"^package ", means),), {}, silent=silent)
    yield Code("modules *.authz", tuple(_decision()), {}, silent=silent)


ATTRIBUTION: Final = Attribution(tuple(_places()), tuple(_codes()))
