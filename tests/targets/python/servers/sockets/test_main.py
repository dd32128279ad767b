"""`python -m PACKAGE`: what the command line takes, what it says, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import seccfg_runtime.runtime
from seccfg_runtime.runtime.main import StartError, main, open_upstreams
from seccfg_runtime.runtime.model import Fixed, Forward, Policy, Route

POLICY = """
    from .runtime.model import Audit, Edge, Fixed, Forward, Policy, Route, SecretRef, Tls

    POLICY = Policy(
        name="shop", hosts=("localhost",),
        routes=(Route("GET", "/open", (Fixed("open"),), Forward("main", "http://127.0.0.1:9", timeout_s=5)),),
        edge=Edge(audit=Audit(hash_key=SecretRef(env="SHOP_HASH_KEY"))), tls=Tls(),
    )
"""
MAIN = """
    from .policy import POLICY
    from .runtime.main import main

    raise SystemExit(main(POLICY))
"""
HASH_KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package as it is emitted: runtime, policy, entry point."""
    folder = tmp_path / "shop_security"
    folder.mkdir()
    (folder / "runtime").symlink_to(Path(seccfg_runtime.runtime.__path__[0]))
    (folder / "__init__.py").write_text("")
    (folder / "policy.py").write_text(textwrap.dedent(POLICY))
    (folder / "__main__.py").write_text(textwrap.dedent(MAIN))
    return tmp_path


class Started:
    """The process and what it has said."""

    def __init__(self, package: Path, *argv: str, **env: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shop_security", *argv],
            cwd=package,
            env={**os.environ, "SHOP_HASH_KEY": HASH_KEY, "PYTHONDONTWRITEBYTECODE": "1", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def first_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def start(package: Path) -> Iterator[object]:
    started: list[Started] = []

    def go(*argv: str, **env: str) -> Started:
        started.append(Started(package, *argv, **env))
        return started[-1]

    yield go
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate(timeout=20)


def test_it_serves_and_stops_on_sigterm(start, server_identity, trust, echo):
    """One line says where it listens; SIGTERM ends it with exit code 0."""
    started = start(
        "--upstream", f"http://127.0.0.1:{echo.port}", "--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0",
        "--tls-cert", server_identity.cert_file, "--tls-key", server_identity.key_file,
    )  # fmt: skip
    line = started.first_line()
    found = re.fullmatch(r"shop listens on https://127\.0\.0\.1:(\d+) and http://127\.0\.0\.1:(\d+)\n", line)
    assert found, line
    plain = socket.create_connection(("127.0.0.1", int(found[1])), timeout=10)
    with trust.wrap_socket(plain, server_hostname="localhost") as client:
        client.sendall(b"GET /open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = b""
        while piece := client.recv(65536):
            received += piece
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b"from upstream")
    with socket.create_connection(("127.0.0.1", int(found[2])), timeout=10) as client:
        client.sendall(b"GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 403 ")
    started.process.send_signal(signal.SIGTERM)
    code, _, err = started.end()
    assert code == 0
    assert "plain_http" in err


def failing(started: Started) -> list[str]:
    code, out, err = started.end()
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    return err.splitlines()


def test_a_port_in_use_is_one_line(start, server_identity):
    """Which address, and why not."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (line,) = failing(
            start("--listen", f"127.0.0.1:{port}", "--tls-cert", server_identity.cert_file, "--tls-key", server_identity.key_file)
        )
    assert line.startswith(f"shop_security: cannot listen on 127.0.0.1:{port}: ")


def test_missing_settings_are_one_line_each(start):
    """Environment variables by name; nothing is served without them."""
    (line,) = failing(start("--listen-http", "127.0.0.1:0", SHOP_HASH_KEY=""))
    assert line.startswith("shop_security: SHOP_HASH_KEY: is not set; ")
    lines = failing(start("--listen-http", "127.0.0.1:0", SHOP_HASH_KEY="", SHOP_SECURITY_BEHIND="sure"))
    assert [entry.split(": ")[1] for entry in lines] == ["SHOP_SECURITY_BEHIND", "SHOP_HASH_KEY"]


POLICY_OBJECT = Policy(
    "shop", ("localhost",),
    (
        Route("GET", "/a", (Fixed("a"),), Forward("main", "http://127.0.0.1:1")),
        Route("GET", "/b", (Fixed("b"),), Forward("batch", "http://127.0.0.1:2")),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    "argv, said",
    [
        ([], "--listen HOST:PORT"),
        (["--listen", "127.0.0.1:8443"], "--tls-cert FILE"),
        (["--listen-http", "8080"], "no HOST:PORT"),
        (["--listen-http", "127.0.0.1:http"], "no HOST:PORT"),
        (["--listen-http", "127.0.0.1:70000"], "no HOST:PORT"),
        (["--listen-http", "127.0.0.1:0", "--insecure"], "unrecognized arguments: --insecure"),
        (["--listen-http", "127.0.0.1:0", "--up", "http://a"], "unrecognized arguments"),
    ],
)
def test_usage_errors_say_what_is_missing(capsys, argv, said):
    """Exit code 2; abbreviations and unknown options are errors."""
    with pytest.raises(SystemExit) as caught:
        main(POLICY_OBJECT, argv)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv, said",
    [
        (["--upstream", "http://127.0.0.1:9"], "write NAME=URL, NAME one of batch, main"),
        (["--upstream", "mian=http://127.0.0.1:9"], "no upstream `mian`; it has batch, main"),
        (["--upstream", "main=http://127.0.0.1:9/v1"], "upstream `main`: `http://127.0.0.1:9/v1` has a path"),
        (["--client-ca", "x.pem"], "takes no client certificates"),
        (["--listen", "127.0.0.1:0", "--tls-cert", "none.pem", "--tls-key", "none.key"], "--tls-cert: `none.pem` cannot be read"),
    ],
)
def test_what_cannot_work_is_said_at_start(capsys, argv, said):
    """In words a user can act on."""
    assert main(POLICY_OBJECT, ["--listen-http", "127.0.0.1:0", *argv]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


def test_upstreams_of_the_command_line_replace_those_of_the_policy():
    """By name; the others stay."""
    found = open_upstreams(POLICY_OBJECT, [("batch", "http://127.0.0.1:9")])
    assert {name: upstream.port for name, upstream in found.items()} == {"main": 1, "batch": 9}
    with pytest.raises(StartError) as caught:
        open_upstreams(POLICY_OBJECT, [("x", "http://a"), ("main", "ftp://a")])
    assert len(str(caught.value).splitlines()) == 2


