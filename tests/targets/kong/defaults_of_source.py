"""
The defaults of Kong's own schemas beside the table of `seccfg drift`: `python -m tests.targets.kong.defaults_of_source FOLDER`.

FOLDER is a checkout of Kong/kong (Apache-2.0). Its schema files are run in LuaJIT; what they require beyond schemas is stubbed.
Prints every default that the table says otherwise, or not at all, and exits 1 when there is one.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lupa import luajit21

from seccfg_kong.drift_defaults import ENTITIES, PLUGINS

_STUBS = Path(__file__).with_name("defaults_shim.lua").read_text()


class Source:
    """Schemas of one checkout."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lua = luajit21.LuaRuntime(unpack_returned_tuples=True)
        self._lua.execute(_STUBS, self._load)

    def _load(self, name: str) -> Any:
        path = self._folder / (name.replace(".", "/") + ".lua")
        if not path.exists():
            path = self._folder / name.replace(".", "/") / "init.lua"
        return self._lua.execute(path.read_text())

    def defaults(self, module: str, below: str = "") -> dict[str, Any]:
        """Of an entity's or plugin's fields, records member by member."""
        schema = self._load(module)
        fields = _fields(schema.fields)
        return _defaults(fields[below] if below else schema)

    def dao_defaults(self, module: str, name: str) -> dict[str, Any]:
        """Of an entity that a plugin brings along."""
        daos = self._load(module)
        schemas = (daos[number] for number in range(1, len(daos) + 1))
        return next(_defaults(schema) for schema in schemas if schema["name"] == name)


def _fields(fields: Any) -> dict[str, Any]:
    """A schema's list of one-member tables."""
    found: dict[str, Any] = {}
    for number in range(1, len(fields) + 1):
        for name, field in fields[number].items():
            found[str(name)] = field
    return found


def _defaults(record: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in _fields(record.fields).items():
        if luajit21.lua_type(field) != "table":
            continue
        if field["type"] == "record" and field["fields"] and field["default"] is None:
            below = _defaults(field)
            if below:
                found[name] = below
        elif field["default"] is not None:
            found[name] = _plain(field["default"])
    return found


def _plain(value: Any) -> Any:
    if luajit21.lua_type(value) == "table":
        if len(value):
            return [_plain(value[number]) for number in range(1, len(value) + 1)]
        members = {str(key): _plain(below) for key, below in value.items()}
        return members or []
    return int(value) if isinstance(value, float) and value.is_integer() else value


def differences(source: Mapping[str, Any], table: Mapping[str, Any], at: str) -> list[str]:
    """Places where the table does not say what the source does; an empty list or record is nothing said."""
    found = []
    for key in sorted({*source, *table}):
        ours, theirs = table.get(key), source.get(key)
        if isinstance(ours, Mapping) or isinstance(theirs, Mapping):
            found += differences(
                theirs if isinstance(theirs, Mapping) else {}, ours if isinstance(ours, Mapping) else {}, f"{at}.{key}"
            )
        elif (sorted(map(str, theirs)) if isinstance(theirs, list) else theirs) != (
            sorted(map(str, ours)) if isinstance(ours, list) else ours
        ):
            if (
                (ours or None) is None
                and (theirs or None) is None
                and not isinstance(ours, (bool, int))
                and not isinstance(theirs, (bool, int))
            ):
                continue
            found.append(f"{at}.{key}: the source says {theirs!r}, the table {ours!r}")
    return found


def main(folder: str) -> int:
    """Prints what differs."""
    source = Source(Path(folder))
    found: list[str] = []
    for entity in ("services", "routes", "plugins", "consumers"):
        found += differences(source.defaults(f"kong.db.schema.entities.{entity}"), ENTITIES[entity], entity)
    found += differences(
        source.dao_defaults("kong.plugins.jwt.daos", "jwt_secrets"), ENTITIES["jwt_secrets"], "jwt_secrets"
    )
    for plugin in PLUGINS:
        found += differences(source.defaults(f"kong.plugins.{plugin}.schema", "config"), PLUGINS[plugin], plugin)
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
