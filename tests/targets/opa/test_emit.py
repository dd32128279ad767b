"""The emitted files: reproducible, loadable as they are, and clean by OPA's own tools."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from seccfg.targetapi.base import Output
from seccfg.targetapi.observe import EngineFailed
from seccfg_opa import executable

ROOT = Path(__file__).resolve().parents[3]
Build = Callable[..., Output]


def files_of(output: Output) -> dict[str, bytes]:
    return {file.path: file.content for file in output.files}


def test_the_archive_holds_the_folder(build: Build) -> None:
    """Same names, same bytes, no times, no owners, nothing else; and the same archive twice."""
    files = files_of(build("orders"))
    folder = {path.removeprefix("bundle/"): content for path, content in files.items() if path.startswith("bundle/")}
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(files["bundle.tar.gz"]))) as archive:
        held = {}
        for entry in archive.getmembers():
            assert (entry.mtime, entry.uid, entry.gid, entry.uname, entry.mode) == (0, 0, 0, "", 0o644)
            extracted = archive.extractfile(entry)
            assert extracted is not None
            held[entry.name] = extracted.read()
    assert held == folder
    assert files_of(build("orders"))["bundle.tar.gz"] == files["bundle.tar.gz"]


def test_the_manifest_names_the_roots(build: Build) -> None:
    """Every file lies under a root; the revision follows the content."""
    files = files_of(build("orders"))
    manifest = json.loads(files["bundle/.manifest"])
    assert manifest["rego_version"] == 1
    assert manifest["roots"] == ["orders/authz", "orders/authz_conds", "orders/authz_data", "system/log"]
    for path in files:
        if path.startswith("bundle/") and not path.endswith(".manifest"):
            assert any(path.startswith(f"bundle/{root}/") for root in manifest["roots"]), path
    other = json.loads(files_of(build("guide"))["bundle/.manifest"])
    assert re.fullmatch("[0-9a-f]{64}", manifest["revision"])
    assert manifest["revision"] != other["revision"]


def test_packages_stand_in_folders_of_their_name(build: Build) -> None:
    """A Rego file's folder is its package."""
    for path, content in files_of(build("orders")).items():
        if path.endswith(".rego"):
            (package,) = re.findall(r"^package (.*)$", content.decode(), re.MULTILINE)
            assert path.partition("/")[2].rpartition("/")[0] == package.replace(".", "/")


def test_no_negation_and_no_truth_of_input(build: Build) -> None:
    """`not` occurs in no rule, and no line of a body is a bare piece of the input."""
    for path, content in files_of(build("orders")).items():
        if path.endswith(".rego"):
            code = [line.partition("#")[0].strip() for line in content.decode().splitlines()]
            assert not [line for line in code if re.match(r"not\b|input[.\[][^=<>!,]*$", line)], path


@pytest.mark.parametrize("example", ["orders", "minimal", "guide", "tictactoe"])
def test_opa_s_own_tools_are_content(example: str, build: Build, tmp_path: Path, need_engine) -> None:
    """`opa check --strict`, `opa fmt --fail` and the emitted tests."""
    need_engine("opa", "opa-server")
    for path, content in files_of(build(example)).items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    executable.run(["check", "--strict", "bundle", "tests"], str(tmp_path))
    executable.run(["fmt", "--fail", "--list", "bundle", "tests"], str(tmp_path))
    executable.run(["test", "bundle", "tests"], str(tmp_path))
    executable.run(["inspect", "bundle.tar.gz"], str(tmp_path))
    data = tmp_path / f"tests/{_service(example)}/authz_test_data/data.json"
    grid = json.loads(data.read_text())
    grid["nobody"].append({"method": "GET", "target": "/health"})
    data.write_text(json.dumps(grid))
    with pytest.raises(EngineFailed, match="opa test"):
        executable.run(["test", "bundle", "tests"], str(tmp_path))


def _service(example: str) -> str:
    return "notes" if example == "minimal" else example


