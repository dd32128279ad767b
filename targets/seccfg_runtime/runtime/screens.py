"""`screens/1`: patterns of injection attempts, defence in depth and no more. A text that shows one is refused (400).

Looked at: decoded path parameters, names and values of the query, declared header parameters, and every text of a
JSON body (member names included), or the whole of a body that is none, read as Latin-1. Each text is brought into one
form first, which is ASCII: letters in lower case, every run of NUL and other characters than ASCII as one `?`, every
run of white space as one space, and a space before and after. They stand on the grammar of an attack, not on words:
`O'Brien`, `select a seat` and `drop me a line` pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

SCREENS: Mapping[str, tuple[str, ...]] = {
    "sql-injection": (
        # a quote, then a comparison
        r"['\"] ?\)* ?(?:(?:or|and)[ (]|\|\||&&) ?\(* ?(?:not )?['\"]?[a-z0-9_]{0,64}['\"]? ?"
        r"(?:=|<|>|like ['\"]|in ?\(|is (?:not )?null|between )",
        r"['\"] ?\)* ?(?:or|and)['\"][a-z0-9_]{0,64}['\"] ?(?:=|<|>)",
        # the same without a quote, between numbers
        r"[^a-z0-9_][0-9]+ ?\)* ?(?:or|and) ?\(* ?[0-9]+ ?(?:=|<>) ?[0-9]+",
        # a quote, then a comment that cuts off the rest
        r"'\)* ?;? ?(?:--|#)[ -]*$",
        r"['\"]\)* ?;? ?/\*",
        # a second statement
        r"; ?(?:insert into |delete from |drop (?:table|database|schema|view) |alter table |create (?:table|user) |"
        r"truncate table |declare @|shutdown[ ;]|exec(?:ute)? [a-z@(])",
        r"; ?(?:select [^;]{1,100} from |update [a-z0-9_.]{1,64} set )",
        r"[^a-z0-9_]union(?: |/\*[^*]*\*/)+(?:all |distinct )?\(? ?select "
        r"(?:null|[0-9]|@@|[a-z0-9_.*\"'()]{1,64} ?(?:,| from ))",
        r"[^a-z0-9_]select [a-z0-9_@*., ()'\"]{1,200} from "
        r"(?:information_schema|pg_catalog|sqlite_master|sys\.|mysql\.|all_tables)",
        r"[^a-z0-9_]insert into [a-z0-9_.\"]{1,64} ?(?:\([^()]{1,200}\) ?)?(?:values ?\(|select )",
        r"[^a-z0-9_]delete from [a-z0-9_.\"]{1,64} where [a-z0-9_.\"]{1,64} ?[=<>]",
        r"[^a-z0-9_]drop (?:table|database|schema|view) (?:if exists )?[a-z0-9_.\"]{1,64} ?(?:;|--|cascade)",
        r"[^a-z0-9_]update [a-z0-9_.\"]{1,64} set [a-z0-9_.\"]{1,64} ?=",
        r"[^a-z0-9_](?:sleep|benchmark|pg_sleep|load_file|extractvalue|updatexml) ?\( ?['\"0-9]",
        r"[^a-z0-9_]waitfor delay ['\"]",
        r"[^a-z0-9_](?:xp_cmdshell|sp_executesql|sp_oacreate)[^a-z0-9_]",
        r"[^a-z0-9_]into (?:outfile|dumpfile) ['\"]",
    ),
    "xss": (
        r"</?(?:script|iframe|object|embed|applet|meta|link|base|svg|math|style|form|frameset|template)[ />]",
        # an element with an event handler
        r"<[a-z][a-z0-9:-]{0,32}[ /][^<>]{0,250}[ /\"']on[a-z]{3,24} ?=",
        r"<[a-z][a-z0-9:-]{0,32}[ /]on[a-z]{3,24} ?=",
        # a handler that breaks out of an attribute
        r"[\"'][ /]*on[a-z]{3,24} ?= ?[\"'a-z(]",
        r"^ (?:javascript|vbscript) ?: ?[^ ]{0,100}[(`=]",
        r"[\"'=(>] ?(?:javascript|vbscript) ?: ?[^ ]{0,100}[(`=]",
        r"[^a-z]data:(?:text/html|image/svg[+]xml|application/xhtml[+]xml)[,;]",
        r"(?:src|href|action|formaction) ?= ?[\"']? ?(?:javascript|vbscript|data) ?:",
        r"<!(?:doctype|entity|\[cdata)",
        # a call that breaks out of a script's string
        r"['\"`] ?\)*[;+-] ?(?:alert|confirm|prompt|eval|fetch|settimeout|setinterval|import) ?\(",
    ),
}
"""Name of a screen -> its patterns, searched for anywhere in the normal form."""

_SPACES = re.compile(r"[\t\n\v\f\r ]+")
_FOREIGN = re.compile(r"[^\x01-\x7f]+")
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


@cache
def _compiled(name: str) -> re.Pattern[str]:
    """Compiled when it is first asked for."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in SCREENS[name]), re.ASCII)


def normal_form(text: str) -> str:
    """The form patterns are searched in."""
    return _SPACES.sub(" ", f" {_FOREIGN.sub('?', text).translate(_LOWER)} ")


def shows(screens: Iterable[str], texts: Iterable[str]) -> str:
    """Name of the first screen some text shows; empty when none does."""
    forms = [normal_form(text) for text in texts]
    for name in screens:
        pattern = _compiled(name)
        if any(pattern.search(form) for form in forms):
            return name
    return ""
