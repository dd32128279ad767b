"""Settings: what a deployment may say, and that every mistake is one clear line at start."""

from __future__ import annotations

import json

import pytest

from seccfg_runtime.runtime.model import (
    Audit,
    Edge,
    HeaderPlace,
    JwtVerifier,
    KeySet,
    KeyVerifier,
    Policy,
    SecretRef,
)
from seccfg_runtime.runtime.settings import SettingsError, package_prefix, read_settings, setting_names

SECRET = "correct horse battery staple"
RECORD = {"id": "k1", "sha256": "0" * 64, "subject": "acme", "expires": "2026-01-30T00:00:00Z", "addresses": ["10.0.0.0/8"]}


def policy(*, proxies: tuple[str, ...] = ("10.0.0.0/8",), hash_key: SecretRef | None = None) -> Policy:
    return Policy(
        name="orders",
        hosts=("api.example.com",),
        routes=(),
        verifiers=(
            JwtVerifier(
                name="staff-users", issuer="https://id.example.com", audiences=("orders",), algorithms=("ES256",),
                keys=KeySet(url="https://id.example.com/jwks"), asserts=frozenset(),
            ),
            KeyVerifier(
                name="partner", places=(HeaderPlace("x-api-key"),), asserts=frozenset(), store=SecretRef(env="PARTNER_KEYS")
            ),
        ),
        trusted_proxies=proxies,
        edge=Edge(audit=Audit(hash_key=hash_key)),
    )  # fmt: skip


def read(env: dict[str, str], **options: object):
    return read_settings(policy(**options), {"PARTNER_KEYS": "[]", **env}, prefix="ORDERS_")


def problems(env: dict[str, str], **options: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(env, **options)
    return str(caught.value).splitlines()


def test_everything_has_a_default_but_secrets():
    """An empty environment is enough for a policy without secrets."""
    settings = read({})
    assert not settings.behind_gateway
    assert settings.audit_log == "stderr"
    assert settings.key_set_files == {}


def test_names_of_settings_start_with_the_package():
    """Two packages in one process do not share settings."""
    assert package_prefix() == "SECCFG_RUNTIME_"
    assert setting_names(policy(hash_key=SecretRef(env="HASH_KEY")), "ORDERS_") == (
        "HASH_KEY", "ORDERS_AUDIT_LOG", "ORDERS_BEHIND", "ORDERS_JWKS_STAFF_USERS_FILE", "PARTNER_KEYS",
    )  # fmt: skip


def test_every_problem_is_reported_at_once(tmp_path):
    """One start shows all that is wrong, one line each, naming the setting and the way out."""
    lines = problems(
        {
            "ORDERS_BEHIND": "yes",
            "ORDERS_AUDIT_LOG": str(tmp_path / "missing" / "log"),
            "ORDERS_JWKS_STAFF_USERS_FILE": str(tmp_path / "none.json"),
            "PARTNER_KEYS": "",
        },
        hash_key=SecretRef(env="HASH_KEY"),
    )
    assert [line.partition(":")[0] for line in lines] == [
        "ORDERS_BEHIND", "ORDERS_AUDIT_LOG", "ORDERS_JWKS_STAFF_USERS_FILE", "PARTNER_KEYS", "HASH_KEY",
    ]  # fmt: skip
    assert all("; " in line for line in lines)


def test_no_value_is_ever_shown():
    """Not of a secret, not of anything that might be one by mistake."""
    lines = problems(
        {"ORDERS_BEHIND": SECRET, "PARTNER_KEYS": SECRET, "HASH_KEY": SECRET[:8]}, hash_key=SecretRef(env="HASH_KEY")
    )
    assert len(lines) == 3
    assert not any(SECRET[:8] in line for line in lines)


def test_behind_gateway_needs_a_trusted_proxy():
    """Nobody can be told apart from the gateway where no address is trusted."""
    assert read({"ORDERS_BEHIND": "gateway"}).behind_gateway
    assert "trusts no proxy" in problems({"ORDERS_BEHIND": "gateway"}, proxies=())[0]


def test_key_records_come_from_the_environment():
    """Records of the environment are typed and checked like those of a file."""
    records = read({"PARTNER_KEYS": json.dumps([{**RECORD, "attributes": {"tenant": "acme"}}])}).key_records["partner"]
    assert records[0].id == "k1"
    assert records[0].expires_s == 1769731200
    assert dict(records[0].attributes) == {"tenant": "acme"}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "a.b"}, {"id": 1}, {"id": ""}, {"sha256": "A" * 64}, {"sha256": "00"}, {"subject": ""}, {"subject": None},
        {"roles": "admin"}, {"roles": [1]}, {"scopes": [""]}, {"attributes": []}, {"not_before": "soon"}, {"expires": True},
        {"expires": "2026-02-30T00:00:00Z"}, {"addresses": ["10.0.0.1/8"]}, {"addresses": ["here"]}, {"secret": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_a_record_of_another_shape_stops_the_start(change):
    """A record that is only nearly right is not guessed at."""
    (line,) = problems({"PARTNER_KEYS": json.dumps([{**RECORD, **change}])})
    assert line.startswith("PARTNER_KEYS: ")


@pytest.mark.parametrize(
    "text",
    ["{}", "[1]", "null", "[" * 100_000, json.dumps([RECORD, RECORD])],
    ids=["object", "number", "null", "deep", "twice"],
)
def test_what_is_no_list_of_records_stops_the_start(text):
    """One line, no traceback."""
    (line,) = problems({"PARTNER_KEYS": text})
    assert line.startswith("PARTNER_KEYS: ")


def test_a_short_hash_key_stops_the_start():
    """Hashes under a guessable key would show the subjects."""
    assert "shorter" in problems({"HASH_KEY": "short"}, hash_key=SecretRef(env="HASH_KEY"))[0]
    ref = SecretRef(env="HASH_KEY")
    assert read({"HASH_KEY": SECRET}, hash_key=ref).hash_keys == {ref: SECRET.encode()}


def test_secrets_may_stand_in_files(tmp_path):
    """A final line feed is not part of the secret."""
    file = tmp_path / "hash.key"
    file.write_text(SECRET + "\n")
    ref = SecretRef(file=str(file))
    assert read({}, hash_key=ref).hash_keys == {ref: SECRET.encode()}
    assert "cannot be read" in problems({}, hash_key=SecretRef(file=str(tmp_path / "none")))[0]


def test_a_key_set_file_is_checked_at_start(tmp_path, key_maker):
    """A file that could not be used fails at start, not at the first token."""
    file = tmp_path / "jwks.json"
    file.write_bytes(key_maker.document("a"))
    name = "ORDERS_JWKS_STAFF_USERS_FILE"
    assert read({name: str(file)}).key_set_files == {"staff-users": str(file)}
    file.write_bytes(b"{}")
    assert "no usable key set" in problems({name: str(file)})[0]
