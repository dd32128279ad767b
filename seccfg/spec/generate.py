"""
Models -> loader, JSON Schema and reference.

    python -m seccfg.spec.generate            writes them
    python -m seccfg.spec.generate --check    exits 4 when one of them is stale
"""

from __future__ import annotations

import sys
from pathlib import Path

from seccfg.spec.forms import read_models
from seccfg.spec.models import Spec
from seccfg.spec.print_loader import print_loader
from seccfg.spec.print_reference import print_reference
from seccfg.spec.print_schema import print_schema

ROOT = Path(__file__).parents[2]


def generated() -> dict[str, str]:
    """Text of every generated file, by its path from the root of the project."""
    models = read_models(Spec)
    return {
        "seccfg/spec/loader.py": print_loader(models),
        "schemas/seccfg.v1.schema.json": print_schema(models),
        "docs/reference/spec.md": print_reference(models),
    }


def stale() -> list[str]:
    """Paths of the generated files that are not what the models say."""
    return [path for path, text in generated().items() if not _is(ROOT / path, text)]


def main(arguments: list[str]) -> int:
    """Write the generated files, or with `--check` say which are stale."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m seccfg.spec.generate [--check]\n")
        return 2
    old = stale()
    if arguments:
        sys.stdout.writelines(f"{path} is stale: run `make generate`\n" for path in old)
        return 4 if old else 0
    texts = generated()
    for path in old:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(texts[path], encoding="utf-8")
        sys.stdout.write(f"wrote {path}\n")
    return 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
