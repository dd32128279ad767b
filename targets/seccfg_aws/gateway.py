"""
A model of API Gateway's REST API, written from AWS's documentation: routing, authorizer, usage keys, validation, responses.

What AWS does not document is said beside the line that takes a side, and `docs/targets/aws.md` lists it.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import jsonschema
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from jsonschema.validators import extend

from seccfg.ir.policy import Reason
from seccfg.ir.request import Decision, Request
from seccfg.record import Record
from seccfg.targetapi.observe import EngineFailed, Received, Response
from seccfg_aws.stack import read_api
from seccfg_aws.stack_api import Api, Method, MockAnswer
from seccfg_aws.web_acl_model import WebAcl

__all__ = ["Exchange", "Gateway", "NotAsked"]

Call = Callable[[Mapping[str, object]], Mapping[str, Any]]
_ARN: Final = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5"
_LONGEST_ARN: Final = 1600
_MOST_BODY: Final = 10 * 1024 * 1024
_DEFAULT_STATUS: Final = {
    "ACCESS_DENIED": 403, "API_CONFIGURATION_ERROR": 500, "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500, "BAD_REQUEST_BODY": 400, "BAD_REQUEST_PARAMETERS": 400, "INVALID_API_KEY": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403, "UNAUTHORIZED": 401, "UNSUPPORTED_MEDIA_TYPE": 415,
}  # fmt: skip
_ENCODED: Final = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Exchange(Record):
    """What came back, and what the upstream got."""

    response: Response
    received: Received | None
    identity: frozenset[str]
    reason: str = ""


class NotAsked(Exception):
    """The request ends before any method of the API is found."""

    def __init__(self, reason: Reason, status: int) -> None:
        super().__init__(reason)
        self.decision = Decision("refuse", status, reason, "request_target")


class Gateway:
    """
    One stage of one API.

    Args:
        template: The stack, as CloudFormation reads it.
        truststore: PEM of the authorities that domain names with mutual TLS take certificates of.
        environment: Values of the secrets that the function's environment names.
    """

    def __init__(self, template: Mapping[str, Any], truststore: bytes, environment: Mapping[str, str]) -> None:
        self.api: Api = read_api(template, environment)
        self.environment: Mapping[str, str] = self.api.environment
        self._truststore = x509.load_pem_x509_certificates(truststore) if truststore else []
        self._acl = WebAcl(self.api.acl)
        self._cached: dict[str, tuple[int, Mapping[str, Any]]] = {}

    def forget(self) -> None:
        """Nothing an authorizer said is kept, and no request was counted."""
        self._cached.clear()
        self._acl.forget()

    def handle(self, request: Request, authorizer: Call, preflight: Call) -> Exchange:
        """One request. NotAsked when it ends before a method is found."""
        if request.scheme != "https":
            raise NotAsked("plain_http", 403)  # there is no listener: no answer at all
        target = _Target(request)
        if len(_ARN) + len(self.api.stage) + len(request.method) + len(target.path) + 2 > _LONGEST_ARN:
            raise NotAsked("malformed", 414)
        if not target.clean_query and target.segments is not None:
            raise NotAsked("malformed", 400)  # not documented: what cannot be decoded is taken to be refused
        self._host(request)
        blocked = self._acl.block(request.peer, request.now_s)
        if blocked is not None:
            return Exchange(Response(blocked.status, blocked.headers, blocked.body.encode()), None, frozenset())
        path, params = self._match(target)
        if path is None:
            return self._respond("MISSING_AUTHENTICATION_TOKEN", {}, "no_route")
        method = self.api.methods.get((path, request.method)) or self.api.methods.get((path, "ANY"))
        if method is None:
            return self._respond("MISSING_AUTHENTICATION_TOKEN", {}, "method")
        if method.mock is not None:
            return self._mocked(request, method, method.mock)
        event = self._event(request, target, method, params)
        if method.kind == "AWS_PROXY":
            if method.key_required and "".join(request.header("x-api-key")[:1]) not in self.api.usage_keys:
                return self._respond("INVALID_API_KEY", {}, "rate_limited")
            return self._proxied(method, event, preflight)
        return self._invoke(request, target, method, event, authorizer)

    # ------------------------------------------------------------------------------------------------------ arriving
    def _host(self, request: Request) -> None:
        """The domain name, and for mutual TLS the handshake."""
        hosts = request.header("host")
        if len(hosts) != 1:
            raise NotAsked("malformed", 403)
        name = re.sub(r":[0-9]*\Z", "", hosts[0].strip(" \t")).lower()
        mutual = self.api.domains.get(name)
        if mutual is None:
            if self.api.default_endpoint:
                return
            raise NotAsked("wrong_host", 403)
        if mutual and not self._shakes_hands(request):
            raise NotAsked("invalid_certificate", 403)

    def _shakes_hands(self, request: Request) -> bool:
        if not request.certificate or not self._truststore:
            return False
        when = datetime.datetime.fromtimestamp(request.now_s, datetime.UTC).replace(tzinfo=None)
        try:
            sent = x509.load_pem_x509_certificates(request.certificate.encode())
            verifier = PolicyBuilder().store(Store(self._truststore)).time(when).build_client_verifier()
            verifier.verify(sent[0], list(sent[1:]))
        except (ValueError, VerificationError):
            return False
        return True

    def _match(self, target: _Target) -> tuple[tuple[str, ...] | None, dict[str, str]]:
        """
        The resource: literal before parameter before greedy parameter. That a malformed path matches nothing, that literals
        are compared as sent and that a first choice is gone back on are not documented.
        """
        if target.segments is None:
            return None, {}
        found = _find(self.api.paths, (), target.segments)
        if found is None:
            return None, {}
        params: dict[str, str] = {}
        for at, part in enumerate(found):
            if part.endswith("+}"):
                params[part[1:-2]] = "/".join(target.segments[at:])
            elif part.startswith("{"):
                params[part[1:-1]] = target.segments[at]
        return found, params

    def _event(self, request: Request, target: _Target, method: Method, params: Mapping[str, str]) -> dict[str, Any]:
        """The REQUEST event: names of headers as sent, the query taken apart and decoded, no body."""
        headers: dict[str, list[str]] = {}
        for name, value in self._framed(request):
            headers.setdefault(name, []).append(value)
        query: dict[str, list[str]] = {}
        for name, value in target.query:
            query.setdefault(name, []).append(value)
        resource = "/" + "/".join(method.path)
        identity: dict[str, Any] = {"sourceIp": request.peer, "apiKey": None, "userAgent": None}
        host = request.header("host")[0].strip(" \t").lower()
        if request.certificate and self.api.domains.get(re.sub(r":[0-9]*\Z", "", host)):
            identity["clientCert"] = {"clientCertPem": request.certificate}
        return {
            "type": "REQUEST",
            "methodArn": f"{_ARN}/{self.api.stage}/{request.method}{target.path}",
            "resource": resource,
            "path": target.path,
            "httpMethod": request.method,
            "headers": {name: values[-1] for name, values in headers.items()} or None,
            "multiValueHeaders": headers or None,
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": dict(params) or None,
            "stageVariables": None,
            "requestContext": {
                "apiId": "a1b2c3d4e5", "stage": self.api.stage, "resourcePath": resource, "httpMethod": request.method,
                "identity": identity, "requestId": "00000000-0000-4000-8000-000000000000",
            },
        }  # fmt: skip

    def _framed(self, request: Request) -> list[tuple[str, str]]:
        """
        The client's headers with the framing of its body, and the hop API Gateway adds. That Content-Length and
        Transfer-Encoding are handed on is not documented; without either a body with them is refused.
        """
        headers = list(request.headers)
        if request.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        elif not request.header("content-length") and (request.body or request.method in ("POST", "PUT", "PATCH")):
            headers.append(("Content-Length", str(len(request.body))))
        chain = [index for index, (name, _) in enumerate(headers) if name.lower() == "x-forwarded-for"]
        if chain:
            name, value = headers[chain[-1]]
            headers[chain[-1]] = (name, f"{value}, {request.peer}")
        else:
            headers.append(("X-Forwarded-For", request.peer))
        if not request.header("x-forwarded-proto"):
            headers.append(("X-Forwarded-Proto", "https"))
        return headers

    # ------------------------------------------------------------------------------------------------------- methods
    def _mocked(self, request: Request, method: Method, answer: MockAnswer) -> Exchange:
        """A MOCK integration with a template for JSON alone, which a request without a type is taken to have."""
        if method.authorization != "NONE" or method.key_required:
            raise EngineFailed("no model of a MOCK integration that asks who calls")
        kind = "".join(request.header("content-type")[:1]).partition(";")[0].strip().lower()
        if kind not in ("", "application/json"):
            return self._respond("UNSUPPORTED_MEDIA_TYPE", {}, "media_type")
        return Exchange(Response(answer.status, answer.headers, b""), None, frozenset())

    def _proxied(self, method: Method, event: Mapping[str, object], preflight: Call) -> Exchange:
        if method.authorization != "NONE" or not method.invocable:
            raise EngineFailed("a Lambda integration that API Gateway may not call")
        try:
            answer = preflight(event)
        except Exception as error:
            raise EngineFailed(f"the preflight function fails: {type(error).__name__}: {error}") from error
        headers = tuple((str(name), str(value)) for name, value in answer["headers"].items())
        return Exchange(Response(answer["statusCode"], headers, answer["body"].encode()), None, frozenset())

    def _invoke(
        self, request: Request, target: _Target, method: Method, event: Mapping[str, Any], authorizer: Call
    ) -> Exchange:
        context: Mapping[str, str] = {}
        usage_key = ""
        if method.authorization == "CUSTOM":
            outcome = self._authorize(request, method, event, authorizer)
            if isinstance(outcome, Exchange):
                return outcome
            context, usage_key = outcome
        elif method.authorization != "NONE":
            raise EngineFailed(f"no model of AuthorizationType {method.authorization}")
        if method.key_required:
            # with the key source AUTHORIZER what the authorizer says, else what the client sends
            given = usage_key if self.api.keys_from_authorizer else "".join(request.header("x-api-key")[:1])
            if given not in self.api.usage_keys:
                return self._respond("INVALID_API_KEY", context)
        if len(request.body) > _MOST_BODY:
            raise NotAsked("body_too_large", 413)
        if method.validates_body and not _fits(method, request):
            return self._respond("BAD_REQUEST_BODY", context, "invalid_input")
        return self._integrate(request, target, method, context)

    def _authorize(
        self, request: Request, method: Method, event: Mapping[str, Any], authorizer: Call
    ) -> Exchange | tuple[Mapping[str, str], str]:
        """What the function decided: a response, or context and usage key of a request that goes on."""
        if not method.invocable:
            return self._respond("AUTHORIZER_CONFIGURATION_ERROR", {})
        if not all(_shows(request, event, source) for source in self.api.identity_sources):
            return self._respond("UNAUTHORIZED", {})
        cached = self._cached.get("policy")
        if cached is not None and request.now_s < cached[0]:
            said = cached[1]
        else:
            try:
                said = authorizer(event)
            except Exception as error:  # noqa: BLE001 - only the text tells the two apart
                return self._respond("UNAUTHORIZED" if str(error) == "Unauthorized" else "AUTHORIZER_FAILURE", {})
            if self.api.authorizer_ttl_s:
                self._cached["policy"] = (request.now_s + self.api.authorizer_ttl_s, said)
        context = said.get("context", {})
        if not isinstance(said.get("principalId"), str) or not all(
            isinstance(value, (str, int, float, bool)) for value in context.values()
        ):
            return self._respond("AUTHORIZER_CONFIGURATION_ERROR", {})
        context = {name: str(value) for name, value in context.items()}
        if not _allows(said["policyDocument"], event["methodArn"]):
            return self._respond("ACCESS_DENIED", context)
        return context, str(said.get("usageIdentifierKey", ""))

    def _integrate(self, request: Request, target: _Target, method: Method, context: Mapping[str, str]) -> Exchange:
        """
        The request as the upstream gets it. A header mapped to an empty text is taken to be gone; what a mapping of this
        kind makes of a header the client sent is not documented beyond its being replaced.
        """
        mapped: dict[str, str] = {}
        for name, source in method.request_headers.items():
            if source.startswith("'"):
                mapped[name.lower()] = source[1:-1]
            elif source.startswith("context.authorizer."):
                mapped[name.lower()] = context.get(source.removeprefix("context.authorizer."), "")
            else:
                raise EngineFailed(f"no model of the mapping {source}")
        headers = [(name.lower(), value) for name, value in request.headers if name.lower() not in mapped]
        headers += [(name, value) for name, value in mapped.items() if value]
        received = Received(request.method, target.text, tuple(headers), request.body, method.upstream)
        identity = frozenset(name for name in mapped if name != "x-authz-open")
        return Exchange(Response(200, (), b""), received, identity)

    # ----------------------------------------------------------------------------------------------------- responses
    def _respond(self, kind: str, context: Mapping[str, str], reason: str = "") -> Exchange:
        """A gateway response: only variables are put into it, nothing of a template language."""
        shape = self.api.responses.get(kind)
        if shape is None:
            return Exchange(Response(_DEFAULT_STATUS[kind], (), b""), None, frozenset(), reason)
        headers: list[tuple[str, str]] = []
        for name, source in shape.headers.items():
            value = _variable(source, context)
            if value:
                headers.append((name, value))
        body = re.sub(r"\$(context\.[A-Za-z_.]+)", lambda match: _variable(match[1], context), shape.body)
        return Exchange(Response(shape.status, tuple(headers), body.encode()), None, frozenset(), reason)


def _shows(request: Request, event: Mapping[str, Any], source: str) -> bool:
    """The identity source is there and not empty."""
    for prefix, values in (
        ("method.request.header.", lambda name: request.header(name.lower())),
        ("method.request.querystring.", lambda name: (event["multiValueQueryStringParameters"] or {}).get(name, ())),
    ):
        if source.startswith(prefix):
            return any(values(source.removeprefix(prefix)))
    raise EngineFailed(f"no model of the identity source {source}")


def _variable(source: str, context: Mapping[str, str]) -> str:
    if source.startswith("'"):
        return source[1:-1]
    if source.startswith("context.authorizer."):
        return context.get(source.removeprefix("context.authorizer."), "")
    if source == "context.requestId":
        return "00000000-0000-4000-8000-000000000000"
    raise EngineFailed(f"no model of the variable {source}")


class _Target:
    """A request target: origin-form, or what an absolute-form means."""

    def __init__(self, request: Request) -> None:
        text = request.target
        self.clean_query, is_path = True, True
        if not text.startswith("/"):
            scheme, mark, after = text.partition("://")
            authority, slash, rest = after.partition("/")
            host = "".join(request.header("host")).strip(" \t")
            is_path = bool(mark and slash) and scheme.lower() in ("http", "https") and "?" not in authority
            self.clean_query = authority.lower() == host.lower()
            text = f"/{rest}" if is_path else "/"
        self.text = text
        self.path, _, query = text.partition("?")
        self.segments = _segments(self.path) if is_path else None
        if re.search(r"[\x00-\x20\x7f#]", request.target) or not request.target.isascii():
            self.clean_query = False
        if any(match[1] is None for match in _ENCODED.finditer(query)):
            self.clean_query = False
        self.query = [_decoded(piece) for piece in query.split("&") if piece] if self.clean_query else []


def _segments(path: str) -> tuple[str, ...] | None:
    """The segments as sent; None for a path that means another path to somebody."""
    if re.search(r"[\x00-\x20\x7f#\\;]", path) or not path.isascii():
        return None
    if path == "/":
        return ()
    found = path.split("/")[1:]
    if "" in found[:-1] or "." in found or ".." in found:
        return None
    for match in _ENCODED.finditer(path):
        byte = -1 if match[1] is None else int(match[1], 16)
        if byte in (-1, 0x2F, 0x5C, 0x7F) or byte < 0x20 or byte in _UNRESERVED:
            return None
    try:
        unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return tuple(found)


def _decoded(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return unquote_to_bytes(name).decode("utf-8", "replace"), unquote_to_bytes(value).decode("utf-8", "replace")


def _find(paths: frozenset[tuple[str, ...]], done: tuple[str, ...], left: Sequence[str]) -> tuple[str, ...] | None:
    """The resource for the segments *left* below *done*."""
    if not left:
        return done if done in paths else None
    segment, children = left[0], {path[len(done)] for path in paths if len(path) > len(done) and path[: len(done)] == done}
    if segment in children and not segment.startswith("{"):
        found = _find(paths, (*done, segment), left[1:])
        if found is not None:
            return found
    for part in sorted(children):
        if part.startswith("{") and not part.endswith("+}") and segment:
            found = _find(paths, (*done, part), left[1:])
            if found is not None:
                return found
    greedy = next((part for part in children if part.endswith("+}")), None)
    return (*done, greedy) if greedy is not None and all(left) and (*done, greedy) in paths else None


def _allows(document: Mapping[str, Any], arn: str) -> bool:
    """An explicit Deny that matches loses; without an Allow that matches nothing is allowed."""
    matching = [s["Effect"] for s in document["Statement"] if _matches(s, arn)]
    return "Deny" not in matching and "Allow" in matching


def _matches(statement: Mapping[str, Any], arn: str) -> bool:
    resources = statement["Resource"]
    listed = [resources] if isinstance(resources, str) else resources
    if statement["Action"] not in ("execute-api:Invoke", "execute-api:*", "*") or any(len(r) > 512 for r in listed):
        return False
    patterns = ("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in resource) for resource in listed)
    return any(re.fullmatch(pattern, arn, re.DOTALL) for pattern in patterns)


def _pattern(validator: Any, pattern: str, instance: object, schema: object) -> Any:
    del validator, schema
    if isinstance(instance, str) and re.search(pattern, instance, re.ASCII) is None:
        yield jsonschema.ValidationError("no match")


_DRAFT_4: Final = extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft4Validator, {"pattern": _pattern}, type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER
)


def _fits(method: Method, request: Request) -> bool:
    """
    The body fits the model of its media type, else that of `$default`; a type without model is not looked at. The last of
    equal members counts. That `1.0` is an integer is not documented.
    """
    kind = "".join(request.header("content-type")[:1]).partition(";")[0].strip().lower()
    model = method.models.get(kind, method.models.get("$default"))
    if model is None:
        return True
    try:
        value = json.loads(request.body)
    except ValueError:
        return False
    return bool(_DRAFT_4(model).is_valid(value))
