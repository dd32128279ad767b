"""Each policy as the vendor documents it, bad habits included: what it sets, and how it fails."""

from __future__ import annotations

import base64
import binascii
import datetime
import ipaddress
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any, Final

from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from seccfg.targetapi.observe import EngineFailed
from seccfg_apigee.engine_message import Message, Variables
from seccfg_apigee.engine_rhino import shared

__all__ = ["Answered", "Fault", "World", "run_policy"]

_UNIT_S: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}


class Fault(Exception):
    """A policy failed: the last part of its code, its status, and the variables that say so."""

    def __init__(self, name: str, status: int, variables: Mapping[str, str]) -> None:
        super().__init__(name)
        self.name = name
        self.status = status
        self.variables = variables


class Answered(Exception):
    """A policy gave the answer: nothing more of the request flow runs."""


class World:
    """What outlives a request: counters, maps and their cached reads, key sets, scripts, log lines."""

    def __init__(self) -> None:
        self.now_s = 0
        self.maps: dict[str, dict[str, str]] = {}
        self.map_readable: Callable[[str], bool] = lambda _: True
        self.key_sets: dict[str, str] = {}
        """URL -> key set; a URL that is not there cannot be fetched."""
        self.scripts: dict[str, str] = {}
        """Resource -> id of the compiled script."""
        self.lines: list[str] = []
        self._counts: dict[tuple[str, str, int], int] = {}
        self._moments: dict[tuple[str, str], list[int]] = {}
        self._reads: dict[tuple[str, str], tuple[str | None, int]] = {}

    def reset(self) -> None:
        """Counters empty, nothing cached."""
        self._counts.clear()
        self._moments.clear()
        self._reads.clear()

    def read_map(self, name: str, key: str, seconds: int) -> str | None:
        """A cached read. A key that is missing, or a map that cannot be read, is null, not an error."""
        if name not in self.maps:
            raise Fault("KeyValueMapNotFound", 500, {})
        cached = self._reads.get((name, key))
        if cached is not None and cached[1] > self.now_s:
            return cached[0]
        found = self.maps[name].get(key) if self.map_readable(name) else None
        self._reads[name, key] = found, self.now_s + seconds
        return found

    def counted(self, counter: str, identifier: str, window: int, add: int = 0) -> int:
        """How many were counted in the window, after adding."""
        key = (counter, identifier, window)
        self._counts[key] = self._counts.get(key, 0) + add
        return self._counts[key]

    def moments(self, counter: str, identifier: str) -> list[int]:
        """When the sliding counter admitted requests."""
        return self._moments.setdefault((counter, identifier), [])


def run_policy(policy: ET.Element, variables: Variables, world: World) -> None:
    """Fault when the policy fails and says so."""
    runners: dict[str, Callable[[ET.Element, Variables, World], None]] = {
        "Javascript": _javascript, "RaiseFault": _raise_fault, "AssignMessage": _assign, "VerifyJWT": _verify_jwt,
        "KeyValueMapOperations": _read_map, "Quota": _quota, "SpikeArrest": _spike, "JSONThreatProtection": _threats,
        "MessageLogging": _log, "CORS": _cors, "AccessControl": _access, "DecodeJWT": _decode_jwt,
    }  # fmt: skip
    runners[policy.tag](policy, variables, world)


def _content(policy: ET.Element, path: str) -> str:
    return (policy.findtext(path) or "").strip()


# ---------------------------------------------------------------------------------------------------------- scripts
def _javascript(policy: ET.Element, variables: Variables, world: World) -> None:
    names = [node.text or "" for node in policy.findall("IncludeURL")] + [_content(policy, "ResourceURL")]
    scripts = [world.scripts[name] for name in names]
    properties = {p.get("name", ""): p.text or "" for p in policy.findall("Properties/Property")}
    ran = shared().run(scripts, variables.snapshot(), properties, int(policy.get("timeLimit", "0")))
    for name in ran.removed:
        variables.remove(name)
    for name, value in ran.changed.items():
        variables.set(name, value)
    if ran.failed:
        raise Fault("ScriptExecutionFailed", 500, {f"javascript.{policy.get('name')}.failed": "true"})


# --------------------------------------------------------------------------------------------------------- messages
def _template(text: str, variables: Variables, opening: str = "{", closing: str = "}") -> str:
    pattern = re.compile(re.escape(opening) + r"(escapeJSON\()?([A-Za-z][-A-Za-z0-9_.]*)\)?" + re.escape(closing))

    def filled(found: re.Match[str]) -> str:
        value = variables.get(found[2]) or ""
        return json.dumps(value)[1:-1] if found[1] else value

    return pattern.sub(filled, text)


