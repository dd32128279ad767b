"""The Lambda authorizer: API Gateway's event in, an explicit Allow or Deny out; and the answer to preflights.

Three things leave it besides Allow: Deny, the exception `Unauthorized`, and Allow with a usage key no plan knows, which API
Gateway refuses as it refuses an exhausted limit. Whatever goes wrong raises something else, which API Gateway answers as an
error: nothing but the last line of `Authorizer.answer` lets a request through.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping

from .audit import AuditSink
from .exchange import Exchange
from .guard import Guard
from .interface import Answer, GuardSettings, LimitStore, PolicyError, RequestHead, RevocationStore
from .jwks import KeySource, key_sources
from .keyset import VerificationKey
from .model import Policy
from .openness import left_open
from .settings import read_settings
from .tokens import Keys

Event = Mapping[str, object]
PREFIX = "AUTHORIZER_"
"""Of the environment variables it reads besides those the policy names."""
TABLE, PASS_KEY = f"{PREFIX}TABLE", f"{PREFIX}PASS_KEY"
GATEWAY = f"{PREFIX}GATEWAY"
"""`http`: an HTTP API, which knows no usage keys, so that a limited request is one more that is denied."""
NO_KEY = "no-plan-knows-this-usage-key"
"""What a limited request is given for a usage key."""
_NAMES = re.compile(r"\{[^{}+]*(\+?)\}")
_HEADERS = {
    b"www-authenticate": "challenge", b"retry-after": "retry_after", b"vary": "vary",
    b"access-control-allow-origin": "allow_origin", b"access-control-allow-credentials": "allow_credentials",
    b"access-control-expose-headers": "expose_headers", b"strict-transport-security": "transport_security",
}  # fmt: skip
"""Headers of an answer that differ by request, and the context keys API Gateway takes them from."""


class StandardOutput:
    """Audit events as lines of the function's log."""

    def write(self, line: str) -> bool:
        """Write *line* before the decision is returned."""
        print(line, flush=True)
        return True


class CurrentKeys:
    """Keys of an issuer, read again when they are due: between two calls a function does not run at all."""

    def __init__(self, source: KeySource) -> None:
        self._source = source

    def key(self, kid: str) -> VerificationKey | None:
        """The key called *kid*; KeysUnavailable when the set is too old to be used."""
        if self._source.due_in() == 0.0:
            self._source.refresh()
        found = self._source.key(kid)
        if found is None and self._source.due_in() == 0.0:
            self._source.refresh()
            found = self._source.key(kid)
        return found


class NoKeys:
    """Of a method none of whose algorithms can be checked here."""

    def key(self, kid: str) -> VerificationKey | None:
        """None."""
        del kid
        return None


