"""
The scalars of the language: one parse function each, called by the loader and by the models alike.

A scalar stays in the Spec as it was written; the parse functions give what it means (`duration_s("15m") == 900`). They
raise ValueError with a message that says what is expected and never repeats the value, which may be a misplaced secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from seccfg.record import Record
from seccfg.spec.addresses import parse_cidr as parse_cidr
from seccfg.spec.addresses import parse_ip as parse_ip

# Plain aliases, so that signatures say what a text is.
Text: TypeAlias = str
ConditionText: TypeAlias = str
Name: TypeAlias = str
RoleName: TypeAlias = str
Permission: TypeAlias = str
Scope: TypeAlias = str
AttributeName: TypeAlias = str
AttributeRef: TypeAlias = str
IdentityField: TypeAlias = str
ParameterName: TypeAlias = str
Tag: TypeAlias = str
DnsLabel: TypeAlias = str
Host: TypeAlias = str
BasePath: TypeAlias = str
PathTemplate: TypeAlias = str
RequestPath: TypeAlias = str
RoutePattern: TypeAlias = str
HttpsUrl: TypeAlias = str
IssuerUrl: TypeAlias = str
UpstreamUrl: TypeAlias = str
RedirectUri: TypeAlias = str
OriginPattern: TypeAlias = str
SanPattern: TypeAlias = str
Cidr: TypeAlias = str
IpAddress: TypeAlias = str
Duration: TypeAlias = str
Size: TypeAlias = str
Date: TypeAlias = str
FilePath: TypeAlias = str
EnvName: TypeAlias = str
HeaderName: TypeAlias = str
HeaderValue: TypeAlias = str
CookieName: TypeAlias = str
MediaType: TypeAlias = str
CipherName: TypeAlias = str
RegexText: TypeAlias = str
RuleId: TypeAlias = str
GapId: TypeAlias = str
Number: TypeAlias = int | float
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"

MAX_INTEGER = 2**53 - 1
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNIT_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SEGMENT = r"[A-Za-z0-9._~!$&'(),=:@+-]+"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
_LOWER_HOST = _HOST.replace("A-Z", "")
_URL_HOST = rf"(?:{_HOST}|\[[0-9A-Fa-f:.]{{2,45}}\])"
_PORT = r"(?::[1-9][0-9]{0,4})?"
_URL_PATH = r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?"
_URL_QUERY = r"(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
_PRINTING = "[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
_PRINTING_LINES = "[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"


class Scalar(Record):
    """One scalar: what it is called in messages, its pattern, and the function that refuses whatever it is not."""

    name: str
    what: str
    parse: Callable[[str], object]
    pattern: str = ""
    max_length: int = 0
    examples: tuple[str, ...] = ()


SCALARS: dict[str, Scalar] = {}


def _scalar(
    name: str,
    what: str,
    pattern: str,
    *examples: str,
    max_length: int = 500,
    more: Callable[[str], object] | None = None,
    schema_pattern: str | None = None,
) -> Callable[[str], str]:
    """Declare a scalar of full-match *pattern*; *more* looks at what a pattern cannot say. Gives the parse function."""
    compiled: re.Pattern[str] | None = None

    def parse(text: str) -> str:
        nonlocal compiled
        if compiled is None:
            compiled = re.compile(pattern, re.ASCII)
        if len(text) > max_length:
            raise ValueError(f"is longer than {max_length} characters")
        if not compiled.fullmatch(text):
            raise ValueError(f"is not {what}")
        if more is not None:
            more(text)
        return text

    shown = pattern if schema_pattern is None else schema_pattern
    SCALARS[name] = Scalar(name, what, parse, shown, max_length, examples)
    return parse


def _not_blank(text: str) -> None:
    if not text.strip():
        raise ValueError("is blank")


def _port_in_range(text: str) -> None:
    found = re.search(r":([0-9]+)(?:[/?]|\Z)", text.split("://", 1)[-1].rsplit("]", 1)[-1])
    if found and int(found.group(1)) > 65535:
        raise ValueError("has a port above 65535")
    if "[" in text:
        parse_ip(text[text.index("[") + 1 : text.index("]")])


def _host_length(text: str) -> None:
    if len(text) > 253:
        raise ValueError("is longer than 253 characters")


def _no_dot_segments(text: str) -> None:
    if any(part in (".", "..") for part in text.split("?", 1)[0].split("/")):
        raise ValueError("has a `.` or `..` segment")


def _template(text: str) -> None:
    _no_dot_segments(text)
    names = [name.rstrip("+") for name in re.findall(r"\{([^{}]*)\}", text)]
    if len(names) != len(set(names)):
        raise ValueError("names a parameter twice")


def _relative_file(text: str) -> None:
    _not_blank(text)
    if text.startswith("/") or "\\" in text or "://" in text or re.match("[A-Za-z]:", text):
        raise ValueError("is not a relative path written with `/`")


# -------------------------------------------------------------------------------------------------- texts and names
parse_text = _scalar(
    "Text",
    "one line of text without control characters",
    _PRINTING,
    more=_not_blank,
    schema_pattern=r"[^\u0000-\u001f\u007f]+",
)
parse_condition = _scalar(
    "ConditionText",
    "a condition",
    _PRINTING_LINES,
    "principal.tenant == resource.tenant",
    max_length=4096,
    more=_not_blank,
    schema_pattern="",
)
parse_name = _scalar(
    "Name", "a name: letters, digits, `.`, `_` and `-`, at most 64", r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
)
parse_role_name = _scalar(
    "RoleName", "a role name: letters, digits and `. _ : / -`", r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}"
)
parse_permission = _scalar(
    "Permission", "a permission: letters, digits and `. _ : / -`", r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", "orders.read"
)
parse_scope = _scalar(
    "Scope",
    "an OAuth scope: printable ASCII without space, quote and backslash",
    r"[\x21\x23-\x5b\x5d-\x7e]{1,128}",
    "orders.read",
)
parse_attribute_name = _scalar(
    "AttributeName",
    "an attribute name: a letter or `_`, then letters, digits and `_`",
    r"[A-Za-z_][A-Za-z0-9_]{0,63}",
    "tenant",
)
parse_attribute_ref = _scalar(
    "AttributeRef",
    "an attribute such as `principal.tenant`",
    r"(?:principal|resource|request)\.[A-Za-z_][A-Za-z0-9_]{0,63}",
    "principal.tenant",
)
parse_identity_field = _scalar(
    "IdentityField",
    "a field of the principal such as `principal.subject`",
    r"principal\.[A-Za-z_][A-Za-z0-9_]{0,63}",
    "principal.subject",
)
parse_parameter_name = _scalar(
    "ParameterName",
    "a parameter name: letters, digits and `. _ [ ] $ -`",
    r"[A-Za-z0-9_$][A-Za-z0-9._\[\]$-]{0,63}",
    "limit",
)
parse_tag = _scalar(
    "Tag",
    "a tag such as `pci-dss` or `pci-dss:7.2.1`",
    r"[a-z0-9][a-z0-9-]{0,63}(?::[A-Za-z0-9][A-Za-z0-9.()_-]{0,63})?",
    "pci-dss",
    "pci-dss:7.2.1",
)
parse_rule_id = _scalar(
    "RuleId",
    "the id of a rule such as `AUTH004`, or its name such as `any-audience`",
    r"[A-Z]{2,8}[0-9]{3}|[a-z]+(?:-[a-z0-9]+)+",
    "LIMIT001",
    "public-without-limit",
    max_length=64,
)
parse_gap_id = _scalar(
    "GapId", "the id of a gap, in lower case with `-`", r"[a-z0-9]+(?:-[a-z0-9]+)*", "rate-window", max_length=64
)
parse_regex_text = _scalar("RegexText", "a regular expression of printable ASCII", r"[\x20-\x7e]{1,500}", "[A-Z]{3}")

# -------------------------------------------------------------------------------------------------- hosts, paths, URLs
parse_dns_label = _scalar(
    "DnsLabel", "a DNS label: lower-case letters, digits and `-`", r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", "orders"
)
parse_host = _scalar(
    "Host", "a host name in lower case without a port", _LOWER_HOST, "api.example.com", more=_host_length
)
parse_base_path = _scalar(
    "BasePath", "a path such as `/v1`, without a slash at the end", rf"(?:/{_SEGMENT})+", "/v1", more=_no_dot_segments
)
parse_path_template = _scalar(
    "PathTemplate",
    "a path such as `/orders/{order_id}`, without a slash at its end; `{name+}` may only stand last",
    rf"/|(?:/(?:{_SEGMENT}|\{{[A-Za-z_][A-Za-z0-9_]{{0,63}}\}}))+(?:/\{{[A-Za-z_][A-Za-z0-9_]{{0,63}}\+\}})?"
    r"|/\{[A-Za-z_][A-Za-z0-9_]{0,63}\+\}",
    "/orders/{order_id}",
    max_length=1000,
    more=_template,
)
parse_request_path = _scalar(
    "RequestPath", "the path of a request, starting with `/`", r"/[\x21-\x7e]*", "/v1/orders?limit=10", max_length=4000
)
parse_route_pattern = _scalar(
    "RoutePattern",
    "a method or `*`, a space and a path, where `*` is one segment and a final `/**` everything below",
    rf"(?:\*|[A-Z]{{3,7}}) (?:/|(?:/(?:\*|{_SEGMENT}|\{{[A-Za-z_][A-Za-z0-9_]*\+?\}}))*(?:/\*\*)?)(?<! )",
    "DELETE /**",
    max_length=1000,
    schema_pattern=r"(?:\*|[A-Z]{3,7}) /.*",
)
parse_https_url = _scalar(
    "HttpsUrl",
    "an `https://` URL without user name and fragment",
    rf"https://{_URL_HOST}{_PORT}{_URL_PATH}{_URL_QUERY}",
    "https://login.example.com/token",
    max_length=2000,
    more=_port_in_range,
)
parse_issuer_url = _scalar(
    "IssuerUrl",
    "an `https://` URL without user name, query and fragment",
    rf"https://{_URL_HOST}{_PORT}{_URL_PATH}",
    "https://login.example.com/",
    max_length=2000,
    more=_port_in_range,
)
parse_upstream_url = _scalar(
    "UpstreamUrl",
    "`http://` or `https://`, a host and maybe a port; the path of a request stays as it is",
    rf"https?://{_URL_HOST}{_PORT}",
    "https://orders.internal.example.com:8443",
    more=_port_in_range,
)
parse_redirect_uri = _scalar(
    "RedirectUri",
    "an absolute URI without a fragment",
    r"[A-Za-z][A-Za-z0-9+.-]*:[\x21\x22\x24-\x7e]+",
    "https://app.example.com/callback",
    max_length=2000,
)
parse_origin_pattern = _scalar(
    "OriginPattern",
    "an origin such as `https://app.example.com`, where a leading `*.` is one label, or `*`",
    rf"\*|[a-z][a-z0-9+.-]*://(?:\*\.)?(?:{_LOWER_HOST}|\[[0-9a-f:.]{{2,45}}\]){_PORT}",
    "https://app.example.com",
    more=_port_in_range,
)
parse_san_pattern = _scalar(
    "SanPattern",
    "a URI such as `spiffe://example.com/ns/{tenant}/sa/*`: `{name}` captures a segment, `*` is one segment",
    r"[a-z][a-z0-9+.-]*:(?://)?[A-Za-z0-9._~:@-]*(?:/(?:\*|\{[A-Za-z_][A-Za-z0-9_]{0,63}\}|[A-Za-z0-9._~!$&'(),=:@+-]+))*",
    "spiffe://example.com/ns/{tenant}/sa/*",
    more=_template,
)
parse_file_path = _scalar(
    "FilePath", "a relative path", _PRINTING, "keys/staff.jwks.json", more=_relative_file, schema_pattern=""
)
parse_env_name = _scalar(
    "EnvName", "the name of an environment variable", r"[A-Za-z_][A-Za-z0-9_]{0,127}", "NIGHTLY_SECRET"
)

# -------------------------------------------------------------------------------------------------- HTTP
parse_header_name = _scalar(
    "HeaderName", "a header name: letters, digits and `-`", r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", "X-Request-Id"
)
parse_header_value = _scalar(
    "HeaderValue",
    "a header value: printable ASCII without spaces at its ends",
    r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?",
    "nosniff",
    max_length=2000,
)
parse_cookie_name = _scalar("CookieName", "a cookie name", r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", "__Host-session")
parse_media_type = _scalar(
    "MediaType",
    "a media type in lower case without parameters",
    r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}",
    "application/json",
)
parse_cipher_name = _scalar(
    "CipherName", "the name of a cipher suite", r"[A-Z0-9][A-Z0-9_-]{2,63}", "ECDHE-RSA-AES128-GCM-SHA256"
)


# -------------------------------------------------------------------------------------------------- quantities
def duration_s(text: str) -> int:
    """`"15m"` -> 900. ValueError for anything but a whole number and one of s, m, h, d."""
    number, unit = text[:-1], text[-1:]
    if (
        unit not in _UNIT_S
        or not number.isascii()
        or not number.isdigit()
        or len(number) > 9
        or (number[0] == "0" and number != "0")
    ):
        raise ValueError("is not a duration: write a whole number and one of `s m h d`, such as `15m`")
    return int(number) * _UNIT_S[unit]


def size_bytes(text: str) -> int:
    """`"64KiB"` -> 65536. ValueError for anything but a whole number and one of B, KiB, MiB, GiB."""
    number = text.rstrip("BGKMi")
    unit = text[len(number) :]
    if (
        unit not in _UNIT_BYTES
        or not number.isascii()
        or not number.isdigit()
        or len(number) > 9
        or (number[0] == "0" and number != "0")
    ):
        raise ValueError("is not a size: write a whole number and one of `B KiB MiB GiB`, such as `1MiB`")
    return int(number) * _UNIT_BYTES[unit]


def parse_date(text: str) -> tuple[int, int, int]:
    """`"2027-06-30"` -> (2027, 6, 30). ValueError for anything else and for days that do not exist."""
    parts = text.split("-")
    if [len(part) for part in parts] != [4, 2, 2] or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError("is not a date: write it as `2027-06-30`")
    year, month, day = (int(part) for part in parts)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= days[month - 1]:
        raise ValueError("is a date that does not exist")
    return year, month, day


def check_json(value: object) -> None:
    """ValueError unless *value* is JSON: finite numbers, text without lone surrogates, text keys."""
    if value is None or isinstance(value, bool | int):
        return
    if isinstance(value, float):
        if value - value != 0:
            raise ValueError("holds a number that is not finite")
    elif isinstance(value, str):
        _whole_characters(value)
    elif isinstance(value, list | tuple):
        for item in value:
            check_json(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError("has a key that is not text")
            _whole_characters(key)
            check_json(item)
    else:
        raise ValueError("is not JSON")


def check_json_object(value: object) -> None:
    """ValueError unless *value* is a JSON object."""
    if not isinstance(value, dict):
        raise ValueError("is not a map")
    check_json(value)


def check_number(value: object) -> None:
    """ValueError unless *value* is a finite number that every host can hold exactly."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is not a number")
    if value - value != 0 or abs(value) > MAX_INTEGER:
        raise ValueError("is not within +-(2^53-1)")