def _set_message(held: ET.Element, variables: Variables, message: Message) -> None:
    for header in held.findall("Headers/Header"):
        message.set(header.get("name", ""), _template(header.text or "", variables))
    payload = held.find("Payload")
    if payload is not None:
        opening, closing = payload.get("variablePrefix", "{"), payload.get("variableSuffix", "}")
        message.content = _template(payload.text or "", variables, opening, closing)
        message.set("Content-Type", payload.get("contentType", "text/plain"))
    status = held.findtext("StatusCode")
    if status is not None:
        message.status = int(_template(status, variables))


def _raise_fault(policy: ET.Element, variables: Variables, world: World) -> None:
    del world
    variables.response = Message(status=500)
    _assign_variables(policy.findall("FaultResponse/AssignVariable"), variables)
    held = policy.find("FaultResponse/Set")
    if held is not None:
        _set_message(held, variables, variables.response)
    raise Fault("RaiseFault", variables.response.status, {f"raisefault.{policy.get('name')}.failed": "true"})


def _assign(policy: ET.Element, variables: Variables, world: World) -> None:
    del world
    message = variables.message
    for header in policy.findall("Remove/Headers/Header"):
        message.remove(header.get("name", ""))
    held = policy.find("Set")
    if held is not None:
        _set_message(held, variables, message)
    for header in policy.findall("Add/Headers/Header"):
        message.add(header.get("name", ""), _template(header.text or "", variables))
    _assign_variables(policy.findall("AssignVariable"), variables)


def _assign_variables(assigned: list[ET.Element], variables: Variables) -> None:
    for held in assigned:
        variables.set(held.findtext("Name") or "", held.findtext("Value") or "")


def _cors(policy: ET.Element, variables: Variables, world: World) -> None:
    """Preflights are answered at once; any other answer gets its headers at the very end. Nobody is refused."""
    del world
    origin = variables.request.joined("origin")
    allowed = origin is not None and origin in [part.strip() for part in _content(policy, "AllowOrigins").split(",")]
    found = {"Access-Control-Allow-Origin": origin} if allowed and origin is not None else {}
    if allowed and policy.find("AllowCredentials") is not None:
        found["Access-Control-Allow-Credentials"] = _content(policy, "AllowCredentials")
    asks = variables.get("request.verb") == "OPTIONS" and origin is not None
    if asks and variables.request.joined("access-control-request-method") is not None:
        if allowed:
            found["Access-Control-Allow-Methods"] = _content(policy, "AllowMethods")
            found["Access-Control-Allow-Headers"] = _content(policy, "AllowHeaders")
            found["Access-Control-Max-Age"] = _content(policy, "MaxAge")
        variables.response = Message(tuple(found.items()), "", 200)
        raise Answered
    if allowed and policy.find("ExposeHeaders") is not None:
        found["Access-Control-Expose-Headers"] = _content(policy, "ExposeHeaders")
    variables.cors = found


def _log(policy: ET.Element, variables: Variables, world: World) -> None:
    world.lines.append(_template(_content(policy, "CloudLogging/Message"), variables))


# ----------------------------------------------------------------------------------------------------------- tokens
def _verify_jwt(policy: ET.Element, variables: Variables, world: World) -> None:
    name = policy.get("name", "")
    token = variables.get(_content(policy, "Source"))
    try:
        if token is None:
            raise Fault("FailedToResolveVariable", 401, {})
        header, payload = _judge_token(policy, token, world)
    except Fault as fault:
        raise Fault(fault.name, 401, {"JWT.failed": "true", f"jwt.{name}.failed": "true"}) from fault
    variables.set(f"jwt.{name}.valid", "true")
    variables.set(f"jwt.{name}.payload-json", json.dumps(payload))
    variables.set(f"jwt.{name}.header-json", json.dumps(header))
    for claim, value in payload.items():
        variables.set(f"jwt.{name}.decoded.claim.{claim}", value if isinstance(value, str) else json.dumps(value))


def _decode_jwt(policy: ET.Element, variables: Variables, world: World) -> None:
    """Nothing is verified."""
    del world
    name = policy.get("name", "")
    try:
        _, payload, _, _ = _parts(variables.get(_content(policy, "Source")) or "")
    except Fault as fault:
        raise Fault(fault.name, 401, {"JWT.failed": "true", f"jwt.{name}.failed": "true"}) from fault
    for claim, value in payload.items():
        variables.set(f"jwt.{name}.decoded.claim.{claim}", value if isinstance(value, str) else json.dumps(value))