class Authorizer:
    """
    One policy at work in a Lambda function.

    Args:
        policy: What holds.
        environ: The function's environment.
        limits: Counters; default: the table of the environment. Revocations likewise.
        keys: Key source of each token verifier; default: as the policy says. A seam for tests.
        audit: Where audit events go; default: standard output.
        clock: Seconds since the Unix epoch, a seam for tests.
    Raises:
        SettingsError, KeySetError, PolicyError: The function cannot start, so every request is refused.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        environ: Mapping[str, str] | None = None,
        limits: LimitStore | None = None,
        revocations: RevocationStore | None = None,
        keys: Mapping[str, Keys] | None = None,
        audit: AuditSink | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        env = os.environ if environ is None else environ
        settings = read_settings(policy, env, PREFIX)
        counts = any(route.limits for route in policy.routes)
        self._pass_key = env.get(PASS_KEY, "")
        self._keyed = env.get(GATEWAY, "") != "http"
        if counts and self._keyed and not self._pass_key:
            raise PolicyError(f"{PASS_KEY} is not set")
        if (counts and limits is None) or (revocations is None and any(r.revocation is not None for r in policy.routes)):
            from .dynamodb import table_stores

            of_table = table_stores(env.get(TABLE, ""))
            limits, revocations = limits or of_table[0], revocations or of_table[1]
        self._guard = Guard(
            policy,
            _keys(policy) if keys is None else keys,
            GuardSettings(False, settings.key_records, settings.hash_keys),
            limits=limits,
            revocations=revocations,
            audit=StandardOutput() if audit is None else audit,
            clock=clock,
        )
        self._unauthorized = _status(policy, "no_credential")
        self._denied = _status(policy, "forbidden")

    def answer(self, event: Event, context: object = None) -> dict[str, object]:
        """
        What API Gateway is told about the request of *event*.

        Raises:
            Exception: `Unauthorized` for a refusal that is answered so, anything else when a check could not be made.
        """
        del context
        outcome = self._judge(event)
        method_arn = _text(event, "methodArn")
        if isinstance(outcome, Answer):
            if outcome.reason in ("unavailable", "internal"):
                raise RuntimeError("a check could not be carried out")
            told = _told(outcome)
            if outcome.reason == "rate_limited" and self._keyed:
                return _policy("Allow", method_arn, "limited", told, NO_KEY)
            if outcome.status == self._unauthorized != self._denied:
                raise Exception("Unauthorized")
            return _policy("Deny", method_arn, "nobody", told)
        if _impersonates(event, outcome):
            refusal = outcome.answer("authz.denied", "forbidden", "an identity header is not the client's to send")
            return _policy("Deny", method_arn, "nobody", _told(refusal))
        if _shape(outcome.route.template) != _shape(_text(event, "resource")):
            return _policy("Deny", method_arn, "nobody", {"reason": "no_route"})
        who = "anonymous" if outcome.principal is None else outcome.principal.subject
        return _policy("Allow", method_arn, who, _passed(outcome), self._pass_key)

    def preflight(self, event: Event, context: object = None) -> dict[str, object]:
        """The answer to OPTIONS on a path some of whose routes have a CORS profile: as a Lambda proxy integration."""
        del context
        outcome = self._judge(event)
        if not isinstance(outcome, Answer):
            raise RuntimeError("OPTIONS is no route of this path")
        kept = [(name, value) for name, value in outcome.headers if name != b"allow" or outcome.status == 405]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in kept}
        return {"statusCode": outcome.status, "headers": headers, "body": outcome.body.decode("ascii")}

    def _judge(self, event: Event) -> Answer | Exchange:
        outcome = self._guard.begin(request_head(event))
        if not isinstance(outcome, (Answer, Exchange)):
            raise RuntimeError("the decision waits for something an authorizer does not have")
        return outcome


def _keys(policy: Policy) -> Mapping[str, Keys]:
    usable = [v for v in policy.verifiers if getattr(v, "algorithms", ())]
    sources = key_sources(usable, {})
    found: dict[str, Keys] = {name: CurrentKeys(source) for name, source in sources.items()}
    return {**{v.name: NoKeys() for v in policy.verifiers}, **found}


def _status(policy: Policy, reason: str) -> int:
    from .model import DEFAULT_STATUS

    return {**DEFAULT_STATUS, **dict(policy.edge.errors.status)}[reason]  # type: ignore[index]


# ------------------------------------------------------------------------------------------------------------ event
def request_head(event: Event) -> RequestHead:
    """
    The request of an event of API Gateway's REST API, as it arrived but for its query, which comes taken apart.

    Raises:
        KeyError, TypeError: The event is none.
    """
    around = _mapping(event, "requestContext")
    identity = _mapping(around, "identity")
    certificate = identity.get("clientCert")
    pem = certificate.get("clientCertPem") if isinstance(certificate, Mapping) else None
    return RequestHead(
        method=_text(event, "httpMethod"),
        target=_target(event),
        headers=[
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in _pairs(event, "multiValueHeaders", "headers")
        ],
        peer=_text(identity, "sourceIp"),
        scheme="https",
        certificate=pem.encode("ascii", "replace") if isinstance(pem, str) and pem else None,
    )


def _target(event: Event) -> bytes:
    pairs = _pairs(event, "multiValueQueryStringParameters", "queryStringParameters")
    path = _text(event, "path")
    if not pairs:
        return path.encode("utf-8", "replace")
    from urllib.parse import quote  # loaded by the first request that has a query

    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    return f"{path}?{query}".encode("utf-8", "replace")


def _pairs(event: Event, several: str, single: str) -> list[tuple[str, str]]:
    """Names with each of their values; absent maps come as null."""
    found = event.get(several)
    if isinstance(found, Mapping):
        return [(str(name), str(value)) for name, values in found.items() for value in values or ()]
    once = event.get(single)
    return [(str(name), str(value)) for name, value in once.items()] if isinstance(once, Mapping) else []


def _mapping(event: Event, name: str) -> Mapping[str, object]:
    found = event[name]
    if not isinstance(found, Mapping):
        raise TypeError(f"{name} is no object")
    return found


def _text(event: Event, name: str) -> str:
    found = event[name]
    if not isinstance(found, str):
        raise TypeError(f"{name} is no text")
    return found


# --------------------------------------------------------------------------------------------------------- response
def _policy(
    effect: str, method_arn: str, principal: str, told: Mapping[str, str], usage_key: str = ""
) -> dict[str, object]:
    """
    One explicit statement on the method asked for. Nothing is cached, so it counts for this request alone, and the path is
    left out: a path may be longer than a statement takes and hold the characters that match others.
    """
    verb = "/".join(method_arn.split("/")[:3])
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{verb}/*"}
    found: dict[str, object] = {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(told),
    }
    if usage_key:
        found["usageIdentifierKey"] = usage_key
    return found


def _told(answer: Answer) -> dict[str, str]:
    """The reason, and what of a refusal's headers differs by request."""
    return {"reason": answer.reason, **_differing(answer.headers)}


def _differing(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {_HEADERS[name]: value.decode("latin-1") for name, value in headers if name in _HEADERS}


def _passed(x: Exchange) -> dict[str, str]:
    """
    What the upstream is told of a request that passed, and what the answer to the client takes from it.

    Every identity header is there, an empty one where nothing was verified, so that nothing a client sent takes its place.
    """
    told = {"reason": "pass", **_differing(x.response_headers([]))}
    sent = dict(x.headers)
    for header, _ in x.route.forward.identity:
        told[identity_key(header)] = sent.get(header.lower().encode("latin-1"), b"").decode("latin-1")
    authorize = x.route.authorize
    names: tuple[str, ...] = ()
    if authorize is not None and x.principal is not None:
        names = left_open(authorize, x.principal, x.decision_context())
    told["open"] = ",".join(names) or ","
    return told


def _impersonates(event: Event, x: Exchange) -> bool:
    """
    Whether the client sent an identity header that nothing verified replaces, or its spelling with underscores: the empty
    value it is mapped to may leave the client's own in place.
    """
    sent = {name.lower() for name, _ in _pairs(event, "multiValueHeaders", "headers")}
    verified = {name for name, value in x.headers if value}
    for header, _ in x.route.forward.identity:
        name = header.lower()
        spelt = name.replace("-", "_")
        if (spelt != name and spelt in sent) or (name in sent and name.encode("latin-1") not in verified):
            return True
    return False


def identity_key(header: str) -> str:
    """The context key of an identity header."""
    return f"identity_{re.sub('[^a-z0-9]', '_', header.lower())}"


def _shape(template: str) -> str:
    """A path template without the names of its parameters."""
    return _NAMES.sub(r"{\1}", template)
