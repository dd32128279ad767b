"""
What a Kong 3.9 node fills in where a declarative file says nothing (kong/db/schema/entities, kong/plugins/*/schema.lua).

Every value was compared with the schemas of Kong 3.9.0, 3.9.1 and 3.9.3 as LuaJIT runs them, but for Enterprise; `python -m
tests.targets.kong.defaults_of_source FOLDER` does it again for any checkout of Kong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["ENTITIES", "PLUGINS", "filled", "plugin_defaults"]

ENTITIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "services": {
        "protocol": "http", "port": 80, "retries": 5, "connect_timeout": 60_000, "read_timeout": 60_000, "write_timeout": 60_000,
        "enabled": True,
    },
    "routes": {
        "protocols": ["http", "https"], "strip_path": True, "preserve_host": False, "regex_priority": 0, "path_handling": "v0",
        "https_redirect_status_code": 426, "request_buffering": True, "response_buffering": True,
    },
    "plugins": {"enabled": True, "protocols": ["grpc", "grpcs", "http", "https"]},
    "consumers": {},
    "jwt_secrets": {"algorithm": "HS256"},
    "ca_certificates": {},
}  # fmt: skip

_Config = Mapping[str, Any]
_PHASES: Final[_Config] = {key: [] for key in ("certificate", "rewrite", "access", "header_filter", "body_filter", "log")}
_QUEUE: Final[_Config] = {
    "max_batch_size": 1, "max_coalescing_delay": 1, "max_entries": 10_000, "max_retry_time": 60, "initial_retry_delay": 0.01,
    "max_retry_delay": 60, "concurrency_limit": 1,
}  # fmt: skip
_HEADERS_QUERY_BODY: Final[_Config] = {"headers": [], "querystring": [], "body": []}
_HEADERS_JSON: Final[_Config] = {"headers": [], "json": []}
_TYPED_JSON: Final[_Config] = {"headers": [], "json": [], "json_types": []}

PLUGINS: Final[Mapping[str, Mapping[str, Any]]] = {
    "pre-function": _PHASES,
    "post-function": _PHASES,
    "jwt": {
        "uri_param_names": ["jwt"], "cookie_names": [], "header_names": ["authorization"], "key_claim_name": "iss",
        "secret_is_base64": False, "run_on_preflight": True, "maximum_expiration": 0,
    },
    # Enterprise, as documented
    "mtls-auth": {
        "consumer_by": ["username", "custom_id"], "skip_consumer_lookup": False, "allow_partial_chain": False,
        "authenticated_group_by": "CN", "revocation_check_mode": "IGNORE_CA_ERROR", "send_ca_dn": False, "cache_ttl": 60,
        "cert_cache_ttl": 60_000, "http_timeout": 30_000,
    },
    "key-auth": {
        "key_names": ["apikey"], "key_in_header": True, "key_in_query": True, "key_in_body": False, "hide_credentials": False,
        "run_on_preflight": True,
    },
    "acl": {"hide_groups_header": False, "always_use_authenticated_groups": False},
    "rate-limiting": {
        "limit_by": "consumer", "policy": "local", "fault_tolerant": True, "hide_client_headers": False, "error_code": 429,
        "error_message": "API rate limit exceeded", "sync_rate": -1,
        "redis": {"port": 6379, "timeout": 2000, "database": 0, "ssl": False, "ssl_verify": False},
    },
    "cors": {
        "methods": ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"], "credentials": False,
        "private_network": False, "preflight_continue": False,
    },
    "ip-restriction": {"allow": [], "deny": []},
    "bot-detection": {"allow": [], "deny": []},
    "request-size-limiting": {"allowed_payload_size": 128, "size_unit": "megabytes", "require_content_length": False},
    "request-termination": {"status_code": 503, "echo": False},
    "correlation-id": {"header_name": "Kong-Request-ID", "generator": "uuid#counter", "echo_downstream": False},
    "request-transformer": dict.fromkeys(("remove", "rename", "replace", "add", "append"), _HEADERS_QUERY_BODY),
    "response-transformer": {
        **dict.fromkeys(("remove", "rename"), _HEADERS_JSON), **dict.fromkeys(("replace", "add", "append"), _TYPED_JSON),
    },
    "file-log": {"reopen": False},
    "prometheus": {
        "per_consumer": False, "status_code_metrics": False, "ai_metrics": False, "latency_metrics": False,
        "bandwidth_metrics": False, "upstream_health_metrics": False,
    },
    "http-log": {
        "method": "POST", "content_type": "application/json", "timeout": 10_000, "keepalive": 60_000, "queue": _QUEUE,
    },
}  # fmt: skip
_OWN: Final[Mapping[str, Any]] = {"redis": {"port": 6379, "database": 0, "ssl": False, "ssl_verify": True, "timeout": 1000}}
"""Of the plugin that a spec's program is packed as."""


def plugin_defaults(name: str) -> Mapping[str, Any]:
    """Defaults of the `config` of the plugin *name*; none for one this table does not have."""
    return _OWN if name.startswith("seccfg-") else PLUGINS.get(name, {})


def filled(defaults: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """*said* with *defaults*, records member by member; null is nothing said, an empty list neither where none is the default."""
    found: dict[str, Any] = {key: filled(value, {}) if isinstance(value, Mapping) else value for key, value in defaults.items()}
    for key, value in said.items():
        if value is None:
            continue
        known = defaults.get(key)
        if isinstance(value, Mapping):
            found[key] = filled(known if isinstance(known, Mapping) else {}, value)
        elif value not in ([], {}) or key in defaults:
            found[key] = int(value) if isinstance(value, float) and value.is_integer() else value
    return {key: value for key, value in found.items() if value != {}}