def _judge_token(policy: ET.Element, token: str, world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, message, signature = _parts(token)
    alg = header.get("alg")
    if not isinstance(alg, str):
        raise Fault("NoAlgorithmFoundInHeader", 401, {})
    if alg not in _content(policy, "Algorithm").split(","):
        raise Fault("AlgorithmInTokenNotPresentInConfiguration", 401, {})
    if header.get("crit") is not None and _content(policy, "IgnoreCriticalHeaders") != "true":
        raise Fault("UnhandledCriticalHeader", 401, {})
    key = _key(policy, header.get("kid"), alg, world)
    try:
        good = JWSRegistry.algorithms[alg].verify(message, signature, key)
    except (JoseError, ValueError):
        good = False
    if not good:
        raise Fault("InvalidToken", 401, {})
    _judge_claims(policy, payload, world.now_s)
    return header, payload


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    pieces = token.split(".")
    try:
        raw = [base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)) for piece in pieces]
        header, payload = (json.loads(part.decode("utf-8")) for part in raw[:2])
        signature = raw[2]
    except (ValueError, binascii.Error, IndexError, RecursionError) as error:
        raise Fault("FailedToDecode", 401, {}) from error
    if len(pieces) != 3 or not isinstance(header, dict) or not isinstance(payload, dict):
        raise Fault("FailedToDecode", 401, {})
    return header, payload, f"{pieces[0]}.{pieces[1]}".encode(), signature


def _key(policy: ET.Element, kid: object, alg: str, world: World) -> Any:
    held = policy.find("PublicKey/JWKS")
    if held is None:
        raise EngineFailed(f"{policy.get('name')} has no keys")
    uri = held.get("uri")
    text = held.text or "" if uri is None else world.key_sets.get(uri)
    if text is None:
        raise Fault("KeyParsingFailed", 401, {})
    if not isinstance(kid, str):
        raise Fault("KeyIdMissing", 401, {})
    kty = "EC" if alg.startswith("ES") else "RSA"
    for entry in json.loads(text)["keys"]:
        if entry.get("kid") == kid and entry.get("kty") == kty:
            try:
                return jwk.import_key(entry)
            except (JoseError, ValueError) as error:
                raise Fault("KeyParsingFailed", 401, {}) from error
    raise Fault("NoMatchingPublicKey", 401, {})


def _judge_claims(policy: ET.Element, payload: Mapping[str, Any], now_s: int) -> None:
    allowance = int(_content(policy, "TimeAllowance").removesuffix("s") or "0")
    missing = [name for name in _content(policy, "RequiredClaims").split(",") if name and name not in payload]
    if missing:
        raise Fault("InvalidClaim", 401, {})
    for name, late in (("exp", "TokenExpired"), ("nbf", "TokenNotYetValid")):
        value = payload.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Fault("InvalidClaim", 401, {})
        if (now_s >= value + allowance) if name == "exp" else (now_s < value - allowance):
            raise Fault(late, 401, {})
    issued = payload.get("iat")
    if _content(policy, "IgnoreIssuedAt") != "true" and isinstance(issued, (int, float)) and issued > now_s + allowance:
        raise Fault("TokenNotYetValid", 401, {})
    issuer, audience = policy.findtext("Issuer"), policy.findtext("Audience")
    if issuer is not None and payload.get("iss") != issuer:
        raise Fault("JwtIssuerMismatch", 401, {})
    said = payload.get("aud")
    if audience is not None and audience not in (said if isinstance(said, list) else [said]):
        raise Fault("JwtAudienceMismatch", 401, {})


# ---------------------------------------------------------------------------------------------------------- addresses
def _access(policy: ET.Element, variables: Variables, world: World) -> None:
    """The first rule that has the address decides, else `noRuleMatchAction`."""
    del world
    try:
        address = ipaddress.ip_address(variables.get(_content(policy, "ClientIPVariable")) or "")
    except ValueError as error:
        raise Fault("InvalidIPAddressInVariable", 500, {}) from error
    rules = policy.find("IPRules")
    action = rules.get("noRuleMatchAction", "ALLOW") if rules is not None else "ALLOW"
    for rule in policy.findall("IPRules/MatchRule"):
        if any(_is_in(address, source) for source in rule.findall("SourceAddress")):
            action = rule.get("action", "ALLOW")
            break
    if action == "DENY":
        raise Fault("IPDeniedAccess", 403, {})


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, source: ET.Element) -> bool:
    network = ipaddress.ip_network(f"{(source.text or '').strip()}/{source.get('mask')}", strict=False)
    return address.version == network.version and address in network


