"""A difference as JSON, version 1. Lines count from 1; 0: the version says nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seccfg.cli.render.json import dumps
from seccfg.cli.render.witness import claims_text
from seccfg.diff.model import AccessChange, Difference, Witness
from seccfg.findings import Span
from seccfg.ir.request import Decision
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.diff.since import Changed

__all__ = ["as_json", "members", "several_as_json"]


def as_json(found: Difference) -> str:
    """All of *found*."""
    return dumps(
        {
            "version": 1,
            **members(found),
        }
    )


def several_as_json(verdict: str, changed: Sequence[Changed]) -> str:
    """Specs that are different, each with all of its difference."""
    specs = [{"path": show(one.path), "how": one.how, **members(one.found)} for one in changed]
    return dumps({"version": 1, "verdict": verdict, "specs": specs})


def members(found: Difference) -> dict[str, object]:
    """All of *found*."""
    return {
            "verdict": found.verdict,
            "access": [_access(change) for change in found.access],
            "settings": [
                {
                    "area": c.area, "what": show(c.what), "before": show(c.before), "after": show(c.after), "strength": c.strength,
                    "routes": [show(route) for route in c.routes], "old": _place(c.old_at), "new": _place(c.new_at),
                }
                for c in found.settings
            ],
            "renamed": [{"kind": name.kind, "old": show(name.old), "new": show(name.new)} for name in found.renamed],
            "rest": [
                {
                    "path": show(c.path), "before": show(c.before), "after": show(c.after), "old": _place(c.old_at),
                    "new": _place(c.new_at),
                }
                for c in found.rest
            ],
        }


def _access(change: AccessChange) -> dict[str, object]:
    return {
        "direction": change.direction,
        "sentence": show(change.sentence),
        "routes": [show(route) for route in change.routes],
        "decided": change.decided,
        "owner": show(change.owner),
        "accepted": None if change.accepted is None else {
            "reason": show(change.accepted.reason), "owner": show(change.accepted.owner), "expires": change.accepted.expires,
        },
        "witness": None if change.witness is None else _witness(change.witness),
        "old": _place(change.old_at),
        "new": _place(change.new_at),
    }


def _witness(witness: Witness) -> dict[str, object]:
    bare, asked = witness.asked.bare, witness.asked
    return {
        "request": {
            "method": show(bare.method), "target": show(bare.target), "headers": [[show(n), show(v)] for n, v in bare.headers],
            "body": show(bare.body.decode("utf-8", "replace")), "scheme": bare.scheme, "address": bare.peer, "now": bare.now_s,
        },
        "principals": [
            {
                "auth": p.verifier, "key": p.record, "subject": "" if p.record else show(p.subject), "roles": list(p.roles),
                "scopes": list(p.scopes), "client_id": show(p.client_id),
            }
            for p in asked.personas
        ],
        "claims": claims_text(witness),
        "application": dict(asked.surroundings.application),
        "before": _decision(witness.old),
        "after": _decision(witness.new),
    }  # fmt: skip


def _decision(decision: Decision) -> dict[str, object]:
    return {"outcome": decision.outcome, "status": decision.status, "reason": decision.reason}


def _place(span: Span) -> dict[str, object]:
    return {"file": show(span.path), "line": span.line, "column": span.column}
