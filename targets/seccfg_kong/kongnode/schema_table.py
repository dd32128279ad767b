"""What Kong 3.9.3 accepts in a declarative file: entities and plugin configurations, as data.

A field is a map: `type`, and where they apply `of` (elements), `fields` (members), `required`, `one_of`, `between`, `above`,
`match` (whole text), `check` (a function of `validation`). Fields without an entry are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["CREDENTIALS", "ENTERPRISE", "ENTITIES", "PLUGINS", "PROTOCOLS", "TOP", "Field"]

Field = Mapping[str, Any]


def _text(**more: Any) -> Field:
    return {"type": "string", **more}


def _many(of: Field, kind: str = "array", **more: Any) -> Field:
    return {"type": kind, "of": of, **more}


def _record(fields: Mapping[str, Field], **more: Any) -> Field:
    return {"type": "record", "fields": fields, **more}


_BOOL: Final[Field] = {"type": "boolean"}
_INT: Final[Field] = {"type": "integer"}
_NUMBER: Final[Field] = {"type": "number"}
_ANY_TEXT: Final[Field] = _text()
_TAGS: Final[Field] = _many(_text(check="tag"), "set")
_NAME: Final[Field] = _text(check="name")
_TIMEOUT: Final[Field] = {"type": "integer", "between": (1, 2147483646)}
_UUID: Final[Field] = _text(match=r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COMMON: Final[Mapping[str, Field]] = {
    "id": _UUID, "tags": _TAGS, "created_at": _NUMBER, "updated_at": _NUMBER, "_comment": _ANY_TEXT,
    "_ignore": {"type": "array", "of": {"type": "any"}},
}  # fmt: skip
_PROTOCOLS: Final = ("http", "https", "grpc", "grpcs", "tcp", "tls", "udp", "tls_passthrough")
_METHODS: Final = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT")
_ALGORITHMS: Final = (
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA",
)  # fmt: skip
_ADDRESSES: Final[Field] = _many(_record({"ip": _text(check="cidr"), "port": _INT}), "set")

TOP: Final[Mapping[str, Field]] = {
    "_format_version": _text(required=True, one_of=("1.1", "2.1", "3.0")), "_transform": _BOOL, "_comment": _ANY_TEXT,
    "_ignore": {"type": "array", "of": {"type": "any"}},
}  # fmt: skip

ENTITIES: Final[Mapping[str, Mapping[str, Field]]] = {
    "services": {
        **_COMMON, "name": _NAME, "url": _ANY_TEXT, "protocol": _text(one_of=_PROTOCOLS),
        "host": _text(required=True, check="hostname"),
        "port": {"type": "integer", "between": (0, 65535)}, "path": _text(check="service_path"),
        "retries": {"type": "integer", "between": (0, 32767)}, "connect_timeout": _TIMEOUT, "read_timeout": _TIMEOUT,
        "write_timeout": _TIMEOUT, "enabled": _BOOL, "tls_verify": _BOOL,
        "tls_verify_depth": {"type": "integer", "between": (0, 64)},
        "ca_certificates": _many(_UUID), "client_certificate": _ANY_TEXT,
    },
    "routes": {
        **_COMMON, "name": _NAME, "service": _ANY_TEXT, "protocols": _many(_ANY_TEXT, "set"),
        "methods": _many(_text(match="[A-Z]+"), "set"), "hosts": _many(_text(check="route_host")),
        "paths": _many(_text(check="route_path")),
        "headers": {"type": "map", "of": _many(_ANY_TEXT)}, "snis": _many(_ANY_TEXT, "set"), "sources": _ADDRESSES,
        "destinations": _ADDRESSES, "regex_priority": _INT, "strip_path": _BOOL, "preserve_host": _BOOL,
        "path_handling": _text(one_of=("v0", "v1")),
        "https_redirect_status_code": {"type": "integer", "one_of": (426, 301, 302, 307, 308)},
        "request_buffering": _BOOL, "response_buffering": _BOOL,
    },
    "consumers": {**_COMMON, "username": _ANY_TEXT, "custom_id": _ANY_TEXT},
    "plugins": {
        **_COMMON, "name": _text(required=True), "instance_name": _NAME, "config": {"type": "any"}, "enabled": _BOOL,
        "protocols": _many(_text(one_of=_PROTOCOLS), "set"), "route": _ANY_TEXT, "service": _ANY_TEXT, "consumer": _ANY_TEXT,
    },
    "upstreams": {
        **_COMMON, "name": _text(required=True),
        "algorithm": _text(one_of=("consistent-hashing", "least-connections", "round-robin", "latency")),
        "healthchecks": {"type": "any"},
        "hash_on": _ANY_TEXT, "hash_fallback": _ANY_TEXT, "slots": _INT, "host_header": _ANY_TEXT,
    },
    "targets": {**_COMMON, "target": _text(required=True, check="target"), "weight": _INT, "upstream": _ANY_TEXT},
    "certificates": {
        **_COMMON, "cert": _text(required=True, check="certificate"), "key": _text(required=True, check="private_key"),
        "cert_alt": _text(check="certificate"), "key_alt": _text(check="private_key"), "snis": {"type": "any"},
    },
    "snis": {**_COMMON, "name": _text(required=True), "certificate": _ANY_TEXT},
    "ca_certificates": {**_COMMON, "cert": _text(required=True, check="certificate"), "cert_digest": _ANY_TEXT},
    "vaults": {
        **_COMMON, "prefix": _text(required=True), "name": _text(required=True, check="vault"), "description": _ANY_TEXT,
        "config": {"type": "any"},
    },
    "keys": {**_COMMON, "name": _ANY_TEXT, "kid": _text(required=True), "jwk": _ANY_TEXT, "pem": {"type": "any"},
        "set": _ANY_TEXT},
    "key_sets": {**_COMMON, "name": _ANY_TEXT},
}  # fmt: skip
CREDENTIALS: Final[Mapping[str, Mapping[str, Field]]] = {
    "keyauth_credentials": {**_COMMON, "key": _ANY_TEXT, "ttl": _NUMBER, "consumer": _ANY_TEXT},
    "jwt_secrets": {
        **_COMMON, "key": _ANY_TEXT, "secret": _ANY_TEXT, "algorithm": _text(one_of=_ALGORITHMS), "rsa_public_key": _ANY_TEXT,
        "consumer": _ANY_TEXT,
    },
    "acls": {**_COMMON, "group": _text(required=True), "consumer": _ANY_TEXT},
    "basicauth_credentials": {**_COMMON, "username": _text(required=True), "password": _ANY_TEXT, "consumer": _ANY_TEXT},
    "hmacauth_credentials": {**_COMMON, "username": _text(required=True), "secret": _ANY_TEXT, "consumer": _ANY_TEXT},
    "oauth2_credentials": {
        **_COMMON, "name": _text(required=True), "client_id": _ANY_TEXT, "client_secret": _ANY_TEXT,
        "redirect_uris": _many(_ANY_TEXT),
        "hash_secret": _BOOL, "client_type": _text(one_of=("confidential", "public")), "consumer": _ANY_TEXT,
    },
}  # fmt: skip

_CHUNKS: Final[Field] = _many(_text(check="lua"))
_HEADERS: Final[Field] = _many(_ANY_TEXT)
_JSON_TYPES: Final[Field] = _many(_text(one_of=("boolean", "number", "string")))
_QUEUE: Final[Field] = _record({
    "max_batch_size": {"type": "integer", "between": (1, 1000000)}, "max_coalescing_delay": _NUMBER, "max_entries": _INT,
    "max_bytes": _INT, "max_retry_time": _NUMBER, "initial_retry_delay": _NUMBER, "max_retry_delay": _NUMBER,
    "concurrency_limit": {"type": "integer", "one_of": (-1, 1)},
})  # fmt: skip
_PERIOD: Final[Field] = {"type": "number", "above": 0}
_REDIS: Final[Field] = _record({
    "host": _ANY_TEXT, "port": {"type": "integer", "between": (0, 65535)}, "timeout": _TIMEOUT, "username": _ANY_TEXT,
    "password": _ANY_TEXT, "database": _INT, "ssl": _BOOL, "ssl_verify": _BOOL, "server_name": _ANY_TEXT,
})  # fmt: skip
_FUNCTIONS: Final[Mapping[str, Field]] = dict.fromkeys(("certificate", "rewrite", "access", "header_filter", "body_filter",
    "log"), _CHUNKS)


def _transformed(*, renames: bool, json: bool, query: bool) -> Field:
    fields: dict[str, Field] = {"headers": _HEADERS}
    if json:
        fields["json"] = _HEADERS
        if not renames:
            fields["json_types"] = _JSON_TYPES
    if query:
        fields |= {"querystring": _HEADERS, "body": _HEADERS}
    return _record(fields)


_RESPONSE: Final = {
    action: _transformed(renames=action in ("remove", "rename"), json=True, query=False)
    for action in ("remove", "rename", "replace", "add", "append")
}
_REQUEST: Final[dict[str, Field]] = {
    action: _transformed(renames=True, json=False, query=True) for action in ("remove", "rename", "add", "append")
}
_REQUEST["replace"] = _record({"headers": _HEADERS, "querystring": _HEADERS, "body": _HEADERS, "uri": _ANY_TEXT})

PROTOCOLS: Final = _PROTOCOLS
PLUGINS: Final[Mapping[str, Mapping[str, Field]]] = {
    "pre-function": _FUNCTIONS,
    "post-function": _FUNCTIONS,
    "jwt": {
        "uri_param_names": _many(_ANY_TEXT, "set"), "cookie_names": _many(_ANY_TEXT, "set"), "header_names": _many(_ANY_TEXT,
            "set"),
        "key_claim_name": _ANY_TEXT, "secret_is_base64": _BOOL, "claims_to_verify": _many(_text(one_of=("exp", "nbf")), "set"),
        "anonymous": _ANY_TEXT, "run_on_preflight": _BOOL, "maximum_expiration": {"type": "number", "between": (0, 31536000)},
        "realm": _ANY_TEXT,
    },
    "key-auth": {
        "key_names": _many(_text(check="header_name")), "hide_credentials": _BOOL, "anonymous": _ANY_TEXT,
        "key_in_header": _BOOL,
        "key_in_query": _BOOL, "key_in_body": _BOOL, "run_on_preflight": _BOOL, "realm": _ANY_TEXT,
    },
    "acl": {
        "allow": _many(_ANY_TEXT), "deny": _many(_ANY_TEXT), "hide_groups_header": _BOOL,
        "always_use_authenticated_groups": _BOOL,
    },
    "rate-limiting": {
        **dict.fromkeys(("second", "minute", "hour", "day", "month", "year"), _PERIOD),
        "limit_by": _text(one_of=("consumer", "credential", "ip", "service", "header", "path")), "header_name": _ANY_TEXT,
        "path": _ANY_TEXT, "policy": _text(one_of=("local", "redis")), "fault_tolerant": _BOOL, "hide_client_headers": _BOOL,
        "error_code": _NUMBER, "error_message": _ANY_TEXT, "sync_rate": _NUMBER, "redis": _REDIS,
    },
    "cors": {
        "origins": _many(_text(check="origin")), "headers": _many(_ANY_TEXT), "exposed_headers": _many(_ANY_TEXT),
        "methods": _many(_text(one_of=_METHODS)), "max_age": _NUMBER, "credentials": _BOOL, "private_network": _BOOL,
        "preflight_continue": _BOOL,
    },
    "ip-restriction": {
        "allow": _many(_text(check="cidr")), "deny": _many(_text(check="cidr")), "status": _NUMBER, "message": _ANY_TEXT,
    },
    "request-size-limiting": {
        "allowed_payload_size": _INT, "size_unit": _text(one_of=("megabytes", "kilobytes", "bytes")),
        "require_content_length": _BOOL,
    },
    "request-termination": {
        "status_code": {"type": "integer", "between": (100, 599)}, "message": _ANY_TEXT, "body": _ANY_TEXT,
        "content_type": _ANY_TEXT,
        "echo": _BOOL, "trigger": _text(check="header_name"),
    },
    "bot-detection": {"allow": _many(_ANY_TEXT), "deny": _many(_ANY_TEXT)},
    "correlation-id": {
        "header_name": _ANY_TEXT, "generator": _text(one_of=("uuid", "uuid#counter", "tracker")), "echo_downstream": _BOOL,
    },
    "request-transformer": {"http_method": _text(match="[A-Z]+"), **_REQUEST},
    "response-transformer": _RESPONSE,
    "redirect": {
        "status_code": {"type": "integer", "between": (100, 599)}, "location": _text(required=True),
        "keep_incoming_path": _BOOL,
    },
    "http-log": {
        "http_endpoint": _text(required=True, check="endpoint"), "method": _text(one_of=("POST", "PUT", "PATCH")),
        "content_type": _text(one_of=("application/json", "application/json; charset=utf-8")), "timeout": _NUMBER,
        "keepalive": _NUMBER,
        "headers": {"type": "map", "of": _ANY_TEXT}, "queue": _QUEUE, "custom_fields_by_lua": {"type": "map",
            "of": _text(check="lua")},
        "retry_count": _INT, "queue_size": _INT, "flush_timeout": _NUMBER,
    },
    "tcp-log": {
        "host": _text(required=True), "port": {"type": "integer", "between": (0, 65535), "required": True}, "timeout": _NUMBER,
        "keepalive": _NUMBER, "tls": _BOOL, "tls_sni": _ANY_TEXT, "custom_fields_by_lua": {"type": "map",
            "of": _text(check="lua")},
    },
    "file-log": {
        "path": _text(required=True, match=r"[^*&%\\`]+"), "reopen": _BOOL,
        "custom_fields_by_lua": {"type": "map", "of": _text(check="lua")},
    },
    "prometheus": dict.fromkeys(("per_consumer", "status_code_metrics", "latency_metrics", "bandwidth_metrics",
        "upstream_health_metrics", "ai_metrics"), _BOOL),
    "opentelemetry": {
        "endpoint": _ANY_TEXT, "traces_endpoint": _ANY_TEXT, "logs_endpoint": _ANY_TEXT, "headers": {"type": "map",
            "of": _ANY_TEXT},
        "resource_attributes": {"type": "map", "of": {"type": "any"}}, "sampling_rate": _NUMBER, "connect_timeout": _TIMEOUT,
        "send_timeout": _TIMEOUT, "read_timeout": _TIMEOUT, "http_response_header_for_traceid": _ANY_TEXT,
        "propagation": {"type": "any"}, "queue": _QUEUE, "header_type": _ANY_TEXT,
    },
    "oauth2": {
        "scopes": _many(_ANY_TEXT), "mandatory_scope": _BOOL, "provision_key": _ANY_TEXT, "token_expiration": _NUMBER,
        "enable_authorization_code": _BOOL, "enable_implicit_grant": _BOOL, "enable_client_credentials": _BOOL,
        "enable_password_grant": _BOOL, "hide_credentials": _BOOL, "accept_http_if_already_terminated": _BOOL,
        "anonymous": _ANY_TEXT,
        "global_credentials": _BOOL, "auth_header_name": _ANY_TEXT, "refresh_token_ttl": _NUMBER, "reuse_refresh_token": _BOOL,
        "persistent_refresh_token": _BOOL, "pkce": _text(one_of=("none", "lax", "strict")), "realm": _ANY_TEXT,
    },
    "session": {
        "secret": _ANY_TEXT, "storage": _ANY_TEXT, "audience": _ANY_TEXT, "cookie_name": _ANY_TEXT, "cookie_path": _ANY_TEXT,
        "cookie_domain": _ANY_TEXT, "cookie_same_site": _text(one_of=("Strict", "Lax", "None", "Default")),
        "cookie_http_only": _BOOL,
        "cookie_secure": _BOOL, "remember": _BOOL, "idling_timeout": _NUMBER, "rolling_timeout": _NUMBER,
        "absolute_timeout": _NUMBER, "stale_ttl": _NUMBER,
    },
}  # fmt: skip

ENTERPRISE: Final[Mapping[str, Mapping[str, Field]]] = {
    "mtls-auth": {
        "ca_certificates": _many(_UUID, required=True), "consumer_by": _many(_text(one_of=("username", "custom_id"))),
        "skip_consumer_lookup": _BOOL, "default_consumer": _ANY_TEXT, "anonymous": _ANY_TEXT, "allow_partial_chain": _BOOL,
        "authenticated_group_by": _text(one_of=("CN", "DN")), "send_ca_dn": _BOOL, "cache_ttl": _NUMBER,
        "cert_cache_ttl": _NUMBER, "revocation_check_mode": _text(one_of=("SKIP", "IGNORE_CA_ERROR", "STRICT")),
        "http_timeout": _NUMBER, "http_proxy_host": _ANY_TEXT, "http_proxy_port": {"type": "integer", "between": (0, 65535)},
        "https_proxy_host": _ANY_TEXT, "https_proxy_port": {"type": "integer", "between": (0, 65535)},
    },
}  # fmt: skip
"""Plugins of Kong Enterprise, as documented: their code is not public, and an open-source node has none of them."""
