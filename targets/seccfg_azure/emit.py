"""Plan -> files. Documents and templates are data, spelled by a serializer."""

from __future__ import annotations

import json
from collections.abc import Sequence

from seccfg.targetapi.base import File, Gap
from seccfg_azure.document import to_xml
from seccfg_azure.plan import AzurePlan
from seccfg_azure.policies import api_policy, fragments
from seccfg_azure.resources import template

__all__ = ["emit"]


def emit(plan: AzurePlan, gaps: Sequence[Gap]) -> tuple[File, ...]:
    """Every file, sorted by path."""
    policy = to_xml(api_policy(plan))
    documents = {ident: to_xml(document) for ident, document in fragments(plan).items()}
    made = {f"policies/api.{plan.name}.xml": policy}
    made |= {f"policies/fragment.{ident}.xml": content for ident, content in documents.items()}
    made["azuredeploy.json"] = _json(
        template(plan, policy.decode(), {ident: content.decode() for ident, content in documents.items()})
    )
    del gaps
    return tuple(File(path, made[path]) for path in sorted(made))


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=True) + "\n").encode()
