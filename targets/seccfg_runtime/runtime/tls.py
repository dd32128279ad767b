"""TLS as the policy asks for it: the listener's floor, ciphers and client certificates, and verified upstreams."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
)  # fmt: skip
"""TLS 1.2 suites with forward secrecy and authenticated encryption; TLS 1.3 brings its own three."""
_TLS13_SUITES = frozenset({"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})


class TlsError(Exception):
    """TLS cannot be set up as asked; the message is one line."""


def server_context(
    *,
    certificate: str,
    key: str,
    min_version: str,
    ciphers: str | Sequence[str],
    client_ca_pem: str = "",
) -> ssl.SSLContext:
    """
    The listener's context.

    Args:
        certificate: Path of the PEM chain, leaf first.
        key: Path of its unencrypted PEM key.
        min_version: `1.2` or `1.3`.
        ciphers: `modern` (TLS 1.3 only), `intermediate`, or OpenSSL suite names; a list without TLS 1.3 suites means
            TLS 1.2 only.
        client_ca_pem: Authorities a client certificate must come from; empty: none is asked for.
    Raises:
        TlsError: A file cannot be used, or the ciphers cannot be kept to exactly.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    floor13 = min_version == "1.3" or ciphers == "modern"
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if floor13 else ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    if ciphers == "intermediate":
        context.set_ciphers(":".join(INTERMEDIATE))
    elif not isinstance(ciphers, str):
        _keep_to(context, tuple(ciphers), floor13)
    _load_chain(context, certificate, key)
    if client_ca_pem:
        try:
            context.load_verify_locations(cadata=client_ca_pem)
        except (ssl.SSLError, ValueError) as error:
            raise TlsError("the client certificate authorities are no PEM certificates") from error
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def client_context(verify: bool) -> ssl.SSLContext:
    """The context towards an https upstream: verified unless the policy says `tls: insecure` for it."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _keep_to(context: ssl.SSLContext, names: tuple[str, ...], floor13: bool) -> None:
    newer = _TLS13_SUITES.intersection(names)
    older = [name for name in names if name not in newer]
    if newer and newer != _TLS13_SUITES:
        missing = ", ".join(sorted(_TLS13_SUITES - newer))
        raise TlsError(f"TLS 1.3 suites cannot be chosen singly here; add {missing} to `tls.ciphers` or leave all out")
    if floor13 and not newer:
        raise TlsError("`tls.ciphers` names no TLS 1.3 suite and `tls.min_version` is 1.3")
    if not newer:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if not older:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return
    for name in older:
        if not _is_suite(context, name):
            raise TlsError(f"unknown cipher suite `{name}` in `tls.ciphers`; OpenSSL names are needed")
    context.set_ciphers(":".join(older))


def _is_suite(context: ssl.SSLContext, name: str) -> bool:
    """Whether *name* is one suite, not a word such as `HIGH` that stands for many; leaves *context* set to it."""
    try:
        context.set_ciphers(name)
    except ssl.SSLError:
        return False
    return {suite["name"] for suite in context.get_ciphers()} - _TLS13_SUITES == {name}


def _load_chain(context: ssl.SSLContext, certificate: str, key: str) -> None:
    for option, path in (("--tls-cert", certificate), ("--tls-key", key)):
        try:
            with open(path, "rb") as file:
                file.read(1)
        except OSError as error:
            raise TlsError(f"{option}: `{path}` cannot be read ({error.strerror})") from error

    def no_password() -> str:
        raise TlsError(f"--tls-key: `{key}` is encrypted; give a key without a passphrase")

    try:
        context.load_cert_chain(certificate, key, password=no_password)
    except ssl.SSLError as error:
        what = "do not belong together" if error.reason == "KEY_VALUES_MISMATCH" else "are no PEM certificate and key"
        raise TlsError(f"--tls-cert and --tls-key: `{certificate}` and `{key}` {what}") from error
