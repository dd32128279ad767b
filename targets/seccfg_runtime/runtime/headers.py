"""One pass over the request headers: what the guard reads, what the upstream receives, what is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .interface import Headers
from .paths import decode

Lines = bytes | list[bytes]
"""One line of a header as its value, several as a list."""
Seen = dict[bytes, Lines]

ALWAYS_READ = frozenset({
    b"host", b"content-length", b"content-type", b"origin", b"access-control-request-method",
    b"access-control-request-headers", b"authorization",
})  # fmt: skip
"""Read and forwarded, unless stripped."""
REFUSED = frozenset({b"x-http-method-override", b"x-method-override", b"x-original-url", b"x-rewrite-url"})
"""Headers that would make somebody behind us see another method or path."""
HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
})  # fmt: skip
FORWARDED = frozenset({
    b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port",
    b"x-forwarded-server", b"x-forwarded-prefix", b"x-forwarded-by", b"x-forwarded-ssl", b"x-real-ip",
})  # fmt: skip
JUDGED_FIRST = REFUSED | {b"content-length", b"transfer-encoding", b"upgrade"}
"""Headers that can make a request malformed by being there."""
OPEN_CONDITIONS = b"x-authz-open"
_HARMLESS = frozenset({b"keep-alive", b"Keep-Alive", b"close", b"upgrade", b"Upgrade"})
_TAKEN = frozenset({b"connection", b"upgrade", b"transfer-encoding", b"x-forwarded-for", b"x-forwarded-proto"})
_LEARNED = 2048
_LONGEST_LEARNED = 64

_Entry = tuple[bool, bool, bool, bytes]
"""Forwarded, looked at, looked at by step 1, name in lower case."""
_FORWARD: _Entry = (True, False, False, b"")
_DROP: _Entry = (False, False, False, b"")


class HeaderTable:
    """
    What happens to each header of a request on one route.

    Args:
        read: Names some check of the route looks at, lower case.
        strip: Names the upstream must not receive from the client, lower case.
    """

    __slots__ = ("_entries",)

    def __init__(self, read: Iterable[bytes], strip: Iterable[bytes]) -> None:
        looked_at = ALWAYS_READ | REFUSED | _TAKEN | set(read)
        dropped = HOP_BY_HOP | FORWARDED | REFUSED | {OPEN_CONDITIONS} | set(strip)
        self._entries = _Entries({
            name: (name not in dropped, name in looked_at, name in JUDGED_FIRST, name)
            for name in sorted(looked_at | dropped)
        })  # fmt: skip

    def scan(self, headers: Sequence[tuple[bytes, bytes]], seen: Seen, kept: Headers) -> bool:
        """
        Sort *headers* into *seen* (by lower-case name) and *kept* (as sent, in order).

        Returns:
            Whether step 1 must look closer: one of `JUDGED_FIRST` is there, or a header that is read is there twice.
        """
        entries = self._entries
        closer = False
        for pair in headers:
            entry = entries[pair[0]]
            if entry is _FORWARD:
                kept.append(pair)
                continue
            forwarded, looked_at, judged_first, name = entry
            if forwarded:
                kept.append(pair)
            if looked_at:
                if name not in seen:
                    seen[name] = pair[1]
                    if judged_first:
                        closer = True
                else:
                    closer = True
                    earlier = seen[name]
                    seen[name] = [*earlier, pair[1]] if isinstance(earlier, list) else [earlier, pair[1]]
        return closer


class _Entries(dict[bytes, _Entry]):
    """What happens to each header by its name as sent; names seen for the first time are looked up in lower case."""

    __slots__ = ("_known",)

    def __init__(self, known: Mapping[bytes, _Entry]) -> None:
        super().__init__(known)
        self._known = known

    def __missing__(self, sent: bytes) -> _Entry:
        name = sent.lower()
        entry = self._known.get(name)
        if entry is None:
            entry = _DROP if self._imitates(name) else _FORWARD
        if len(self) < _LEARNED and len(sent) <= _LONGEST_LEARNED:
            self[sent] = entry
        return entry

    def _imitates(self, name: bytes) -> bool:
        """An underscore spelling of a header that is read or set here, or another `X-Forwarded-*`."""
        plain = name.replace(b"_", b"-")
        return plain.startswith(b"x-forwarded-") or (plain != name and plain in self._known)


def lines(seen: Seen, name: bytes) -> Sequence[bytes]:
    """Every line of header *name*, in order, without surrounding white space."""
    found = seen.get(name)
    if found is None:
        return ()
    if isinstance(found, list):
        return [line.strip(b" \t") for line in found]
    return (found.strip(b" \t"),)


def without_named(connection: Lines, kept: Headers) -> Headers:
    """*kept* without the headers that the `Connection` lines name."""
    if isinstance(connection, bytes):
        if connection in _HARMLESS:
            return kept
        connection = [connection]
    named = {name.strip(b" \t").lower() for line in connection for name in line.split(b",")}
    named -= {b"", b"close", b"keep-alive", b"host"}
    if not named:
        return kept
    return [pair for pair in kept if pair[0].lower() not in named]


def without_cookies(kept: Headers, names: frozenset[bytes]) -> Headers:
    """*kept* with the cookies called *names* taken out of every `Cookie` line."""
    out: Headers = []
    for pair in kept:
        if pair[0].lower() != b"cookie":
            out.append(pair)
            continue
        left = [part for part in pair[1].split(b";") if part.partition(b"=")[0].strip(b" \t") not in names]
        value = b";".join(left).strip(b" \t")
        if value:
            out.append((pair[0], value))
    return out


def without_query(target: bytes, names: frozenset[str]) -> bytes:
    """*target* without the query parameters called *names* (decoded); everything else is unchanged."""
    path, mark, query = target.partition(b"?")
    if not mark:
        return target
    left = [piece for piece in query.split(b"&") if decode(piece.partition(b"=")[0]) not in names]
    return path + mark + b"&".join(left) if left else path

