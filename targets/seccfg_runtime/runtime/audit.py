"""Audit events: one line of JSON each, through a bounded writer. No event holds a credential or a query.

Every event has `time, event, reason, status, id, service, method, path, client` and, where known, `route, principal,
also, detail, user_agent`. `principal` is `{method, subject}`, the subject as a keyed hash where the policy says so.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from .interface import PolicyError, Principal
from .model import Audit, Event, SecretRef
from .times import print_timestamp

REDACTED = "[redacted]"
_LONGEST_TEXT = 512


class AuditSink(Protocol):
    """Takes finished lines."""

    def write(self, line: str) -> bool:
        """Take *line*, without waiting; False when it could not be taken."""


class AuditPlan:
    """What one route, or the edge, tells of."""

    def __init__(self, audit: Audit, hash_keys: Mapping[SecretRef, bytes]) -> None:
        self.events = frozenset(audit.events)
        self.tells_of_passes = not self.events.isdisjoint(("access.allowed", "key.used"))
        self.required = audit.required
        self._redact = frozenset(name.lower().encode("latin-1") for name in audit.redact)
        self._key: bytes | None = None
        if audit.hash_key is not None:
            self._key = hash_keys.get(audit.hash_key)
            if not self._key:
                raise PolicyError("the key that audit subjects are hashed with is not given")

    def subject(self, principal: Principal) -> str:
        """The principal's subject as events show it."""
        if self._key is None:
            return principal.subject
        return hmac.new(self._key, principal.id.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def header(self, headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str | None:
        """Header *name* as events show it; None when it was not sent."""
        for key, value in headers:
            if key.lower() == name:
                return REDACTED if name in self._redact else value.decode("latin-1")
        return None


def line(
    *, now: float, event: Event, reason: str, status: int, ident: str, service: str, method: str, path: bytes,
    client: str, route: str, principal: Mapping[str, str] | None, also: Sequence[Mapping[str, str]], detail: str,
    user_agent: str | None,
) -> str:  # fmt: skip
    """One event as a line of JSON, in ASCII, with no line break inside."""
    entry: dict[str, object] = {
        "time": print_timestamp(now), "event": event, "reason": reason, "status": status, "id": ident,
        "service": service, "method": method[:_LONGEST_TEXT], "path": path.decode("latin-1")[:_LONGEST_TEXT],
        "client": client,
    }  # fmt: skip
    if route:
        entry["route"] = route
    if principal is not None:
        entry["principal"] = principal
    if also:
        entry["also"] = list(also)
    if detail:
        entry["detail"] = detail
    if user_agent is not None:
        entry["user_agent"] = user_agent[:_LONGEST_TEXT]
    return json.dumps(entry, separators=(",", ":"))


class LineWriter:
    """
    Writes lines in a thread of its own, so that a reader who stalls stalls no request.

    At most `most` lines wait. What does not fit is dropped and counted; the count is written as soon as there is room.
    """

    def __init__(self, write: Callable[[str], object] | None = None, most: int = 10_000) -> None:
        self._write = write if write is not None else _to_stderr
        self._most = most
        self._waiting: deque[str] = deque()
        self._dropped = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._process = os.getpid()

    def write(self, line: str) -> bool:
        """Take *line*; False when too many wait already."""
        with self._changed:
            if len(self._waiting) >= self._most or self._closed:
                self._dropped += 1
                return False
            self._waiting.append(line)
            if self._thread is None or self._process != os.getpid():
                self._start()
            self._changed.notify()
            return True

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what waits, then stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _start(self) -> None:
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._closed:
                        return
                    self._changed.wait()
                lines = list(self._waiting)
                self._waiting.clear()
                dropped, self._dropped = self._dropped, 0
            if dropped:
                lines.append(json.dumps({"event": "audit.dropped", "count": dropped}, separators=(",", ":")))
            try:
                self._write("\n".join(lines) + "\n")
            except (OSError, ValueError):
                with self._changed:
                    self._dropped += len(lines)


def _to_stderr(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
