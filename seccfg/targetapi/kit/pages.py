"""The generated part of a target's page: every gap it has, found by compiling examples and made-up specs.

`python -m seccfg.targetapi.kit.pages [--check]` renews what stands between the markers of `docs/targets/*.md`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from seccfg import api
from seccfg.findings import SpecPath
from seccfg.ir.policy import STEPS, Policy
from seccfg.targetapi.base import Gap, Target
from seccfg.targetapi.escape import markdown_code, markdown_text
from seccfg.targetapi.random_specs import random_spec
from seccfg.targetapi.registry import load_target
from seccfg.targetapi.spec_text import spec_text

__all__ = ["gap_table", "main", "page_with"]

_BEGIN, _END = "<!-- generated: gaps -->", "<!-- end -->"
_SEEDS = range(40)
_NAMED = {"auth", "rate_limits", "conditions", "clients", "roles", "cors", "upstreams", "sinks", "profiles", "routes"}


def main(arguments: Sequence[str] = ()) -> int:
    """Renew or check the pages; 1 when `--check` finds one stale."""
    root = Path(__file__).resolve().parents[3]
    policies = tuple(_policies(root))
    stale = []
    for page in sorted((root / "docs" / "targets").glob("*.md")):
        target = load_target(page.stem)
        text = page.read_text()
        renewed = page_with(text, gap_table(target, policies))
        if renewed != text:
            stale.append(page.name)
            if "--check" not in arguments:
                page.write_text(renewed)
    if stale and "--check" in arguments:
        sys.stderr.write(f"stale: {', '.join(stale)}; `make docs` renews them\n")
        return 1
    return 0


def page_with(text: str, table: str) -> str:
    """*text* with *table* between the markers; ValueError when it has none."""
    head, begin, rest = text.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"a page says `{_BEGIN}` and `{_END}` where its gaps go")
    return f"{head}{_BEGIN}\n\n{table}\n{_END}{tail}"


def gap_table(target: Target, policies: Iterable[tuple[Policy, Mapping[str, str]]]) -> str:
    """Every kind of gap *target* has for *policies*, its order of steps where it is not the reference's."""
    found: dict[tuple[str, str], Gap] = {}
    orders = set()
    for policy, options in policies:
        output = target.compile(policy, options)
        orders.add(output.effective.order)
        for gap in output.gaps:
            found.setdefault((gap.id, place_pattern(gap.at)), gap)
    lines = ["| gap | in the spec | kind | opens access | instead |", "|---|---|---|---|---|"]
    for (ident, place), gap in sorted(found.items()):
        cells = (markdown_code(ident), markdown_code(place), gap.kind, "yes" if gap.widens else "no", markdown_text(gap.bound))
        lines.append(f"| {' | '.join(cells)} |")
    text = "\n".join(lines) if found else "None."
    for order in sorted(orders - {STEPS}):
        text += f"\n\nSteps are taken in this order: {', '.join(order)}."
    return text + "\n"


def place_pattern(at: SpecPath) -> str:
    """A spec path with the names a user chose left out: `audit.sinks.*`."""
    parts: list[str] = []
    for n, key in enumerate(at):
        chosen = isinstance(key, int) or (n > 0 and at[n - 1] in _NAMED)
        parts.append("*" if chosen else str(key))
    return re.sub(r"(\.\*)+", ".*", ".".join(parts))


def _policies(root: Path) -> Iterable[tuple[Policy, Mapping[str, str]]]:
    for spec in sorted((root / "examples").glob("*/seccfg.yaml")):
        loaded = api.load(str(spec))
        yield api.policy(loaded), {}
    with tempfile.TemporaryDirectory() as name:
        for seed in _SEEDS:
            made = random_spec(seed)
            folder = Path(name) / str(seed)
            folder.mkdir()
            for path, content in made.files:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            (folder / "seccfg.yaml").write_bytes(spec_text(made.data))
            yield api.policy(api.load(str(folder / "seccfg.yaml"))), {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
