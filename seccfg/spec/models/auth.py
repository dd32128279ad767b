"""How a request proves who it is."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seccfg.spec.models.base import (
    AttributeName,
    CookieName,
    Duration,
    DurationOrZero,
    EnvName,
    Few,
    FilePath,
    HeaderName,
    Host,
    HttpsUrl,
    IssuerUrl,
    Items,
    Named,
    Node,
    ParameterName,
    RoleName,
    SanPattern,
    Span,
    Steps,
    Text,
)

Algorithm = Annotated[
    Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
    Named("Algorithm"),
]


class SecretRef(Node):
    """Where a secret stands: never in the spec itself."""

    EXACTLY_ONE: ClassVar[tuple[str, ...]] = ("file", "env")
    SECRET: ClassVar[bool] = True

    file: FilePath | None = Field(
        default=None, description="A file, relative to the spec.", examples=["keys/partners.json"]
    )
    env: EnvName | None = Field(
        default=None, description="An environment variable, read at run time.", examples=["NIGHTLY_SECRET"]
    )


class Place(Node):
    """A place of a request that can hold a credential."""

    EXACTLY_ONE: ClassVar[tuple[str, ...]] = ("header", "cookie", "query")

    header: HeaderName | None = Field(default=None, description="A request header.", examples=["X-API-Key"])
    cookie: CookieName | None = Field(default=None, description="A cookie.", examples=["__Host-session"])
    query: ParameterName | None = Field(
        default=None, description="A query parameter. Loads, and is refused by its lint rule: URLs end up in logs."
    )


Carrier = Annotated[Literal["bearer"] | Place, Named("Carrier")]
Carriers = Annotated[Literal["bearer"] | Place | Few[Carrier], Named("Carriers")]
ClaimPath = Annotated[Text | Steps[Text], Named("ClaimPath")]
ClaimKey = AttributeName


class Jwks(Node):
    """The issuer's published keys."""

    url: HttpsUrl | None = Field(
        default=None, description="Fetched at run time.", examples=["https://login.example.com/.well-known/jwks.json"]
    )
    file: FilePath | None = Field(default=None, description="Read at build time.", examples=["keys/staff.jwks.json"])
    refresh: Duration = Field(default="10m", description="How old a fetched set may be before it is fetched again.")
    max_stale: Duration = Field(default="1h", description="How old a fetched set may be while fetching fails.")


class Asserts(Node):
    """What a method may claim about a principal."""

    roles: Items[RoleName] = Field(
        description="Roles it may assert; others in its credentials are ignored.", examples=[["viewer", "editor"]]
    )


class TokenMethod(Node):
    """What the methods that read tokens have in common."""

    issuer: IssuerUrl = Field(
        description="`iss` of its tokens, compared exactly.", examples=["https://login.example.com/"]
    )
    audiences: Items[Text] = Field(description="`aud` must hold one of these.", examples=[["https://api.example.com"]])
    in_: Carriers = Field(
        default="bearer",
        description="Where the credential is carried.",
        examples=["bearer", ["bearer", {"cookie": "__Host-session"}]],
    )
    clock_skew: Annotated[DurationOrZero, Span("Duration", "0s", "300s")] = Field(
        default="0s", description="Clock skew allowed, at most 300 s.", examples=["30s"]
    )
    max_token_age: Duration | None = Field(
        default=None, description="Tokens issued longer ago are refused; `iat` is then required.", examples=["15m"]
    )
    asserts: Asserts | None = Field(
        default=None,
        description="What it may claim. Left out: all declared roles with one auth method, none with more.",
    )
    claims: dict[ClaimKey, ClaimPath] | None = Field(
        default=None,
        description="Where `subject`, `roles`, `scopes` and the attributes of the principal stand in a token: one "
        "literal key, or a "
        "list of keys from the outside in. Left out: subject `sub`, scopes `scope`, no roles.",
        examples=[{"subject": "sub", "roles": ["realm_access", "roles"], "tenant": "org_id"}],
        min_length=1,
    )


