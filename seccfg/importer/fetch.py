"""The only place that asks the network: one `https` GET, no redirects, bounded in size and time."""

from __future__ import annotations

import http.client
import ssl
import threading
import urllib.error
import urllib.request
from typing import Final

from seccfg.findings import InputError
from seccfg.source.files import show
from seccfg.spec.scalars import parse_https_url

__all__ = ["fetch"]

_TIMEOUT_S: Final = 10.0
_DEADLINE_S: Final = 30.0
_CHUNK: Final = 16 * 1024


def fetch(url: str, limit: int, ca: str | None = None) -> bytes:
    """
    What *url* answers.

    Args:
        limit: The most bytes it may have.
        ca: A file of PEM certificates to trust instead of the system's (which SSL_CERT_FILE names too).
    Raises:
        InputError: not an `https` URL, no answer in time, another status than 200, a redirect, or too many bytes.
    """
    try:
        parse_https_url(url)
    except ValueError as error:
        raise InputError(f"{show(url)}: {error}") from error
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=_context(ca)),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
        url, headers={"Accept": "application/json, application/jwk-set+json", "User-Agent": "seccfg"}
    )
    answers: list[bytes | InputError] = []
    asking = threading.Thread(target=lambda: answers.append(_ask(opener, request, url, limit)), daemon=True)
    asking.start()
    asking.join(_DEADLINE_S)  # a server may send a byte now and then for ever; each of them is in time
    if not answers:
        raise InputError(f"{show(url)}: no complete answer in {_DEADLINE_S:.0f} s")
    answer = answers[0]
    if isinstance(answer, InputError):
        raise answer
    return answer


def _ask(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, url: str, limit: int
) -> bytes | InputError:
    try:
        return _answer(opener, request, url, limit)
    except InputError as error:
        return error


def _answer(opener: urllib.request.OpenerDirector, request: urllib.request.Request, url: str, limit: int) -> bytes:
    try:
        with opener.open(request, timeout=_TIMEOUT_S) as response:
            return _read(response, limit, url)
    except urllib.error.HTTPError as error:
        with error:
            if 300 <= error.code < 400:
                to = show((error.headers.get("Location") or "nowhere")[:200])
                raise InputError(f"{show(url)}: it redirects to {to}; name that URL if it is right") from error
            raise InputError(f"{show(url)}: it answers with status {error.code}") from error
    except urllib.error.URLError as error:
        raise InputError(f"{show(url)}: {_reason(error.reason)}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InputError(f"{show(url)}: {_reason(error)}") from error


def _context(ca: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as error:
        raise InputError(f"{show(ca or '')}: holds no certificates that can be read") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _read(response: http.client.HTTPResponse, limit: int, url: str) -> bytes:
    if response.status != 200:
        raise InputError(f"{show(url)}: it answers with status {response.status}")
    found = bytearray()
    while chunk := response.read1(_CHUNK):
        found += chunk
        if len(found) > limit:
            raise InputError(f"{show(url)}: larger than {limit // 1024} KiB")
    if response.length:
        raise InputError(f"{show(url)}: the answer breaks off")
    return bytes(found)


def _reason(error: object) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {show(error.verify_message.lower())}"
        case ssl.SSLError():
            return "no TLS connection to it can be made"
        case TimeoutError():
            return "it does not answer in time"
        case OSError():
            return (error.strerror or "it cannot be reached").lower()
        case _:
            return "it gives no answer that can be read"