def test_the_configuration_names_no_secret(build: Build) -> None:
    """Addresses and keys come from the environment; with `signing` unsigned bundles are refused."""
    config = yaml.safe_load(files_of(build("guide"))["opa-config.yaml"])
    assert config["services"]["bundles"]["url"] == "${SECCFG_BUNDLE_URL}"
    assert "signing" not in config["bundles"]["guide"]
    signed = yaml.safe_load(files_of(build("guide", signing="release-1"))["opa-config.yaml"])
    assert signed["bundles"]["guide"]["signing"] == {"keyid": "release-1"}
    assert signed["keys"]["release-1"]["key"] == "${SECCFG_BUNDLE_KEY}"


def test_the_mask_hides_credentials(build: Build, tmp_path: Path, need_engine) -> None:
    """Every place of a credential is erased from a logged decision; the body as well; unlisted events are dropped."""
    need_engine("opa", "opa-server")
    mask = tmp_path / "mask.rego"
    mask.write_bytes(files_of(build("orders"))["bundle/system/log/mask.rego"])

    def asked(query: str, event: dict[str, Any]) -> Any:
        done = subprocess.run(
            [executable.find(), "eval", "-d", str(mask), "-I", "--format", "json", f"found := {query}"],
            input=json.dumps(event), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return json.loads(done.stdout).get("result", [{"bindings": {"found": None}}])[0]["bindings"]["found"]

    erased = asked("data.system.log.mask", {})
    for name in ("authorization", "cookie", "x-api-key"):
        assert f"/input/headers/{name}" in erased
        assert f"/input/attributes/request/http/headers/{name}" in erased
    assert {"/input/body/text", "/input/certificate", "/result/upstream/set", "/nd_builtin_cache"} <= set(erased)
    assert asked("data.system.log", {"result": {"event": "access.allowed"}}).get("drop") is None
    assert asked("data.system.log", {"result": {"event": "no.such.event"}})["drop"] is True
    assert asked("data.system.log", {"result": True}).get("drop") is None


def test_the_archive_loads(build: Build, tmp_path: Path, need_engine) -> None:
    """OPA reads `bundle.tar.gz` as it stands; without an input the decision is a refusal."""
    need_engine("opa", "opa-server")
    (tmp_path / "bundle.tar.gz").write_bytes(files_of(build("guide"))["bundle.tar.gz"])
    done = subprocess.run(
        [executable.find(), "eval", "--bundle", "bundle.tar.gz", "--format", "raw", "data.guide.authz.result.reason"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "internal"


def test_the_version_is_one(build: Build) -> None:
    """What `make engines` fetches is what the engine asks for."""
    script = (ROOT / "tests" / "engines" / "opa.sh").read_text()
    assert f"VERSION={executable.VERSION}\n" in script


def test_the_input_schema_fits_what_is_asked(build: Build) -> None:
    """The schema takes the engine's own input and refuses another shape."""
    import jsonschema

    from seccfg.ir.request import Request, Surroundings
    from seccfg_opa.engine import canonical_input

    schema: Mapping[str, Any] = json.loads(files_of(build("guide"))["input.schema.json"])
    good = canonical_input(Request("GET", "/x", (("Host", "h"),), b"\xff"), Surroundings())
    validator = jsonschema.Draft7Validator(schema)
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "peer": 5})
    assert not validator.is_valid({**good, "path": "/x"})


def test_a_credential_in_the_query_is_not_logged(tmp_path: Path) -> None:
    """Where a method reads the query, the request target is erased as well."""
    from seccfg import api
    from seccfg_opa import TARGET

    (tmp_path / "seccfg.yaml").write_text(
        "seccfg: 1\nservice: {name: q, hosts: [q.example.com]}\nupstreams: {main: {url: http://127.0.0.1:9000}}\n"
        "auth: {keyed: {type: api_key, in: {query: key}, keys: {env: KEYS}}}\n"
        "defaults: {auth: [keyed]}\nroutes: {/x: {get: {allow: authenticated}}}\n"
    )
    policy = api.policy(api.load(str(tmp_path / "seccfg.yaml")))
    mask = files_of(TARGET.compile(policy, {}))["bundle/system/log/mask.rego"].decode()
    assert 'mask contains "/input/target"' in mask
    assert 'mask contains "/input/parsed_query"' in mask
