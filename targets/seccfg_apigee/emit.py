"""Plan -> files. XML and JSON through serializers, JavaScript from printers and the fixed files of `runtime/`."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from seccfg.ir import policy as ir
from seccfg.targetapi.base import File, Gap
from seccfg_apigee.plan import ApigeePlan
from seccfg_apigee.policies import flow_steps, policies
from seccfg_apigee.readme import apply_notes
from seccfg_apigee.resources import generated
from seccfg_apigee.surroundings import surroundings
from seccfg_apigee.xml import Element, document, element, settings

__all__ = ["api_proxy", "emit", "runtime_file", "step_list", "target_endpoint", "upstreams"]

_FIXED: Final = (
    "seccfg-answer.js", "seccfg-decide.js", "seccfg-enter.js", "seccfg-identity.js", "seccfg-request.js", "seccfg-run.js",
    "seccfg-text.js", "seccfg-values.js",
)  # fmt: skip
_PLAIN_TIME: Final = (1980, 1, 1, 0, 0, 0)


def emit(plan: ApigeePlan, gaps: Sequence[Gap]) -> tuple[File, ...]:
    """The bundle as a folder and as an archive, and what goes with it, sorted by path."""
    if plan.native is None:
        bundle = _bundle(plan, generated(plan))
    else:
        from seccfg_apigee.native_emit import native_bundle

        bundle = native_bundle(plan, plan.native)
    made = {f"apiproxy/{path}": content for path, content in bundle.items()}
    made["bundle.zip"] = _archive(made)
    made.update({path: _json(value) for path, value in surroundings(plan).items()})
    made["APPLY.md"] = apply_notes(plan, gaps)
    return tuple(File(path, made[path]) for path in sorted(made))


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode("ascii")


def _archive(bundle: dict[str, bytes]) -> bytes:
    """A zip that is the same to the byte wherever it is made: sorted, one time, stored as it is."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(bundle):
            entry = zipfile.ZipInfo(path, _PLAIN_TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, bundle[path])
    return held.getvalue()


def _bundle(plan: ApigeePlan, scripts: dict[str, str]) -> dict[str, bytes]:
    made = {f"resources/jsc/{name}": text.encode("ascii") for name, text in scripts.items()}
    made.update({f"resources/jsc/{name}": runtime_file("runtime", name) for name in _FIXED})
    found = policies(plan, list(scripts))
    made.update({f"policies/{name}.xml": document(policy) for name, policy in found.items()})
    made["proxies/default.xml"] = document(_proxy(plan))
    for forward in upstreams(plan):
        made[f"targets/{forward.upstream}.xml"] = document(target_endpoint(forward))
    made[f"{plan.policy.name}.xml"] = document(api_proxy(plan, sorted(found), sorted(p.split("/")[-1] for p in made if "jsc" in p)))
    return made


def runtime_file(folder: str, name: str) -> bytes:
    """A script that is the same for every spec."""
    return files("seccfg_apigee").joinpath(folder).joinpath(name).read_bytes()


def upstreams(plan: ApigeePlan) -> list[ir.Forward]:
    """One of each, by name."""
    found = {route.one(ir.Forward).upstream: route.one(ir.Forward) for route in plan.policy.routes}
    return [found[name] for name in sorted(found)]


def api_proxy(plan: ApigeePlan, names: Sequence[str], scripts: Sequence[str]) -> Element:
    """The bundle's root, with what it is made of."""
    return element(
        "APIProxy",
        element("DisplayName", plan.policy.name), element("BasePaths", "/"),
        element("Policies", *(element("Policy", name) for name in names)),
        element("ProxyEndpoints", element("ProxyEndpoint", "default")),
        element("Resources", *(element("Resource", f"jsc://{name}") for name in scripts)),
        element("TargetEndpoints", *(element("TargetEndpoint", f.upstream) for f in upstreams(plan))),
        name=plan.policy.name, revision="1",
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------- endpoints
def step_list(name: str, steps: Sequence[tuple[str, str]]) -> Element:
    """`<Request>` or `<Response>`: policies and when they run."""
    return element(
        name, *(element("Step", element("Name", p), element("Condition", c) if c else None) for p, c in steps)
    )


def _proxy(plan: ApigeePlan) -> Element:
    steps = flow_steps(plan)
    found = upstreams(plan)
    rules = [
        element(
            "RouteRule", element("Condition", f'(seccfg.upstream = "{forward.upstream}")'),
            element("TargetEndpoint", forward.upstream), name=f"to-{forward.upstream}",
        )
        for forward in found[1:]
    ]  # fmt: skip
    rules.append(element("RouteRule", element("TargetEndpoint", found[0].upstream), name=f"to-{found[0].upstream}"))
    allowed = element(
        "Flow", element("Description", "What the decision let through"), element("Condition", '(seccfg.decision = "allow")'),
        element("Request"), element("Response"), name="allowed",
    )  # fmt: skip
    refused = element(
        "Flow", element("Description", "Anything else, whatever it is"), step_list("Request", [("RF-Refuse", "")]),
        element("Response"), name="everything-else",
    )  # fmt: skip
    return element(
        "ProxyEndpoint",
        element(
            "DefaultFaultRule", element("AlwaysEnforce", "true"),
            *(element("Step", element("Name", p), element("Condition", c) if c else None) for p, c in steps.error),
            name="every-error",
        ),
        element("PreFlow", step_list("Request", steps.request), step_list("Response", steps.response), name="PreFlow"),
        element("Flows", allowed, refused),
        element("PostFlow", element("Request"), element("Response"), name="PostFlow"),
        element("PostClientFlow", step_list("Response", steps.log), name="PostClientFlow"),
        element("HTTPProxyConnection", element("BasePath", "/")),
        *rules, name="default",
    )  # fmt: skip


def target_endpoint(forward: ir.Forward) -> Element:
    """Where an upstream is and how it is reached."""
    milliseconds = str(forward.timeout_s * 1000)
    secure = None
    if forward.url.startswith("https:"):
        secure = element(
            "SSLInfo", element("Enabled", "true"), element("Enforce", "true" if forward.verify_tls else "false"),
            element("IgnoreValidationErrors", "false" if forward.verify_tls else "true"),
            element("TrustStore", "ref://upstream-authorities") if forward.verify_tls else None,
        )  # fmt: skip
    return element(
        "TargetEndpoint",
        element("PreFlow", element("Request"), element("Response"), name="PreFlow"),
        element("Flows"),
        element("PostFlow", element("Request"), element("Response"), name="PostFlow"),
        element(
            "HTTPTargetConnection", secure, element("URL", forward.url),
            settings({
                "success.codes": "1xx,2xx,3xx,4xx,5xx", "connect.timeout.millis": milliseconds, "io.timeout.millis": milliseconds,
            }),
        ),
        name=forward.upstream,
    )  # fmt: skip
