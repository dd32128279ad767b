"""`--check-with-vendor`: what the vendors' own programs say of a build, before it is written."""

from __future__ import annotations

from collections.abc import Sequence

from seccfg import api
from seccfg.cli import exits
from seccfg.cli.console import Console
from seccfg.source.files import show
from seccfg.targetapi.vendor import VendorChecked, VendorResult, check_with_vendor

__all__ = ["check_all"]


def check_all(loaded: api.Loaded, built: Sequence[api.Built], console: Console) -> int:
    """Judge every target that has such programs; the exit code: 1 when one refuses, 2 when a target has none here."""
    from seccfg.targetapi.registry import load_target

    codes = []
    for one in built:
        target = load_target(one.target)
        if not isinstance(target, VendorChecked):
            console.err(f"note: {one.target}: the vendor has no program that judges these files\n")
            continue
        results = check_with_vendor(target.vendor_tools(api.options_of(loaded.spec, one.target)), one.output.files)
        codes.append(_told(loaded, one.target, results, console))
    return exits.worst(codes)


def _told(loaded: api.Loaded, target: str, results: Sequence[VendorResult], console: Console) -> int:
    ran = [result for result in results if result.outcome != "absent"]
    if not ran:
        names = " or ".join(f"`{result.tool.program}`" for result in results)
        console.err(f"error: {show(loaded.path)}: {target}: --check-with-vendor needs {names} on PATH; nothing was written\n")
        for result in results:
            console.err(f"  {result.tool.program}: {result.tool.how_to_get}\n")
        return exits.INVALID
    refused = [result for result in ran if result.outcome == "refused"]
    for result in refused:
        command = " ".join((result.tool.program, *result.tool.arguments))
        console.err(f"error: {show(loaded.path)}: {target}: refused by `{command}`; nothing was written\n")
        console.err("".join(f"  {line}\n" for line in result.said.splitlines()))
    for result in ran:
        if result.outcome == "passed":
            console.err(f"note: {target}: `{' '.join((result.tool.program, *result.tool.arguments))}` found nothing wrong\n")
    return exits.FINDINGS if refused else exits.FINE
