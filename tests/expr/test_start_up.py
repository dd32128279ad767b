"""What `seccfg lint` imports for conditions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = {"dataclasses", "inspect", "pathlib", "subprocess", "importlib.resources", "importlib.metadata", "hashlib", "datetime",
         "unicodedata", "json", "typing_extensions", "seccfg.expr.lower", "seccfg.expr.evaluate", "seccfg.expr.regex"}


def test_reading_and_checking_imports_little(root: Path) -> None:
    """Parsing and checking a condition without a pattern needs none of the rest of the language."""
    code = (
        "import sys; from seccfg.expr.parser import parse; from seccfg.expr.check import check;"
        "from seccfg.expr.types import TypeEnv; check(parse(\"'a' in principal.roles && principal.subject == 'b'\"), TypeEnv());"
        "print(*sys.modules)")
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())
