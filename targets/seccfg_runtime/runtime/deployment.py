"""One policy at work: settings, key sets, stores and audit log put together for whichever server runs it."""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Mapping

from .audit import AuditSink, LineWriter
from .guard import Guard
from .interface import Answer, GuardSettings, LimitStore, RequestHead, ResourceRequest, RevocationStore
from .jwks import KeyRefresher, KeySource, key_sources
from .model import CertVerifier, Policy
from .settings import Settings, read_settings
from .tokens import Keys

Resource = Callable[[ResourceRequest], Mapping[str, object] | Awaitable[Mapping[str, object]]]
"""Gives the attributes of a resource that only the application knows."""


class Deployment:
    """
    The guard and everything it needs, started once for a process.

    Args:
        policy: What holds.
        settings: What the deployment says; default: read from the environment.
        limits: Counters; default: in this process.
        revocations: What was revoked; default: what this process was told.
        keys: Key source of each token verifier; default: as the policy and the settings say. A seam for tests.
        audit: Where audit events go; default: as the settings say.
        clock: Seconds since the Unix epoch, a seam for tests.
    Raises:
        SettingsError: The environment cannot be used.
        KeySetError: A key set cannot be used.
        PolicyError: The guard cannot start.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        settings: Settings | None = None,
        limits: LimitStore | None = None,
        revocations: RevocationStore | None = None,
        keys: Mapping[str, Keys] | None = None,
        audit: AuditSink | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        found = read_settings(policy) if settings is None else settings
        sources: Mapping[str, Keys] = key_sources(policy.verifiers, found.key_set_files) if keys is None else keys
        self._refresher = KeyRefresher([source for source in sources.values() if isinstance(source, KeySource)])
        self._own_log = LineWriter(_log_to(found.audit_log)) if audit is None else None
        self.policy = policy
        self.wants_certificates = any(isinstance(verifier, CertVerifier) for verifier in policy.verifiers)
        self.guard = Guard(
            policy,
            sources,
            GuardSettings(found.behind_gateway, found.key_records, found.hash_keys),
            limits=limits,
            revocations=revocations,
            clock=clock,
            audit=self._own_log if audit is None else audit,
        )

    def start(self) -> None:
        """Keep the key sets fresh from now on; to be called in the process that serves."""
        self._refresher.start()

    def load_keys(self) -> tuple[str, ...]:
        """Read every key set once, now; names of the verifiers that have no usable keys yet."""
        return self._refresher.load()

    def close(self) -> None:
        """Stop refreshing and write what the audit log still holds."""
        self._refresher.stop()
        if self._own_log is not None:
            self._own_log.close()

    def unreadable(self, peer: str, scheme: str) -> Answer:
        """The refusal of something that was no request, or one that can be read in two ways."""
        answer = self.guard.begin(RequestHead("", b"", (), peer, scheme))
        return answer if isinstance(answer, Answer) else self.guard.fail(RequestHead("", b"", (), peer, scheme))


def _log_to(place: str) -> Callable[[str], object]:
    if place in ("stderr", "stdout"):
        stream = sys.stderr if place == "stderr" else sys.stdout

        def to_stream(text: str) -> None:
            stream.write(text)
            stream.flush()

        return to_stream

    def to_file(text: str) -> None:
        with open(place, "a", encoding="utf-8") as file:
            file.write(text)

    return to_file
