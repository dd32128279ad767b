"""Loggers and the diagnostic of the API: where traces of the policies and their events go.

Resource logs need no secret, so they are what every tier has that keeps them; Consumption has Application Insights alone. An
Event Hub takes what the spec's sinks are to get: forwarders of all of them read one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.ir.policy import Audit, CookiePlace, HeaderPlace, Place, QueryPlace
from seccfg.record import Record
from seccfg_azure.plan import AzurePlan

__all__ = ["Logger", "diagnostic", "diagnostic_id", "hub_logger", "loggers"]

Json = Mapping[str, object]

_MONITOR: Final = "azuremonitor"
_INSIGHTS: Final = "applicationinsights"


class Logger(Record):
    """A logger and its properties; named values it mentions have to be there first."""

    id: str
    properties: Json


def hub_logger(plan: AzurePlan) -> str:
    """Id of the logger that sends events to an Event Hub; empty without sinks."""
    return f"seccfg-{plan.name}-events" if plan.forwards_events else ""


def diagnostic_id(plan: AzurePlan) -> str:
    """The one name a diagnostic of its kind may have."""
    return _MONITOR if plan.options.keeps_logs else _INSIGHTS


def loggers(plan: AzurePlan) -> Sequence[Logger]:
    """Every logger."""
    found: list[Logger] = []
    if plan.options.keeps_logs:
        properties: Json = {"loggerType": "azureMonitor", "description": "Resource logs of the instance.", "isBuffered": True}
        found.append(Logger(_MONITOR, properties))
    else:
        found.append(Logger(_log_id(plan), {
            "loggerType": "applicationInsights", "description": f"Traces of the API {plan.name}."[:256], "isBuffered": True,
            "credentials": {"connectionString": _filled(plan, "insights")},
        }))  # fmt: skip
    if hub_logger(plan):
        found.append(Logger(hub_logger(plan), {
            "loggerType": "azureEventHub", "description": f"Security events of the API {plan.name}."[:256], "isBuffered": True,
            "credentials": {"name": _filled(plan, "hub-name"), "connectionString": _filled(plan, "hub")},
        }))  # fmt: skip
    return found


def _log_id(plan: AzurePlan) -> str:
    return _MONITOR if plan.options.keeps_logs else f"seccfg-{plan.name}-insights"


def _filled(plan: AzurePlan, what: str) -> str:
    return "{{" + f"seccfg-{plan.name}-{what}" + "}}"


def diagnostic(plan: AzurePlan) -> Json:
    """No body, no header, no address of a client; what holds credentials is hidden where a URL or header is written down."""
    message: Json = {
        "headers": [], "body": {"bytes": 0}, "dataMasking": {"headers": _hidden(_headers(plan)), "queryParams": _hidden(_query(plan))},
    }  # fmt: skip
    bare: Json = {"headers": [], "body": {"bytes": 0}}
    found: dict[str, object] = {
        "loggerId": f"/loggers/{_log_id(plan)}", "alwaysLog": "allErrors", "sampling": {"samplingType": "fixed", "percentage": 100},
        "verbosity": "information", "logClientIp": False,
        "frontend": {"request": message, "response": bare}, "backend": {"request": message, "response": bare},
    }  # fmt: skip
    if not plan.options.keeps_logs:
        found |= {"httpCorrelationProtocol": "W3C", "metrics": False, "operationNameFormat": "Name"}
    return found


def _hidden(names: Sequence[str]) -> list[Json]:
    return [{"value": name, "mode": "Hide"} for name in names]


def _places(plan: AzurePlan) -> list[Place]:
    return [place for method in plan.program.methods for place in getattr(method.verifier, "places", ())]


def _headers(plan: AzurePlan) -> list[str]:
    audits = [plan.policy.edge.audit, *(route.one(Audit) for route in plan.policy.routes)]
    named = {name.lower() for audit in audits for name in audit.redact} | {"authorization", "cookie"}
    named |= {place.name.lower() for place in _places(plan) if isinstance(place, HeaderPlace)}
    return sorted(named | ({"cookie"} if any(isinstance(place, CookiePlace) for place in _places(plan)) else set()))


def _query(plan: AzurePlan) -> list[str]:
    return sorted({place.name for place in _places(plan) if isinstance(place, QueryPlace)})
