"""Key sets at run time: embedded, read from a file, or fetched over https and kept fresh in the background.

A request never waits for the network: it reads the keys held now. Keys older than `max_stale_s` are not used at all.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .keyset import MAX_BYTES, KeySetError, VerificationKey, parse_key_set
from .model import JwtVerifier, Verifier

if TYPE_CHECKING:
    import ssl

FETCH_DEADLINE_S = 10.0
_READ_TIMEOUT_S = 5.0
_RETRY_S = 15.0
_ALWAYS = float("inf")
_ROTATION_PAUSE_S = 30.0
_CERT_REQUIRED = 2
"""`ssl.CERT_REQUIRED`, which is not loaded for this alone."""

Read = Callable[[], bytes]


class KeysUnavailable(Exception):
    """No key set fresh enough is at hand: tokens cannot be judged."""


class KeySource:
    """
    The keys of one issuer.

    A key that stays in the set stays the same object; one that was withdrawn is no longer found.

    Args:
        name: The verifier's name, for log lines.
        algorithms: What its tokens may be signed with.
        embedded: The key set the package was built with, empty when there is none.
        read: Reads the key set anew (`https_reader`, `file_reader`); None: the embedded set is all there is.
        refresh_s: Seconds between two reads.
        max_stale_s: Seconds after which keys that could not be read again are no longer used.
        monotonic: Clock of freshness, a seam for tests.
    Raises:
        KeySetError: The embedded set cannot be used, or there is neither an embedded set nor *read*.
    """

    def __init__(
        self,
        name: str,
        *,
        algorithms: Sequence[str],
        embedded: bytes = b"",
        read: Read | None = None,
        refresh_s: float = 600.0,
        max_stale_s: float = 3600.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.read = read
        self._algorithms = tuple(algorithms)
        self._refresh_s = refresh_s
        self._max_stale_s = max_stale_s
        self._monotonic = monotonic
        self._keys: Mapping[str, VerificationKey] = {}
        self._document = b""
        self._good_until = float("-inf")
        self._last_attempt = float("-inf")
        self._due = monotonic()
        self._wake: Callable[[], None] | None = None
        if embedded:
            self._keys = parse_key_set(embedded, self._algorithms)
            self._document = embedded
            self._good_until = _ALWAYS if read is None else monotonic() + max_stale_s
        elif read is None:
            raise KeySetError("neither a key set nor a place to read one from")

    def key(self, kid: str) -> VerificationKey | None:
        """
        The key called *kid*, None when the set has none: another read is then asked for, at most one in 30 s.

        Raises:
            KeysUnavailable: The set is older than `max_stale_s` or was never read.
        """
        if self._good_until != _ALWAYS and self._monotonic() >= self._good_until:
            raise KeysUnavailable(self.name)
        found = self._keys.get(kid)
        if found is None and self.read is not None:
            self._ask_again()
        return found

    def fresh(self) -> bool:
        """Whether the keys held may be used now."""
        return self._monotonic() < self._good_until

    def due_in(self) -> float | None:
        """Seconds until the set should be read again, None when there is nothing to read."""
        return None if self.read is None else max(0.0, self._due - self._monotonic())

    def refresh(self) -> bool:
        """Read the set once; a set that cannot be read or used leaves the one held in place. True when it could."""
        if self.read is None:
            return True
        self._last_attempt = self._monotonic()
        try:
            document = self.read()
            keys = self._keys if document == self._document else self._keeping(document)
        except (OSError, KeySetError, ValueError) as error:
            self._due = self._monotonic() + min(self._refresh_s, _RETRY_S)
            import logging  # loaded by whoever needs it: a function that starts keeps a request waiting

            logging.getLogger(__name__).warning("key set of `%s` could not be read: %s", self.name, _one_line(error))
            return False
        if keys is not self._keys:
            self._keys, self._document = keys, document
        now = self._monotonic()
        self._good_until = now + self._max_stale_s
        self._due = now + self._refresh_s
        return True

    def _keeping(self, document: bytes) -> Mapping[str, VerificationKey]:
        """The keys of *document*; one held already stays the same object, so that what it verified stays good."""
        held, parsed = self._keys, parse_key_set(document, self._algorithms)
        return {kid: held[kid] if held.get(kid) == key else key for kid, key in parsed.items()}

    def notify(self, wake: Callable[[], None]) -> None:
        """Call *wake* whenever the set should be read earlier than planned."""
        self._wake = wake

    def _ask_again(self) -> None:
        now = self._monotonic()
        if now - self._last_attempt >= _ROTATION_PAUSE_S:
            self._last_attempt = now
            self._due = now
            if self._wake is not None:
                self._wake()


class KeyRefresher:
    """One daemon thread that keeps key sources fresh. Starts again by itself in a forked worker."""

    def __init__(self, sources: Sequence[KeySource]) -> None:
        self._sources = tuple(source for source in sources if source.read is not None)
        self._wanted = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        for source in self._sources:
            source.notify(self._wanted.set)
        forget = weakref.WeakMethod(self._after_fork)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    @property
    def running(self) -> bool:
        """True when nothing is left to start: the thread runs, or there is nothing to refresh."""
        return self._thread is not None or not self._sources

    def start(self) -> None:
        """Start the thread unless it runs; the first thing it does is to read every set."""
        with self._starting:
            if self.running or self._stopped:
                return
            self._thread = threading.Thread(target=self._run, name="key-sets", daemon=True)
            self._thread.start()

    def load(self) -> tuple[str, ...]:
        """Read every set once, now; the names of those that are not usable afterwards."""
        for source in self._sources:
            source.refresh()
        return tuple(source.name for source in self._sources if not source.fresh())

    def stop(self, timeout_s: float = 1.0) -> None:
        """End the thread; keys held stay usable until they are stale."""
        self._stopped = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopped:
            for source in self._sources:
                if source.due_in() == 0.0:
                    source.refresh()
            waits = [wait for source in self._sources if (wait := source.due_in()) is not None]
            self._wanted.wait(min(waits))
            self._wanted.clear()

    def _after_fork(self) -> None:
        self._thread = None
        self._starting = threading.Lock()
        self._wanted = threading.Event()
        for source in self._sources:
            source.notify(self._wanted.set)


def file_reader(path: str) -> Read:
    """Reads the key set at *path*, at most `MAX_BYTES` of it."""

    def read() -> bytes:
        with open(path, "rb") as file:
            document = file.read(MAX_BYTES + 1)
        if len(document) > MAX_BYTES:
            raise KeySetError(f"larger than {MAX_BYTES} bytes")
        return document

    return read


def https_reader(url: str, context: ssl.SSLContext | None = None) -> Read:
    """
    Fetches the key set at *url*: https only, no redirects, certificate verified, bounded in size and time.

    Args:
        url: From the policy, never from a request.
        context: Whom to trust; default: the system's certificate authorities (`SSL_CERT_FILE` names others).
    Raises:
        KeySetError: *url* is no plain https URL.
    """
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.fragment:
        raise KeySetError("its URL is no plain https:// URL")
    host, port = parts.hostname, parts.port or 443
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if context is not None and not (context.verify_mode == _CERT_REQUIRED and context.check_hostname):
        raise KeySetError("its TLS context verifies no certificate")
    trust = [context] if context is not None else []

    def read() -> bytes:
        # TLS and HTTP are loaded, and the authorities read, by the first request that needs a key set
        import ssl
        from http.client import HTTPException, HTTPSConnection

        if not trust:
            trust.append(ssl.create_default_context())
        deadline = time.monotonic() + FETCH_DEADLINE_S
        connection = HTTPSConnection(host, port, timeout=_READ_TIMEOUT_S, context=trust[0])
        try:
            connection.request("GET", target, headers={"Accept": "application/json", "Accept-Encoding": "identity"})
            response = connection.getresponse()
            if response.status != 200:
                raise KeySetError(f"status {response.status} (redirects are not followed)")
            if response.getheader("Content-Encoding", "identity").lower() != "identity":
                raise KeySetError("content encoding not asked for")
            document = bytearray()
            while chunk := response.read1(16 * 1024):
                document += chunk
                if len(document) > MAX_BYTES:
                    raise KeySetError(f"larger than {MAX_BYTES} bytes")
                if time.monotonic() > deadline:
                    raise KeySetError(f"slower than {FETCH_DEADLINE_S:.0f} s")
            if response.length:
                raise KeySetError("cut off")
            return bytes(document)
        except HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()

    return read


def key_sources(
    verifiers: Iterable[Verifier], files: Mapping[str, str], reader: Callable[[str], Read] = https_reader
) -> Mapping[str, KeySource]:
    """
    The key source of each token verifier, by its name.

    Args:
        files: Verifier name to a key set file that is read, and read again, instead of its URL or built-in set.
        reader: Makes the reader of a URL, a seam for tests.
    Raises:
        KeySetError: A built-in set or a URL cannot be used.
    """
    sources = {}
    for verifier in verifiers:
        if isinstance(verifier, JwtVerifier):
            keys, path = verifier.keys, files.get(verifier.name, "")
            read = file_reader(path) if path else reader(keys.url) if keys.url else None
            source = KeySource(
                verifier.name,
                algorithms=verifier.algorithms,
                embedded=b"" if path else keys.document.encode(),
                read=read,
                refresh_s=keys.refresh_s,
                max_stale_s=keys.max_stale_s,
            )
            if path:
                source.refresh()
            sources[verifier.name] = source
    return sources


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if not isinstance(error, KeySetError) else text
