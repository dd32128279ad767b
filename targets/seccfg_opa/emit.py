"""Plan -> files. Templates hold fixed Rego, printers the rules that follow from the policy, a serializer the data."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final

from seccfg.targetapi.base import File, Gap
from seccfg.targetapi.escape import json_text, rego_string, yaml_scalar
from seccfg.targetapi.templates import Code, Templates
from seccfg_opa.expr import comment, print_rules, rule_file
from seccfg_opa.input_schema import input_schema
from seccfg_opa.plan import OpaPlan, ParamCheck
from seccfg_opa.readme import readme
from seccfg_opa.schemas import SchemaPrinter

__all__ = ["emit"]

_DECISION: Final = "decision"
_STORED: Final = 65_535
"""Bytes of a stored block at most."""
_INPUT_IMPORTS: Final = ("runtime.body", "runtime.parameters", "runtime.types", "schemas")


def emit(plan: OpaPlan, gaps: Sequence[Gap]) -> tuple[File, ...]:
    """The files of the bundle and beside it, sorted by path."""
    bundle = _bundle(plan)
    revision = hashlib.sha256(b"".join(path.encode() + b"\0" + bundle[path] for path in sorted(bundle))).hexdigest()
    bundle[".manifest"] = _manifest(plan, revision)
    path = plan.options.path
    made = {f"bundle/{name}": content for name, content in bundle.items()}
    made["bundle.tar.gz"] = _tarball(bundle)
    made["opa-config.yaml"] = _config(plan).encode()
    made[".regal/config.yaml"] = _regal(plan).encode()
    made["input.schema.json"] = (json.dumps(input_schema(plan.service), indent=2) + "\n").encode()
    made["README.md"] = readme(plan, gaps)
    made[f"tests/{path}_test/decision_test.rego"] = Templates("seccfg_opa", _rego).render(
        "tests/decision_test.rego.j2", {"package": Code(plan.options.package), "host": Code(plan.hosts[0])}
    )
    made[f"tests/{path}_test_data/data.json"] = _json(_grid(plan))
    if plan.live:
        made["live.json"] = _json({"keys": json.loads(plan.live_keys), "revocation": None})
    return tuple(File(name, made[name]) for name in sorted(made))


def _rego(value: object) -> str:
    if not isinstance(value, str):
        return json_text(value)
    return rego_string(value)[1:-1]


# ----------------------------------------------------------------------------------------------------------- bundle
def _bundle(plan: OpaPlan) -> dict[str, bytes]:
    options = plan.options
    templates = Templates("seccfg_opa", _rego)
    named: dict[str, object] = {
        "package": Code(options.package),
        "path": Code(options.path),
        "depths": tuple(range(plan.depth + 1)),
    }
    made: dict[str, bytes] = {}
    for name in _templates("policy"):
        folder = options.path if name == _DECISION else f"{options.path}/runtime/{name}"
        made[f"{folder}/{name}.rego"] = templates.render(f"policy/{name}.rego.j2", named)
    for name in _templates("adapters"):
        made[f"{options.path}/adapters/{name}/{name}.rego"] = templates.render(f"adapters/{name}.rego.j2", named)
    inputs, schemas = _inputs(plan)
    made[f"{options.path}/inputs/inputs.rego"] = inputs.encode()
    made[f"{options.path}/schemas/schemas.rego"] = schemas.encode()
    made[f"{options.path}_conds/conds.rego"] = _conditions(plan).encode()
    made[f"{options.path}_data/data.json"] = _json(json.loads(plan.data))
    made["system/log/mask.rego"] = templates.render(
        "mask.rego.j2",
        {
            "redact": plan.redact, "hides_subject": plan.hides_subject, "hides_target": plan.hides_target,
            "events": plan.events,
        },
    )  # fmt: skip
    return made


def _templates(folder: str) -> list[str]:
    entries = files("seccfg_opa").joinpath("templates", folder).iterdir()
    return sorted(entry.name.removesuffix(".rego.j2") for entry in entries if entry.name.endswith(".rego.j2"))


def _conditions(plan: OpaPlan) -> str:
    package = plan.options.package
    rules: list[str] = []
    for condition in plan.conditions:
        for suffix, form in (("holds", condition.holds), ("fails", condition.fails)):
            printed = print_rules(f"{condition.rule}_{suffix}", form)
            if printed:
                first = f"{comment(f'{condition.name}, {suffix}: {condition.text}')}\n{printed[0]}"
                rules += [first, *printed[1:]]
    imports = _imports(package, rules, ("runtime.attributes", "runtime.types"))
    heading = "# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE."
    return rule_file(f"{package}_conds", imports, rules, heading)


def _inputs(plan: OpaPlan) -> tuple[str, str]:
    package = plan.options.package
    printer = SchemaPrinter("schema")
    rules: list[str] = []
    for check in plan.inputs.params:
        rules += _param_rules(check, printer)
    for body in plan.inputs.bodies:
        rules.append(f"{body.rule} if schemas.{printer.schema(json.loads(body.schema))}(body.value) == true")
    heading = "# What parameters and bodies have to be, a rule for each."
    inputs = rule_file(f"{package}.inputs", _imports(package, rules, _INPUT_IMPORTS), rules, heading)
    heading = "# The schemas of the spec, a function for each: true for what fits, false for anything else."
    imports = _imports(package, printer.rules, ("runtime.formats", "runtime.types"))
    schemas = rule_file(f"{package}.schemas", imports, printer.rules, heading)
    return inputs, schemas


def _imports(package: str, rules: Sequence[str], names: Sequence[str]) -> list[str]:
    """Imports of those of *names* that *rules* use."""
    text = "\n".join(rules)
    return [f"data.{package}.{name}" for name in names if f"{name.rpartition('.')[2]}." in text]


def _param_rules(check: ParamCheck, printer: SchemaPrinter) -> list[str]:
    param = check.param
    place, name = rego_string(param.place), rego_string(param.name)
    schema = json.loads(param.schema)
    rules = []
    if not param.required:
        rules.append(f"{check.rule} if parameters.given({place}, {name}) == 0")
    lines = [f"text := parameters.text({place}, {name})", f"value := types.from_text(text, {rego_string(param.type)})"]
    if param.type in ("timestamp", "duration"):
        judge = printer.schema({**schema, "type": "string"})
        lines = [lines[0], f"is_number(types.from_text(text, {rego_string(param.type)}))", f"schemas.{judge}(text) == true"]
    else:
        lines.append(f"schemas.{printer.schema(schema)}(value) == true")
    inside = "\n".join(f"\t{line}" for line in lines)
    return [*rules, f"{check.rule} if {{\n{inside}\n}}"]


def _manifest(plan: OpaPlan, revision: str) -> bytes:
    path = plan.options.path
    roots = [path, f"{path}_conds", f"{path}_data", "system/log"]
    return _json({"revision": revision, "roots": roots, "rego_version": 1, "metadata": {"service": plan.service}})


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode()


def _tarball(bundle: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same files on every machine: sorted, no times, no owners, stored and not compressed (what
    compressing gives depends on the library's version)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(bundle):
            entry = tarfile.TarInfo(name)
            entry.size = len(bundle[name])
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(bundle[name]))
    return _gzip_stored(packed.getvalue())


def _gzip_stored(content: bytes) -> bytes:
    """RFC 1952 around RFC 1951 section 3.2.4."""
    out = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    for at in range(0, len(content), _STORED):
        block = content[at : at + _STORED]
        last = at + _STORED >= len(content)
        out += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    out.append(struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))
    return b"".join(out)


# ------------------------------------------------------------------------------------------------------ beside the bundle
def _grid(plan: OpaPlan) -> dict[str, object]:
    return {
        "nobody": [{"method": c.method, "target": c.target} for c in plan.cases if not c.role],
        "roles": [
            {"method": c.method, "target": c.target, "role": c.role, "auth": c.auth, "allowed": c.allowed}
            for c in plan.cases
            if c.role
        ],
    }


def _config(plan: OpaPlan) -> str:
    """opa-config.yaml, as JSON inside YAML's rules: every text double-quoted."""
    name, signing = plan.service, plan.options.signing
    bundle: dict[str, object] = {
        "service": "bundles", "resource": "bundle.tar.gz", "persist": True,
        "polling": {"min_delay_seconds": 30, "max_delay_seconds": 60},
    }  # fmt: skip
    config: dict[str, object] = {
        "services": {"bundles": {"url": "${SECCFG_BUNDLE_URL}", "response_header_timeout_seconds": 10}},
        "bundles": {name: bundle},
        "persistence_directory": "/var/lib/opa",
        "decision_logs": {"console": True},
        "default_decision": f"{plan.options.path}/result",
        "labels": {"service": name},
    }
    if signing:
        bundle["signing"] = {"keyid": signing}
        config["keys"] = {signing: {"algorithm": "RS256", "key": "${SECCFG_BUNDLE_KEY}"}}
    return _yaml(config, 0)


