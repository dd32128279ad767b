"""Encoders: the only place where a value becomes part of a file in some language.

Each encoder takes data and returns text that the language reads back as exactly that data, in one token, whatever the
data holds. All but the comment and prose encoders return ASCII. A value the language cannot hold at all (a NUL in XML
or a shell word, half a surrogate pair outside Python) raises `Unrepresentable`; nothing is dropped silently.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Final

__all__ = [
    "Unrepresentable", "csharp_string", "html_attribute", "html_text", "js_string", "js_value", "json_text",
    "lua_string", "markdown_code", "markdown_text", "one_line", "policy_string", "python_comment", "python_docstring",
    "python_literal", "rego_string", "shell_word", "toml_string", "xml_attribute", "xml_text", "yaml_scalar",
]


class Unrepresentable(ValueError):
    """The value has no spelling in the language asked for."""


_HARMLESS: Final = re.compile(r"[ !#-&(-\[\]-~]*")
"""Printable ASCII without quotes and backslash."""
_TO_ESCAPE: Final = re.compile(r"[^ -~]|[\"\\]")
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}


def _plain(char: str) -> bool:
    return " " <= char <= "~"


def _whole(text: str, language: str) -> str:
    """*text* when it is made of whole code points."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Unrepresentable(f"a lone surrogate has no spelling in {language}")
    return text


# ---------------------------------------------------------------------------------------------------------- Python
def python_literal(value: object) -> str:
    """A literal of None, booleans, numbers, text, bytes, and tuples, lists and text-keyed maps of those."""
    match value:
        case None | bool():
            return repr(value)
        case int():
            return repr(int(value))
        case float():
            if not math.isfinite(value):
                raise Unrepresentable("a number that is not finite has no literal in Python")
            return repr(float(value))
        case str():
            if _HARMLESS.fullmatch(value):
                return f'"{value}"'
            inner = _escaped(str(value))
            if '"' in value and "'" not in value:
                return "'" + inner.replace('\\"', '"') + "'"
            return f'"{inner}"'
        case bytes():
            return 'b"' + "".join(_python_char(chr(byte)) for byte in value) + '"'
        case tuple():
            inner = ", ".join(python_literal(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case list():
            return f"[{', '.join(python_literal(item) for item in value)}]"
        case dict():
            return "{" + ", ".join(f"{python_literal(k)}: {python_literal(v)}" for k, v in value.items()) + "}"
        case _:
            raise Unrepresentable(f"{type(value).__name__} has no literal in Python")


def _escaped(text: str) -> str:
    """The inside of a double-quoted text, in the escapes that Python and YAML share."""
    return _TO_ESCAPE.sub(lambda found: _python_char(found[0]), text)


def _python_char(char: str) -> str:
    short = _SHORT.get(char)
    if short is not None:
        return short
    if _plain(char):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str) -> str:
    """*text* as readable prose on one line: white space runs become one space, what does not print becomes `\\x..`."""
    text = re.sub(r"[ \t\r\n]+", " ", text).strip()
    return "".join(char if char.isprintable() else _python_char(char) for char in text)


def python_comment(text: str) -> str:
    """`# text` on one line. A text that a tool would take as an instruction (`# noqa`, `# type:`) is quoted."""
    line = one_line(text)
    quoted = re.match(r"(?i)(noqa|type:|ruff:|mypy:|pragma|fmt:|isort:|pyright:|pylint:|nosec|!)", line) is not None
    line = re.sub(r"(?i)coding([:=])", r"coding \1", line).replace("#", "\\x23")
    return f'# "{line}"' if quoted else f"# {line}".rstrip()


def python_docstring(text: str) -> str:
    """The inside of a triple-quoted string, on one line."""
    inner = one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return "".join(char if _plain(char) else _python_char(char) for char in inner)


# ------------------------------------------------------------------------------------------------------ data files
def json_text(value: object, *, indent: int | None = None) -> str:
    """Canonical JSON: sorted keys, ASCII, no white space unless *indent* is given."""
    marks = (",", ":") if indent is None else (",", ": ")
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, indent=indent, separators=marks)
    except (TypeError, ValueError) as error:
        raise Unrepresentable(f"no JSON: {error}") from error


