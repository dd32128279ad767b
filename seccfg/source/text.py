"""Bytes to text: UTF-8 only, no character that hides something from a reviewer or that two readers split lines by."""

from __future__ import annotations

import re
from itertools import islice

from seccfg.source.document import Source
from seccfg.source.problems import Problems

_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_CONTROL_BYTES = bytes(byte for byte in range(32) if byte not in b"\t\n\r") + b"\x7f"
# NEL, LS and PS end a line for YAML 1.1 and not for YAML 1.2 or an editor.
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
_DIRECTION = r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_MOST = 100
_NAMES = {0: "NUL", 0xFEFF: "a byte order mark inside the text"}


def decode(data: bytes, path: str) -> tuple[Source, Problems]:
    """The text of a file, a UTF-8 byte order mark removed, and what is wrong with it; bad bytes become U+FFFD."""
    if data.startswith(_UTF16_OR_32) or _looks_like_utf16(data):
        problems = Problems(Source(path, ""))
        problems.add("YAML010", "the file is UTF-16 or UTF-32, not UTF-8", 0)
        return problems.source, problems
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text, bad = _decode_badly(data)
    else:
        bad = []
    problems = Problems(Source(path, text))
    for offset, byte in bad:
        problems.add("YAML010", f"the byte 0x{byte:02X} is not UTF-8 here", offset, offset + 1)
    if not text.isascii() or len(data.translate(None, _CONTROL_BYTES)) != len(data):
        _report_hidden(problems)
    return problems.source, problems


def _looks_like_utf16(data: bytes) -> bool:
    """Text begins with ASCII characters, of which UTF-16 and UTF-32 fill up one side with zero bytes."""
    first = data[:4]
    zeros = [byte == 0 for byte in first]
    return zeros in (
        [True, False, True, False],
        [False, True, False, True],
        [False, True, True, True],
        [True, True, True, False],
    )


def _decode_badly(data: bytes) -> tuple[str, list[tuple[int, int]]]:
    parts: list[str] = []
    bad: list[tuple[int, int]] = []
    at = length = 0
    while len(bad) < _MOST:
        try:
            parts.append(data[at:].decode())
            return "".join(parts), bad
        except UnicodeDecodeError as error:
            part = data[at : at + error.start].decode() + "\ufffd"
            parts.append(part)
            length += len(part)
            bad.append((length - 1, data[at + error.start]))
            at += error.end
    parts.append(data[at:].decode(errors="replace"))
    return "".join(parts), bad


def _report_hidden(problems: Problems) -> None:
    """Report control and direction characters; U+FFFD then stands in place of the former, so that reading can go on."""
    source = problems.source
    found = False
    for match in islice(re.finditer(_CONTROL, source.text), _MOST):
        found = True
        code = ord(match[0])
        name = _NAMES.get(code, f"the control character U+{code:04X}")
        problems.add("YAML011", f"the file contains {name}", *match.span())
    for match in islice(re.finditer(_DIRECTION, source.text), _MOST):
        message = f"the file contains U+{ord(match[0]):04X}, which makes text look different from what is read"
        problems.add("YAML012", message, *match.span())
    if found:
        problems.source = Source(source.path, re.sub(_CONTROL, "\ufffd", source.text))
