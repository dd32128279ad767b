"""What libyaml and PyYAML say about a syntax error, in words that help to mend it."""

from __future__ import annotations

import re

from seccfg.record import Record

TAG = "a tag asks the reader to make something other than plain data"


class Said(Record):
    """A syntax error as the user reads it. `at_context`: the mistake is where the construct began."""

    message: str
    help: str = ""
    rule: str = "YAML001"
    at_context: bool = False
    related: str = ""


_KEY_EXPECTED = Said(
    "the indentation fits nothing above it, or a quote or bracket before it is wrong",
    "give the keys of one map the same indentation",
    related="the map or list begins here",
)
_NO_COLON = Said("a key without `:`", "write `key: value`")
UNCLOSED = Said("a quote, bracket or brace is opened here and never closed", at_context=True)
_UNKNOWN_ESCAPE = Said(
    "an unknown escape after `\\`", "write `\\\\` for a backslash in double quotes, or use single quotes"
)
_NO_NAME = Said("an anchor or alias without a name", "quote a text that begins with `&` or `*`")
_BLOCK_HEADER = Said("a block text begins on the line after `|` or `>`", "quote a text that begins with `|` or `>`")

_NO_MAP = Said(
    "a `:` cannot stand here: a second one on the line, wrong indentation, or a line above it without one",
    "quote a text that contains `: `",
)

# (part of the problem, part of the context, explanation); the first that fits is taken.
_SAYINGS: tuple[tuple[str, str, Said], ...] = (
    ("tab character", "", Said("a tab is used for indentation", rule="YAML002")),
    ("'\\t' that cannot start", "", Said("a tab is used for indentation", rule="YAML002")),
    ("tag handle", "", Said(TAG, rule="YAML005")),
    ("incompatible YAML", "", Said("a directive changes how the file is read", rule="YAML021")),
    ("incompatible document", "", Said("a directive changes how the file is read", rule="YAML021")),
    ("directive", "", Said("a directive changes how the file is read", rule="YAML021")),
    ("", "directive", Said("a directive changes how the file is read", rule="YAML021")),
    ("invalid Unicode character", "", Said("the escape stands for no Unicode character", rule="YAML011")),
    ("unknown escape", "", _UNKNOWN_ESCAPE),
    ("unexpected end of stream", "", UNCLOSED),
    ("document indicator", "", UNCLOSED),
    ("document separator", "", UNCLOSED),
    ("mapping values", "", _NO_MAP),
    ("mapping keys", "", Said("a key cannot stand here", "give the keys of one map the same indentation")),
    ("sequence entries", "", Said("a list item `-` cannot stand here", "begin the list on a line of its own")),
    ("expected ':'", "", _NO_COLON),
    ("',' or ']'", "", Said("`,` or `]` expected", related="the list begins here")),
    ("',' or '}'", "", Said("`,` or `}` expected", related="the map begins here")),
    ("<document start>", "", Said("nothing may follow here", "give the keys of one map the same indentation")),
    ("cannot start any token", "", Said("an unquoted text cannot begin with this character", "quote the text")),
    ("expected key", "", _KEY_EXPECTED),
    ("expected '-'", "", _KEY_EXPECTED),
    ("expected <block end>", "", _KEY_EXPECTED),
    ("node content", "", Said("a value expected")),
    ("alphabetic or numeric", "", _NO_NAME),
    ("non-alphabetical", "", _NO_NAME),
    ("", "tag", Said(TAG, rule="YAML005")),
    ("indentation indicator", "", Said("a block text's indentation indicator is 1 to 9")),
    ("unexpected ':'", "", Said("`:` inside an unquoted text of a `[...]` or `{...}`", "quote the text")),
    ("comment or line break", "", _BLOCK_HEADER),
)


def explain(problem: str, context: str) -> Said:
    """The words for a parser's *problem* met in *context*."""
    for in_problem, in_context, said in _SAYINGS:
        if in_problem in problem and in_context in context:
            return said
    text = re.sub(r"['\"\s]+", " ", f"{problem} {context}".strip())
    return Said(f"not YAML: {text}")