def _whole_characters(text: str) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half of a surrogate pair")


SCALARS["Duration"] = Scalar(
    "Duration", "a duration such as `15m`", duration_s, "(?:0|[1-9][0-9]{0,8})[smhd]", 10, ("15m", "1h")
)
SCALARS["Size"] = Scalar(
    "Size", "a size such as `1MiB`", size_bytes, "(?:0|[1-9][0-9]{0,8})(?:B|KiB|MiB|GiB)", 12, ("1MiB",)
)
SCALARS["Date"] = Scalar(
    "Date", "a date such as `2027-06-30`", parse_date, "[0-9]{4}-[0-9]{2}-[0-9]{2}", 10, ("2027-06-30",)
)
SCALARS["Cidr"] = Scalar(
    "Cidr", "a network such as `10.0.0.0/8`", parse_cidr, "[0-9A-Fa-f:.]+/[0-9]{1,3}", 49, ("10.0.0.0/8", "::/0")
)
SCALARS["IpAddress"] = Scalar("IpAddress", "an IP address", parse_ip, "[0-9A-Fa-f:.]+", 45, ("198.51.100.7",))
MEASURES: dict[str, Callable[[str], int]] = {"Duration": duration_s, "Size": size_bytes}
"""Scalars that are quantities, and so can have bounds."""


def repeated(values: Sequence[object]) -> int | None:
    """Index of the first scalar that stands in *values* a second time."""
    seen: set[tuple[type, object]] = set()
    for index, value in enumerate(values):
        if isinstance(value, str | int | float):
            size = len(seen)
            seen.add((type(value), value))
            if len(seen) == size:
                return index
    return None


def check_keys(written: set[str], exactly_one: tuple[str, ...], at_least_one: tuple[str, ...]) -> None:
    """ValueError unless the keys *written* in one map go together."""
    if exactly_one and len(written.intersection(exactly_one)) != 1:
        raise ValueError(f"needs exactly one of {_listed(exactly_one)}")
    if at_least_one and not written.intersection(at_least_one):
        raise ValueError(f"needs at least one of {_listed(at_least_one)}")


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(f"`{key}`" for key in keys)
