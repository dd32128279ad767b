"""
Refused operations whose requests another route would answer.

A path that is not in the spec is no wall: requests for it go to any looser template that matches, `/users/{id}` for
`/users/me`. Such a path keeps a route that refuses every address. Where a path cannot be written, or another
template is taken before it, the other route is refused too unless it asks for as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seccfg.importer.operations import ANY, METHODS, Operation, Refusal
from seccfg.importer.security import asks_as_much
from seccfg.record import replace

__all__ = ["settle"]


class _Node:
    """Live operations by the segments of their paths."""

    __slots__ = ("children", "here")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.here: dict[str, Operation] = {}


def settle(operations: Sequence[Operation]) -> tuple[tuple[Operation, ...], dict[str, str]]:
    """
    *operations* with more of them refused where that is needed, and the method to write on each template that must
    refuse everybody.
    """
    current = tuple(operations)
    while True:
        loose = _too_loose(current)
        if not loose:
            return tuple(_answered_elsewhere(current)), _walls(current)
        current = tuple(
            replace(operation, access=None, refusal=loose[id(operation)]) if id(operation) in loose else operation
            for operation in current
        )


def _tree(operations: Sequence[Operation]) -> _Node:
    root = _Node()
    for operation in operations:
        if operation.access is not None:
            node = root
            for segment in operation.shape:
                node = node.children.setdefault(segment, _Node())
            node.here[operation.method] = operation
    return root


def _too_loose(operations: Sequence[Operation]) -> dict[int, Refusal]:
    """Live operations, by identity, that would answer a refused one and ask for less."""
    tree = _tree(operations)
    found: dict[int, Refusal] = {}
    for refused in operations:
        if refused.refusal is None:
            continue
        for live in _overlapping(tree, refused):
            if live.access is None or _is_own(live, refused) or not _taken_before(live, refused):
                continue
            if not asks_as_much(live.access.requirements, refused.refusal.asks):
                asked = f"{refused.method.upper().replace(ANY, 'any method of')} {refused.path}".replace("`", "'")
                found[id(live)] = Refusal(
                    f"it would also answer `{asked}`, which is refused and asks for more or for something else",
                    "carry that one over first, or make sure that the service tells them apart",
                    live.at,
                    live.access.requirements,
                )
    return found


def _answered_elsewhere(operations: Sequence[Operation]) -> Iterator[Operation]:
    """*operations*; what is said of a refused one tells which live route answers for it, asking for as much."""
    tree = _tree(operations)
    for operation in operations:
        refusal = operation.refusal
        if refusal is not None and refusal.instead == "":
            live = [o for o in _overlapping(tree, operation) if _taken_before(o, operation) and not _is_own(o, operation)]
            instead = ", ".join(sorted(f"{o.method.upper()} {o.path}" for o in live))
            yield replace(operation, refusal=replace(refusal, instead=instead)) if live else operation
        else:
            yield operation


def _walls(operations: Sequence[Operation]) -> dict[str, str]:
    """Template -> method for paths without a live method whose requests a looser template would answer."""
    tree = _tree(operations)
    alive = {operation.template for operation in operations if operation.access is not None}
    found: dict[str, str] = {}
    for refused in operations:
        if refused.refusal is None or not refused.template or refused.template in alive or refused.template in found:
            continue
        if any(not _taken_before(live, refused) for live in _overlapping(tree, refused)):
            found[refused.template] = refused.method if refused.method in METHODS else "get"
    return found


def _overlapping(node: _Node, refused: Operation, at: int = 0) -> Iterator[Operation]:
    """Live operations of the same method whose template has a path in common with that of *refused*."""
    pending = [(node, at)]
    while pending:
        node, at = pending.pop()
        if at == len(refused.shape):
            yield from (
                live for live in node.here.values() if refused.method in (ANY, live.method)
            )
            continue
        segment = refused.shape[at]
        if segment:
            pending += [(node.children[key], at + 1) for key in (segment, "") if key in node.children]
        else:
            pending += [(child, at + 1) for child in node.children.values()]


def _is_own(live: Operation, refused: Operation) -> bool:
    """A path of its own within the refused one, such as `/users/me` within `/users/{id}`."""
    return live.shape != refused.shape and all(
        theirs in ("", mine) for mine, theirs in zip(live.shape, refused.shape, strict=True)
    )


def _taken_before(live: Operation, refused: Operation) -> bool:
    """Whether a request that fits both goes to *live*: a literal is taken before a parameter, from the left."""
    if not refused.template:
        return True
    for mine, theirs in zip(live.shape, refused.shape, strict=True):
        if bool(mine) != bool(theirs):
            return bool(mine)
    return False
