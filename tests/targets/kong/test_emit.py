"""What stands in the emitted files, where reading it matters more than deciding by it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from seccfg import api
from seccfg.findings import InputError
from seccfg.targetapi.base import Output
from seccfg_kong import TARGET
from seccfg_kong.kongnode.validation import validate

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture(scope="module")
def orders() -> Output:
    loaded = api.load(str(EXAMPLES / "orders" / "seccfg.yaml"))
    return TARGET.compile(api.policy(loaded), api.options_of(loaded.spec, "kong"))


@pytest.fixture(scope="module")
def document(orders: Output) -> dict[str, Any]:
    content = next(file.content for file in orders.files if file.path == "kong.yaml")
    found: dict[str, Any] = yaml.safe_load(content)
    return found


def routes_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [route for service in document["services"] for route in service["routes"]]


def test_every_route_has_the_same_matchers(document: dict[str, Any]) -> None:
    """Methods and one regular expression with both ends, nothing else: the two router flavors agree on them alone."""
    for route in routes_of(document):
        assert {"hosts", "headers", "snis"} & route.keys() == set()
        assert len(route["methods"]) == 1
        (path,) = route["paths"]
        assert re.fullmatch(r"~/.*\$", path)
        assert 0 <= route["regex_priority"] <= 1023
        assert route["strip_path"] is False


def test_what_no_route_takes_has_no_service(document: dict[str, Any]) -> None:
    """The route that catches the rest leads nowhere, whatever its functions say."""
    (rest,) = document["routes"]
    assert rest["paths"] == ["/"]
    assert "service" not in rest
    assert "methods" not in rest


def test_nothing_is_sent_twice(document: dict[str, Any]) -> None:
    """Kong would send a request again that an upstream may have acted on."""
    assert [service["retries"] for service in document["services"]] == [0] * len(document["services"])


def test_each_plugin_is_in_its_scope_once(document: dict[str, Any]) -> None:
    """Kong runs one instance of a plugin for a request; of two in one scope the last would win in silence."""
    scopes = [document["plugins"], *(route["plugins"] for route in [*routes_of(document), *document["routes"]])]
    for plugins in scopes:
        names = [plugin["name"] for plugin in plugins]
        assert len(names) == len(set(names))
        assert all("id" not in plugin and plugin.get("enabled", True) for plugin in plugins)


def test_tokens_are_taken_from_our_own_header_alone(document: dict[str, Any]) -> None:
    """The jwt plugin reads no query, no cookie and no header a client fills, and lets refusals come back to the program."""
    jwts = [p["config"] for route in routes_of(document) for p in route["plugins"] if p["name"] == "jwt"]
    assert jwts
    for config in jwts:
        assert (config["uri_param_names"], config["cookie_names"], config["header_names"]) == ([], [], ["x-seccfg-token"])
        assert config["run_on_preflight"] is True
        assert config["anonymous"] in {consumer["username"] for consumer in document["consumers"]}


def test_no_secret_stands_in_a_log(document: dict[str, Any]) -> None:
    """Each log plugin leaves out every header that carries a credential."""
    logs = [p["config"] for p in document["plugins"] if p["name"].endswith("-log")]
    assert len(logs) == 2
    for config in logs:
        for name in ("authorization", "cookie", "x-api-key", "x-seccfg-token"):
            assert config["custom_fields_by_lua"][f"request.headers.{name}"] == "return nil"


def test_upstream_certificates_are_checked(document: dict[str, Any]) -> None:
    """Kong checks none unless it is told to."""
    verified = {s["name"]: s.get("tls_verify") for s in document["services"]}
    assert verified == {"orders-batch": None, "orders-main": True}


def test_what_only_the_node_can_set(orders: Output) -> None:
    """kong.conf: TLS, trusted proxies, buffers as large as the largest body, no headers of Kong's own."""
    text = next(file.content for file in orders.files if file.path == "kong.conf").decode()
    settings = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    assert settings["ssl_cipher_suite"] == "intermediate"
    assert settings["trusted_ips"] == "10.0.0.0/8"
    assert settings["untrusted_lua"] == "sandbox"
    assert settings["headers"] == "off"
    assert int(settings["nginx_http_client_body_buffer_size"]) > 1024 * 1024


def test_functions_use_the_names_of_the_sandbox_alone(document: dict[str, Any]) -> None:
    """Nothing is required, and no name of the host is reached that Kong 3.9 does not hand out."""
    chunks = [text for p in document["plugins"] if p["name"] == "pre-function" for texts in p["config"].values() for text in texts]
    for chunk in chunks:
        code = re.sub(r'"(?:[^"\\]|\\.)*"|--[^\n]*', "", chunk)
        outside = r"\b(require|setmetatable|getmetatable|rawget|rawset|loadstring|bit|jit|ffi|io|debug|package|print)\b"
        assert not re.search(outside, code)


def test_a_broken_configuration_is_our_own_fault(document: dict[str, Any]) -> None:
    """The schema check knows a wrong type, an unknown key and a missing name where they stand."""
    assert validate(document) == []
    wrong = {**document, "routes": [{**document["routes"][0], "strip_path": "no", "surprise": 1}]}
    assert {path for path, _ in validate(wrong)} == {"routes[0].strip_path", "routes[0].surprise"}


@pytest.mark.parametrize("option", ['{"mode": "magic"}', '{"colour": "red"}'])
def test_unknown_options_are_refused(option: str) -> None:
    """One line says which options and words there are."""
    import json

    policy = api.policy(api.load(str(EXAMPLES / "minimal" / "seccfg.yaml")))
    with pytest.raises(InputError, match=r"option"):
        TARGET.compile(policy, {key: json.dumps(value) for key, value in json.loads(option).items()})
