"""How tokens are obtained, and how browser sessions are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seccfg.spec.models.auth import SecretRef
from seccfg.spec.models.base import (
    CookieName,
    Count,
    Duration,
    HeaderName,
    HttpsUrl,
    Items,
    Name,
    Named,
    Node,
    RedirectUri,
    RequestPath,
    Scope,
    Text,
)


class ClientBase(Node):
    """What all clients have in common."""

    tokens: Name = Field(description="The auth method whose tokens it gets.", examples=["staff"])
    client_id: Text = Field(
        description="Its id at the issuer: `azp`, else `client_id` of its tokens.", examples=["orders-web"]
    )
    public: bool = Field(default=False, description="It runs where no secret can be kept, such as a browser.")
    secret: SecretRef | None = Field(default=None, description="Its secret.", examples=[{"env": "NIGHTLY_SECRET"}])
    token_url: HttpsUrl = Field(description="Where it gets its tokens.", examples=["https://login.example.com/token"])
    scopes: Items[Scope] | None = Field(default=None, description="Scopes it asks for.", examples=[["orders.read"]])
    owner: Text | None = Field(default=None, description="Who answers for it.", examples=["team-orders@example.com"])


class AuthorizationCode(ClientBase):
    """A client that sends people to the issuer to sign in (RFC 6749 section 4.1, RFC 7636)."""

    flow: Literal["authorization_code"] = Field(description="How it gets its tokens.")
    pkce: Literal["S256", "plain"] | None = Field(
        default=None, description="Proof key; a client without `S256` is a finding."
    )
    redirect_uris: Items[RedirectUri] = Field(
        description="Where the issuer may send people back to.", examples=[["https://app.example.com/callback"]]
    )
    authorization_url: HttpsUrl = Field(
        description="Where people sign in.", examples=["https://login.example.com/authorize"]
    )


class ClientCredentials(ClientBase):
    """A client that acts for itself (RFC 6749 section 4.4)."""

    flow: Literal["client_credentials"] = Field(description="How it gets its tokens.")


class Device(Node):
    """Limits of the device flow."""

    interval: Duration = Field(default="5s", description="Least time between two polls.")
    code_lifetime: Duration = Field(default="10m", description="How long a code can be used.")
    user_code_attempts: Count = Field(default=5, description="Wrong codes before entering is refused.")


class DeviceCode(ClientBase):
    """A client without a browser (RFC 8628)."""

    flow: Literal["device_code"] = Field(description="How it gets its tokens.")
    device_authorization_url: HttpsUrl = Field(
        description="Where it gets its codes.", examples=["https://login.example.com/device"]
    )
    device: Device | None = Field(default=None, description="Limits of the flow.")


Client = Annotated[AuthorizationCode | ClientCredentials | DeviceCode, Field(discriminator="flow"), Named("Client")]


class Refresh(Node):
    """How a session is prolonged."""

    ttl: Duration = Field(description="How long a refresh token can be used.", examples=["8h"])
    rotate: bool = Field(default=True, description="Each use gives a new one.")
    on_reuse: Literal["revoke_family", "refuse"] = Field(
        default="revoke_family", description="What a second use of one does."
    )


class SessionCookie(Node):
    """The cookie of a session."""

    name: CookieName = Field(description="Its name.", examples=["__Host-session"])
    http_only: bool = Field(default=True, description="Scripts cannot read it.")
    secure: bool = Field(default=True, description="Sent over TLS only.")
    same_site: Literal["strict", "lax", "none"] = Field(
        default="strict", description="Whether other sites' requests carry it."
    )


class Csrf(Node):
    """What a request with a cookie credential needs besides, unless it is GET or HEAD."""

    mode: Literal["header"] = Field(default="header", description="A header that other sites cannot send.")
    header: HeaderName = Field(default="X-CSRF-Token", description="Its name; any non-empty value will do.")


class DenyList(Node):
    """Single tokens that are no longer valid."""

    claim: Text = Field(description="The claim that tells tokens apart.", examples=["jti"])


class Revocation(Node):
    """How tokens are taken back before their time."""

    deny_list: DenyList | None = Field(
        default=None, description="Refuse listed tokens; one without the claim is refused."
    )
    version_claim: Text | None = Field(
        default=None,
        description="Refuse tokens whose version is below the principal's; one without the claim is refused.",
        examples=["token_version"],
    )
    not_before: bool = Field(default=False, description="Refuse tokens issued before a time set per principal.")
    staleness: Duration = Field(default="5s", description="The longest a revocation may take to hold.")


class Logout(Node):
    """How a session ends."""

    path: RequestPath = Field(description="The endpoint, without `base_path`.", examples=["/logout"])
    back_channel: bool = Field(
        default=False, description="The issuer may end sessions too (OpenID Connect Back-Channel Logout)."
    )


class Sessions(Node):
    """Browser sessions, CSRF and revocation."""

    access_ttl: Duration | None = Field(default=None, description="How long an access token lives.", examples=["15m"])
    refresh: Refresh | None = Field(default=None, description="How a session is prolonged.")
    absolute_ttl: Duration | None = Field(
        default=None, description="The longest a session lasts, however it is prolonged.", examples=["24h"]
    )
    cookie: SessionCookie | None = Field(default=None, description="The cookie.")
    csrf: Csrf | None = Field(default=None, description="What requests with a cookie credential need besides.")
    revocation: Revocation | None = Field(default=None, description="How tokens are taken back.")
    logout: Logout | None = Field(default=None, description="How a session ends.")
