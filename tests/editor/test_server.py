"""The language server, by a client that speaks the protocol to the command as an editor starts it."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seccfg.cli.checking import check_spec
from tests.conftest import EXAMPLES

ORDERS = EXAMPLES / "orders"


class Client:
    """Sends requests and notifications, waits for answers and diagnostics."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "seccfg", "lsp", "--now", "2026-01-05"], cwd=folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = 0
        self.version = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.capabilities = self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})[
            "capabilities"
        ]
        self.tell("initialized", {})

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1])
            while stream.readline().strip():
                pass
            self._messages.put(json.loads(stream.read(length)))

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def tell(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._messages.get(timeout=120)
            if message.get("id") == self._number and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def diagnostics(self) -> list[dict[str, Any]]:
        """Those published next, for the version sent last."""
        while True:
            message = self._messages.get(timeout=120)
            if (
                message.get("method") == "textDocument/publishDiagnostics"
                and message["params"]["version"] == self.version
            ):
                return message["params"]["diagnostics"]  # type: ignore[no-any-return]

    def open(self, path: Path, text: str) -> list[dict[str, Any]]:
        self.version += 1
        self.tell(
            "textDocument/didOpen",
            {"textDocument": {"uri": path.as_uri(), "languageId": "yaml", "version": self.version, "text": text}},
        )
        return self.diagnostics()

    def change(self, path: Path, text: str) -> list[dict[str, Any]]:
        self.version += 1
        self.tell(
            "textDocument/didChange",
            {"textDocument": {"uri": path.as_uri(), "version": self.version}, "contentChanges": [{"text": text}]},
        )
        return self.diagnostics()

    def close(self) -> int:
        self.ask("shutdown", {})
        self.tell("exit", {})
        code = self._process.wait(60)
        self._reader.join(60)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        return code


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project") / "with space"
    path.mkdir()
    (path / ".git").mkdir()
    for name in ("keys", "schemas"):
        shutil.copytree(ORDERS / name, path / name)
    (path / "seccfg.toml").write_text('ignore = ["AUTHZ003"]\n')
    (path / "seccfg.yaml").write_text((ORDERS / "seccfg.yaml").read_text())
    return path


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    started = Client(folder)
    yield started
    assert started.close() == 0


TEXT = (ORDERS / "seccfg.yaml").read_text()


def at(text: str, marked: str) -> dict[str, int]:
    """The position of `|` in *marked*, which without it occurs once in *text*."""
    plain = marked.replace("|", "")
    assert text.count(plain) == 1, plain
    before = text[: text.index(plain) + marked.index("|")]
    return {"line": before.count("\n"), "character": len(before.rpartition("\n")[2].encode("utf-16-le")) // 2}


def where(path: Path, text: str, marked: str) -> dict[str, Any]:
    return {"textDocument": {"uri": path.as_uri()}, "position": at(text, marked)}


def test_diagnostics_are_what_lint_finds(client: Client, folder: Path) -> None:
    """With the same configuration: the rule the project ignores is not there, nor what a comment silences."""
    path = folder / "seccfg.yaml"
    shown = client.open(path, TEXT)
    found = [f for f in check_spec(str(path), "2026-01-05").counting() if f.rule != "AUTHZ003"]
    assert [(d["code"], d["range"]["start"]["line"] + 1) for d in shown] == [(f.rule, f.at.line) for f in found]
    assert {d["source"] for d in shown} == {"seccfg"}
    assert "AUTHZ003" not in {d["code"] for d in shown}


def test_typing_breaks_and_mends(client: Client, folder: Path) -> None:
    """A text that is no document has its finding; the next one that is has none of it."""
    path = folder / "seccfg.yaml"
    (broken, *_) = client.change(path, TEXT.replace("roles: [viewer, editor, admin]}", "roles: [viewer, editor"))
    assert broken["code"].startswith("YAML")
    assert broken["severity"] == 1
    shown = client.change(path, TEXT.replace("roles: [viewer, editor, admin]}", "roles: [veiwer, editor, admin]}"))
    assert any("did you mean `viewer`" in d["message"] for d in shown)
    assert not any(d["severity"] == 1 for d in client.change(path, TEXT))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            "post: {auth: [{all: [mesh, staff]}], allow: [{roles: [serv|ice]}]",
            "permissions: [orders.read, orders.write]",
        ),
        ("forbid: [sus|pended]", 'principal.department == "suspended"'),
        ("  base_p|ath: /v1", "Stands before every path"),
        ("rate_limits: [per-t|enant]", "token-bucket"),
    ],
)
def test_hover(client: Client, folder: Path, place: str, said: str) -> None:
    """What a key means, and what stands behind a name."""
    path = folder / "seccfg.yaml"
    result = client.ask("textDocument/hover", where(path, TEXT, place))
    assert said in result["contents"]["value"]


