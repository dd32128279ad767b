"""Attributes and parameters as C# locals: read from the request, then brought to their types."""

from __future__ import annotations

from typing import Final

from seccfg.expr.types import DURATION_LIMIT, INTEGER_LIMIT, TIMESTAMP_MAX, TIMESTAMP_MIN
from seccfg.ir.policy import ScalarType
from seccfg_azure.csharp import policy_string
from seccfg_azure.forms import UNREADABLE

__all__ = ["ABSENT", "list_lines", "read_lines", "text_of", "typed_lines"]

ABSENT: Final = "JValue.CreateUndefined()"
"""Present, but no value of any type."""
_TIMESTAMP = (
    r"\A([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.0+)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))\z"
)
_INTEGER = r"\A-?(?:0|[1-9][0-9]{0,15})\z"
_NUMBER = r"\A-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15})?\z"


def read_lines(kind: ScalarType, text: str, into: str) -> list[str]:
    """Statements that put what the local *text* says as a *kind* in the local *into*; *text* is not null."""
    match kind:
        case "string":
            read = f"Regex.IsMatch({text}, {policy_string(UNREADABLE)}) ? {ABSENT} : new JValue({text})"
        case "boolean":
            read = f'{text} == "true" || {text} == "false" ? new JValue({text} == "true") : {ABSENT}'
        case "integer":
            inside = f"Math.Abs(long.Parse({text})) <= {INTEGER_LIMIT}L"
            read = f"Regex.IsMatch({text}, {policy_string(_INTEGER)}) && {inside} ? new JValue(long.Parse({text})) : {ABSENT}"
        case "number":
            inside = f"Math.Abs((double)JToken.Parse({text})) <= {INTEGER_LIMIT}D"
            read = (
                f"Regex.IsMatch({text}, {policy_string(_NUMBER)}) && {inside} "
                f"? new JValue((double)JToken.Parse({text})) : {ABSENT}"
            )
        case "timestamp":
            return _timestamp_lines(text, into)
        case "duration":
            read = ABSENT
    return [f"{into} = {read};"]


def _timestamp_lines(text: str, into: str) -> list[str]:
    part = f"{into}_part"
    numbers = ", ".join(f"int.Parse({part}.Groups[{n}].Value)" for n in range(1, 7))
    whole = f"{into}_at"
    return [
        f"{into} = {ABSENT};",
        f"if (Regex.IsMatch({text}, {policy_string(_TIMESTAMP)})) {{",
        f"    var {part} = Regex.Match({text}, {policy_string(_TIMESTAMP)});",
        f"    int[] {whole} = new int[] {{ {numbers} }};",
        f'    int {into}_hours = {part}.Groups[8].Success ? int.Parse({part}.Groups[8].Value) : 0;',
        f'    int {into}_minutes = {part}.Groups[9].Success ? int.Parse({part}.Groups[9].Value) : 0;',
        f"    if ({whole}[0] >= 1 && {whole}[1] >= 1 && {whole}[1] <= 12 && {whole}[2] >= 1 && {whole}[3] <= 23 && "
        f"{whole}[4] <= 59 && {whole}[5] <= 59 && {into}_hours <= 23 && {into}_minutes <= 59 && "
        f"{whole}[2] <= DateTime.DaysInMonth({whole}[0], {whole}[1])) {{",
        f"        double {into}_s = new DateTime({whole}[0], {whole}[1], {whole}[2]).Subtract(new DateTime(1970, 1, 1)).TotalSeconds"
        f" + {whole}[3] * 3600 + {whole}[4] * 60 + {whole}[5];",
        f'        {into}_s -= ({into}_hours * 3600 + {into}_minutes * 60) * ({part}.Groups[7].Value == "-" ? -1 : 1);',
        f"        if ({into}_s >= {TIMESTAMP_MIN}D && {into}_s <= {TIMESTAMP_MAX}D) {{ {into} = new JValue((long){into}_s); }}",
        "    }",
        "}",
    ]


_RANGES: Final = {
    "integer": (-INTEGER_LIMIT, INTEGER_LIMIT), "number": (-INTEGER_LIMIT, INTEGER_LIMIT),
    "timestamp": (TIMESTAMP_MIN, TIMESTAMP_MAX), "duration": (-DURATION_LIMIT, DURATION_LIMIT),
}  # fmt: skip


def _fits(kind: ScalarType, raw: str) -> str:
    """That the token *raw*, not null, is a value of *kind*."""
    if kind == "string":
        return f"{raw}.Type == JTokenType.String && !Regex.IsMatch((string){raw}, {policy_string(UNREADABLE)})"
    if kind == "boolean":
        return f"{raw}.Type == JTokenType.Boolean"
    low, high = _RANGES[kind]
    inside = f"(double){raw} >= {low}D && (double){raw} <= {high}D"
    whole = "" if kind == "number" else f" && Math.Floor((double){raw}) == (double){raw}"
    return f"({raw}.Type == JTokenType.Integer || {raw}.Type == JTokenType.Float) && {inside}{whole}"


def _read(kind: ScalarType, raw: str) -> str:
    if kind == "string":
        return f"(string){raw}"
    return f"((bool){raw} ? 1 : 0)" if kind == "boolean" else f"(double){raw}"


def typed_lines(kind: ScalarType, raw: str, into: str) -> list[str]:
    """A local with the value of *raw* when it is one of *kind*."""
    named, none = {"string": ("string", "null"), "boolean": ("int", "-1")}.get(kind, ("double", "double.NaN"))
    return [f"{named} {into} = {raw} != null && {_fits(kind, raw)} ? {_read(kind, raw)} : {none};"]


def list_lines(kind: ScalarType, raw: str, into: str) -> list[str]:
    """A local with the values of the array *raw* when all are of *kind*."""
    named = {"string": "string", "boolean": "int"}.get(kind, "double")
    item = f"{into}_item"
    fits = f"{raw} is JArray && {raw}.All({item} => {_fits(kind, item)})"
    return [f"List<{named}> {into} = {fits} ? {raw}.Select({item} => {_read(kind, item)}).ToList() : null;"]


def text_of(kind: ScalarType, raw: str) -> str:
    """The token *raw*, a value of *kind*, as the text of a header: JSON, but for texts."""
    if kind == "string":
        return f"(string){raw}"
    if kind == "boolean":
        return f'((bool){raw} ? "true" : "false")'
    if kind == "number":
        return f"({raw}.Type == JTokenType.Integer ? ((long){raw}).ToString() : JsonConvert.SerializeObject((double){raw}))"
    return f"((long)(double){raw}).ToString()"
