"""The emitted files: reproducible, within Apigee's limits, clean by the vendor's linter, ES5 to an ES5 parser."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg import api
from seccfg_apigee import TARGET

ROOT = Path(__file__).resolve().parents[3]
MODULES = ROOT / ".engines" / "apigee" / "node_modules"
BUNDLE_BYTES = 15 * 1024 * 1024
"""What Apigee takes for a bundle, and for one resource."""
EXCLUDED = "TD002,PO007,PO008"
"""An upstream by its address, and names that begin otherwise than the linter's own."""

Build = Callable[[str], dict[str, bytes]]


def write(files: dict[str, bytes], folder: Path) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def test_the_archive_is_the_folder(build: Build) -> None:
    """Same names, same bytes, one time, sorted; the same archive twice."""
    files = build("orders")
    with zipfile.ZipFile(io.BytesIO(files["bundle.zip"])) as archive:
        entries = archive.infolist()
        held = {entry.filename: archive.read(entry) for entry in entries}
    assert held == {path: content for path, content in files.items() if path.startswith("apiproxy/")}
    assert [entry.filename for entry in entries] == sorted(held)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    policy = api.policy(api.load(str(ROOT / "examples" / "orders" / "seccfg.yaml")))
    again = {file.path: file.content for file in TARGET.compile(policy, {}).files}
    assert again["bundle.zip"] == files["bundle.zip"]


def test_no_secret_and_no_header_is_logged(build: Build) -> None:
    """A line of the log is made of named variables; debug sessions mask what `redact` lists."""
    log = build("orders")["apiproxy/policies/ML-Audit.xml"].decode()
    assert "request.header" not in log
    assert "request.content" not in log
    assert "querystring" not in log
    mask = json.loads(build("orders")["debug-mask.json"])["variables"]
    assert {"request.header.authorization", "request.header.cookie", "request.header.x-api-key"} <= set(mask)


def test_everything_is_said_once_and_for_all(build: Build) -> None:
    """No template of a request's own text reaches an answer, and no route rule stands behind an unconditional one."""
    for path, content in build("orders").items():
        if path.endswith(".xml"):
            assert b"{request." not in content, path
    proxy = build("orders")["apiproxy/proxies/default.xml"].decode()
    assert proxy.rindex("<RouteRule") > proxy.rindex("</Condition>")


@pytest.mark.slow
def test_a_thousand_routes_fit(tmp_path: Path) -> None:
    """Scripts are split; the archive and each script are far below what Apigee takes."""
    routes = "\n".join(
        f"  /things{n}/{{id}}: {{get: {{allow: [{{scopes: [s{n % 50}]}}]}}, delete: {{allow: [{{roles: [r{n % 20}]}}]}}}}"
        for n in range(500)
    )
    roles = ", ".join(f"r{n}: {{permissions: [p{n}]}}" for n in range(20))
    (tmp_path / "seccfg.yaml").write_text(
        "seccfg: 1\nservice: {name: big, hosts: [big.example.com]}\nupstreams: {main: {url: http://127.0.0.1:9000}}\n"
        "auth: {keyed: {type: api_key, in: {header: X-Key}, keys: {env: KEYS}}}\n"
        f"roles: {{{roles}}}\ndefaults: {{auth: [keyed]}}\nroutes:\n{routes}\n"
    )
    output = TARGET.compile(api.policy(api.load(str(tmp_path / "seccfg.yaml"))), {})
    sizes = {file.path: len(file.content) for file in output.files}
    scripts = [size for path, size in sizes.items() if "/jsc/" in path]
    assert len([path for path in sizes if "seccfg-branch-" in path]) > 3
    assert max(scripts) < BUNDLE_BYTES / 10
    assert sizes["bundle.zip"] < BUNDLE_BYTES / 3


def linter() -> Path:
    """The vendor's linter, or a skipped test."""
    found = MODULES / "apigeelint" / "cli.js"
    if not found.is_file():
        pytest.skip("apigeelint is not installed: make engines")
    return found


@pytest.mark.slow
def test_the_vendor_s_linter_has_nothing_to_say(build: Build, tmp_path: Path) -> None:
    """No error and no warning, its own directives ignored."""
    command = ["node", str(linter()), "-s", "apiproxy", "-f", "json.js", "--profile", "apigeex", "--norc", "--ignoreDirectives"]
    write(build("orders"), tmp_path)
    done = subprocess.run(
        [*command, "-e", EXCLUDED], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=500
    )
    reports = json.loads(done.stdout[done.stdout.index("[") : done.stdout.rindex("]") + 1])
    said = [(r["filePath"].rpartition("/")[2], m["ruleId"], m["message"]) for r in reports for m in r["messages"]]
    assert reports
    assert said == []
    assert done.returncode == 0


def test_scripts_are_es5(build: Build, tmp_path: Path) -> None:
    """Rhino takes more than ES5 does, so a parser of ES5 is asked as well; it takes no arrow function."""
    if not (MODULES / "acorn").is_dir():
        pytest.skip("acorn is not installed: make engines")
    write({path: content for path, content in build("orders").items() if path.endswith(".js")}, tmp_path)
    scripts = sorted(str(path) for path in tmp_path.rglob("*.js"))
    newer = tmp_path / "newer.js"
    newer.write_text("var f = () => 1;\n")
    program = (
        f"const acorn = require({json.dumps(str(MODULES / 'acorn'))}), fs = require('fs');"
        "for (const path of process.argv.slice(1)) acorn.parse(fs.readFileSync(path, 'ascii'), {ecmaVersion: 5});"
    )
    assert scripts
    done = subprocess.run(["node", "-e", program, *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["node", "-e", program, str(newer)], capture_output=True, check=False).returncode != 0