def test_hover_on_a_rule_in_a_comment(client: Client, folder: Path) -> None:
    """Its why and its fix, whether the comment calls it by its id or by its name."""
    path = folder / "seccfg.yaml"
    for said in ("LIM|IT001", "public-without-|limit"):
        comment = f'seccfg: 1  # seccfg: ignore[{said.replace("|", "")}] reason="x"\n'
        text = TEXT.replace("seccfg: 1\n", comment, 1)
        client.change(path, text)
        result = client.ask("textDocument/hover", where(path, text, f"# seccfg: ignore[{said}]"))
        assert "**LIMIT001** public-without-limit" in result["contents"]["value"]
    client.change(path, TEXT)


COMPLETIONS = [
    ("delete: {allow: [{roles: [|", {"admin", "viewer", "service"}),
    ("delete: {allow: [{roles: [admin], if: [|", {"same-department", "own-tenant", "suspended"}),
    ("delete: {allow: [{scopes: [|", {"orders.read", "reports.read"}),
    ("delete: {allow: [{permissions: [|", {"orders.delete"}),
    ("delete: {rate_limits: [|", {"per-ip", "writes"}),
    ("delete: {allow: [{auth: [|", {"staff", "mesh"}),
    ("delete: {network: |", {"office"}),
    ("delete:\n      require:\n        - |", {"own-tenant"}),
    ("delete: {}  # seccfg: ignore[|", {"LIMIT001", "AUTHZ001"}),
]


@pytest.mark.parametrize(("typed", "names"), COMPLETIONS, ids=[typed for typed, _ in COMPLETIONS])
def test_completion_while_typing(client: Client, folder: Path, typed: str, names: set[str]) -> None:
    """Though the text is no document at that moment."""
    path = folder / "seccfg.yaml"
    client.change(path, TEXT)
    line = next(line for line in TEXT.splitlines() if line.startswith("    delete: "))
    text = TEXT.replace(line, "    " + typed.replace("|", ""))
    client.change(path, text)
    place = at(text, typed)
    result = client.ask("textDocument/completion", {"textDocument": {"uri": path.as_uri()}, "position": place})
    assert names <= {item["label"] for item in result["items"]}
    client.change(path, TEXT)


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("allow: [{roles: [serv|ice]}], cors", "  service:  {"),
        ("forbid: [sus|pended]", "  suspended:       has("),
        ("require: [own-t|enant]", "  own-tenant:      principal"),
        ("cors: none, upstream: ba|tch", "  batch: {url"),
        ("clients: [night|ly]", "  nightly: {flow"),
    ],
)
def test_definition(client: Client, folder: Path, place: str, target: str) -> None:
    """Where the name is defined."""
    path = folder / "seccfg.yaml"
    result = client.ask("textDocument/definition", where(path, TEXT, place))
    line = TEXT.splitlines()[result["range"]["start"]["line"]]
    assert line.startswith(target)
    assert result["uri"] == path.as_uri()


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    lines = text.splitlines(keepends=True)
    for edit in sorted(
        edits, key=lambda e: (e["range"]["start"]["line"], e["range"]["start"]["character"]), reverse=True
    ):
        start, end = edit["range"]["start"], edit["range"]["end"]
        before = (
            "".join(lines[: start["line"]]) + ("".join(lines[start["line"] : start["line"] + 1]))[: start["character"]]
        )
        after = ("".join(lines[end["line"] : end["line"] + 1]))[end["character"] :] + "".join(lines[end["line"] + 1 :])
        lines = (before + edit["newText"] + after).splitlines(keepends=True)
    return "".join(lines)


