"""What stands in front of the proxy: the load balancer, as load-balancer.json describes it, and the environment's idea of
the client's address, as environment.json sets it."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from seccfg.ir.request import Request
from seccfg_apigee.engine_message import Message

__all__ = ["Edge"]

_OWN_ADDRESS: Final = "35.191.10.1"
_CERT_HEADERS: Final = {
    "{client_cert_present}": "present", "{client_cert_chain_verified}": "verified", "{client_cert_uri_sans}": "sans",
}  # fmt: skip


class Edge:
    """Turns what arrives at the load balancer into what the message processor sees."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._balancer: dict[str, Any] = json.loads(files.get("load-balancer.json", b"{}"))
        environment: dict[str, Any] = json.loads(files.get("environment.json", b"{}"))
        resolution = environment.get("clientIpResolutionConfig", {}).get("headerIndexAlgorithm", {})
        self._header = str(resolution.get("ipHeaderName", "X-Forwarded-For"))
        self._index = int(resolution.get("ipHeaderIndex", 0))
        self._certificates: dict[str, Any] = self._balancer.get("clientCertificates", {})

    def message(self, request: Request) -> Message:
        """The request with what the load balancer adds and replaces."""
        try:
            content = request.body.decode("utf-8")
        except UnicodeDecodeError:
            content = request.body.decode("utf-8", "replace")
        held = Message(request.headers, content)
        if request.chunked and "transfer-encoding" not in held.headers:
            held.add("Transfer-Encoding", "chunked")
        elif request.body and "content-length" not in held.headers and not request.chunked:
            held.add("Content-Length", str(len(request.body)))
        if self._balancer.get("forwardedProto") == "replaced":
            held.set("X-Forwarded-Proto", request.scheme)
        appended = int(self._balancer.get("appendsToForwardedFor", 0))
        if appended > 0:
            held.add("X-Forwarded-For", ", ".join([request.peer, *[_OWN_ADDRESS] * (appended - 1)]))
        for text in self._certificates.get("customRequestHeaders", []):
            name, _, value = str(text).partition(":")
            held.set(name, self._certificate(request)[_CERT_HEADERS[value]])
        return held

    def client_address(self, message: Message) -> str:
        """`client.resolved.ip`."""
        parts = (message.joined(self._header) or "").split(",")
        try:
            return parts[self._index].strip()
        except IndexError:
            return parts[0].strip()

    def _certificate(self, request: Request) -> dict[str, str]:
        found = {"present": "false", "verified": "false", "sans": ""}
        if not request.certificate:
            return found
        found["present"] = "true"
        try:
            sent = x509.load_pem_x509_certificates(request.certificate.encode())
        except ValueError:
            return found
        found["verified"] = "true" if self._verified(sent, request.now_s) else "false"
        found["sans"] = ",".join(base64.b64encode(uri.encode()).decode() for uri in _uris(sent[0]))
        return found

    def _verified(self, sent: list[x509.Certificate], now_s: int) -> bool:
        anchors = [
            certificate for pem in self._certificates.get("trustAnchors", []) if pem
            for certificate in x509.load_pem_x509_certificates(str(pem).encode())
        ]  # fmt: skip
        if not anchors:
            return False
        now = datetime.datetime.fromtimestamp(now_s, datetime.UTC).replace(tzinfo=None)
        try:
            PolicyBuilder().store(Store(anchors)).time(now).build_client_verifier().verify(sent[0], sent[1:])
        except (VerificationError, ValueError):
            return False
        return True


def _uris(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
