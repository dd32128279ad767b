"""What the files of a bundle may hold: elements, attributes, values. Neither apigeelint nor the public schemas look this far.

Written from the vendor's reference, for the policies this project emits; anything else is refused. What Apigee takes for
another meaning than it reads (a limit left out, a verifier that is switched off, a failing policy that is passed over)
is refused as well.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Final

from seccfg.record import Record

__all__ = ["Shape", "check", "conditions_of"]


class Shape(Record):
    """An element: attributes with the pattern of their value, children, the pattern of its text (None: no text)."""

    children: dict[str, Shape] = {}
    attributes: dict[str, str] = {}
    text: str | None = None
    required: tuple[str, ...] = ()
    """Children and `@attributes` that have to be there."""
    repeated: tuple[str, ...] = ()
    """Children that may come more than once."""


_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_ .-]{0,254}"
_VARIABLE: Final = r"[A-Za-z][-A-Za-z0-9_.]*"
_SET: Final = r"seccfg\.[-a-z0-9A-Z_.]+"
_PRIVATE: Final = r"private\.[-A-Za-z0-9_.]+"
_COUNT: Final = r"[1-9][0-9]{0,17}"
_ANY: Final = r"[\s\S]*"


def _text(pattern: str, **attributes: str) -> Shape:
    return Shape(text=pattern, attributes=attributes)


_CONDITION: Final = _text(r"[\s\S]+")
_STEP: Final = Shape({"Name": _text(_NAME), "Condition": _CONDITION}, required=("Name",))
_STEPS: Final = Shape({"Step": _STEP}, repeated=("Step",))
_FLOW: Final = Shape(
    {"Description": _text(_ANY), "Condition": _CONDITION, "Request": _STEPS, "Response": _STEPS}, {"name": _NAME},
    required=("@name",),
)  # fmt: skip
_PROPERTY: Final = Shape(attributes={"name": _VARIABLE}, text=_ANY, required=("@name",))
_PROPERTIES: Final = Shape({"Property": _PROPERTY}, repeated=("Property",))
_SCRIPT: Final = _text(r"jsc://[A-Za-z0-9.-]+\.js")
_JSON_LIMITS: Final = ("ArrayElementCount", "ContainerDepth", "ObjectEntryCount", "ObjectEntryNameLength", "StringValueLength")
_STRICT: Final = {"name": _NAME, "enabled": "true", "continueOnError": "false"}
_KEEP: Final = ("@name", "@enabled", "@continueOnError")
_HEADER: Final = Shape(attributes={"name": r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"}, text=_ANY, required=("@name",))
_HEADERS: Final = Shape({"Header": _HEADER}, repeated=("Header",))
_PAYLOAD: Final = Shape(
    attributes={"contentType": r"application/(problem\+)?json", "variablePrefix": "%", "variableSuffix": "#"}, text=_ANY,
    required=("@contentType",),
)  # fmt: skip
_ASSIGN: Final = Shape({"Name": _text(r"seccfg\.[-a-zA-Z0-9_.]+"), "Value": _text(_ANY)}, required=("Name", "Value"))
_WHO: Final = r"client\.resolved\.ip|" + _SET
_MASKED: Final = Shape(attributes={"mask": r"[1-9][0-9]?|1[01][0-9]|12[0-8]"}, text=r"[0-9A-Fa-f:.]+", required=("@mask",))
_METHOD: Final = "(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)"
_GET: Final = Shape(
    {"Key": Shape({"Parameter": Shape(attributes={"ref": _SET}, text=r"[a-z]*")}, repeated=("Parameter",))},
    {"assignTo": _PRIVATE}, required=("Key", "@assignTo"),
)  # fmt: skip
_SIGNED: Final = r"((RS|PS|ES)(256|384|512))(,(RS|PS|ES)(256|384|512))*"

POLICIES: Final[dict[str, Shape]] = {
    "Javascript": Shape(
        {"Properties": _PROPERTIES, "IncludeURL": _SCRIPT, "ResourceURL": _SCRIPT},
        {**_STRICT, "timeLimit": _COUNT}, required=(*_KEEP, "@timeLimit", "ResourceURL"), repeated=("IncludeURL",),
    ),
    "RaiseFault": Shape(
        {
            "IgnoreUnresolvedVariables": _text("true"),
            "FaultResponse": Shape({"Set": Shape(
                {
                    "Headers": _HEADERS, "Payload": _PAYLOAD, "StatusCode": _text("[45][0-9][0-9]|308"),
                    "ReasonPhrase": _text("[A-Za-z ]+"),
                },
                required=("StatusCode",),
            ), "AssignVariable": _ASSIGN}, required=("Set",), repeated=("AssignVariable",)),
        },
        _STRICT, required=(*_KEEP, "FaultResponse", "IgnoreUnresolvedVariables"),
    ),
    "AssignMessage": Shape(
        {
            "Remove": Shape({"Headers": _HEADERS}), "Add": Shape({"Headers": _HEADERS}),
            "Set": Shape({"Headers": _HEADERS, "Payload": _PAYLOAD, "StatusCode": _text("[45][0-9][0-9]|204")}),
            "AssignVariable": _ASSIGN, "IgnoreUnresolvedVariables": _text("true"),
        },
        _STRICT, required=(*_KEEP, "IgnoreUnresolvedVariables"), repeated=("AssignVariable",),
    ),
    "VerifyJWT": Shape(
        {
            "Algorithm": _text(_SIGNED), "Source": _text(_SET), "IgnoreUnresolvedVariables": _text("false"),
            "PublicKey": Shape({"JWKS": Shape(attributes={"uri": r"https?://\S+"}, text=_ANY)}, required=("JWKS",)),
            "Issuer": _text(r"[\s\S]+"), "Audience": _text(r"[\s\S]+"), "RequiredClaims": _text(r"[a-z]+(,[a-z]+)*"),
            "TimeAllowance": _text(r"[0-9]+s"), "IgnoreIssuedAt": _text("true|false"),
            "IgnoreCriticalHeaders": _text("false"),
        },
        _STRICT, required=(
            *_KEEP, "Algorithm", "Source", "PublicKey", "Issuer", "RequiredClaims", "TimeAllowance",
            "IgnoreCriticalHeaders", "IgnoreUnresolvedVariables",
        ),
    ),
    "DecodeJWT": Shape(
        {"Source": _text(_SET), "IgnoreUnresolvedVariables": _text("false")},
        _STRICT, required=(*_KEEP, "Source", "IgnoreUnresolvedVariables"),
    ),
    "AccessControl": Shape(
        {
            "IPRules": Shape(
                {"MatchRule": Shape(
                    {"SourceAddress": _MASKED}, {"action": "ALLOW|DENY"}, required=("@action", "SourceAddress"),
                    repeated=("SourceAddress",),
                )},
                {"noRuleMatchAction": "ALLOW|DENY"}, required=("@noRuleMatchAction",), repeated=("MatchRule",),
            ),
            "ClientIPVariable": _text(r"client\.resolved\.ip"), "IgnoreTrueClientIPHeader": _text("true"),
        },
        _STRICT, required=(*_KEEP, "IPRules", "ClientIPVariable", "IgnoreTrueClientIPHeader"),
    ),
    "CORS": Shape(
        {
            "AllowOrigins": _text(r"https?://[A-Za-z0-9.:-]+(, https?://[A-Za-z0-9.:-]+)*"),
            "AllowMethods": _text(rf"{_METHOD}(, {_METHOD})*"), "AllowHeaders": _text(r"[A-Za-z0-9-]+(, [A-Za-z0-9-]+)*"),
            "ExposeHeaders": _text(r"[A-Za-z0-9-]+(, [A-Za-z0-9-]+)*"), "MaxAge": _text(r"-1|[0-9]+"),
            "AllowCredentials": _text("true"), "GeneratePreflightResponse": _text("true"),
            "IgnoreUnresolvedVariables": _text("false"),
        },
        _STRICT, required=(*_KEEP, "AllowOrigins", "AllowMethods", "AllowHeaders", "MaxAge", "GeneratePreflightResponse"),
    ),
    "KeyValueMapOperations": Shape(
        {"Scope": _text("environment"), "ExpiryTimeInSecs": _text(_COUNT), "Get": _GET},
        {**_STRICT, "mapIdentifier": r"[a-z][a-z0-9_-]*"}, required=(*_KEEP, "@mapIdentifier", "Scope", "ExpiryTimeInSecs", "Get"),
        repeated=("Get",),
    ),
    "Quota": Shape(
        {
            "Identifier": Shape(attributes={"ref": _WHO}, text="", required=("@ref",)),
            "Allow": Shape(attributes={"count": _COUNT, "countRef": _SET}, text="", required=("@count",)),
            "Interval": _text(_COUNT), "TimeUnit": _text("minute|hour|day|week|month"),
            "StartTime": _text(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"),
            "Distributed": _text("true"), "Synchronous": _text("true"), "SharedName": _text(_NAME),
            "EnforceOnly": _text("true"), "CountOnly": _text("true"),
        },
        {**_STRICT, "type": "calendar"}, required=(
            *_KEEP, "@type", "Identifier", "Allow", "Interval", "TimeUnit", "StartTime", "Distributed", "Synchronous",
        ),
    ),
    "SpikeArrest": Shape(
        {
            "Identifier": Shape(attributes={"ref": _WHO}, text="", required=("@ref",)),
            "Rate": Shape(attributes={"ref": _SET}, text=r"[1-9][0-9]*p[sm]"), "UseEffectiveCount": _text("true"),
        },
        _STRICT, required=(*_KEEP, "Identifier", "Rate", "UseEffectiveCount"),
    ),
    "JSONThreatProtection": Shape(
        {
            **{name: _text(_COUNT) for name in _JSON_LIMITS},
            "Source": _text("request"),
        },
        _STRICT, required=(*_KEEP, *_JSON_LIMITS, "Source"),
    ),
    "MessageLogging": Shape(
        {
            "CloudLogging": Shape(
                {"LogName": _text(r"[\s\S]+"), "Message": _text(r"[\s\S]+", contentType="application/json")},
                required=("LogName", "Message"),
            ),
            "logLevel": _text("INFO|ALERT|WARN|ERROR"),
        },
        {"name": _NAME, "enabled": "true", "continueOnError": "true"}, required=(*_KEEP, "CloudLogging"),
    ),
}  # fmt: skip
"""Root elements of policies/*.xml."""

ENDPOINTS: Final[dict[str, Shape]] = {
    "APIProxy": Shape(
        {
            "DisplayName": _text(_ANY), "BasePaths": _text(r"/[A-Za-z0-9._/-]*"),
            "Policies": Shape({"Policy": _text(_NAME)}, repeated=("Policy",)),
            "ProxyEndpoints": Shape({"ProxyEndpoint": _text(_NAME)}, repeated=("ProxyEndpoint",)),
            "Resources": Shape({"Resource": _text(r"jsc://\S+")}, repeated=("Resource",)),
            "TargetEndpoints": Shape({"TargetEndpoint": _text(_NAME)}, repeated=("TargetEndpoint",)),
        },
        {"name": _NAME, "revision": "[0-9]+"}, required=("@name",),
    ),
    "ProxyEndpoint": Shape(
        {
            "DefaultFaultRule": Shape(
                {"Step": _STEP, "AlwaysEnforce": _text("true")}, {"name": _NAME}, required=("AlwaysEnforce", "Step"),
                repeated=("Step",),
            ),
            "PreFlow": _FLOW, "Flows": Shape({"Flow": _FLOW}, repeated=("Flow",)), "PostFlow": _FLOW,
            "PostClientFlow": Shape({"Response": _STEPS}, {"name": _NAME}),
            "HTTPProxyConnection": Shape({"BasePath": _text(r"/[A-Za-z0-9._/-]*")}, required=("BasePath",)),
            "RouteRule": Shape(
                {"Condition": _CONDITION, "TargetEndpoint": _text(_NAME)}, {"name": _NAME},
                required=("@name", "TargetEndpoint"),
            ),
        },
        {"name": _NAME}, repeated=("RouteRule",),
        required=("@name", "PreFlow", "Flows", "DefaultFaultRule", "HTTPProxyConnection", "RouteRule"),
    ),
    "TargetEndpoint": Shape(
        {
            "PreFlow": _FLOW, "Flows": Shape({"Flow": _FLOW}, repeated=("Flow",)), "PostFlow": _FLOW,
            "HTTPTargetConnection": Shape(
                {
                    "SSLInfo": Shape(
                        {"Enabled": _text("true"), "Enforce": _text("true|false"), "IgnoreValidationErrors": _text("true|false"),
                         "TrustStore": _text(r"ref://[a-z-]+")},
                        required=("Enabled", "Enforce", "IgnoreValidationErrors"),
                    ),
                    "URL": _text(r"https?://\S+"), "Properties": _PROPERTIES,
                },
                required=("URL",),
            ),
        },
        {"name": _NAME}, required=("@name", "HTTPTargetConnection"),
    ),
}  # fmt: skip
"""Root elements of the bundle's root, proxies/*.xml and targets/*.xml."""


def check(root: ET.Element, shapes: dict[str, Shape], where: str) -> list[str]:
    """Everything in the file that its table does not know."""
    shape = shapes.get(root.tag)
    if shape is None:
        return [f"{where}: <{root.tag}> is none of {', '.join(sorted(shapes))}"]
    return list(_problems(root, shape, f"{where}: <{root.tag}>"))


def _problems(node: ET.Element, shape: Shape, where: str) -> list[str]:
    wrong = [f"{where} has attribute {name}" for name in node.attrib if name not in shape.attributes]
    for name, value in node.attrib.items():
        pattern = shape.attributes.get(name)
        if pattern is not None and re.fullmatch(pattern, value) is None:
            wrong.append(f'{where} {name}="{value}" is no value for it')
    names = [child.tag for child in node]
    held = {*names, *(f"@{name}" for name in node.attrib)}
    wrong += [f"{where} lacks {name}" for name in shape.required if name not in held]
    wrong += [
        f"{where} has <{name}> {names.count(name)} times" for name in sorted({*names})
        if names.count(name) > 1 and name not in shape.repeated
    ]
    text = (node.text or "").strip() if len(node) else node.text or ""
    if shape.text is None and text.strip():
        wrong.append(f"{where} holds text")
    if shape.text is not None and re.fullmatch(shape.text, text) is None:
        wrong.append(f"{where} holds `{text[:40]}`, which is no value for it")
    for child in node:
        known = shape.children.get(child.tag)
        if known is None:
            wrong.append(f"{where} has <{child.tag}>")
        else:
            wrong += _problems(child, known, f"{where}/<{child.tag}>")
    return wrong


def conditions_of(root: ET.Element) -> list[str]:
    """Every condition in a file."""
    return [node.text or "" for node in root.iter("Condition")]
