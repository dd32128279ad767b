"""A bundle as it is served or built, beside the one the spec makes: `bundle.tar.gz`, its folder, or what `opa build` wrote."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

from seccfg.findings import InputError
from seccfg.targetapi.base import Engine
from seccfg.targetapi.drift import Normal, Tree
from seccfg_opa.drift_attribution import ATTRIBUTION
from seccfg_opa.engine import ServerEngine
from seccfg_opa.executable import find

__all__ = ["DRIFT"]

_PACKAGE: Final = re.compile(r"^package\s+([\w.\[\]\"-]+)\s*$", re.MULTILINE)
_OF_ROUTES: Final = {
    "answers": "answer", "auths": "auth", "bodies": "body", "cors": "cors", "forwards": "forward", "validations": "validate",
}  # fmt: skip
"""Settings that routes share, and where a route names its own."""
_MAX_BYTES: Final = 256 << 20


class _Bundle:
    """Reads bundles. Where a document lies in a bundle is its path: `opa build` moves all data into one file."""

    forms = "a bundle: bundle.tar.gz, the folder it was made of, or a tar of its own by `opa build`"
    attribution = ATTRIBUTION

    def routes(self, path: tuple[str | int, ...], tree: Tree) -> tuple[str, ...]:
        """The route of a template's method; for settings that several share, all that name them."""
        if len(path) < 5 or path[0] != "data":
            return ()
        data: Any = tree["data"]
        templates: Mapping[str, Any] = data.get(path[1], {}).get("authz_data", {}).get("templates", {})
        of = _OF_ROUTES.get(str(path[3]), "")
        methods = [
            (template, verb, said) for template, one in templates.items() for verb, said in one.get("methods", {}).items()
            if (said.get(of) == path[4] if of else path[3:5] == ("templates", template) and (len(path) < 7 or verb == path[6]))
        ]  # fmt: skip
        return tuple(sorted(str(said.get("id") or f"{verb} {template}") for template, verb, said in methods))

    def normal(self, state: Mapping[str, bytes], owned: Mapping[str, bytes]) -> Normal:
        """`{modules: {package: [code]}, data: {…}, roots: […]}`, comments and empty lines left out of code."""
        files = dict(_files(state))
        roots = tuple(json.loads(owned["bundle/.manifest"])["roots"])
        modules: dict[str, list[str]] = {}
        data: dict[str, Any] = {}
        foreign: list[str] = []
        for path, content in sorted(files.items()):
            name = path.rpartition("/")[2]
            if name.endswith(".rego"):
                package = _package(path, content)
                if _inside(package.replace(".", "/"), roots):
                    modules.setdefault(package, []).append(_code(content))
                else:
                    foreign.append(f"package {package}")
            elif name in ("data.json", "data.yaml", "data.yml"):
                _merge(data, path.rpartition("/")[0], _document(path, content))
        if not any(_inside(package.replace(".", "/"), roots[:1]) for package in modules):
            raise InputError("no Rego of this spec's packages is in the state: not one of its bundles")
        mine: dict[str, Any] = {}
        for at, value in _leaves(data, roots):
            if _inside(at, roots):
                _merge(mine, at, value)
            else:
                foreign.append(f"data {at}")
        tree: dict[str, object] = {"modules": {name: sorted(code) for name, code in modules.items()}, "data": mine}
        manifest = files.get(".manifest", b"")
        if manifest:
            read = json.loads(manifest)
            tree["rego_version"] = read.get("rego_version", 1)
        return Normal(tree, tuple(sorted(foreign)))

    def emitted(self, tree: Tree, beside: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """One file for each module, all data in one."""
        files = {path: content for path, content in beside.items() if not path.startswith("bundle")}
        files["bundle/.manifest"] = beside["bundle/.manifest"]
        modules, data = tree.get("modules"), tree.get("data")
        for package, codes in modules.items() if isinstance(modules, Mapping) else ():
            for number, code in enumerate(codes):
                files[f"bundle/{package.replace('.', '/')}/module{number}.rego"] = code.encode()
        files["bundle/data.json"] = json.dumps(data, sort_keys=True).encode()
        return files

    def engine(self) -> Engine | None:
        """The server, without the checks an emission has to pass: nobody formatted or tested what somebody changed."""
        return ServerEngine(checks=False) if find() else None


DRIFT = _Bundle()


def _files(state: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The bundle's files by their path inside it, whichever form it came in."""
    folder = {path: content for path, content in state.items() if "bundle/" in f"/{path}" and not path.endswith(".gz")}
    if any(path.startswith("bundle/") for path in folder):
        yield from ((path.removeprefix("bundle/"), content) for path, content in folder.items() if path.startswith("bundle/"))
        return
    packed = [content for path, content in state.items() if path.endswith((".tar.gz", ".tgz", ".tar"))]
    if packed and len(state) == 1:
        yield from _unpacked(packed[0])
        return
    yield from ((path.lstrip("/"), content) for path, content in state.items())


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            total = 0
            for member in archive:
                total += member.size
                if total > _MAX_BYTES:
                    raise InputError("the bundle is larger than any this spec makes")
                read = archive.extractfile(member) if member.isfile() else None
                if read is not None:
                    yield member.name.removeprefix(".").removeprefix("/") if "/" in member.name[:2] else member.name, read.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError("the state is no tar archive, so no bundle") from error


def _package(path: str, content: bytes) -> str:
    found = _PACKAGE.search(content.decode("utf-8", "replace"))
    if found is None:
        raise InputError(f"{path} names no package, so it is no Rego")
    return re.sub(r"\[\"([^\"]*)\"\]", r".\1", found[1])


def _code(content: bytes) -> str:
    lines = (line.rstrip() for line in content.decode("utf-8", "replace").splitlines())
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#")) + "\n"


def _document(path: str, content: bytes) -> object:
    try:
        if path.endswith(".json"):
            return json.loads(content)
        import yaml

        return yaml.safe_load(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no document: {error}") from error
    except Exception as error:  # a YAML library of its own kind of errors
        if type(error).__module__.startswith("yaml"):
            raise InputError(f"{path} is no document") from error
        raise


def _merge(root: dict[str, Any], at: str, value: object) -> None:
    node = root
    steps = [step for step in at.split("/") if step]
    for step in steps[:-1] if steps else []:
        node = node.setdefault(step, {})
    if not steps:
        _into(root, value)
    elif isinstance(value, Mapping) and isinstance(node.get(steps[-1]), dict):
        _into(node[steps[-1]], value)
    else:
        node[steps[-1]] = value


def _into(node: dict[str, Any], value: object) -> None:
    for key, below in value.items() if isinstance(value, Mapping) else ():
        if isinstance(below, Mapping) and isinstance(node.get(key), dict):
            _into(node[key], below)
        else:
            node[key] = below


def _leaves(data: Mapping[str, Any], roots: tuple[str, ...], at: str = "") -> Iterator[tuple[str, object]]:
    """Data by the root it lies in; what lies in none by its first place that none lies below."""
    for key, value in data.items():
        here = f"{at}/{key}" if at else key
        if any(root == here for root in roots):
            yield here, value
        elif any(root.startswith(f"{here}/") for root in roots) and isinstance(value, Mapping):
            yield from _leaves(value, roots, here)
        else:
            yield here, value


def _inside(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)
