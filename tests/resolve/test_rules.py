"""The bad example of each rule about named files breaks it, the good one does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from seccfg import api
from seccfg.findings import SpecError
from seccfg.resolve.rules import FILE_RULES
from seccfg.source.rules import LoadRule


@pytest.mark.parametrize("rule", FILE_RULES, ids=lambda rule: rule.id)
def test_bad_and_good(rule: LoadRule, tmp_path: Path) -> None:
    """`bad` yields exactly this rule, at the key that names the file."""
    for name, text in rule.beside:
        (tmp_path / name).write_text(text)
    (tmp_path / rule.file).write_text(rule.good)
    api.policy(api.load(str(tmp_path / rule.file)))
    (tmp_path / rule.file).write_text(rule.bad)
    with pytest.raises(SpecError) as caught:
        api.policy(api.load(str(tmp_path / rule.file)))
    assert [finding.rule for finding in caught.value.findings] == [rule.id]
    assert caught.value.findings[0].at.line == 4
