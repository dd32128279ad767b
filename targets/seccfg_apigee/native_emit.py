"""The bundle of the native form: its files, by path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seccfg_apigee.emit import api_proxy, runtime_file, step_list, target_endpoint, upstreams
from seccfg_apigee.native import Native
from seccfg_apigee.native_flow import NativeSteps, native_steps
from seccfg_apigee.native_policies import native_policies
from seccfg_apigee.plan import ApigeePlan
from seccfg_apigee.xml import Element, document, element

__all__ = ["native_bundle"]

_PLACES: Final = {"seccfg-text.js": "runtime"}


def native_bundle(plan: ApigeePlan, native: Native) -> dict[str, bytes]:
    """Path below `apiproxy/` -> content."""
    steps = native_steps(plan, native)
    policies = native_policies(plan, native, steps.policies())
    scripts = _scripts(native, policies)
    made = {f"resources/jsc/{name}": content for name, content in scripts.items()}
    made.update({f"policies/{name}.xml": document(policy) for name, policy in policies.items()})
    made["proxies/default.xml"] = document(_proxy(plan, steps))
    for forward in upstreams(plan):
        made[f"targets/{forward.upstream}.xml"] = document(target_endpoint(forward))
    made[f"{plan.policy.name}.xml"] = document(api_proxy(plan, sorted(policies), sorted(scripts)))
    return made


def _scripts(native: Native, policies: Mapping[str, Element]) -> dict[str, bytes]:
    """Those that some policy runs."""
    own = {f"{route.key}.js": route.rules.script.encode("ascii") for route in native.routes if route.rules is not None}
    named = {
        child.text.removeprefix("jsc://")
        for policy in policies.values() for child in policy.children if child.name in ("IncludeURL", "ResourceURL")
    }  # fmt: skip
    return {name: own[name] if name in own else runtime_file(_PLACES.get(name, "native_js"), name) for name in sorted(named)}


def _proxy(plan: ApigeePlan, steps: NativeSteps) -> Element:
    found = upstreams(plan)
    rules = [
        element(
            "RouteRule", element("Condition", f'(seccfg.upstream = "{forward.upstream}")'),
            element("TargetEndpoint", forward.upstream), name=f"to-{forward.upstream}",
        )
        for forward in found[1:]
    ]  # fmt: skip
    rules.append(element("RouteRule", element("TargetEndpoint", found[0].upstream), name=f"to-{found[0].upstream}"))
    flows = [
        element(
            "Flow", element("Description", flow.description), element("Condition", flow.condition) if flow.condition else None,
            step_list("Request", flow.steps), element("Response"), name=flow.name,
        )
        for flow in steps.flows
    ]  # fmt: skip
    return element(
        "ProxyEndpoint",
        element(
            "DefaultFaultRule", element("AlwaysEnforce", "true"), *step_list("Steps", steps.error).children, name="every-error",
        ),
        element("PreFlow", step_list("Request", steps.first), step_list("Response", steps.response), name="PreFlow"),
        element("Flows", *flows),
        element("PostFlow", step_list("Request", steps.last), element("Response"), name="PostFlow"),
        element("PostClientFlow", step_list("Response", steps.log), name="PostClientFlow"),
        element("HTTPProxyConnection", element("BasePath", "/")),
        *rules, name="default",
    )  # fmt: skip