# ------------------------------------------------------------------------------------------------------- maps, quotas
def _read_map(policy: ET.Element, variables: Variables, world: World) -> None:
    for get in policy.findall("Get"):
        parts = []
        for parameter in get.findall("Key/Parameter"):
            reference = parameter.get("ref")
            parts.append((variables.get(reference) or "") if reference is not None else parameter.text or "")
        seconds = int(_content(policy, "ExpiryTimeInSecs"))
        found = world.read_map(policy.get("mapIdentifier", ""), "__".join(parts), seconds)
        name = get.get("assignTo", "")
        if found is None:
            variables.remove(name)
        else:
            variables.set(name, found)


def _quota(policy: ET.Element, variables: Variables, world: World) -> None:
    name = policy.get("name", "")
    allow, identifier = policy.find("Allow"), policy.find("Identifier")
    if allow is None:
        raise EngineFailed(f"{name} allows nothing")
    said = variables.get(allow.get("countRef", ""))
    limit = int(said if said is not None else allow.get("count", "2000"))
    who = variables.get(identifier.get("ref", "")) if identifier is not None else None
    window_s = int(_content(policy, "Interval")) * _UNIT_S[_content(policy, "TimeUnit")]
    start = datetime.datetime.strptime(_content(policy, "StartTime"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=datetime.UTC)
    first_s = int(start.timestamp())
    window = (world.now_s - first_s) // window_s
    counter = _content(policy, "SharedName") or name
    who = who if who is not None else "_default"
    used = world.counted(counter, who, window)
    only_counts, only_asks = _content(policy, "CountOnly") == "true", _content(policy, "EnforceOnly") == "true"
    exceeded = used >= limit and not only_counts
    if not only_asks and not exceeded:
        used = world.counted(counter, who, window, 1)
    for key, value in (
        ("allowed.count", limit), ("used.count", used), ("available.count", max(0, limit - used)),
        ("expiry.time", (first_s + (window + 1) * window_s) * 1000), ("exceed.count", int(exceeded)),
    ):
        variables.set(f"ratelimit.{name}.{key}", str(value))
    if exceeded:
        raise Fault("QuotaViolation", 500, {f"ratelimit.{name}.failed": "true"})


def _spike(policy: ET.Element, variables: Variables, world: World) -> None:
    name = policy.get("name", "")
    rate, identifier = policy.find("Rate"), policy.find("Identifier")
    said = variables.get(rate.get("ref", "")) if rate is not None else None
    found = re.fullmatch(r"([0-9]+)p([sm])", said or (_content(policy, "Rate")))
    if found is None:
        raise Fault("FailedToResolveSpikeArrestRate", 500, {})
    window_s = 1 if found[2] == "s" else 60
    who = (variables.get(identifier.get("ref", "")) if identifier is not None else None) or "_default"
    moments = world.moments(name, who)
    alive = [moment for moment in moments if moment > world.now_s - window_s]
    if len(alive) >= int(found[1]):
        raise Fault("SpikeArrestViolation", 429, {f"ratelimit.{name}.failed": "true"})
    moments[:] = sorted([*alive, world.now_s])  # what is out of the window is forgotten


# ------------------------------------------------------------------------------------------------------------- input
def _threats(policy: ET.Element, variables: Variables, world: World) -> None:
    """Only a body that says it is JSON is looked at."""
    del world
    kind = (variables.request.joined("content-type") or "").split(";")[0].strip().lower()
    if kind != "application/json":
        return
    limits = {child.tag: int(child.text or "0") for child in policy if child.tag != "Source"}
    try:
        fits = _within_limits(json.loads(variables.request.content), limits, 1)
    except (ValueError, RecursionError):
        fits = False
    if not fits:
        raise Fault("ExecutionFailed", 500, {f"jsonattack.{policy.get('name')}.failed": "true"})


def _within_limits(value: object, limits: Mapping[str, int], depth: int) -> bool:
    if isinstance(value, str):
        return len(value) <= limits["StringValueLength"]
    if not isinstance(value, (dict, list)):
        return True
    if depth > limits["ContainerDepth"]:
        return False
    if isinstance(value, list):
        return len(value) <= limits["ArrayElementCount"] and all(_within_limits(v, limits, depth + 1) for v in value)
    short = all(len(name) <= limits["ObjectEntryNameLength"] for name in value)
    return short and len(value) <= limits["ObjectEntryCount"] and all(_within_limits(v, limits, depth + 1) for v in value.values())
