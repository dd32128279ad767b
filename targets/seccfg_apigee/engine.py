"""The emitted bundle, interpreted: flows, policies and faults in the order the vendor documents, JavaScript on real Rhino.

Reads the emitted files alone. Every file has to pass the table of `engine_table`, every variable a condition names has to
have somebody who sets it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final, get_args

from seccfg.ir.policy import Event
from seccfg.ir.request import Decision, Request, Surroundings
from seccfg.targetapi.base import Engine, EngineInfo
from seccfg.targetapi.observe import EngineFailed, Received, Response, observe
from seccfg_apigee.engine_bundle import Bundle
from seccfg_apigee.engine_edge import Edge
from seccfg_apigee.engine_message import Message, Variables
from seccfg_apigee.engine_policies import Answered, Fault, World, run_policy
from seccfg_apigee.engine_rhino import HOW_TO_GET, missing, shared

__all__ = ["BundleEngine", "engines", "make"]

_NAME: Final = "apigee-rhino"
_ABSOLUTE: Final = re.compile(r"[A-Za-z]+://[^/]*")
_EVENTS: Final = frozenset(get_args(Event))


def engines() -> tuple[EngineInfo, ...]:
    """The interpreter, where Rhino can run."""
    return (EngineInfo(_NAME, missing(), HOW_TO_GET),)


def make(name: str) -> Engine:
    """A fresh engine; KeyError for an unknown name."""
    return {_NAME: BundleEngine}[name]()


class BundleEngine:
    """One deployed revision in one environment, on one message processor."""

    name = _NAME

    def __init__(self) -> None:
        self._bundle: Bundle
        self._edge: Edge
        self._world = World()
        self._files: Mapping[str, bytes] = {}
        self._environment: Mapping[str, str] = {}

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str]) -> None:
        """Check the files, compile the scripts."""
        self._files, self._environment = files, environment
        self._bundle = Bundle(files)
        self._edge = Edge(files)
        self._world = World()
        self._world.scripts = {f"jsc://{name}": shared().load(name, text) for name, text in self._bundle.scripts.items()}
        self.reset(Surroundings())

    def reset(self, surroundings: Surroundings) -> None:
        """Counters empty; maps and key sets as the operator has filled them."""
        world = self._world
        world.reset()
        world.maps = self._maps(surroundings)
        world.map_readable = lambda name: name != "seccfg-revoked" or surroundings.store == "up"
        world.key_sets = {}
        for path, content in self._files.items():
            if path.startswith("jwks/") and surroundings.keys == "fresh":
                held = json.loads(content)
                world.key_sets[held["url"]] = json.dumps({"keys": held["keys"]})

    def _maps(self, surroundings: Surroundings) -> dict[str, dict[str, str]]:
        """What an operator writes to the maps of kvm.json, as it says."""
        made: dict[str, dict[str, str]] = {}
        for held in json.loads(self._files.get("kvm.json", b"[]")):
            entries: dict[str, str] = {}
            if "recordsFrom" in held:
                for record in json.loads(self._environment.get(held["recordsFrom"], "[]")):
                    entries[_digest(record["id"])] = json.dumps(record)
            else:
                entries.update({f"denied-{_digest(text)}": "yes" for text in surroundings.denied})
                entries.update({f"version__{_digest(who)}": str(number) for who, number in surroundings.versions})
                entries.update({f"since__{_digest(who)}": str(number) for who, number in surroundings.not_before})
                entries["filled"] = "yes"
            made[held["name"]] = entries
        return made

    def answer(self, request: Request) -> Decision:
        """One exchange."""
        response, received, reason, events = self.exchange(request)
        return observe(response, received, self._bundle.identity, reason=reason, events=events)

    def exchange(self, request: Request) -> tuple[Response, Received | None, str, tuple[Event, ...]]:
        """What the client gets, what the upstream got, and what was logged."""
        world = self._world
        world.now_s, world.lines = request.now_s, []
        message = self._edge.message(request)
        variables = Variables(message, self._facts(request, message))
        received = None
        try:
            self._request_flow(variables)
            received = self._forward(request, variables)
            variables.phase, variables.response = "response", Message((("Content-Type", "text/plain"),), "ok", 200)
            self._response_flow(variables)
        except Answered:
            variables.phase = "response"
            self._response_flow(variables)
        except Fault as fault:
            self._error_flow(variables, fault)
        for name, value in (variables.cors or {}).items():
            variables.response.set(name, value)
        for policy, condition in self._bundle.log_steps:
            self._step(policy, condition, variables)
        response = variables.response
        told = [json.loads(line)["event"] for line in world.lines]
        events = tuple(event for event in told if event in _EVENTS)
        reason = variables.get("seccfg.reason") or ""
        content = response.content.encode("utf-8", "surrogatepass")
        return Response(response.status, response.pairs(), content), received, "" if reason == "pass" else reason, events

    def _facts(self, request: Request, message: Message) -> dict[str, str]:
        path, _, query = request.target.partition("?")
        return {
            "request.verb": request.method, "request.uri": request.target, "request.path": path,
            "request.querystring": query, "proxy.basepath": "/", "proxy.pathsuffix": _ABSOLUTE.sub("", path),
            "client.resolved.ip": self._edge.client_address(message), "system.timestamp": str(request.now_s * 1000),
            "messageid": "rrt-000000000000000001-1", "organization.name": "example", "environment.name": "prod",
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------------- flows
    def _request_flow(self, variables: Variables) -> None:
        for policy, condition in self._bundle.pre_request:
            self._step(policy, condition, variables)
        for condition, request, _ in self._bundle.flows:
            if condition is None or condition.evaluate(variables.get):
                for policy, inner in request:
                    self._step(policy, inner, variables)
                break
        for policy, condition in self._bundle.post_request:
            self._step(policy, condition, variables)

    def _response_flow(self, variables: Variables) -> None:
        for policy, condition in self._bundle.pre_response:
            self._step(policy, condition, variables)

    def _error_flow(self, variables: Variables, fault: Fault) -> None:
        """The default rule alone: the bundle has no other."""
        if fault.name != "RaiseFault":
            code = json.dumps({"fault": {"faultstring": fault.name, "detail": {"errorcode": fault.name}}})
            variables.response = Message((("Content-Type", "application/json"),), code, fault.status)
        variables.phase = "error"
        variables.set("fault.name", fault.name)
        for name, value in fault.variables.items():
            variables.set(name, value)
        try:
            for policy, condition in self._bundle.error_steps:
                self._step(policy, condition, variables)
        except Fault:
            return  # an error in the error flow ends it with the message as it is

    def _step(self, policy: str, condition: object, variables: Variables) -> None:
        held = self._bundle.policies[policy]
        if held.get("enabled", "true") != "true":
            return
        if condition is not None and not condition.evaluate(variables.get):  # type: ignore[attr-defined]
            return
        try:
            run_policy(held, variables, self._world)
        except Fault:
            if held.get("continueOnError", "false") != "true":
                raise

    def _forward(self, request: Request, variables: Variables) -> Received:
        for condition, target in self._bundle.routes:
            if condition is None or condition.evaluate(variables.get):
                path = request.target.partition("?")[0]
                query = f"?{variables.query}" if variables.query else ""
                return Received(
                    request.method, path + query, variables.request.pairs(), variables.request.content.encode(), target
                )
        raise EngineFailed("no route rule takes the request: Apigee would answer 200 by itself")

    def close(self) -> None:
        """Rhino stays: it is one for all engines."""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
