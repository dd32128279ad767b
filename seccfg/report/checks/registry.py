"""The checks by name, each with the thresholds it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from seccfg.record import Record
from seccfg.report.checks import access, audit, identity, inputs, transport
from seccfg.report.checks.facts import Facts, Thresholds
from seccfg.report.model import Judged

__all__ = ["CHECKS", "Check"]


class Check(Record):
    """A check: what it looks for, in a few words, and the names of its thresholds."""

    about: str
    judge: Callable[[Facts, Thresholds], Judged]
    params: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


CHECKS: Final[Mapping[str, Check]] = {
    "access-rules": Check("every route that is not public says who is allowed", access.access_rules),
    "audit-events": Check(
        "the audit trail has these events", audit.audit_events, ("events", "data"), optional=("data",)
    ),
    "audit-sink": Check("records go somewhere besides standard error", audit.audit_sink),
    "bodies-closed": Check("body schemas refuse members they do not name", inputs.bodies_closed),
    "body-limit": Check("every body is limited", inputs.body_limit, ("at_most",)),
    "certificates-owned": Check(
        "server certificates are listed, each with an owner and a day to renew", transport.certificates_owned
    ),
    "contact-named": Check("the service names where to report a vulnerability", access.contact_named),
    "correlation": Check("answers and records carry a correlation id", audit.correlation),
    "cors-closed": Check("no page of an unknown origin may read what is not public", transport.cors_closed),
    "credentials-redacted": Check("headers that carry credentials are never written down", audit.credentials_redacted),
    "data-classified": Check("classes of data are named", access.data_classified),
    "data-not-public": Check("no public route handles classified data", access.data_not_public),
    "default-deny": Check("what no route declares is refused", access.default_deny),
    "errors-hidden": Check("answers tell no internals", transport.errors_hidden),
    "fail-closed": Check("a store that is down refuses", inputs.fail_closed),
    "hsts": Check("HSTS for at least this long", transport.hsts, ("at_least",)),
    "identity-limited": Check("credentials are not passed on to upstreams", transport.identity_limited),
    "inputs-typed": Check("parameters and written bodies have schemas", inputs.inputs_typed),
    "key-rotation": Check("API keys are replaced in time", identity.key_rotation, ("at_most",)),
    "lockout": Check("refused credentials are limited", inputs.lockout, ("attempts", "window")),
    "machine-clients-owned": Check("clients that are machines have owners", identity.machine_clients_owned),
    "no-credential-in-url": Check("no credential is taken from the URL", identity.no_credential_in_url),
    "no-plain-http": Check("nothing but public routes is served without TLS", transport.no_plain_http),
    "owner-named": Check("the service has an owner", access.owner_named),
    "public-routes-justified": Check("every public route says why", access.public_routes_justified),
    "rate-limited": Check("requests to every route are limited", inputs.rate_limited),
    "retention": Check("records are kept at least this long", audit.retention, ("min", "hot")),
    "retention-maximum": Check("records are kept no longer than a stated time", audit.retention_maximum),
    "revocation": Check("tokens can be taken back within this time", identity.revocation, ("within",)),
    "roles-defined": Check("roles with permissions are defined", access.roles_defined),
    "roles-owned": Check("every role has an owner", access.roles_owned),
    "roles-reviewed": Check("every role was reviewed within this time", access.roles_reviewed, ("within",)),
    "screens": Check("patterns of attacks are refused", inputs.screens),
    "second-factor": Check(
        "a second factor is asked for", identity.second_factor, ("data",), optional=("data",)
    ),
    "secrets-referenced": Check("secrets are named, never written", identity.secrets_referenced),
    "security-headers": Check("answers carry `X-Content-Type-Options: nosniff`", transport.security_headers),
    "session-idle": Check("sessions end when idle", identity.session_idle, ("at_most",)),
    "subject-hashed": Check("the audit trail writes principals as keyed hashes", audit.subject_hashed),
    "subject-known": Check("every credential names its principal", identity.subject_known),
    "tls-minimum": Check("TLS of at least this version", transport.tls_minimum, ("at_least",)),
    "token-lifetime": Check("tokens are accepted for at most this long", identity.token_lifetime, ("at_most",)),
    "upstream-timeout": Check("upstreams answer within this time", transport.upstream_timeout, ("at_most",)),
    "upstream-tls": Check("upstreams are reached over verified TLS or on the same host", transport.upstream_tls),
}
