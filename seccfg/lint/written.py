"""
Which keys a spec writes, so that a rule that has nothing to look at is not even imported.

A key is named by its path: `tls.hsts`, with `*` for any name of a map or item of a list: `auth.*.rotation`. A last `=value`
asks for that value: `auth.*.type=mtls`. `route.KEY` is a key of any path or method below `routes`.
"""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.spec.rules.effective import METHODS

__all__ = ["Written"]

_ROUTE = "route."


class Written:
    """The keys of one spec's data; each is looked for once."""

    __slots__ = ("_data", "_known", "_route_keys")

    def __init__(self, data: object, environment: str = "") -> None:
        """*environment*: the one whose overlay *data* holds already; its `environments` is cut out by then."""
        self._data = data
        self._known: dict[str, bool] = {"environments": True} if environment else {}
        self._route_keys: frozenset[str] | None = None

    def has(self, key: str) -> bool:
        """Whether *key* is written."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._look(key)
        return found

    def _look(self, key: str) -> bool:
        if key.startswith(_ROUTE):
            if self._route_keys is None:
                self._route_keys = frozenset(self._of_routes())
            return key[len(_ROUTE) :] in self._route_keys
        path, _, value = key.partition("=")
        return _written(self._data, path.split("."), value)

    def _of_routes(self) -> Iterator[str]:
        routes = self._data.get("routes") if isinstance(self._data, dict) else None
        for item in routes.values() if isinstance(routes, dict) else ():
            if isinstance(item, dict):
                yield from item
                for method in METHODS:
                    route = item.get(method)
                    if isinstance(route, dict):
                        yield from route


def _written(data: object, path: list[str], value: str) -> bool:
    if not path:
        return not value or data == value
    if path[0] == "*":
        items = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
        return any(_written(item, path[1:], value) for item in items)
    return isinstance(data, dict) and path[0] in data and _written(data[path[0]], path[1:], value)
