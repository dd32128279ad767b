"""What stays the same of a finding when the file around it changes."""

from __future__ import annotations

import hashlib
import json

from seccfg.findings import Finding, render_path, value_at

__all__ = ["fingerprint"]


def fingerprint(finding: Finding, data: object) -> str:
    """32 hex digits of the rule, its place in the spec, and what *data* holds there; the message where nothing loads."""
    value = value_at(data, finding.spec_path) if data is not None and finding.spec_path else finding.message
    text = json.dumps([finding.rule, render_path(finding.spec_path), value], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
