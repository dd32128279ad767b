"""What an account says of what stands beside the API: the function, its table, the web ACL; in the words of the stack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["beside"]

Json = Mapping[str, Any]
_FUNCTIONS: Final = ("Function", "PreflightFunction")
_SHOWN: Final = "set, to a value that is not asked for"
_LITERALS: Final = ("Handler", "Runtime", "Timeout", "MemorySize", "Architectures")


def beside(live: Json, mine: Json) -> dict[str, Any]:
    """
    The resources of the stack *mine*, with what *live* says of them; what it cannot say is as emitted.

    Values of the environment are told where they name a resource, never otherwise: they may be secrets.
    """
    found = dict(mine)
    for ident in _FUNCTIONS:
        said = live.get("functionSettings", {}).get(ident)
        if ident in mine and said is not None:
            found[ident] = _with(mine[ident], _function(mine[ident]["Properties"], said))
    if "Table" in mine and "table" in live:
        if live["table"]:
            found["Table"] = _with(mine["Table"], _table(mine["Table"]["Properties"], live["table"]))
        else:
            del found["Table"]
    if "webAcl" in live:
        found = _firewall(found, live["webAcl"])
    return found


def _with(resource: Json, properties: Json) -> dict[str, Any]:
    return {**resource, "Properties": dict(properties)}


def _function(mine: Json, said: Json) -> dict[str, Any]:
    found: dict[str, Any] = {**mine, **{key: said[key] for key in _LITERALS if key in said}}
    told: Json = (said.get("Environment") or {}).get("Variables") or {}
    own: Json = (mine.get("Environment") or {}).get("Variables") or {}
    variables = {key: _variable(own.get(key), str(value)) for key, value in told.items()}
    found["Environment"] = {"Variables": dict(sorted(variables.items()))}
    if said.get("Layers"):
        found["Layers"] = [layer.get("Arn") for layer in said["Layers"]]
    mode = (said.get("TracingConfig") or {}).get("Mode")
    if "TracingConfig" in mine and mode and mode != mine["TracingConfig"].get("Mode"):
        found["TracingConfig"] = {"Mode": mode}
    group = str((said.get("LoggingConfig") or {}).get("LogGroup", ""))
    if "LoggingConfig" in mine and group and not _is_of_stack(group, "FunctionLog"):
        found["LoggingConfig"] = {"LogGroup": group}
    return found


def _variable(own: object, told: str) -> object:
    """As emitted where it is the stack's own: a word, the name of its resource, or a parameter, whose value nobody knows here."""
    if isinstance(own, Mapping):
        name = str(own.get("Ref", ""))
        return own if name != "Table" or _is_of_stack(told, name) else told
    return _SHOWN if own is None else told


def _is_of_stack(name: str, ident: str) -> bool:
    """Whether CloudFormation gave the name: STACK-IDENT-RANDOM, or in paths IDENT last."""
    return re.fullmatch(rf"(?:.*-)?{ident}-[A-Za-z0-9]+|.*/{ident}", name) is not None


def _table(mine: Json, said: Json) -> dict[str, Any]:
    billing = (said.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    encryption = said.get("SSEDescription") or {}
    expiry = said.get("TimeToLiveDescription") or {}
    backups = said.get("ContinuousBackupsDescription") or {}
    restored = (backups.get("PointInTimeRecoveryDescription") or {}).get("PointInTimeRecoveryStatus")
    found = {
        **mine,
        "AttributeDefinitions": _sorted(said.get("AttributeDefinitions", ())),
        "KeySchema": _sorted(said.get("KeySchema", ())),
        "BillingMode": billing,
        "TimeToLiveSpecification": {
            "AttributeName": expiry.get("AttributeName", ""),
            "Enabled": expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"),
        },
    }
    if "SSESpecification" in mine and encryption.get("Status") not in ("ENABLED", "ENABLING", "UPDATING"):
        found["SSESpecification"] = {"SSEEnabled": False}
    if "PointInTimeRecoverySpecification" in mine and restored is not None:
        found["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": restored == "ENABLED"}
    return found


def _sorted(items: Any) -> list[Any]:
    return sorted((dict(item) for item in items), key=str)


def _firewall(found: dict[str, Any], said: Json) -> dict[str, Any]:
    """The web ACL that stands before the stage; none: neither it nor its association."""
    if not said:
        return {ident: resource for ident, resource in found.items() if ident not in ("WebAcl", "WebAclAssociation")}
    if "WebAcl" in found:
        mine = found["WebAcl"]["Properties"]
        rules = sorted(said.get("Rules", ()), key=lambda rule: rule.get("Priority", 0))
        told = {"DefaultAction": said.get("DefaultAction", {}), "Rules": rules}
        found["WebAcl"] = _with(found["WebAcl"], {**mine, **told})
    return found
