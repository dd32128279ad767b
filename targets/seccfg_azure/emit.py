"""Plan -> files. Documents and templates are data, spelled by a serializer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

from seccfg.targetapi.base import File, Gap
from seccfg_azure.apiops import apiops
from seccfg_azure.arm_shapes import WouldNotDeploy, check_resource
from seccfg_azure.document import Element, as_node, to_xml
from seccfg_azure.instance import instance
from seccfg_azure.plan import AzurePlan
from seccfg_azure.readme import apply_page
from seccfg_azure.reference import check
from seccfg_azure.resources import templates

__all__ = ["emit", "problems"]


def emit(plan: AzurePlan, policy: Element, documents: Mapping[str, Element], gaps: Sequence[Gap]) -> tuple[File, ...]:
    """Every file, sorted by path."""
    spelled = {ident: to_xml(document) for ident, document in documents.items()}
    made = {f"policies/api.{plan.name}.xml": to_xml(policy)}
    made |= {f"policies/fragment.{ident}.xml": content for ident, content in spelled.items()}
    deployed = templates(plan, to_xml(policy).decode(), {ident: content.decode() for ident, content in spelled.items()})
    deployed["azuredeploy.service.json"] = instance(plan)
    _checked(deployed)
    made |= {name: _json(value) for name, value in deployed.items()}
    made |= {f"apiops/{path}": content for path, content in apiops(plan, policy, documents).items()}
    made["APPLY.md"] = apply_page(plan, tuple(deployed), gaps)
    return tuple(File(path, made[path]) for path in sorted(made))


def problems(plan: AzurePlan, policy: Element, documents: Mapping[str, Element]) -> tuple[str, ...]:
    """What of the documents the tier would not take."""
    return tuple(
        problem
        for document in (policy, *documents.values())
        for problem in check(as_node(document), plan.options.tier, len(to_xml(document)))
    )


def _checked(deployed: Mapping[str, Mapping[str, object]]) -> None:
    """WouldNotDeploy for a resource that is not as the management API's table has it."""
    wrong = [
        f"{name}: {problem}"
        for name, template in deployed.items()
        for resource in cast("Sequence[Mapping[str, object]]", template["resources"])
        for problem in check_resource(resource)
    ]
    if wrong:
        raise WouldNotDeploy("; ".join(wrong[:5]))


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=True) + "\n").encode()
