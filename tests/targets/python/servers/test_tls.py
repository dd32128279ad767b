"""TLS as the policy asks for it, shown by real handshakes."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from seccfg_runtime.runtime.tls import INTERMEDIATE, TlsError, client_context, server_context


def context(identity, **changes: object) -> ssl.SSLContext:
    options: dict[str, object] = {"min_version": "1.2", "ciphers": "intermediate", "client_ca_pem": "", **changes}
    return server_context(certificate=identity.cert_file, key=identity.key_file, **options)


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[str, str, bytes | None]:
    """Version, cipher and client certificate of a handshake; the client's error otherwise."""
    ours, theirs = socket.socketpair()
    seen: list[bytes | None] = []

    def serve() -> None:
        try:
            with server.wrap_socket(theirs, server_side=True) as tls:
                seen.append(tls.getpeercert(binary_form=True))
                tls.sendall(b"x")
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname="localhost") as tls:
            if tls.recv(1) != b"x":
                raise ConnectionResetError("closed")
            return str(tls.version()), tls.cipher()[0], seen[0]
    finally:
        ours.close()
        thread.join()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_are_refused(server_identity, trust):
    """TLS 1.1 never; TLS 1.2 unless the floor is 1.3."""
    trust.set_ciphers("ALL:@SECLEVEL=0")
    trust.minimum_version = ssl.TLSVersion.TLSv1
    trust.maximum_version = ssl.TLSVersion.TLSv1_1
    lax = context(server_identity)
    lax.minimum_version = ssl.TLSVersion.TLSv1
    lax.set_ciphers("ALL:@SECLEVEL=0")
    assert handshake(lax, trust)[0] == "TLSv1.1"
    with pytest.raises(OSError):
        handshake(context(server_identity), trust)
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    assert handshake(context(server_identity), trust)[0] == "TLSv1.2"
    with pytest.raises(OSError):
        handshake(context(server_identity, min_version="1.3"), trust)
    with pytest.raises(OSError):
        handshake(context(server_identity, ciphers="modern"), trust)


def test_the_newest_version_is_preferred(server_identity, trust):
    """Both sides being able, TLS 1.3 is spoken."""
    assert handshake(context(server_identity), trust)[0] == "TLSv1.3"


@pytest.mark.parametrize("suite", ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256"])
def test_intermediate_takes_no_weak_suite(server_identity, trust, suite):
    """Neither key exchange without forward secrecy nor CBC."""
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    trust.set_ciphers(f"{suite}:@SECLEVEL=0")
    with pytest.raises(OSError):
        handshake(context(server_identity), trust)


def test_intermediate_suites_exist_here():
    """Every suite of the profile is known to the TLS library."""
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    probe.set_ciphers(":".join(INTERMEDIATE))
    assert set(INTERMEDIATE) <= {suite["name"] for suite in probe.get_ciphers()}


def test_an_explicit_list_is_kept_to_exactly(server_identity, trust):
    """A list of TLS 1.2 suites means TLS 1.2 with these suites only."""
    only = context(server_identity, ciphers=("ECDHE-ECDSA-AES256-GCM-SHA384",))
    assert handshake(only, trust)[:2] == ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")
    trust.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with pytest.raises(OSError):
        handshake(only, trust)


TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")


def test_a_list_of_tls13_suites_means_tls13(server_identity, trust):
    """All three TLS 1.3 suites and no older one: older versions are refused."""
    newer = context(server_identity, ciphers=TLS13)
    assert handshake(newer, trust)[0] == "TLSv1.3"
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError):
        handshake(newer, trust)


@pytest.mark.parametrize(
    "ciphers, floor, said",
    [
        (("HIGH",), "1.2", "unknown cipher suite `HIGH`"),
        (("DEFAULT",), "1.2", "unknown"),
        (("AES128-NONSENSE",), "1.2", "unknown"),
        ((TLS13[0],), "1.2", "singly"),
        (("ECDHE-ECDSA-AES128-GCM-SHA256",), "1.3", "no TLS 1.3 suite"),
    ],
)
def test_a_list_that_cannot_be_kept_to_stops_the_start(server_identity, ciphers, floor, said):
    """A name for many suites, an unknown one, or a part of the TLS 1.3 suites: said, not approximated."""
    with pytest.raises(TlsError, match=said):
        context(server_identity, ciphers=ciphers, min_version=floor)


def test_client_certificates_are_asked_for_only_where_a_policy_needs_them(server_identity, authority, trust):
    """A certificate of the named authority arrives; without one the handshake goes on."""
    wants = context(server_identity, client_ca_pem=authority.identity.pem)
    assert handshake(wants, trust)[2] is None
    client = authority.client("spiffe://example.com/a")
    trust.load_cert_chain(client.cert_file, client.key_file)
    assert handshake(wants, trust)[2] == client.certificate.public_bytes(serialization.Encoding.DER)
    assert handshake(context(server_identity), trust)[2] is None


def test_a_certificate_of_a_stranger_ends_the_handshake(server_identity, authority, stranger, trust):
    """It never reaches the guard."""
    client = stranger.client("spiffe://example.com/a")
    trust.load_cert_chain(client.cert_file, client.key_file)
    with pytest.raises(OSError):
        handshake(context(server_identity, client_ca_pem=authority.identity.pem), trust)


def test_unusable_files_are_said_in_one_line(server_identity, authority, tmp_path: Path):
    """Which option, which file, what is wrong with it."""

    def said(cert: str, key: str, **options: str) -> str:
        with pytest.raises(TlsError) as caught:
            server_context(certificate=cert, key=key, min_version="1.2", ciphers="intermediate", **options)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    cert, key = server_identity.cert_file, server_identity.key_file
    junk = tmp_path / "junk.pem"
    junk.write_text("junk")
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        server_identity.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"pw")
        )
    )
    assert "--tls-cert" in said(str(tmp_path / "none"), key)
    assert "--tls-key" in said(cert, str(tmp_path / "none"))
    assert "no PEM" in said(str(junk), key)
    assert "do not belong together" in said(authority.cert_file, key)
    assert "encrypted" in said(cert, str(locked))
    assert "authorities" in said(cert, key, client_ca_pem="junk")


def test_upstreams_are_verified_unless_the_policy_says_otherwise():
    """Only the policy can switch it off."""
    assert client_context(True).verify_mode is ssl.CERT_REQUIRED
    assert client_context(True).check_hostname
    assert client_context(False).verify_mode is ssl.CERT_NONE
