"""Text that has broken generators: every encoder and every target is tried with all of it."""

from __future__ import annotations

from typing import Final

__all__ = ["HOSTILE", "HOSTILE_ONE_LINE"]

HOSTILE_ONE_LINE: Final[tuple[str, ...]] = (
    "", " ", "  leading and trailing  ", "'", '"', "`", "\\", "\\\\", "\\n", '\\"', "'''", '"""', '""""', "``` ```",
    "\\u0041",
    "it's", 'say "no"', "${x}", "$(id)", "`id`", "$x", "%s %(x)s", "{x}", "{{ x }}", "{% raw %}", "{# x #}", "#{x}",
    "<script>alert(1)</script>", "</script>", "<!-- x -->", "]]>", "<![CDATA[", "&amp;", "&#10;", "&lt", "a=b&c=d",
    "*/ x /*", "//", "/* x", "# x", "-- x", "--[[ x ]]", "]]", "[[", "]==]", "; rm x", "| x", "> x", "& x", "!x",
    "!!python/none",
    "yes", "no", "null", "~", "true", "12:30:45", "0o17", "0x1f", "1_000", "1e3", ".inf", "- x", "? x", ": x",
    "x: y", "x #y",
    "*alias", "&anchor", "%TAG", "@x", "---", "...", "|", ">-", "[a", "{a", "'a", '"a', "a,b", "a;b", "a|b", "a\tb",
    "é", "ÿ", "日本語", "😀", "e\u0301", "\u202e gnirts", "\ufeffx", "x\u200by", "\u00a0", "\u2028", "\u2029", "\u0085",
    "\ufffe",
    "# type: ignore", "type: ignore", "noqa", "coding: latin-1", "-*- coding: utf-7 -*-", "pragma: no cover",
    "__import__('x')",
    "constructor", "__proto__", "toString", "None", "end", "return", "package x", "default allow := true", "x" * 300,
)  # fmt: skip
"""On one line and writable in a spec (a few only in some of its fields)."""

HOSTILE: Final[tuple[str, ...]] = (
    *HOSTILE_ONE_LINE, "\n", "a\nb", "a\r\nb", "a\rb", "\n# x\nimport os\n", '"""\nimport os\n"""', "x\nHost: y",
    "\x0b", "\x0c",
    "\x1b[31m", "\x7f", "\x80", "\x00", "a\x00b",
)  # fmt: skip
"""With line breaks and control characters too."""
