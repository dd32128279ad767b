"""Pages on commands and settings are fresh, and the site has no broken link."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from seccfg.cli.commands import COMMANDS
from seccfg.cli.pages import DESCRIPTIONS, outputs
from seccfg.source import config
from tests.conftest import ROOT


def test_pages_are_fresh() -> None:
    """`make docs` writes them."""
    assert [path for path, text in outputs().items() if (ROOT / path).read_text() != text] == []


def test_every_command_and_setting_is_described() -> None:
    """A command nobody documents does not exist."""
    text = outputs()["docs/reference/commands.md"]
    assert set(re.findall(r"^## seccfg (\w+)$", text, re.MULTILINE)) == set(COMMANDS)
    assert set(DESCRIPTIONS) == set(config._KEYS)


def test_the_site_builds(tmp_path: Path) -> None:
    """Strictly: a link or anchor that leads nowhere fails. Nothing in it is fetched from elsewhere."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--quiet", "--strict", "-d", str(tmp_path / "site")],
        cwd=ROOT, capture_output=True, text=True, check=False, env={"NO_MKDOCS_2_WARNING": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    page = (tmp_path / "site" / "guide" / "lint.html").read_text()
    assert "mandatory" in page
    assert re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', page) == []
