"""Made-up specs that load and resolve, to try any stage on; the same seed gives the same spec.

Over a few dozen seeds every control, verifier kind, attribute source, limit algorithm and kind of grant occurs. The
data is what a YAML reader would give; a literal text may be hostile where the language takes any text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from seccfg.record import Record
from seccfg.targetapi import random_keys
from seccfg.targetapi.hostile import HOSTILE_ONE_LINE
from seccfg.targetapi.random_conditions import PRINCIPAL_ATTRIBUTES, RandomCondition, attributes_and_conditions

__all__ = ["RandomSpec", "random_spec"]

Data = dict[str, object]

_ALGORITHMS: Final = ("RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA")
_ROLES: Final = ("viewer", "editor", "admin", "auditor", "partner")
_PERMISSIONS: Final = ("items.read", "items.write", "items.delete", "reports.read")
_SCOPES: Final = ("items.read", "items.write", "reports.read")
_EVENTS: Final = (
    "access.allowed", "auth.failed", "authz.denied", "rate.limited", "input.rejected", "key.used", "token.revoked",
    "check.failed",
)  # fmt: skip
_STATUS: Final = {"invalid_token": 403, "wrong_host": 421, "plain_http": 426, "invalid_input": 422, "forbidden": 404}
_RECORD_ATTRIBUTES: Final[tuple[Data, ...]] = (
    {"department": "sales", "level": 3}, {"tenant": "acme", "verified": True}, {"teams": ["red", "blue"], "level": 7},
)  # fmt: skip


class RandomSpec(Record):
    """A spec as plain data, and the files it names."""

    seed: int
    data: Data
    files: tuple[tuple[str, bytes], ...]


def random_spec(seed: int) -> RandomSpec:
    """The spec of *seed*."""
    return _Maker(Random(seed)).make(seed)  # noqa: S311 - reproducible test data, no secret


class _Maker:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._files: dict[str, bytes] = {}
        self._auth: dict[str, Data] = {}
        self._conditions: list[RandomCondition] = []
        self._limits: dict[str, Data] = {}
        self._default_limits: list[str] = []
        self._has_clients = False
        self._cors = False
        self._networks: tuple[str, ...] = ()

    def make(self, seed: int) -> RandomSpec:
        self._make_auth()
        attributes = self._make_attributes()
        self._make_limits()
        data: Data = {"seccfg": 1, "service": self._service(), "upstreams": self._upstreams(), "auth": self._auth}
        data["roles"] = self._roles()
        data["attributes"] = attributes
        data["conditions"] = {c.name: c.text for c in self._conditions}
        data["rate_limits"] = self._limits
        self._clients(data)
        self._edge(data)
        self._answers(data)
        data["defaults"] = self._defaults()
        data["routes"] = self._routes()
        data["targets"] = {"python": {"package": "made_up_security"}}
        return RandomSpec(seed, data, tuple(sorted(self._files.items())))

    # ------------------------------------------------------------------------------------------------- small choices
    def _maybe(self, chance: float = 0.5) -> bool:
        return self._rng.random() < chance

    def _some(self, items: Sequence[str], low: int = 1, high: int = 3) -> list[str]:
        count = min(len(items), self._rng.randint(low, high))
        return sorted(self._rng.sample(list(items), count))

    def _prose(self) -> str:
        usable = [t for t in HOSTILE_ONE_LINE if t.strip() and t.isprintable()]
        return self._rng.choice(usable) if self._maybe(0.6) else "plain words"

    # ---------------------------------------------------------------------------------------------- service, methods
    def _service(self) -> Data:
        service: Data = {"name": "made-up", "hosts": ["api.example.com", "mesh.example.com"][: self._rng.randint(1, 2)]}
        if self._maybe():
            service["title"] = self._prose()
        if self._maybe():
            service["base_path"] = "/v1"
        if self._maybe(0.3):
            service["owner"] = self._prose()
        return service

    def _upstreams(self) -> Data:
        found: Data = {"main": {"url": "http://127.0.0.1:9000"}}
        if self._maybe():
            found["main"] = {
                "url": "https://main.example.net:8443",
                "tls": "verify",
                "timeout": f"{self._rng.randint(1, 60)}s",
            }
        if self._maybe():
            found["batch"] = {"url": "http://127.0.0.1:9100", "timeout": "5s"}
        return found

    def _make_auth(self) -> None:
        rng = self._rng
        self._auth["users"] = self._jwt("users", "https://id.example.com/", oidc=self._maybe())
        if self._maybe(0.6):
            other = self._jwt("others", "https://others.example.com", oidc=False)
            if self._maybe(0.3):
                other["in"] = {"header": "X-Other-Token"}
            self._auth["others"] = other
        if self._maybe(0.6):
            place = rng.choice(({"header": "X-API-Key"}, {"cookie": "api_key"}, {"query": "key"}))
            self._files["keys/partners.json"] = random_keys.key_records(rng, _ROLES, _SCOPES, _RECORD_ATTRIBUTES)
            self._auth["partners"] = {"type": "api_key", "in": place, "keys": {"file": "keys/partners.json"}}
        if self._maybe(0.5):
            self._files["keys/ca.pem"] = random_keys.authority_pem(rng, "made up")
            san = rng.choice(("spiffe://example.com/ns/{tenant}/sa/*", "spiffe://example.com/{tenant}", "https://example.com/apps/*"))
            self._auth["mesh"] = {"type": "mtls", "ca": {"file": "keys/ca.pem"}, "san": {"uri": san}}
            if self._maybe():
                self._auth["mesh"]["gives"] = {"roles": ["auditor"]}
        if self._maybe(0.15):
            self._auth["opaque"] = {
                "type": "introspection", "issuer": "https://opaque.example.com", "audiences": ["api"],
                "endpoint": "https://opaque.example.com/ask", "client_id": self._prose(),
                "secret": {"env": "ASK_SECRET"}, "in": {"header": "X-Opaque"},
            }  # fmt: skip
        if len(self._auth) > 1:
            for method in self._auth.values():
                method["asserts"] = {"roles": self._some(_ROLES, 2, 5)}
            if "mesh" in self._auth and "gives" in self._auth["mesh"]:
                self._auth["mesh"]["asserts"] = {"roles": ["auditor"]}

    def _jwt(self, name: str, issuer: str, *, oidc: bool) -> Data:
        rng = self._rng
        algorithms = self._some(_ALGORITHMS, 1, 2)
        path = f"keys/{name}.json"
        self._files[path] = random_keys.key_set(rng, algorithms, name)
        claims: Data = {"roles": rng.choice((["realm", "roles"], "roles", "https://claims.example.com/roles"))}
        claims.update({attr: rng.choice((attr, [attr], ["profile", attr])) for attr in PRINCIPAL_ATTRIBUTES})
        method: Data = {
            "type": "oidc" if oidc else "jwt", "issuer": issuer, "audiences": self._some(("api", "https://api.example.com")),
            "algorithms": algorithms, "jwks": {"file": path}, "claims": claims,
        }  # fmt: skip
        if self._maybe():
            method["clock_skew"] = f"{rng.randint(1, 60)}s"
        if self._maybe(0.3):
            method["max_token_age"] = "15m"  # noqa: S105 - a duration
        if self._maybe(0.4):
            method["in"] = rng.choice(
                (["bearer", {"cookie": f"{name}_session"}], {"cookie": f"{name}_session"}, "bearer")
            )
        return method

    def _clients(self, data: Data) -> None:
        url = "https://id.example.com/token"
        if self._maybe():
            data["clients"] = {
                "nightly": {
                    "flow": "client_credentials", "tokens": "users", "client_id": "nightly-1", "token_url": url,
                    "secret": {"env": "NIGHTLY"},
                },
                "web": {
                    "flow": "authorization_code", "tokens": "users", "client_id": "web-1", "token_url": url,
                    "public": True,
                    "pkce": "S256", "redirect_uris": ["https://app.example.com/cb"], "authorization_url": url,
                },
            }  # fmt: skip
        self._has_clients = "clients" in data
        sessions: Data = {}
        if self._maybe(0.4):
            sessions["csrf"] = {"mode": "header", "header": "X-CSRF-Token"}
        if self._maybe(0.4):
            revocation: Data = {"staleness": "5s"}
            if self._maybe():
                revocation["deny_list"] = {"claim": "jti"}
            if self._maybe():
                revocation["version_claim"] = "ver"
            if self._maybe() or len(revocation) == 1:
                revocation["not_before"] = True
            sessions["revocation"] = revocation
        if self._maybe(0.2):
            sessions.update({
                "access_ttl": "15m", "refresh": {"ttl": "8h", "rotate": self._maybe()}, "absolute_ttl": "24h",
                "cookie": {"name": "__Host-s", "same_site": self._rng.choice(("strict", "lax"))},
                "logout": {"path": "/logout", "back_channel": self._maybe()},
            })  # fmt: skip
        if sessions:
            data["sessions"] = sessions

    # ----------------------------------------------------------------------------------- roles, attributes, conditions
    def _roles(self) -> Data:
        return {
            "viewer": {"permissions": ["items.read"]},
            "editor": {"inherits": ["viewer"], "permissions": ["items.write"]},
            "admin": {"inherits": self._some(("editor", "auditor"), 1, 2), "permissions": ["items.delete"]},
            "auditor": {"permissions": ["reports.read"]},
            "partner": {"permissions": self._some(_PERMISSIONS, 1, 2)},
        }

    def _make_attributes(self) -> Data:
        declared, known = attributes_and_conditions(self._rng)
        self._conditions = [c for c in known if self._maybe(0.6)] or [known[0]]
        return declared

    # ------------------------------------------------------------------------------------------------------- edge
    def _make_limits(self) -> None:
        rng = self._rng
        kinds: tuple[tuple[str, object], ...] = (
            ("per-ip", "ip"), ("per-principal", "principal"), ("per-tenant", {"attribute": "principal.tenant"}),
            ("per-region", {"attribute": "resource.region"}), ("failures", "ip"),
        )  # fmt: skip
        for name, by in kinds:
            if not self._maybe(0.15 if name == "per-region" else 0.6):
                continue
            limit: Data = {"limit": rng.randint(8, 40), "window": rng.choice(("10s", "1m", "15m")), "by": by}
            if name == "failures":
                limit["count"] = "auth.failed"
            limit["algorithm"] = rng.choice(("fixed-window", "sliding-window", "token-bucket"))
            if limit["algorithm"] == "token-bucket" and self._maybe():
                limit["burst"] = rng.randint(6, 50)
            if name == "per-principal" and self._maybe():
                limit["tiers"] = {"admin": 60, "editor": 50}
            if self._maybe(0.3):
                limit["per"] = "route"
            if self._maybe(0.15):
                limit["on_store_failure"] = "local"
            self._limits[name] = limit
        if not self._limits:
            self._limits["per-ip"] = {"limit": 4, "window": "1m", "by": "ip"}

    def _edge(self, data: Data) -> None:
        rng = self._rng
        network: Data = {}
        if self._maybe(0.7):
            network["trusted_proxies"] = ["10.0.0.0/8", "2001:db8:1::/48"][: rng.randint(1, 2)]
        if self._maybe(0.7):
            network["profiles"] = {
                "office": {"allow": ["198.51.100.0/24", "2001:db8:2::/64"]},
                "most": {"allow": ["0.0.0.0/0", "::/0"], "deny": ["203.0.113.64/28"]},
                "not-them": {"deny": ["203.0.113.66/32"]},
            }
            self._networks = ("office", "most", "not-them")
        if network:
            data["network"] = network
        if self._maybe(0.6):
            self._cors = True
            profile: Data = {"origins": ["https://app.example.com", "https://*.apps.example.com"][: rng.randint(1, 2)]}
            profile["headers"] = ["Authorization", "Content-Type"]
            if self._maybe():
                profile.update({"credentials": True, "max_age": "10m", "expose": ["X-Request-Id"]})
            data["cors"] = {"web": profile, "anyone": {"origins": ["*"], "methods": ["GET", "POST"]}}
        if self._maybe(0.7):
            tls: Data = {"plain_http": rng.choice(("redirect", "refuse")), "min_version": rng.choice(("1.2", "1.3"))}
            if self._maybe():
                tls["hsts"] = {"max_age": "365d", "include_subdomains": self._maybe(), "preload": False}
            if self._maybe():
                tls["ciphers"] = rng.choice(("modern", "intermediate"))
            if self._maybe(0.2):
                self._files["keys/api.pem"] = random_keys.authority_pem(rng, "api.example.com")
                tls["certificates"] = [{"host": "api.example.com", "file": "keys/api.pem", "renew_before": "30d"}]
            data["tls"] = tls
        if self._maybe():
            data["body"] = {
                "max": f"{rng.randint(1, 4)}KiB",
                "content_types": ["application/json"],
                "json_depth": rng.randint(4, 9),
            }
        if self._maybe(0.4):
            data["screen"] = self._some(("sql-injection", "xss"), 1, 2)

    def _answers(self, data: Data) -> None:
        rng = self._rng
        if self._maybe():
            names = self._some(tuple(_STATUS), 1, 2)
            data["errors"] = {
                "format": rng.choice(("problem+json", "json")), "details": rng.choice(("hidden", "shown")),
                "status": {name: _STATUS[name] for name in names}, "correlation_header": "X-Request-Id",
            }  # fmt: skip
        if self._maybe():
            data["headers"] = {"set": {"X-Content-Type-Options": "nosniff", "X-Odd": 'a;b="c"'}, "remove": ["Server"]}
        if self._maybe(0.7):
            fields = ("subject", "roles", "scopes", "method", "client", "tenant", "teams")
            chosen = self._some(fields, 1, 4)
            data["forward"] = {"identity": {f"X-Who-{f.title()}": f"principal.{f}" for f in chosen}}
            if self._maybe(0.3):
                data["forward"]["credentials"] = "keep"  # type: ignore[index]
        if self._maybe():
            audit: Data = {"events": self._some(_EVENTS, 2, 8), "redact": ["Authorization", "Cookie"]}
            if self._maybe(0.3):
                audit["subject"] = {"keyed_hash": {"env": "AUDIT_KEY"}}
            if self._maybe(0.3):
                audit["retention"] = {"min": "365d", "max": "400d"}
            if self._maybe(0.2):
                audit["sinks"] = {
                    "siem": {"type": "splunk", "url": "https://siem.example.com", "token": {"env": "HEC_TOKEN"}},
                    "counts": {"type": "prometheus"},
                }
            if self._maybe(0.2):
                audit["required"] = True
            data["audit"] = audit

    # ----------------------------------------------------------------------------------------------------- routes
    def _defaults(self) -> Data:
        limits = tuple(self._limits)
        defaults: Data = {"auth": self._auth_choice(), "upstream": "main"}
        if self._maybe(0.5):
            self._default_limits = self._some(limits, 1, 2)
            defaults["rate_limits"] = self._default_limits
        if self._cors and self._maybe(0.7):
            defaults["cors"] = "web"
        if self._networks and self._maybe():
            defaults["network"] = "most"
        free = [c.name for c in self._conditions if self._anywhere(c) and c.principal and c.text.startswith("has(")]
        if free and self._maybe(0.4):
            defaults["forbid"] = free[:1]
        return defaults

    def _anywhere(self, condition: RandomCondition) -> bool:
        return not (condition.path or condition.constant or condition.body or condition.application)

    def _auth_choice(self) -> list[object]:
        names = self._some(tuple(self._auth), 1, len(self._auth))
        return list(names)

    def _routes(self) -> Data:
        templates = [
            "/", "/items", "/items/{item_id}", "/items/{item_id}/parts/{number}", "/departments/{department}/items",
            "/files/{rest+}", "/items/special", "/a.b-c_d~e/x", "/reports", "/a-b.c",
        ]  # fmt: skip
        chosen = ["/items", *self._some([t for t in templates if t != "/items"], 2, 5)]
        routes: Data = {}
        for template in chosen:
            item: Data = {}
            for method in self._some(("get", "head", "post", "put", "patch", "delete", "options"), 1, 3):
                item[method] = self._route(template, method)
            if self._maybe(0.2):
                item["compliance"] = ["pci-dss:7.2.1"]
            routes[template] = item
        return routes

    def _route(self, template: str, method: str) -> Data:
        if self._maybe(0.2):
            route: Data = {"public": True, "reason": self._prose()}
            counting = [name for name in self._default_limits if self._limits[name]["by"] != "ip"]
            counting += [name for name in self._default_limits if "count" in self._limits[name]]
            if counting:
                route["without"] = {"rate_limits": sorted(set(counting)), "reason": self._prose()}
        else:
            route = self._guarded_route(template, method)
        has_body = method in ("post", "put", "patch")
        self._input(route, template, has_body)
        if self._maybe(0.3):
            usable = [n for n, limit in self._limits.items() if limit["by"] == "ip" or "public" not in route]
            if usable:
                route["rate_limits"] = self._some(usable, 1, 2)
        if self._networks and self._maybe(0.2):
            route["network"] = self._rng.choice(self._networks)
        if self._cors and self._maybe(0.2):
            route["cors"] = self._rng.choice(("none", "web", "anyone"))
        if self._maybe(0.15):
            route["plain_http"] = True
        if method == "get" and self._cors and route.get("cors") != "none" and self._maybe(0.1):
            route["websocket"] = True
        return route

    def _guarded_route(self, template: str, method: str) -> Data:
        rng = self._rng
        auth = self._auth_choice()
        if "mesh" in self._auth and self._maybe(0.15):
            auth = [{"all": ["mesh", "users"]}]
        names = {"mesh", "users"} if isinstance(auth[0], dict) else {str(choice) for choice in auth}
        tokens = names & {"users", "others"}
        usable = [
            c for c in self._conditions if self._fits(c, template, method) and (not c.principal or tokens == names)
        ]
        route: Data = {"auth": auth}
        grants = [self._grant(usable, sorted(names)) for _ in range(rng.randint(1, 3))]
        route["allow"] = "authenticated" if self._maybe(0.25) else grants
        plain = [c for c in usable if not c.application]
        if plain and self._maybe(0.15):
            route["require"] = [rng.choice(plain).name]
        guarded = [c for c in plain if c.text.startswith("has(") and not c.constant]
        if guarded and self._maybe(0.2):
            route["forbid"] = [rng.choice(guarded).name]
        if any(c.constant for c in self._conditions):
            route["resource"] = {"required_level": rng.randint(1, 5)}
        return route

    def _fits(self, condition: RandomCondition, template: str, method: str) -> bool:
        if condition.body and method not in ("post", "put", "patch"):
            return False
        return not condition.path or f"{{{condition.path}}}" in template

    def _grant(self, usable: Sequence[RandomCondition], methods: Sequence[str]) -> Data:
        grant: Data = {}
        if self._maybe(0.5):
            grant["roles"] = self._some(_ROLES, 1, 3)
        if self._maybe(0.25):
            grant["permissions"] = self._some(_PERMISSIONS, 1, 2)
        if self._maybe(0.3):
            grant["scopes"] = self._some(_SCOPES, 1, 2)
        if self._maybe(0.15):
            grant["auth"] = self._some(methods, 1, 2)
        if self._has_clients and "users" in methods and self._maybe(0.15):
            grant["clients"] = ["nightly"]
        if usable and (self._maybe(0.4) or not grant):
            picked = self._rng.sample(list(usable), min(len(usable), self._rng.randint(1, 2)))
            grant["if"] = [c.name for c in picked]
            if any(c.application for c in picked):
                grant["enforce"] = "application"
        return grant or {"roles": ["viewer"]}

    def _input(self, route: Data, template: str, has_body: bool) -> None:
        rng = self._rng
        params: Data = {}
        if "{item_id}" in template and self._maybe():
            params["item_id"] = rng.choice(({"format": "uuid"}, {"type": "string", "pattern": "[a-z0-9-]{1,36}"}))
        if "{number}" in template:
            params["number"] = {"type": "integer", "minimum": 1, "maximum": 999}
        if params:
            route["params"] = params
        if self._maybe(0.3):
            route["query"] = {
                "limit": {"type": "integer", "minimum": 1, "maximum": 100},
                "status": {"enum": ["open", "it's", 'a "b"']}, "draft": {"type": "boolean"},
            }  # fmt: skip
        if self._maybe(0.2):
            route["header_params"] = {"X-Trace": {"type": "string", "maxLength": 16, "required": self._maybe()}}
        if has_body and self._maybe(0.6):
            body: Data = {"schema": _SCHEMA} if self._maybe(0.7) else {"max": "2KiB"}
            if self._maybe(0.3):
                body["required"] = self._maybe()
            route["body"] = body


_SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "properties": {
        "order": {
            "type": "object",
            "properties": {"amount": {"type": "number", "maximum": 100000}},
            "required": ["amount"],
        },
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 8}, "maxItems": 4},
    },
    "required": ["order"],
    "additionalProperties": False,
}