def yaml_scalar(value: bool | int | float | str | None) -> str:
    """A scalar that YAML 1.1 and 1.2 readers both read back with its type; text is always double-quoted."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case float():
            return _yaml_float(value)
        case str():
            if _HARMLESS.fullmatch(value):
                return f'"{value}"'
            return f'"{_escaped(_whole(str(value), "YAML"))}"'


def _yaml_float(value: float) -> str:
    if not math.isfinite(value):
        raise Unrepresentable("a number that is not finite has no spelling here")
    mantissa, exponent, power = repr(float(value)).partition("e")
    if not exponent:
        return mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{power if power[0] in '+-' else '+' + power}"


def toml_string(text: str) -> str:
    """A TOML basic string."""
    return '"' + "".join(_short_or(char, _toml_code) for char in _whole(text, "TOML")) + '"'


def _toml_code(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_XML_ODD: Final = re.compile("[^ !#$%(-;=?-~]")
"""Whatever may have to be spelled otherwise in XML."""


def xml_text(text: str) -> str:
    """Character data of an XML 1.0 element."""
    return _XML_ODD.sub(lambda found: _xml_char(found.group(), "&<>\r"), text)


def xml_attribute(text: str) -> str:
    """An XML 1.0 attribute value, quotes included."""
    return '"' + _XML_ODD.sub(lambda found: _xml_char(found.group(), "&<>\"'\r\n\t"), text) + '"'


_XML_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def _xml_char(char: str, escaped: str) -> str:
    code = ord(char)
    if char in escaped:
        return _XML_NAMED.get(char, f"&#{code};")
    if char in "\t\n" or _plain(char):
        return char
    if code < 0x20 or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        raise Unrepresentable(f"U+{code:04X} has no spelling in XML")
    return f"&#{code};"


# -------------------------------------------------------------------------------------------------------- programs
def _short_or(char: str, code: Callable[[str], str]) -> str:
    short = _SHORT.get(char)
    if short is not None:
        return short
    return char if _plain(char) else code(char)


def _utf16(char: str) -> str:
    raw = char.encode("utf-16-be")
    return "".join(f"\\u{raw[i]:02x}{raw[i + 1]:02x}" for i in range(0, len(raw), 2))


def lua_string(text: str | bytes) -> str:
    """A Lua string of the UTF-8 bytes (Lua 5.1 and LuaJIT)."""
    if isinstance(text, str) and _HARMLESS.fullmatch(text):
        return f'"{text}"'
    raw = text if isinstance(text, bytes) else _whole(text, "Lua").encode()
    return '"' + "".join(_lua_byte(byte) for byte in raw) + '"'


def _lua_byte(byte: int) -> str:
    char = chr(byte)
    if char in '"\\':
        return f"\\{char}"
    return char if _plain(char) else f"\\{byte:03d}"


def csharp_string(text: str) -> str:
    """A regular C# string literal."""
    return '"' + "".join(_short_or(char, _utf16) for char in _whole(text, "C#")) + '"'


_POLICY: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.:/-[]()*+?|^$,=!#%~;")


def policy_string(text: str) -> str:
    """
    A C# string literal in an expression of an Azure API Management policy.

    No character of it means anything to XML, to the search for the end of an expression, or to named values: neither
    `{{name}}` nor `@(` can come out of a text.
    """
    return '"' + "".join(char if char in _POLICY else _policy_char(char) for char in _whole(text, "C#")) + '"'


def _policy_char(char: str) -> str:
    return "\\\\" if char == "\\" else _utf16(char)


def js_string(text: str) -> str:
    """An ES5 string literal that is also safe inside an HTML script element."""
    escaped = "".join(_short_or(char, _utf16) for char in _whole(text, "JavaScript"))
    return '"' + escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") + '"'


def js_value(value: object) -> str:
    """JSON that is also an ES5 expression and safe inside an HTML script element."""
    return json_text(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def rego_string(text: str) -> str:
    """A Rego string: JSON's form."""
    return json_text(_whole(text, "Rego"))


def shell_word(text: str) -> str:
    """One word of a POSIX shell command."""
    if "\0" in text:
        raise Unrepresentable("NUL has no spelling in a shell word")
    return "'" + _whole(text, "a shell word").replace("'", "'\\''") + "'"


# ----------------------------------------------------------------------------------------------------------- prose
def html_text(text: str) -> str:
    """Character data of an HTML element; what does not print shows as an escape."""
    shown = "".join(char if char.isprintable() or char in "\n\t" else _python_char(char) for char in text)
    for char in "&<>\"'":
        shown = shown.replace(char, f"&#{ord(char)};" if char != "&" else "&amp;")
    return shown


def html_attribute(text: str) -> str:
    """An HTML attribute value, quotes included."""
    return f'"{html_text(text)}"'


def markdown_text(text: str) -> str:
    """Prose on one line in which Markdown finds no markup and no HTML; fits a table cell."""
    return "".join("\\" + char if char in r"\`*_{}[]()<>#+-.!|~&:^$=@" else char for char in one_line(text))


def markdown_code(text: str) -> str:
    """A code span on one line; fits a table cell, where GitHub reads `\\|` as a bar."""
    line = one_line(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if not line or "`" in line or line.strip() != line else f"{fence}{line}{fence}"
