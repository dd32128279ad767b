"""
The vendor's own programs on emitted files, before they are written: `seccfg build --check-with-vendor`.

A target that knows such programs has a method `vendor_tools` beside those of `Target`; nothing else about it changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol, runtime_checkable

from seccfg.ir.policy import Json
from seccfg.record import Record
from seccfg.targetapi.base import File

__all__ = ["VendorChecked", "VendorResult", "VendorTool", "check_with_vendor"]

TIMEOUT_S: Final = 300
_MOST_OUTPUT: Final = 4000
"""Characters of a program's output that are shown."""


class VendorTool(Record):
    """A program that judges emitted files. It runs in a folder that holds them, under their own paths."""

    program: str
    """Its name on PATH."""
    arguments: tuple[str, ...]
    how_to_get: str
    environment: tuple[tuple[str, str], ...] = ()
    """Variables it needs besides those it inherits; `{folder}` in a value is that folder."""


@runtime_checkable
class VendorChecked(Protocol):
    """What a target has in addition when its vendor's programs can judge its files."""

    def vendor_tools(self, options: Mapping[str, Json]) -> Sequence[VendorTool]:
        """Every such program for files built with *options*; any of them will do, all that are installed run."""
        ...


class VendorResult(Record):
    """What one program said. `absent`: it is not on PATH and did not run."""

    tool: VendorTool
    outcome: Literal["passed", "refused", "absent"]
    said: str
    """Its output in one text, shortened; empty when it passed or is absent."""


def check_with_vendor(tools: Sequence[VendorTool], files: Sequence[File]) -> tuple[VendorResult, ...]:
    """Run each of *tools* that is installed on a copy of *files*; nothing of the copy is left."""
    import os
    import shutil
    import tempfile

    found: list[VendorResult] = []
    with tempfile.TemporaryDirectory(prefix="seccfg-") as folder:
        for file in files:
            path = os.path.join(folder, *file.path.split("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as stream:
                stream.write(file.content)
        for tool in tools:
            where = shutil.which(tool.program)
            found.append(VendorResult(tool, "absent", "") if where is None else _run(tool, where, folder))
    return tuple(found)


def _run(tool: VendorTool, where: str, folder: str) -> VendorResult:
    import os
    import subprocess

    environment = {**os.environ, **{name: value.replace("{folder}", folder) for name, value in tool.environment}}
    try:
        done = subprocess.run(  # noqa: S603 - the program the target names, found on the user's own PATH
            [where, *tool.arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return VendorResult(tool, "refused", f"no answer within {TIMEOUT_S} s")
    except OSError as error:
        return VendorResult(tool, "refused", f"cannot be run: {error.strerror or error}")
    if done.returncode == 0:
        return VendorResult(tool, "passed", "")
    said = done.stdout.decode("utf-8", "replace").replace(folder + os.sep, "").strip()
    said = "".join(char if char.isprintable() or char == "\n" else "?" for char in said)
    return VendorResult(tool, "refused", said[:_MOST_OUTPUT] or f"exit code {done.returncode}")
