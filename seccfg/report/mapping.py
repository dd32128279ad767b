"""Reads framework mappings: those of the package, and those of a folder of the user's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

import yaml

from seccfg.findings import InputError
from seccfg.lint.index import INDEX
from seccfg.lint.selection import id_of
from seccfg.record import Record
from seccfg.report.checks.registry import CHECKS
from seccfg.report.model import Framework, FrameworkControl, Need, Relation
from seccfg.source import files
from seccfg.source.suggest import did_you_mean

__all__ = ["Claims", "built_in", "choose", "claims", "from_folder"]


def built_in() -> tuple[Framework, ...]:
    """The frameworks of the package, by id."""
    folder = resources.files("seccfg.report.frameworks")
    found = [
        _framework(entry.name, entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return tuple(sorted(found, key=lambda framework: framework.id))


def from_folder(paths: Iterable[str]) -> tuple[Framework, ...]:
    """
    The mappings in the files *paths*.

    Raises:
        InputError: one cannot be read, or is no mapping; says where.
    """
    found = []
    for path in paths:
        try:
            text = files.read(path).decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{files.show(path)}: not UTF-8") from error
        found.append(_framework(files.show(path), text))
    return tuple(found)


def _framework(name: str, text: str) -> Framework:
    from jsonschema import Draft202012Validator

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        raise InputError(f"{name}{where}: not YAML") from error
    except (RecursionError, ValueError) as error:
        raise InputError(f"{name}: not YAML that can be read") from error
    schema = json.loads(resources.files("seccfg.report").joinpath("framework.schema.json").read_text(encoding="utf-8"))
    for wrong in Draft202012Validator(schema).iter_errors(data):
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in wrong.absolute_path)
        raise InputError(f"{name}: {place.lstrip('.') or 'the file'}: {files.show(wrong.message.splitlines()[0])}")
    controls = tuple(_control(name, item) for item in data["controls"])
    seen: set[str] = set()
    for control in controls:
        if control.id in seen:
            raise InputError(f"{name}: the control `{control.id}` stands there twice")
        seen.add(control.id)
    return Framework(data["framework"], data["name"], str(data["edition"]), controls)


def _control(name: str, item: Mapping[str, Any]) -> FrameworkControl:
    return FrameworkControl(
        item["id"],
        item["title"],
        item["class"],
        item["assessability"],
        tuple(need for said in item.get("needs", ()) for need in _needs(name, item["id"], said)),
        tuple(item.get("applies_when", ())),
        item.get("remains", ""),
    )


def _needs(name: str, control: str, item: Mapping[str, Any]) -> Iterator[Need]:
    """The needs an entry states; `rules` states one for each."""
    relation: Relation = item.get("relation", "intersects")
    params = {key: tuple(value) if isinstance(value, list) else value for key, value in item.get("params", {}).items()}
    where = f"{name}: {control}"
    if params and "check" not in item:
        raise InputError(f"{where}: only checks take `params`")
    if "check" in item:
        _thresholds_fit(where, _known(where, "check", item["check"], CHECKS), params)
        yield Need("check", item["check"], relation, tuple(params.items()))
    elif "test" in item:
        yield Need("test", item["test"], relation)
    else:
        for rule in item.get("rules", (item.get("rule"),)):
            yield Need("rule", _known(where, "rule", id_of(rule), [entry.id for entry in INDEX]), relation)


def _known(where: str, kind: str, what: str, known: Iterable[str]) -> str:
    if what not in known:
        raise InputError(f"{where}: there is no {kind} `{what}`{did_you_mean(what, known)}")
    return what


def _thresholds_fit(where: str, check: str, params: Mapping[str, object]) -> None:
    wanted = CHECKS[check].params
    if set(params) - set(wanted):
        odd = ", ".join(sorted(set(params) - set(wanted)))
        raise InputError(f"{where}: the check `{check}` takes no {odd}")
    if {key for key in wanted if key not in CHECKS[check].optional} - set(params):
        raise InputError(f"{where}: the check `{check}` needs {', '.join(wanted)}")


class Claims(Record):
    """What `compliance` tags of a spec name: frameworks, and (framework, control)."""

    frameworks: tuple[str, ...]
    controls: tuple[tuple[str, str], ...]


def claims(tags: Iterable[str], known: Iterable[Framework]) -> Claims:
    """
    What *tags* name.

    Raises:
        LookupError: a tag names no framework or control; `args` are the tag and what is wrong.
    """
    by_id = {framework.id: framework for framework in known}
    frameworks: dict[str, None] = {}
    controls: dict[tuple[str, str], None] = {}
    for tag in tags:
        name, _, control = tag.partition(":")
        if name not in by_id:
            raise LookupError(tag, f"no framework `{name}`{did_you_mean(name, by_id)}")
        frameworks[name] = None
        if control:
            ids = [item.id for item in by_id[name].controls]
            if control not in ids:
                said = f"no control `{control}` of {by_id[name].name} {by_id[name].edition}"
                raise LookupError(tag, f"{said}{did_you_mean(control, ids)}")
            controls[(name, control)] = None
    return Claims(tuple(frameworks), tuple(controls))


def choose(names: Iterable[str], known: Iterable[Framework]) -> tuple[Framework, ...]:
    """
    The frameworks *names* mean, in that order.

    Raises:
        InputError: a name that is none.
    """
    by_id = {framework.id: framework for framework in known}
    for name in names:
        if name not in by_id:
            hint = did_you_mean(name, by_id) or f"; there are {', '.join(by_id)}"
            raise InputError(f"no framework `{files.show(name)}`{hint}")
    return tuple(by_id[name] for name in names)
