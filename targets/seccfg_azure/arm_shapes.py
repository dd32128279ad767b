"""Our own table of the management API's resources, version 2024-05-01: which properties there are, of which type.

From the published types of the resource provider (Azure/bicep-types-az, generated/apimanagement, 2024-05-01): what may be
written, what has to be (`!`), lengths, patterns, words. Lists of words the API leaves open count as closed: this project
writes no word of its own. Only resources this target emits stand here; a resource that is not in the table is not emitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seccfg.record import Record

__all__ = ["API_VERSION", "SERVICE", "WouldNotDeploy", "check_properties", "check_resource"]

API_VERSION: Final = "2024-05-01"
SERVICE: Final = "Microsoft.ApiManagement/service"


class WouldNotDeploy(ValueError):
    """A resource the management API would refuse. No Policy that a spec gives makes one: it is our own bug (exit 70)."""


class Text(Record):
    """A text of *least* to *most* characters (0: any number) that fits *pattern*, or one of *words*."""

    least: int = 0
    most: int = 0
    pattern: str = ""
    words: tuple[str, ...] = ()


class Flag(Record):
    """A boolean."""


class Whole(Record):
    """An integer."""

    least: int
    most: int


class Items(Record):
    """A list of at most *most* (0: any number)."""

    of: Shape
    most: int = 0


class Members(Record):
    """An object with these members and no others; `!` after a name: it has to be there."""

    known: Mapping[str, Shape]


class Named(Record):
    """An object with any names."""

    of: Shape


Shape = Text | Flag | Whole | Items | Members | Named

_ANY: Final = Text()
_ID: Final = r"[^*#&+:<>?]+"
_MASKED: Final = Items(Members({"value": _ANY, "mode": Text(words=("Hide", "Mask"))}))
_MESSAGE: Final = Members({
    "headers": Items(_ANY), "body": Members({"bytes": Whole(0, 8192)}),
    "dataMasking": Members({"headers": _MASKED, "queryParams": _MASKED}),
})  # fmt: skip
_PIPELINE: Final = Members({"request": _MESSAGE, "response": _MESSAGE})
_PARAMETER: Final = Members({
    "name!": _ANY, "type!": _ANY, "required": Flag(), "description": _ANY, "defaultValue": _ANY, "values": Items(_ANY),
    "schemaId": _ANY, "typeName": _ANY,
})  # fmt: skip
_POLICY: Final = Members({"format": Text(words=("xml", "rawxml", "xml-link", "rawxml-link")), "value!": _ANY})
_DIAGNOSTIC: Final = Members({
    "loggerId!": _ANY, "alwaysLog": Text(words=("allErrors",)), "frontend": _PIPELINE, "backend": _PIPELINE,
    "httpCorrelationProtocol": Text(words=("Legacy", "None", "W3C")), "logClientIp": Flag(), "metrics": Flag(),
    "operationNameFormat": Text(words=("Name", "Url")), "verbosity": Text(words=("error", "information", "verbose")),
    "sampling": Members({"samplingType": Text(words=("fixed",)), "percentage": Whole(0, 100)}),
})  # fmt: skip
_HOSTNAME: Final = Members({
    "type!": Text(words=("ConfigurationApi", "DeveloperPortal", "Management", "Portal", "Proxy", "Scm")), "hostName!": _ANY,
    "certificateSource": Text(words=("BuiltIn", "Custom", "KeyVault", "Managed")), "keyVaultId": _ANY, "identityClientId": _ANY,
    "defaultSslBinding": Flag(), "negotiateClientCertificate": Flag(), "encodedCertificate": _ANY, "certificatePassword": _ANY,
})  # fmt: skip
_PROPERTIES: Final[Mapping[str, Members]] = {
    "": Members({
        "publisherEmail!": Text(0, 100), "publisherName!": Text(0, 100), "customProperties": Named(Text(words=("True", "False"))),
        "hostnameConfigurations": Items(_HOSTNAME), "apiVersionConstraint": Members({"minApiVersion": _ANY}),
        "enableClientCertificate": Flag(), "disableGateway": Flag(), "publicNetworkAccess": Text(words=("Enabled", "Disabled")),
        "virtualNetworkType": Text(words=("External", "Internal", "None")), "natGatewayState": Text(words=("Enabled", "Disabled")),
        "developerPortalStatus": Text(words=("Enabled", "Disabled")), "legacyPortalStatus": Text(words=("Enabled", "Disabled")),
    }),
    "apis": Members({
        "displayName": Text(1, 300), "path!": Text(0, 400), "protocols": Items(Text(words=("http", "https", "ws", "wss"))),
        "serviceUrl": Text(0, 2000), "subscriptionRequired": Flag(), "description": _ANY, "apiRevision": Text(1, 100),
        "subscriptionKeyParameterNames": Members({"header": _ANY, "query": _ANY}), "isCurrent": Flag(),
        "type": Text(words=("graphql", "grpc", "http", "odata", "soap", "websocket")), "apiVersion": Text(0, 100),
        "apiVersionSetId": _ANY, "translateRequiredQueryParameters": Text(words=("query", "template")),
    }),
    "apis/policies": _POLICY,
    "apis/operations": Members({
        "displayName!": Text(1, 300), "method!": _ANY, "urlTemplate!": Text(1, 1000), "description": Text(0, 1000),
        "templateParameters": Items(_PARAMETER), "policies": _ANY,
        "request": Members({
            "description": _ANY, "headers": Items(_PARAMETER), "queryParameters": Items(_PARAMETER),
            "representations": Items(Members({"contentType!": _ANY, "schemaId": _ANY, "typeName": _ANY})),
        }),
        "responses": Items(Members({"statusCode!": Whole(100, 599), "description": _ANY})),
    }),
    "apis/operations/policies": _POLICY,
    "apis/diagnostics": _DIAGNOSTIC,
    "loggers": Members({
        "loggerType!": Text(words=("applicationInsights", "azureEventHub", "azureMonitor")), "description": Text(0, 256),
        "isBuffered": Flag(), "resourceId": _ANY, "credentials": Named(_ANY),
    }),
    "namedValues": Members({
        "displayName!": Text(1, 256, r"[A-Za-z0-9\-._]+"), "secret": Flag(), "tags": Items(_ANY, 32), "value": Text(0, 4096),
        "keyVault": Members({"secretIdentifier": _ANY, "identityClientId": _ANY}),
    }),
    "policyFragments": Members({"format": Text(words=("xml", "rawxml")), "value!": _ANY, "description": Text(0, 1000)}),
    "products": Members({
        "displayName!": Text(1, 300), "description": Text(0, 1000), "terms": _ANY, "subscriptionRequired": Flag(),
        "approvalRequired": Flag(), "subscriptionsLimit": Whole(0, 2**31 - 1), "state": Text(words=("notPublished", "published")),
    }),
    "products/apis": Members({}),
    "subscriptions": Members({
        "displayName!": Text(1, 100), "scope!": _ANY, "ownerId": _ANY, "allowTracing": Flag(), "primaryKey": Text(1, 256),
        "secondaryKey": Text(1, 256), "state": Text(words=("active", "cancelled", "expired", "rejected", "submitted", "suspended")),
    }),
}  # fmt: skip
"""Type below the service -> its properties."""
_NAMES: Final[Mapping[str, Text]] = {
    "": Text(1, 50, r"[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"), "apis": Text(1, 256, _ID), "policies": Text(words=("policy",)),
    "operations": Text(1, 80), "diagnostics": Text(words=("applicationinsights", "azuremonitor")), "loggers": Text(1, 256, _ID),
    "namedValues": Text(1, 256, _ID), "policyFragments": Text(1, 80, r"\w+|\w[\w\-]+\w"), "products": Text(1, 256),
    "subscriptions": Text(1, 256, _ID),
}  # fmt: skip
"""The last part of a type -> what a resource of it may be called."""
_SERVICE_KEYS: Final = Members({
    "location!": _ANY, "identity": Members({"type!": Text(words=("None", "SystemAssigned", "UserAssigned"))}),
    "sku!": Members({
        "name!": Text(words=("Basic", "BasicV2", "Consumption", "Developer", "Isolated", "Premium", "PremiumV2", "Standard", "StandardV2")),
        "capacity!": Whole(0, 100),
    }),
})  # fmt: skip
_NAMED: Final = re.compile(r"\[concat\(parameters\('service'\), '/([^']*)'\)\]|\[(parameters)\('service'\)\]")


def check_resource(resource: Mapping[str, object]) -> Iterator[str]:
    """Everything about a resource of a template that the management API would not take."""
    kind = str(resource.get("type", ""))
    below = kind.removeprefix(SERVICE).removeprefix("/")
    if not kind.startswith(SERVICE) or below not in _PROPERTIES:
        yield f"{kind}: no such type"
        return
    if resource.get("apiVersion") != API_VERSION:
        yield f"{kind}: apiVersion {resource.get('apiVersion')}"
    rest = {k: v for k, v in resource.items() if k not in ("type", "apiVersion", "name", "dependsOn", "properties", "comments")}
    yield from (f"{kind}{problem}" for problem in _wrong(rest, Members({}) if below else _SERVICE_KEYS, ""))
    yield from _names(kind, below.split("/") if below else [], str(resource.get("name", "")))
    yield from check_properties(below, resource.get("properties", {}))


def check_properties(below: str, properties: object) -> Iterator[str]:
    """The same of the properties alone; *below*: the type without the service's."""
    yield from (f"{below or 'service'}{problem}" for problem in _wrong(properties, _PROPERTIES[below], ""))