def _regal(plan: OpaPlan) -> str:
    """Regal's configuration: what the emitted Rego does on purpose, argued in docs/targets/opa.md."""
    off = {"level": "ignore"}
    data = [f"data.{plan.options.package}_{kind}" for kind in ("data", "live", "test_data")]
    attributes = f"data.{plan.options.package}.runtime.attributes.*.*"
    config: dict[str, object] = {
        "project": {"roots": ["bundle", "tests"]},
        "rules": {
            "bugs": {"argument-always-wildcard": off},
            "idiomatic": {
                "directory-package-mismatch": {"exclude-test-suffix": False},
                "prefer-set-or-object-rule": off, "single-item-in": off, "superfluous-object-get": off,
                "use-array-flatten": off,
            },
            "imports": {
                "ignored-import": off, "pointless-import": off, "unresolved-import": {"except-imports": data},
                "unresolved-reference": {"except-paths": [*(f"{path}.**" for path in data), attributes]},
            },
            "performance": {"with-outside-test-context": off},
            "style": {"default-over-else": off, "line-length": off, "rule-length": off},
        },
    }  # fmt: skip
    return _yaml(config, 0)


def _yaml(value: object, depth: int) -> str:
    lines: list[str] = []
    if not isinstance(value, dict):
        raise TypeError(type(value).__name__)
    for key, item in value.items():
        pad = "  " * depth
        if isinstance(item, dict):
            lines.append(f"{pad}{yaml_scalar(key)}:\n{_yaml(item, depth + 1)}")
        elif isinstance(item, list):
            lines.append(f"{pad}{yaml_scalar(key)}:\n" + "".join(f"{pad}  - {yaml_scalar(one)}\n" for one in item))
        elif isinstance(item, (str, int, float, bool)):
            lines.append(f"{pad}{yaml_scalar(key)}: {yaml_scalar(item)}\n")
    return "".join(lines)
