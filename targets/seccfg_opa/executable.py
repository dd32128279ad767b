"""The `opa` executable: where it is, and running it. Knows nothing of what is emitted."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from seccfg.targetapi.observe import EngineFailed

__all__ = ["HOW_TO_GET", "VERSION", "find", "run"]

VERSION: Final = "1.20.2"
HOW_TO_GET: Final = f"make engines (go install github.com/open-policy-agent/opa@v{VERSION})"
_TIMEOUT_S: Final = 120


def find() -> str:
    """Path of the executable: `.engines/opa` here or above, beside this project, or on PATH; empty when there is none."""
    places = [Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[2]]
    for place in places:
        candidate = place / ".engines" / "opa"
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    return shutil.which("opa") or ""


def run(arguments: Sequence[str], folder: str) -> None:
    """Run `opa` with *arguments*; EngineFailed with its first lines when it does not like what it is given."""
    done = subprocess.run(  # noqa: S603 - our own executable, arguments of ours
        [find(), *arguments], cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode != 0:
        said = " ".join((done.stdout + done.stderr).split())[:300]
        raise EngineFailed(f"`opa {' '.join(arguments[:2])}` fails: {said or f'status {done.returncode}'}")