def _names(kind: str, parts: Sequence[str], name: str) -> Iterator[str]:
    found = _NAMED.fullmatch(name)
    names = [] if found is None or found[1] is None else found[1].split("/")
    if found is None or len(names) != len(parts):
        yield f"{kind}: called {name}"
        return
    for part, one in zip(parts, names, strict=True):
        yield from (f"{kind}{problem}" for problem in _wrong(one, _NAMES[part], f" called {one}"))


def _wrong(value: object, shape: Shape, at: str) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
        return  # an expression of the template: what it gives is the deployment's
    match shape:
        case Text():
            if not isinstance(value, str):
                yield f"{at}: no text"
            else:
                yield from _wrong_text(value.removeprefix("[") if value.startswith("[[") else value, shape, at)
        case Flag():
            if not isinstance(value, bool):
                yield f"{at}: no boolean"
        case Whole(least, most):
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                yield f"{at}: no number from {least} to {most}"
        case Items(of, most):
            if not isinstance(value, Sequence) or isinstance(value, str) or (most and len(value) > most):
                yield f"{at}: no list{f' of at most {most}' if most else ''}"
                return
            for number, item in enumerate(value):
                yield from _wrong(item, of, f"{at}[{number}]")
        case Members(known):
            yield from _wrong_members(value, known, at)
        case Named(of):
            if not isinstance(value, Mapping):
                yield f"{at}: no object"
                return
            for name, item in value.items():
                yield from _wrong(item, of, f"{at}.{name}")


def _wrong_text(value: str, shape: Text, at: str) -> Iterator[str]:
    if shape.words and value not in shape.words:
        yield f"{at}: {value[:40]!r} is none of {', '.join(shape.words)}"
    if len(value) < shape.least or (shape.most and len(value) > shape.most):
        yield f"{at}: {len(value)} characters"
    if shape.pattern and re.fullmatch(shape.pattern, value) is None:
        yield f"{at}: {value[:40]!r} does not fit {shape.pattern}"


def _wrong_members(value: object, known: Mapping[str, Shape], at: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{at}: no object"
        return
    shapes = {name.rstrip("!"): of for name, of in known.items()}
    yield from (f"{at}: {name.rstrip('!')} is missing" for name in known if name.endswith("!") and name.rstrip("!") not in value)
    for name, item in value.items():
        if name not in shapes:
            yield f"{at}: no property {name}"
        else:
            yield from _wrong(item, shapes[name], f"{at}.{name}")
