"""The flows of an OAuth scheme as clients: how tokens are obtained. Clients decide nothing by themselves."""

from __future__ import annotations

import re

from seccfg.findings import SpecPath
from seccfg.importer.description import Description, quoted
from seccfg.importer.names import Names
from seccfg.importer.outcome import Edit, Notes
from seccfg.importer.print_yaml import Plain
from seccfg.source.document import Data, DataMap
from seccfg.spec import scalars

__all__ = ["read_clients"]

_FLOWS = {
    "authorizationCode": ("authorization_code", "web", ("authorizationUrl", "tokenUrl")),
    "clientCredentials": ("client_credentials", "service", ("tokenUrl",)),
    "deviceAuthorization": ("device_code", "device", ("deviceAuthorizationUrl", "tokenUrl")),
}
_KEYS = {
    "authorizationUrl": "authorization_url",
    "deviceAuthorizationUrl": "device_authorization_url",
    "tokenUrl": "token_url",
}
_REDIRECT = "https://client.invalid/callback"
_MAX_SCOPES = 1000


def read_clients(
    description: Description, scheme: DataMap, at: SpecPath, method: str, names: Names, notes: Notes
) -> tuple[dict[str, Plain], tuple[Edit, ...]]:
    """A client for each flow of *scheme* that can be kept; the others become notes."""
    flows = scheme.get("flows") if scheme.get("type") == "oauth2" else None
    found: dict[str, Plain] = {}
    edits: list[Edit] = []
    for flow, value in flows.items() if isinstance(flows, dict) else ():
        where: SpecPath = (*at, "flows", flow)
        if flow.startswith("x-"):
            continue
        if flow not in _FLOWS or not isinstance(value, dict):
            notes.add(
                f"the flow {quoted(flow)} is left out: its tokens or passwords pass through others' hands; clients use "
                "`authorizationCode` with PKCE instead",
                description.place(where),
            )
            continue
        urls = _urls(value, _FLOWS[flow][2])
        if urls is None:
            notes.add(
                f"the flow {quoted(flow)} is left out: its URLs are not all absolute `https://` ones",
                description.place(where),
            )
            continue
        name = names.new(f"{method[:40]}-{_FLOWS[flow][1]}")
        found[name] = _client(name, flow, method, urls, value)
        edits += _edits(name, flow)
    return found, tuple(edits)


def _client(name: str, flow: str, method: str, urls: dict[str, Plain], value: DataMap) -> Plain:
    client: dict[str, Plain] = {"flow": _FLOWS[flow][0], "tokens": method, "client_id": name}
    if flow == "authorizationCode":
        client |= {"public": True, "pkce": "S256", "redirect_uris": [_REDIRECT]}
    elif flow == "clientCredentials":
        client["secret"] = {"env": re.sub(r"[^A-Z0-9]+", "_", f"{'_' * name[0].isdigit()}{name}_SECRET".upper())}
    client |= urls
    scopes = _scopes(value.get("scopes"))
    if scopes:
        client["scopes"] = scopes
    return client


def _edits(name: str, flow: str) -> tuple[Edit, ...]:
    at: SpecPath = ("clients", name)
    edits = [Edit("value", (*at, "client_id"), "write its id at the issuer", value=name)]
    if flow == "authorizationCode":
        edits.append(
            Edit("value", (*at, "redirect_uris", 0), "write where people come back to after signing in", value=_REDIRECT)
        )
    return tuple(edits)


def _urls(value: DataMap, wanted: tuple[str, ...]) -> dict[str, Plain] | None:
    found: dict[str, Plain] = {}
    for key in wanted:
        url = value.get(key)
        try:
            found[_KEYS[key]] = scalars.parse_https_url(url if isinstance(url, str) else "")
        except ValueError:
            return None
    return found


def _scopes(value: Data) -> list[Plain]:
    found: list[Plain] = []
    for scope in list(value)[:_MAX_SCOPES] if isinstance(value, dict) else ():
        try:
            found.append(scalars.parse_scope(scope))
        except ValueError:
            continue
    return found
