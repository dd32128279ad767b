"""PyYAML as a lint imports it: nothing compiled before it is asked for, and whole for whoever uses it afterwards."""

from __future__ import annotations

import subprocess
import sys

import yaml

TEXT = "[2026-01-05, 0x1F, 1.5e+3, yes, ~, '\\u00e9', 12:30:45]"


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_patterns_are_compiled_when_they_are_asked() -> None:
    """The reader's own pattern takes as long as starting the interpreter does."""
    code = "import re, seccfg.source.events, yaml.reader; print(isinstance(yaml.reader.Reader.NON_PRINTABLE, re.Pattern))"
    assert said(code) == "False"
    assert said("import re, seccfg.source.events; print(isinstance(re.compile('x'), re.Pattern))") == "True"


def test_the_package_reads_what_it_always_read() -> None:
    """Dates, numbers and words are told apart by those patterns, with the loader in Python too."""
    for loader in ("SafeLoader", "CSafeLoader"):
        code = f"import seccfg.source.events, yaml; print(yaml.load({TEXT!r}, yaml.{loader}))"
        assert said(code) == str(yaml.safe_load(TEXT))