class Oidc(TokenMethod):
    """Bearer tokens of an OpenID Connect issuer: `jwt` whose key set may be left to discovery."""

    type: Literal["oidc"] = Field(description="The kind of method.")
    algorithms: Items[Algorithm] = Field(description="Signature algorithms accepted.", examples=[["RS256"]])
    jwks: Jwks | None = Field(
        default=None, description="Its keys. Without `url` and `file` they are found by discovery."
    )


class Jwt(TokenMethod):
    """Bearer tokens checked offline against the issuer's published keys (RFC 7519, RFC 8725)."""

    type: Literal["jwt"] = Field(description="The kind of method.")
    algorithms: Items[Algorithm] = Field(description="Signature algorithms accepted.", examples=[["ES256"]])
    jwks: Jwks = Field(
        description="Its keys; `url` or `file` is required.", examples=[{"file": "keys/customers.jwks.json"}]
    )


class Introspection(TokenMethod):
    """Opaque tokens the issuer is asked about (RFC 7662)."""

    type: Literal["introspection"] = Field(description="The kind of method.")
    endpoint: HttpsUrl = Field(
        description="Where the issuer is asked.", examples=["https://login.example.com/introspect"]
    )
    client_id: Text = Field(description="Who asks.", examples=["orders-api"])
    secret: SecretRef = Field(description="The secret of who asks.", examples=[{"env": "INTROSPECTION_SECRET"}])
    cache: DurationOrZero = Field(
        default="0s", description="How long an answer is believed; never past the token's end.", examples=["5s"]
    )


class Rotation(Node):
    """How often keys are replaced; checked on the records when they are read."""

    max_age: Duration = Field(description="The longest a key may live.", examples=["90d"])
    overlap: Duration | None = Field(
        default=None, description="How long an old and a new key are valid together.", examples=["7d"]
    )


class ApiKey(Node):
    """Keys of the form `<id>.<secret>`, kept as hashes."""

    type: Literal["api_key"] = Field(description="The kind of method.")
    in_: Carriers = Field(default="bearer", description="Where the key is carried.", examples=[{"header": "X-API-Key"}])
    keys: SecretRef = Field(
        description="The records `{id, sha256, subject, roles, scopes, attributes, not_before, expires, addresses}`; "
        "`sha256` is the "
        "lower-case hex of the whole key text.",
        examples=[{"file": "keys/partners.json"}],
    )
    rotation: Rotation | None = Field(default=None, description="How often keys are replaced.")
    asserts: Asserts | None = Field(
        default=None,
        description="What its records may claim. Left out: all declared roles with one auth method, none with more.",
    )


class San(Node):
    """What the certificate must say about its holder."""

    uri: SanPattern = Field(
        description="Its one matching URI: `{name}` captures an attribute, `*` is one segment.",
        examples=["spiffe://example.com/ns/{tenant}/sa/*"],
    )


class Gives(Node):
    """What every credential of a method has."""

    roles: Items[RoleName] = Field(description="Roles every such certificate has.", examples=[["service"]])


class Mtls(Node):
    """Client certificates."""

    type: Literal["mtls"] = Field(description="The kind of method.")
    host: Host | None = Field(
        default=None,
        description="Own host, where a gateway terminates client certificates per domain; one of `service.hosts`.",
        examples=["mesh.api.example.com"],
    )
    ca: SecretRef = Field(description="Certificates that sign them.", examples=[{"file": "keys/mesh-ca.pem"}])
    san: San = Field(description="What they must say about their holder.")
    asserts: Asserts | None = Field(
        default=None,
        description="What they may claim. Left out: all declared roles with one auth method, none with more.",
    )
    gives: Gives | None = Field(default=None, description="What every such certificate has.")


AuthMethod = Annotated[Oidc | Jwt | Introspection | ApiKey | Mtls, Field(discriminator="type"), Named("AuthMethod")]
