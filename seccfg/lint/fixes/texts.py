"""Fixes of a spec that does not load: a word that is nearly one, a value YAML reads as something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from seccfg.lint.fixes.model import Case, Fix, Maker
from seccfg.source.edits import RenameKey, ReplaceText

__all__ = ["TEXTS"]

_MEANT: Final = r"did you mean `([^`]+)`\?$"


def _unknown_key(case: Case) -> Fix | None:
    found = re.search(_MEANT, case.finding.message)
    if found is None or not case.path or not isinstance(case.path[-1], str):
        return None
    return Fix(f"write {found[1]}", (RenameKey(case.path, found[1]),), False)


def _unknown_name(case: Case) -> Fix | None:
    """The nearest name there is, where the wrong one stands alone."""
    said = case.finding.message
    meant, at = re.search(_MEANT, said), case.finding.at
    wrong = re.search(r"`([^`]+)`", said)
    if meant is None or wrong is None or at.line != at.end_line or at.end_column - at.column != len(wrong[1]):
        return None
    return Fix(f"write {meant[1]}", (ReplaceText(at, meant[1]),), False)


def _boolean(case: Case) -> Fix | None:
    found = re.search(r"`(yes|no|on|off|y|n)`", case.finding.message, re.IGNORECASE)
    if found is None or case.finding.at.end_line != case.finding.at.line:
        return None
    meant = "true" if found[1].lower() in ("yes", "on", "y") else "false"
    return Fix(f"write {meant}", (ReplaceText(case.finding.at, meant),), False)


TEXTS: Final[Mapping[str, Maker]] = {
    "DATA001": _unknown_key,
    "DATA006": _unknown_name,
    "REF001": _unknown_name,
    "REF002": _unknown_name,
    "REF003": _unknown_name,
    "REF004": _unknown_name,
    "REF005": _unknown_name,
    "REF006": _unknown_name,
    "REF007": _unknown_name,
    "REF008": _unknown_name,
    "REF009": _unknown_name,
    "REF014": _unknown_name,
    "REF015": _unknown_name,
    "YAML009": _boolean,
}
