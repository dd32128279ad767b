"""An exported proxy bundle beside the one the spec makes: the zip of a revision, or the folder it holds."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree

from seccfg.findings import InputError
from seccfg.targetapi.base import Engine
from seccfg.targetapi.drift import Normal, Tree
from seccfg_apigee.drift_attribution import ATTRIBUTION
from seccfg_apigee.engine import engines, make

__all__ = ["DRIFT"]

_MADE: Final = frozenset({
    "ConfigurationVersion", "CreatedAt", "CreatedBy", "LastModifiedAt", "LastModifiedBy", "ManifestVersion", "Spec",
    "Type", "Basepaths", "BasePaths", "DisplayName", "Description", "Policies", "ProxyEndpoints", "Resources", "TargetEndpoints",
    "TargetServers", "SharedFlows", "Conditions", "validate",
})  # fmt: skip
"""Members of the proxy's own file that Apigee writes anew at each import, or that repeat which files there are."""
_MAX_BYTES: Final = 64 << 20
_FOLDER: Final = "apiproxy/"


class _Bundle:
    """Reads bundles. A bundle is one proxy and all of it: whatever is in it is the spec's."""

    forms = "a bundle of `apigeecli apis get --export` or the console: the zip, or the folder with `apiproxy/`"
    attribution = ATTRIBUTION

    def routes(self, path: tuple[str | int, ...], tree: Tree) -> tuple[str, ...]:  # noqa: ARG002
        """Scripts say the routes themselves; a file is for all of them."""
        return ()

    def normal(self, state: Mapping[str, bytes], owned: Mapping[str, bytes]) -> Normal:
        """`{files: {path: [line]}}`; XML in one form, of the proxy's own file what nobody generates."""
        files = dict(_files(state))
        mine = {path for path in owned if path.startswith(_FOLDER)}
        if not mine & files.keys():
            raise InputError("no file of this spec's proxy is in the state: not one of its bundles")
        return Normal({"files": {path: _lines(path, content) for path, content in sorted(files.items())}})

    def emitted(self, tree: Tree, beside: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The bundle's files; products, properties and what else is no part of a bundle are the emitted ones."""
        files = {path: content for path, content in beside.items() if not path.startswith(_FOLDER) and not path.endswith(".zip")}
        told = tree.get("files")
        for path, lines in told.items() if isinstance(told, Mapping) else ():
            own = path.count("/") == 1 and path.endswith(".xml")
            files[path] = beside[path] if own and path in beside else ("\n".join(lines) + "\n").encode()
        return files

    def engine(self) -> Engine | None:
        """The interpreter of bundles, where what it needs is found."""
        return next((make(info.name) for info in engines() if not info.missing), None)


DRIFT = _Bundle()


def _files(state: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The bundle's files by their path from `apiproxy/`."""
    packed = [content for path, content in state.items() if path.endswith(".zip")]
    if len(state) == 1 and packed:
        state = dict(_unpacked(packed[0]))
    for path, content in state.items():
        at = f"/{path}".find(f"/{_FOLDER}")
        if at >= 0:
            yield path[at:], content


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MAX_BYTES:
                raise InputError("the bundle is larger than any this spec makes")
            for member in archive.infolist():
                if not member.is_dir():
                    yield member.filename, archive.read(member)
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise InputError("the state is no zip, so no bundle") from error


def _lines(path: str, content: bytes) -> list[str]:
    text = content.decode("utf-8", "replace")
    if path.endswith(".xml"):
        return _xml_lines(path, text)
    if path.endswith(".json"):
        try:
            return json.dumps(json.loads(text), indent=1, sort_keys=True).splitlines()
        except ValueError as error:
            raise InputError(f"{path} is no JSON") from error
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def _xml_lines(path: str, text: str) -> list[str]:
    """One form of XML: attributes in order, no comments, no space between elements."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(f"{path} declares a document type, which no bundle needs")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no document type, so no entities of its own
    except ElementTree.ParseError as error:
        raise InputError(f"{path} is no XML: {error}") from error
    if path.count("/") == 1:
        root.attrib.pop("revision", None)
        for child in [child for child in root if child.tag in _MADE]:
            root.remove(child)
    for element in root.iter():
        if element.text is not None and not element.text.strip():
            element.text = None
        if element.tail is not None and not element.tail.strip():
            element.tail = None
    ElementTree.indent(root, " ")
    return ElementTree.canonicalize(ElementTree.tostring(root, encoding="unicode")).splitlines()
