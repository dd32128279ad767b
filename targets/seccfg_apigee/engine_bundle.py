"""A bundle read from its files: endpoints, policies, scripts; everything checked that Apigee would pass over in silence."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Final

from seccfg.targetapi.observe import EngineFailed
from seccfg_apigee.engine_conditions import Condition, parse_condition
from seccfg_apigee.engine_table import ENDPOINTS, POLICIES, check

__all__ = ["Bundle", "Step"]

Step = tuple[str, Condition | None]

_FACTS: Final = re.compile(
    r"request\.(verb|uri|path|querystring|content|header\.[-A-Za-z0-9_.]+)|response\.status\.code|message\.status\.code"
    r"|fault\.name|JWT\.failed|system\.timestamp|messageid|proxy\.pathsuffix|jwt\.[-A-Za-z0-9_]+\.decoded\.claim\.iss"
)
_PRODUCED: Final = re.compile(r'setVariable\(\s*"([^"]+)"(\s*\+)?')


class Bundle:
    """The parts of one revision. EngineFailed with everything wrong with the files."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.policies: dict[str, ET.Element] = {}
        self.scripts: dict[str, str] = {}
        self._wrong: list[str] = []
        endpoints: dict[str, ET.Element] = {}
        for path in sorted(files):
            if path.startswith("apiproxy/") and path.endswith(".xml"):
                self._read(path, files[path], endpoints)
            elif path.startswith("apiproxy/resources/jsc/"):
                self.scripts[path.rpartition("/")[2]] = files[path].decode("ascii")
        proxies = [node for node in endpoints.values() if node.tag == "ProxyEndpoint"]
        self._targets = {node.get("name", "") for node in endpoints.values() if node.tag == "TargetEndpoint"}
        if len(proxies) != 1 or self._wrong:
            raise EngineFailed("; ".join(self._wrong[:5]) or "not exactly one proxy endpoint")
        self._endpoint(proxies[0])
        self._references()
        if self._wrong:
            raise EngineFailed("; ".join(self._wrong[:5]))

    def _read(self, path: str, content: bytes, endpoints: dict[str, ET.Element]) -> None:
        try:
            root = ET.fromstring(content.decode("utf-8"))  # noqa: S314 - our own output; Apigee resolves no entities either
        except (ET.ParseError, UnicodeDecodeError) as error:
            self._wrong.append(f"{path}: no XML: {error}")
            return
        if "/policies/" in path:
            self._wrong += check(root, POLICIES, path)
            if root.get("name") != path.rpartition("/")[2].removesuffix(".xml"):
                self._wrong.append(f"{path}: the policy calls itself {root.get('name')}")
            self.policies[root.get("name", "")] = root
        else:
            self._wrong += check(root, ENDPOINTS, path)
            endpoints[path] = root

    # ---------------------------------------------------------------------------------------------------- endpoint
    def _endpoint(self, proxy: ET.Element) -> None:
        self.pre_request = self._steps(proxy.findall("PreFlow/Request/Step"))
        self.post_request = self._steps(proxy.findall("PostFlow/Request/Step"))
        self.pre_response = self._steps(proxy.findall("PreFlow/Response/Step"))
        self.error_steps = self._steps(proxy.findall("DefaultFaultRule/Step"))
        self.log_steps = self._steps(proxy.findall("PostClientFlow/Response/Step"))
        self.flows = [
            (self._condition(flow), self._steps(flow.findall("Request/Step")), self._steps(flow.findall("Response/Step")))
            for flow in proxy.findall("Flows/Flow")
        ]
        self.routes: list[tuple[Condition | None, str]] = []
        for rule in proxy.findall("RouteRule"):
            target = rule.findtext("TargetEndpoint") or ""
            if target not in self._targets:
                self._wrong.append(f"route rule {rule.get('name')} leads to {target}, which is no target endpoint")
            self.routes.append((self._condition(rule), target))
        if not self.flows or self.flows[-1][0] is not None or not self.flows[-1][1]:
            self._wrong.append("the last flow has to take everything, and refuse it")
        if any(flow[0] is None for flow in self.flows[:-1]):
            self._wrong.append("a flow without a condition stands before others")

    def _steps(self, steps: list[ET.Element]) -> list[Step]:
        found: list[Step] = []
        for step in steps:
            name = step.findtext("Name") or ""
            if name not in self.policies:
                self._wrong.append(f"a step names {name}, which is no policy")
            found.append((name, self._condition(step)))
        return found

    def _condition(self, node: ET.Element) -> Condition | None:
        text = node.findtext("Condition")
        if text is None:
            return None
        try:
            return parse_condition(text)
        except EngineFailed as error:
            self._wrong.append(str(error))
            return None

    # -------------------------------------------------------------------------------------------------- references
    def _references(self) -> None:
        attached = [name for name, _ in self._all_steps()]
        self._wrong += [f"policy {name} is attached nowhere" for name in sorted(self.policies) if name not in attached]
        for name, policy in self.policies.items():
            for node in [*policy.findall("IncludeURL"), *policy.findall("ResourceURL")]:
                if (node.text or "").removeprefix("jsc://") not in self.scripts:
                    self._wrong.append(f"{name} runs {node.text}, which is not there")
        produced = self._produced()
        for step, condition in self._all_steps():
            for variable in condition.variables if condition is not None else ():
                known = any(variable.startswith(name) if more else variable == name for name, more in produced)
                if not known and not _FACTS.fullmatch(variable):
                    self._wrong.append(f"the condition of {step} reads {variable}, which nobody sets")

    def _all_steps(self) -> list[Step]:
        found = [*self.pre_request, *self.post_request, *self.pre_response, *self.error_steps, *self.log_steps]
        for condition, request, response in self.flows:
            found += [("a flow", condition)] if condition is not None else []
            found += [*request, *response]
        return found + [("a route rule", condition) for condition, _ in self.routes if condition is not None]

    def _produced(self) -> set[tuple[str, bool]]:
        """Variables scripts and messages set: (name, or its beginning, whether more follows)."""
        found = {(name, bool(more)) for text in self.scripts.values() for name, more in _PRODUCED.findall(text)}
        assigned = (node.text or "" for policy in self.policies.values() for node in policy.iterfind(".//AssignVariable/Name"))
        return found | {(name, False) for name in assigned}

    @property
    def identity(self) -> frozenset[str]:
        """Headers that may carry identity: those a policy takes out of every request."""
        held = self.policies.get("AM-Identity")
        names = [] if held is None else held.findall("Remove/Headers/Header")
        return frozenset((header.get("name") or "").lower() for header in names) - {"x-authz-open"}
