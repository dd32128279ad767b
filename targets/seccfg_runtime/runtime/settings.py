"""What a deployment says at start: environment variables, checked all at once. Nothing here can weaken a check."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from .jwks import file_reader
from .keyset import KeySetError, parse_key_set
from .model import JwtVerifier, KeyRecord, KeyVerifier, Policy, SecretRef
from .records import RecordsError, parse_records
from .structs import dataclass, field

_MIN_HASH_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the environment: the setting, what is wrong, how to mend it. Never a value."""

    name: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what}; {self.fix}"


class SettingsError(Exception):
    """The environment cannot be used. Carries every problem, not only the first; its text has one line for each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Checked settings.

    Args:
        behind_gateway: Requests come from a gateway in `trusted_proxies` that has done the rest (`BEHIND=gateway`).
        audit_log: Where audit events go: `stderr`, `stdout` or the path of a file they are appended to.
        key_set_files: Verifier name to the key set file read, and read again, instead of its URL or built-in set.
        key_records: Verifier name to the API key records of its environment variable or file.
        hash_keys: Reference to the key that subjects in audit events are hashed with.
    """

    behind_gateway: bool = False
    audit_log: str = "stderr"
    key_set_files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    key_records: Mapping[str, tuple[KeyRecord, ...]] = field(default_factory=lambda: MappingProxyType({}))
    hash_keys: Mapping[SecretRef, bytes] = field(default_factory=lambda: MappingProxyType({}))


def package_prefix() -> str:
    """`ORDERS_SECURITY_` in the package `orders_security`: what the names of its settings start with."""
    package = __name__.rpartition(".runtime.")[0].rpartition(".")[2]
    return f"{package.upper()}_"


def setting_names(policy: Policy, prefix: str | None = None) -> tuple[str, ...]:
    """Every environment variable `read_settings` looks at, sorted."""
    start = package_prefix() if prefix is None else prefix
    names = {f"{start}BEHIND", f"{start}AUDIT_LOG"}
    names |= {_file_setting(start, verifier.name) for verifier in policy.verifiers if isinstance(verifier, JwtVerifier)}
    names |= {secret.env for secret in policy.secrets() if secret.env}
    return tuple(sorted(names))


def read_settings(policy: Policy, environ: Mapping[str, str] | None = None, prefix: str | None = None) -> Settings:
    """
    The settings of *environ* (default: the process's own).

    Raises:
        SettingsError: Anything is missing or wrong; every problem is in it.
    """
    env = os.environ if environ is None else environ
    start = package_prefix() if prefix is None else prefix
    problems: list[Problem] = []
    behind = _behind(f"{start}BEHIND", env, policy, problems)
    audit_log = _audit_log(f"{start}AUDIT_LOG", env, problems)
    key_set_files: dict[str, str] = {}
    key_records: dict[str, tuple[KeyRecord, ...]] = {}
    for verifier in policy.verifiers:
        if isinstance(verifier, JwtVerifier):
            path = _key_set_file(_file_setting(start, verifier.name), env, verifier, problems)
            if path:
                key_set_files[verifier.name] = path
        elif isinstance(verifier, KeyVerifier) and verifier.store is not None and not verifier.records:
            text = _secret(verifier.store, f"the key records of `{verifier.name}`", env, problems)
            if text is not None:
                try:
                    key_records[verifier.name] = parse_records(text)
                except RecordsError as error:
                    fix = 'write [{"id": …, "sha256": …, "subject": …}]'
                    problems.append(Problem(_place(verifier.store), str(error), fix))
    hash_keys: dict[SecretRef, bytes] = {}
    for ref in sorted(_hash_keys(policy), key=_place):
        text = _secret(ref, "the key that audit subjects are hashed with", env, problems)
        if text is None:
            continue
        if len(text.encode("utf-8", "surrogateescape")) < _MIN_HASH_KEY_BYTES:
            fix = "make one with `openssl rand -hex 32`"
            problems.append(Problem(_place(ref), f"is shorter than {_MIN_HASH_KEY_BYTES} bytes", fix))
            continue
        hash_keys[ref] = text.encode("utf-8", "surrogateescape")
    if problems:
        raise SettingsError(tuple(problems))
    return Settings(
        behind, audit_log, MappingProxyType(key_set_files), MappingProxyType(key_records), MappingProxyType(hash_keys)
    )


def _behind(name: str, env: Mapping[str, str], policy: Policy, problems: list[Problem]) -> bool:
    value = env.get(name, "")
    if value not in ("", "gateway"):
        problems.append(Problem(name, "has an unknown value", "leave it unset, or set it to `gateway`"))
    if value == "gateway" and not policy.trusted_proxies:
        fix = "list the gateway's addresses under `network.trusted_proxies` and build again"
        problems.append(Problem(name, "is `gateway`, but the policy trusts no proxy", fix))
    return value == "gateway"


def _audit_log(name: str, env: Mapping[str, str], problems: list[Problem]) -> str:
    value = env.get(name, "") or "stderr"
    if value not in ("stderr", "stdout"):
        try:
            with open(value, "ab"):
                pass
        except OSError as error:
            fix = "name a file that can be appended to, `stderr` or `stdout`"
            problems.append(Problem(name, f"cannot be written ({error.strerror})", fix))
    return value


def _key_set_file(name: str, env: Mapping[str, str], verifier: JwtVerifier, problems: list[Problem]) -> str:
    path = env.get(name, "")
    if path:
        try:
            parse_key_set(file_reader(path)(), verifier.algorithms)
        except OSError as error:
            problems.append(Problem(name, f"cannot be read ({error.strerror})", "name a key set file of the issuer"))
        except KeySetError as error:
            problems.append(Problem(name, f"holds no usable key set: {error}", "name a key set file of the issuer"))
    return path


def _secret(ref: SecretRef, what: str, env: Mapping[str, str], problems: list[Problem]) -> str | None:
    if ref.env:
        value = env.get(ref.env, "")
        if not value:
            problems.append(Problem(ref.env, "is not set", f"set it to {what}"))
        return value or None
    try:
        with open(ref.file, encoding="utf-8") as file:
            return file.read().removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        problems.append(Problem(ref.file, f"cannot be read ({reason})", f"write {what} into it"))
        return None


def _hash_keys(policy: Policy) -> set[SecretRef]:
    parts = (policy.edge.audit, *(route.audit for route in policy.routes))
    return {audit.hash_key for audit in parts if audit.hash_key is not None}


def _place(ref: SecretRef) -> str:
    return ref.env or ref.file


def _file_setting(prefix: str, verifier: str) -> str:
    return f"{prefix}JWKS_{verifier.upper().replace('-', '_')}_FILE"
