"""What the node's own configuration sets (kong.conf), and the plugins that send log entries somewhere."""

from __future__ import annotations

from typing import Final

from seccfg.ir import policy as ir
from seccfg.targetapi.escape import json_text
from seccfg_kong.plan import KongOptions, LogPlugin, NodeSettings, Setting

__all__ = ["log_plugins", "node_settings", "served_sinks"]

_SUITES: Final = {"modern": "modern", "intermediate": "intermediate"}
_SUBJECT_FIELDS: Final = ("consumer", "authenticated_entity", "request.headers.x-seccfg-token")
_FORMATS: Final = {"splunk": "application/json", "elk": "application/json", "datadog": "application/json"}


def log_plugins(policy: ir.Policy) -> tuple[LogPlugin, ...]:
    """Standard output always, then one plugin a sink."""
    audit = policy.edge.audit
    fields = _redactions(policy)
    found = [LogPlugin("file-log", json_text({"path": "/dev/stdout", "custom_fields_by_lua": fields}))]
    for sink in served_sinks(audit):
        settings = {name: _vault(ref) for name, ref in sink.settings}
        if sink.type == "prometheus":
            found.append(LogPlugin("prometheus", json_text({"status_code_metrics": True, "latency_metrics": True})))
        else:
            found.append(LogPlugin("http-log", json_text(_http_log(sink.type, settings, fields))))
    return tuple(found)


def served_sinks(audit: ir.Audit) -> tuple[ir.Sink, ...]:
    """Of each kind of plugin the first: a scope holds one instance of a plugin."""
    served: dict[bool, ir.Sink] = {}
    for sink in audit.sinks:
        served.setdefault(sink.type == "prometheus", sink)
    return tuple(sink for sink in audit.sinks if served[sink.type == "prometheus"] is sink)


def _http_log(kind: str, settings: dict[str, str], fields: dict[str, str]) -> dict[str, object]:
    config: dict[str, object] = {
        "content_type": _FORMATS.get(kind, "application/json"), "method": "POST", "custom_fields_by_lua": fields,
        "queue": {"max_batch_size": 1, "max_entries": 10000},
    }  # fmt: skip
    if kind == "datadog":
        config["http_endpoint"] = "https://http-intake.logs.datadoghq.com/api/v2/logs"
        config["headers"] = {"DD-API-KEY": settings.get("api_key", "")}
        return config
    config["http_endpoint"] = settings.get("url", "")
    if "token" in settings:
        config["headers"] = {"Authorization": settings["token"]}
    return config


def _vault(ref: ir.SecretRef) -> str:
    """A reference to the node's environment: the value itself never stands in a file."""
    name = ref.env or ref.file
    return "{vault://env/" + name.lower().replace("_", "-").replace("/", "-").replace(".", "-") + "}"


def _redactions(policy: ir.Policy) -> dict[str, str]:
    """Log fields that are left out: each chunk is their whole value."""
    audit = policy.edge.audit
    fields = {f"request.headers.{name}": "return nil" for name in audit.redact if "." not in name}
    fields |= dict.fromkeys(_SUBJECT_FIELDS, "return nil")
    if any(isinstance(place, ir.QueryPlace) for v in policy.verifiers for place in getattr(v, "places", ())):
        fields |= dict.fromkeys(("request.uri", "request.url", "request.querystring", "upstream_uri"), "return nil")
    return dict(sorted(fields.items()))


def node_settings(policy: ir.Policy, options: KongOptions, bought: tuple[str, ...] = ()) -> NodeSettings:
    """Everything the emitted kong.yaml needs of the node, or cannot say itself. *bought*: plugins of Kong Enterprise it has."""
    transport = policy.edge.transport
    largest = max((r.one(ir.BodyLimit).max_bytes for r in policy.routes), default=0)
    found = [
        Setting("database", "off", "the configuration is kong.yaml alone"),
        Setting("declarative_config", "kong.yaml", "path of the file on the node"),
        _untrusted(options),
        Setting("headers", "off", "no Server, Via, latency or request id of Kong's own"),
        Setting("admin_listen", "off", "nothing is changed at run time"),
        Setting("allow_debug_header", "off", "no route or service names in answers"),
        Setting("nginx_http_large_client_header_buffers", "4 32k", "the program refuses credentials above 8 KiB"),
        Setting("nginx_http_client_max_body_size", str(largest + 1), "the program refuses above each route's own limit"),
        Setting("nginx_http_client_body_buffer_size", str(max(largest + 1, 16384)), "plugins read bodies from memory only"),
    ]
    found += _tls(transport)
    found += _proxies(policy.edge.address.trusted_proxies)
    if options.mode == "plugin":
        found.append(Setting("plugins", f"bundled,seccfg-{policy.name}", "the decision program is a plugin of its own"))
    if bought:
        found.append(Setting("plugins", ",".join(("bundled", *bought)), "a node of the open-source edition does not start with it"))
    return NodeSettings(tuple(found))


def _untrusted(options: KongOptions) -> Setting:
    if options.mode == "plugin":
        return Setting("untrusted_lua", "sandbox", "log plugins leave out credentials by a function; nothing else here needs one")
    return Setting("untrusted_lua", "sandbox", "the decision program runs in the default sandbox; `off` closes every route")


def _tls(transport: ir.Transport) -> list[Setting]:
    if isinstance(transport.ciphers, str) and (transport.min_tls, transport.ciphers) in (
        ("1.2", "intermediate"), ("1.3", "modern"),
    ):  # fmt: skip
        return [Setting("ssl_cipher_suite", _SUITES[transport.ciphers], f"TLS {transport.min_tls} and later")]
    protocols = "TLSv1.3" if transport.min_tls == "1.3" else "TLSv1.2 TLSv1.3"
    ciphers = transport.ciphers
    if isinstance(ciphers, str):
        ciphers = (
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        )  # fmt: skip
    return [
        Setting("ssl_cipher_suite", "custom", "the two settings below count with `custom` only"),
        Setting("ssl_protocols", protocols, f"TLS {transport.min_tls} and later"),
        Setting("ssl_ciphers", ":".join(ciphers), "of TLS 1.2; those of TLS 1.3 are the library's"),
    ]


def _proxies(blocks: tuple[ir.Cidr, ...]) -> list[Setting]:
    if not blocks:
        return []
    import ipaddress

    def text(block: ir.Cidr) -> str:
        kind = ipaddress.IPv4Network if block.family == 4 else ipaddress.IPv6Network
        return str(kind((block.network, block.bits)))

    return [
        Setting("trusted_ips", ",".join(text(block) for block in blocks), "who may set X-Forwarded-*"),
        Setting("real_ip_header", "X-Forwarded-For", "the program walks it itself; this is for log entries"),
        Setting("real_ip_recursive", "on", "as above"),
    ]