def test_quick_fixes(client: Client, folder: Path) -> None:
    """Applied, the finding is gone, and nothing else of the text changed."""
    path = folder / "seccfg.yaml"
    text = TEXT.replace("hsts: {max_age: 365d,", "hsts: {max_age: 90d,")
    shown = client.change(path, text)
    (wrong,) = [d for d in shown if d["code"] == "TLS001"]
    asked = {"textDocument": {"uri": path.as_uri()}, "range": wrong["range"], "context": {"diagnostics": [wrong]}}
    actions = client.ask("textDocument/codeAction", asked)
    titles = [action["title"] for action in actions if action["title"].startswith("TLS001")]
    assert titles == ["TLS001: promise HSTS for a year", "TLS001: ignore it here, and say why"]
    (edits,) = actions[[a["title"] for a in actions].index(titles[0])]["edit"]["changes"].values()
    assert applied(text, edits) == TEXT
    (comment,) = actions[[a["title"] for a in actions].index(titles[1])]["edit"]["changes"].values()
    assert 'preload: true}  # seccfg: ignore[TLS001] reason=""\n' in applied(text, comment)
    client.change(path, TEXT)


def test_columns_are_counted_as_the_client_counts(client: Client, folder: Path) -> None:
    """In UTF-16, where nothing else was agreed: a character beyond the first plane is two."""
    path = folder / "seccfg.yaml"
    line = '  /xx: {get: {public: true, reason: "\U0001f600", cors: nowhere}}\n'
    text = TEXT.replace("routes:\n", f"routes:\n{line}", 1)
    shown = client.change(path, text)
    (wrong,) = [d for d in shown if "nowhere" in d["message"]]
    expected = at(text, "cors: |nowhere")
    assert wrong["range"]["start"] == expected
    client.change(path, TEXT)


def test_layout(client: Client, folder: Path) -> None:
    """As `seccfg fmt` does it."""
    from seccfg.source.edit import formatted

    path = folder / "seccfg.yaml"
    options = {"textDocument": {"uri": path.as_uri()}, "options": {"tabSize": 2, "insertSpaces": True}}
    edits = client.ask("textDocument/formatting", options)
    assert applied(TEXT, edits) == formatted(TEXT)


def test_a_wrong_configuration_is_a_finding(client: Client, folder: Path) -> None:
    """And the server goes on."""
    path = folder / "seccfg.yaml"
    kept = (folder / "seccfg.toml").read_text()
    try:
        (folder / "seccfg.toml").write_text('ignroe = ["AUTHZ003"]\n')
        (wrong,) = client.change(path, TEXT)
        assert wrong["code"] == "YAML051"
        assert wrong["relatedInformation"][0]["location"]["uri"].endswith("/seccfg.toml")
    finally:
        (folder / "seccfg.toml").write_text(kept)
    assert "YAML051" not in {d["code"] for d in client.change(path, TEXT)}


def test_without_pygls_it_says_what_to_install() -> None:
    """In one line."""
    code = "import sys; sys.modules['lsprotocol'] = sys.modules['pygls'] = None; from seccfg.cli.main import run; run()"
    done = subprocess.run([sys.executable, "-c", code, "lsp"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "pip install 'seccfg[lsp]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
