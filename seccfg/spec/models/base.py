"""
What every model is made of. Only these forms occur, so that the loader can be compiled from the models:

`str` scalars of `seccfg.spec.scalars`, `int` with bounds, `bool`, `Literal` of strings, `tuple[T, ...]` (never empty),
`dict[Name, T]`, optional, unions told apart by a string tag or by node kind alone (text, list, map), and JSON as one
opaque scalar.
A field whose name is a Python keyword carries a trailing underscore; in a spec it is written without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from annotated_types import Ge, Le, Len
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, JsonValue, model_validator
from pydantic_core import CoreSchema, core_schema

from seccfg.spec import scalars

T = TypeVar("T")


class Checked:
    """Marks a scalar and checks it with the parse function the loader uses; the value stays as it is."""

    def __init__(self, name: str, check: Callable[[Any], object] | None = None) -> None:
        self.name = name
        self.check = check or scalars.SCALARS[name].parse

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        check = self.check

        def validate(value: Any) -> Any:
            check(value)
            return value

        return core_schema.no_info_after_validator_function(validate, handler(source))


class Span:
    """Bounds of a duration or size, as written: `Within("1s", "1d")`."""

    def __init__(self, name: str, low: str, high: str) -> None:
        self.name, self.low, self.high = name, low, high

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        parse = scalars.MEASURES[self.name]
        low, high = parse(self.low), parse(self.high)

        def validate(value: str) -> str:
            if not low <= parse(value) <= high:
                raise ValueError(f"is not within {self.low} and {self.high}")
            return value

        return core_schema.no_info_after_validator_function(validate, handler(source))


class Unique:
    """Marks a list whose scalars must differ."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(values: tuple[Any, ...]) -> tuple[Any, ...]:
            if scalars.repeated(values) is not None:
                raise ValueError("holds an item twice")
            return values

        return core_schema.no_info_after_validator_function(validate, handler(source))


class Named:
    """Marks a choice or union that has a name of its own in the loader and the reference."""

    def __init__(self, name: str) -> None:
        self.name = name


class Node(BaseModel):
    """Base of everything a user may write: unknown keys are errors, values never change."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
        alias_generator=lambda name: name.rstrip("_"),
        use_attribute_docstrings=False,
        protected_namespaces=(),
    )
    EXACTLY_ONE: ClassVar[tuple[str, ...]] = ()
    """Keys exactly one of which must be written."""
    AT_LEAST_ONE: ClassVar[tuple[str, ...]] = ()
    """Keys at least one of which must be written."""
    SECRET: ClassVar[bool] = False
    """Nothing below is ever repeated in a message."""

    @model_validator(mode="after")
    def _written_keys_have_values(self) -> Node:
        """An explicit null is no value; which keys go together is said once, in the class."""
        written = [name for name in self.model_fields_set if getattr(self, name) is None]
        if written:
            raise ValueError(f"`{written[0].rstrip('_')}` is empty")
        given = {name.rstrip("_") for name in self.model_fields_set}
        scalars.check_keys(given, self.EXACTLY_ONE, self.AT_LEAST_ONE)
        return self


Items = Annotated[tuple[T, ...], Len(1, 10000), Unique()]
"""A list of at least one item, none twice."""
Few = Annotated[tuple[T, ...], Len(1, 32), Unique()]
"""A list whose items are compared with each other."""
Steps = Annotated[tuple[T, ...], Len(1, 64)]
"""A list in which an item may come again."""

Text = Annotated[str, Checked("Text")]
ConditionText = Annotated[str, Checked("ConditionText")]
Name = Annotated[str, Checked("Name")]
RoleName = Annotated[str, Checked("RoleName")]
Permission = Annotated[str, Checked("Permission")]
Scope = Annotated[str, Checked("Scope")]
AttributeName = Annotated[str, Checked("AttributeName")]
AttributeRef = Annotated[str, Checked("AttributeRef")]
IdentityField = Annotated[str, Checked("IdentityField")]
ParameterName = Annotated[str, Checked("ParameterName")]
Tag = Annotated[str, Checked("Tag")]
DnsLabel = Annotated[str, Checked("DnsLabel")]
Host = Annotated[str, Checked("Host")]
BasePath = Annotated[str, Checked("BasePath")]
PathTemplate = Annotated[str, Checked("PathTemplate")]
RequestPath = Annotated[str, Checked("RequestPath")]
RoutePattern = Annotated[str, Checked("RoutePattern")]
HttpsUrl = Annotated[str, Checked("HttpsUrl")]
IssuerUrl = Annotated[str, Checked("IssuerUrl")]
UpstreamUrl = Annotated[str, Checked("UpstreamUrl")]
RedirectUri = Annotated[str, Checked("RedirectUri")]
OriginPattern = Annotated[str, Checked("OriginPattern")]
SanPattern = Annotated[str, Checked("SanPattern")]
Cidr = Annotated[str, Checked("Cidr")]
IpAddress = Annotated[str, Checked("IpAddress")]
Date = Annotated[str, Checked("Date")]
FilePath = Annotated[str, Checked("FilePath")]
EnvName = Annotated[str, Checked("EnvName")]
HeaderName = Annotated[str, Checked("HeaderName")]
HeaderValue = Annotated[str, Checked("HeaderValue")]
CookieName = Annotated[str, Checked("CookieName")]
MediaType = Annotated[str, Checked("MediaType")]
CipherName = Annotated[str, Checked("CipherName")]
RegexText = Annotated[str, Checked("RegexText")]
RuleId = Annotated[str, Checked("RuleId")]
GapId = Annotated[str, Checked("GapId")]
Duration = Annotated[str, Checked("Duration"), Span("Duration", "1s", "3650d")]
"""At least a second, at most ten years."""
DurationOrZero = Annotated[str, Checked("Duration"), Span("Duration", "0s", "3650d")]
Size = Annotated[str, Checked("Size"), Span("Size", "0B", "4GiB")]
Count = Annotated[int, Ge(1), Le(1_000_000_000)]
Json = Annotated[JsonValue, Checked("Json", scalars.check_json)]
JsonObject = Annotated[JsonValue, Checked("JsonObject", scalars.check_json_object)]
Number = Annotated[JsonValue, Checked("Number", scalars.check_number)]

ScalarType = Annotated[Literal["string", "integer", "number", "boolean", "timestamp", "duration"], Named("ScalarType")]
Method = Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], Named("Method")]
Reason = Annotated[
    Literal[
        "malformed", "wrong_host", "plain_http", "address", "no_route", "preflight", "method", "body_too_large",
        "media_type", "rate_limited", "no_credential", "several_credentials", "invalid_token", "invalid_key",
        "invalid_certificate", "csrf", "revoked", "forbidden", "insufficient_scope", "invalid_input", "unavailable",
        "internal",
    ],
    Named("Reason"),
]  # fmt: skip
Event = Annotated[
    Literal[
        "access.allowed", "auth.failed", "authz.denied", "rate.limited", "input.rejected", "key.used", "token.revoked",
        "check.failed",
    ],
    Named("Event"),
]  # fmt: skip
